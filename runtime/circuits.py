"""Hosts that actions call, each with a circuit of its own: one that does not answer is left alone for a while.

Kept in memory: each process has its own view. A bot has few hosts, those that its table and its environment name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loguru import logger

from runtime.policy import Breaker

HOST = Breaker(limit=10, shortest_ms=1_000, longest_ms=30_000)         # short: users wait for what an action says


class HostDown(Exception):
    """A host that is not asked, because it did not answer before."""


class Circuits:
    """`asking(host)` around each call.

    Args:
        answers: whether a fault is an answer of a host that works, a refusal for example.
        clock: seconds that only go on.
    """

    def __init__(self, answers: Callable[[BaseException], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._answers, self._clock = answers, clock
        self._hosts: dict[str, Breaker] = {}

    @contextmanager
    def asking(self, host: str) -> Iterator[None]:
        """What comes of the block tells whether the host is there; a call that was given up tells that it is not.

        Raises:
            HostDown: it was not, ten times in a row, and this is not the one that is to try.
        """
        breaker, now = self._hosts.get(host, HOST), self._now()
        if breaker.wait_ms(now):
            raise HostDown
        self._hosts[host] = breaker.tried(now)
        try:
            yield
        except BaseException as fault:
            self._tell(host, self._answers(fault))
            raise
        self._tell(host, True)

    def _tell(self, host: str, is_there: bool) -> None:
        before = self._hosts[host]
        after = self._hosts[host] = before.succeeded() if is_there else before.failed(self._now())
        if before.circuit() == "closed" != after.circuit():
            logger.bind(host=host).error("an action's host does not answer: it is left alone for a while")
        if before.circuit() != "closed" == after.circuit():
            logger.bind(host=host).info("an action's host answers again")

    def _now(self) -> int:
        return int(1_000 * self._clock())
