"""Shared by all tests: golden files, which fail when they are missing and are rewritten by `pytest --update`."""

from collections.abc import Callable
from pathlib import Path

import pytest


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
