"""Repairs: what a line that does not fit was most likely meant to be.

Each repair is tried on the automaton before it is believed: it counts only if the whole line then goes through. The
first one that does is told to the author and read in place of the line, so that the rest of the file is read as if
nothing had happened.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import msgspec

from dsl import writing
from dsl.diagnostics import Certainty, Diagnostic, Edit, Fix, Label
from dsl.expected import ANY_VALUE, CLAUSES, GOES_ON, KINDS, OTHER_WORDS, SHAPES, STATEMENTS, VALUE, listed, named
from dsl.kinds import DEDENT, DURATION, INDENT, INT, NAME, NEVER_NAMES, NEW_LINE, REGEX, SIGNS, STRAY, TEXT
from dsl.lexer import lex
from dsl.nearest import nearest
from dsl.reader import BROKEN, Cell, Reader
from dsl.source import Source
from dsl.types import BUILT_IN
from dsl.words import slug

if TYPE_CHECKING:
    from dsl.habits import Meant

Piece = tuple[str, int, int]                 # kind, start, end of a token

BLANKS = re.compile(r"\s+")
LONGEST_TRIED = 80                           # tokens: in a longer line not every order and end of a text is tried
OPENERS = {")": "(", "]": "["}
# Signs and words that are forgotten, the likeliest first.
FORGOTTEN = ("->", "=", ",", ")", "]", "(", ":", "-", "..", "in", "from", "for", "of", "to", "as", "into", "else", "is",
             "on", "times", "least", "do", "then", "say")
PARTS = frozenset({TEXT, "also", "when", "=", "as", "from", "after", "before", "at", "length", "@", "was", "into"})
WITH_CLAUSES = frozenset({"say", "send", "ask", "need", "choose", "menu", "handover"})
NEVER_IN_TEXT = frozenset({"->", TEXT, "@", STRAY})
STAND_INS = {TEXT: '"…"', INT: "3", DURATION: "30m"}
STANDS_FOR = {NAME: BROKEN, TEXT: TEXT, INT: INT, DURATION: DURATION, REGEX: REGEX}


class Repair(msgspec.Struct, frozen=True):
    """A line that can be read, and what is told about the one that could not."""

    line: tuple[Piece, ...]
    problem: Diagnostic


class Repairs:
    """All repairs of one line, of which token `at` is the first that does not fit."""

    def __init__(self, reader: Reader, top: Cell, line: Sequence[Piece], at: int) -> None:
        self.reader = reader
        self.source = reader.source
        self.top = top
        self.line = tuple(line)
        self.kinds = [kind for kind, _, _ in line]
        self.at = at
        self.before = reader.states(top)
        self.here = self.before.copy()
        reader.advance(self.here, self.kinds[:at])
        self.expected = reader.expected(self.here)

    def best(self) -> Repair | None:
        """The likeliest repair; where one does not do, a word of another tool and what is wrong behind it."""
        return next((repair for repair in self.all() if self.goes(repair.line)), None) or next(self.two(), None)

    def two(self) -> Iterator[Repair]:
        for first in (*self.other_word(), *self.misspelt()):
            at = self.reader.advance(self.before.copy(), [kind for kind, _, _ in first.line])
            rest = Repairs(self.reader, self.top, first.line, at) if at > self.at else None
            second = rest and next((repair for repair in rest.all() if self.goes(repair.line)), None)
            if second:
                yield Repair(second.line, first.problem)

    def all(self) -> Iterator[Repair]:
        """The likeliest first."""
        yield from self.other_word()
        yield from self.habits()
        yield from self.comparison()
        yield from self.quoted_name()
        yield from self.misspelt()
        yield from self.quotes_inside()
        yield from self.behind_if()
        yield from self.doubled()
        yield from self.then()
        yield from self.forgotten()
        yield from self.stray_sign()
        if len(self.line) <= LONGEST_TRIED:
            yield from self.unquoted_text()
            yield from self.below()
            yield from self.too_late()
        yield from self.clause_beside()
        yield from self.missing_piece()
        yield from self.too_much()

    def goes(self, line: Sequence[Piece]) -> bool:
        """Whether the automaton takes the whole line."""
        kinds = [kind for kind, _, _ in line]
        if kinds[:self.at] == self.kinds[:self.at]:
            return self.reader.advance(self.here.copy(), kinds[self.at:]) == len(kinds) - self.at
        return self.reader.advance(self.before.copy(), kinds) == len(kinds)

    def unreadable(self) -> Diagnostic:
        """What is told where no repair goes."""
        kind, start, end = self.line[self.at]
        found = named(self.source.text[start:end] if kind != NEW_LINE else "")
        return writing.UNREADABLE.at(self.source.span(start, end), *self.reminder(), label="not expected here",
                                     expected=listed(self.expected), found=found)

    def reminder(self) -> list[Fix]:
        """How a line looks that begins as this one does."""
        first = self.kinds[0]
        if first not in SHAPES:
            return []
        what = "an option" if first == "-" else f"a line with `{first}`"
        return [Fix(f"{what} looks like: {SHAPES[first]}", certainty=Certainty.SHAPE)]

    # --- one kind of repair each ------------------------------------------------------------------------------

    def with_piece(self, at: int, *pieces: Piece, instead_of: int = 1) -> tuple[Piece, ...]:
        return (*self.line[:at], *pieces, *self.line[at + instead_of:])

    def habits(self) -> Iterator[Repair]:
        """`n += 1`, `say "Hello " + name`: a line as other languages write it."""
        from dsl.habits import meant_by  # most files hold none

        text, pieces = self.source.text, self.line[:-1]
        gaps = ["", *(BLANKS.sub(" ", text[end:start]) for (_, _, end), (_, start, _) in pairwise(pieces))]
        words = [text[start:end] for _, start, end in pieces]
        for meant in meant_by("".join(chain.from_iterable(zip(gaps, words, strict=True)))):
            tokens = lex(Source("", meant.line))
            new = list(zip(tokens.kinds, tokens.starts, tokens.ends, strict=True))
            yield Repair(self._placed(meant.line, new), self._habit(meant, words, new[:-1]))

    def _placed(self, line: str, new: Sequence[Piece]) -> tuple[Piece, ...]:
        """The pieces of another line at their places in this one; what is not in it has no width."""
        text, at, place, found = self.source.text, 0, self.line[0][1], []
        for kind, start, end in new:
            same = next((number for number in range(at, len(self.line)) if self.line[number][0] == kind
                         and text[self.line[number][1]:self.line[number][2]] == line[start:end]), None)
            if same is not None:
                at, place = same + 1, self.line[same][2]
            found.append(self.line[same] if same is not None else (kind, place, place))
        return tuple(found)

    def _habit(self, meant: "Meant", words: Sequence[str], new: Sequence[Piece]) -> Diagnostic:
        """What is told of a habit: about as many words as differ, at least one."""
        written = [meant.line[start:end] for _, start, end in new]
        least = min(len(words), len(written)) - 1
        before = next((at for at in range(least) if words[at] != written[at]), least)
        behind = next((at for at in range(least - before) if words[-1 - at] != written[-1 - at]), least - before)
        first, last = before, len(words) - 1 - behind
        old, now = self.line, [(0, 0, 0), *new, (0, len(meant.line), 0)]
        edit = Edit(self.source.span(old[first - 1][2] if first else old[0][1], old[last + 1][1]),
                    meant.line[now[before][2]:now[len(now) - 1 - behind][1]])
        return writing.HABIT.at(self.source.span(old[first][1], old[last][2]),
                                Fix(f"write `{meant.line}`", (edit,), meant.certainty), does=meant.does,
                                why=meant.why, label="as in another language")

    def other_word(self) -> Iterator[Repair]:
        """`goto main`, `print "Hi"`, `else if x`: the word this language has for it."""
        word, start, end = self.line[self.at]
        if word == "if" and self.at == 1 and self.line[0][0] == "else":
            start = self.line[0][1]
            fix = writing.replace(self.source, start, end, "elif", "write `elif`")
            yield Repair((("elif", start, end), *self.line[2:]), self._other_word("else if", start, end, fix))
        for ours in OTHER_WORDS.get(word, OTHER_WORDS.get(word.lower(), ())):
            if ours in self.expected:
                fix = writing.replace(self.source, start, end, ours, f"write `{ours}`")
                yield Repair(self.with_piece(self.at, (ours, start, end)), self._other_word(word, start, end, fix))

    def _other_word(self, word: str, start: int, end: int, fix: Fix) -> Diagnostic:
        return writing.OTHER_WORD.at(self.source.span(start, end), fix, label="not a word of this language", word=word)

    def comparison(self) -> Iterator[Repair]:
        """`if x = 1` and `set x == 1`."""
        kind, start, end = self.line[self.at]
        other = {"=": "==", "==": "="}.get(kind)
        if other and other in self.expected:
            fix = writing.replace(self.source, start, end, other, f"write `{other}`")
            yield Repair(self.with_piece(self.at, (other, start, end)),
                         writing.ASSIGNED.at(self.source.span(start, end), fix, label="the other one is meant"))

    def quoted_name(self) -> Iterator[Repair]:
        """`-> "main"`."""
        kind, start, end = self.line[self.at]
        inside = self.source.text[start + 1:end - 1]
        if kind == TEXT and NAME in self.expected and TEXT not in self.expected and inside.isidentifier():
            fix = writing.replace(self.source, start, end, inside, "take the quotes away")
            yield Repair(self.with_piece(self.at, (inside, start, end)),
                         writing.QUOTED_NAME.at(self.source.span(start, end), fix, label="a name in quotes"))

    def misspelt(self) -> Iterator[Repair]:
        """A word that is nearly one that can stand here."""
        word, start, end = self.line[self.at]
        if word in NEVER_NAMES or len(word) < 2 or word in self.reader.tables.words:
            return
        for near in nearest(word, (kind for kind in self.expected if kind.isalpha())):
            fix = writing.replace(self.source, start, end, near, f"did you mean `{near}`?")
            problem = writing.MISSPELT.at(self.source.span(start, end), fix, label="not a word I know", word=word)
            yield Repair(self.with_piece(self.at, (near, start, end)), problem)

    def unquoted_text(self) -> Iterator[Repair]:
        """`say Hello there`: the words that would be a text."""
        last = len(self.line) - 1
        for first in range(self.at, 0, -1):
            expected = self.expected_at(first)
            never = NEVER_IN_TEXT | (GOES_ON if expected >= VALUE else frozenset())
            if self.kinds[first] == NEW_LINE or TEXT not in expected:
                continue
            for end in range(last, self.at, -1):
                words = self.line[first:end]
                if not never.isdisjoint(self.kinds[first:end]):
                    continue
                start, stop = words[0][1], words[-1][2]
                fix = Fix("put it between quotes", (Edit(self.source.span(start, start), '"'),
                                                   Edit(self.source.span(stop, stop), '"')))
                yield Repair((*self.line[:first], (TEXT, start, stop), *self.line[end:]),
                             writing.NO_QUOTES.at(self.source.span(start, stop), fix, label="a text?"))

    def expected_at(self, at: int) -> frozenset[str]:
        if at == self.at:
            return self.expected
        states = self.before.copy()
        self.reader.advance(states, self.kinds[:at])
        return self.reader.expected(states)

    def forgotten(self) -> Iterator[Repair]:
        """A sign or small word that is not there."""
        place = self.line[self.at][1]
        begins = self.at == 0 and self.kinds[0] in self.reader.tables.words      # a misplaced line, not a short one
        is_type = self.kinds[self.at] in BUILT_IN
        for sign in ("as", *FORGOTTEN) if is_type else FORGOTTEN:
            if sign not in self.expected or begins:
                continue
            line = self.with_piece(self.at, (sign, place, place), instead_of=0)
            if sign in OPENERS and (opened := self._opened(OPENERS[sign])) is not None:
                yield Repair(line, self._open_bracket(opened, sign, place))
            else:
                yield Repair(line, self._missing(f"`{sign}`", place, sign))

    def _opened(self, bracket: str) -> int | None:
        return next((at for at in range(self.at - 1, -1, -1) if self.line[at][0] == bracket), None)

    def _open_bracket(self, opened: int, sign: str, place: int) -> Diagnostic:
        _, start, end = self.line[opened]
        fix = Fix(f"close it with `{sign}`", (Edit(self.source.span(place, place), sign),))
        return writing.OPEN_BRACKET.at(self.source.span(start, end), fix, label="opened here",
                                       others=(Label(self.source.span(place, place), "not closed before this"),),
                                       bracket=OPENERS[sign])

    def _missing(self, what: str, place: int, sign: str | None = None, stand_in: str = "") -> Diagnostic:
        _, start, end = self.line[self.at]
        before = f"before {named(self.source.text[start:end])}" if end > start else "at the end of the line"
        fixes = []
        if sign is not None:
            gap = " " if sign[0].isalnum() or sign in ("->", "=", "-", "..") else ""
            fixes.append(Fix(f"write {what} here", (Edit(self.source.span(place, place), f"{sign}{gap}"),)))
        else:
            edits = (Edit(self.source.span(place, place), f" {stand_in} "),) if stand_in else ()
            fixes = [Fix(fix.text, edits, fix.certainty) for fix in self.reminder()]
        return writing.MISSING.at(self.source.span(place, end), *fixes, label="missing here", what=what, where=before)

    def below(self) -> Iterator[Repair]:
        """`if x -> main`: a block on the line that opens it."""
        word = self.kinds[0]
        first = self.at + (self.kinds[self.at] in ("then", ":", "do"))
        kind, start, end = self.line[min(first, len(self.line) - 1)]
        if word in ("if", "elif", "else", "for") and kind in STATEMENTS:
            margin = start_of_line(self.source, self.line[0][1])
            edit = Edit(self.source.span(self.line[self.at - 1][2], start), f"\n{margin}  ")
            fix = Fix("put it on the next line, two spaces deeper", (edit,), Certainty.SAFE)
            line = (*self.line[:self.at], (NEW_LINE, start, start), (INDENT, start, start), *self.line[first:],
                    (DEDENT, end, end))
            problem = writing.NEXT_LINE.at(self.source.span(start, end), fix, label="belongs below", word=word)
            yield Repair(line, problem)

    def too_late(self) -> Iterator[Repair]:
        """Parts of a line in another order: `ask name "Your name?" as text`."""
        if self.kinds[self.at] not in PARTS:
            return
        for end in range(len(self.line) - 1, self.at, -1):
            part = self.line[self.at:end]
            for to in range(1, self.at):
                line = (*self.line[:to], *part, *self.line[to:self.at], *self.line[end:])
                yield Repair(line, self._too_late(part[0][1], part[-1][2], to))

    def _too_late(self, start: int, stop: int, to: int) -> Diagnostic:
        written = self.source.text[start:stop]
        _, place, end = self.line[to]
        edits = (Edit(self.source.span(place, place), f"{written} "),
                 Edit(self.source.span(self.line[self.at - 1][2], stop), ""))
        fix = Fix(f"put it before {named(self.source.text[place:end])}", edits)
        return writing.WRONG_ORDER.at(self.source.span(start, stop), fix, label="stands earlier", what=named(written))

    def missing_piece(self) -> Iterator[Repair]:
        """A name, text or number that is not there; of a check, what is said."""
        place = self.line[self.at][1]
        if self.kinds[0] == "check" and self.kinds[self.at] == NEW_LINE and "else" in self.expected:
            line = self.with_piece(self.at, ("else", place, place), (TEXT, place, place), instead_of=0)
            yield Repair(line, self._missing("what is said then", place, stand_in='else "…"'))
        is_value = self.expected >= VALUE
        for kind, stands in STANDS_FOR.items():
            if kind in self.expected:
                what = self._called(kind, is_value)
                problem = self._missing(what, place, stand_in=self._stand_in(kind))
                yield Repair(self.with_piece(self.at, (stands, place, place), instead_of=0), problem)

    def _stand_in(self, kind: str) -> str:
        """What an author may begin with where this is missing; a question is named after its words."""
        if kind != NAME or self.at != 1 or self.kinds[0] not in ("ask", "need", "choose", "menu"):
            return STAND_INS.get(kind, "")
        return slug(self.source.text[self.line[1][1]:self.line[1][2]])[:24].rstrip("_")

    def _called(self, kind: str, is_value: bool) -> str:
        before = self.line[self.at - 1][0] if self.at else ""
        if kind == NAME and before in ("->", "do"):
            return "the name of a flow" if before == "do" else "the name of a flow or menu"
        return "a value" if is_value and kind in ANY_VALUE else KINDS[kind]

    def doubled(self) -> Iterator[Repair]:
        """`ask ask city`: a word that stands twice."""
        for second in (self.at, self.at - 1):
            if second > 0 and self.kinds[second] == self.kinds[second - 1] and self.kinds[second] not in NEVER_NAMES:
                yield self.without(second, second + 1)

    def quotes_inside(self) -> Iterator[Repair]:
        """`say "He said "no" to me"`: texts with words right beside their quotes are one."""
        text, last = self.source.text, len(self.line) - 1
        texts = [at for at in range(last) if self.kinds[at] == TEXT and text[self.line[at][1]] == '"']
        is_beside = any(self.line[at][2] == self.line[at + 1][1] and self.kinds[at + 1] not in SIGNS
                        for at in texts if at + 1 < last)
        if len(texts) < 2 or not is_beside:
            return
        start, stop = self.line[texts[0]][1], self.line[texts[-1]][2]
        inside = [at for at in range(start + 1, stop - 1) if text[at] == '"']
        if any(text.rfind("{", start, at) > text.rfind("}", start, at) for at in inside):
            return                                     # a text inside a value: its quotes are single
        edits = tuple(Edit(self.source.span(at, at), "\\") for at in inside)
        fix = Fix("write `\\\"` for a quote inside a text", edits)
        line = (*self.line[:texts[0]], (TEXT, start, start), *self.line[texts[-1] + 1:])
        yield Repair(line, writing.QUOTE_INSIDE.at(self.source.span(inside[0], inside[0] + 1), fix,
                                                   label="ends the text"))

    def behind_if(self) -> Iterator[Repair]:
        """`say "Hello" if new`: a condition behind what it is of."""
        word, start, end = self.line[self.at]
        if word not in ("if", "unless") or self.kinds[0] not in STATEMENTS or self.at + 1 >= len(self.line) - 1:
            return
        test, new_line = self.line[self.at + 1:-1], self.line[-1]
        first, behind = self.line[0][1], self.source.span(self.line[self.at - 1][2], new_line[1])
        written = self.source.text[test[0][1]:test[-1][2]]
        head = f"if not ({written})" if word == "unless" else f"if {written}"
        margin = start_of_line(self.source, first)
        fix = Fix(f"write `{head}` above it, and it two spaces deeper",
                  (Edit(self.source.span(first, first), f"{head}\n{margin}  "), Edit(behind, "")))
        line = (("if", first, first), *test, (NEW_LINE, end, end), (INDENT, end, end), *self.line[:self.at],
                new_line, (DEDENT, new_line[2], new_line[2]))
        yield Repair(line, writing.NEXT_LINE.at(self.source.span(start, end), fix, label="stands above", word=word))

    def then(self) -> Iterator[Repair]:
        """`if x then`."""
        if self.kinds[self.at] == "then" and self.kinds[0] in ("if", "elif"):
            yield self.without(self.at, self.at + 1)

    def clause_beside(self) -> Iterator[Repair]:
        """`ask name "Your name?" hint "For example Ana"`: a clause on the line it belongs to."""
        word, start, _ = self.line[self.at]
        if word in CLAUSES and self.kinds[0] in WITH_CLAUSES and self.at > 1:
            margin, before = start_of_line(self.source, self.line[0][1]), self.line[self.at - 1][2]
            edit = Edit(self.source.span(before, start), f"\n{margin}  ")
            fix = Fix("put it on the next line, two spaces deeper", (edit,), Certainty.SAFE)
            last = len(self.line) - 1
            span = self.source.span(start, self.line[last - 1][2])
            problem = writing.NEXT_LINE.at(span, fix, label="belongs below", word=self.kinds[0])
            yield Repair((*self.line[:self.at], *self.line[last:]), problem)

    def stray_sign(self) -> Iterator[Repair]:
        """`if x:`, `f(x))`: a sign that can be left out."""
        if self.kinds[self.at] in SIGNS:
            yield self.without(self.at, self.at + 1)

    def too_much(self) -> Iterator[Repair]:
        """Something that can be left out: a token, a word before it, or all the rest of the line."""
        last = len(self.line) - 1
        for first, end in ((self.at, self.at + 1), (self.at - 1, self.at), (self.at, last)):
            if 0 <= first < end <= last:
                yield self.without(first, end)

    def without(self, first: int, end: int) -> Repair:
        start, stop = self.line[first][1], self.line[end - 1][2]
        fix = Fix("leave it out", (Edit(self.source.span(start, stop), ""),))
        problem = writing.TOO_MUCH.at(self.source.span(start, stop), fix, label="does not belong here",
                                      what=named(self.source.text[start:stop]))
        return Repair((*self.line[:first], *self.line[end:]), problem)


def start_of_line(source: Source, at: int) -> str:
    """The blanks that the line of `at` begins with."""
    return source.text[source.text.rfind("\n", 0, at) + 1:at]
