"""Whether two patterns take the same text, shown by the shortest one that both do.

A pattern becomes a machine of states (Thompson's construction) that is run on sets of them, made as they are needed.
Two machines side by side, breadth first, reach the shortest text first. Their alphabet is one character for each way
in which the sets of both patterns tell characters apart, plain letters and the space before all others, so that an
example can be read aloud.

Patterns are searched: what comes before and after does not matter. Work is bounded, for two patterns and by an
`Effort` for a whole bot; past the bound the answer is `UNKNOWN`, and nothing is said.
"""

import unicodedata
from collections.abc import Iterable
from enum import Enum
from functools import cached_property, lru_cache
from itertools import chain

import msgspec

from dsl.characters import Category, Chars, Others, Range, is_word, variants
from dsl.pattern_reader import Refused, read
from dsl.regular import Edge, Either, Node, Repeat, Seq

LARGEST = 1_500                              # states of one pattern
MOST_PAIRS = 3_000                           # pairs of state sets looked at for two patterns
LONGEST = 60                                 # characters of an example
FOUND = 0                                    # the number of the set where, whatever comes, it has been found


class Unknown(Enum):
    UNKNOWN = "not worked out"


UNKNOWN = Unknown.UNKNOWN


class Effort(msgspec.Struct):
    """How many steps from one pair of state sets to another may still be tried."""

    left: int


class TooLarge(Exception):
    pass


class Machine(msgspec.Struct, dict=True):
    """States are numbers, 0 the first and 1 the last; a character or an edge of the text leads from one to another.

    Sets of states are numbered as they are reached, together with what kind of character came before them.
    """

    is_open: bool = False                    # what is written begins or ends with `.*` or its like
    moves: list[list[tuple[Chars, int]]] = msgspec.field(default_factory=lambda: [[], []])
    free: list[list[tuple[str, int]]] = msgspec.field(default_factory=lambda: [[], []])  # "" or the kind of an edge
    _numbers: dict[tuple[frozenset[int], str], int] = {}
    _sets: list[tuple[frozenset[int], str]] = []
    _steps: list[dict[str, int]] = []
    _ends: list[bool] = []
    _told: dict[str, tuple[bool, ...]] = {}

    # --- making it --------------------------------------------------------------------------------------------

    def state(self) -> int:
        if len(self.moves) >= LARGEST:
            raise TooLarge
        self.moves.append([])
        self.free.append([])
        return len(self.moves) - 1

    def add(self, node: Node, start: int, end: int) -> None:
        """Ways from `start` to `end` for all that `node` takes."""
        match node:
            case Chars():
                self.moves[start].append((node, end))
            case Edge(kind):
                self.free[start].append((kind, end))
            case Either(ways):
                for way in ways:
                    self.add(way, start, end)
            case Seq(items):
                for item in items:
                    after = self.state()
                    self.add(item, start, after)
                    start = after
                self.free[start].append(("", end))
            case Repeat(of, least, most):
                for _ in range(least):
                    after = self.state()
                    self.add(of, start, after)
                    start = after
                self._more(of, start, end, None if most is None else most - least)

    def _more(self, of: Node, start: int, end: int, most: int | None) -> None:
        if most is None:
            around = self.state()
            self.free[start].append(("", around))
            self.add(of, around, around)
            start = around
        for _ in range(most or 0):
            self.free[start].append(("", end))
            after = self.state()
            self.add(of, start, after)
            start = after
        self.free[start].append(("", end))

    # --- running it -------------------------------------------------------------------------------------------

    @cached_property
    def begin(self) -> int:
        """The number of the set before the first character."""
        self._number(frozenset((-1,)), "")
        return self._number(frozenset(), "")

    def _number(self, states: frozenset[int], before: str) -> int:
        key = (states, before)
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = len(self._sets)
            self._sets.append(key)
            self._steps.append({})
            self._ends.append(known == FOUND or 1 in self._reach(states, before, ""))
        return known

    def _reach(self, states: frozenset[int], before: str, after: str) -> set[int]:
        """All states without another character, between these two (empty: an edge); a search begins at every place."""
        todo, seen = [*states, 0], {*states, 0}
        while todo:
            for kind, target in self.free[todo.pop()]:
                if target not in seen and _holds(kind, before, after):
                    seen.add(target)
                    todo.append(target)
        return seen

    def step(self, number: int, character: str) -> int:
        """The set after one more character."""
        if number == FOUND:
            return FOUND
        known = self._steps[number].get(character)
        if known is None:
            states, before = self._sets[number]
            here = self._reach(states, before, character)
            known = FOUND if 1 in here else self._number(
                frozenset(target for state in here for chars, target in self.moves[state] if chars.takes(character)),
                _kind(character))
            self._steps[number][character] = known
        return known

    def ends(self, number: int) -> bool:
        """Whether it has been found once the text ends here."""
        return self._ends[number]

    def takes(self, text: str) -> bool:
        """Whether it is found in the text."""
        number = self.begin
        for character in unicodedata.normalize("NFC", text):
            number = self.step(number, character)
        return self.ends(number)

    # --- its alphabet -----------------------------------------------------------------------------------------

    @cached_property
    def sets(self) -> tuple[Chars, ...]:
        return tuple(dict.fromkeys(chars for moves in self.moves for chars, _ in moves))

    def told(self, character: str) -> tuple[bool, ...]:
        """Which of its sets take the character."""
        known = self._told.get(character)
        if known is None:
            known = self._told[character] = tuple(chars.takes(character) for chars in self.sets)
        return known

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The characters that are written in it, in the lower case where that is all the same."""
        found = []
        for chars in self.sets:
            if chars.single is not None:
                lower = chars.single.lower()
                found.append(lower if chars.fold and len(lower) == 1 else chars.single)
        return tuple(dict.fromkeys(found))

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """Characters that may be in one of its sets and not in another."""
        found = chain.from_iterable(_samples(chars) for chars in self.sets if chars.single is None)
        return tuple(sign for sign in dict.fromkeys(found) if unicodedata.is_normalized("NFC", sign))

    @cached_property
    def shortest(self) -> "str | Unknown | None":
        """The shortest text it takes."""
        return both(self, EVERYTHING)


def _holds(kind: str, before: str, after: str) -> bool:
    match kind:
        case "start":
            return not before
        case "end":
            return not after
        case "line_start":
            return before in ("", "\n")
        case "line_end":
            return after in ("", "\n")
        case "boundary" | "inside":
            differs = bool(before and is_word(before)) != bool(after and is_word(after))
            return differs == (kind == "boundary")
    return True


@lru_cache(5000)
def _kind(before: str) -> str:
    """What of the character before can matter to an edge."""
    return before if before in ("", "\n") else "a" if is_word(before) else " "


@lru_cache(500)
def machine(source: str) -> Machine | None:
    """The machine of a pattern of a table (RE2 source with its flags); None if it is broken or too large."""
    try:
        tree = read(source, fold=False, longest=MOST_SOURCE)
        made = Machine(_is_open(tree))
        made.add(tree, 0, 1)
    except (Refused, TooLarge):
        return None
    return made


MOST_SOURCE = 20_000                         # characters: what a pattern was written out to may be long


def _is_open(tree: Node) -> bool:
    items = tree.items if isinstance(tree, Seq) else (tree,)
    return any(isinstance(item, Repeat) and item.most is None and isinstance(item.of, Chars)
               and item.of.takes(" ") and item.of.takes("a") for item in (items[:1] + items[-1:]))


EVERYTHING = Machine()
EVERYTHING.add(Seq(()), 0, 1)
NOWHERE = Machine()                          # found in no text


def both(one: Machine, other: Machine, effort: Effort | None = None) -> str | Unknown | None:
    """The shortest text that both take, None if there is none."""
    return _search(one, other, True, effort)


def only(one: Machine, other: Machine, effort: Effort | None = None) -> str | Unknown | None:
    """The shortest text that the first takes and the other does not; None: the other takes all of its texts."""
    return _search(one, other, False, effort)


def collide(one: Machine, other: Machine, effort: Effort | None = None) -> str | Unknown | None:
    """As `both`, without what is true of any two patterns: that a text may hold first the one, then the other.

    Where one of them is written with an open end (`/track.*/`), just that is meant to be taken, and counts.
    """
    found = both(one, other, effort)
    if not isinstance(found, str):
        return found
    side_by_side = sum(len(text) for text in (one.shortest, other.shortest) if isinstance(text, str))
    is_meant = one.is_open or other.is_open or len(found) < side_by_side
    return _readable(found, one, other) if is_meant else None


def _search(one: Machine, other: Machine, with_other: bool, effort: Effort | None) -> str | Unknown | None:
    """The shortest text that the first takes, and that the other takes or does not take."""
    if effort is not None and effort.left <= 0:
        return UNKNOWN
    alphabet = _alphabet(one, other)
    seen, level, length = {(one.begin, other.begin)}, {(one.begin, other.begin): ""}, 0
    while level and len(seen) <= MOST_PAIRS and length < LONGEST:
        length += 1
        after: dict[tuple[int, int], str] = {}
        for (left, right), text in level.items():
            for character in alphabet:
                there = (one.step(left, character), other.step(right, character))
                if there in seen:
                    continue
                seen.add(there)
                if one.ends(there[0]) and other.ends(there[1]) == with_other:
                    _spend(effort, len(seen) * len(alphabet))
                    return text + character
                if with_other or there[1] != FOUND:
                    after[there] = text + character
        level = after
    _spend(effort, len(seen) * len(alphabet))
    return UNKNOWN if level else None


def _spend(effort: Effort | None, steps: int) -> None:
    if effort is not None:
        effort.left -= steps


# Characters an example is made of where a set leaves the choice: letters first, then what people type.
_READABLE = "ab0 1c.-,!?@/:+#'\"()éß中\n\t_"
# A character of each general category, and a letter of each script that people write to bots in.
_ONE_OF_EACH = "Aaǅʰªः\u0301\u20dd5Ⅷ²_-()«»!+$^©\u00a0\u2028\u2029\x01\u200d\ue000\u0378"
_LETTERS = "αяאعहกあカ漢한"


def _alphabet(one: Machine, other: Machine) -> list[str]:
    """One character for each way the sets tell characters apart, the most readable of each."""
    candidates = dict.fromkeys(chain(one.letters, other.letters, _READABLE, one.samples, other.samples))
    alphabet: dict[tuple[object, ...], str] = {}
    for character in candidates:
        alphabet.setdefault((_kind(character), one.told(character), other.told(character)), character)
    return list(alphabet.values())


def _samples(chars: Chars) -> Iterable[str]:
    """The ends of a set's ranges and their neighbours, and a character of each category where it names any."""
    for member in chain.from_iterable(m.members if isinstance(m, Others) else (m,) for m in chars.members):
        if isinstance(member, Range):
            for point in (member.first, member.last, member.first - 1, member.last + 1):
                if 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
                    yield from sorted(variants(chr(point)))
        elif isinstance(member, Category):
            yield from _ONE_OF_EACH
        else:
            yield from _LETTERS


def _readable(example: str, one: Machine, other: Machine) -> str:
    """With a space between the two halves of the example, where both still take it."""
    for at in range(1, len(example)):
        spaced = f"{example[:at]} {example[at:]}"
        if example[at - 1].isalnum() and example[at].isalnum() and one.takes(spaced) and other.takes(spaced):
            return spaced
    return example
