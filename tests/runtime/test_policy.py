"""Waits, circuits and rates, over all the times there are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.policy import Backoff, Breaker, Bucket

TIMES = st.integers(0, 10**13)
CHANCES = st.floats(0, 1, exclude_max=True)
quick = settings(max_examples=100, deadline=None)


class TestBackoff:
    @quick
    @given(failures=st.integers(1, 10**9), chance=CHANCES, base=st.integers(1, 10**6), factor=st.integers(2, 4))
    def test_a_wait_is_never_longer_than_doubling_gives_nor_than_the_ceiling(
            self, failures: int, chance: float, base: int, factor: int):
        wait = Backoff(base_ms=base, factor=factor, ceiling_ms=300_000).wait_ms(failures, chance)

        assert 0 <= wait <= 300_000
        assert failures > 60 or wait <= base * factor ** (failures - 1)

    @quick
    @given(failures=st.integers(1, 200), chance=CHANCES)
    def test_without_jitter_chance_changes_nothing_and_waits_never_get_shorter(self, failures: int, chance: float):
        plain = Backoff(base_ms=1_000, factor=4, ceiling_ms=1_024_000, jitter=False)

        assert plain.wait_ms(failures, chance) == plain.wait_ms(failures, 0)
        assert plain.wait_ms(failures + 1, chance) >= plain.wait_ms(failures, chance)

    def test_tries_are_counted_to_the_last(self):
        assert [Backoff(base_ms=1, tries=2).is_over(n) for n in (1, 2, 3)] == [False, True, True]


class TestBreaker:
    def test_it_lets_one_pass_when_it_was_open_long_enough(self):
        opened = Breaker(limit=2, shortest_ms=5_000).failed(0).failed(1_000)
        assert (opened.circuit(), opened.wait_ms(5_999), opened.wait_ms(6_000)) == ("open", 1, 0)

        trying = opened.tried(6_000)
        assert trying.circuit() == "trying"
        assert trying.wait_ms(6_000) > 0

    def test_the_try_decides(self):
        trying = Breaker(limit=1, shortest_ms=5_000).failed(0).tried(5_000)

        assert trying.succeeded().wait_ms(5_001) == 0
        assert trying.failed(6_000).wait_ms(6_000) == 10_000

    def test_failures_of_what_was_under_way_when_it_opened_do_not_keep_it_open(self):
        opened = Breaker(limit=1, shortest_ms=5_000).failed(0)

        assert opened.failed(1_000) == opened

    def test_a_success_between_failures_keeps_it_closed(self):
        assert Breaker(limit=2).failed(0).succeeded().failed(0).circuit() == "closed"

    def test_closed_it_needs_no_try(self):
        closed = Breaker(limit=1)
        assert closed.tried(0) is closed.succeeded() is closed

    @quick
    @given(failures=st.lists(TIMES, max_size=60), now=TIMES)
    def test_it_never_stays_shut_for_longer_than_the_longest_time(self, failures: list[int], now: int):
        breaker = Breaker(limit=3)
        for at in sorted(failures):
            breaker = breaker.failed(at)
        latest = max([now, *failures])
        assert breaker.wait_ms(latest) <= breaker.longest_ms
        assert breaker.wait_ms(latest + breaker.longest_ms) == 0
        assert breaker.tried(latest).wait_ms(latest + breaker.longest_ms) == 0


class TestBucket:
    @quick
    @given(gaps=st.lists(st.integers(0, 20_000), max_size=200), size=st.integers(1, 45), every=st.integers(1, 6_000))
    def test_in_no_span_of_time_more_is_used_than_the_size_and_the_pace_allow(
            self, gaps: list[int], size: int, every: int):
        bucket, now, used = Bucket(size=size, every_ms=every), 0, []
        for gap in gaps:
            now += gap
            now += bucket.wait_ms(now)
            bucket = bucket.take(now)
            used.append(now)

        for first, start in enumerate(used):
            for last in range(first, len(used)):
                assert last - first + 1 <= size + (used[last] - start) / every

    @quick
    @given(taken=st.integers(0, 100), now=TIMES)
    def test_left_alone_it_fills_up(self, taken: int, now: int):
        bucket = Bucket(size=10, every_ms=80)
        for _ in range(taken):
            bucket = bucket.take(now)
        assert bucket.is_full(now + taken * 80)
        assert bucket.wait_ms(now + taken * 80) == 0

    def test_another_pace_counts_from_now_on(self):
        assert Bucket(size=1, every_ms=10).take(0).at(1_000).take(0).wait_ms(10) == 1_000
