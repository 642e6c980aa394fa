"""The lexer: an author's text becomes lines of tokens, and whatever cannot be read becomes a diagnostic.

It never raises. A character that means nothing, a quote that is not closed, a tab in front of a line: each is
reported where it stands, and the tokens go on as the author most likely meant them.

The kind of a token is a word itself (`say`), a sign itself (`->`), or one of the kinds in angle brackets below.
Whether `text` is a keyword or a name is decided by the parser, which knows what may stand there.

Elsewhere: what indentation means (`parser`), what is inside a text (`texts`).
"""

import re
from dataclasses import dataclass, field

from dsl.diagnostics import Diagnostic, Kind, Severity
from dsl.source import Source
from dsl.syntax import Comment

NAME, TEXT, BLOCK, REGEX = "<name>", "<text>", "<block>", "<regex>"
URL, DURATION, DECIMAL, INT = "<url>", "<duration>", "<decimal>", "<int>"
NEW_LINE, INDENT, DEDENT, END = "<nl>", "<indent>", "<dedent>", "<end>"

# The patterns of grammar.lark, tried in this order; a test keeps the two alike.
PATTERNS = {
    NAME: r"[^\W\d]\w*",
    BLOCK: r'"""(?:[^"\\]|\\(?:.|\n)|"(?!""))*"""',
    TEXT: r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",
    DURATION: r"\d+[smhdw]\b",
    DECIMAL: r"\d+\.\d+",
    INT: r"\d+",
    URL: r"https?:\/\/[^\s\"'(){}\[\],|]+",
    REGEX: r"\/(?:[^\/\\\n]|\\.)+\/",
}



# What one look at the text finds: one group per kind, in this order, after any blanks.
LOOK = re.compile(
    r"[ \t\r]*(?:"
    + "|".join((
        f"({PATTERNS[URL]})",
        f"({PATTERNS[NAME]})",
        r"(->|\.\.|==|!=|<=|>=|[-+*/%<>=().,:\[\]@|])",
        f"({PATTERNS[BLOCK]})",
        f"({PATTERNS[TEXT]})",
        r"(\n)",
        f"({PATTERNS[DURATION]})",
        f"({PATTERNS[DECIMAL]})",
        f"({PATTERNS[INT]})",
        r"(#[^\n]*)",
        r"([\"'][^\n]*)",
        r"([^\s\w\"'#]+|.)",
    ))
    + ")"
)
IS_URL, IS_WORD, IS_SIGN, IS_BLOCK, IS_TEXT, IS_NEW_LINE = 1, 2, 3, 4, 5, 6
IS_DURATION, IS_DECIMAL, IS_INT, IS_COMMENT, IS_OPEN_QUOTE = 7, 8, 9, 10, 11
KIND_OF = {IS_URL: URL, IS_BLOCK: BLOCK, IS_TEXT: TEXT, IS_DURATION: DURATION, IS_DECIMAL: DECIMAL, IS_INT: INT}
A_REGEX = re.compile(PATTERNS[REGEX])
A_CLOSER = re.compile(r"\s*[)\]]")

UNCLOSED_QUOTE = Kind("F001", Severity.ERROR, "this text has no closing quote")
STRAY_CHARACTER = Kind("F002", Severity.ERROR, "`{character}` means nothing here")


@dataclass(slots=True)
class Tokens:
    """What a text was cut into; the first three lists run side by side."""

    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    lines: list[tuple[int, int, int]] = field(default_factory=list)   # indentation, first token, one past its <nl>
    comments: list[Comment] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def lex(source: Source, start: int = 0, stop: int | None = None) -> Tokens:
    """The tokens of `source.text[start:stop]`; every line ends with a <nl>."""
    text = source.text
    stop = len(text) if stop is None else stop
    tokens = Tokens()
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    line_start, first, indent, depth = start, 0, 0, 0

    def end_line() -> None:
        nonlocal first, depth
        kinds.append(NEW_LINE)
        starts.append(ends[-1])
        ends.append(ends[-1])
        tokens.lines.append((indent, first, len(kinds)))
        first, depth = len(kinds), 0

    at = start
    while at < stop:
        for found in LOOK.finditer(text, at, stop):
            group = found.lastindex
            begin, at = found.span(group)
            if group == IS_NEW_LINE:
                if len(kinds) > first and not (depth and _goes_on(kinds[-1], text, at)):
                    end_line()
                line_start = at
                continue
            if group == IS_COMMENT:
                tokens.comments.append(Comment(text[begin + 1:at], source.span(begin, at)))
                continue
            if len(kinds) == first:
                indent = begin - line_start
            if group == IS_WORD:
                kinds.append(found[IS_WORD])
            elif group == IS_SIGN:
                sign = found[IS_SIGN]
                if sign == "/" and _may_open_regex(kinds, first) and (regex := A_REGEX.match(text, begin, stop)):
                    sign, at = REGEX, regex.end()
                elif sign in "([":
                    depth += 1
                elif sign in ")]" and depth:
                    depth -= 1
                kinds.append(sign)
            elif group in KIND_OF:
                kinds.append(KIND_OF[group])
            elif group == IS_OPEN_QUOTE:
                tokens.problems.append(UNCLOSED_QUOTE.at(source.span(begin, at)))
                kinds.append(TEXT)
            else:
                tokens.problems.append(STRAY_CHARACTER.at(source.span(begin, at), character=text[begin:at]))
                continue
            starts.append(begin)
            ends.append(at)
            if kinds[-1] == REGEX:
                break
        else:
            break
    if len(kinds) > first:
        end_line()
    return tokens


def _goes_on(last: str, text: str, at: int) -> bool:
    """Whether an open bracket joins the next line: only right after `(`, `[` or `,`, or if that line closes it."""
    return last in ("(", "[", ",") or A_CLOSER.match(text, at) is not None


def _may_open_regex(kinds: list[str], first: int) -> bool:
    """Whether a `/` begins a pattern: after a comma or a word that takes patterns; else it divides."""
    return len(kinds) > first and kinds[-1] in (",", "on", "also", "matches")
