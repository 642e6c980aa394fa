"""A table made ready to run: its expressions, texts and words, each prepared when it is first needed.

`program(table)` is the one way to get it, and cheap to call: the machine calls it every turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsl.table import Json, Table, Text
from dsl.words import normalise
from runtime.answers.identifiers import CHECKS
from runtime.expressions import Builder, Closure, Scope, Shown
from runtime.operators import holds
from runtime.per_table import per_table
from runtime.texts import Formats
from runtime.values import Value, Values, plain

__all__ = ["Program", "Scope", "program"]


class Program:
    """What a table says and computes. Indexes are those of `table.exprs` and `table.texts`."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.values = Values(table.timezone, table.records)
        self._builder = Builder(table, self.values, CHECKS)
        self.operators = self._builder.operators
        self._exprs: list[Closure | None] = [None] * len(table.exprs)
        self._texts: list[Shown | None] = [None] * len(table.texts)
        self._words: dict[tuple[int, str | None], tuple[str, ...]] = {}

    def value(self, expr: int, scope: Scope) -> Value:
        """Python value of expression `expr`; None if it has none."""
        closure = self._exprs[expr]
        if closure is None:
            closure = self._exprs[expr] = self._builder.expression(self.table.exprs[expr])
        return closure(scope)

    def plain(self, expr: int, scope: Scope) -> Json:
        """The same as plain JSON, to be stored."""
        return plain(self.value(expr, scope))

    def holds(self, expr: int, scope: Scope) -> bool:
        """Whether expression `expr` is neither false nor missing nor empty."""
        return holds(self.value(expr, scope))

    def text(self, text: int, scope: Scope) -> str:
        """Text `text` in the scope's language, filled; what has no value shows as nothing."""
        fill = self._texts[text]
        if fill is None:
            fill = self._texts[text] = self._builder.text(self.table.texts[text])
        return fill(scope)

    def variant(self, texts: int | Sequence[int], scope: Scope, seed: int) -> str:
        """One of several texts, the same one for the same seed."""
        return self.text(texts if isinstance(texts, int) else texts[seed % len(texts)], scope)

    def fill(self, text: Text, scope: Scope) -> str:
        """A text that stands outside the pool (of a template), filled; its parameters are `scope.given`."""
        return self._builder.text(text)(scope)

    def system(self, name: str, scope: Scope, seed: int = 0) -> str | None:
        """The machine's own text of that name (`invalid`, `reason.date`); None if the table has none."""
        texts = self.table.system.get(name)
        return None if texts is None else self.variant(texts, scope, seed)

    def words(self, text: int, language: str | None = None) -> tuple[str, ...]:
        """Text `text` normalised, for what a reply is compared with: in one language, or in all that the bot speaks.

        Only of texts that show no value: the others are words only once they are filled.
        """
        known = self._words.get((text, language))
        if known is None:
            written = self.table.texts[text]
            first = written.get(self.table.languages[0], [])
            spoken = written.values() if language is None else [written.get(language, first)]
            known = self._words[text, language] = tuple(dict.fromkeys(
                normalise("".join(parts)) for parts in spoken if all(isinstance(part, str) for part in parts)
            ))
        return known

    def is_static(self, text: int) -> bool:
        """Whether a text shows no value, so that it is the same in every scope."""
        return all(isinstance(part, str) for parts in self.table.texts[text].values() for part in parts)

    def formats(self, language: str) -> Formats:
        """How values are written in that language of the bot."""
        return self._builder.formats(language)


program = per_table(Program)
