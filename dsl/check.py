"""What holds of every bot that compiles: the checks, in order, on the lowered table.

Each is a question of its own in `dsl/checks/`; the graph, the facts and the silent edges are made once for all.
"""

from collections.abc import Iterator, Mapping

from dsl.checks.always import always
from dsl.checks.channel import channel
from dsl.checks.choices import choices
from dsl.checks.ends import ends
from dsl.checks.facts import solve
from dsl.checks.graph import Graph
from dsl.checks.known import known
from dsl.checks.lists import lists
from dsl.checks.loops import loops
from dsl.checks.secrets import secrets
from dsl.checks.silence import Silence
from dsl.checks.turns import turns
from dsl.checks.wayout import wayout
from dsl.checks.window import window
from dsl.diagnostics import Diagnostic
from dsl.files import Beside, InTexts
from dsl.source import Source
from dsl.table import SourceMap, Table

NOTHING = InTexts({})                        # beside a bot that is no folder

def check(table: Table, places: SourceMap, sources: Mapping[str, Source],
          beside: Beside = NOTHING) -> Iterator[Diagnostic]:
    """All that can be said of a table, in the order of the checks; whoever shows it sorts by place."""
    if not any("'" in name for name in table.steps):     # two steps of one name: one of them is not where it was meant
        yield from _of_the_shape(Graph(table, places, sources))
    yield from channel(table, places, beside)
    yield from choices(table, places)
    yield from secrets(sources)


def _of_the_shape(graph: Graph) -> Iterator[Diagnostic]:
    silence = Silence(graph)
    facts = solve(graph)
    yield from ends(graph)
    yield from loops(graph, silence)
    yield from wayout(graph)
    yield from known(graph, facts)
    yield from lists(graph, facts)
    yield from always(graph)
    yield from window(graph)
    yield from turns(graph, silence)
