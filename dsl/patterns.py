"""Regular expressions between slashes: our dialect, read by our own parser, written out for RE2.

The dialect is RE2's syntax (no look-around, no back-references: linear time, whatever a user sends) with Unicode
`\\w \\d \\s \\b`. We read patterns ourselves because RE2 gives neither the place of a fault nor a tree, and the tree is
what overlaps are found with (`automata`). Only whether a pattern is found matters, never what it matched: groups
capture nothing, and lazy is the same as greedy.

What stands in a table is always written by `to_re2`, with its flags in it; `boundaries` writes `\\b`.
"""


import msgspec

from dsl.boundaries import Tangled, without_boundaries
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.pattern_reader import TOO_LARGE, Refused, read
from dsl.pattern_reader import Fault as Fault
from dsl.regular import Edge, Node, cost, mostly_folded, seq, write
from dsl.source import Span
from dsl.syntax import Regex

# RE2 refuses a program over 8 MiB; `\w{315}` is the longest it takes, about 350,000 instructions (measured).
LARGEST = 250_000

# Characters of all patterns of a bot, or of a file of stories; the bots here have some hundred. Each is tried on every
# reply, and to read one costs ten microseconds a character, and five times that with boundaries in it.
MOST = 10_000

TOO_MUCH = Kind("F520", Severity.ERROR, "the patterns before this one have {most:,} characters already",
                why="On every reply the bot tries its patterns one after the other.",
                fix="take some out: words between quotes cost nothing, and what is long is better judged by an action")
TANGLED = Kind("F519", Severity.ERROR, "a word boundary cannot be written out: {what}")


class Re2(msgspec.Struct, frozen=True):
    """A pattern as the runtime compiles it, flags included; `tree` is for the checks."""

    source: str
    tree: Node


def to_re2(source: str, *, whole: bool = False) -> Re2 | Fault:
    """The pattern `source` for RE2, or what is wrong with it.

    Args:
        whole: a rule's `matches`, case-sensitive and of the whole text; else searched, in either case unless the
            pattern says `(?-i)`.
    """
    try:
        tree = read(source, fold=not whole)
        plain = without_boundaries(seq(Edge("start"), tree, Edge("end")) if whole else tree)
        size = cost(plain)
    except Refused as refused:
        return refused.fault
    except Tangled as tangled:
        what, fix = tangled.args
        return Fault(TANGLED, 0, len(source), {"what": what}, fix)
    if size > LARGEST:
        what = f"{size:,} of {LARGEST:,} parts when its repeats are written out"
        return Fault(TOO_LARGE, 0, len(source), {"what": what},
                     "repeat less often, or check the length with `length` in a rule")
    fold = mostly_folded(plain)
    return Re2("(?i)" * fold + write(plain, fold), tree)


def diagnostic(fault: Fault, pattern: Regex) -> Diagnostic:
    """The fault where it is, inside the author's `/…/` (whether or not the span counts the slashes)."""
    start = pattern.span.start + (pattern.span.end - pattern.span.start - len(pattern.source)) // 2
    span = Span(pattern.span.file, start + fault.start, min(start + max(fault.end, fault.start + 1), pattern.span.end))
    return fault.kind.at(span, *([Fix(fault.fix)] if fault.fix else []), **fault.names)
