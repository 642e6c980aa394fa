"""Shared by all tests.

Golden files fail when they are missing and are rewritten by `pytest --update`. PostgreSQL is a real one, started by
the first test that wants it; `TALKTABLE_TEST_POSTGRES_URL` names another, in which databases may be made. What the
tests of faults survived is said at the end, whether output is captured or not.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, database_on, started

LINES = pytest.StashKey[list[str]]()
FAULTS = ("tests/crash", "tests/simulation")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files; read the diff before committing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)`: what was made is what is on record."""

    def compare(path: Path, made: str) -> None:
        if request.config.getoption("--update"):
            path.write_text(made, encoding="utf-8")
        assert path.exists(), f"{path} is missing: make it with `pytest --update` and read it"
        assert made == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL that runs until the last test has ended."""
    with started() as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    """The URL of an empty database."""
    with database_on(postgres.url) as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    config.stash.setdefault(LINES, [])


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a line at the end."""
    return request.config.stash[LINES].append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(LINES, []):
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.line(line)
        took_s = sum(report.duration for reports in terminalreporter.stats.values() for report in reports
                     if isinstance(report, pytest.TestReport) and report.nodeid.startswith(FAULTS))
        terminalreporter.line(f"{' and '.join(FAULTS)}: {took_s:.0f} s in all")
