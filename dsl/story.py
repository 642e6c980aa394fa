"""Stories: conversations that must go as written, as values.

A story is what is given, then steps in order. Every step knows its place, so that a story which fails can point at
its line. Nothing here knows the bot: whether the names exist is `story_names`, whether the conversation goes as
written is the runner's to find out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from dsl.diagnostics import Diagnostic
from dsl.shape import Mention
from dsl.source import Source, Span

Json = Any

# --- what a text is matched with ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """`*`: any run of characters, none too."""


@dataclass(frozen=True, slots=True)
class SlotValue:
    """`{name}` or `{visit.at}`: what the slot holds, as the bot would show it."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """A whole text: what stands in it, what may stand there."""

    parts: tuple[str | Run | SlotValue, ...]
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/…/`: a regular expression that is found in the text; the dialect of .flow files, without its slashes."""

    source: str
    written: str
    span: Span


Match: TypeAlias = Wording | Pattern

# --- steps --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """The user writes a text."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Tap:
    """The user taps the newest message that shows this title."""

    title: str
    span: Span


@dataclass(frozen=True, slots=True)
class Sends:
    """The user sends something else; `kind` and `value` are those of `runtime.events.Sent`."""

    kind: str
    value: dict[str, Json]
    span: Span


@dataclass(frozen=True, slots=True)
class Bot:
    """One message of the bot; what is None is not looked at."""

    span: Span
    text: Match | None = None                # the text, the question, or the caption of a medium
    options: tuple[Match, ...] | None = None     # the titles shown, in order
    menu: str | None = None                  # the menu or step that asks
    shape: str | None = None                 # buttons list numbered
    header: Match | None = None
    footer: Match | None = None
    link: Match | None = None                # the title of a link button
    content: tuple[str, Match | None] | None = None  # a medium and its address, or location contact and its name
    response: str | None = None              # any variant of it
    template: str | None = None
    params: tuple[tuple[str, Match], ...] = ()   # of the template


@dataclass(frozen=True, slots=True)
class Rest:
    """`bot:` alone: zero or more messages, whatever they are."""

    span: Span


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class Called:
    """An action was called; `args` are those that are looked at."""

    action: str
    args: dict[str, Json]
    span: Span


@dataclass(frozen=True, slots=True)
class Happens:
    """`event`: something happens outside."""

    event: str
    params: dict[str, Json]
    span: Span


@dataclass(frozen=True, slots=True)
class Expect:
    """What holds now: where the conversation rests (None: not looked at), and those slots that are looked at."""

    at: str | None
    has_ended: bool                          # `at:` alone, after `end`
    slots: dict[str, Json]
    span: Span


@dataclass(frozen=True, slots=True)
class Staff:
    """A person writes during a handover; with `text` None they give the conversation back."""

    text: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Fails:
    """The next call of an action comes to nothing; `kind`: timeout failure reason."""

    action: str
    kind: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Again:
    """`again: duplicate`: the last message is delivered once more."""

    span: Span


@dataclass(frozen=True, slots=True)
class Late:
    """The next message of the user was sent now and arrives that much later."""

    seconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class Pending:
    """The next call of an action is not answered until `Answers`."""

    action: str
    span: Span


@dataclass(frozen=True, slots=True)
class Answers:
    action: str
    span: Span


Step: TypeAlias = (User | Tap | Sends | Bot | Rest | Wait | Called | Happens | Expect | Staff | Fails | Again | Late
                   | Pending | Answers)


@dataclass(frozen=True, slots=True)
class GivenSlot:
    name: str
    value: Json
    span: Span                               # of the name


@dataclass(frozen=True, slots=True)
class Given:
    now: datetime | None = None              # without a zone: the bot's own
    language: str | None = None
    slots: tuple[GivenSlot, ...] = ()
    at: str | None = None                    # the step, flow or menu where the story begins


@dataclass(frozen=True, slots=True)
class Stub:
    """What an action answers: always the same, or with `in_turn` one result for each call."""

    name: str
    span: Span
    results: tuple[Json, ...]
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    span: Span
    given: Given
    actions: tuple[Stub, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StoryFile:
    name: str                                # the file's
    bot: str
    bot_span: Span | None
    stories: tuple[Story, ...]
    mentions: tuple[Mention, ...] = ()       # every name of the bot that they use


def read_stories(source: Source) -> tuple[StoryFile, tuple[Diagnostic, ...]]:
    """The stories of a file and all its faults; steps that were refused are left out."""
    from dsl.story_reader import read  # which builds the values of this module

    return read(source)
