"""Identities in the database: read and locked, written where an event changed them, conversations made one.

Whoever places an event shares the rows of its names until the commit: others may place events by them, too, but a
process that merges two conversations waits for those who are about to write into them, and they for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlmodel import SQLModel

from runtime.store.among import among
from runtime.store.identities import Book, Link
from runtime.store.port import Identity, Inbound
from runtime.store.prepared import Execute, Insert, Prepared
from runtime.store.tables import UNSENT, ConversationRow, IdentityRow, InboxRow, JournalRow, OutboxRow, TimerRow

C, D, I, J, O, T = (                                                                                    # noqa: E741
    SQLModel.metadata.tables[model.__tablename__]
    for model in (ConversationRow, IdentityRow, InboxRow, JournalRow, OutboxRow, TimerRow)
)

BEHIND_DIGITS = "g"                          # of a tag and of what follows it in a key, in any language's order
ROUNDS = 5                                   # of reading what others wrote in the meantime


class LinkStatements:
    """Compiled once."""

    def __init__(self, dialect: sa.Dialect, insert: Callable[[sa.Table], Any]) -> None:
        def made(statement: sa.sql.ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        name = (D.c.account, D.c.kind, D.c.value)
        read = sa.select(*name, D.c.conv, D.c.since).order_by(*name).with_for_update(read=True)
        self.of_names = made(read.where(D.c.account == sa.bindparam("a"), D.c.kind == sa.bindparam("k"),
                                        among(D.c.value, "values")))
        self.of_conversations = made(read.where(among(D.c.conv, "convs")))
        this = sa.and_(D.c.account == sa.bindparam("a"), D.c.kind == sa.bindparam("k"), D.c.value == sa.bindparam("v"))
        self.add = Insert(insert(D).on_conflict_do_nothing(index_elements=["account", "kind", "value"])
                          .returning(D.c.value), dialect, ("account", "kind", "value", "conv", "since"))
        self.move = made(sa.update(D).where(this).values(conv=sa.bindparam("to"), since=sa.bindparam("from")))
        self.drop = made(sa.delete(D).where(this))

        other: sa.BindParameter[str] = sa.bindparam("other")
        into: sa.BindParameter[str] = sa.bindparam("into")
        self.hold = made(sa.select(C.c.id).where(among(C.c.id, "convs")).order_by(C.c.id).with_for_update())
        merge: list[sa.Update | sa.Delete] = []
        for table in (I, J):
            has = table.alias()
            merge += [sa.update(table).values(conv=into).where(
                          table.c.conv == other,
                          ~sa.exists().where(has.c.conv == into, has.c.msg_id == table.c.msg_id)),
                      sa.delete(table).where(table.c.conv == other)]
        # Found by their keys, which begin with the conversation's tag; those it took over itself only while unsent.
        tag = sa.select(C.c.tag).where(C.c.id == other).scalar_subquery()
        merge += [sa.update(O).where(O.c.conv == other, one).values(conv=into)
                  for one in (UNSENT, sa.and_(O.c.key >= tag, O.c.key < tag.concat(BEHIND_DIGITS)))]
        # The row stays, and its count of turns: keys are made of it. Others may have it in mind.
        merge += [sa.delete(T).where(T.c.conv == other),
                  sa.update(C).where(C.c.id == other).values(state="", contact="")]
        self.merge = [made(statement) for statement in merge]


class Links:
    """The identities of one tick."""

    def __init__(self, execute: Execute, sql: LinkStatements, now: int, tag: Callable[[], str]) -> None:
        self._execute, self._sql, self._now, self._tag = execute, sql, now, tag

    def placed(self, inbound: Sequence[Inbound]) -> tuple[Inbound, ...]:
        """These events in the conversations they belong to; what is new of their names is written."""
        names = {name for one in inbound for name in (*one.identities, *one.was)}
        if not names:
            return tuple(inbound)
        links = self._of_names(names)
        known = [_known(links, one) for one in inbound]
        if None not in known:
            return tuple(one if name == one.conversation else replace(one, conversation=name)
                         for one, name in zip(inbound, known, strict=True) if name)
        left: dict[str, Inbound] = {}
        for _ in range(ROUNDS):
            convs = {one.conversation for one in inbound} | {link.conversation for link in links.values()}
            links |= _links(self._execute(self._sql.of_conversations, {"convs": sorted(convs)}))
            book = Book(links, self._now, self._tag)
            placed = tuple(book.placed(inbound))
            left |= book.left
            if self._write(links, book):
                break
            # Another process was first with one of the new names: it leads to where that one says.
            links = self._of_names(names)
            if all(book.links.get(name) == link for name, link in links.items()):
                break
        return (*placed, *left.values())

    def _of_names(self, names: Iterable[Identity]) -> dict[Identity, Link]:
        """One statement for each kind, and not one for all: SQLite would read the whole table for a list of pairs."""
        values: dict[tuple[str, str], list[str]] = {}
        for name in names:
            values.setdefault((name.account, name.kind), []).append(name.value)
        return {identity: link for (account, kind), told in sorted(values.items())
                for identity, link in _links(self._execute(self._sql.of_names, {
                    "a": account, "k": kind, "values": told})).items()}

    def _write(self, before: Mapping[Identity, Link], book: Book) -> bool:
        """Whether every new name is now ours, and not another process's."""
        after = book.links
        if gone := [_key(name) for name in before if name not in after]:
            self._execute(self._sql.drop, gone)
        if moved := [_key(name) | {"to": link.conversation, "from": link.since} for name, link in after.items()
                     if name in before and before[name] != link]:
            self._execute(self._sql.move, moved)
        # Sorted: two processes that insert the same rows in opposite order would wait for each other.
        new = sorted((*name, link.conversation, link.since) for name, link in after.items() if name not in before)
        added = self._execute.insert(self._sql.add, new)
        if book.merged:
            self._execute(self._sql.hold, {"convs": sorted({*book.merged, *book.merged.values()})})
        for other, into in book.merged.items():
            for statement in self._sql.merge:
                self._execute(statement, {"other": other, "into": into})
        return len(added) == len(new)


def _links(rows: Iterable[Any]) -> dict[Identity, Link]:
    return {Identity(row.account, row.kind, row.value): Link(row.conv, row.since) for row in rows}


def _known(links: Mapping[Identity, Link], inbound: Inbound) -> str | None:
    """The conversation of an event that tells nothing new."""
    found = {links[name].conversation if name in links else None for name in inbound.identities}
    if not found:
        return inbound.conversation
    return found.pop() if len(found) == 1 and not inbound.was else None


def _key(name: Identity) -> dict[str, str]:
    return {"a": name.account, "k": name.kind, "v": name.value}
