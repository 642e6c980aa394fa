"""What the value of a choice is called: its title, in the language of whoever reads it.

A slot's values have their titles from domain.yml, those of a `choose` from its options; what is made of them by `or`
and `if` keeps them. Anything else is shown as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dsl.table import Expr, Table, Var

if TYPE_CHECKING:
    from runtime.expressions import Builder, Scope, Shown, Titled

DEEPEST = 20                                 # `or` in each other; beyond it the value is shown


def titled(builder: Builder, table: Table, expr: Expr, depth: int, within: int = 0) -> Titled | None:
    """The title of what an expression gives in a scope; None where that has none, or nothing in it ever has."""
    match expr:
        case ["slot", name] if name in table.slots:
            of_slot = _titles(builder, table, table.slots[name], depth)
            return _looked_up(builder, expr, depth, lambda scope: of_slot) if of_slot else None
        case ["local", name, *_]:
            frames = {**{flow: held.locals for flow, held in table.flows.items()}, "anywhere": table.anywhere_locals}
            of = {flow: _titles(builder, table, held[name], depth) for flow, held in frames.items() if name in held}
            is_any = any(of.values())
            return _looked_up(builder, expr, depth, lambda scope: of.get(scope.flow, {})) if is_any else None
        case ["or", one, other] | ["if", _, one, other] if within < DEEPEST:
            return _either(builder.holds(expr[1], depth), titled(builder, table, one, depth, within + 1),
                           titled(builder, table, other, depth, within + 1))
    return None


def _titles(builder: Builder, table: Table, var: Var, depth: int) -> dict[str, Shown]:
    return {value: builder.text(table.texts[title], depth) for value, title in var.values or ()}


def _looked_up(builder: Builder, expr: list[Any], depth: int,
               titles: Callable[[Scope], Mapping[str, Shown]]) -> Titled:
    value = builder.expression(expr, depth)

    def title(scope: Scope) -> str | None:
        known = value(scope)
        shown = titles(scope).get(known) if isinstance(known, str) else None
        return None if shown is None else shown(scope)

    return title


def _either(test: Callable[[Scope], bool], one: Titled | None, other: Titled | None) -> Titled | None:
    if one is None and other is None:
        return None

    def title(scope: Scope) -> str | None:
        chosen = one if test(scope) else other
        return None if chosen is None else chosen(scope)

    return title
