"""A bot with files of its own, from its folder to the user's telephone, over real HTTP."""

from pathlib import Path

from dsl.build import build
from runtime.channels.uploads import DAY_MS
from runtime.sim.simulator import Simulator
from tests.runtime.sim.beside import talk

DOMAIN = "bot: small\nlanguages: [en]\nstart: main\n"
FLOW = """flow main
  send document "files/prices.pdf"
  say "This is our workshop."
    image "files/workshop.jpg"
  choose go "Shall we go on?"
    image "files/workshop.jpg"
    - "Yes"
      end
"""
USERS = ("15557770001", "15557770002", "15557770003")


def small(folder: Path) -> Path:
    bot = folder / "bot"
    (bot / "files").mkdir(parents=True)
    (bot / "files" / "prices.pdf").write_bytes(b"%PDF prices")
    (bot / "files" / "workshop.jpg").write_bytes(b"\xff\xd8 a picture")
    (bot / "domain.yml").write_text(DOMAIN)
    (bot / "main.flow").write_text(FLOW)
    return bot


def test_files_beside_the_bot_are_brought_to_the_platform_once_a_month_and_sent_to_everybody(tmp_path: Path):
    bot = small(tmp_path)
    built = build(bot)
    assert built.table is not None, built.diagnostics

    async def story(simulator: Simulator) -> None:
        async def crowd(messages: int) -> None:
            for user in USERS:
                simulator.say(user, "hi")
            await simulator.advance(2_000)
            await simulator.until(lambda ledger: all(len(ledger.said(user)) == messages for user in USERS))
            for user in USERS:
                simulator.tap(user, "Yes")
            await simulator.advance(2_000)

        await crowd(3)
        assert len(simulator.world.shelf._files) == 2
        await simulator.advance(29 * DAY_MS)
        await crowd(6)
        assert len(simulator.world.shelf._files) == 4                # renewed a day before they ended
        assert simulator.ledger.said(USERS[0])[:2] == ["prices.pdf", "This is our workshop."]
        assert simulator.ledger.is_exact(), simulator.ledger.summary()
    talk(tmp_path, story, table=built.table, bot=bot)


def test_a_file_that_the_platform_does_not_know_any_more_is_brought_there_anew(tmp_path: Path):
    bot = small(tmp_path)
    built = build(bot)
    assert built.table is not None

    async def story(simulator: Simulator) -> None:
        simulator.say(USERS[0], "hi")
        await simulator.advance(2_000)
        await simulator.until(lambda ledger: len(ledger.said(USERS[0])) == 3)
        simulator.world.shelf._files.clear()
        await simulator.advance(DAY_MS)

        simulator.say(USERS[1], "hi")
        await simulator.until(lambda ledger: len(ledger.said(USERS[1])) == 3, step_ms=1_000)
        assert len(simulator.world.shelf._files) == 2
        assert simulator.ledger.is_exact(), simulator.ledger.summary()
    talk(tmp_path, story, table=built.table, bot=bot)
