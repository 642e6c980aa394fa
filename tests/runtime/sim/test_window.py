"""The 24-hour window, from the simulator's clock to the flow: what is refused there is made up for by a template."""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dsl.build import build_sources
from dsl.table import Table
from runtime.sim import inbound
from runtime.sim.simulator import Simulator
from runtime.sim.statuses import Habits
from tests.runtime.sim.beside import talk

USER = "15557770001"
HOUR_MS = 3_600_000
HOURS_LATE = 3                               # that the user's message was on its way: longer than the bot has left

DOMAIN = """bot: small
languages: [en]
start: main
slots: {name: {type: text, max: 40}}
templates: {hello_v1: {params: {}, text: "Are you still there?"}}
"""
FLOW = """flow main
  ask name as text "Your name?"
    after 22h
      say "Still there?"
      say "I keep your place."
    after 23h say "Anybody?"
    on event undelivered
      if reason == "window"
        send template hello_v1()
        say "This does not reach them either."
  say "Hi {name}."
  end
"""


@cache
def small() -> Table:
    built = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
    assert built.table is not None, built.diagnostics
    return built.table


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / "talk.db") as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("late", ["answer", "status"])
def test_what_whatsapp_refuses_inside_the_bots_own_day_is_made_up_for_by_the_template(tmp_path: Path, late: str):
    async def story(simulator: Simulator) -> None:
        simulator.habits = Habits(late=late)                # type: ignore[arg-type]
        said = ({"type": "BODY", "text": "Are you still there?"},)
        simulator.world.templates.add("hello_v1", "en", "UTILITY", said, "APPROVED")
        simulator.send(USER, inbound.text("hi"), "hi", late_ms=HOURS_LATE * HOUR_MS)
        await simulator.advance(HOURS_LATE * HOUR_MS + 2_000)
        await simulator.until(lambda ledger: ledger.said(USER) == ["Your name?"])

        await simulator.advance(22 * HOUR_MS)               # by now WhatsApp's day is over, the bot's is not
        await simulator.until(lambda ledger: "hello_v1()" in ledger.said(USER), step_ms=1_000)
        asked = len(simulator.ledger.outbound)
        await simulator.advance(HOUR_MS)                    # `Anybody?`: nobody has to ask any more
        await simulator.until(lambda ledger: ledger.said(USER).count("hello_v1()") == 2, step_ms=1_000)
        assert len(simulator.ledger.outbound) == asked + 1

        simulator.say(USER, "Ana")
        await simulator.until(lambda ledger: "Hi Ana." in ledger.said(USER), step_ms=1_000)
        assert simulator.ledger.sent_twice() == []
    talk(tmp_path, story, table=small(), bot=tmp_path)

    dead = rows(tmp_path, "SELECT json_extract(payload, '$.text'), error FROM outbox WHERE status = 2 ORDER BY id")
    told, known = "400 code 131047" if late == "answer" else "failed code 131047", "the window is closed"
    assert [(text, str(error).partition(":")[0]) for text, error in dead] == [
        ("Still there?", told), ("I keep your place.", told), ("This does not reach them either.", known),
        ("Anybody?", known), ("This does not reach them either.", known)]
    assert rows(tmp_path, "SELECT count(*) FROM journal WHERE kind = 'undelivered'") == [(2,)]
