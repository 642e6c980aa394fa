"""A question asked from a list that may be empty has nothing to choose from."""

from collections.abc import Iterator

from dsl.bounds import operations
from dsl.checks.facts import Known
from dsl.checks.graph import Graph
from dsl.checks.names import root_of
from dsl.checks.speak import written
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.table import Expr, Table

MAY_BE_EMPTY = Kind("F304", Severity.WARNING, "`{items}` may be empty here: there would be nothing to choose from",
                    why="The user would get a question without options.")


def lists(graph: Graph, facts: Known) -> Iterator[Diagnostic]:
    table = graph.table
    for node, step in graph.steps():
        before = facts.facts[node]
        if step.items is None or before is None or _holds_something(table, step.flow, table.exprs[step.items]):
            continue
        fact = facts.program.names.list_filled(table.exprs[step.items], step.flow)
        if not before & fact:
            place = graph.expr_place(step.items)
            items = written(graph, place)
            fix = Fix(f"say before it what happens then: `if {items} is empty`")
            yield MAY_BE_EMPTY.at(graph.span(place), fix, label="may be empty", items=items)


def _holds_something(table: Table, flow: str, code: Expr) -> bool:
    """A list that is written out, or that nothing can be said of: a parameter, whose caller knows, or a mistake."""
    match code:
        case ["?"]:
            return True
        case ["list", *items]:
            return bool(items)
        case ["+", left, right]:
            return _holds_something(table, flow, left) or _holds_something(table, flow, right)
        case ["or", _, right]:
            return _holds_something(table, flow, right)
        case ["slot", name] if name in table.slots and table.slots[name].default:
            return not _changes(table, name)
    root = root_of(code)
    found = table.flows.get(flow)
    if root is None or root[0] == "slot" or found is None:
        return False
    events = (params for params in table.events.values())
    return any(name == root[1] for name, _ in found.params) or any(root[1] in params for params in events)


def _changes(table: Table, slot: str) -> bool:
    """Whether anything ever sets or clears a slot."""
    variable = ["slot", slot]
    answered = any(variable in (step.slot, step.into) for step in table.steps.values())
    return answered or any(op[:2] in (["set", variable], ["clear", variable]) for _, op in operations(table))
