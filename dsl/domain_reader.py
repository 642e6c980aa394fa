"""From domain.yml to `dsl.domain.Domain`: the tables that say what the file may hold, and what they cannot say.

All faults are reported in one run. What was refused keeps its name, with the type `unknown`, so that nothing which
uses it is reported a second time. Whether types, flows and slots exist is `resolve`'s to say.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from dsl import types
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.domain import Action, Domain, Field, Happening, Http, Response, Slot, Template
from dsl.nearest import did_you_mean
from dsl.retention import RETENTION, retention
from dsl.scalars import (
    BOT_NAME,
    DOTTED_NAME,
    FUNCTION,
    HEADER,
    LANGUAGE,
    NAME,
    REGION,
    TIMEZONE,
    TYPE,
    URL,
    duration,
    seconds,
    whole,
)
from dsl.shape import TRUTH, Anything, Either, Fields, ListOf, MapOf, Named, Plain, Record, Report, Text, inside, words
from dsl.shape import Field as Key
from dsl.source import Source, Span
from dsl.syntax import Text as TextSyntax
from dsl.system import system_texts
from dsl.table import UNKNOWN
from dsl.typed import a
from dsl.yaml import Mapping, Node, Scalar, Sequence, plain, read_yaml

# A bot of 1,000 slots, 500 actions and 500 templates, each with all it may have, and 2,000 responses holds 40,000.
MOST_VALUES = 50_000

EMPTY = Kind("F059", Severity.ERROR, "this file is empty")
NO_WAY_TO_CALL = Kind("F073", Severity.ERROR, "the action `{name}` says {how} it is run",
                      why="A flow that calls it would always take its `on failure`.")
CHOICE_VALUES = Kind("F074", Severity.ERROR, "{message}")
WRONG_DEFAULT = Kind("F075", Severity.ERROR, "the default of `{name}` is no {type}: `{value}`")
LIST_OF_WHAT = Kind("F077", Severity.ERROR, "{message}")
LANGUAGE_TWICE = Kind("F078", Severity.ERROR, "`{language}` is named twice in `languages`")
FOREIGN_LANGUAGE = Kind("F079", Severity.ERROR, "`{language}` is not one of the bot's languages")
UNKNOWN_SYSTEM_TEXT = Kind("F080", Severity.ERROR, "the machine has no text of its own named `{name}`")
UNTRANSLATED = Kind("F600", Severity.WARNING, "{what} has no text in `{language}`",
                    why="Users of that language would read it in `{first}`.")

# --- what the file may hold ---------------------------------------------------------------------------------

LONGEST_TEXT = 4_096                         # what the machine keeps of any text (`table.md`, bounds)
TIMEOUT = duration(1, 300)
_MAX = Key(whole(1, LONGEST_TEXT), "the longest text it takes, in characters")

_FIELD = Record("a field", {
    "type": Key(TYPE, "what kind of value it is", required=True),
    "of": Key(TYPE, "of a list: the type of its items"),
    "max": _MAX,
}, {"values": "only a slot's choice has values: here write `type: text`",
    "default": "only a slot has a default: here write `or` where the field is used"})
FIELDS = MapOf(NAME, Either("a type, or `{type: …, max: …}`", scalar=TYPE, mapping=_FIELD), "names with their types")

_TITLES = Either("values and their titles, or a list of values",
                 mapping=MapOf(NAME, Text(), "values and their titles"),
                 sequence=ListOf(Text("a value"), "a list of values"))
_SLOT = Record("a slot", {
    "type": Key(TYPE, "what kind of value it is", required=True),
    "of": Key(TYPE, "of a list: the type of its items"),
    "max": _MAX,
    "default": Key(Anything(), "its value until the user or a flow sets another"),
    "pii": Key(TRUTH, "personal data: never leaves the bot without `reveal`"),
    "keep": Key(words("user"), "outlives the session: kept for as long as the user is known"),
    "values": Key(_TITLES, "of a choice: its values and their titles"),
}, {"required": "whether it must be asked is said by a flow: `need`", "pattern": "write a rule in a flow",
    "enum": "write `type: choice` and `values`", **dict.fromkeys(("options", "choices"), "write `values`"),
    **dict.fromkeys(("initial_value", "value", "initial"), "write `default`"),
    **dict.fromkeys(("max_length", "maxlength", "maxLength", "length"), "write `max`"),
    **dict.fromkeys(("influence_conversation", "mappings"), "leave it out: a slot is filled where a flow asks for it")})
SLOT = Either("a type, or `{type: …}`", scalar=TYPE, mapping=_SLOT)

METHODS = ("get", "post", "put", "patch", "delete")
_HTTP = Record("`http`", {
    **{method: Key(URL, f"the address called with {method.upper()}; `${{NAME}}` from the environment, `{{param}}`")
       for method in METHODS},
    "headers": Key(MapOf(HEADER, Plain(), "headers and their values"), "sent with every call"),
}, {"url": "write the method in its place: `get: https://…`", "method": "write `get: https://…`"})
_ACTION = Record("an action", {
    "params": Key(FIELDS, "what it is given, with types"),
    "returns": Key(TYPE, "the type of what it answers"),
    "reasons": Key(ListOf(Plain(), "a list of reasons"), 'how it may refuse: taken by `on "reason"`'),
    "http": Key(_HTTP, "the call it makes"),
    "python": Key(FUNCTION, "the function it runs: `actions.book`, in the bot's folder"),
    "timeout": Key(TIMEOUT, "how long it may take, 10 s unless said"),
    "retry": Key(whole(0, 10), "how often it is tried again"),
    "cache": Key(duration(), "how long an answer may be used again for the same arguments"),
}, {"url": "write `http: {get: https://…}`", "method": "write `http: {get: https://…}`",
    "args": "write `params`", "parameters": "write `params`"})

_BY_LANGUAGE = Either("a text, or one for each language", scalar=Text(),
                      mapping=MapOf(LANGUAGE, Text(), "languages and texts"))
_TEMPLATE = Record("a template", {
    "params": Key(FIELDS, "its parameters, in the order WhatsApp numbers them"),
    "text": Key(_BY_LANGUAGE, "what it reads like, in each language it is approved in", required=True),
    "header": Key(_BY_LANGUAGE, "the line above the text"),
    "footer": Key(_BY_LANGUAGE, "the line below the text"),
    "buttons": Key(ListOf(Text(), "a list of titles"), "its buttons, in order"),
})

_RESPONSE = Either("a text, or a list of variants", scalar=Text(), sequence=ListOf(Text(), "a list of variants"))

_SESSION = Record("`session`", {
    "expires": Key(duration(60), "how long a silence ends a session, 24h unless said"),
    "on_return": Key(words("ask", "resume", "restart"), "what happens when the user comes back, `resume` unless said"),
    "pin": Key(duration(0), "how long a conversation may stay on an older version of the bot, 7d unless said"),
})
_DELIVERY = Record("`delivery`", {
    "in_doubt": Key(words("resend", "set aside"),
                    "what is done with a message that may have arrived, `resend` unless said"),
})
_EVENT = Record("an event", {"params": Key(FIELDS, "what comes with it")})

DOMAIN = Record("domain.yml", {
    "bot": Key(BOT_NAME, "the bot's name", required=True),
    "languages": Key(ListOf(LANGUAGE, "a list of languages"), "the first is that of the .flow files", required=True),
    "timezone": Key(TIMEZONE, "where the bot's clock stands, UTC unless said"),
    "region": Key(REGION, "whose phone numbers, dates and money are meant"),
    "start": Key(NAME, "the flow or menu a new conversation begins with", required=True),
    "slots": Key(MapOf(NAME, SLOT, "slots by name"), "what a conversation remembers"),
    "records": Key(MapOf(NAME, FIELDS, "records by name"), "shapes of values, by name"),
    "actions": Key(MapOf(NAME, _ACTION, "actions by name"), "the bot's own code, called by flows"),
    "templates": Key(MapOf(NAME, _TEMPLATE, "templates by name"), "messages approved by WhatsApp"),
    "responses": Key(MapOf(DOTTED_NAME, _RESPONSE, "responses by name"), "texts that several places say"),
    "session": Key(_SESSION, "when a silence ends a session"),
    "retention": Key(RETENTION, "how long what is stored is kept"),
    "delivery": Key(_DELIVERY, "what is done where sending goes wrong"),
    "events": Key(MapOf(NAME, _EVENT, "events by name", item_may_be_empty=True), "what may happen from outside"),
}, {"intents": "there are none: a flow `starts on` patterns", "entities": "there are none: a flow asks for slots",
    "forms": "write a flow that asks for its slots", "rules": "rules stand in .flow files",
    "flows": "flows stand in .flow files", "language": "write `languages: [en]`"})

# --- reading ------------------------------------------------------------------------------------------------


def read(source: Source) -> tuple[Domain | None, tuple[Diagnostic, ...]]:
    """The domain of a file and all its faults; None where nothing of it could be read."""
    node, faults = read_yaml(source, MOST_VALUES)
    report = Report(source)
    report.add(*faults)
    if node is None and not faults:
        report.add(EMPTY.at(source.span(0, 0), Fix("write at least `bot`, `languages` and `start`")))
    fields = DOMAIN.read(node, "domain.yml", report) if node is not None else None
    if fields is None:
        return None, tuple(report.faults)
    return _domain(fields, source, report), tuple(report.faults)


def _domain(fields: Fields, source: Source, report: Report) -> Domain:
    spans = {key: entry.value.span for key, entry in fields.nodes.items()}
    languages = _languages(fields, report)
    nothing = Fields({}, {}, source.span(0, 0))
    session, delivery = fields.get("session") or nothing, fields.get("delivery") or nothing
    records: tuple[Named, ...] = fields.get("records", ())
    return Domain(
        bot=fields.get("bot", UNKNOWN),
        languages=languages,
        start=fields.get("start", UNKNOWN),
        file=source.name,
        spans=spans,
        timezone=fields.get("timezone", "UTC"),
        region=fields.get("region"),
        expires_s=session.get("expires", 86_400),
        on_return=session.get("on_return", "resume"),
        pin_s=session.get("pin", 604_800),
        retention=retention(fields.get("retention"), report),
        in_doubt=delivery.get("in_doubt", "resend"),
        slots={entry.name: _slot(entry, report) for entry in fields.get("slots", ())},
        records={entry.name: _fields(entry.value, report) for entry in records},
        record_spans={entry.name: entry.span for entry in records},
        actions={entry.name: _action(entry, report) for entry in fields.get("actions", ())},
        templates={entry.name: _template(entry, languages, report) for entry in fields.get("templates", ())},
        responses={entry.name: _response(entry, report) for entry in fields.get("responses", ())},
        events={entry.name: Happening(entry.name, entry.span, _params(entry.value, report))
                for entry in fields.get("events", ())},
    )


def _languages(fields: Fields, report: Report) -> tuple[str, ...]:
    languages: tuple[str, ...] = fields.get("languages", ())
    if len(set(languages)) < len(languages):
        first: dict[str, Span] = {}
        node = fields.nodes["languages"].value
        for item in node.items if isinstance(node, Sequence) else ():
            tag = LANGUAGE.parse(item.value) if isinstance(item, Scalar) else None
            span = item.span
            if tag is not None and first.setdefault(tag, span) is not span:
                report.add(LANGUAGE_TWICE.at(span, Fix("leave one out"), language=tag,
                                             others=(Label(first[tag], "first here"),)))
    return tuple(dict.fromkeys(languages)) or ("en",)


def _slot(entry: Named, report: Report) -> Slot:
    name, span = entry.name, entry.span
    if not isinstance(entry.value, Fields):
        type = _bare_type(entry, report)
        if type == "choice":
            report.add(CHOICE_VALUES.at(entry.node.span, Fix("write `{type: choice, values: [small, large]}`"),
                                        message=f"the choice `{name}` needs its `values`"))
        return Slot(name, types.UNKNOWN if type == "choice" else type, span, typed=_written(entry.node))
    type = _type(entry.value, report)
    values = _values(entry.value, type, name, span, report)
    if types.base_of(type) == "choice" and not values:
        type = types.UNKNOWN                 # what is missing was reported
    keys = tuple(value for value, _ in values)
    default = entry.value.get("default")
    return Slot(name, type, span, entry.value.get("max"),
                None if default is None else _default(name, type, default, keys, report),
                entry.value.get("pii", False), entry.value.get("keep") == "user", values, _typed(entry.value))


def _bare_type(entry: Named, report: Report) -> str:
    """The type of `name: text`; `unknown` where it was refused."""
    if entry.value == "list":
        report.add(LIST_OF_WHAT.at(entry.node.span, Fix("write `list of text`"), message="a list of what?"))
        return types.UNKNOWN
    return entry.value or types.UNKNOWN


def _typed(fields: Fields, *keys: str) -> Span | None:
    """Where the type of `{type: …, of: …}` is written."""
    return next((_written(fields.nodes[key].value) for key in keys or ("of", "type") if key in fields.nodes), None)


def _written(node: Node) -> Span | None:
    return Span(node.file, *inside(node)) if isinstance(node, Scalar) else None


def _type(fields: Fields, report: Report) -> str:
    """The type of `{type: …, of: …}`."""
    type: str = fields.get("type", types.UNKNOWN)
    of = fields.get("of")
    if type == "list":
        if of is None and "of" not in fields.nodes:
            report.add(LIST_OF_WHAT.at(fields.nodes["type"].value.span, Fix("add `of: text`"),
                                       message="a list of what?"))
        return types.LIST + of if of else types.UNKNOWN
    if of is not None and type != types.UNKNOWN:
        report.add(LIST_OF_WHAT.at(fields.nodes["of"].key.span, Fix(f"write `type: list of {of}`, or leave `of` out"),
                                   message=f"`of` belongs to a list, this is a `{type}`"))
    return type


def _values(fields: Fields, type: str, name: str, span: Span, report: Report) -> tuple[tuple[str, TextSyntax], ...]:
    given = fields.get("values")
    if types.base_of(type) != "choice":
        if "values" in fields.nodes and type != types.UNKNOWN:
            report.add(CHOICE_VALUES.at(fields.nodes["values"].key.span, Fix("write `type: choice`"),
                                        message=f"`values` belong to a choice, `{name}` is a `{type}`"))
        return ()
    if "values" not in fields.nodes:
        report.add(CHOICE_VALUES.at(span, Fix("add `values: [small, large]`"),
                                    message=f"the choice `{name}` needs its `values`"))
    pairs: list[tuple[str, TextSyntax]] = []
    for value in given or ():
        if isinstance(value, Named):
            if value.value is not None:
                pairs.append((value.name, value.value))
        else:
            pairs.append((value.raw, value))
    _no_value_twice(pairs, report)
    return tuple(pairs)


def _no_value_twice(pairs: Iterable[tuple[str, TextSyntax]], report: Report) -> None:
    first: dict[str, Span] = {}
    for value, text in pairs:
        if first.setdefault(value, text.span) is not text.span:
            report.add(CHOICE_VALUES.at(text.span, Fix("leave one out"), others=(Label(first[value], "first here"),),
                                        message=f"the value `{value}` stands here twice"))


def _fields(given: tuple[Named, ...] | None, report: Report) -> tuple[Field, ...]:
    """The fields of a record, or parameters."""
    return tuple(_field(entry, report) for entry in given or ())


def _field(entry: Named, report: Report) -> Field:
    if isinstance(entry.value, Fields):
        return Field(entry.name, _type(entry.value, report), entry.span, entry.value.get("max"), _typed(entry.value))
    return Field(entry.name, _bare_type(entry, report), entry.span, typed=_written(entry.node))


def _params(fields: Fields | None, report: Report) -> tuple[Field, ...]:
    return _fields(fields.get("params"), report) if fields is not None else ()


def _action(entry: Named, report: Report) -> Action:
    fields: Fields | None = entry.value
    if fields is None:
        return Action(entry.name, entry.span, returns=types.UNKNOWN)
    ways = [way for way in ("http", "python") if way in fields.nodes]
    if len(ways) != 1 and not (fields.strange and not ways):
        report.add(NO_WAY_TO_CALL.at(entry.span, Fix("write either `http: {get: …}` or `python: actions.NAME`"),
                                     name=entry.name, how="twice how" if ways else "nowhere how"))
    returns = fields.get("returns", types.UNKNOWN if "returns" in fields.nodes else None)
    return Action(entry.name, entry.span, _params(fields, report), returns, fields.get("reasons", ()),
                  _http(entry.name, fields, report), fields.get("python"), fields.get("timeout", 10),
                  fields.get("retry", 0), fields.get("cache", 0), _typed(fields, "returns"))


def _http(name: str, action: Fields, report: Report) -> Http | None:
    fields: Fields | None = action.get("http")
    if fields is None:
        return None
    methods = [method for method in METHODS if method in fields.nodes]
    if not methods and fields.strange:       # a method misspelt was reported already
        return None
    if len(methods) != 1:
        span = action.nodes["http"].key.span
        report.add(NO_WAY_TO_CALL.at(span, Fix("write one of `get`, `post`, `put`, `patch`, `delete`"),
                                     name=name, how="with two methods how" if methods else "with no method how"))
        return None
    headers = tuple((header.name, header.value) for header in fields.get("headers", ()) if header.value is not None)
    return Http(methods[0].upper(), fields.get(methods[0], ""), headers)


def _template(entry: Named, languages: tuple[str, ...], report: Report) -> Template:
    fields: Fields | None = entry.value
    if fields is None:
        return Template(entry.name, entry.span, (), ())
    by_key = {key: tuple(_by_language(fields, key, entry, languages, report)) for key in ("text", "header", "footer")}
    return Template(entry.name, entry.span, _params(fields, report), by_key["text"], fields.get("buttons", ()),
                    by_key["header"], by_key["footer"])


def _by_language(fields: Fields, key: str, template: Named, languages: tuple[str, ...],
                 report: Report) -> Iterator[tuple[str, TextSyntax]]:
    given = fields.get(key)
    if given is None:
        return
    if not isinstance(given, tuple):
        yield languages[0], given
        return
    for entry in given:
        if LANGUAGE.parse(entry.name) not in languages:
            report.add(FOREIGN_LANGUAGE.at(entry.span, *did_you_mean(entry.span, entry.name, languages),
                                           Fix("add it to `languages`"), language=entry.name))
        elif entry.value is not None:
            yield LANGUAGE.parse(entry.name), entry.value
    written = {LANGUAGE.parse(entry.name) for entry in given}
    for language in languages:
        if language not in written:
            report.add(UNTRANSLATED.at(fields.nodes[key].key.span, Fix(f"add `{language}: …`"),
                                       what=f"the template `{template.name}`", language=language, first=languages[0]))


def _response(entry: Named, report: Report) -> Response:
    group, _, name = entry.name.partition(".")
    if group == "system" and name not in system_texts():
        guesses = did_you_mean(entry.span, entry.name, (f"system.{known}" for known in system_texts()))
        report.add(UNKNOWN_SYSTEM_TEXT.at(entry.span, *guesses, name=name))
    given = entry.value or ()
    return Response(entry.name, entry.span, given if isinstance(given, tuple) else (given,))


# --- defaults: plain JSON of the slot's type ----------------------------------------------------------------

_TRUTHS = {"true": True, "false": False}


def _number(value: str) -> int | str | None:
    if re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    return value if re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,15}", value) else None


def _moment(type: str, value: str) -> str | None:
    if types.literal(value, type) is None:
        return None
    return f"0{value}" if value[1:2] == ":" else value       # `9:30`


_PLAIN: dict[str, Callable[[str], Any]] = {
    "boolean": _TRUTHS.get,
    "integer": lambda value: int(value) if re.fullmatch(r"-?[0-9]{1,15}", value) else None,
    "number": _number,
    **{moment: partial(_moment, moment) for moment in types.PARTS},
    "duration": seconds,
    "language": LANGUAGE.parse,
}


def _default(name: str, type: str, node: Node, values: tuple[str, ...], report: Report) -> Any:
    """A default in the plain form of its type; None after reporting that it is not of that type."""
    item = types.item_of(type)
    if item is not None:
        if isinstance(node, Sequence):
            return [_default(name, item, each, values, report) for each in node.items]
    elif type not in types.PLAIN:            # a record or a place: its fields are converted where they are used
        if isinstance(node, Mapping) or type == types.UNKNOWN:
            return plain(node)
    elif isinstance(node, Scalar) and not node.is_null:
        value = _PLAIN.get(type, str)(node.value)
        if value is not None and (type != "choice" or not values or value in values):
            return value
    told = node.value if isinstance(node, Scalar) else "several values"
    guesses = did_you_mean(node.span, told, values)
    example = f", such as `{types.EXAMPLES[type]}`" if type in types.EXAMPLES else ""
    fix = Fix(f"write a default that is {a(type)}{example}, or leave `default` out")
    report.add(WRONG_DEFAULT.at(node.span, *guesses, fix, name=name, type=type, value=told or "nothing"))
    return None
