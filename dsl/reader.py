"""The reader: feeds tokens to the automaton and makes a node of every rule that is complete.

The automaton's stack is a chain of cells that never change, so a place to come back to is a reference kept.

Elsewhere: cutting a text into tokens (`lexer`), which node a rule makes (`tree`), what happens after a mistake
(`lines`, `recovery`).
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

from dsl import syntax as s
from dsl import writing
from dsl.diagnostics import Certainty, Diagnostic, Fix
from dsl.expected import SHAPES, listed, named
from dsl.grammar import ABSENT, GATHERS, GATHERS_ONE, KEEP, MAKES, MAKES_OF_ONE, PASSES, SPREAD, Production, automaton
from dsl.kinds import BLOCK, END, NAME, NEVER_NAMES, NEW_LINE
from dsl.lexer import lex
from dsl.look import A_NAME
from dsl.source import Source, Span
from dsl.texts import MOST_PROBLEMS, block_runs, read_runs
from dsl.tree import MAKERS, Maker
from dsl.types import literal

# A cell of the stack: state, value, start and end in the source of what it stands for, the cell below or None.
Cell: TypeAlias = tuple[int, Any, int, int, Any]

BROKEN = "?"                                 # the kind and text of a name that stands in for one I could not read
LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
# Beyond these is a slip of the finger: a thousand years, a thousand tries.
LARGEST = {"second": 10**9, "minute": 10**8, "hour": 10**7, "day": 365_000, "week": 52_000, "month": 12_000,
           "year": 1000, "count": 1000}
MOST_VALUES = 15_000                         # words and signs in the values of the texts of one file
HOLD_CLAUSES = ("say_clauses", "ask_clauses", "list_clauses", "choose", "menu", "outcomes")
CHOICES = frozenset({s.Choose, s.Menu})
MAY_REPEAT = frozenset({s.On, s.After, s.Check, s.Suggest})
DIGITS = re.compile(r"[0-9]*")
CLOSING_QUOTES = frozenset("\"'“”„«»‟’`")


_new = tuple.__new__


@cache
def _makers() -> tuple[Any, ...]:
    """What makes each production, whoever reads it: a text in a file has a reader of its own."""
    return tuple(MAKERS.get(production.rule) for production in automaton().productions)


@cache
def _productions(rule: str) -> tuple[int, ...]:
    return tuple(production.number for production in automaton().productions if production.rule == rule)


class Reader:
    """Reads one source; `problems` gathers what is wrong inside its texts."""

    def __init__(self, source: Source, times: int = 1) -> None:
        """`times`: how often as many values it may hold as a `.flow` file."""
        self.source = source
        self.most = times * MOST_VALUES
        self.tables = automaton()
        self.problems: list[Diagnostic] = []
        self.broken: set[str] = set()                  # names that are no news where something could not be read
        self.values = 0
        self.bare: list[tuple[str, Span]] = []         # choices that have no option
        self.makers: list[Any] = []                    # by production; made when the first token is read

    def _own_makers(self) -> list[Any]:
        own = {"text": self.text, "number": self.number, "count": self.count, "moment": self.moment,
               "duration": self.duration, "url": self.url, "regex": self.regex, "format_arg": self.format_arg}
        once = {rule: self.once(MAKERS[rule]) for rule in HOLD_CLAUSES}
        makers = [*_makers()]
        for rule, make in (own | once).items():
            for number in _productions(rule):
                makers[number] = make
        return makers

    @property
    def is_full(self) -> bool:
        """Whether so much was read, or was wrong, that the rest is not read."""
        return self.values > self.most or len(self.problems) >= MOST_PROBLEMS

    # --- the automaton --------------------------------------------------------------------------------------

    def begin(self, rule: str, at: int = 0) -> Cell:
        if not self.makers:
            self.makers = self._own_makers()
        return self.tables.start[rule], None, at, at, None

    def feed(self, top: Cell, kinds: Sequence[str], starts: Sequence[int], ends: Sequence[int], at: int,
             last: int) -> tuple[Cell, int]:
        """Take tokens `at` to `last`; gives the stack and `last`, or the first token that does not fit and the stack
        as it was before it."""
        rows, known = self.tables.rows, self.tables.known
        while at < last:
            kind = known.get(kinds[at], NAME)
            state, below = rows[top[0]].get(kind), top
            if state.__class__ is not int:
                state, below = self.completed(top, kind)
                if state is None:
                    return top, at
            top = state, kinds[at], starts[at], ends[at], below
            at += 1
        return top, last

    def completed(self, top: Cell, kind: str) -> tuple[int | None, Cell]:
        """The stack when all that is complete before a token of this kind has made way for what it makes, and before
        it the state to which the token leads from there; None where it does not fit."""
        makers, settled, file = self.makers, self.tables.settled, self.source.name
        action = self.action(top[0], kind)
        while isinstance(action, Production):
            number, _, _, how, size, _, to_line_end, picked = action
            if how == MAKES:
                values, start, end, below = [None], 0, top[3], top
                for symbol in range(size):
                    if symbol == to_line_end:
                        end = below[3]
                    _, value, start, _, below = below
                    values.append(value)
                value = makers[number](*[values[at] for at in picked], _new(Span, (file, start, end)))
            elif how == MAKES_OF_ONE:
                _, value, start, end, below = top
                value = makers[number](value, _new(Span, (file, start, end)))
            elif how == GATHERS_ONE:
                _, value, start, end, below = top
                value = None, value
            else:
                value, start, end, below = self.complete(top, action)
            way = below[0], number, kind
            state, action = settled.get(way) or self.settle(way)
            top = state, value, start, end, below
        return action, top

    def action(self, state: int, kind: str) -> int | Production | None:
        """What a token of this kind does in a state."""
        row = self.tables.rows[state]
        action = row.get(kind)
        return row.get(NAME) if action is None and kind not in NEVER_NAMES else action

    def settle(self, way: tuple[int, int, str]) -> tuple[int, int | Production | None]:
        """The state after a production is complete and all that it only passes through, often ten in a row, and what
        comes next there; from the state below it and the kind of token that follows."""
        below, number, kind = way
        origin = self.tables.productions[number].origin
        while True:
            state = self.tables.gotos[below][origin]
            action = self.action(state, kind)
            if not isinstance(action, Production) or action.how != PASSES:
                break
            origin = action.origin
        self.tables.settled[way] = state, action
        return state, action

    def complete(self, top: Cell, production: Production) -> tuple[Any, int, int, Cell]:
        """What a production makes of its parts, some of which are lists; where it starts and ends, and the stack
        below."""
        number, _, _, how, _, parts, to_line_end, _ = production
        cell, start, end = top, top[2], top[3]
        if to_line_end:
            line = top
            for _ in range(to_line_end):
                line = line[4]
            end = line[3]
        chain = None
        got: list[Any] = []
        for part in parts:
            while chain is not None:
                chain, item = chain
                got.append(item)
            if part == ABSENT:
                got.append(None)
                continue
            if part == KEEP:
                got.append(cell[1])
            elif part == SPREAD:
                chain = cell[1]
            start, cell = cell[2], cell[4]
        if how == GATHERS:
            # What the first part gathered stays as it is, so a list of n lines costs n steps, not n squared.
            while got:
                chain = chain, got.pop()
            return chain, start, end, cell
        while chain is not None:
            chain, item = chain
            got.append(item)
        got.reverse()
        return self.makers[number](*got, _new(Span, (self.source.name, start, end))), start, end, cell

    def finish(self, top: Cell, rule: str) -> Any:
        """The value of `rule` when nothing follows; None if it is not complete."""
        _, top = self.completed(top, END)
        return top[1] if top[0] == self.tables.end[rule] else None

    # --- trying without making anything ---------------------------------------------------------------------

    def states(self, top: Cell) -> list[int]:
        """The stack without its values, to try tokens on with `advance`."""
        states = []
        cell: Cell | None = top
        while cell is not None:
            states.append(cell[0])
            cell = cell[4]
        states.reverse()
        return states

    def advance(self, states: list[int], kinds: Iterable[str]) -> int:
        """Take tokens of these kinds as long as they fit; how many did, which changes `states`."""
        rows, gotos = self.tables.rows, self.tables.gotos
        taken = 0
        for kind in kinds:
            before = states.copy()
            while True:
                action = rows[states[-1]].get(kind)
                if action is None and kind not in NEVER_NAMES:
                    action = rows[states[-1]].get(NAME)
                if action is None:
                    states[:] = before
                    return taken
                if isinstance(action, int):
                    states.append(action)
                    break
                if action.size:
                    del states[-action.size:]
                states.append(gotos[states[-1]][action.origin])
            taken += 1
        return taken

    def expected(self, states: list[int]) -> frozenset[str]:
        """The kinds of token that may come next."""
        return frozenset(kind for kind in self.tables.rows[states[-1]]
                         if kind != END and self.advance(states.copy(), (kind,)))

    # --- what a rule alone cannot say -----------------------------------------------------------------------

    def once(self, make: Maker) -> Maker:
        """`make`, and a look at whether a clause that counts once stands twice among what it made."""
        def checked(*parts: Any) -> Any:
            made = make(*parts)
            if type(made) in CHOICES and not made.options:
                self.bare.append((type(made).__name__.lower(), made.span))
            seen: dict[Any, Span] = {}
            for clause in made if isinstance(made, tuple) else made.clauses:
                kind = (clause.kind, clause.reason) if type(clause) is s.Outcome else type(clause)
                first = seen.setdefault(kind, clause.span)
                if first is not clause.span and kind not in MAY_REPEAT:
                    self.problems.append(writing.twice(self.source, first, clause.span))
            return made
        return checked

    # --- the rules that read characters ---------------------------------------------------------------------

    def text(self, kind: str, span: Span) -> s.Text:
        source = self.source
        start, end = span[1], span[2]
        written = source.text[start:end]
        if start == end:                               # stands in for one I could not read; no two are alike
            return s.Text((f"{BROKEN}{start}",), f"{BROKEN}{start}", span)
        if kind == BLOCK:
            return read_runs(source, block_runs(source.text, start + 3, end - 3), span, self.value, self.problems)
        inside = written[1:-1] if len(written) > 1 and written[-1] in CLOSING_QUOTES else written[1:]
        if "\\" not in inside and "{" not in inside:
            return s.Text((inside,) if inside else (), inside, span)
        read_value = self.value if written[0] != "'" else None
        return read_runs(source, [(start + 1, start + 1 + len(inside))], span, read_value, self.problems)

    def value(self, source: Source, start: int, end: int) -> s.Interpolation | None:
        """What stands in the braces `source.text[start:end]`; None if it cannot be read."""
        if self.values > self.most:
            return None
        word = A_NAME.fullmatch(source.text, start + 1, end - 1)
        if word is not None and word[0] not in self.tables.words:      # what the grammar makes, and most values
            place = source.span(start + 1, end - 1)
            self.read(2, source, start, end)
            return s.Interpolation(s.Ref(s.Name(word[0], place), place), (), source.span(start, end))
        tokens = lex(source, start + 1, end - 1)
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        self.read(len(kinds), source, start, end)
        wrong = [*tokens.problems, *tokens.strays]
        if not wrong:
            count = len(kinds) - 1                     # without the end of the line
            top, stopped = self.feed(self.begin("interpolation", start), kinds, starts, ends, 0, count)
            made = self.finish(top, "interpolation") if stopped == count else None
            if made is not None:
                return s.Interpolation(made.value, made.formats, source.span(start, end))
            place = source.span(starts[stopped], ends[stopped]) if 0 <= stopped < count else source.span(end - 1, end)
            wrong = [self.broken_value(top, place, count)]
        self.problems.append(self.habit(source, start + 1, end - 1) or wrong[0])
        self.broken.update(kind for kind in kinds if kind not in NEVER_NAMES)
        return None

    def habit(self, source: Source, start: int, end: int) -> Diagnostic | None:
        """What a value is here that is written as in another language."""
        from dsl.habits import value_meant_by  # as in `recovery`

        for meant in value_meant_by(source.text[start:end].strip()):
            tokens = lex(Source("", meant), 0, len(meant))
            if self.advance([self.tables.start["interpolation"]], tokens.kinds[:-1]) == len(tokens.kinds) - 1:
                fix = writing.replace(source, start, end, meant, f"write `{{{meant}}}`")
                return writing.HABIT.at(source.span(start, end), fix, label="as in another language", why="",
                                        does="show a value")
        return None

    def read(self, tokens: int, source: Source, start: int, end: int) -> None:
        """Count what was read in braces; the first value too many is said."""
        if self.values <= self.most < self.values + tokens:
            self.problems.append(writing.too_long(source.span(start, end), "this file"))
        self.values += tokens

    def broken_value(self, top: Cell, place: Span, count: int) -> Diagnostic:
        if count < 1:
            return writing.BROKEN_VALUE.at(place, Fix("write `\\{}` for braces that are only braces"),
                                           label="nothing before it", what="there is none")
        expected = self.expected(self.states(top)) - {NEW_LINE}
        found = "the closing brace" if self.source.text[place.start:place.end] == "}" else None
        return writing.BROKEN_VALUE.at(
            place, Fix(f"a value looks like: {SHAPES['{']}", certainty=Certainty.SHAPE), label="not expected here",
            what=f"I expected {listed(expected)}, found {found or named(self.source.text[place.start:place.end])}")

    def number(self, _: str, span: Span) -> s.Number:
        return s.Number(self.source.text[span.start:span.end] or "0", span)

    def count(self, _: str, span: Span) -> int:
        return self.whole(span, self.source.text[span.start:span.end], "count")

    def moment(self, _: str, span: Span) -> s.Moment:
        written = self.source.text[span.start:span.end]
        type = "time" if "-" not in written else "datetime" if "T" in written else "date"
        value = literal(written, type)
        if value is None and written:
            self.problems.append(writing.NO_MOMENT.at(span, what=type, written=written))
        return s.Moment(type, value or written, span)

    def duration(self, *parts: Any) -> s.Duration:
        span: Span = parts[-1]
        written = self.source.text[span.start:span.end]
        unit = parts[1] if len(parts) == 3 else LETTERS.get(written[-1:], "second")
        return s.Duration(self.whole(span, DIGITS.match(written)[0], unit), unit, span)    # type: ignore[index]

    def whole(self, span: Span, digits: str, what: str) -> int:
        """The number these digits are, where a reasonable one is wanted; what is missing stands for 1."""
        most = LARGEST[what]
        if digits and (len(digits) > len(str(most)) or not 1 <= int(digits) <= most):
            self.problems.append(writing.BAD_NUMBER.at(span, label="not such a number", most=most,
                                                       what="this" if what == "count" else f"a number of {what}s"))
            return 1
        return int(digits or 1)

    def url(self, _: str, span: Span) -> s.Url:
        return s.Url(self.source.text[span.start:span.end], span)

    def regex(self, _: str, span: Span) -> s.Regex:
        return s.Regex(self.source.text[span.start + 1:span.end].removesuffix("/"), span)

    def format_arg(self, _: str, span: Span) -> str:
        return self.source.text[span.start:span.end].strip("'\"")
