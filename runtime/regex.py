"""Regular expressions on what users send: RE2 only, so that time is linear whatever they send and authors write.

The one module that knows the engine. Patterns are `Table.patterns`: RE2 source in which the compiler has already made
`\\w \\d \\b` know every script. Texts are brought to NFC, as the patterns are.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2

LONGEST = 4096                               # characters of a text that are searched; table.md, "Bounds"
_MEMORY = 8 << 20                            # bytes one pattern may take, its automata included


@lru_cache(2048)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False               # it writes to standard error
    try:
        return re2.compile(pattern, options=options)
    except re2.error:                        # the compiler refused it; a table made otherwise matches nothing
        return None


def _searched(text: str) -> str:
    text = text[:LONGEST]
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    return text if text.isprintable() else text.encode("utf-8", "replace").decode("utf-8")   # a lone surrogate


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text.

    >>> found(r"\\bvisit\\b", "I want a visit"), found("(a+)+$", "a" * 4000 + "!")
    (True, False)
    """
    compiled = _compiled(pattern)
    return compiled is not None and compiled.search(_searched(text)) is not None


def whole(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text."""
    compiled = _compiled(pattern)
    return compiled is not None and len(text) <= LONGEST and compiled.fullmatch(_searched(text)) is not None


class Finder:
    """Many patterns at once: a text is read a single time, however many there are."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns
        self._set = _together(patterns) if len(patterns) >= _MANY else None

    def found(self, text: str) -> Sequence[int]:
        """Indexes of the patterns that are found anywhere in the text, in their order.

        >>> Finder([r"\\bvisit\\b", "menu", "visit"]).found("a visit")
        [0, 2]
        """
        if self._set is None:
            return [index for index, pattern in enumerate(self._patterns) if found(pattern, text)]
        return sorted(self._set.Match(_searched(text)) or ())


_MANY = 16                                   # patterns; below, one after the other is as fast
_MEMORY_TOGETHER = 256 << 20                 # bytes, a bound that hundreds of patterns never come near


def _together(patterns: Sequence[str]) -> Any:
    """The patterns as one automaton; None if one of them cannot be read, or all are too large."""
    options = re2.Options()
    options.max_mem = _MEMORY_TOGETHER
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    try:
        for pattern in patterns:
            together.Add(pattern)
        together.Compile()
    except re2.error:
        return None
    return together
