"""The pools of a table: texts, expressions and patterns, named by their index, each with the place it is written at.

Entries stand in source order. Of what can look the same wherever it is written, a text without interpolations, one
entry serves all; whatever reads a value has an entry of its own, so that what is said about it points to its place.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from dsl.source import Source, Span
from dsl.table import Place, Text


class Places:
    """Spans as places; `files` are all files of the bot in the order of the source map."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.files = list(sources)
        self._starts = {name: (number, sources[name].line_starts) for number, name in enumerate(self.files)}
        self._places: dict[Span, Place] = {}             # a question's rows stand where it stands: half are asked again

    def place(self, span: Span) -> Place:
        place = self._places.get(span)
        if place is None:
            place = self._places[span] = self._place(*span)
        return place

    def _place(self, file: str, start: int, end: int) -> Place:
        if file not in self._starts:                                # of no file: what the machine says by itself
            return Place(0, 1, 1, 0, 0)
        number, lines = self._starts[file]
        line = bisect_right(lines, start)
        return Place(number, line, start - lines[line - 1] + 1, start, end)


class Pools:
    def __init__(self, places: Places) -> None:
        self.texts: list[Text] = []
        self.exprs: list[Any] = []
        self.patterns: list[str] = []
        self.text_places: list[Place] = []
        self.expr_places: list[Place] = []
        self.pattern_places: list[Place] = []
        self._places = places
        self._constant: dict[tuple[str, ...], int] = {}

    def text(self, text: Text, span: Span, *, shared: bool = True) -> int:
        """Index of `text`; `shared=False`: of an entry of its own even if it is constant, as patterns want."""
        key = _constant_key(text) if shared else None
        if key is not None and key in self._constant:
            return self._constant[key]
        self.texts.append(text)
        self.text_places.append(self._places.place(span))
        if key is not None:
            self._constant[key] = len(self.texts) - 1
        return len(self.texts) - 1

    def expr(self, code: Any, span: Span) -> int:
        self.exprs.append(code)
        self.expr_places.append(self._places.place(span))
        return len(self.exprs) - 1

    def pattern(self, source: str, span: Span) -> int:
        self.patterns.append(source)
        self.pattern_places.append(self._places.place(span))
        return len(self.patterns) - 1


def _constant_key(text: Text) -> tuple[str, ...] | None:
    key: list[str] = []
    for language, parts in text.items():
        if len(parts) != 1 or not isinstance(parts[0], str):
            return None
        key += (language, parts[0])
    return tuple(key)
