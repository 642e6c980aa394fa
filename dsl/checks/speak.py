"""How the checks speak of a bot: names in backticks, lines, ways, and the smallest place that shows what is meant."""

import re
from collections.abc import Iterable, Sequence

from dsl.checks.graph import Edge, Graph
from dsl.source import Span
from dsl.table import Place

LONGEST_WAY = 6                              # flows of a way that are named; what is between is left out


def listed(names: Iterable[str]) -> str:
    """
    >>> listed(["a", "b", "c"])
    '`a`, `b` and `c`'
    """
    quoted = [f"`{name}`" for name in names]
    return " and ".join((", ".join(quoted[:-1]), quoted[-1])) if len(quoted) > 1 else "".join(quoted)


def line(graph: Graph, place: Place, beside: Place) -> str:
    """`line 9`, with the file's name where it is not that of the place `beside`."""
    return f"line {place.line}" + ("" if place.file == beside.file else f" of {graph.places.files[place.file]}")


def written(graph: Graph, place: Place) -> str:
    """The author's own characters at a place."""
    source = graph.sources.get(graph.places.files[place.file])
    return source.text[place.start:place.end] if source else ""


def path(graph: Graph, name: str, span: Span) -> str:
    """A name with the fields that are written behind it at a place: `visit.at`."""
    source = graph.sources.get(span.file)
    found = _PATH.match(source.text, span.start) if source else None
    return found[0] if found and found[0].split(".")[0] == name else name


_PATH = re.compile(r"\w+(?:\.\w+)*")
_WORD = re.compile(r"(?<![\w.@])\w+")


def mention(graph: Graph, name: str, *places: Place, inside_text: bool = False) -> Span:
    """Where `name` stands within the first of `places` that mentions it, else the first place.

    Args:
        inside_text: only what stands in braces counts.
    """
    for place in places:
        text = written(graph, place)
        for found in _WORD.finditer(text):   # one pattern for all names: compiling one for each costs more than looking
            if found[0] == name and (not inside_text or _in_braces(text, found.start())):
                return Span(graph.places.files[place.file], place.start + found.start(), place.start + found.end())
    return graph.span(places[0])


def _in_braces(text: str, at: int) -> bool:
    return text.rfind("{", 0, at) > text.rfind("}", 0, at)


def way(graph: Graph, edges: Sequence[Edge], beside: Place) -> str:
    """`welcome -> help (line 9) -> lookup`: the flows along edges, each with the line that leads there."""
    stations: list[str] = []
    last = ""
    for edge in edges:
        flow = graph.flow_of(edge.target)
        if flow not in (last, "anywhere"):
            last = flow
            is_written = edge.kind not in ("begin", "lost") and graph.flow_of(edge.source) != flow
            at = line(graph, graph.place(edge), beside) if is_written else ""
            stations.append(f"{flow} ({at})" if at else flow)
    if len(stations) > LONGEST_WAY:
        stations[2:len(stations) - 3] = ["…"]
    return " -> ".join(stations)
