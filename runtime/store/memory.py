"""The store in memory: the same promises as `sql` except the one about power cuts. For tests and trying things out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec
from msgspec.structs import replace as changed

from dsl.table import Retention
from runtime.store.identities import Book, Link
from runtime.store.port import (
    REST_MS,
    RUN,
    Conversation,
    Done,
    Handled,
    Identity,
    Inbound,
    Outcome,
    Posting,
    Receipt,
    Run,
    TakeTurn,
    Work,
    new_tag,
    posting_key,
    timed_out,
    undelivered,
    unreachable,
)
from runtime.store.receipts import Standing, doubted, told
from runtime.store.status import DEAD, DROPPED, IN_DOUBT, SENT, TO_SEND


class _Queued(msgspec.Struct, frozen=True):
    posting: Posting
    standing: Standing
    said: Handled                            # the turn that made it
    next_at: int = 0
    put_at: int = 0

    @property
    def conversation(self) -> str:
        return self.standing.conversation


@dataclass(slots=True)
class _Tables:
    conversations: dict[str, Conversation] = field(default_factory=dict)
    turned: dict[str, int] = field(default_factory=dict)     # when each had its last turn
    seen: dict[tuple[str, str], int] = field(default_factory=dict)       # conversation, id of an event: when it came
    undone: list[Inbound] = field(default_factory=list)
    outbox: dict[int, _Queued] = field(default_factory=dict)
    unsent: dict[str, tuple[int, ...]] = field(default_factory=dict)     # by conversation, oldest first
    timers: dict[tuple[str, str], int] = field(default_factory=dict)
    links: dict[Identity, Link] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)       # of all that is in the outbox: their ids
    postings: int = 0
    now: int = 0                                             # of the tick that is under way

    def copy(self) -> _Tables:
        return _Tables(dict(self.conversations), dict(self.turned), dict(self.seen), list(self.undone),
                       dict(self.outbox), dict(self.unsent), dict(self.timers), dict(self.links), dict(self.keys),
                       self.postings, self.now)

    def see(self, inbound: Iterable[Inbound]) -> None:
        self.seen.update(((one.conversation, one.id), self.now) for one in inbound)

    def put(self, queued: _Queued) -> None:
        id, conv = queued.posting.id, queued.conversation
        waiting = self.unsent.get(conv, ())
        self.outbox[id] = changed(queued, put_at=self.now)
        if (queued.standing.status == TO_SEND) != (id in waiting):
            self.unsent[conv] = tuple(sorted({id}.symmetric_difference(waiting)))

    def waiting(self, conv: str) -> list[_Queued]:
        """What is to be sent, in the order of its making."""
        return [self.outbox[id] for id in self.unsent.get(conv, ())]


class MemoryStore:
    def __init__(self, tag: Callable[[], str] = new_tag) -> None:
        self._tag = tag
        self._tables = _Tables()

    def prepare(self) -> None:
        for conv in self._tables.unsent:
            for queued in self._tables.waiting(conv):
                if queued.standing.leased:
                    self._tables.put(changed(queued, next_at=0))

    def tidy(self, keep: Retention, now: int) -> int:
        _forget(self._tables, keep, now)
        return now + REST_MS

    def close(self) -> None:
        """Nothing is held."""

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        tables, work = self._placed(work)
        due = _due(tables, work.now) if work.fire else []
        come = (*work.inbound, *(timed_out(conv, name, at, work.now) for conv, name, at in due))
        fresh = _fresh(tables, come)
        wanted = {one.conversation for one in come} | work.look
        if work.scan:
            wanted |= {inbound.conversation for inbound in tables.undone}
        handled = _turns(tables, [one for one in (*tables.undone, *fresh) if one.conversation in wanted], turn,
                         self._tag)
        # A turn that raises has left everything as it was; nothing raises from here on.
        tables.now = work.now
        for conv, name, _ in due:
            del tables.timers[conv, name]
        tables.undone = [one for one in tables.undone if one.conversation not in wanted]
        tables.see(fresh)
        for done in handled:
            _keep(tables, done)
        moved, closing = _mark(tables, work)
        fresh = _fresh(tables, closing)
        tables.undone += fresh
        tables.see(fresh)
        runs, left = _claim(tables, work, moved.union(work.offer, (one.before.id for one in handled)))
        self._tables = tables
        return Done(tuple(handled), tuple(runs), tuple(left), frozenset(one.conversation for one in closing))

    def _placed(self, work: Work) -> tuple[_Tables, Work]:
        """The tables as they are, or a copy in which users who turned out to be one are one."""
        if not any(one.identities for one in work.inbound):
            return self._tables, work
        book, tables = Book(self._tables.links, work.now, self._tag), self._tables.copy()
        work = replace(work, inbound=(*book.placed(work.inbound), *book.left.values()))
        tables.links = book.links
        for other, into in book.merged.items():
            _merge(tables, other, into)
        return tables, work


def _due(tables: _Tables, now: int) -> list[tuple[str, str, int]]:
    due = [(conv, name, at) for (conv, name), at in tables.timers.items() if at <= now]
    return sorted(due, key=lambda timer: timer[2])


def _fresh(tables: _Tables, inbound: Iterable[Inbound]) -> list[Inbound]:
    """What did not come before, each of it once."""
    fresh: dict[tuple[str, str], Inbound] = {}
    for one in inbound:
        if (key := (one.conversation, one.id)) not in tables.seen:
            fresh.setdefault(key, one)
    return list(fresh.values())


def _merge(tables: _Tables, other: str, into: str) -> None:
    tables.undone = [changed(one, conversation=into) if one.conversation == other else one for one in tables.undone
                     if one.conversation != other or (into, one.id) not in tables.seen]
    tables.seen = {(into if conv == other else conv, id): at for (conv, id), at in tables.seen.items()}
    tables.outbox = {id: changed(queued, standing=changed(queued.standing, conversation=into))
                     if queued.conversation == other else queued for id, queued in tables.outbox.items()}
    tables.unsent[into] = tuple(sorted((*tables.unsent.get(into, ()), *tables.unsent.pop(other, ()))))
    tables.timers = {key: due for key, due in tables.timers.items() if key[0] != other}
    if before := tables.conversations.get(other):
        tables.conversations[other] = changed(before, state="", contact="")


def _turns(tables: _Tables, inbound: Iterable[Inbound], turn: TakeTurn, tag: Callable[[], str]) -> list[Handled]:
    handled, after = [], dict[str, Conversation]()
    for one in inbound:
        conv = one.conversation
        before = after.get(conv) or tables.conversations.get(conv) or Conversation(conv, tag())
        outcome = turn(before, one)
        handled.append(Handled(before, one, outcome))
        after[conv] = _after(before, outcome)
    return handled


def _after(before: Conversation, outcome: Outcome) -> Conversation:
    return changed(before, turns=before.turns + 1, state=outcome.state, contact=outcome.contact)


def _keep(tables: _Tables, handled: Handled) -> None:
    conv = handled.before.id
    tables.conversations[conv] = _after(handled.before, handled.outcome)
    tables.turned[conv] = tables.now
    for index, (kind, payload) in enumerate(handled.outcome.postings):
        tables.postings += 1
        posting = Posting(tables.postings, posting_key(handled.before, index), kind, payload)
        tables.keys[posting.key] = posting.id
        tables.put(_Queued(posting, Standing(id=posting.id, conversation=conv, status=TO_SEND), handled))
    for name, due in handled.outcome.timers:
        if due is None:
            tables.timers.pop((conv, name), None)
        else:
            tables.timers[conv, name] = due


def _mark(tables: _Tables, work: Work) -> tuple[set[str], list[Inbound]]:
    """The conversations that may have something to post now, and what is told to those whose user was not reached."""
    for sent in work.sent:
        _settle(tables, sent.posting, SENT, provider_id=sent.provider_id)
    for one in work.unsent:
        if (queued := _to_send(tables, one.posting)) is None:
            continue
        attempts = queued.posting.attempts + int(bool(one.error))
        error = doubted(one) or queued.standing.error
        queued = _standing(queued, changed(queued.standing, attempts=attempts, leased=False, error=error))
        tables.put(changed(queued, next_at=work.now + one.wait_ms))
        _give_back(tables, one.conversation, work.now + one.wait_ms)
    told_why = {}
    for dead in work.dead:
        if _settle(tables, dead.posting, DEAD, error=dead.error) and dead.lost:
            told_why[dead.posting] = dead.lost
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
        if after.lost:
            told_why[after.id] = after.lost
        queued = _standing(queued, changed(after, wait_ms=None, lost=""))
        tables.put(queued if after.wait_ms is None else changed(queued, next_at=work.now + after.wait_ms))
        if after.status == DROPPED and (
                closed := _gone(tables, work, after.conversation, after.id, after.error or "")):
            closing.append(closed)
    return moved, [*closing, *_lost(tables, told_why, work.now)]


def _lost(tables: _Tables, why: Mapping[int, str], now: int) -> Iterator[Inbound]:
    """What was said in vain, for its flow; not what a flow said because it had been told so."""
    for posting, reason in sorted(why.items()):
        queued = tables.outbox[posting]
        entry = queued.said.outcome.entry
        if entry.kind != "undelivered":
            yield undelivered(queued.conversation, queued.said.before.turns, entry.step_to, reason, now)


def _about(tables: _Tables, receipt: Receipt) -> _Queued | None:
    if (id := tables.keys.get(receipt.key or "")) is not None:
        return tables.outbox[id]
    return next((queued for queued in tables.outbox.values()
                 if queued.standing.provider_id == receipt.provider_id), None)


def _to_send(tables: _Tables, posting: int) -> _Queued | None:
    queued = tables.outbox.get(posting)
    return queued if queued and queued.standing.status == TO_SEND else None


def _standing(queued: _Queued, standing: Standing) -> _Queued:
    posting = queued.posting
    if posting.attempts != standing.attempts:
        posting = changed(posting, attempts=standing.attempts)
    return changed(queued, standing=standing, posting=posting)


def _settle(tables: _Tables, posting: int, status: int, provider_id: str | None = None,
            error: str | None = None) -> bool:
    if queued := _to_send(tables, posting):
        tables.put(_standing(queued, changed(queued.standing, status=status, leased=False, provider_id=provider_id,
                                            attempts=queued.standing.attempts + int(status == DEAD), error=error)))
    return queued is not None


def _give_back(tables: _Tables, conversation: str, next_at: int) -> None:
    """What is leased behind a posting that was not sent is nobody's any more."""
    for queued in tables.waiting(conversation):
        is_waiting = not queued.standing.leased and not _is_doubtful(queued)
        if queued.standing.leased if next_at else is_waiting:
            tables.put(changed(queued, standing=changed(queued.standing, leased=False), next_at=next_at))


def _gone(tables: _Tables, work: Work, conversation: str, posting: int, error: str) -> Inbound | None:
    if any(one.conversation == conversation and one.origin == "channel" for one in work.inbound):
        _settle(tables, posting, DEAD, error=error)
        return None
    for queued in tables.waiting(conversation):
        if queued.posting.kind == "message":
            tables.put(_standing(queued, changed(queued.standing, status=DROPPED, leased=False, error=error)))
    return unreachable(conversation, posting, work.now)


def _claim(tables: _Tables, work: Work, offered: Collection[str]) -> tuple[list[Run], list[str]]:
    queues = [(conv, tables.waiting(conv)) for conv in (tables.unsent if work.scan else offered)
              if conv not in work.busy]
    due = sorted((queue[0].posting.id, conv, queue) for conv, queue in queues if queue and queue[0].next_at <= work.now)
    room = max(0, work.room)
    runs = []
    for _, conv, queue in due[:room]:
        known = next((n for n, queued in enumerate(queue) if _may_be_sent(queued, work)), RUN)
        run = queue[:min(known, RUN)]
        for queued in run:
            tables.put(changed(queued, standing=changed(queued.standing, leased=True),
                               next_at=work.now + work.lease_ms))
        if run:
            postings = (changed(queued.posting, in_doubt=True) if _is_doubtful(queued) else queued.posting
                        for queued in run)
            runs.append(Run(conv, tables.conversations[conv].contact, tuple(postings)))
        else:
            for queued in queue:
                error = IN_DOUBT if _may_be_sent(queued, work) else queued.standing.error
                tables.put(changed(queued, standing=changed(queued.standing, leased=False, error=error),
                                   next_at=work.now + work.settle_ms))
    return runs, [conv for _, conv, _ in due[room:]]


def _is_doubtful(queued: _Queued) -> bool:
    return (queued.standing.error or "").startswith(IN_DOUBT)


def _may_be_sent(queued: _Queued, work: Work) -> bool:
    return queued.standing.leased and queued.posting.kind == "message" and work.settle_ms > 0


def _forget(tables: _Tables, keep: Retention, now: int) -> None:
    undone = {(one.conversation, one.id) for one in tables.undone}
    tables.seen = {key: at for key, at in tables.seen.items() if key in undone or not _is_past(at, keep.keys, now)}
    waits = {conv for conv, _ in (*tables.seen, *tables.timers)} | {conv for conv, ids in tables.unsent.items() if ids}
    ended = {conv for conv, at in tables.turned.items() if _is_past(at, keep.conversations, now)} - waits
    for conv in ended:
        del tables.conversations[conv], tables.turned[conv]
        tables.unsent.pop(conv, None)
    tables.links = {name: link for name, link in tables.links.items() if link.conversation not in ended}
    tables.outbox = {id: left for id, queued in tables.outbox.items()
                     if queued.conversation not in ended and (left := _left(queued, keep, now))}
    tables.keys = {key: id for key, id in tables.keys.items() if id in tables.outbox}


def _left(queued: _Queued, keep: Retention, now: int) -> _Queued | None:
    """What is kept of it: a message and what became of it each have their time."""
    standing = queued.standing
    if standing.status == TO_SEND:
        return queued
    if standing.status == DEAD:
        return None if _is_past(queued.put_at, keep.dead_letters, now) else queued
    match _is_past(queued.put_at, keep.messages, now), _is_past(queued.put_at, keep.statuses, now):
        case True, True:
            return None
        case True, False:
            return changed(queued, posting=changed(queued.posting, payload=""),
                           standing=changed(standing, status=DROPPED))
        case False, True:
            return changed(queued, standing=changed(standing, delivery=None, provider_id=None, error=None))
    return queued


def _is_past(at: int, seconds: int, now: int) -> bool:
    return bool(seconds) and at < now - 1_000 * seconds
