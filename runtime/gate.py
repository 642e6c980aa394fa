"""Whether a message may leave now: the circuits of the platform and of our account, the number's pace, each user's.

All of it is this process's own view, kept in memory: with several processes each has its own. What may not leave now
waits in the store; only for the number's pace, which is a matter of milliseconds, a posting waits where it is.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from hashlib import blake2b
from typing import Generic, TypeVar

from loguru import logger

from runtime.channels.port import Undelivered
from runtime.policy import Breaker, Bucket

# WhatsApp Cloud API, `dsl/whatsapp_limits.json`, `rates.pair`: one message every 6 seconds to one user, 45 at once.
PAIR = Bucket(size=45, every_ms=6_000)
PLATFORM = Breaker(limit=10, shortest_ms=5_000, longest_ms=60_000)
ACCOUNT = Breaker(limit=1, shortest_ms=60_000, longest_ms=600_000)
TRYING_MS = 1_000                            # how long the others wait while one tries
SLOWEST_MS = 1_000                           # between two messages of a throttled number
REACTION_MS = 1_000                          # what was under way when the number was slowed down says nothing new
FASTER = 0.99                                # after each message that was taken, the pace of a throttled number
LONG_MS = 60_000                             # a number that is to wait longer than this is not slow but shut

EQUAL, WITHIN_MS = 20, 300_000               # so many equal messages to one user within so long are a runaway bot
REMEMBERED = 10_000                          # conversations

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last things that were touched, and no more of them."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, OrderedDict[K, V]()

    def get(self, key: K, otherwise: V) -> V:
        return self._held.get(key, otherwise)

    def put(self, key: K, value: V) -> None:
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)


class Gate:
    """Asked before each message, told after it.

    Args:
        rate: messages a second that this number may send; 0: as many as come.
    """

    def __init__(self, rate: int = 0) -> None:
        self._platform, self._account = PLATFORM, ACCOUNT
        self._every_ms = 1_000 / rate if rate else 0.0
        self._number = Bucket(size=max(rate, 1), every_ms=self._every_ms)
        self._slowed_at = -REACTION_MS
        self._pairs: Recent[str, Bucket] = Recent(REMEMBERED)

    def wait_ms(self, conversation: str, now: int) -> int:
        """How long this conversation is to wait in the store; 0: not at all."""
        waits = [min(breaker.wait_ms(now), TRYING_MS) if breaker.circuit() == "trying" else breaker.wait_ms(now)
                 for breaker in (self._platform, self._account) if breaker.failures]
        return max(0, *waits, self._pairs.get(conversation, PAIR).wait_ms(now))

    def pace_ms(self, now: int) -> int:
        """How long a message that comes now has to wait for its turn among those of the number."""
        return self._number.wait_ms(now)

    def enter(self, conversation: str, now: int) -> None:
        """A message leaves, as soon as `pace_ms` have passed."""
        self._platform, self._account = self._platform.tried(now), self._account.tried(now)
        self._pairs.put(conversation, self._pairs.get(conversation, PAIR).take(now))
        self._number = self._number.take(now)

    def accepted(self) -> None:
        if self._account.failures:
            logger.info("the account can send again")
        self._account = self._account.succeeded()
        self._answered()
        if self._number.every_ms > self._every_ms:
            self._number = self._number.at(max(self._every_ms, self._number.every_ms * FASTER))

    def failed(self, told: Undelivered, now: int) -> None:
        if told.scope == "platform":
            was, self._platform = self._platform, self._platform.failed(now, told.after_ms)
            if was.circuit() == "closed" != self._platform.circuit():
                logger.bind(error=told.error).error("the platform does not answer: nothing is sent for a while")
            return
        self._answered()                                     # whatever it says
        if told.scope == "account" or (told.scope == "number" and told.backoff.base_ms >= LONG_MS):
            if self._account.circuit() == "closed":
                logger.bind(error=told.error).critical("the account cannot send: what is to be sent is kept")
            self._account = self._account.failed(now, told.after_ms)
        elif told.scope == "number" and now >= self._slowed_at + REACTION_MS:
            self._slowed_at = now
            slower = min(SLOWEST_MS, max(2 * self._number.every_ms, 10.0))
            self._number = Bucket(size=1, every_ms=slower).take(now)

    def _answered(self) -> None:
        if self._platform.circuit() != "closed":
            logger.info("the platform answers again")
        self._platform = self._platform.succeeded()


class Repetitions:
    """Equal messages to one user. One that is over the limit is not to be sent."""

    def __init__(self) -> None:
        self._sent: Recent[str, deque[tuple[int, bytes]]] = Recent(REMEMBERED)
        self._alerted: Recent[str, int] = Recent(REMEMBERED)

    def is_runaway(self, conversation: str, payload: str, key: str, now: int) -> bool:
        """Whether this message was sent too often by now; says so in the log once in that time."""
        sent = self._sent.get(conversation, deque())
        while sent and sent[0][0] <= now - WITHIN_MS:
            sent.popleft()
        if len(sent) < EQUAL:
            return False
        digest = _digest(payload)
        if sum(one == digest for _, one in sent) < EQUAL:
            return False
        if self._alerted.get(conversation, -WITHIN_MS) <= now - WITHIN_MS:
            self._alerted.put(conversation, now)
            logger.bind(key=key, alert="repetition").critical("a bot repeats itself to one user: stopped")
        return True

    def sent(self, conversation: str, payload: str, now: int) -> None:
        sent = self._sent.get(conversation, deque())
        sent.append((now, _digest(payload)))
        self._sent.put(conversation, sent)


def _digest(payload: str) -> bytes:
    return blake2b(payload.encode(), digest_size=8).digest()
