"""The parser: a `.flow` file becomes its syntax tree, and every mistake in it a diagnostic.

    lexer      the text, cut into lines of tokens
    reader     tokens fed to the automaton that Lark makes of grammar.lark; a node for every rule that is complete
    texts      what is inside quotes
    tree       which node a rule makes
    lines      indentation, and how reading goes on after a mistake
    recovery   what a line that does not fit was meant to be
    expected   the author's words for all that
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from dsl import writing
from dsl.diagnostics import Diagnostic
from dsl.garbage import without_collection
from dsl.lexer import Tokens, lex
from dsl.lines import Lines
from dsl.reader import Reader
from dsl.source import Source
from dsl.syntax import File, Interpolation, Text
from dsl.texts import read_runs


@without_collection()
def parse(source: Source, tokens: Tokens | None = None) -> tuple[File, tuple[Diagnostic, ...]]:
    """The syntax tree of a file and all that is wrong with its writing; never raises.

    `tokens` are those of the file, where somebody has cut it already.
    """
    tokens = lex(source) if tokens is None else tokens
    reader = Reader(source)
    lines = Lines(reader, tokens)
    items = lines.items()
    first_of_line = {lines.line_of(stray): stray for stray in reversed(tokens.strays)}
    strays = [stray for line, stray in first_of_line.items() if line not in lines.told]
    told = _one_of_each_line(lines, reader.problems)
    problems = sorted([*tokens.problems, *strays, *told], key=lambda one: one.span[1:])
    unsure = (name for problem in (*tokens.problems, *strays, *lines.problems) for name in lines.names_near(problem))
    broken = reader.broken.union(tokens.unread, unsure)
    return File(source.name, items, tuple(tokens.comments), tuple(sorted(broken))), tuple(problems)


def _one_of_each_line(lines: Lines, in_texts: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """What is wrong with a line, or with a text in it: the latter where the line only seems to hold too much."""
    spoilt = {lines.line_of(problem) for problem in in_texts}
    told = {lines.line_of(problem): problem for problem in lines.problems}
    guessed = {line for line, problem in told.items() if problem.code == writing.TOO_MUCH.code and line in spoilt}
    yield from (problem for line, problem in told.items() if line not in guessed)
    yield from (problem for problem in in_texts if lines.line_of(problem) not in told.keys() - guessed)


TIMES = 2                                    # the texts of all flows may stand in one file of translations


class TextReader:
    """Reads the texts of one file that stand without the quotes of a `.flow` file: in domain.yml, .po, stories."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reader = Reader(source, TIMES)

    def text(self, start: int, end: int, content: str | None = None) -> tuple[Text, tuple[Diagnostic, ...]]:
        """The text that stands at `source.text[start:end]`, and what is wrong with it.

        `content` is the text where the file's own escapes were already undone; places inside it are then those of the
        same `{value}` in the file, where it can be found.
        """
        source, reader = self._source, self._reader
        span, before = source.span(start, end), len(reader.problems)
        if content is None or content == source.text[start:end]:
            text = read_runs(source, [(start, end)], span, reader.value, reader.problems)
            return text, tuple(reader.problems[before:])
        faults: list[Diagnostic] = []
        found = start

        def value(undone: Source, begin: int, stop: int) -> Interpolation | None:
            nonlocal found
            written = undone.text[begin:stop]
            at = source.text.find(written, found, end)
            if at >= 0:
                found = at + len(written)
                return reader.value(source, at, found)
            inner = Reader(undone)
            made = inner.value(undone, begin, stop)
            faults.extend(inner.problems)
            return made

        undone = Source(source.name, content)
        text = read_runs(undone, [(0, len(content))], span, value, faults)
        elsewhere = (replace(fault, span=span, others=(), fixes=()) for fault in faults)
        return text, (*reader.problems[before:], *elsewhere)


def parse_text(source: Source, start: int, end: int, content: str | None = None) -> tuple[Text, tuple[Diagnostic, ...]]:
    """A single text of a file, see `TextReader.text`."""
    return TextReader(source).text(start, end, content)
