"""From a file of stories to `dsl.story`: the tables that say what the file may hold, and how steps are made of it.

Reading needs neither the grammar nor a locale: a thousand stories are read in half a second.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.garbage import without_collection
from dsl.scalars import BOT_NAME, DOTTED_NAME, NAME, duration
from dsl.shape import (
    Anything,
    Either,
    Fields,
    ListOf,
    MapOf,
    Named,
    Naming,
    OneOf,
    Picked,
    Plain,
    Record,
    Report,
    Value,
    shortened,
    words,
)
from dsl.shape import Field as Key
from dsl.source import Source, Span
from dsl.story import (
    Again,
    Answers,
    Bot,
    Called,
    Crash,
    Expect,
    Fails,
    Given,
    GivenSlot,
    Happens,
    Json,
    Late,
    Pattern,
    Pending,
    Refused,
    Rest,
    Sends,
    Staff,
    Step,
    Story,
    StoryFile,
    Stub,
    Tap,
    User,
    Wait,
    Wording,
)
from dsl.story_texts import Matched
from dsl.yaml import Mapping, Node, Scalar, Sequence, plain, read_yaml

EMPTY = Kind("F800", Severity.ERROR, "there is no story in this file")
NOT_YET = Kind("F801", Severity.ERROR, "the step `{step}` cannot be played yet")
SAME_NAME = Kind("F802", Severity.ERROR, "two stories of this file are named `{name}`",
                 why="A report of failed stories could not say which one failed.")
NOT_A_MOMENT = Kind("F804", Severity.ERROR, "`{name}` takes {wanted}, not `{value}`", fix="write {wanted}")
TOO_MANY = Kind("F807", Severity.ERROR, "this file tells {count:,} stories, at most {most:,} can be played at once",
                fix="tell them in several files")
TWO_SHAPES = Kind("F805", Severity.ERROR, "`{name}` expects {what} at once, and no message is both")

MOST = 2_000                                 # stories of one file; the bots here have sixty in all

# --- what the file may hold ---------------------------------------------------------------------------------


class Bare(msgspec.Struct, frozen=True):
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
_MATCHED = Matched()
_DURATION = duration(1)
_PLACE = Naming("place", DOTTED_NAME)
_ACTION = Naming("action", NAME)
_SLOTS = MapOf(Naming("slot", NAME), Anything(), "slots and values")
_VALUES = MapOf(NAME, Anything(), "names and values")
_TITLES = ListOf(_MATCHED, "a list of titles", may_be_empty=True)
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
    "text": Key(_MATCHED, "the text, question or caption"),
    "menu": Key(_PLACE, "the menu or step that asks"),
    "options": Key(_TITLES, "the titles shown, in order"),
    "choices": Key(_TITLES, "the titles shown, in order"),
    "shape": Key(words("buttons", "list", "numbered"), "how the options are shown"),
    "header": Key(_MATCHED, "the line above"),
    "footer": Key(_MATCHED, "the line below"),
    "link": Key(_MATCHED, "the title of the button that opens a page"),
    **{kind: Key(Bare(_MATCHED), f"a message with this {kind}, by its address") for kind in MEDIA},
    "location": Key(Bare(_MATCHED), "a place, by its name"),
    "contact": Key(Bare(_MATCHED), "a contact, by its name"),
    "response": Key(Naming("response", DOTTED_NAME), "any variant of this response"),
    "template": Key(Naming("template", NAME), "this template"),
    "params": Key(MapOf(NAME, _MATCHED, "names and texts"), "what the template was filled with"),
}, {"buttons": "write `options`", "list": "write `options`", "caption": "write `text`", "say": "write `text`"})

_EXPECT = Record("`expect`", {
    "at": Key(Bare(_PLACE), "the step where the conversation rests; nothing after `end`"),
    "slots": Key(MapOf(Naming("value", NAME), Anything(), "slots and values"), "slots and what they hold"),
})


def _with_values(what: str, named: Naming, values: str) -> Either:
    """A name, or one name with values of its own: `book`, `{book: {clinic: c1}}`."""
    given = MapOf(Naming(values, NAME), Anything(), f"the {values}s of {what}")
    return Either(f"{what}, or `{{{named.kind}: {{name: value}}}}`", scalar=named,
                  mapping=MapOf(named, given, f"{what} with its {values}s", item_may_be_empty=True, exactly_one=True))


_FAILURE = MapOf(_ACTION, Naming("failure", Plain("`timeout`, `failure` or a reason")), "one action and how it fails",
                 exactly_one=True)

STEP = OneOf(Record("a step", {
    "user": Key(Plain(), "the user writes this"),
    "tap": Key(Plain("a title"), "the user taps this option, of the newest message that shows it"),
    "sends": Key(_SENDS, "the user sends something else than text"),
    "bot": Key(Bare(Either("a text, or `{text: …, options: […]}`", scalar=_MATCHED, mapping=_BOT)),
               "the bot sends this message; alone: any messages, or none"),
    "wait": Key(_DURATION, "nobody writes for this long"),
    "called": Key(_with_values("an action", _ACTION, "argument"), "this action was called, with these arguments"),
    "event": Key(_with_values("an event", Naming("event", NAME), "parameter"), "this happens outside"),
    "expect": Key(_EXPECT, "this holds now"),
    "staff": Key(Plain("a text, or `resume`"), "a person of the team writes; `resume` gives the conversation back"),
    "fails": Key(Either("`message`, `window`, or one action and how it fails", scalar=words("message", "window"),
                        mapping=_FAILURE), "the next message, or the next call, comes to nothing"),
    "again": Key(words("duplicate"), "the last message is delivered once more"),
    "late": Key(_DURATION, "the user's next message is sent now and arrives this much later"),
    "pending": Key(_ACTION, "the next call of this action is not answered yet"),
    "answers": Key(_ACTION, "the pending call is answered now"),
    "crash": Key(Bare(words("sent")), "the process dies after the last commit, with `sent` when all of it was sent"),
    "deploy": Key(Plain("a folder"), "the rest runs on another version of the bot"),
}, {"intent": "write `user: …`, what the user says", "action": "write `bot: …`, what the bot says",
    "slot_was_set": "write `expect: {slots: …}`", "says": "write `user: …`", "utter": "write `bot: …`",
    "then": "write `bot: …`", "sleep": "write `wait: 30m`"}))

_GIVEN = Record("`given`", {
    "now": Key(MOMENT, "the day and time when the story begins, in the bot's time zone"),
    "language": Key(Naming("language", Plain("a language such as `en`")), "the user's language"),
    "slots": Key(_SLOTS, "what is known already"),
    "at": Key(_PLACE, "the step, flow or menu where it begins"),
})
_STORY = Record("a story", {
    "story": Key(Plain("a sentence"), "what the story shows", required=True),
    "given": Key(_GIVEN, "what holds when it begins"),
    "actions": Key(MapOf(_ACTION, Anything(), "actions and what they answer"),
                   "what actions answer; `{results: [a, b]}` one after the other"),
    "steps": Key(ListOf(STEP, "a list of steps"), "what happens, in order", required=True),
}, {"name": "write `story`"})
STORIES = Record("a file of stories", {
    "bot": Key(BOT_NAME, "the bot they are about", required=True),
    "stories": Key(ListOf(_STORY, "a list of stories"), "the stories", required=True),
}, {"version": "leave it out"})

# --- reading ------------------------------------------------------------------------------------------------


@without_collection()
def read(source: Source) -> tuple[StoryFile, tuple[Diagnostic, ...]]:
    """The stories of a file and all its faults; steps that were refused are left out."""
    node, faults = read_yaml(source)
    report = Report(source)
    report.add(*faults)
    if node is None and not faults:
        report.add(EMPTY.at(source.span(0, 0), Fix("write `bot: …` and a list of `stories`")))
    fields: Fields | None = STORIES.read(node, "stories", report) if node is not None else None
    if fields is None:
        return StoryFile(source.name, "", None, ()), tuple(report.faults)
    written = fields.get("stories", ())
    if len(written) > MOST:
        report.add(TOO_MANY.at(fields.nodes["stories"].key.span, count=len(written), most=MOST))
    stories = tuple(_story(each, report) for each in written[:MOST])
    first: dict[str, Span] = {}
    for story in stories:
        if first.setdefault(story.name, story.span) is not story.span:
            report.add(SAME_NAME.at(story.span, Fix("say what is different about it"), name=shortened(story.name),
                                    others=(Label(first[story.name], "first here"),)))
    span = fields.nodes["bot"].value.span if "bot" in fields.nodes else None
    told = StoryFile(source.name, fields.get("bot", ""), span, stories, tuple(report.mentions))
    return told, tuple(report.faults)


def _story(fields: Fields, report: Report) -> Story:
    name = fields.nodes.get("story")
    steps = (_step(picked, report) for picked in fields.get("steps", ()))
    return Story(fields.get("story", ""), name.value.span if name else fields.span, _given(fields.get("given")),
                 tuple(_stub(entry) for entry in fields.get("actions", ())),
                 tuple(step for step in steps if step is not None))


def _given(fields: Fields | None) -> Given:
    if fields is None:
        return Given()
    slots = tuple(GivenSlot(slot.name, plain(slot.node), slot.span) for slot in fields.get("slots", ()))
    return Given(fields.get("now"), fields.get("language"), slots, fields.get("at"))


def _stub(entry: Named) -> Stub:
    node = entry.node
    if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0].key.value == "results":
        results = node.entries[0].value
        if isinstance(results, Sequence):
            return Stub(entry.name, entry.span, tuple(plain(each) for each in results.items), in_turn=True)
    return Stub(entry.name, entry.span, (plain(node),))


def _step(picked: Picked, report: Report) -> Step | None:
    """None for a step that cannot be played."""
    if picked.key == "deploy":
        report.add(NOT_YET.at(picked.span, Fix("leave it out"), step=picked.key))
        return None
    return _STEPS[picked.key](picked.value, picked.span, report)


def _plain_values(entries: tuple[Named, ...] | None) -> dict[str, Json]:
    return {entry.name: plain(entry.node) for entry in entries or ()}


def _named(made: Callable[[str, dict[str, Json], Span], Step]) -> Callable[[Any, Span, Report], Step | None]:
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
    if isinstance(value, str):
        return Refused(value, span)
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
    "called": _named(Called),
    "event": _named(Happens),
    "expect": _expect,
    "staff": lambda value, span, report: Staff(None if value == "resume" else value, span),
    "fails": _fails,
    "again": lambda value, span, report: Again(span),
    "late": lambda value, span, report: Late(value, span),
    "crash": lambda value, span, report: Crash(value == "sent", span),
    "pending": lambda value, span, report: Pending(value, span),
    "answers": lambda value, span, report: Answers(value, span),
}
