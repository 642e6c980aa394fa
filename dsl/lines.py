"""Lines: what their indentation means, and how reading goes on after one that cannot be read.

A line that does not fit is, in this order: a line that stands at the wrong depth, the first after a block that is
empty, a line that can be repaired (`recovery`), or one of which only the first word is believed. Whatever it is, one
thing is told about it, and the lines around it are read as if it had been right.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile

import msgspec

from dsl import syntax as s
from dsl import writing
from dsl.diagnostics import Certainty, Diagnostic
from dsl.expected import STATEMENTS, TOP_LEVEL
from dsl.kinds import DEDENT, INDENT, NEVER_NAMES
from dsl.lexer import Tokens
from dsl.reader import BROKEN, Cell, Reader
from dsl.recovery import Piece, Repairs
from dsl.standins import EMPTY_BLOCKS, stand_ins

STEP = 2                                     # spaces by which a block is indented
MOST_PROBLEMS = 50                           # in one file; past it the rest is not read
DEEPEST_BLOCK = 30
PATIENCE = 500                               # lines under left-out lines that are tried in vain before no more are
FAR = 50                                     # lines looked ahead to tell a slip from a habit


class Depth(msgspec.Struct, frozen=True):
    """A depth at which a line could be read: its indentation there, and the levels open from then on."""

    width: int
    layout: tuple[str, ...]
    levels: tuple[int, ...]
    openers: tuple[str, ...]


class Lines:
    """Reads a file line by line; `problems` gathers what is told about lines."""

    def __init__(self, reader: Reader, tokens: Tokens) -> None:
        self.reader, self.source, self.tokens = reader, reader.source, tokens
        self.problems: list[Diagnostic] = []
        self.top: Cell = reader.begin("file")
        self.levels: tuple[int, ...] = (0,)            # indentations of the open blocks
        self.openers: tuple[str, ...] = ("",)          # the word that opened each of them
        self.word = ""                                 # the first word of the line before
        self.before: tuple[int, int] | None = None     # where that line stands, unless it was told of already
        self.aliases: dict[int, int] = {}              # a wrong indentation, once told, and the right one
        self.dropped: int | None = None                # the indentation of a dropped line whose block we are in
        self.misplaced = ""                            # what was told of the line before, if it fits nowhere
        self.patience = PATIENCE
        self.told = {self.line_of(problem) for problem in tokens.problems}

    def line_of(self, problem: Diagnostic) -> int:
        return self.source.position(problem.span.start)[0]

    def items(self) -> tuple[s.Item, ...]:
        """What the file holds, as far as it could be read."""
        for number in range(len(self.tokens.lines)):
            self.read(number)
            if len(self.problems) >= MOST_PROBLEMS or self.reader.is_full:
                self.give_up(number + 1)
                break
        self.close()
        made: tuple[s.Item, ...] | None = self.reader.finish(self.top, "file")
        self.tell_bare_choices()
        return tuple(item for item in made or () if isinstance(item, s.Anywhere) or item.name.text != BROKEN)

    def read(self, number: int) -> None:
        """Take one line, as it is if it fits."""
        indent, first, last = self.tokens.lines[number]
        tokens, reader, levels = self.tokens, self.reader, self.levels
        top = self.top
        if self.dropped is not None and indent <= self.dropped:
            self.dropped = None
        if self.dropped is not None and not self.patience:
            self.reader.broken.add(tokens.kinds[first])
            return None
        if indent != levels[-1]:
            depth = None if self.is_slipped(number, indent) else self.as_written(indent)
            if depth is None or len(depth.levels) > DEEPEST_BLOCK:
                return self.recover(number, None)
            places = [tokens.starts[first]] * len(depth.layout)
            top, taken = reader.feed(top, depth.layout, places, places, 0, len(places))
            if taken < len(places):
                return self.recover(number, depth)
        else:
            depth = None
        told = len(reader.problems)
        top, taken = reader.feed(top, tokens.kinds, tokens.starts, tokens.ends, first, last)
        if taken < last:
            del reader.problems[told:]                 # the line will be read again, in whatever way
            return self.recover(number, depth or Depth(indent, (), levels, self.openers))
        self.top = top
        if depth is not None:
            self.levels, self.openers = depth.levels, depth.openers
        self.word, self.misplaced = tokens.kinds[first], ""
        self.before = tokens.starts[first], tokens.ends[last - 1]
        if self.aliases:                               # a neighbour that stands right ends a run of lines that do not
            self.aliases = {wrong: right for wrong, right in self.aliases.items() if right > indent}
        return None

    # --- depth ------------------------------------------------------------------------------------------------

    def as_written(self, indent: int) -> Depth | None:
        if indent > self.levels[-1]:
            return Depth(indent, (INDENT,), (*self.levels, indent), (*self.openers, self.word))
        return self.out_to(self.levels.index(indent)) if indent in self.levels else None

    def is_slipped(self, number: int, indent: int) -> bool:
        """Whether the first line of a block is indented otherwise than its neighbours or by an odd number of spaces.

        A block indented by four or more is left to the formatter.
        """
        deeper = indent - self.levels[-1]
        if deeper <= STEP:
            return deeper == 1
        outside, wanted = self.levels[-1], self.levels[-1] + STEP
        following = (line[0] for line in self.tokens.lines[number + 1:number + 1 + FAR])
        return deeper % STEP == 1 or wanted in takewhile(lambda width: width > outside, following)

    def out_to(self, level: int) -> Depth:
        return Depth(self.levels[level], (DEDENT,) * (len(self.levels) - 1 - level), self.levels[:level + 1],
                     self.openers[:level + 1])

    def depths(self, indent: int) -> list[Depth]:
        """All depths at which a line can be read now, the nearest to how it is indented first."""
        deeper = Depth(self.levels[-1] + STEP, (INDENT,), (*self.levels, self.levels[-1] + STEP),
                       (*self.openers, self.word))
        found = [deeper, *(self.out_to(level) for level in range(len(self.levels) - 1, -1, -1))]
        return sorted(found, key=lambda depth: abs(depth.width - indent))

    def fits(self, kinds: Sequence[str]) -> bool:
        return self.reader.advance(self.reader.states(self.top), kinds) == len(kinds)

    def laid_out(self, kinds: Sequence[str], place: int) -> Cell:
        """The stack after tokens that have no width."""
        places = [place] * len(kinds)
        return self.reader.feed(self.top, kinds, places, places, 0, len(kinds))[0]

    # --- after a line that does not fit -----------------------------------------------------------------------

    def recover(self, number: int, written: Depth | None) -> None:
        indent, first, last = self.tokens.lines[number]
        line = self.pieces(first, last)
        kinds = [kind for kind, _, _ in line]
        if self.dropped is not None and indent > self.dropped:
            self.read_dropped(number, line)
            return
        if len(self.levels) >= DEEPEST_BLOCK and indent > self.levels[-1]:
            self.leave_out_deep_block(line)
            return
        if self.is_left_out(number, line) or self.is_switch(number):
            return
        in_line = 0
        if written is not None:
            in_line = self.reader.advance(self.reader.states(self.top), [*written.layout, *kinds]) - len(written.layout)
        if in_line > 0 and self.repaired(number, written, line, in_line):
            return
        outside = written is not None and DEDENT in written.layout
        if (self.before is None or outside) and self.after_empty_block(number, written, kinds):
            return
        if self.at_other_depth(number, written, line):
            return
        if in_line <= 0 and (self.after_empty_block(number, written, kinds)
                             or self.repaired_somewhere(number, written, line)):
            return
        problem = self.explained(written, line, max(in_line, 0))
        before, self.misplaced = self.misplaced, problem.message
        if before != self.misplaced or problem.code != writing.WRONG_CLAUSE.code:
            self.tell(problem)                         # of a row of options at a question one is told
        self.believe_first_word(number, written, line)

    def is_switch(self, number: int) -> bool:
        """Whether the line is the `switch x` of another language; its block is then read as if there were none."""
        from dsl.habits import switched  # as in `recovery`

        indent, first, _ = self.tokens.lines[number]
        block = takewhile(lambda line: line[0] > indent, self.tokens.lines[number + 1:])
        last = max((self.tokens.ends[end - 1] for _, _, end in block), default=0)
        at = self.tokens.starts[first]
        meant = switched(self.source.text[at - indent:last].split("\n")) if last else ""
        if meant:
            self.tell(writing.switch(self.source.span(at, self.tokens.ends[first]),
                                     self.source.span(at - indent, last), meant))
            self.before, self.dropped = None, indent
        return bool(meant)

    def is_left_out(self, number: int, line: list[Piece]) -> bool:
        """Whether the line is `endif` or its like, which has no place here; nor is a block that holds nothing else."""
        from dsl.habits import left_out  # as in `recovery`

        place = self.source.span(line[0][1], line[-1][2])
        written = self.source.text[place.start:place.end]
        why = left_out(written)
        if why:
            self.tell(writing.left_out(place, written, why))
            self.before = None
            self.dropped = self.tokens.lines[number][0] if self.below(number) else self.dropped
        return bool(why)

    def leave_out_deep_block(self, line: list[Piece]) -> None:
        self.tell(writing.too_deep_a_block(self.source.span(line[0][1], line[0][2]), DEEPEST_BLOCK - 1))
        self.before, self.dropped, self.patience = None, self.levels[-1], 0

    def pieces(self, first: int, last: int) -> list[Piece]:
        tokens = self.tokens
        return [(tokens.kinds[at], tokens.starts[at], tokens.ends[at]) for at in range(first, last)]

    def take(self, depth: Depth, line: Sequence[Piece], *, layout: Sequence[str] | None = None) -> None:
        """Feed a line that is known to fit at this depth."""
        layout = depth.layout if layout is None else layout
        place = line[0][1]
        kinds = [*layout, *(kind for kind, _, _ in line)]
        starts = [place] * len(layout) + [start for _, start, _ in line]
        ends = [place] * len(layout) + [end for _, _, end in line]
        self.top, taken = self.reader.feed(self.top, kinds, starts, ends, 0, len(kinds))
        assert taken == len(kinds), "tried before it was taken"
        self.levels, self.openers = depth.levels, depth.openers
        self.word = line[0][0]
        self.before = line[0][1], line[-1][2]
        self.dropped = None
        if BROKEN in kinds:
            self.reader.broken.add(BROKEN)

    def repaired(self, number: int, written: Depth | None, line: list[Piece], at: int) -> bool:
        """Whether a repair of what stands in the line makes it fit."""
        if written is None or not self.fits(written.layout):
            return False
        repair = Repairs(self.reader, self.laid_out(written.layout, line[0][1]), line, at).best()
        if repair is None:
            return False
        self.tell(repair.problem)
        self.take(written, repair.line)
        return True

    def repaired_somewhere(self, number: int, written: Depth | None, line: list[Piece]) -> bool:
        """The same for a first word that does not fit, at the depth where it stands or a near one."""
        indent = self.tokens.lines[number][0]
        near = [depth for depth in self.depths(indent) if written is None or depth.width != written.width]
        for depth in [*([written] if written else []), *near]:
            states = self.reader.states(self.top)
            if self.reader.advance(states, depth.layout) < len(depth.layout):
                continue
            at = self.reader.advance(states, [kind for kind, _, _ in line])
            if at < len(line) and self.repaired(number, depth, line, at):
                return True
        return False

    def at_other_depth(self, number: int, written: Depth | None, line: list[Piece]) -> bool:
        """Whether the line fits as it is, only deeper or less deep."""
        indent = self.tokens.lines[number][0]
        kinds = [kind for kind, _, _ in line]
        fitting = [depth for depth in self.depths(indent)
                   if depth.layout != (written and written.layout) and self.fits([*depth.layout, *kinds])]
        if not fitting:
            return False
        depth = next((depth for depth in fitting if self.next_fits(number, depth, kinds)), fitting[0])
        if self.aliases.get(indent) != depth.width:
            certainty = Certainty.SAFE if len(fitting) == 1 else Certainty.MAYBE
            odd = indent not in self.levels and indent < self.levels[-1]
            self.tell(writing.wrong_depth(self.source, line[0][1], indent, depth.width, certainty, odd=odd))
            self.aliases[indent] = depth.width
        self.take(depth, line)
        return True

    def next_fits(self, number: int, depth: Depth, kinds: Sequence[str]) -> bool:
        """Whether the line after this one, as it is indented, would go on well from here."""
        if number + 1 >= len(self.tokens.lines):
            return True
        indent, first, _ = self.tokens.lines[number + 1]
        if indent > depth.levels[-1]:
            layout: tuple[str, ...] = (INDENT,)
        elif indent in depth.levels:
            layout = (DEDENT,) * (len(depth.levels) - 1 - depth.levels.index(indent))
        else:
            return False
        return self.fits([*depth.layout, *kinds, *layout, self.tokens.kinds[first]])

    def after_empty_block(self, number: int, written: Depth | None, kinds: list[str]) -> bool:
        """Whether the line before wants a block that is not there; then something stands for it, and this line is
        read again."""
        if written is None or INDENT in written.layout:
            return False
        block = self.empty_block()
        if block is None or not self.fits([*block, *written.layout]):
            return False
        if not self.fits([*block, *written.layout, *kinds]) and kinds[0] not in STATEMENTS | TOP_LEVEL:
            return False
        self.tell_empty_block()
        self.top = self.laid_out(block, self.tokens.starts[self.tokens.lines[number][1]])
        self.read(number)
        return True

    def empty_block(self) -> tuple[str, ...] | None:
        return next((block for block in EMPTY_BLOCKS if self.fits(block)), None)

    def tell_empty_block(self) -> None:
        self.reader.broken.add(BROKEN)
        if self.before is None or self.word in ("choose", "menu"):     # a choice without options is told as such
            return
        self.tell(writing.empty_block(self.source.span(*self.before), self.word))

    # --- what cannot be read ----------------------------------------------------------------------------------

    def explained(self, written: Depth | None, line: list[Piece], at: int) -> Diagnostic:
        """The best that can be said of a line that nothing could mend."""
        word, start, end = line[0]
        under = (written.openers if written else self.openers)[-1]
        misplaced = writing.misplaced(self.source.span(start, end), word, under) if at == 0 else None
        if misplaced is not None:
            return misplaced
        depth = written if written and self.fits(written.layout) else self.out_to(len(self.levels) - 1)
        return Repairs(self.reader, self.laid_out(depth.layout, start), line, at).unreadable()

    def believe_first_word(self, number: int, written: Depth | None, line: list[Piece]) -> None:
        """Read a line by its first word alone, so that what stands under it can be read; or leave it out."""
        indent = self.tokens.lines[number][0]
        self.reader.broken.update(kind for kind, _, _ in line if kind not in NEVER_NAMES)
        below = self.below(number)
        astray = line[0][0] in TOP_LEVEL and indent > 0 and not below      # believed, it would end the flow around it
        for depth in [] if astray else ([written] if written else []) + self.depths(indent):
            for stand_in in stand_ins(line, bool(below)):
                if self.fits([*depth.layout, *(kind for kind, _, _ in stand_in), *below]):
                    self.take(depth, stand_in)
                    self.before = None
                    return
        self.dropped = indent
        self.before = None

    def below(self, number: int) -> tuple[str, ...]:
        """What the line after this one begins with if it is indented deeper, else nothing."""
        if number + 1 >= len(self.tokens.lines) or self.tokens.lines[number + 1][0] <= self.tokens.lines[number][0]:
            return ()
        return INDENT, self.tokens.kinds[self.tokens.lines[number + 1][1]]

    def read_dropped(self, number: int, line: list[Piece]) -> None:
        """A line in the block of a line that was left out: read where it fits, without a word."""
        kinds = [kind for kind, _, _ in line]
        dropped = self.dropped
        for depth in self.depths(self.tokens.lines[number][0]) if self.patience else ():
            if self.fits([*depth.layout, *kinds]):
                self.take(depth, line)
                break
        else:
            self.reader.broken.update(kind for kind in kinds if kind not in NEVER_NAMES)
            self.patience = max(0, self.patience - 1)
        self.dropped = dropped

    def close(self) -> None:
        """The end of the file closes all blocks."""
        layout = [DEDENT] * (len(self.levels) - 1)
        block = None if self.fits([*layout, "anywhere"]) else self.empty_block()     # could something else begin?
        if block is not None:
            self.tell_empty_block()
            layout = [*block, *layout]
        self.top = self.laid_out(layout, len(self.source.text))

    def tell_bare_choices(self) -> None:
        """A choice without options is told unless some line under it could not be read."""
        for what, span in self.reader.bare:
            line, column = self.source.position(span.start)
            end = line
            below = bisect_left(self.tokens.lines, span.start, key=self.start_of) + 1
            for indent, first, _ in self.tokens.lines[below:]:
                if indent < column:
                    break
                end = self.source.position(self.tokens.starts[first])[0]
            if self.told.isdisjoint(range(line, end + 1)):
                self.tell(writing.no_options(span, what))

    def names_near(self, problem: Diagnostic) -> Iterator[str]:
        """All words of the line in which something is wrong: what they name, or not, is no news."""
        at = bisect_right(self.tokens.lines, problem.span.start, key=self.start_of) - 1
        if at >= 0:
            _, first, last = self.tokens.lines[at]
            yield from (kind for kind in self.tokens.kinds[first:last] if kind not in NEVER_NAMES)

    def start_of(self, line: tuple[int, int, int]) -> int:
        return self.tokens.starts[line[1]]

    def give_up(self, number: int) -> None:
        """Too many faults: the rest is not read, but the names it defines are known."""
        for _, first, last in self.tokens.lines[number:]:
            self.reader.broken.update(kind for kind in self.tokens.kinds[first:last] if kind not in NEVER_NAMES)

    def tell(self, problem: Diagnostic) -> None:
        """One report a line, the first; a line that brackets join is one line."""
        at = bisect_right(self.tokens.lines, problem.span.start, key=self.start_of) - 1
        first, last = self.line_of(problem), self.line_of(problem)
        if at >= 0:
            _, begin, end = self.tokens.lines[at]
            first = min(first, self.source.position(self.tokens.starts[begin])[0])
            last = max(last, self.source.position(self.tokens.ends[end - 1])[0])
        if self.told.isdisjoint(range(first, last + 1)):
            self.told.add(first)
            self.problems.append(problem)

