"""An event loop whose time is told by what is due next: nobody waits, and the same seed gives the same order.

What runs in the context of a process ends with it: after `kill` none of its callbacks is called any more.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import Any

PROCESS: ContextVar[int] = ContextVar("process", default=0)              # 0: the world outside


class Crash(BaseException):
    """The process ends here."""


class Due:
    """A callback that waits for its time."""

    __slots__ = ("args", "callback", "context", "is_cancelled")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        self.callback, self.args, self.context = callback, args, context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop(asyncio.AbstractEventLoop):
    """As much of a loop as tasks, futures, `sleep` and `timeout` need.

    Args:
        lifetime: after how many more steps a process dies.
        crashed: told that it did.
    """

    def __init__(self, lifetime: Callable[[], int], crashed: Callable[[], None]) -> None:
        self._lifetime, self._crashed = lifetime, crashed
        self._left = lifetime()
        self._soon: deque[Due] = deque()                     # due now, before whatever becomes due at this moment
        self._queue: list[tuple[float, int, Due]] = []
        self._order = count()
        self._begun: list[Any] = []                          # held, so that nothing of the dead is collected and run
        self._now = 1_000_000_000.0
        self.alive = 0                                       # the process that is
        self.commit_s = 0.0                                  # how much later the loop hears of the thread's commit
        self.faults: list[BaseException] = []                # of tasks that nobody waits for

    def run(self, until: float, is_over: Callable[[], bool]) -> None:
        """Go on until, at the end of some moment, it is over, nothing is left to do, or the time has come."""
        asyncio._set_running_loop(self)
        try:
            while due := self._next(until, is_over):
                process = due.context.get(PROCESS, 0)
                if due.is_cancelled or (process and process != self.alive):
                    continue
                if process and not self._left:
                    self._crash()
                    continue
                self._left -= process > 0
                try:
                    due.context.run(due.callback, *due.args)
                except Crash:
                    self._crash()
        finally:
            asyncio._set_running_loop(None)

    def _next(self, until: float, is_over: Callable[[], bool]) -> Due | None:
        if self._soon:
            return self._soon.popleft()
        if is_over() or not self._queue or self._queue[0][0] > until:
            return None
        at, _, due = heapq.heappop(self._queue)
        self._now = max(self._now, at)
        return due

    def _crash(self) -> None:
        self.alive, self._left = 0, self._lifetime()
        self._crashed()

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        due = Due(callback, args, context or copy_context())
        self._soon.append(due)
        return due

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        return self.call_later(self.commit_s, callback, *args, context=context)

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any,
                   context: Context | None = None) -> Any:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        due = Due(callback, args, context or copy_context())
        heapq.heappush(self._queue, (when, next(self._order), due))
        return due

    def nap(self, seconds: float) -> asyncio.Future[None]:
        """`asyncio.sleep`, for those whom nobody cancels."""
        over = self.create_future()
        self.call_later(seconds, over.set_result, None)
        return over

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        self._begun.append(coro)
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def close(self) -> None:
        """Let go of what dead processes left unfinished; what it does about that (`finally`) reaches nobody."""
        asyncio._set_running_loop(self)
        try:
            while self._begun:
                self._begun.pop().close()
        finally:
            asyncio._set_running_loop(None)

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tasks that a killed process left behind are no fault; an exception that nobody waits for is."""
        if (fault := context.get("exception")) is not None:
            self.faults.append(fault)
