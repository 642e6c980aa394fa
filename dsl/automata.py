"""Whether two patterns take the same text, shown by the shortest one that both do.

A pattern becomes a machine of states (Thompson's construction) that is run on sets of them, made as they are needed.
Two machines side by side, breadth first, reach the shortest text first. Their alphabet is one character for each way
in which the sets of both patterns tell characters apart, plain letters and the space before all others, so that an
example can be read aloud.

Patterns are searched: what comes before and after does not matter. Work is bounded; past the bound the answer is
`UNKNOWN`, and nothing is said.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import chain, product

from dsl.characters import Category, Chars, Others, Range, is_word, variants
from dsl.patterns import Refused, read
from dsl.regular import Edge, Either, Node, Repeat, Seq

LARGEST = 1_500                              # states of one pattern
MOST_PAIRS = 3_000                           # pairs of state sets looked at for two patterns
LONGEST = 60                                 # characters of an example

States = frozenset[int]
FOUND: States = frozenset({-1})              # whatever comes: it has been found


class Unknown(Enum):
    UNKNOWN = "not worked out"


UNKNOWN = Unknown.UNKNOWN


class TooLarge(Exception):
    pass


@dataclass
class Machine:
    """States are numbers, 0 the first and 1 the last; a character or an edge of the text leads from one to another."""

    is_open: bool = False                    # what is written begins or ends with `.*` or its like
    moves: list[list[tuple[Chars, int]]] = field(default_factory=lambda: [[], []])
    free: list[list[tuple[str, int]]] = field(default_factory=lambda: [[], []])   # "" or the kind of an edge
    _steps: dict[tuple[States, str, str], States] = field(default_factory=dict)

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
                if most is None:
                    around = self.state()
                    self.free[start].append(("", around))
                    self.add(of, around, around)
                    self.free[around].append(("", end))
                    return
                for _ in range(most - least):
                    self.free[start].append(("", end))
                    after = self.state()
                    self.add(of, start, after)
                    start = after
                self.free[start].append(("", end))

    def reach(self, states: States, before: str, after: str) -> set[int]:
        """All states without another character, between these two (empty: an edge of the text)."""
        todo, seen = [*states, 0], {*states, 0}
        while todo:
            for kind, target in self.free[todo.pop()]:
                if target not in seen and _holds(kind, before, after):
                    seen.add(target)
                    todo.append(target)
        return seen

    def step(self, states: States, before: str, character: str) -> States:
        """The states after one more character; a search begins anew at every one."""
        if states == FOUND:
            return FOUND
        key = (states, _kind(before), character)
        known = self._steps.get(key)
        if known is None:
            here = self.reach(states, before, character)
            known = FOUND if 1 in here else frozenset(
                target for state in here for chars, target in self.moves[state] if chars.takes(character))
            self._steps[key] = known
        return known

    def ends(self, states: States, before: str) -> bool:
        """Whether it has been found once the text ends here."""
        return states == FOUND or 1 in self.reach(states, before, "")

    def takes(self, text: str) -> bool:
        """Whether it is found in the text."""
        states, before = frozenset[int](), ""
        for character in unicodedata.normalize("NFC", text):
            states = self.step(states, before, character)
            before = character
        return self.ends(states, before)

    def sets(self) -> Iterable[Chars]:
        return dict.fromkeys(chars for moves in self.moves for chars, _ in moves)


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


def _kind(before: str) -> str:
    """What of the character before can matter to an edge."""
    return before if before in ("", "\n") else "a" if is_word(before) else " "


@lru_cache(500)
def machine(source: str) -> Machine | None:
    """The machine of a pattern of a table (RE2 source with its flags); None if it is broken or too large."""
    try:
        tree = read(source, fold=False)
        made = Machine(_is_open(tree))
        made.add(tree, 0, 1)
    except (Refused, TooLarge):
        return None
    return made


def _is_open(tree: Node) -> bool:
    items = tree.items if isinstance(tree, Seq) else (tree,)
    return any(isinstance(item, Repeat) and item.most is None and isinstance(item.of, Chars)
               and item.of.takes(" ") and item.of.takes("a") for item in (items[:1] + items[-1:]))


def both(one: Machine, other: Machine) -> str | Unknown | None:
    """The shortest text that both take, None if there is none."""
    return _search(one, other, lambda first, second: first and second)


def collide(one: Machine, other: Machine) -> str | Unknown | None:
    """As `both`, without what is true of any two patterns: that a text may hold first the one, then the other.

    Where one of them is written with an open end (`/track.*/`), just that is meant to be taken, and counts.
    """
    found = both(one, other)
    if not isinstance(found, str):
        return found
    shortest = [both(each, EVERYTHING) for each in (one, other)]
    side_by_side = sum(len(text) for text in shortest if isinstance(text, str))
    is_meant = one.is_open or other.is_open or len(found) < side_by_side
    return _readable(found, one, other) if is_meant else None


def only(one: Machine, other: Machine) -> str | Unknown | None:
    """The shortest text that the first takes and the other does not; None: the other takes all of its texts."""
    return _search(one, other, lambda first, second: first and not second)


EVERYTHING = Machine()
EVERYTHING.add(Seq(()), 0, 1)


def _search(one: Machine, other: Machine, wanted: Callable[[bool, bool], bool]) -> str | Unknown | None:
    alphabet = _alphabet([*one.sets(), *other.sets()])
    first: tuple[States, States, str] = (frozenset(), frozenset(), "")
    level, seen, length = {first: ""}, {first}, 0
    while level:
        length += 1
        after: dict[tuple[States, States, str], str] = {}
        for ((left, right, before), text), character in product(level.items(), alphabet):
            there = (one.step(left, before, character), other.step(right, before, character), _kind(character))
            if there in seen:
                continue
            seen.add(there)
            if wanted(one.ends(there[0], character), other.ends(there[1], character)):
                return text + character
            after[there] = text + character
        if len(seen) > MOST_PAIRS or length > LONGEST:
            return UNKNOWN
        level = after
    return None


# Characters an example is made of where a set leaves the choice: letters first, then what people type.
_READABLE = "ab0 1c.-,!?@/:+#'\"()éß中\n\t_"


def _alphabet(sets: list[Chars]) -> list[str]:
    """One character for each way the sets tell characters apart, the most readable of each."""
    candidates: dict[str, None] = {}
    for chars in sets:
        if chars.single is not None:
            plain = chars.single.lower() if chars.fold and len(chars.single.lower()) == 1 else chars.single
            candidates[plain] = None
    candidates |= dict.fromkeys(_READABLE)
    for chars in sets:
        if chars.single is None:
            candidates |= dict.fromkeys(_samples(chars))
    alphabet: dict[tuple[object, ...], str] = {}
    for character in candidates:
        if unicodedata.normalize("NFC", character) == character:
            alphabet.setdefault((_kind(character), *(chars.takes(character) for chars in sets)), character)
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


# A character of each general category, and a letter of each script that people write to bots in.
_ONE_OF_EACH = "Aaǅʰªः\u0301\u20dd5Ⅷ²_-()«»!+$^©\u00a0\u2028\u2029\x01\u200d\ue000\u0378"
_LETTERS = "αяאعहกあカ漢한"


def _readable(example: str, one: Machine, other: Machine) -> str:
    """With a space between the two halves of the example, where both still take it."""
    for at in range(1, len(example)):
        spaced = f"{example[:at]} {example[at:]}"
        if example[at - 1].isalnum() and example[at].isalnum() and one.takes(spaced) and other.takes(spaced):
            return spaced
    return example
