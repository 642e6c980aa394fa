"""Messages of users are marked as read: after they were answered, as there is time, and none is waited for.

A mark holds for all messages before it, so that when there are more than can be sent, the oldest are dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque

from runtime.channels.port import Channel

AT_ONCE, WAITING = 4, 256                    # marks that are on their way, and that wait until they may go


class ReadMarks:
    """`put` a message that was read; it never fails."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: deque[str] = deque(maxlen=WAITING)
        self._tasks: set[asyncio.Task[None]] = set()         # the loop itself holds tasks only weakly

    def put(self, message: str) -> None:
        self._waiting.append(message)
        if len(self._tasks) < AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._send())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        while self._waiting:
            await self._channel.seen(self._waiting.popleft(), typing=False)

    def stop(self) -> None:
        """Send no more."""
        self._waiting = deque(maxlen=0)
        for task in self._tasks:
            task.cancel()
