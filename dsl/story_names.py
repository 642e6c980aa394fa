"""The names that stories use, held against the bot they are about."""

from collections.abc import Iterable, Iterator

from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.nearest import did_you_mean
from dsl.shape import Mention
from dsl.story import StoryFile
from dsl.table import SourceMap, Table

UNKNOWN_NAME = Kind("F810", Severity.ERROR, "the bot has no {what} named `{name}`")
UNKNOWN_PART = Kind("F811", Severity.ERROR, "the {whole} `{of}` has no {what} `{name}`",
                    fix="take one of those that the {whole} has")
OTHER_LANGUAGE = Kind("F812", Severity.ERROR, "the bot does not speak `{name}`")

# Kinds of mentions: what they are called, and of what they are a part.
_WHAT = {"slot": "slot", "value": "slot or name", "action": "action", "event": "event", "place": "step, flow or menu",
         "response": "response", "template": "template"}
_PARTS = {"argument": ("argument", "action"), "parameter": ("parameter", "event"), "failure": ("reason", "action")}


def unknown_names(told: StoryFile, table: Table, places: SourceMap | None = None) -> Iterator[Diagnostic]:
    """What the stories name and the bot has not; responses only where the source map is at hand."""
    known = _known(table, places)
    for mention in told.mentions:
        if mention.kind in _PARTS:
            yield from _unknown_part(mention, table)
        elif mention.kind == "language":
            if mention.name not in table.languages:
                guesses = did_you_mean(mention.span, mention.name, table.languages)
                spoken = Fix("it speaks " + ", ".join(f"`{language}`" for language in table.languages))
                yield OTHER_LANGUAGE.at(mention.span, *guesses or (spoken,), name=mention.name)
        elif mention.kind in known and mention.name not in known[mention.kind]:
            guesses = did_you_mean(mention.span, mention.name, known[mention.kind])
            yield UNKNOWN_NAME.at(mention.span, *guesses, what=_WHAT[mention.kind], name=mention.name)


def _known(table: Table, places: SourceMap | None) -> dict[str, frozenset[str]]:
    """Every name of each kind. Given are slots; what a text or `expect` looks into (`value`) may be bound by a flow."""
    bound = {name for flow in table.flows.values() for name in flow.locals} | set(table.anywhere_locals)
    known = {
        "slot": frozenset(table.slots),
        "value": frozenset({*table.slots, *bound}),
        "action": frozenset(table.actions),
        "event": frozenset(table.events),
        "place": frozenset({*table.steps, *table.flows}),
        "template": frozenset(table.templates),
    }
    return known if places is None else {**known, "response": frozenset(places.responses)}


def _unknown_part(mention: Mention, table: Table) -> Iterable[Diagnostic]:
    what, whole = _PARTS[mention.kind]
    names: Iterable[str] | None = None
    if mention.kind == "parameter":
        names = table.events.get(mention.of)
    elif mention.of in table.actions:
        action = table.actions[mention.of]
        names = action.params if mention.kind == "argument" else (*action.reasons, "timeout", "failure")
    if names is not None and mention.name not in names:
        guesses = did_you_mean(mention.span, mention.name, names)
        yield UNKNOWN_PART.at(mention.span, *guesses, what=what, whole=whole, of=mention.of, name=mention.name)
