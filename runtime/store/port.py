"""What the worker asks of a store: one call, `tick`, which is one transaction.

A store knows nothing of bots: state, events and messages are JSON texts to it. It keeps order, drops what came
twice, and commits everything a turn made together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from secrets import token_hex
from typing import Literal, NamedTuple, Protocol, TypeAlias
from zlib import crc32

import msgspec

from dsl.table import Retention
from runtime.events import TimedOut, Undelivered
from runtime.policy import Backoff

# delivery: what was said did not reach the user, or nothing does any more; identity: what the user is called has
# changed.
Origin = Literal["channel", "timer", "action", "delivery", "identity"]
IdentityKind = Literal["bsuid", "parent_bsuid", "wa_id", "phone"]
PostingKind = Literal["message", "call"]

OFFERS = 2                                   # conversations looked through for each one that there is room for
SCAN = 500                                   # rows taken by one scan: what is left over is found by the next one
RUN = 20                                     # longest run of postings that is leased at once
REST_MS = 3_600_000                          # between two times of going through all that is stored for what is over


class StoreDown(Exception):
    """Nothing was committed, and not because of what was asked: disk full, database away. Later it may pass."""


class Identity(NamedTuple):
    """What a user is called within one of our accounts (`whatsapp:…`)."""

    account: str
    kind: IdentityKind
    value: str


class Inbound(msgspec.Struct, frozen=True):
    """One event for one conversation, with the id that makes its second delivery harmless.

    With `identities`, the conversation is the one they lead to; `conversation` names it if they are new.
    """

    conversation: str
    id: str
    event: str                               # JSON of an `Event`
    origin: Origin = "channel"
    address: str = ""                        # where the user can be reached, as this event tells it
    at: int = 0                              # when it happened, milliseconds: orders what came together
    identities: tuple[Identity, ...] = ()    # at most one of a kind
    was: tuple[Identity, ...] = ()           # which of the user's names are theirs no more


class Conversation(msgspec.Struct, frozen=True):
    """A conversation as it stands before a turn."""

    id: str
    tag: str                                 # names it in logs and keys, and says nothing of the user
    turns: int = 0
    state: str = ""                          # JSON of a `State`; empty: nothing has happened yet
    contact: str = ""                        # JSON of a `Contact`: how the channel reaches the user


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of a turn."""

    table: str                               # version of the bot
    kind: str                                # kind of the event
    event: str | None                        # JSON; none where the answer was private
    step_from: str | None
    step_to: str | None
    trace: str                               # JSON: the rows that fired
    effects: str                             # JSON: everything that was asked for
    error: str | None                        # class of the exception, when the turn raised
    took_us: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn changes."""

    state: str
    contact: str
    entry: Entry
    postings: tuple[tuple[PostingKind, str], ...] = ()       # kind, JSON of the effect; in order
    timers: tuple[tuple[str, int | None], ...] = ()          # name, due in milliseconds; none: cancelled


TakeTurn: TypeAlias = Callable[[Conversation, Inbound], Outcome]


class Handled(msgspec.Struct, frozen=True):
    """A turn that was taken: the conversation before it, the event, what came of it."""

    before: Conversation
    inbound: Inbound
    outcome: Outcome


class Posting(msgspec.Struct, frozen=True):
    """A row of the outbox. `key` is `tag:turn:index`: the same whenever and by whomever it is posted."""

    id: int
    key: str
    kind: PostingKind
    payload: str
    attempts: int = 0
    in_doubt: bool = False                   # it may have been sent, and nothing was heard of it in time


class Run(msgspec.Struct, frozen=True):
    """All unsent postings of a conversation, oldest first, leased to who got them."""

    conversation: str
    contact: str
    postings: tuple[Posting, ...]


class Sent(msgspec.Struct, frozen=True):
    """A posting that was accepted, and the receiver's own id for it."""

    posting: int
    provider_id: str | None = None


class Unsent(msgspec.Struct, frozen=True):
    """A posting that is to be tried again after `wait_ms`; an attempt if there is an `error`."""

    posting: int
    conversation: str
    wait_ms: int
    error: str | None = None
    in_doubt: bool = False                   # it may have been sent all the same


class Dead(msgspec.Struct, frozen=True):
    """A posting that is not to be tried again, kept for a person to look at."""

    posting: int
    conversation: str
    error: str
    lost: str = ""                           # why, as the flow is told: `window` or `failed`; empty: it is not


class Gone(msgspec.Struct, frozen=True):
    """A posting that shows that no message reaches this user any more."""

    posting: int
    conversation: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a message that was accepted came to nothing, and what to do about it."""

    verdict: Literal["retry", "refused", "closed", "gone"]
    error: str
    backoff: Backoff
    chance: float = 0.0                      # of the wait, see `Backoff`


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the platform tells of a message later: `status` is its own word, `failure` there if it failed."""

    provider_id: str
    key: str | None
    status: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one tick is to do."""

    now: int                                 # milliseconds since 1970, UTC
    inbound: tuple[Inbound, ...] = ()
    sent: tuple[Sent, ...] = ()
    unsent: tuple[Unsent, ...] = ()
    dead: tuple[Dead, ...] = ()
    gone: tuple[Gone, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    look: frozenset[str] = frozenset()       # conversations whose inbox may hold something undone
    offer: Collection[str] = ()              # conversations that may have something to post, the first to come first
    waiting: int = 0                         # how many there are that had something before, but there was no room
    busy: frozenset[str] = frozenset()       # conversations that this process posts for right now: leave them alone
    room: int = 64                           # how many more conversations this process may post for
    fire: bool = False                       # turn due timers into inbox rows
    scan: bool = False                       # look for undone and unsent rows that nobody remembers
    lease_ms: int = 60_000
    settle_ms: int = 0                       # how long what may have been sent waits for a word of it

    @property
    def brings(self) -> bool:
        """Whether it has news that are to be kept, rather than only asks what there is to do."""
        return bool(self.inbound or self.sent or self.unsent or self.dead or self.gone or self.receipts)


@dataclass(frozen=True, slots=True)
class Done:
    """What a committed tick leaves to be done outside."""

    handled: tuple[Handled, ...] = ()
    runs: tuple[Run, ...] = ()               # leased: post them now
    left: tuple[str, ...] = ()               # offered, but there was no room; in their order
    held: frozenset[str] = frozenset()       # something is undone, or held by another process: look again soon


def new_tag() -> str:
    """16 hex digits, by chance: nobody can count through phone numbers until one fits."""
    return token_hex(8)


def posting_key(before: Conversation, index: int) -> str:
    """Names a posting for those who must not do the same thing twice.

    >>> posting_key(Conversation("whatsapp:1:573001112233", "9f2c", turns=4), 0)
    '9f2c:4:0'
    """
    return f"{before.tag}:{before.turns}:{index}"


def unreachable(conversation: str, posting: int, now: int) -> Inbound:
    """That a user is gone, as an event of their conversation; once for each posting that showed it."""
    return Inbound(conversation, f"gone:{posting}", "", "delivery", at=now)


def undelivered(conversation: str, turn: int, step: str | None, reason: str, now: int) -> Inbound:
    """That what was said in a turn did not reach the user, as an event; once, however many messages it were."""
    id = f"undelivered:{turn}"
    event = Undelivered(step=step, reason=reason, turn=turn, at=now, seed=crc32(id.encode()))
    return Inbound(conversation, id, msgspec.json.encode(event).decode(), "delivery", at=now)


def timed_out(conversation: str, name: str, due: int, now: int) -> Inbound:
    """A due timer as an event; the same timer makes the same id, whoever fires it."""
    id = f"timer:{name}:{due}"
    event = TimedOut(name=name, due=due, at=now, seed=crc32(id.encode()))
    return Inbound(conversation, id, msgspec.json.encode(event).decode(), "timer", at=now)


class Store(Protocol):
    """Inbox, state, journal, outbox and timers; a tick is committed whole or not at all."""

    def prepare(self) -> None:
        """Make the tables where there are none, and take back every lease of the process that was here before.

        Only leases: what waits after a failure, or for a word of what may have been sent, goes on waiting.

        Raises:
            StoreDown: the database cannot be opened or written.
        """

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        """Accept, handle, mark and lease in one transaction.

        Raises:
            StoreDown: nothing was committed; the same work may be given again later.
            Exception: nothing was committed, and something in `work` or `turn` is the reason.
        """

    def tidy(self, keep: Retention, now: int) -> int:
        """Delete a little of what is over, in a transaction of its own.

        Returns:
            When to come again, milliseconds: `now` where there is more to look at.

        Raises:
            StoreDown: nothing was deleted.
        """

    def close(self) -> None: ...
