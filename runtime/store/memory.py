"""The store in memory: the same promises as `sql` except the one about power cuts. For tests and trying things out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from runtime.store.port import (
    RUN,
    Conversation,
    Done,
    Handled,
    Inbound,
    Posting,
    Run,
    Sent,
    TakeTurn,
    Work,
    new_tag,
    posting_key,
    timed_out,
)


@dataclass(frozen=True, slots=True)
class _Queued:
    posting: Posting
    conversation: str
    next_at: int = 0


@dataclass(slots=True)
class _Tables:
    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    undone: list[Inbound] = field(default_factory=list)
    journal: list[Handled] = field(default_factory=list)
    unsent: dict[int, _Queued] = field(default_factory=dict)
    sent: dict[int, Sent] = field(default_factory=dict)
    timers: dict[tuple[str, str], int] = field(default_factory=dict)
    postings: int = 0

    def copy(self) -> _Tables:
        return _Tables(dict(self.conversations), set(self.seen), list(self.undone), list(self.journal),
                       dict(self.unsent), dict(self.sent), dict(self.timers), self.postings)


class MemoryStore:
    def __init__(self, tag: Callable[[], str] = new_tag) -> None:
        self._tag = tag
        self._tables = _Tables()

    def prepare(self) -> None:
        unsent = self._tables.unsent
        self._tables.unsent = {id: replace(queued, next_at=0) for id, queued in unsent.items()}

    def close(self) -> None:
        """Nothing is held."""

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        tables = self._tables.copy()                         # a turn that raises leaves the old ones in place
        self._accept(tables, work.inbound)
        wanted = {inbound.conversation for inbound in work.inbound} | work.look
        if work.fire:
            wanted |= self._fire(tables, work.now)
        if work.scan:
            wanted |= {inbound.conversation for inbound in tables.undone}
        handled = _handle(tables, wanted, turn)
        _mark(tables, work)
        runs, left = _claim(tables, work, work.offer | {one.before.id for one in handled})
        self._tables = tables
        return Done(tuple(handled), tuple(runs), frozenset(left))

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
        tables.unsent[posting.id] = _Queued(posting, conv)
    for name, due in handled.outcome.timers:
        if due is None:
            tables.timers.pop((conv, name), None)
        else:
            tables.timers[conv, name] = due


def _mark(tables: _Tables, work: Work) -> None:
    for sent in work.sent:
        tables.unsent.pop(sent.posting, None)
        tables.sent[sent.posting] = sent
    for one in work.unsent:
        queued = tables.unsent[one.posting]
        tried = replace(queued.posting, attempts=queued.posting.attempts + int(bool(one.error)))
        tables.unsent[one.posting] = replace(queued, posting=tried, next_at=work.now + one.wait_ms)


def _claim(tables: _Tables, work: Work, offered: frozenset[str]) -> tuple[list[Run], set[str]]:
    queues: dict[str, list[_Queued]] = {}
    for queued in tables.unsent.values():
        if (work.scan or queued.conversation in offered) and queued.conversation not in work.busy:
            queues.setdefault(queued.conversation, []).append(queued)
    due = [conv for conv, queue in queues.items() if queue[0].next_at <= work.now]
    room = max(0, work.room)
    runs = []
    for conv in due[:room]:
        run = queues[conv][:RUN]
        for queued in run:
            tables.unsent[queued.posting.id] = replace(queued, next_at=work.now + work.lease_ms)
        runs.append(Run(conv, tables.conversations[conv].contact, tuple(queued.posting for queued in run)))
    return runs, set(due[room:])
