"""Looking on while a store executes its statements."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from runtime.store.prepared import Execute, Rows

Told = Callable[[str, Any], None]


def nothing(text: str, parameters: Any) -> None:
    """Let it pass."""


@contextmanager
def watched(before: Told = nothing, after: Told = nothing) -> Iterator[None]:
    """Both are told of each statement of a tick: its text, and its parameters or those of its first execution."""
    run = Execute._run

    def watching(self: Execute, statement: Rows, text: str, given: Any) -> list[Any]:
        parameters = given[0] if isinstance(given, list) else given
        before(text, parameters)
        rows = run(self, statement, text, given)
        after(text, parameters)
        return rows

    with patch.object(Execute, "_run", watching):
        yield
