"""Lark builds the tables; this module is the only one that knows how Lark keeps them."""

from collections.abc import Iterator
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from dsl.grammar import ABSENT, DROP, KEEP, KIND_OF_TERMINAL, SPREAD, Automaton, Production


class NoLexer(Lexer):
    """The lexer is our own and runs before; Lark is not asked to make one."""

    __future_interface__ = 1

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, *_: Any) -> Iterator[Any]:
        return iter(())


def build(grammar: str) -> Automaton:
    lark = Lark(grammar, parser="lalr", lexer=NoLexer, start=["file", "interpolation"], maybe_placeholders=True)
    table = lark.parser.parser._parse_table
    kinds = {terminal.name: KIND_OF_TERMINAL.get(terminal.name, terminal.pattern.value)
             for terminal in lark.terminals if terminal.pattern is not None}
    kinds.update(KIND_OF_TERMINAL)
    with_lines = _rules_with_lines(lark.rules)
    productions = {rule: _production(number, rule, with_lines) for number, rule in enumerate(lark.rules)}
    rows: list[dict[str, int | Production]] = [{} for _ in table.states]
    gotos: list[dict[str, int]] = [{} for _ in table.states]
    nonterminals = {rule.origin.name for rule in lark.rules}
    for state, row in table.states.items():
        for symbol, (action, arg) in row.items():
            if symbol in nonterminals:
                gotos[state][symbol] = arg
            elif action is Shift or arg in productions:
                rows[state][kinds[symbol]] = arg if action is Shift else productions[arg]
    return Automaton(tuple(rows), tuple(gotos), table.start_states, table.end_states, tuple(productions.values()))


def _rules_with_lines(rules: list[Rule]) -> set[str]:
    """Names of the rules that may hold the end of a line, and of that end itself."""
    found = {"_NL"}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {rule.origin.name for rule in rules if any(symbol.name in found for symbol in rule.expansion)}
    return found


def _production(number: int, rule: Rule, with_lines: set[str]) -> Production:
    origin = str(rule.origin.name)
    symbols = rule.expansion
    absent = rule.options.empty_indices or [False] * len(symbols)
    following = iter(symbols)
    parts = [ABSENT if gone else _part(next(following), rule) for gone in absent]
    first_with_line = next((at for at, symbol in enumerate(symbols) if symbol.name in with_lines), len(symbols) - 1)
    return Production(
        number, rule=str(rule.alias or origin), origin=origin,
        passes=bool(rule.options.expand1) and not rule.alias and parts == [KEEP],
        spreads=origin.startswith("_"), size=len(symbols), parts=tuple(reversed(parts)),
        to_line_end=max(0, len(symbols) - 1 - first_with_line),
    )


def _part(symbol: Symbol, rule: Rule) -> int:
    if not symbol.is_term:
        return SPREAD if symbol.name.startswith("_") else KEEP
    return DROP if symbol.filter_out and not rule.options.keep_all_tokens else KEEP
