"""Personal data: from where it is kept to where it would leave the conversation.

A slot marked `pii` holds it, and so does whatever it is set into, in any flow. What leaves is an argument of `call` or
`track`, and what a team reads at a handover; saying it to the same user is free.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.source import Span
from dsl.typed import Variable

LEAVES = Kind("F700", Severity.ERROR, "personal data leaves the conversation: `{name}` in `{where}`",
              why="Whoever receives it keeps it where nobody can erase it with the user's other data.")
TOLD = Kind("F701", Severity.WARNING, "a handover shows personal data: `{name}`",
            why="It stays in the team's notifications, where nobody can erase it with the user's other data.",
            fix="leave it out, or write `reveal {name}` if the team shall see it")


class Privacy:
    """What flows where, gathered while flows are read; the answers come when all have been."""

    def __init__(self) -> None:
        self._into: dict[Variable, list[Variable]] = {}
        self._sinks: list[tuple[Kind, Span, frozenset[Variable], str]] = []

    def flows(self, reads: Iterable[Variable], into: Variable) -> None:
        """A value that shows something of `reads` is put into a variable, a parameter or what a flow returns."""
        for read in reads:
            self._into.setdefault(read, []).append(into)

    def leaves(self, span: Span, reads: frozenset[Variable], where: str) -> None:
        if reads:
            self._sinks.append((LEAVES, span, reads, where))

    def told(self, span: Span, reads: frozenset[Variable]) -> None:
        if reads:
            self._sinks.append((TOLD, span, reads, "handover"))

    def holders(self, marked: Iterable[Variable]) -> dict[Variable, Variable]:
        """Every variable that holds personal data: the one that is marked from which it has it."""
        held = {variable: variable for variable in marked}
        waiting = deque(held)
        while waiting:
            variable = waiting.popleft()
            for into in self._into.get(variable, ()):
                if into not in held:
                    held[into] = held[variable]
                    waiting.append(into)
        return held

    def found(self, held: Mapping[Variable, Variable], places: Mapping[Variable, Span]) -> Iterator[Diagnostic]:
        """What leaves; `places` are those where the marked slots are declared."""
        for kind, span, reads, where in self._sinks:
            leaking = sorted(read for read in reads if read in held)
            if leaking:
                origin = held[leaking[0]]
                there = (Label(places[origin], "marked `pii` here"),) if origin in places else ()
                reveal = Edit(Span(span.file, span.start, span.start), "reveal ")
                fixes = (Fix("if that is what you want, say so: `reveal …`", (reveal,)),) if kind is LEAVES else ()
                yield kind.at(span, *fixes, label="personal data", others=there, name=leaking[0][-1], where=where)
