"""Files beside a bot, brought to the simulator over real HTTP: once, and anew when that is needed."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from runtime.channels.port import Forgetful, Known, Later, Undelivered, Upload
from runtime.channels.uploads import DAY_MS, FRESH_MS, Uploads
from runtime.sim.app import application, listening
from runtime.sim.faults import Rule
from runtime.sim.simulator import Simulator
from runtime.store.opening import open_store
from runtime.store.uploads import Uploaded

MAP, PRICES = "media/map.png", "prices.pdf"
MEDIA = {MAP: "image/png", PRICES: "application/pdf"}


class Place:
    """A bot's folder, and a simulator that counts what is brought to it."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession, url: str, simulator: Simulator) -> None:
        self.folder, self.simulator, self._session, self._url = folder, simulator, session, url

    def uploads(self, known: Known | None = None) -> Uploads:
        """As one process has them."""
        return Uploads(self._session, self._url, "v25.0", "100200300", "simulated-access-token", self.folder, MEDIA,
                       known or Forgetful(), self.simulator.clock)

    @property
    def count(self) -> int:
        return len(self.simulator.world.shelf._files)


async def nobody(body: bytes, headers: object) -> int:
    return 200


def play(folder: Path, story: Callable[[Place], Awaitable[None]]) -> None:
    (folder / "media").mkdir()
    (folder / MAP).write_bytes(b"a map")
    (folder / PRICES).write_bytes(b"%PDF")

    async def run() -> None:
        graph = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{graph.getsockname()[1]}"
        simulator = Simulator(nobody, url=url)
        async with asyncio.timeout(30), listening(application(simulator), graph), aiohttp.ClientSession() as session:
            await story(Place(folder, session, url, simulator))
        simulator.close()
    asyncio.run(run())


def test_a_file_is_brought_there_once_however_many_want_it_at_once(tmp_path: Path):
    async def story(place: Place) -> None:
        uploads = place.uploads()
        ids = await asyncio.gather(*(uploads.id(MAP) for _ in range(5)), uploads.id(PRICES))
        assert len(set(ids)) == place.count == 2
        assert await uploads.id(MAP) == ids[0]

        held, _ = place.simulator.world.shelf._files[str(ids[0])]
        assert (held.content, held.mime, held.name) == (b"a map", "image/png", "map.png")
    play(tmp_path, story)


def test_one_that_was_changed_is_brought_anew_and_one_that_was_only_touched_is_not(tmp_path: Path):
    async def story(place: Place) -> None:
        uploads = place.uploads()
        before = await uploads.id(MAP)
        os.utime(place.folder / MAP, (1, 1))
        assert await uploads.id(MAP) == before

        (place.folder / MAP).write_bytes(b"another map")
        assert await uploads.id(MAP) != before
        assert place.count == 2
    play(tmp_path, story)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_all_processes_on_a_database_know_it_until_it_is_a_day_from_its_end(tmp_path: Path, kind: str,
                                                                           request: pytest.FixtureRequest):
    url = f"sqlite:///{tmp_path / 'talk.db'}" if kind == "sqlite" else request.getfixturevalue("database")
    store = open_store(url)
    store.prepare()

    async def story(place: Place) -> None:
        clock = place.simulator.clock
        one, two = (place.uploads(Uploaded(url, "100200300", clock)) for _ in range(2))
        id = await one.id(MAP)
        assert await two.id(MAP) == id
        assert place.count == 1

        await place.simulator.advance(29 * DAY_MS)
        assert await two.id(MAP) != id                               # renewed, while the old one was still good
        three = place.uploads(Uploaded(url, "100200300", clock))
        assert await three.id(MAP) == await two.id(MAP)
        assert place.count == 2
        for uploads in (one, two, three):
            await asyncio.to_thread(uploads.close)
    play(tmp_path, story)
    store.close()


def test_a_database_that_is_away_only_costs_another_upload(tmp_path: Path):
    async def story(place: Place) -> None:
        nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'talk.db'}"
        for count in (1, 2):
            uploads = place.uploads(Uploaded(nowhere, "100200300"))
            assert isinstance(await uploads.id(MAP), str)
            assert place.count == count
            uploads.close()
    play(tmp_path, story)


def test_an_id_that_the_platform_does_not_take_any_more_is_not_used_again(tmp_path: Path):
    class Stale(Forgetful):
        """Knows an id that is gone."""

        def __init__(self, until: int) -> None:
            self.until = until

        async def get(self, name: str) -> Upload:
            return Upload("gone", self.until)

    async def story(place: Place) -> None:
        uploads = place.uploads(Stale(place.simulator.clock() + 10 * DAY_MS))
        assert await uploads.id(MAP) == "gone"
        assert uploads.refused(MAP)
        assert uploads.refused(MAP)                                  # another message had it, too
        id = await uploads.id(MAP)
        assert id != "gone"
        assert not uploads.refused(MAP)                              # it is not the id's fault: there is no other
        await place.simulator.advance(FRESH_MS + 1)
        assert await uploads.id(MAP) == id
    play(tmp_path, story)


@pytest.mark.parametrize(("rule", "verdict", "error"), [
    (Rule(target="media", code=131053), "refused", "400 code 131053"),
    (Rule(target="media", code=131000), "retry", "500 code 131000"),
    (Rule(target="media", status=502), "retry", "upload: 502"),
    (Rule(target="media", lost="after"), "retry", "upload: "),
])
def test_what_goes_wrong_is_told_as_of_a_message_that_was_not_sent(tmp_path: Path, rule: Rule, verdict: str,
                                                                   error: str):
    async def story(place: Place) -> None:
        place.simulator.faults.add(rule)
        told = await place.uploads().id(MAP)
        assert isinstance(told, Undelivered)
        assert told.verdict == verdict
        assert told.error.startswith(error)
    play(tmp_path, story)


def test_a_file_that_is_gone_is_refused(tmp_path: Path):
    async def story(place: Place) -> None:
        (place.folder / MAP).unlink()
        assert await place.uploads().id(MAP) == Undelivered(f"`{MAP}` cannot be read: FileNotFoundError", "refused")
    play(tmp_path, story)


def test_a_message_does_not_wait_for_long_and_finds_it_there_the_next_time(tmp_path: Path,
                                                                          monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Uploads, "wait_s", 0.01)

    async def story(place: Place) -> None:
        place.simulator.faults.add(Rule(target="media", stall_ms=1_000, next=1))
        uploads = place.uploads()
        told = await uploads.id(MAP)
        assert isinstance(told, Later)

        while isinstance(told, Later):
            await place.simulator.advance(1_000)
            told = await uploads.id(MAP)
        assert place.count == 1
        uploads.close()
    play(tmp_path, story)


def test_nothing_but_what_the_bot_names_is_ever_sent(tmp_path: Path):
    async def story(place: Place) -> None:
        assert MAP in place.uploads()
        assert "domain.yml" not in place.uploads()
    play(tmp_path, story)
