"""The lexer: an author's text becomes lines of tokens, and whatever cannot be read becomes a diagnostic.

It never raises. A character that means nothing, a quote that is not closed, a tab in front of a line: each is
reported where it stands, and the tokens go on as the author most likely meant them.

The kind of a token is the word itself (`say`), the sign itself (`->`), or one of the kinds in angle brackets below.
Whether `text` is a keyword or a name is for the reader to say, who knows what may stand there.

Elsewhere: the patterns of tokens (`look`), what indentation means (`lines`), what is inside a text (`texts`), the
words for mistakes (`writing`).
"""

import re
from collections.abc import Sequence
from itertools import islice

import msgspec

from dsl import writing
from dsl.diagnostics import Diagnostic, Edit, Fix
from dsl.kinds import NEVER_NAMES, NEW_LINE, REGEX, STRAY, TEXT
from dsl.look import (
    A_CLOSER,
    A_NAME,
    A_REGEX,
    IS_COMMENT,
    IS_CURLY_TEXT,
    IS_END,
    IS_NEW_LINE,
    IS_OPEN_BLOCK,
    IS_OPEN_TEXT,
    IS_OTHER_SIGN,
    IS_SIGN,
    IS_STRAY,
    IS_TEXT,
    IS_WORD,
    KIND_OF,
    OTHER_SIGNS,
    look,
)
from dsl.source import Source
from dsl.syntax import Comment

TAKES_PATTERNS = frozenset({"on", "also", "matches"})
# What can only stand outside quotes, on the rest of a line.
TAIL = re.compile(r'(?:->|=>|→|(?<=[ \t])(?:also|when|else|was)[ \t]|(?<=[ \t])do[ \t]+\w+[ \t]*$|,[ \t]*")')

# A text in simple quotes that goes on over a few lines, none of which begins as a statement does.
OVER_LINES = re.compile(r'"[^"\n]*(?:\n[^"\n]*){1,6}"(?=[ \t]*(?:\n|\Z))')
STATEMENT = re.compile(r"\n[ \t]*(?:say|ask|need|choose|set|if|elif|else|for|call|do|return|again|end|flow|menu|on|send"
                       r"|track|handover|rule|anywhere|hint|tries|after|->|- )\b|\n[ \t]*(?:->|- )")

MOST_TOKENS = 50_000                         # in one file; past it, or past so many faults, the rest is not read
MOST_PROBLEMS = 100
LONGEST_LINE = 5_000                         # tokens
DEEPEST_VALUE = 100                          # operations in each other; the compiler walks them by recursion
DEEPENS = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", ".", "(", "[", "and", "or", "not", "in",
                     "is", "if", "else", "of", "reveal"})


class Tokens(msgspec.Struct):
    """What a text was cut into; the first three lists run side by side."""

    kinds: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    lines: list[tuple[int, int, int]] = []   # indentation, first token, one past its <nl>
    comments: list[Comment] = []
    problems: list[Diagnostic] = []
    unread: set[str] = set()                 # words of what was not read, or only as a text
    strays: list[Diagnostic] = []            # told only where the line could be read without them


def lex(source: Source, start: int = 0, stop: int | None = None) -> Tokens:
    """The tokens of `source.text[start:stop]`; every line that holds any ends with a <nl>."""
    lexing = _Lexing(source, start, stop)
    while lexing.at < lexing.stop:
        lexing.run()
    return lexing.finished()


class _Lexing:
    """One pass over a text: `run` is the loop, and what is rare stands in a method of its own."""

    def __init__(self, source: Source, start: int, stop: int | None) -> None:
        self.source = source
        self.is_file = stop is None                    # else it is the inside of a value, where texts stand in '…'
        self.stop = len(source.text) if stop is None else stop
        self.at = start + source.text.startswith("\ufeff", start)
        self.line_start = self.at
        self.first, self.indent, self.depth = 0, 0, 0  # of the current line: first token, width, brackets open
        self.look = look(past_open_block=False)
        self.last_close = self.source.text.rfind("*/", start, self.stop) - 1       # of a comment of another language
        self.tabs: list[tuple[int, int]] = []          # where the indentations are that hold tabs
        self.tokens = Tokens()

    def run(self) -> None:
        """Cut tokens until the text must be looked at anew from `self.at` on, or ends. One loop, for speed."""
        text, tokens = self.source.text, self.tokens
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        room, at = MOST_TOKENS - len(kinds), self.at
        found_all = self.look.finditer(text, self.at, self.stop)
        for found in islice(found_all, room):
            group = found.lastindex or IS_END
            begin, at = found.span(group)
            if group == IS_WORD:
                kind = found[IS_WORD]
            elif group == IS_SIGN:
                kind = found[IS_SIGN]
                if kind in "/-([)]" and self.take_sign(kind, begin, at):
                    return
            elif group == IS_TEXT:
                kind = TEXT
                if text[begin] == "'" and self.is_file and self.take_simple_quotes(begin, at):
                    return
            elif group == IS_NEW_LINE:
                if len(kinds) > self.first and not (self.depth and self.goes_on(at)):
                    self.end_line()
                self.line_start = at
                continue
            elif group in KIND_OF:
                kind = KIND_OF[group]
            else:
                self.at = self.take_rare(group, begin, at)
                if self.at != at or group == IS_OPEN_BLOCK:
                    return
                continue
            if len(kinds) == self.first:
                self.begin_line(begin)
            kinds.append(kind)
            starts.append(begin)
            ends.append(at)
        self.at = at if next(found_all, None) else self.stop       # not all that was found has become a token
        if len(kinds) >= MOST_TOKENS:
            tokens.problems.append(writing.too_long(self.source.span(at - 1, at), "this file"))
            self.at = self.give_up(at)

    def take_sign(self, sign: str, begin: int, end: int) -> bool:
        """Keep count of brackets, and take what a sign only begins; whether it did."""
        if sign in "([":
            self.depth += 1
        elif sign in ")]":
            self.depth -= self.depth > 0
        elif self.begins_comment(begin):
            self.at = self.take_comment(begin)
            return True
        elif sign == "/" and self.may_open_regex(end):
            self.at = self.take_regex(begin)
            return True
        return False

    def take_simple_quotes(self, begin: int, end: int) -> bool:
        """What stands between `'` and `'` is a text, or an apostrophe was meant; whether it was."""
        if self.source.text[end:end + 1].isalpha():
            self.at = self.take_apostrophe(begin, end)
            return True
        if len(self.tokens.problems) < MOST_PROBLEMS:
            self.tokens.problems.append(writing.other_quotes(self.source, begin, end))
        return False

    def finished(self) -> Tokens:
        if len(self.tokens.kinds) > self.first:
            self.end_line()
        if self.tabs:
            self.tokens.problems.append(writing.tabs(self.source, self.tabs))
        return self.tokens

    # --- lines ----------------------------------------------------------------------------------------------

    def begin_line(self, begin: int) -> None:
        width = begin - self.line_start
        blanks = self.source.text[self.line_start:begin]
        if "\t" in blanks:
            self.tabs.append((self.line_start, begin))
            width = len(blanks.replace("\t", "  "))
        self.indent = width

    def end_line(self) -> None:
        tokens = self.tokens
        kinds, end = tokens.kinds, tokens.ends[-1]
        kinds.append(NEW_LINE)
        tokens.starts.append(end)
        tokens.ends.append(end)
        last = len(kinds)
        if last - self.first > DEEPEST_VALUE // 2 and (wrong := self.too_much(last)) is not None:
            tokens.problems.append(wrong)
            tokens.unread.update(kind for kind in kinds[self.first:] if kind not in NEVER_NAMES)
            kinds[self.first + 1:] = [STRAY, NEW_LINE]         # its first word is believed
            tokens.starts[self.first + 1:] = tokens.ends[self.first + 1:] = [end, end]
            last = self.first + 3
        tokens.lines.append((self.indent, self.first, last))
        self.first, self.depth = len(kinds), 0

    def too_much(self, last: int) -> Diagnostic | None:
        """What is wrong with a line that holds more than can be read, if it does."""
        starts, ends = self.tokens.starts, self.tokens.ends
        if last - self.first > LONGEST_LINE:
            return writing.too_long(self.source.span(starts[self.first], ends[self.first]), "this line")
        deep = _too_deep(self.tokens.kinds, self.first, last)
        if deep is None:
            return None
        place = self.source.span(starts[deep], ends[deep])
        return writing.TOO_DEEP.at(place, writing.TAKE_APART, label="too deep from here on", most=DEEPEST_VALUE,
                                   what="operations")

    def goes_on(self, at: int) -> bool:
        """Whether an open bracket joins the line at `at`: only after `(`, `[` or `,`, or if that line closes it; an
        unclosed bracket then hurts one line and not the rest of the file."""
        return self.tokens.kinds[-1] in ("(", "[", ",") or A_CLOSER.match(self.source.text, at) is not None

    # --- what is rare ---------------------------------------------------------------------------------------

    def add(self, kind: str, begin: int, end: int) -> int:
        if len(self.tokens.kinds) == self.first:
            self.begin_line(begin)
        self.tokens.kinds.append(kind)
        self.tokens.starts.append(begin)
        self.tokens.ends.append(end)
        return end

    def may_open_regex(self, after: int) -> bool:
        """Whether a `/` begins a pattern: after a comma, or right after a word that takes patterns; else it divides."""
        kinds = self.tokens.kinds[self.first:]
        if not kinds or kinds[-1] == ",":
            return bool(kinds)
        begins = len(kinds) == 1 or kinds[-2] == "starts"
        return kinds[-1] in TAKES_PATTERNS and (begins or self.source.text[after:after + 1] not in ("", " "))

    def take_regex(self, begin: int) -> int:
        text = self.source.text
        closed = A_REGEX.match(text, begin, self.stop)
        if closed is not None:
            return self.add(REGEX, begin, closed.end())
        end = self.until_tail(begin)
        edit = Edit(self.source.span(end, end), "/")
        self.tokens.problems.append(writing.OPEN_REGEX.at(
            self.source.span(begin, end), Fix("close it with `/`", (edit,)), label="no `/` after this"))
        return self.add(REGEX, begin, end)

    def take_rare(self, group: int, begin: int, end: int) -> int:
        """Deal with what is not an everyday token; gives where to look on."""
        if self.is_full() and group != IS_COMMENT:
            return self.give_up(begin)
        if group == IS_COMMENT:
            text = self.source.text[begin + 1:end].rstrip("\r")
            self.tokens.comments.append(Comment(text, self.source.span(begin, begin + 1 + len(text))))
            return end
        if group == IS_OTHER_SIGN:
            sign = OTHER_SIGNS[self.source.text[begin:end]]
            self.tokens.problems.append(writing.other_sign(self.source, begin, end, sign))
            return self.add(sign, begin, end)
        if group == IS_CURLY_TEXT:
            self.tokens.problems.append(writing.other_quotes(self.source, begin, end))
            return self.add(TEXT, begin, end)
        if group == IS_OPEN_TEXT:
            return self.take_open_text(begin)
        if group == IS_OPEN_BLOCK:
            return self.take_open_block(begin, end)
        if group == IS_STRAY:
            self.tokens.strays.append(writing.stray(self.source, begin, end))
            if len(self.tokens.kinds) == self.first:
                return self.add(STRAY, begin, end)         # so that a line of nothing else is a line
        return end

    def begins_comment(self, at: int) -> bool:
        """Whether a comment of another language begins here: `//`, `/*`, or `-- ` at the beginning of a line."""
        signs = self.source.text[at:at + 3]
        first = len(self.tokens.kinds) == self.first
        return self.is_file and (signs.startswith("//") or (signs == "-- " and first)
                                 or (signs.startswith("/*") and not self.may_open_regex(at + 1)))

    def take_comment(self, begin: int) -> int:
        """Pass over a comment of another language: `// …`, `/* … */`."""
        if self.is_full():
            return self.give_up(begin)
        is_block = self.source.text[begin + 1] == "*" and begin < self.last_close
        end = self.source.text.index("*/", begin + 2) + 2 if is_block else self.end_of_line(begin)
        self.tokens.problems.append(writing.other_comment(self.source, begin, end))
        return end

    def is_full(self) -> bool:
        return len(self.tokens.problems) + len(self.tokens.strays) >= MOST_PROBLEMS

    def give_up(self, begin: int) -> int:
        self.tokens.unread.update(A_NAME.findall(self.source.text, begin, self.stop))
        return self.stop

    def take_apostrophe(self, begin: int, end: int) -> int:
        """A text in single quotes with a letter right behind it: that quote was an apostrophe, if there is another."""
        if self.is_full():
            return self.give_up(begin)
        last = self.source.text.rfind("'", end, self.end_of_line(end))
        end = last + 1 if last > 0 else end
        self.tokens.problems.append(writing.other_quotes(self.source, begin, end))
        return self.add(TEXT, begin, end)

    def take_open_text(self, begin: int) -> int:
        lines = OVER_LINES.match(self.source.text, begin, self.stop)
        if lines is not None and self.is_file and not STATEMENT.search(lines[0]):
            self.tokens.problems.append(writing.over_lines(self.source, *lines.span()))
            return self.add(TEXT, *lines.span())
        end = self.until_tail(begin)
        self.tokens.problems.append(writing.open_text(self.source, begin, end))
        self.tokens.unread.update(A_NAME.findall(self.source.text, begin, self.end_of_line(begin)))
        return self.add(TEXT, begin, end)

    def until_tail(self, begin: int) -> int:
        """Where what has no closing quote most likely ends: before what can only stand outside, or with its line."""
        text = self.source.text
        line_end = self.end_of_line(begin)
        tail = TAIL.search(text, begin + 1, line_end)
        end = tail.start() if tail else line_end
        return begin + max(1, len(text[begin:end].rstrip()))

    def take_open_block(self, begin: int, end: int) -> int:
        """A block that is not closed goes on over the lines that are indented deeper than the one it stands on."""
        text = self.source.text
        self.look = look(past_open_block=True)
        self.tokens.problems.append(writing.open_block(self.source, begin, begin + 3))
        self.add(TEXT, begin, max(begin + 3, begin + len(text[begin:end].rstrip())))
        while (line_end := text.find("\n", end, self.stop)) >= 0:
            line = text[line_end + 1:self.end_of_line(line_end + 1)]
            if line.strip() and len(line) - len(line.lstrip()) <= self.indent:
                return line_end
            end = line_end + 1
        return self.stop

    def end_of_line(self, at: int) -> int:
        end = self.source.text.find("\n", at, self.stop)
        return self.stop if end < 0 else end


def _too_deep(kinds: Sequence[str], first: int, last: int) -> int | None:
    """The token at which a line's values are in each other too deeply to be walked, if there is one.

    Every operation may hold the one before it; a comma begins anew at the depth of its bracket.
    """
    depth, opened = 0, []
    for at in range(first, last):
        kind = kinds[at]
        if kind in "([":
            opened.append(depth)
        elif kind in ")]" and opened:
            depth = opened.pop() + 1
        elif kind == ",":
            depth = opened[-1] if opened else 0
        if kind in DEEPENS:
            depth += 1
            if depth > DEEPEST_VALUE:
                return at
    return None
