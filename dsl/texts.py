"""What is inside a text: its escapes, its `{values}`, and the one form in which translators know it.

A text is read in runs: pieces of the source that follow each other without what is only layout, namely the
indentation of a `\"\"\"` block. Inside a run an offset in the text is an offset in the file, so every value of a
text has its exact place.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from dsl import writing
from dsl.diagnostics import Diagnostic
from dsl.source import Source, Span
from dsl.syntax import Interpolation, Text

MOST_PROBLEMS = 100                          # of the texts of one file; more are not told
PIECE = re.compile(r"[^\\{]+|\\(.?)|\{", re.DOTALL)
# A value ends at its `}`; quotes inside it may hold braces.
VALUE = re.compile(r"\{((?:[^{}'\"\\\n]|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")*)\}")
TWO_BRACES = re.compile(r"\{(\{[^{}'\"\\\n]+\})\}")
# A text in double quotes inside a value ends the text around it.
DOUBLE_QUOTES = re.compile(r"\{[^\"{}\n]*(\"[^\"{}\n]*\")[^\"{}\n]*\}")
ESCAPES = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "{": "{", "}": "}"}
# What an escape is in the form translators see: only a backslash and a brace need one there.
CANONICAL = {'"': '"', "'": "'", "n": "\n", "}": "}"}

ReadValue = Callable[[Source, int, int], Interpolation | None] | None      # None: braces are braces


class _Parts(msgspec.Struct):
    """A text while it is read; neighbouring characters are one part."""

    parts: list[str | Interpolation] = []
    plain: list[str] = []
    raw: list[str] = []

    def add(self, characters: str, raw: str) -> None:
        self.plain.append(characters)
        self.raw.append(raw)

    def add_value(self, value: Interpolation | None, raw: str) -> None:
        self.raw.append(raw)
        if value is not None:
            self.close()
            self.parts.append(value)

    def close(self) -> None:
        if self.plain:
            self.parts.append("".join(self.plain))
            self.plain = []

    def text(self, span: Span) -> Text:
        self.close()
        return Text(tuple(self.parts), "".join(self.raw), span)


def read_runs(source: Source, runs: list[tuple[int, int]], span: Span, read_value: ReadValue,
              problems: list[Diagnostic]) -> Text:
    """The text that stands in `runs` of the source, joined by line ends; a broken value is left out of it."""
    made = _Parts()
    for number, (start, end) in enumerate(runs):
        if number:
            made.add("\n", "\n")
        _read_run(source, start, end, made, read_value, problems)
    return made.text(span)


def _read_run(source: Source, start: int, end: int, made: _Parts, read_value: ReadValue,
              problems: list[Diagnostic]) -> None:
    text = source.text
    at = start
    while at < end:
        piece = PIECE.match(text, at, end)
        assert piece is not None                       # any character fits one of the three
        found = piece[0]
        at = piece.end()
        if len(problems) >= MOST_PROBLEMS:             # what follows says nothing new
            made.add(text[piece.start():end], text[piece.start():end])
            return
        if found == "{" and read_value is None:
            made.add("{", "\\{")
        elif found == "{" and read_value is not None:
            value = VALUE.match(text, piece.start(), end)
            twice = TWO_BRACES.match(text, piece.start(), end) if value is None else None
            if twice is not None:
                at = twice.end()
                problems.append(writing.two_braces(source, twice.start(), at))
            elif value is None and (quoted := DOUBLE_QUOTES.match(text, piece.start())):
                problems.append(writing.double_quotes(source, *quoted.span(1)))
                return
            elif value is None:
                problems.append(writing.open_brace(source, piece.start()))
                made.add("{", "\\{")
            else:
                at = value.end()
                made.add_value(read_value(source, value.start(), at), value[0])
        elif piece[1] is None:
            made.add(found, found)
        elif piece[1] in ESCAPES and piece[1]:
            made.add(ESCAPES[piece[1]], CANONICAL.get(piece[1], found))
        else:
            problems.append(writing.unknown_escape(source, piece.start(), at))
            made.add(piece[1], piece[1])


def block_runs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a `\"\"\"` block whose inside is `text[start:end]`, without their common indentation.

    What follows the opening quotes on their line is a line of its own if there is anything; the line of the closing
    quotes does not count.
    """
    lines = list(_lines(text, start, end))
    first, rest = lines[0], lines[1:]
    if rest and not text[rest[-1][0]:rest[-1][1]].strip():
        rest.pop()
    margins = [_margin(text, *line) for line in rest if text[line[0]:line[1]].strip()]
    margin = min(margins, default=0)
    dedented = [(min(line[0] + margin, line[1]), line[1]) for line in rest]
    return ([first] if text[first[0]:first[1]].strip() or not rest else []) + dedented


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while (stop := text.find("\n", start, end)) >= 0:
        yield start, stop - (text[stop - 1:stop] == "\r")
        start = stop + 1
    yield start, end


def _margin(text: str, start: int, end: int) -> int:
    line = text[start:end]
    return len(line) - len(line.lstrip(" \t"))
