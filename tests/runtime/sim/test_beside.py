"""Conversations of the real server with the simulator, over real HTTP: the ledger says what was lost or doubled."""

import sqlite3
from pathlib import Path

from runtime.sim.simulator import Simulator
from tests.runtime.sim.beside import talk

USER = "15557770001"


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
    with sqlite3.connect(folder / "talk.db") as database:
        count: int = database.execute("SELECT count(*) FROM journal WHERE kind = 'channel'").fetchone()[0]
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
