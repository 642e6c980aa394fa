"""Back-off, circuit breaker, rate limit: arithmetic on time, without a clock and without a memory of its own.

Times are milliseconds, and whoever asks says what time it is; chance is a number from 0 up to 1 that they drew. All
values are frozen: what happens makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Circuit = Literal["closed", "open", "trying"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait after a failure, and how often to try.

    With jitter, any wait up to the one that doubling gives is as likely as any other ("full jitter", Amazon
    Architecture Blog, "Exponential Backoff And Jitter", 2015): those who failed together do not come back together.
    """

    base_ms: int
    factor: int = 2
    ceiling_ms: int = 300_000
    tries: int | None = None                 # None: until it passes
    jitter: bool = True

    def wait_ms(self, failures: int, chance: float) -> int:
        """Milliseconds to wait after this many failures in a row.

        Args:
            failures: at least 1.
            chance: from 0 up to 1, evenly drawn.

        >>> plain = Backoff(base_ms=1_000, ceiling_ms=60_000, jitter=False)
        >>> [plain.wait_ms(n, 0.5) for n in (1, 2, 3, 2000)]
        [1000, 2000, 4000, 60000]
        >>> Backoff(base_ms=1_000).wait_ms(3, 0.25)
        1000
        """
        longest = self.ceiling_ms
        if failures < 64:                    # beyond that every ceiling is reached, and powers cost time
            longest = min(longest, self.base_ms * self.factor ** (failures - 1))
        return int(longest * chance) if self.jitter else longest

    def is_over(self, failures: int) -> bool:
        """Whether that was the last try.

        >>> Backoff(base_ms=1, tries=6).is_over(6), Backoff(base_ms=1).is_over(1_000_000)
        (True, False)
        """
        return self.tries is not None and failures >= self.tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Opens after `limit` failures in a row; after a while lets one try pass, and closes if that one succeeds.

    Each time the try fails, too, it stays open twice as long, up to `longest_ms`.
    """

    limit: int
    shortest_ms: int = 5_000
    longest_ms: int = 120_000
    failures: int = 0                        # in a row
    until: int = 0                           # when it may be tried again
    trying: bool = False                     # somebody is

    def circuit(self) -> Circuit:
        if self.failures < self.limit:
            return "closed"
        return "trying" if self.trying else "open"

    def wait_ms(self, now: int) -> int:
        """Milliseconds until somebody may try; 0: now.

        >>> Breaker(limit=1).failed(1_000).wait_ms(2_000)
        4000
        """
        return 0 if self.circuit() == "closed" else max(0, self.until - now)

    def tried(self, now: int) -> Breaker:
        """Somebody does, who was told to wait 0. Nobody else is to, until that has come to an end (or got lost)."""
        if self.circuit() == "closed":
            return self
        return replace(self, trying=True, until=now + self.longest_ms)

    def succeeded(self) -> Breaker:
        """
        >>> Breaker(limit=1).failed(0).succeeded().circuit()
        'closed'
        """
        return self if not self.failures else replace(self, failures=0, until=0, trying=False)

    def failed(self, now: int, at_least_ms: int = 0) -> Breaker:
        """
        >>> Breaker(limit=3).failed(0).failed(0).circuit(), Breaker(limit=2).failed(0).failed(0).circuit()
        ('closed', 'open')
        """
        if self.circuit() == "open" and now < self.until:    # those that were under way when it opened say nothing new
            return self
        failures = self.failures + 1
        held = min(self.longest_ms, self.shortest_ms << min(max(0, failures - self.limit), 30))
        held = max(held, at_least_ms)
        return replace(self, failures=failures, trying=False, until=now + held if failures >= self.limit else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """At most `size` at once and one more every `every_ms`, in the long run: a token bucket that lends.

    What is taken when nothing is left is taken from the future: the wait says when it may be used.
    """

    size: int
    every_ms: float
    full_at: float = 0.0                     # when it would be full if nothing more were taken

    def wait_ms(self, now: int) -> int:
        """Milliseconds until the next one may be used.

        >>> Bucket(size=1, every_ms=100).take(1_000).wait_ms(1_030)
        70
        """
        return max(0, -int(-(self.full_at - now - (self.size - 1) * self.every_ms) // 1))

    def take(self, now: int) -> Bucket:
        return Bucket(size=self.size, every_ms=self.every_ms, full_at=max(self.full_at, now) + self.every_ms)

    def is_full(self, now: int) -> bool:
        """
        >>> Bucket(size=45, every_ms=6_000).is_full(0), Bucket(size=45, every_ms=6_000).take(0).is_full(5_999)
        (True, False)
        """
        return self.full_at <= now

    def at(self, every_ms: float) -> Bucket:
        """The same at another pace; what was taken is waited for as it was."""
        return replace(self, every_ms=every_ms)
