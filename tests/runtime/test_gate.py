"""Circuits and paces seen from outside."""

from loguru import logger

from runtime.channels.errors import classified, unknown
from runtime.gate import PAIR, Gate, Recent, Repetitions


def test_a_number_that_was_slowed_down_becomes_as_fast_as_it_was():
    gate = Gate(rate=80)
    gate.failed(classified(130429, "e"), 0)
    slow = gate._number.every_ms
    for _ in range(200):
        gate.accepted()

    assert slow == 25.0
    assert gate._number.every_ms == 12.5


def test_a_burst_that_is_throttled_slows_the_number_down_once():
    gate, paces = Gate(rate=80), []
    for now in (0, 1, 999, 1_000):
        gate.failed(classified(130429, "e"), now)
        gate.enter("c", 5_000)
        paces.append(gate._number.every_ms)

    assert paces == [25.0, 25.0, 25.0, 50.0]


def test_a_number_in_maintenance_is_shut_for_a_minute():
    gate = Gate()
    gate.failed(classified(131057, "e"), 0)

    assert gate.wait_ms("c", 0) == 60_000


def test_a_circuit_that_stays_open_does_so_for_longer_each_time():
    gate, now = Gate(), 0
    waits = []
    for _ in range(6):
        gate.enter("c", now)
        gate.failed(classified(190, "e"), now)
        waits.append(gate.wait_ms("d", now))
        now += waits[-1]

    assert waits == [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]


def test_one_failure_of_the_platform_shuts_nothing():
    gate = Gate()
    gate.failed(unknown("e"), 0)

    assert gate.wait_ms("c", 0) == 0


def test_that_the_platform_is_away_is_said_once_and_that_it_answers_again():
    said: list[str] = []
    sink = logger.add(lambda line: said.append(line.record["message"]))
    gate = Gate()
    for _ in range(12):
        gate.failed(unknown("e"), 0)
    for _ in range(2):
        gate.failed(classified(131009, "e"), 0)              # a refusal is an answer
        gate.accepted()
    logger.remove(sink)

    assert said == ["the platform does not answer: nothing is sent for a while", "the platform answers again"]


def test_what_is_remembered_is_bounded():
    recent: Recent[int, int] = Recent(2)
    for n in (1, 2, 1, 3):
        recent.put(n, n)

    assert [recent.get(n, 0) for n in (1, 2, 3)] == [1, 0, 3]


def test_the_pair_is_as_whatsapp_says():
    assert (PAIR.size, PAIR.every_ms) == (45, 6_000)


def test_equal_messages_to_different_users_are_no_repetition():
    repetitions = Repetitions()
    for n in range(50):
        repetitions.sent(f"c{n}", "same", 0)

    assert not repetitions.is_runaway("c1", "same", "k", 0)
