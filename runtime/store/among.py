"""`column IN (…)` with all of the list in one parameter, so that its length does not make another statement.

A statement of another text is compiled, prepared and planned anew, by SQLAlchemy and by the database. SQLite takes the
list as JSON, PostgreSQL as an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_encode = msgspec.json.Encoder().encode


class ListOf(sa.types.TypeDecorator[Sequence[Any]]):
    """A list of the values of a column."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        is_postgres = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(self.item) if is_postgres else sa.Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: sa.Dialect) -> Any:
        held = [] if value is None else list(value)
        return held if dialect.name == "postgresql" else _encode(held).decode()


class Among(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: with `= 1` behind it, as SQLAlchemy writes truth on SQLite, no index would be used."""
        return self


def among(column: sa.ColumnElement[Any], name: str) -> Among:
    """Whether a column's value is one of the list given as parameter `name`."""
    return Among(column, sa.bindparam(name, type_=ListOf(column.type)))


@compiles(Among, "sqlite")
def _in_sqlite(element: Among, compiler: Any, **how: Any) -> str:
    column, held = element.clauses
    return f"{compiler.process(column, **how)} IN (SELECT value FROM json_each({compiler.process(held, **how)}))"  # noqa: S608


@compiles(Among, "postgresql")
def _in_postgres(element: Among, compiler: Any, **how: Any) -> str:
    column, held = element.clauses
    return f"{compiler.process(column, **how)} = ANY ({compiler.process(held, **how)})"
