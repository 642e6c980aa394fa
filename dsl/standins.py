"""Stand-ins: what is read in place of a line or a block that nobody can read, so that reading can go on."""

from collections.abc import Iterator, Mapping, Sequence

from dsl.kinds import DEDENT, DURATION, INDENT, INT, NEVER_NAMES, NEW_LINE, TEXT
from dsl.reader import BROKEN
from dsl.recovery import Piece

# The rest of a line of which only the first word is believed.
SIMPLEST: Mapping[str, tuple[str, ...]] = {
    "flow": (BROKEN,), "menu": (BROKEN, TEXT), "rule": (BROKEN, "for", BROKEN), "anywhere": (),
    "if": (BROKEN,), "elif": (BROKEN,), "else": (), "for": (BROKEN, "in", BROKEN), "ask": (BROKEN, TEXT),
    "need": (BROKEN, TEXT), "choose": (BROKEN, TEXT), "-": (TEXT,), "call": (BROKEN,), "handover": (TEXT,),
    "say": (BROKEN,), "on": (TEXT,), "tries": (INT,), "after": (DURATION,), "otherwise": (INT, "times"),
}
NAMED = frozenset({"flow", "menu", "rule", "ask", "need", "choose", "call", "for"})
# What may have stood above a block whose own first line nobody can read, the likeliest first.
ADOPTERS = ("if", "choose", "ask", "call", "-", "flow", "menu", "anywhere", "rule", "after", "say", "on")
# What stands for a block of which nothing can be read: the first of these that fits.
EMPTY_BLOCKS = (
    (INDENT, "do", BROKEN, NEW_LINE, DEDENT), (INDENT, "private", NEW_LINE, DEDENT), (INDENT, "trim", NEW_LINE, DEDENT),
    (INDENT, "on", TEXT, "do", BROKEN, NEW_LINE, DEDENT), (INDENT, "title", BROKEN, NEW_LINE, DEDENT),
)


def stand_ins(line: Sequence[Piece], has_block: bool) -> Iterator[list[Piece]]:
    """Lines that could stand for this one, the likeliest first: the simplest of its kind, or any that takes a block.

    Where no block follows, what would want one leads somewhere on its own line.
    """
    word, start, end = line[0]
    leads = [("->", end, end), (BROKEN, end, end)]
    new_line = (NEW_LINE, end, end)
    if word in SIMPLEST:
        rest = [(kind, end, end) for kind in SIMPLEST[word]]
        if word in NAMED and line[1][0] not in NEVER_NAMES:
            rest[0] = line[1]
        if not has_block:
            yield [line[0], *rest, *leads, new_line]
        yield [line[0], *rest, new_line]
    for adopter in ADOPTERS if has_block else ():
        yield [(adopter, start, end), *((kind, end, end) for kind in SIMPLEST[adopter]), new_line]
