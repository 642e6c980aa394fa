"""Places of a table as spans, and messages of a table with the places they stand at; shared by the checks."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from dsl.bounds import flow_of
from dsl.source import Span
from dsl.table import Message, Place, Row, SourceMap, Table


def span_of(places: SourceMap, place: Place | None) -> Span:
    """A place as a span; what is written nowhere stands at the beginning of the first file."""
    if place is None or place.file >= len(places.files):
        return Span(places.files[0] if places.files else "", 0, 0)
    return Span(places.files[place.file], place.start, place.end)


def nth(places: Sequence[Place] | None, at: int) -> Place | None:
    return places[at] if places is not None and 0 <= at < len(places) else None


def text_span(places: SourceMap, text: int) -> Span:
    return span_of(places, nth(places.texts, text))


def expr_span(places: SourceMap, expr: int) -> Span:
    return span_of(places, nth(places.exprs, expr))


class Placed(NamedTuple):
    """An operation, the flow it runs in and where it is written."""

    flow: str
    op: list[Any]
    place: Place | None


SHOWING = ("say", "media", "list")           # operations that show a text of the bot


def placed_ops(table: Table, places: SourceMap, kinds: Collection[str] = SHOWING) -> Iterator[Placed]:
    """Every operation of these kinds in the runs and the rows."""
    for name, ops in table.runs.items():
        for at, op in enumerate(ops):
            if op[0] in kinds:
                yield Placed(flow_of(name), op, nth(places.ops.get(name), at))
    for key, flow, rows in row_lists(table):
        for at, row in enumerate(rows):
            for op in row.ops:
                if op[0] in kinds:
                    yield Placed(flow, op, nth(places.rows.get(key), at))


def row_lists(table: Table) -> Iterator[tuple[str, str, Sequence[Row]]]:
    """Every list of rows: its key in the source map, the flow whose locals they use, the rows."""
    for name, step in table.steps.items():
        yield name, step.flow, step.on
    yield "anywhere", "anywhere", table.anywhere
    yield "starts", "anywhere", table.starts


def message_of(op: list[Any]) -> Message:
    """The message of a `say`."""
    return op[1] if isinstance(op[1], Message) else msgspec.convert(op[1], Message)


def variants(message: Message) -> list[int]:
    return message.text if isinstance(message.text, list) else [message.text]
