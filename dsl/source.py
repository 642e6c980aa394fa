"""Files and spans: where something is written, from character offset to line and column.

A span is what every other module passes around; only the edges (renderers, the source map) turn it into a
line and a column, and for that they need the text it points into.
"""

import errno
import stat
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec


class Span(NamedTuple):
    """A place in a file: `text[start:end]`, offsets in characters, `end` not included."""

    file: str
    start: int
    end: int


def read_file(path: Path) -> bytes:
    """What stands in a file. Raises OSError, also for what is no file: a pipe would keep us waiting for ever."""
    if stat.S_ISFIFO(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a file")
    return path.read_bytes()


class Source(msgspec.Struct, frozen=True, dict=True):
    """One file of a bot: its name as shown to people (relative, with `/`) and its whole text."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of every line; a line ends at `\\n` only."""
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return tuple(starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both counted from 1, columns in characters.

        >>> Source("a.flow", "say hi\\nend").position(8)
        (2, 2)
        """
        line = bisect_right(self.line_starts, offset) - 1
        return line + 1, offset - self.line_starts[line] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def span(self, start: int, end: int) -> Span:
        return Span(self.name, start, end)
