"""A host that does not answer is left alone."""

import pytest
from loguru import logger

from runtime.circuits import HOST, Circuits, HostDown


class Fixed:
    def __init__(self) -> None:
        self.now = 0.0
        self.circuits = Circuits(lambda fault: isinstance(fault, KeyError), lambda: self.now)

    def ask(self, fault: BaseException | None = None, host: str = "a", times: int = 1) -> str:
        """What came of the last of so many calls."""
        said = ""
        for _ in range(times):
            try:
                with self.circuits.asking(host):
                    if fault:
                        raise fault
                    said = "answer"
            except (KeyError, OSError, HostDown) as raised:
                said = type(raised).__name__
        return said


def test_after_ten_failures_in_a_row_it_is_not_asked_for_a_second():
    fixed = Fixed()
    assert fixed.ask(OSError(), times=10) == "OSError"
    assert fixed.ask() == "HostDown"
    fixed.now = 0.999
    assert fixed.ask() == "HostDown"
    fixed.now = 1.0
    assert fixed.ask(times=2) == "answer"


def test_that_it_does_not_answer_is_said_and_that_it_does_again():
    said: list[str] = []
    sink = logger.add(lambda line: said.append(f"{line.record['extra']['host']}: {line.record['message']}"))
    fixed = Fixed()
    fixed.ask(OSError(), times=12)
    fixed.now = 1.0
    fixed.ask(times=2)
    logger.remove(sink)

    assert said == ["a: an action's host does not answer: it is left alone for a while",
                    "a: an action's host answers again"]


def test_other_hosts_are_asked():
    fixed = Fixed()
    fixed.ask(OSError(), times=10)

    assert fixed.ask(host="b") == "answer"


def test_a_refusal_is_an_answer():
    fixed = Fixed()
    fixed.ask(OSError(), times=9)
    assert fixed.ask(KeyError()) == "KeyError"

    assert fixed.ask(OSError(), times=9) == "OSError"
    assert fixed.ask() == "answer"


def test_while_one_tries_the_others_fail_at_once():
    fixed = Fixed()
    fixed.ask(OSError(), times=10)
    fixed.now = 1.0
    with fixed.circuits.asking("a"):
        assert fixed.ask() == "HostDown"
    assert fixed.ask() == "answer"


def test_it_is_left_alone_for_longer_each_time_up_to_half_a_minute():
    fixed = Fixed()
    fixed.ask(OSError(), times=10)
    for wait in (1, 2, 4, 8, 16, 30, 30):
        fixed.now += wait - 0.002
        assert fixed.ask() == "HostDown"
        fixed.now += 0.003
        assert fixed.ask(OSError()) == "OSError"


def test_a_call_that_is_given_up_is_no_answer():
    fixed = Fixed()
    for _ in range(HOST.limit):
        with pytest.raises(KeyboardInterrupt), fixed.circuits.asking("a"):
            raise KeyboardInterrupt

    assert fixed.ask() == "HostDown"
