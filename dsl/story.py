"""Stories: conversations that must go as written, as values.

A story is what is given, then steps in order. Every step knows its place, so that a story which fails can point at
its line. Nothing here knows the bot: whether the names exist is `story_names`, whether the conversation goes as
written is the runner's to find out. Reading a story needs neither the grammar nor a locale.

A text of the bot is matched whole. `*` stands for any run of characters, `{slot}` for a slot's value, `/…/` is a
regular expression; `\\*`, `\\{` and `\\\\` stand for themselves.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.scalars import BOT_NAME, DOTTED_NAME, NAME, duration
from dsl.shape import (
    Anything,
    Either,
    Fields,
    ListOf,
    MapOf,
    Named,
    OneOf,
    Picked,
    Plain,
    Record,
    Report,
    Value,
    inside,
    refuse,
    shortened,
    words,
)
from dsl.shape import Field as Key
from dsl.source import Source, Span
from dsl.syntax import Regex
from dsl.yaml import Mapping, Node, Scalar, Sequence, plain, read_yaml

EMPTY = Kind("F800", Severity.ERROR, "there is no story in this file")
NOT_YET = Kind("F801", Severity.ERROR, "the step `{step}` cannot be played yet")
SAME_NAME = Kind("F802", Severity.ERROR, "two stories of this file are named `{name}`",
                 why="A report of failed stories could not say which one failed.")
UNCLOSED = Kind("F803", Severity.ERROR, "this `{{` opens a slot's name and nothing closes it")
NOT_A_MOMENT = Kind("F804", Severity.ERROR, "`{name}` takes {wanted}, not `{value}`")
TWO_SHAPES = Kind("F805", Severity.ERROR, "`{name}` expects {what} at once, and no message is both")

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
class Given:
    now: datetime | None = None              # without a zone: the bot's own
    language: str | None = None
    slots: tuple[Named, ...] = ()            # plain JSON values
    at: str | None = None                    # the step, flow or menu where the story begins
    at_span: Span | None = None
    language_span: Span | None = None


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


# --- what the file may hold ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """A text to match with; its value is a `Match`."""

    wanted: str = "a text, with `*` for any run of characters"

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Scalar) or node.is_null:
            return refuse(self, node, name, report)
        return _match(node, report)


@dataclass(frozen=True, slots=True)
class Bare:
    """A key without a value, or whatever `shape` takes; its value is True, or what `shape` made of it."""

    shape: Any

    @property
    def wanted(self) -> str:
        return f"nothing, or {self.shape.wanted}"

    def read(self, node: Node, name: str, report: Report) -> Any:
        return True if isinstance(node, Scalar) and node.is_null else self.shape.read(node, name, report)


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


MOMENT = Value("a day and time such as `2026-03-01T10:00`", _moment, NOT_A_MOMENT, {})
_TAG = Value("a language such as `en`", lambda value: value, NOT_A_MOMENT)
_WORDS = Words()
_DURATION = duration(1)
_PLACE = DOTTED_NAME
_VALUES = MapOf(NAME, Anything(), "names and values")
_TITLES = ListOf(_WORDS, "a list of titles", may_be_empty=True)
MEDIA = ("image", "video", "audio", "document", "sticker")
CONTENTS = (*MEDIA, "location", "contact")

_MEDIUM = Record("a file", {
    "id": Key(Plain(), "its name, for example `photo.jpg`"),
    "mime": Key(Plain(), "its media type"),
    "caption": Key(Plain(), "the text below it"),
    "filename": Key(Plain(), "of a document"),
})
_LOCATION = Record("a location", {
    "latitude": Key(Plain(), "degrees", required=True),
    "longitude": Key(Plain(), "degrees", required=True),
    "name": Key(Plain(), "of the place"),
    "address": Key(Plain(), "of the place"),
})
_CONTACT = Record("a contact", {
    "name": Key(Plain(), "the person's", required=True),
    "phones": Key(ListOf(Plain(), "a list of numbers"), "telephone numbers"),
})
_SENDS = OneOf(Record("`sends`", {
    **{kind: Key(Either("a file's name, or `{id: …, caption: …}`", scalar=Bare(Plain()), mapping=_MEDIUM),
                 f"the user sends a {kind}") for kind in MEDIA},
    "location": Key(_LOCATION, "the user sends a place"),
    "contact": Key(_CONTACT, "the user sends a contact"),
    "reaction": Key(Plain("an emoji"), "the user reacts to the last message"),
    "order": Key(_VALUES, "the user sends a cart"),
    "ad": Key(_VALUES, "the user comes from an advertisement"),
    "unsupported": Key(Bare(Plain()), "the user sends what WhatsApp cannot pass on"),
}))

_BOT = Record("`bot`", {
    "text": Key(_WORDS, "the text, question or caption"),
    "menu": Key(_PLACE, "the menu or step that asks"),
    "options": Key(_TITLES, "the titles shown, in order"),
    "choices": Key(_TITLES, "the titles shown, in order"),
    "shape": Key(words("buttons", "list", "numbered"), "how the options are shown"),
    "header": Key(_WORDS, "the line above"),
    "footer": Key(_WORDS, "the line below"),
    "link": Key(_WORDS, "the title of the button that opens a page"),
    **{kind: Key(Bare(_WORDS), f"a message with this {kind}, by its address") for kind in MEDIA},
    "location": Key(Bare(_WORDS), "a place, by its name"),
    "contact": Key(Bare(_WORDS), "a contact, by its name"),
    "response": Key(_PLACE, "any variant of this response"),
    "template": Key(NAME, "this template"),
    "params": Key(MapOf(NAME, _WORDS, "names and texts"), "what the template was filled with"),
}, {"buttons": "write `options`", "list": "write `options`", "caption": "write `text`", "say": "write `text`"})

_EXPECT = Record("`expect`", {
    "at": Key(Bare(_PLACE), "the step where the conversation rests; nothing after `end`"),
    "slots": Key(_VALUES, "slots and what they hold"),
})
_ACTION_ARGS = Either("an action, or `{action: {argument: value}}`", scalar=NAME,
                      mapping=MapOf(NAME, _VALUES, "one action and its arguments", item_may_be_empty=True, exactly_one=True))
_HAPPENS = Either("an event, or `{event: {parameter: value}}`", scalar=NAME,
                  mapping=MapOf(NAME, _VALUES, "one event and its parameters", item_may_be_empty=True, exactly_one=True))
_FAILURE = Plain("`timeout`, `failure` or a reason")

STEP = OneOf(Record("a step", {
    "user": Key(Plain(), "the user writes this"),
    "tap": Key(Plain("a title"), "the user taps this option, of the newest message that shows it"),
    "sends": Key(_SENDS, "the user sends something else than text"),
    "bot": Key(Bare(Either("a text, or `{text: …, options: […]}`", scalar=_WORDS, mapping=_BOT)),
               "the bot sends this message; alone: any messages, or none"),
    "wait": Key(_DURATION, "nobody writes for this long"),
    "called": Key(_ACTION_ARGS, "this action was called, with these arguments"),
    "event": Key(_HAPPENS, "this happens outside"),
    "expect": Key(_EXPECT, "this holds now"),
    "staff": Key(Plain("a text, or `resume`"), "a person of the team writes; `resume` gives the conversation back"),
    "fails": Key(MapOf(NAME, _FAILURE, "one action and how it fails", exactly_one=True), "the next call comes to nothing"),
    "again": Key(words("duplicate"), "the last message is delivered once more"),
    "late": Key(_DURATION, "the user's next message is sent now and arrives this much later"),
    "pending": Key(NAME, "the next call of this action is not answered yet"),
    "answers": Key(NAME, "the pending call is answered now"),
    "crash": Key(Bare(Plain()), "the process dies after the last commit"),
    "deploy": Key(Plain("a folder"), "the rest runs on another version of the bot"),
}, {"intent": "write `user: …`, what the user says", "action": "write `bot: …`, what the bot says",
    "slot_was_set": "write `expect: {slots: …}`", "says": "write `user: …`", "utter": "write `bot: …`",
    "then": "write `bot: …`", "sleep": "write `wait: 30m`"}))

_GIVEN = Record("`given`", {
    "now": Key(MOMENT, "the day and time when the story begins, in the bot's time zone"),
    "language": Key(_TAG, "the user's language"),
    "slots": Key(_VALUES, "what is known already"),
    "at": Key(_PLACE, "the step, flow or menu where it begins"),
})
_STORY = Record("a story", {
    "story": Key(Plain("a sentence"), "what the story shows", required=True),
    "given": Key(_GIVEN, "what holds when it begins"),
    "actions": Key(MapOf(NAME, Anything(), "actions and what they answer"),
                   "what actions answer; `{results: [a, b]}` one after the other"),
    "steps": Key(ListOf(STEP, "a list of steps"), "what happens, in order", required=True),
})
STORIES = Record("a file of stories", {
    "bot": Key(BOT_NAME, "the bot they are about", required=True),
    "stories": Key(ListOf(_STORY, "a list of stories"), "the stories", required=True),
}, {"version": "leave it out"})

# --- reading ------------------------------------------------------------------------------------------------


def read_stories(source: Source) -> tuple[StoryFile, tuple[Diagnostic, ...]]:
    """The stories of a file and all its faults; steps that were refused are left out."""
    node, faults = read_yaml(source)
    report = Report(source)
    report.add(*faults)
    if node is None and not faults:
        report.add(EMPTY.at(source.span(0, 0), Fix("write `bot: …` and a list of `stories`")))
    fields: Fields | None = STORIES.read(node, "stories", report) if node is not None else None
    if fields is None:
        return StoryFile(source.name, "", None, ()), tuple(report.faults)
    stories = tuple(_story(each, report) for each in fields.get("stories", ()))
    first: dict[str, Span] = {}
    for story in stories:
        if first.setdefault(story.name, story.span) is not story.span:
            report.add(SAME_NAME.at(story.span, Fix("say what is different about it"), name=shortened(story.name),
                                    others=(Label(first[story.name], "first here"),)))
    span = fields.nodes["bot"].value.span if "bot" in fields.nodes else None
    return StoryFile(source.name, fields.get("bot", ""), span, stories), tuple(report.faults)


def _story(fields: Fields, report: Report) -> Story:
    name = fields.nodes.get("story")
    steps = (_step(picked, report) for picked in fields.get("steps", ()))
    return Story(fields.get("story", ""), name.value.span if name else fields.span, _given(fields.get("given")),
                 tuple(_stub(entry) for entry in fields.get("actions", ())),
                 tuple(step for step in steps if step is not None))


def _given(fields: Fields | None) -> Given:
    if fields is None:
        return Given()
    spans = {key: entry.value.span for key, entry in fields.nodes.items()}
    slots = tuple(Named(slot.name, slot.span, plain(slot.node), slot.node) for slot in fields.get("slots", ()))
    return Given(fields.get("now"), fields.get("language"), slots, fields.get("at"), spans.get("at"),
                 spans.get("language"))


def _stub(entry: Named) -> Stub:
    node = entry.node
    if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0].key.value == "results":
        results = node.entries[0].value
        if isinstance(results, Sequence):
            return Stub(entry.name, entry.span, tuple(plain(each) for each in results.items), in_turn=True)
    return Stub(entry.name, entry.span, (plain(node),))


def _step(picked: Picked, report: Report) -> Step | None:
    """None for a step that cannot be played."""
    if picked.key in ("crash", "deploy"):
        report.add(NOT_YET.at(picked.span, Fix("leave it out"), step=picked.key))
        return None
    return _STEPS[picked.key](picked.value, picked.span, report)


def _plain_values(entries: tuple[Named, ...] | None) -> dict[str, Json]:
    return {entry.name: plain(entry.node) for entry in entries or ()}


def _with_values(made: Callable[[str, dict[str, Json], Span], Step]) -> Callable[[Any, Span, Report], Step | None]:
    """For `called: name` and `called: {name: {argument: value}}`."""

    def step(value: Any, span: Span, report: Report) -> Step | None:
        if isinstance(value, str):
            return made(value, {}, span)
        return made(value[0].name, _plain_values(value[0].value), span) if value else None

    return step


def _sends(value: Any, span: Span, report: Report) -> Step:
    kind, given = value.key, value.value
    if isinstance(given, Fields):
        return Sends(kind, {key: list(each) if isinstance(each, tuple) else each
                            for key, each in given.values.items()}, span)
    if isinstance(given, tuple):
        return Sends(kind, _plain_values(given), span)
    if kind == "reaction":
        return Sends(kind, {"emoji": given}, span)
    return Sends(kind, {"id": given} if isinstance(given, str) else {}, span)


def _bot(value: Any, span: Span, report: Report) -> Step | None:
    if value is True:
        return Rest(span)
    if isinstance(value, Wording | Pattern):
        return Bot(span, value)
    fields: Fields = value
    contents = [kind for kind in CONTENTS if kind in fields.values]
    lists = [key for key in ("options", "choices") if key in fields.values]
    kinds = [*contents, *(key for key in ("response", "template") if key in fields.values)]
    # a picture above options is a header; anything else is a message of its own
    if len(kinds) > 1 or (lists and kinds not in ([], ["image"])) or len(lists) > 1:
        report.add(TWO_SHAPES.at(span, Fix("write one `bot` step for each message"), name="bot",
                                 what=" and ".join(f"`{kind}`" for kind in (*kinds, *lists))))
        return None
    content = fields.get(contents[0]) if contents else None
    return Bot(
        span,
        text=fields.get("text"),
        options=fields.get(lists[0]) if lists else None,
        menu=fields.get("menu"),
        shape=fields.get("shape"),
        header=fields.get("header"),
        footer=fields.get("footer"),
        link=fields.get("link"),
        content=(contents[0], None if content is True else content) if contents else None,
        response=fields.get("response"),
        template=fields.get("template"),
        params=tuple((param.name, param.value) for param in fields.get("params", ()) if param.value is not None),
    )


def _expect(value: Any, span: Span, report: Report) -> Step:
    at = value.get("at")
    return Expect(None if at is True else at, at is True, _plain_values(value.get("slots")), span)


def _fails(value: Any, span: Span, report: Report) -> Step | None:
    if not value or value[0].value is None:
        return None
    kind = value[0].value
    if kind in ("timeout", "failure"):
        return Fails(value[0].name, kind, "", span)
    return Fails(value[0].name, "reason", kind, span)


_STEPS: dict[str, Callable[[Any, Span, Report], Step | None]] = {
    "user": lambda value, span, report: User(value, span),
    "tap": lambda value, span, report: Tap(value, span),
    "sends": _sends,
    "bot": _bot,
    "wait": lambda value, span, report: Wait(value, span),
    "called": _with_values(Called),
    "event": _with_values(Happens),
    "expect": _expect,
    "staff": lambda value, span, report: Staff(None if value == "resume" else value, span),
    "fails": _fails,
    "again": lambda value, span, report: Again(span),
    "late": lambda value, span, report: Late(value, span),
    "pending": lambda value, span, report: Pending(value, span),
    "answers": lambda value, span, report: Answers(value, span),
}

# --- texts to match with ------------------------------------------------------------------------------------

_RUN = Run()
_SPECIAL = re.compile(r"\\([\\*{}/])|(\*+)|\{([^{}]*)\}|\{")


def _match(node: Scalar, report: Report) -> Match:
    text = node.value
    if len(text) > 2 and text[0] == text[-1] == "/":
        return _pattern(node, report)
    if "*" not in text and "{" not in text and "\\" not in text:
        return Wording((text,), text, node.span)
    parts: list[str | Run | SlotValue] = []
    at = 0
    for found in _SPECIAL.finditer(text):
        parts.append(text[at:found.start()])
        at = found.end()
        if found[1] is not None:
            parts.append(found[1])
        elif found[2] is not None:
            parts.append(_RUN)
        else:
            parts.append(_slot(found, node, report))
    parts.append(text[at:])
    return Wording(tuple(_joined(parts)), text, node.span)


def _slot(found: re.Match[str], node: Scalar, report: Report) -> SlotValue | Run:
    path = tuple((found[3] or "").strip().split("."))
    if all(NAME.parse(name) is not None for name in path):
        return SlotValue(path)
    start, end = inside(node)
    written = report.source.text[start:end]
    at = start + found.start() if written == node.value else start
    span = Span(node.span.file, at, at + len(found[0]) if written == node.value else end)
    if found[3] is None:
        report.add(UNCLOSED.at(span, Fix("close it, or write `\\{` for the character")))
    else:
        report.add(NAME.fault.at(span, Fix("write the name of a slot, or `\\{` for the character"),
                                 wanted="the name of a slot", value=shortened(found[3])))
    return _RUN


def _joined(parts: list[str | Run | SlotValue]) -> list[str | Run | SlotValue]:
    """Neighbouring texts as one, empty ones left out."""
    joined: list[str | Run | SlotValue] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _pattern(node: Scalar, report: Report) -> Match:
    from dsl import patterns  # few stories have one

    source = node.value[1:-1]
    result = patterns.to_re2(source)
    if isinstance(result, patterns.Fault):
        report.add(patterns.diagnostic(result, Regex(source, Span(node.span.file, *inside(node)))))
    return Pattern(source, node.value, node.span)
