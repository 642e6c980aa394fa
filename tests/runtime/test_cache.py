"""Answers that are used again."""

import asyncio
from typing import Any

from dsl.table import Action
from runtime.actions import Refused
from runtime.cache import ENTRY, Cache
from runtime.calls import Actions
from runtime.effects import Call
from runtime.events import Answered
from tests.runtime.toy import table


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class TestCache:
    def test_equal_arguments_find_the_answer_in_whatever_order(self):
        cache = Cache(Clock())
        cache.put("prices", {"a": 1, "b": {"c": [2], "d": None}}, {"price": "1.50"}, 60)

        assert cache.get("prices", {"b": {"d": None, "c": [2]}, "a": 1}) == ({"price": "1.50"},)
        assert cache.get("prices", {"a": "1", "b": {"c": [2], "d": None}}) is None
        assert cache.get("others", {"a": 1, "b": {"c": [2], "d": None}}) is None

    def test_nothing_is_an_answer_too(self):
        cache = Cache(Clock())
        cache.put("it", {}, None, 60)
        assert cache.get("it", {}) == (None,)

    def test_an_answer_is_used_for_its_time(self):
        clock = Clock()
        cache = Cache(clock)
        cache.put("it", {}, 1, 60)
        clock.now += 59.9
        assert cache.get("it", {}) == (1,)
        clock.now += 0.1
        assert cache.get("it", {}) is None

    def test_what_a_conversation_does_with_it_does_not_change_it(self):
        cache = Cache(Clock())
        cache.put("it", {}, {"items": [1]}, 60)
        found: Any = cache.get("it", {})
        found[0]["items"].append(2)

        assert cache.get("it", {}) == ({"items": [1]},)

    def test_what_was_not_used_for_longest_makes_room(self):
        cache = Cache(Clock(), largest=2 * (ENTRY + 1))
        for n in (1, 2):
            cache.put("it", {"n": n}, n, 60)
        cache.get("it", {"n": 1})
        cache.put("it", {"n": 3}, 3, 60)

        assert [cache.get("it", {"n": n}) for n in (1, 2, 3)] == [(1,), None, (3,)]

    def test_one_that_is_replaced_counts_once(self):
        cache = Cache(Clock(), largest=2 * (ENTRY + 1))
        for n in (1, 2, 2, 2):
            cache.put("it", {"n": n}, n, 60)
        assert cache.get("it", {"n": 1}) == (1,)

    def test_what_is_larger_than_all_is_not_kept(self):
        cache = Cache(Clock(), largest=ENTRY + 1)
        cache.put("it", {"n": 1}, 1, 60)
        cache.put("it", {"n": 2}, "xxxx", 60)
        assert [cache.get("it", {"n": n}) for n in (1, 2)] == [(1,), None]


def run_twice(action: Action, *faults: Exception) -> tuple[list[Any], int]:
    """Two calls a minute apart, and how often the function ran; `faults` are raised first."""
    ran, left, clock = 0, list(faults), Clock()

    async def it(**args: object) -> object:
        nonlocal ran
        ran += 1
        if left:
            raise left.pop(0)
        return {"n": ran}

    async def live() -> list[Any]:
        actions = Actions(table({"it": action}), {"it": it}, None, {}, clock=clock)
        results = []
        for id in ("c1", "c2"):
            results.append(await actions.run(Call(id, "it", {"city": "Bilbao"}), id, 0))
            clock.now += 60
        return results
    return asyncio.run(live()), ran


class TestActions:
    def test_a_cached_answer_belongs_to_the_call_that_asks(self):
        assert run_twice(Action(python="a.it", cache=61)) == ([Answered("c1", {"n": 1}), Answered("c2", {"n": 1})], 1)

    def test_one_whose_time_is_over_is_asked_again(self):
        assert run_twice(Action(python="a.it", cache=60))[1] == 2

    def test_without_cache_every_call_is_made(self):
        assert run_twice(Action(python="a.it"))[1] == 2

    def test_failures_and_refusals_are_not_kept(self):
        assert run_twice(Action(python="a.it", cache=600), ValueError())[1] == 2
        assert run_twice(Action(python="a.it", cache=600, reasons=["no"]), Refused("no"))[1] == 2
