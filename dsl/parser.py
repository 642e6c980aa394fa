"""The parser: a `.flow` file becomes its syntax tree, and every mistake in it a diagnostic.

The lexer has cut the text into lines of tokens. Here the lines are fed to the automaton that Lark made of
grammar.lark, and every rule that is complete is turned into its node at once. The automaton's stack is a chain of
cells that never change, so to remember a place to come back to is to keep a reference.

Elsewhere: what is inside quotes (`texts`), which node a rule makes (`tree`), what happens after a mistake
(`recovery`), how mistakes are told (`expected`).
"""

from typing import Any, Optional

from dsl import syntax as s
from dsl.diagnostics import Diagnostic, Kind, Severity
from dsl.grammar import ABSENT, KEEP, SPREAD, Automaton, Production, automaton
from dsl.lexer import BLOCK, DEDENT, END, INDENT, NAME, NEW_LINE, Tokens, lex
from dsl.source import Source, Span
from dsl.texts import block_runs, read_runs
from dsl.tree import MAKERS

# A cell of the automaton's stack: state, value, start and end of what it stands for, the cell below.
Cell = tuple[int, Any, int, int, Optional["Cell"]]

UNREADABLE = Kind("F010", Severity.ERROR, "I cannot read this line")


def parse(source: Source) -> tuple[s.File, tuple[Diagnostic, ...]]:
    """The syntax tree of a file and all that is wrong with its writing; never raises."""
    reader = Reader(source)
    tokens = lex(source)
    items = reader.file(tokens)
    return s.File(source.name, items, tuple(tokens.comments)), (*tokens.problems, *reader.problems)


def parse_text(source: Source, start: int, end: int, content: str | None = None) -> tuple[s.Text, tuple[Diagnostic, ...]]:
    """A text that stands without quotes at `source.text[start:end]`, as in domain.yml, .po and story files.

    `content` is the text where the file's own escapes were already undone; places inside it are then those of the
    same `{value}` in the file, where it can be found.
    """
    reader = Reader(source)
    text = read_runs(source, [(start, end)], source.span(start, end), reader.interpolation, reader.problems)
    return text, tuple(reader.problems)


class Reader:
    """Feeds tokens of one source to the automaton and makes nodes of what is complete."""

    def __init__(self, source: Source, tables: Automaton | None = None) -> None:
        self.source = source
        self.tables = tables or automaton()
        self.problems: list[Diagnostic] = []
        own = {"text": self.text, "number": self.number, "count": self.count, "duration": self.duration,
               "url": self.url, "regex": self.regex, "format_arg": self.format_arg}
        makers = {**MAKERS, **own}
        self.makers = [makers.get(production.rule) for production in self.tables.productions]

    def feed(self, top: Cell, tokens: Tokens, at: int, last: int) -> tuple[Cell, int]:
        """Shift tokens from `at` on; gives the stack and the first token that did not fit, or `last`."""
        rows = self.tables.rows
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        complete = self.complete
        while at < last:
            kind = kinds[at]
            while True:
                row = rows[top[0]]
                action = row.get(kind)
                if action is None:
                    action = row.get(NAME) if kind.isidentifier() else None
                    if action is None:
                        return top, at
                if type(action) is int:
                    top = (action, kind, starts[at], ends[at], top)
                    break
                top = complete(top, action)
            at += 1
        return top, last

    def complete(self, top: Cell, production: Production) -> Cell:
        """The stack after a rule is complete: its parts make way for what it makes of them."""
        number, _, origin, passes, spreads, parts, to_line_end = production
        gotos = self.tables.gotos
        if passes:
            below = top[4]
            return (gotos[below[0]][origin], top[1], top[2], top[3], below)
        cell = top
        start = end = top[3]
        if to_line_end:
            line = top
            for _ in range(to_line_end):
                line = line[4]
            end = line[3]
        chain = None
        got: list[Any] = []
        for part in parts:
            while chain is not None:
                got.append(chain[1])
                chain = chain[0]
            if part == ABSENT:
                got.append(None)
                continue
            if part == KEEP:
                got.append(cell[1])
            elif part == SPREAD:
                chain = cell[1]
            start = cell[2]
            cell = cell[4]
        if spreads:
            # What the first part gathered stays as it is, so a list of n lines costs n steps, not n squared.
            value = chain
            while got:
                value = (value, got.pop())
        else:
            while chain is not None:
                got.append(chain[1])
                chain = chain[0]
            got.reverse()
            got.append(Span(self.source.name, start, end))
            value = self.makers[number](*got)
        return (gotos[cell[0]][origin], value, start, end, cell)

    def file(self, tokens: Tokens) -> tuple[s.Item, ...]:
        top: Cell = (self.tables.start["file"], None, 0, 0, None)
        levels = [0]
        for indent, first, last in tokens.lines:
            layout = []
            if indent > levels[-1]:
                levels.append(indent)
                layout.append(INDENT)
            while indent < levels[-1]:
                levels.pop()
                layout.append(DEDENT)
            at = tokens.starts[first]
            if layout:
                top, ok = self.feed(top, Tokens(layout, [at] * len(layout), [at] * len(layout)), 0, len(layout))
                if ok < len(layout):
                    self.problems.append(UNREADABLE.at(self.source.span(at, at + 1)))
                    return ()
            top, stopped = self.feed(top, tokens, first, last)
            if stopped < last:
                self.problems.append(UNREADABLE.at(self.source.span(tokens.starts[stopped], tokens.ends[stopped])))
                return ()
        end = len(self.source.text)
        layout = [DEDENT] * (len(levels) - 1)
        top, _ = self.feed(top, Tokens(layout, [end] * len(layout), [end] * len(layout)), 0, len(layout))
        return self.finish(top, "file")

    def finish(self, top: Cell, start: str) -> Any:
        end = self.tables.end[start]
        while top[0] != end:
            action = self.tables.rows[top[0]].get(END)
            if action is None or type(action) is int:
                return None
            top = self.complete(top, action)
        return top[1]

    # --- the rules that read characters ---------------------------------------------------------------------

    def text(self, kind: str, span: Span) -> s.Text:
        source = self.source
        written = source.text[span.start:span.end]
        if kind != BLOCK and "{" not in written and "\\" not in written:
            return s.Text((written[1:-1],) if len(written) > 2 else (), written[1:-1], span)
        if kind == BLOCK:
            runs = block_runs(source.text, span.start + 3, span.end - 3)
        else:
            runs = [(span.start + 1, span.end - 1)]
        if written[0] == "'":
            return s.Text((written[1:-1],), written[1:-1], span)
        return read_runs(source, runs, span, self.interpolation, self.problems)

    def interpolation(self, source: Source, start: int, end: int) -> s.Interpolation | None:
        """What stands between the braces at `start` and `end`."""
        tokens = lex(source, start + 1, end - 1)
        top: Cell = (self.tables.start["interpolation"], None, start, start, None)
        count = len(tokens.kinds) - 1
        top, stopped = self.feed(top, tokens, 0, count)
        made = self.finish(top, "interpolation") if stopped == count else None
        if made is None:
            self.problems.append(UNREADABLE.at(source.span(start, end)))
            return None
        return s.Interpolation(made.value, made.formats, source.span(start, end))

    def number(self, _: str, span: Span) -> s.Number:
        return s.Number(self.source.text[span.start:span.end], span)

    def count(self, _: str, span: Span) -> int:
        return int(self.source.text[span.start:span.end])

    def duration(self, *parts: Any) -> s.Duration:
        span = parts[-1]
        written = self.source.text[span.start:span.end]
        if len(parts) == 2:
            return s.Duration(int(written[:-1]), LETTERS[written[-1]], span)
        return s.Duration(int(written.split()[0]), parts[1], span)

    def url(self, _: str, span: Span) -> s.Url:
        return s.Url(self.source.text[span.start:span.end], span)

    def regex(self, _: str, span: Span) -> s.Regex:
        return s.Regex(self.source.text[span.start + 1:span.end - 1], span)

    def format_arg(self, _: str, span: Span) -> str:
        return self.source.text[span.start:span.end].strip("'\"")


LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
