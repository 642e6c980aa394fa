"""The automaton: grammar.lark as tables.

Lark builds them, which costs most of a second's quarter: too much for a command that is to answer at once. So they are
kept in `tables.json` beside this module, under the hash of the grammar they were made of; whoever edits grammar.lark
gets them from Lark directly until `python -m dsl.lark_tables` has written them anew (a test insists on it).

Kinds of token carry the author's own words here (`->`, `say`), as the lexer gives them, not Lark's names for them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from dsl.kinds import NEVER_NAMES

# What becomes of each part of a rule when the rule is complete.
DROP, KEEP, SPREAD, ABSENT = range(4)
# What becomes of the rule: it is its only part; a node, of one part, of as many as it has symbols, or of lists; or a
# list, begun with one part or gathered from several, whose parts go to the rule around it.
PASSES, MAKES_OF_ONE, MAKES, MAKES_OF_LISTS, GATHERS_ONE, GATHERS = range(6)

KEPT = Path(__file__).with_name("tables.json")


class Production(NamedTuple):
    """One way a rule may be written."""

    number: int
    rule: str                                # the rule's name, or the alias of this way
    origin: str                              # the nonterminal it completes
    how: int                                 # PASSES MAKES_OF_ONE MAKES MAKES_OF_LISTS GATHERS_ONE GATHERS
    size: int                                # cells it takes off the stack
    parts: tuple[int, ...]                   # DROP KEEP SPREAD, or ABSENT for an optional part left out; last first
    to_line_end: int                         # how many parts from the last stand after the end of its first line
    picked: tuple[int, ...]                  # the symbols that are parts, counted from the last, from 1; 0 for none


Row = Mapping[str, int | Production]         # by the kind of the next token: the state to go to, or what is complete


class Automaton(msgspec.Struct, frozen=True, dict=True):
    """LALR(1) tables, by state."""

    rows: tuple[Row, ...]
    gotos: tuple[Mapping[str, int], ...]     # by what was just completed
    start: Mapping[str, int]                 # by rule: the state to begin in
    end: Mapping[str, int]                   # by rule: the state in which nothing is missing
    productions: tuple[Production, ...]
    words: frozenset[str]                    # that are a keyword somewhere
    # Found while reading, see `reader`.
    settled: dict[tuple[int, int, str], tuple[int, int | Production | None]] = {}

    @cached_property
    def known(self) -> dict[str, str]:
        """Every kind of token by itself; any other word is a name."""
        return {kind: kind for kind in (*self.words, *NEVER_NAMES)}


@cache
def automaton() -> Automaton:
    """The tables of the language, read or built when they are first wanted."""
    grammar = grammar_text()
    if KEPT.is_file():
        kept = msgspec.json.decode(KEPT.read_bytes())        # in half the time that `json` takes
        if kept["grammar"] == fingerprint(grammar):
            return unpacked(kept)
    from dsl.lark_tables import build

    return build(grammar)


def grammar_text() -> str:
    """grammar.lark, beside the package in a checkout, inside it once installed."""
    beside = Path(__file__).parent.parent / "grammar.lark"
    return (beside if beside.is_file() else Path(__file__).with_name("grammar.lark")).read_text("utf-8")


def fingerprint(grammar: str) -> str:
    """Tells whether the grammar was edited; a hash that nobody forges, without 3 ms of OpenSSL at every start."""
    return f"{crc32(grammar.encode()):08x}"


def packed(tables: Automaton, grammar: str) -> dict[str, Any]:
    """The tables as plain data: a completed production is -1 less its number, and equal rows are written once."""
    rows = [json.dumps({kind: action if isinstance(action, int) else -1 - action.number
                        for kind, action in sorted(row.items())}, ensure_ascii=False) for row in tables.rows]
    unique = sorted(set(rows))
    places = {row: at for at, row in enumerate(unique)}
    return {
        "grammar": fingerprint(grammar), "start": tables.start, "end": tables.end,
        "productions": [list(production)[1:-1] for production in tables.productions],
        "rows": [json.loads(row) for row in unique], "states": [places[row] for row in rows],
        "gotos": [dict(sorted(goto.items())) for goto in tables.gotos],
    }


def unpacked(kept: Mapping[str, Any]) -> Automaton:
    productions = tuple(production(number, fields) for number, fields in enumerate(kept["productions"]))
    rows: list[Row] = [{kind: action if action >= 0 else productions[-1 - action] for kind, action in row.items()}
                       for row in kept["rows"]]
    return Automaton(tuple(rows[at] for at in kept["states"]), tuple(kept["gotos"]), kept["start"], kept["end"],
                     productions, keywords(rows))


def keywords(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(filter(str.isalpha, set().union(*rows)))


def production(number: int, fields: Sequence[Any]) -> Production:
    """The production of that number; `fields` are its rule, origin, how, size, parts and to_line_end."""
    rule, origin, how, size, parts, to_line_end = fields
    symbols = count(1)
    places = [(part, 0 if part == ABSENT else next(symbols)) for part in parts]
    picked = tuple(place for part, place in reversed(places) if part != DROP)
    return Production(number, rule, origin, how, size, tuple(parts), to_line_end, picked)
