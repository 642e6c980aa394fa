"""What the crash tests survived is said at the end, whether output is captured or not."""

from collections.abc import Callable

import pytest

LINES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash.setdefault(LINES, [])


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[[str], None]:
    return request.config.stash[LINES].append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(LINES, []):
        terminalreporter.section("crashes")
        for line in lines:
            terminalreporter.line(line)
