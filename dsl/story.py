"""Stories: conversations that must go as written, as values.

A story is what is given, then steps in order. Every step knows its place, so that a story which fails can point at
its line. Nothing here knows the bot: whether the names exist is `story_names`, whether the conversation goes as
written is the runner's to find out.
"""

from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from dsl.diagnostics import Diagnostic
from dsl.shape import Mention
from dsl.source import Source, Span

Json = Any

# --- what a text is matched with ----------------------------------------------------------------------------


class Run(msgspec.Struct, frozen=True):
    """`*`: any run of characters, none too."""


class SlotValue(msgspec.Struct, frozen=True):
    """`{name}` or `{visit.at}`: what the slot holds, as the bot would show it."""

    path: tuple[str, ...]


class Wording(msgspec.Struct, frozen=True):
    """A whole text: what stands in it, what may stand there."""

    parts: tuple[str | Run | SlotValue, ...]
    written: str
    span: Span


class Pattern(msgspec.Struct, frozen=True):
    """`/…/`: a regular expression that is found in the text; the dialect of .flow files, without its slashes."""

    source: str
    written: str
    span: Span


Match: TypeAlias = Wording | Pattern

# --- steps --------------------------------------------------------------------------------------------------


class User(msgspec.Struct, frozen=True):
    """The user writes a text."""

    text: str
    span: Span


class Tap(msgspec.Struct, frozen=True):
    """The user taps the newest message that shows this title."""

    title: str
    span: Span


class Sends(msgspec.Struct, frozen=True):
    """The user sends something else; `kind` and `value` are those of `runtime.events.Sent`."""

    kind: str
    value: dict[str, Json]
    span: Span


class Bot(msgspec.Struct, frozen=True):
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


class Rest(msgspec.Struct, frozen=True):
    """`bot:` alone: zero or more messages, whatever they are."""

    span: Span


class Wait(msgspec.Struct, frozen=True):
    seconds: int
    span: Span


class Called(msgspec.Struct, frozen=True):
    """An action was called; `args` are those that are looked at."""

    action: str
    args: dict[str, Json]
    span: Span


class Happens(msgspec.Struct, frozen=True):
    """`event`: something happens outside."""

    event: str
    params: dict[str, Json]
    span: Span


class Expect(msgspec.Struct, frozen=True):
    """What holds now: where the conversation rests (None: not looked at), and those slots that are looked at."""

    at: str | None
    has_ended: bool                          # `at:` alone, after `end`
    slots: dict[str, Json]
    span: Span


class Staff(msgspec.Struct, frozen=True):
    """A person writes during a handover; with `text` None they give the conversation back."""

    text: str | None
    span: Span


class Fails(msgspec.Struct, frozen=True):
    """The next call of an action comes to nothing; `kind`: timeout failure reason."""

    action: str
    kind: str
    reason: str
    span: Span


class Refused(msgspec.Struct, frozen=True):
    """WhatsApp takes the bot's next message not (`message`), or none but templates until the user writes (`window`)."""

    what: str
    span: Span


class Again(msgspec.Struct, frozen=True):
    """`again: duplicate`: the last message is delivered once more."""

    span: Span


class Late(msgspec.Struct, frozen=True):
    """The next message of the user was sent now and arrives that much later."""

    seconds: int
    span: Span


class Crash(msgspec.Struct, frozen=True):
    """The process dies after its last commit and is started again."""

    when_sent: bool                          # when everything was sent and nothing of it noted; else before it was sent
    span: Span


class Pending(msgspec.Struct, frozen=True):
    """The next call of an action is not answered until `Answers`."""

    action: str
    span: Span


class Answers(msgspec.Struct, frozen=True):
    action: str
    span: Span


Step: TypeAlias = (User | Tap | Sends | Bot | Rest | Wait | Called | Happens | Expect | Staff | Fails | Refused | Again
                   | Late | Crash | Pending | Answers)


class GivenSlot(msgspec.Struct, frozen=True):
    name: str
    value: Json
    span: Span                               # of the name


class Given(msgspec.Struct, frozen=True):
    now: datetime | None = None              # without a zone: the bot's own
    language: str | None = None
    slots: tuple[GivenSlot, ...] = ()
    at: str | None = None                    # the step, flow or menu where the story begins


class Stub(msgspec.Struct, frozen=True):
    """What an action answers: always the same, or with `in_turn` one result for each call."""

    name: str
    span: Span
    results: tuple[Json, ...]
    in_turn: bool = False


class Story(msgspec.Struct, frozen=True):
    name: str
    span: Span
    given: Given
    actions: tuple[Stub, ...]
    steps: tuple[Step, ...]


class StoryFile(msgspec.Struct, frozen=True):
    name: str                                # the file's
    bot: str
    bot_span: Span | None
    stories: tuple[Story, ...]
    mentions: tuple[Mention, ...] = ()       # every name of the bot that they use


def read_stories(source: Source) -> tuple[StoryFile, tuple[Diagnostic, ...]]:
    """The stories of a file and all its faults; steps that were refused are left out."""
    from dsl.story_reader import read  # which builds the values of this module

    return read(source)
