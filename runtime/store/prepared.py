"""Statements of SQLAlchemy Core, compiled once and given to the driver as text.

What SQLAlchemy does anew with each execution (looking the compiled statement up, sorting out parameters by name and
type, making a result) costs several times the statement itself, for the short ones of a tick.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

Row = Mapping[str, Any]

NOTHING: Row = MappingProxyType({})
# Rows of one INSERT: so many sizes that few statements do, so few that all are prepared and stay so.
SIZES = (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)


class Rows:
    """Makes rows of what a statement returns, with its columns as names."""

    _row: Any = None

    def rows(self, cursor: Any) -> list[Any]:
        if cursor.description is None:
            return []
        if self._row is None:
            row: Any = namedtuple("Row", [column[0] for column in cursor.description])   # type: ignore[misc]
            self._row = row._make
        return list(map(self._row, cursor.fetchall()))


class Prepared(Rows):
    """A statement as text; what it needs is given by name."""

    def __init__(self, statement: sa.sql.ClauseElement, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, sa.sql.compiler.SQLCompiler)
        self.text = compiled.string
        self.names = tuple(compiled.positiontup or ())
        processors = {name: process for bind, name in compiled.bind_names.items()
                      if (process := bind.type.dialect_impl(dialect).bind_processor(dialect))}
        self._fixed = {name: processors[name](value) if name in processors else value
                       for name, value in compiled.params.items() if value is not None}
        self._processors = {name: process for name, process in processors.items() if name not in self._fixed}

    def parameters(self, given: Row) -> tuple[Any, ...]:
        held = {**self._fixed, **given}
        for name, process in self._processors.items():
            held[name] = process(held[name])
        return tuple([held[name] for name in self.names])


class Insert(Rows):
    """An INSERT of as many rows as there are, in as few statements as it takes."""

    def __init__(self, statement: Any, dialect: sa.Dialect, columns: Sequence[str],
                 made: Mapping[str, Callable[[Any], Any]] = NOTHING) -> None:
        """
        Args:
            columns: of a row, in the order of the table's.
            made: what becomes of that which is given for a column.
        """
        self._statement, self._dialect, self._columns, self._made = statement, dialect, columns, made
        self._texts: dict[int, str] = {}

    def parts(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Texts and their parameters, in the order of the rows."""
        start = 0
        for size in SIZES:
            while len(rows) - start >= size:
                text = self._texts.get(size) or self._text(size)
                yield text, tuple(chain.from_iterable(rows[start:start + size]))
                start += size

    def _text(self, size: int) -> str:
        names = [[f"{column}_{n}" for column in self._columns] for n in range(size)]
        rows = [{column: self._made.get(column, _as_it_is)(sa.bindparam(name))
                 for column, name in zip(self._columns, row, strict=True)} for row in names]
        prepared = Prepared(self._statement.values(rows), self._dialect)
        assert prepared.names == tuple(chain.from_iterable(names))
        self._texts[size] = prepared.text
        return prepared.text


def _as_it_is(given: Any) -> Any:
    return given


class Execute:
    """Executes on one connection, by the driver's own cursor. Faults are SQLAlchemy's."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._cursor: Any = connection.connection.cursor()

    def __call__(self, statement: Prepared, given: Row | Sequence[Row] = NOTHING) -> list[Any]:
        """Once, for the rows that come of it; or once for each of several rows of parameters."""
        if isinstance(given, Mapping):
            return self._run(statement, statement.text, statement.parameters(given))
        return self._run(statement, statement.text, [statement.parameters(row) for row in given])

    def insert(self, statement: Insert, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What it returns of the rows."""
        return [row for text, values in statement.parts(rows) for row in self._run(statement, text, values)]

    def _run(self, statement: Rows, text: str, given: tuple[Any, ...] | list[tuple[Any, ...]]) -> list[Any]:
        cursor, dialect = self._cursor, self._connection.dialect
        try:
            if isinstance(given, list):
                cursor.executemany(text, given)
            else:
                cursor.execute(text, given)
            return statement.rows(cursor)
        except dialect.loaded_dbapi.Error as fault:
            is_gone = dialect.is_disconnect(fault, self._connection.connection, cursor)
            if is_gone:
                self._connection.invalidate(fault)
            raise DBAPIError.instance(text, None, fault, dialect.loaded_dbapi.Error, dialect=dialect,
                                      connection_invalidated=is_gone) from fault
