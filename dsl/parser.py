"""The parser: a `.flow` file becomes its syntax tree, and every mistake in it a diagnostic.

    lexer      the text, cut into lines of tokens
    reader     tokens fed to the automaton that Lark makes of grammar.lark; a node for every rule that is complete
    texts      what is inside quotes
    tree       which node a rule makes
    lines      indentation, and how reading goes on after a mistake
    recovery   what a line that does not fit was meant to be
    expected   the author's words for all that
"""

from msgspec.structs import replace

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
    problems = sorted([*tokens.problems, *strays, *lines.problems, *reader.problems], key=lambda one: one.span[1:])
    unsure = (name for problem in (*tokens.problems, *strays, *lines.problems) for name in lines.names_near(problem))
    broken = reader.broken.union(tokens.unread, unsure)
    return File(source.name, items, tuple(tokens.comments), tuple(sorted(broken))), tuple(problems)


def parse_text(source: Source, start: int, end: int, content: str | None = None) -> tuple[Text, tuple[Diagnostic, ...]]:
    """A text that stands without quotes at `source.text[start:end]`, as in domain.yml, .po and story files.

    `content` is the text where the file's own escapes were already undone; places inside it are then those of the
    same `{value}` in the file, where it can be found.
    """
    reader = Reader(source)
    span = source.span(start, end)
    if content is None or content == source.text[start:end]:
        return read_runs(source, [(start, end)], span, reader.value, reader.problems), tuple(reader.problems)
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
    return text, (*reader.problems, *elsewhere)
