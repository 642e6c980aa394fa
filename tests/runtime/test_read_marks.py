"""Marks of what was read: when there is time, a few at once, the newest if there are too many."""

import asyncio

from runtime.read_marks import AT_ONCE, WAITING, ReadMarks
from tests.runtime.test_outbox import Channel


class Slow(Channel):
    """Takes no mark down before its gate is open."""

    async def seen(self, message_id: str, typing: bool) -> None:
        await self.gate.wait()
        await super().seen(message_id, typing)


def test_a_few_go_at_once_and_of_those_that_wait_the_oldest_are_dropped():
    async def story() -> None:
        channel = Slow()
        channel.gate.clear()
        marks = ReadMarks(channel)
        for number in range(AT_ONCE):
            marks.put(f"a{number}")
        await asyncio.sleep(0)
        for number in range(WAITING + 1):
            marks.put(f"b{number}")
        channel.gate.set()
        await asyncio.wait(marks._tasks)
        assert sorted(channel.log) == sorted([*(f"seen a{number}" for number in range(AT_ONCE)),
                                              *(f"seen b{number + 1}" for number in range(WAITING))])
    asyncio.run(story())


def test_after_the_stop_none_is_sent():
    async def story() -> None:
        channel = Slow()
        channel.gate.clear()
        marks = ReadMarks(channel)
        marks.put("a")
        await asyncio.sleep(0)
        marks.stop()
        marks.put("b")
        channel.gate.set()
        await asyncio.wait(marks._tasks)
        assert channel.log == []
    asyncio.run(story())
