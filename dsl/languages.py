"""What the compiler knows of languages by heart: which there are, how they count, how widely they write days and hours.

All of it is CLDR's, and Babel has it too; but Babel's import and tables are a quarter of what a start costs. The file
beside this module is written by `pytest tests/dsl/test_languages.py --update`, which holds it against Babel.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("languages.json")


class Language(NamedTuple):
    """A language, whatever its region."""

    plurals: int                             # how many forms gettext knows
    categories: tuple[str, ...]              # CLDR's, in their order
    forms: tuple[int, ...]                   # gettext's form of each category
    dates: Mapping[str, int]                 # the most characters of a date in any region: `short`, `medium`
    times: Mapping[str, int]                 # of a time of day
    money: int                               # of a thousand millions in any currency


@cache
def tags() -> frozenset[str]:
    """All languages that CLDR has words for, as a bot names them: `en`, `pt-BR`, `zh-Hant-TW`."""
    return frozenset(_known()["tags"])


@cache
def regions() -> frozenset[str]:
    """All countries and regions that have money: `CO`."""
    return frozenset(_known()["regions"])


@cache
def about_language(tag: str) -> Language:
    """Of the language of a tag, `pt` of `pt-BR`; English where it is not known.

    >>> about_language("pl")[:3]
    (3, ('one', 'few', 'many', 'other'), (0, 1, 2, 2))
    """
    known = _known()["languages"]
    plurals, categories, forms, *widths = known.get(tag.split("-")[0], known["en"])
    return Language(plurals, tuple(categories), tuple(forms), *widths)


@cache
def _known() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
