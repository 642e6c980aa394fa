"""Conversations of the real server with the simulator, over real HTTP: the ledger says what was lost or doubled."""

import sqlite3
from pathlib import Path

from runtime.sim.faults import Rule
from runtime.sim.simulator import Simulator
from runtime.sim.statuses import Habits
from runtime.sim.wire import Network
from tests.runtime import toy
from tests.runtime.sim.beside import talk

USER = "15557770001"
DAY_MS = 86_400_000


class Talk:
    """One user; `says` and `taps` wait for the answers that follow."""

    def __init__(self, simulator: Simulator, user: str = USER) -> None:
        self._sim, self._user, self._heard = simulator, user, 0

    async def says(self, text: str, *answers: str) -> None:
        self._sim.say(self._user, text)
        await self._hears(answers)

    async def taps(self, title: str, *answers: str) -> None:
        self._sim.tap(self._user, title)
        await self._hears(answers)

    async def _hears(self, answers: tuple[str, ...]) -> None:
        self._heard += len(answers)
        await self._sim.advance(2_000)       # what the network makes a webhook wait
        await self._sim.until(lambda ledger: len(ledger.said(self._user)) >= self._heard)
        told = self._sim.ledger.said(self._user)
        assert len(told) == self._heard
        for said, wanted in zip(told[-len(answers):], answers, strict=True):
            assert said.startswith(wanted)
        await self._sim.advance(10_000)      # statuses, and a human's pace


async def books_a_visit(simulator: Simulator, user: str = USER) -> None:
    person = Talk(simulator, user)
    await person.says("hi", "Hi! I'm the clinic's assistant.", "How can we help you, friend?")
    await person.taps("Book a visit", "What is your full name?")
    await person.says("Ana Lima", "When were you born?")
    await person.says("24 March 1990", "Which city do you live in?")
    await person.says("Bogota", "Which clinic suits you?")
    await person.taps("Norte", "When would you like to come?")


def journal(folder: Path) -> int:
    """Turns that were taken because of a message."""
    with sqlite3.connect(folder / "talk.db") as database:
        count: int = database.execute("SELECT count(*) FROM journal WHERE msg_id LIKE 'wamid.%'").fetchone()[0]
    return count


def test_a_conversation_goes_as_in_its_story(tmp_path: Path):
    async def story(simulator: Simulator) -> None:
        await books_a_visit(simulator)

        ledger = simulator.ledger
        assert ledger.is_exact(), ledger.summary()
        assert [(one.delivered, one.acknowledged, one.read) for one in ledger.inbound.values()] == [(1, 1, 1)] * 6
        assert [one.accepted for one in ledger.outbound.values()] == [1] * 7
        assert {tuple(one.statuses) for one in ledger.outbound.values()} == {("sent", "delivered", "read")}
    talk(tmp_path, story)


def test_so_it_does_with_repeats_lost_answers_and_disorder(tmp_path: Path):
    async def story(simulator: Simulator) -> None:
        simulator.network = Network(batch=3, reorder_ms=1_500, duplicates=0.1, lost_acks=0.1, concurrency=4)
        simulator.habits = Habits(before_answer=0.3, skip_delivered=0.2, unknown=0.2)
        for user in range(5):
            await books_a_visit(simulator, f"1555777{user:04}")
        await simulator.advance(DAY_MS)

        ledger = simulator.ledger
        assert ledger.is_exact(), ledger.summary()
        assert len(ledger.inbound) == journal(tmp_path) == 30
        assert sum(one.delivered for one in [*ledger.inbound.values(), *ledger.updates.values()]) > 130
    talk(tmp_path, story, seed=3)


def test_a_crowd_that_writes_all_at_once_is_answered_message_by_message(tmp_path: Path):
    users = [f"1555888{user:04}" for user in range(20)]

    async def story(simulator: Simulator) -> None:
        simulator.network = Network(batch=7, reorder_ms=500, duplicates=0.1, lost_acks=0.05)
        for word in ("one", "two", "three"):
            for user in users:
                simulator.say(user, word)
        await simulator.advance(DAY_MS)
        await simulator.until(lambda ledger: len(ledger.outbound) >= 60)
        await simulator.advance(60_000)

        ledger = simulator.ledger
        assert ledger.is_exact(), ledger.summary()
        assert journal(tmp_path) == 60
        assert sum(one.delivered for one in ledger.inbound.values()) > 60
        for user in users:
            said = [text.partition(": ") for text in ledger.said(user)]
            assert [number for number, _, _ in said] == ["1", "2", "3"]
            assert sorted(word for _, _, word in said) == ["one", "three", "two"]
    talk(tmp_path, story, seed=4, table=toy.table(), bot=tmp_path, advance=toy.advance)


def test_what_the_platform_refuses_for_now_is_sent_once_in_the_end(tmp_path: Path):
    async def story(simulator: Simulator) -> None:
        simulator.faults.add(Rule(target="messages", code=131000, next=2))
        simulator.faults.add(Rule(target="messages", lost="before", next=1))
        simulator.say(USER, "hello")
        await simulator.until(lambda ledger: bool(ledger.said(USER)), step_ms=1_000)

        [entry] = simulator.ledger.outbound.values()
        assert (entry.refused, entry.accepted) == (["131000", "131000", "lost"], 1)
        assert simulator.ledger.is_exact()
    talk(tmp_path, story, table=toy.table(), bot=tmp_path, advance=toy.advance)


def test_a_tenth_of_the_answers_lost_and_a_fifth_of_the_sends_throttled_is_still_exact(tmp_path: Path):
    users = [f"1555888{user:04}" for user in range(10)]

    async def story(simulator: Simulator) -> None:
        simulator.network = Network(reorder_ms=500, duplicates=0.1)
        simulator.faults.add(Rule(target="messages", lost="after", chance=0.1))
        simulator.faults.add(Rule(target="messages", code=130429, chance=0.2))
        for word in ("one", "two", "three"):
            for user in users:
                simulator.say(user, word)
        await simulator.advance(60_000)
        await simulator.until(lambda ledger: len(ledger.outbound) == 30 and ledger.is_exact(), within_s=40.0,
                              step_ms=1_000)
        await simulator.advance(DAY_MS)

        assert simulator.ledger.is_exact(), simulator.ledger.summary()
        lost, throttled = simulator.faults.told()
        assert lost["hits"]
        assert throttled["hits"]
        for user in users:
            assert sorted(text[3:] for text in simulator.ledger.said(user)) == ["one", "three", "two"]
    talk(tmp_path, story, seed=6, table=toy.table(), bot=tmp_path, advance=toy.advance)
