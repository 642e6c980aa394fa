"""The automaton: grammar.lark as tables, built by Lark when the first file is read and never before.

Kinds of token carry the author's own words here (`->`, `say`), as the lexer gives them, not Lark's names for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from dsl.lexer import BLOCK, DECIMAL, DEDENT, DURATION, END, INDENT, INT, NAME, NEW_LINE, REGEX, TEXT, URL

KIND_OF_TERMINAL = {
    "NAME": NAME, "TEXT": TEXT, "BLOCK": BLOCK, "REGEX": REGEX, "URL": URL, "DURATION": DURATION, "DECIMAL": DECIMAL,
    "INT": INT, "_NL": NEW_LINE, "_INDENT": INDENT, "_DEDENT": DEDENT, "$END": END,
}

# What becomes of each part of a rule when the rule is complete.
DROP, KEEP, SPREAD, ABSENT = range(4)


class Production(NamedTuple):
    """One way a rule may be written."""

    number: int
    rule: str                                # the rule's name, or the alias of this way
    origin: str                              # the nonterminal it completes
    passes: bool                             # of a single part, which stands for it
    spreads: bool                            # it makes nothing: its parts go to the rule around it
    size: int                                # cells it takes off the stack
    parts: tuple[int, ...]                   # DROP KEEP SPREAD, or ABSENT for an optional part left out; last first
    to_line_end: int                         # how many parts from the last stand after the end of its first line


@dataclass(frozen=True, slots=True)
class Automaton:
    """LALR(1) tables: in a row, a number is the state to go to, a production is what is now complete."""

    rows: tuple[Mapping[str, "int | Production"], ...]      # by state, then by the next token's kind
    gotos: tuple[Mapping[str, int], ...]                    # by state, then by what was just completed
    start: Mapping[str, int]
    end: Mapping[str, int]
    productions: tuple[Production, ...]


def grammar_text() -> str:
    """grammar.lark, beside the package in a checkout, inside it once installed."""
    beside = Path(__file__).parent.parent / "grammar.lark"
    return (beside if beside.is_file() else Path(str(files("dsl").joinpath("grammar.lark")))).read_text("utf-8")


@cache
def automaton() -> Automaton:
    """The tables of the language; building them takes about a tenth of a second, so they are built on demand."""
    from dsl.lark_tables import build

    return build(grammar_text())
