"""The one layout of a `.flow` file.

Blocks are indented by two spaces, one blank line stands between what stands at the left edge and at most one anywhere
else, tokens are one space apart where anything is. In a run of options, or of `on` lines, what they lead to stands in
one column. Nothing in quotes is touched, every comment is kept, and a file that cannot be read is left alone.
"""

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from dsl import syntax as s
from dsl.garbage import without_collection
from dsl.kinds import BLOCK, URL
from dsl.lexer import Tokens, lex
from dsl.parser import parse
from dsl.render import columns
from dsl.source import Source
from dsl.texts import block_runs

STEP = "  "
WIDEST = 100                                 # columns: a longer line is broken at its brackets, a run not aligned

TIGHT_BEFORE = frozenset([")", "]", ",", ":", ".", ".."])
ENDS_URL = frozenset([")", "]", ","])
TIGHT_AFTER = frozenset(["(", "[", ".", "..", "@"])
MAYBE_TIGHT = TIGHT_BEFORE | TIGHT_AFTER | {"-", URL}     # beside anything else stands a space
# The name behind which arguments stand.
CALLS: dict[type, str] = {s.Apply: "function", s.CallAction: "action", s.Do: "flow", s.Track: "event",
                          s.SendTemplate: "name", s.Flow: "name", s.Is: "what"}
LEADING = (s.Option, s.On, s.Otherwise, s.Outcome)
LEADERS = frozenset(["-", "on", "otherwise"])             # what a line begins with that leads somewhere


class _Row(msgspec.Struct, frozen=True):
    """A line or a comment as it will be printed."""

    level: int
    text: str
    blank_before: bool
    is_comment: bool = False
    head: str = ""                           # of a line whose last part may be aligned: what stands before that part


@without_collection()
def format_source(text: str) -> str | None:
    """`text` in the one layout; None if it cannot be read."""
    source = Source("", text)
    tokens = lex(source)
    file, problems = parse(source, tokens)
    if problems:
        return None
    printing = _Printing(source, tokens, _Places.of(file))
    return "".join(_printed(_aligned(_spaced(list(printing.rows())))))


class _Places(msgspec.Struct, frozen=True):
    """What spacing depends on and tokens alone do not tell."""

    called: frozenset[int]                   # ends of names whose bracket holds arguments
    indexed: frozenset[int]                  # ends of values whose bracket holds an index
    signs: frozenset[int]                    # starts of a `-` that belongs to one value
    leads: frozenset[int]                    # starts of what an option or an `on` line leads to

    @classmethod
    def of(cls, file: s.File) -> "_Places":
        called, indexed, signs, leads = set(), set(), set(), set()
        for node in s.nodes(file.items):
            kind = type(node)
            if kind in CALLS:
                called.add(getattr(node, CALLS[kind]).span.end)
            elif isinstance(node, LEADING) and node.then:
                leads.add(node.then[0].span.start)
            elif isinstance(node, s.Index):
                indexed.add(node.of.span.end)
            elif isinstance(node, s.Unary) and node.op == "-":
                signs.add(node.span.start)
        return cls(frozenset(called), frozenset(indexed), frozenset(signs), frozenset(leads))


class _Printing:
    """Prints the lines of one file."""

    def __init__(self, source: Source, tokens: Tokens, places: _Places) -> None:
        self.source, self.tokens, self.places = source, tokens, places
        self.at = 0                                    # end of what was printed

    def rows(self) -> Iterator[_Row]:
        tokens = self.tokens
        levels = [0]
        comments = deque(tokens.comments)
        written = 0                                    # indentation of the line before, as it was
        for indent, first, last in tokens.lines:
            before = len(levels) - 1
            while indent < levels[-1]:
                levels.pop()
            if indent > levels[-1]:
                levels.append(indent)
            level = len(levels) - 1
            start, end = tokens.starts[first], tokens.ends[last - 1]
            while comments and comments[0].span.start < end:
                comment = comments.popleft()
                stays = self.column(comment.span.start) >= written and level < before and comment.span.start < start
                yield self.comment(comment, before if stays else level)
            behind = comments.popleft() if comments and self.is_behind(comments[0], end) else None
            yield self.line(level, first, last - 1, behind)
            written = indent
        for comment in comments:
            stays = self.column(comment.span.start) >= written
            yield self.comment(comment, len(levels) - 1 if stays else 0)

    def column(self, at: int) -> int:
        return at - self.source.text.rfind("\n", 0, at) - 1

    def is_behind(self, comment: s.Comment, end: int) -> bool:
        return "\n" not in self.source.text[end:comment.span.start]

    def blank_before(self, start: int) -> bool:
        return self.source.text.count("\n", self.at, max(self.at, start)) > 1

    def comment(self, comment: s.Comment, level: int) -> _Row:
        row = _Row(level, f"#{comment.text}".rstrip(), self.blank_before(comment.span.start), is_comment=True)
        self.at = max(self.at, comment.span.end)
        return row

    def line(self, level: int, first: int, last: int, behind: s.Comment | None) -> _Row:
        """Tokens `first` to `last` as one line, or several if its brackets hold too much."""
        tokens = self.tokens
        text = self.joined(level, first, last)
        if "\n" not in text and columns(STEP * level + text) > WIDEST:
            text = self.broken(level, first, last) or text
        note = f"  #{behind.text}".rstrip() if behind else ""
        head = self.head(level, first, last) if tokens.kinds[first] in LEADERS and "\n" not in text else ""
        row = _Row(level, text + note, self.blank_before(tokens.starts[first]), head=head)
        self.at = max(behind.span.end if behind else 0, tokens.ends[last])
        return row

    def head(self, level: int, first: int, last: int) -> str:
        """What stands before that to which a line leads; empty if it leads nowhere."""
        leads, starts = self.places.leads, self.tokens.starts
        return next((self.joined(level, first, at) for at in range(first + 1, last) if starts[at] in leads), "")

    def joined(self, level: int, first: int, last: int) -> str:
        kinds, starts, ends, text = self.tokens.kinds, self.tokens.starts, self.tokens.ends, self.source.text
        parts: list[str] = []
        before = kinds[first]
        for at in range(first, last):
            kind = kinds[at]
            if kind == "," and self.is_last_comma(at):
                continue
            if parts and ((kind not in MAYBE_TIGHT and before not in MAYBE_TIGHT) or self.is_apart(at)):
                parts.append(" ")
            parts.append(text[starts[at]:ends[at]] if kind != BLOCK else self.block(at, level))
            before = kind
        return "".join(parts)

    def block(self, at: int, level: int) -> str:
        text, start, end = self.source.text, self.tokens.starts[at], self.tokens.ends[at]
        if "\n" not in text[start:end]:
            return text[start:end]
        margin = STEP * (level + 1)
        lines = [text[begin:stop] for begin, stop in block_runs(text, start + 3, end - 3)]
        opening = text[start + 3:text.index("\n", start)].strip("\r")
        first = [lines.pop(0)] if opening.strip() else []
        closing_alone = not text[text.rindex("\n", start, end) + 1:end - 3].strip()
        body = [margin + line if line else "" for line in lines]
        return "\n".join(['"""' + "".join(first), *body, *([margin + '"""'] if closing_alone else [])]) + (
            "" if closing_alone else '"""')

    def is_last_comma(self, at: int) -> bool:
        return self.tokens.kinds[at] == "," and self.tokens.kinds[at + 1] in (")", "]")

    def is_apart(self, at: int) -> bool:
        """Whether a space stands before token `at`, which is not the first of its line."""
        kinds, places = self.tokens.kinds, self.places
        kind, before, before_end = kinds[at], kinds[at - 1], self.tokens.ends[at - 1]
        if before == URL:
            return kind not in ENDS_URL                # a dot would become part of the address
        if kind in TIGHT_BEFORE or before in TIGHT_AFTER:
            return False
        if before == "-" and self.tokens.starts[at - 1] in places.signs:
            return False
        if kind == "(":
            return before_end not in places.called
        return not (kind == "[" and (before in (")", "]") or before_end in places.indexed))

    def broken(self, level: int, first: int, last: int) -> str | None:
        """The line with what is in its first bracket of several things one below the other; None without such."""
        kinds = self.tokens.kinds
        for opening in range(first, last):
            if kinds[opening] not in ("(", "["):
                continue
            commas, closing = self.contents(opening)
            if commas:
                break
        else:
            return None
        starts = [opening + 1, *(comma + 1 for comma in commas)]
        ends = [*commas, closing]
        items = [self.joined(level + 1, start, end) for start, end in zip(starts, ends, strict=True)]
        rest = self.joined(level, closing, last)
        inner = ",\n".join(STEP * (level + 1) + item for item in items if item)
        return f"{self.joined(level, first, opening + 1)}\n{inner}\n{STEP * level}{rest}"

    def contents(self, opening: int) -> tuple[list[int], int]:
        """The commas that belong to this bracket, and where it closes."""
        kinds, depth = self.tokens.kinds, 0
        commas: list[int] = []
        for at in range(opening, len(kinds)):
            depth += (kinds[at] in ("(", "[")) - (kinds[at] in (")", "]"))
            if depth == 0:
                return commas, at
            if depth == 1 and kinds[at] == "," and not self.is_last_comma(at):
                commas.append(at)
        raise AssertionError("a file that can be read closes its brackets")


def _spaced(rows: list[_Row]) -> list[_Row]:
    """Blank lines: one before each thing at the left edge and the comments right above it, none below what opens."""
    spaced = list(rows)
    for at, row in enumerate(rows):
        if at and row.level > rows[at - 1].level and not rows[at - 1].is_comment:
            spaced[at] = replace(row, blank_before=False)
        if row.level == 0 and not row.is_comment:
            top = at
            while top and rows[top - 1].is_comment and rows[top - 1].level == 0 and not spaced[top].blank_before:
                top -= 1
            spaced[top] = replace(spaced[top], blank_before=True)
    return [replace(spaced[0], blank_before=False), *spaced[1:]] if spaced else []


def _aligned(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Runs of lines that lead somewhere, with what they lead to in one column."""
    run: list[_Row] = []
    for row in rows:
        if run and (not row.head or row.blank_before or (row.level, row.head[0]) != (run[0].level, run[0].head[0])):
            yield from _one_column(run)
            run = []
        if row.head:
            run.append(row)
        else:
            yield row
    yield from _one_column(run)


def _one_column(run: list[_Row]) -> list[_Row]:
    width = max((columns(row.head) for row in run), default=0)
    moved = [replace(row, text=row.head + " " * (width - columns(row.head)) + row.text[len(row.head):]) for row in run]
    return run if any(columns(STEP * row.level + row.text) > WIDEST for row in moved) else moved


def _printed(rows: Iterator[_Row]) -> Iterator[str]:
    for row in rows:
        yield ("\n" if row.blank_before else "") + STEP * row.level + row.text + "\n"
