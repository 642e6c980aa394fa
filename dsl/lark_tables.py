"""Lark builds the tables; this module is the only one that knows how Lark keeps them.

`python -m dsl.lark_tables` writes them where `dsl.grammar` looks for them.
"""

import json
from collections.abc import Iterator
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol, Terminal
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from dsl.grammar import (
    ABSENT,
    DROP,
    GATHERS,
    GATHERS_ONE,
    KEEP,
    KEPT,
    MAKES,
    MAKES_OF_LISTS,
    MAKES_OF_ONE,
    PASSES,
    SPREAD,
    Automaton,
    Production,
    Row,
    grammar_text,
    keywords,
    packed,
    production,
)
from dsl.kinds import BLOCK, DECIMAL, DEDENT, DURATION, END, INDENT, INT, MOMENT, NAME, NEW_LINE, REGEX, TEXT, URL

KINDS = {
    "NAME": NAME, "TEXT": TEXT, "BLOCK": BLOCK, "REGEX": REGEX, "URL": URL, "MOMENT": MOMENT, "DURATION": DURATION,
    "DECIMAL": DECIMAL, "INT": INT, "_NL": NEW_LINE, "_INDENT": INDENT, "_DEDENT": DEDENT, "$END": END,
}


class NoLexer(Lexer):
    """The lexer is our own and runs before; Lark is not asked to make one."""

    __future_interface__ = 1

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, *_: Any) -> Iterator[Any]:
        return iter(())


STARTS = ["file", "interpolation"]


def understood(grammar: str) -> Lark:
    return Lark(grammar, parser="lalr", lexer=NoLexer, start=STARTS, maybe_placeholders=True)


def kinds_of(lark: Lark) -> dict[str, str]:
    """By Lark's name for a terminal: the kind of token it is here."""
    return {terminal.name: terminal.pattern.value for terminal in lark.terminals if terminal.pattern} | KINDS


def build(grammar: str) -> Automaton:
    lark = understood(grammar)
    table: Any = lark.parser.parser._parse_table
    kinds = kinds_of(lark)
    # Lark numbers rules and states in the order of its sets; here they are numbered by what they are.
    rules = sorted(lark.rules, key=lambda rule: (str(rule.origin.name), [symbol.name for symbol in rule.expansion],
                                                 str(rule.alias)))
    with_lines = _rules_with_lines(rules)
    productions = {rule: _production(number, rule, with_lines) for number, rule in enumerate(rules)}
    nonterminals = {rule.origin.name for rule in rules}
    numbers = _walk(table, sorted(table.start_states))
    rows: list[Row] = [{} for _ in numbers]
    gotos: list[dict[str, int]] = [{} for _ in numbers]
    for state, number in numbers.items():
        row: dict[str, int | Production] = {}
        for symbol, (action, arg) in table.states[state].items():
            if symbol in nonterminals:
                gotos[number][str(symbol)] = numbers[arg]
            elif action is Shift:
                row[kinds[symbol]] = numbers[arg]
            elif arg in productions:
                row[kinds[symbol]] = productions[arg]
        rows[number] = row
    return Automaton(tuple(rows), tuple(gotos), {rule: numbers[state] for rule, state in table.start_states.items()},
                     {rule: numbers[state] for rule, state in table.end_states.items()}, tuple(productions.values()),
                     keywords(rows))


def _walk(table: Any, starts: list[str]) -> dict[int, int]:
    """A number for every state that can be reached, the same whatever the hash seed."""
    numbers: dict[int, int] = {}
    waiting = [table.start_states[start] for start in reversed(starts)]
    while waiting:
        state = waiting.pop()
        if state in numbers:
            continue
        numbers[state] = len(numbers)
        row = table.states[state]
        waiting += [row[symbol][1] for symbol in sorted(row, reverse=True) if row[symbol][0] is Shift]
    return numbers


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
    to_line_end = max(0, len(symbols) - 1 - first_with_line)
    return production(number, (str(rule.alias or origin), origin, _how(rule, parts), len(symbols), parts[::-1],
                               to_line_end))


def _how(rule: Rule, parts: list[int]) -> int:
    if rule.origin.name.startswith("_"):
        return PASSES if parts == [SPREAD] else GATHERS_ONE if parts == [KEEP] else GATHERS
    if parts == [KEEP]:
        return PASSES if rule.options.expand1 and not rule.alias else MAKES_OF_ONE
    return MAKES_OF_LISTS if SPREAD in parts else MAKES


def _part(symbol: Symbol, rule: Rule) -> int:
    if not isinstance(symbol, Terminal):
        return SPREAD if symbol.name.startswith("_") else KEEP
    return DROP if symbol.filter_out and not rule.options.keep_all_tokens else KEEP


if __name__ == "__main__":
    grammar = grammar_text()
    plain = packed(build(grammar), grammar)
    KEPT.write_text(json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
