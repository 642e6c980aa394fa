"""A number that always has a value, asked whether there is one: nought is a value, and the answer is always yes."""

from collections.abc import Iterator

from dsl.bounds import operations
from dsl.checks.graph import Graph
from dsl.checks.speak import mention
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Severity
from dsl.source import Span
from dsl.table import Expr, Table
from dsl.types import NUMERIC

ALWAYS = Kind("F430", Severity.WARNING, "this always holds: `{name}` always has a value",
              why="Nought is a value too: what is asked here is whether there is a number, not whether it is any.")


def always(graph: Graph) -> Iterator[Diagnostic]:
    """Of numbers with a default, that nothing ever clears."""
    names = {name for name, slot in graph.table.slots.items() if slot.type in NUMERIC and slot.default is not None}
    names -= _emptied(graph.table) if names else set()
    for number, code in enumerate(graph.table.exprs if names else ()):
        for name in _asked(code):
            if name in names:
                span = mention(graph, name, graph.expr_place(number))
                yield ALWAYS.at(span, _compared(graph, name, span), label="always has a value", name=name)


def _compared(graph: Graph, name: str, span: Span) -> Fix:
    behind = graph.sources[span.file].text[span.end:span.end + 4]
    edits = () if behind.startswith(" is ") else (Edit(Span(span.file, span.end, span.end), " > 0"),)
    return Fix(f"compare it: `{name} > 0`", edits)


def _emptied(table: Table) -> set[str]:
    """Slots that something clears, by a statement or by skipping their question."""
    cleared = {op[1][1] for _, op in operations(table) if op[0] == "clear" and op[1][0] == "slot"}
    return cleared | {step.slot[1] for step in table.steps.values() if step.skip is not None and step.slot}


def _asked(code: Expr) -> Iterator[str]:
    """Slots of which a condition only asks whether they have a value."""
    match code:
        case ["not", ["empty", ["slot", str(name)]]]:
            yield name
        case ["not" | "and" | "or", *parts]:
            for part in parts:
                yield from _asked(part)
