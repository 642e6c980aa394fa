"""The store in memory: the same promises as `sql` except the one about power cuts. For tests and trying things out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from runtime.store.identities import Book, Link
from runtime.store.port import (
    RUN,
    Conversation,
    Done,
    Handled,
    Identity,
    Inbound,
    Posting,
    Receipt,
    Run,
    TakeTurn,
    Work,
    new_tag,
    posting_key,
    timed_out,
    unreachable,
)
from runtime.store.receipts import Standing, told
from runtime.store.tables import DEAD, DROPPED, IN_DOUBT, SENT, TO_SEND


@dataclass(frozen=True, slots=True)
class _Queued:
    posting: Posting
    standing: Standing
    next_at: int = 0

    @property
    def conversation(self) -> str:
        return self.standing.conversation


@dataclass(slots=True)
class _Tables:
    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    undone: list[Inbound] = field(default_factory=list)
    journal: list[Handled] = field(default_factory=list)
    unsent: dict[int, _Queued] = field(default_factory=dict)
    settled: dict[int, _Queued] = field(default_factory=dict)
    timers: dict[tuple[str, str], int] = field(default_factory=dict)
    links: dict[Identity, Link] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)       # of all postings there ever were: their ids
    postings: int = 0

    def copy(self) -> _Tables:
        return _Tables(dict(self.conversations), set(self.seen), list(self.undone), list(self.journal),
                       dict(self.unsent), dict(self.settled), dict(self.timers), dict(self.links),
                       dict(self.keys), self.postings)

    def put(self, queued: _Queued) -> None:
        """Among what is to be sent, in the order of its making, or among what is settled."""
        id = queued.posting.id
        is_unsent, was_unsent = queued.standing.status == TO_SEND, id in self.unsent
        self.settled.pop(id, None)
        if not is_unsent:
            self.unsent.pop(id, None)
            self.settled[id] = queued
            return
        self.unsent[id] = queued
        if not was_unsent:
            self.unsent = dict(sorted(self.unsent.items()))


class MemoryStore:
    def __init__(self, tag: Callable[[], str] = new_tag) -> None:
        self._tag = tag
        self._tables = _Tables()

    def prepare(self) -> None:
        unsent = self._tables.unsent
        self._tables.unsent = {id: replace(queued, next_at=0) if queued.standing.leased else queued
                               for id, queued in unsent.items()}

    def close(self) -> None:
        """Nothing is held."""

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        tables = self._tables.copy()                         # a turn that raises leaves the old ones in place
        book = Book(tables.links, work.now, self._tag)
        work = replace(work, inbound=tuple(book.placed(work.inbound)))
        tables.links = book.links
        for other, into in book.merged.items():
            _merge(tables, other, into)
        self._accept(tables, work.inbound)
        wanted = {inbound.conversation for inbound in work.inbound} | work.look
        if work.fire:
            wanted |= self._fire(tables, work.now)
        if work.scan:
            wanted |= {inbound.conversation for inbound in tables.undone}
        handled = _handle(tables, wanted, turn)
        moved, closing = _mark(tables, work)
        self._accept(tables, closing)
        runs, left = _claim(tables, work, work.offer | moved | {one.before.id for one in handled})
        self._tables = tables
        return Done(tuple(handled), tuple(runs), frozenset(left), frozenset(one.conversation for one in closing))

    def _accept(self, tables: _Tables, inbound: Iterable[Inbound]) -> None:
        for one in inbound:
            if (one.conversation, one.id) not in tables.seen:
                tables.seen.add((one.conversation, one.id))
                tables.undone.append(one)
                tables.conversations.setdefault(one.conversation, Conversation(one.conversation, self._tag()))

    def _fire(self, tables: _Tables, now: int) -> set[str]:
        due = [(conv, name, due) for (conv, name), due in tables.timers.items() if due <= now]
        for conv, name, at in sorted(due, key=lambda timer: timer[2]):
            del tables.timers[conv, name]
            self._accept(tables, [timed_out(conv, name, at, now)])
        return {conv for conv, _, _ in due}


def _merge(tables: _Tables, other: str, into: str) -> None:
    tables.undone = [replace(one, conversation=into) if one.conversation == other else one for one in tables.undone
                     if one.conversation != other or (into, one.id) not in tables.seen]
    tables.seen = {(into if conv == other else conv, id) for conv, id in tables.seen}
    for queues in (tables.unsent, tables.settled):
        for id, queued in queues.items():
            if queued.conversation == other:
                queues[id] = replace(queued, standing=replace(queued.standing, conversation=into))
    tables.timers = {key: due for key, due in tables.timers.items() if key[0] != other}
    if before := tables.conversations.get(other):
        tables.conversations[other] = replace(before, state="", contact="")


def _handle(tables: _Tables, wanted: set[str], turn: TakeTurn) -> list[Handled]:
    handled = []
    for inbound in tables.undone:
        if inbound.conversation in wanted:
            before = tables.conversations[inbound.conversation]
            outcome = turn(before, inbound)
            handled.append(Handled(before, inbound, outcome))
            tables.conversations[before.id] = replace(
                before, turns=before.turns + 1, state=outcome.state, contact=outcome.contact)
    tables.undone = [inbound for inbound in tables.undone if inbound.conversation not in wanted]
    tables.journal += handled
    for one in handled:
        _keep(tables, one)
    return handled


def _keep(tables: _Tables, handled: Handled) -> None:
    conv = handled.before.id
    for index, (kind, payload) in enumerate(handled.outcome.postings):
        tables.postings += 1
        posting = Posting(tables.postings, posting_key(handled.before, index), kind, payload)
        tables.keys[posting.key] = posting.id
        tables.unsent[posting.id] = _Queued(posting, Standing(id=posting.id, conversation=conv, status=TO_SEND))
    for name, due in handled.outcome.timers:
        if due is None:
            tables.timers.pop((conv, name), None)
        else:
            tables.timers[conv, name] = due


def _mark(tables: _Tables, work: Work) -> tuple[set[str], list[Inbound]]:
    """The conversations that may have something to post now, and what closes those whose user is gone."""
    for sent in work.sent:
        _settle(tables, sent.posting, SENT, provider_id=sent.provider_id)
    for one in work.unsent:
        if (queued := tables.unsent.get(one.posting)) is None:
            continue
        attempts = queued.posting.attempts + int(bool(one.error))
        queued = _changed(queued, replace(queued.standing, attempts=attempts, leased=False))
        tables.unsent[one.posting] = replace(queued, next_at=work.now + one.wait_ms)
        _give_back(tables, one.conversation, work.now + one.wait_ms)
    for dead in work.dead:
        _settle(tables, dead.posting, DEAD, error=dead.error)
    closing = [closed for gone in work.gone
               if (closed := _gone(tables, work, gone.conversation, gone.posting, gone.error))]
    moved = set()
    for receipt in work.receipts:
        queued = _about(tables, receipt)
        if queued is None or (after := told(queued.standing, receipt)) == queued.standing:
            continue
        if queued.standing.status == TO_SEND != after.status:
            moved.add(queued.conversation)
            _give_back(tables, queued.conversation, 0)
        queued = _changed(queued, replace(after, wait_ms=None))
        tables.put(queued if after.wait_ms is None else replace(queued, next_at=work.now + after.wait_ms))
        if after.status == DROPPED and (
                closed := _gone(tables, work, after.conversation, after.id, after.error or "")):
            closing.append(closed)
    return moved, closing


def _about(tables: _Tables, receipt: Receipt) -> _Queued | None:
    if (id := tables.keys.get(receipt.key or "")) is not None:
        return tables.unsent.get(id) or tables.settled.get(id)
    return next((queued for queued in (*tables.unsent.values(), *tables.settled.values())
                 if queued.standing.provider_id == receipt.provider_id), None)


def _changed(queued: _Queued, standing: Standing) -> _Queued:
    return replace(queued, standing=standing, posting=replace(queued.posting, attempts=standing.attempts))


def _settle(tables: _Tables, posting: int, status: int, provider_id: str | None = None,
            error: str | None = None) -> None:
    if queued := tables.unsent.get(posting):
        tables.put(_changed(queued, replace(queued.standing, status=status, leased=False, provider_id=provider_id,
                                            attempts=queued.standing.attempts + int(status == DEAD), error=error)))


def _give_back(tables: _Tables, conversation: str, next_at: int) -> None:
    """What is leased behind a posting that was not sent is nobody's any more."""
    for id, queued in tables.unsent.items():
        is_waiting = not queued.standing.leased and queued.standing.error != IN_DOUBT
        is_free = queued.standing.leased if next_at else is_waiting
        if queued.conversation == conversation and is_free:
            standing = replace(queued.standing, leased=False)
            tables.unsent[id] = replace(queued, standing=standing, next_at=next_at)


def _gone(tables: _Tables, work: Work, conversation: str, posting: int, error: str) -> Inbound | None:
    if any(one.conversation == conversation and one.origin == "channel" for one in work.inbound):
        _settle(tables, posting, DEAD, error=error)
        return None
    for queued in list(tables.unsent.values()):
        if queued.conversation == conversation and queued.posting.kind == "message":
            tables.put(_changed(queued, replace(queued.standing, status=DROPPED, leased=False, error=error)))
    return unreachable(conversation, posting, work.now)


def _claim(tables: _Tables, work: Work, offered: frozenset[str]) -> tuple[list[Run], set[str]]:
    queues: dict[str, list[_Queued]] = {}
    for queued in tables.unsent.values():
        if (work.scan or queued.conversation in offered) and queued.conversation not in work.busy:
            queues.setdefault(queued.conversation, []).append(queued)
    due = [conv for conv, queue in queues.items() if queue[0].next_at <= work.now]
    room = max(0, work.room)
    runs = []
    for conv in due[:room]:
        known = next((n for n, queued in enumerate(queues[conv]) if _may_be_sent(queued, work)), RUN)
        run = queues[conv][:min(known, RUN)]
        for queued in run:
            tables.unsent[queued.posting.id] = replace(
                queued, standing=replace(queued.standing, leased=True), next_at=work.now + work.lease_ms)
        if run:
            runs.append(Run(conv, tables.conversations[conv].contact, tuple(queued.posting for queued in run)))
        else:
            for queued in queues[conv]:
                error = IN_DOUBT if _may_be_sent(queued, work) else queued.standing.error
                tables.unsent[queued.posting.id] = replace(
                    queued, standing=replace(queued.standing, leased=False, error=error),
                    next_at=work.now + work.settle_ms)
    return runs, set(due[room:])


def _may_be_sent(queued: _Queued, work: Work) -> bool:
    return queued.standing.leased and queued.posting.kind == "message" and work.settle_ms > 0
