"""What the machine says by itself: names, placeholders and words in the languages the project ships.

The words stand in `system.yml` and are parsed like an author's, so that overriding one (`system.invalid` as a
response) changes nothing but the words.
"""

from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from dsl.source import Source
from dsl.syntax import Text
from dsl.yaml import Mapping, Scalar, plain, read_yaml

PREFIX = "system."                           # of the responses that override them
FALLBACK = "en"                              # for a language the project does not ship


class SystemText(msgspec.Struct, frozen=True):
    """One thing the machine says; `shows` are the names it may interpolate besides slots."""

    name: str                                # `invalid`, `reason.date`, `kind.image`
    shows: tuple[str, ...]
    most: int | None                         # characters, of a button's title
    words: MappingProxyType[str, Scalar]     # by language, where they stand in `source()`

    def text(self, language: str) -> Text:
        """Its words in that language (`pt` also for `pt-BR`), English where the project does not ship it."""
        node = self.words.get(language) or self.words.get(language.split("-")[0]) or self.words[FALLBACK]
        return _parsed(node)


@cache
def source() -> Source:
    """`system.yml`, which the spans of the texts point into."""
    path = Path(__file__).with_name("system.yml")
    return Source("system.yml", path.read_text(encoding="utf-8"))


@cache
def system_texts() -> MappingProxyType[str, SystemText]:
    """Every text of the machine by its name, in the order of the file."""
    root, _ = read_yaml(source())
    assert isinstance(root, Mapping)
    return MappingProxyType({entry.key.value: _system_text(entry.key.value, entry.value) for entry in root.entries
                             if isinstance(entry.value, Mapping)})


@cache
def shipped() -> frozenset[str]:
    """The languages that every system text is written in."""
    return frozenset.intersection(*(frozenset(text.words) for text in system_texts().values()))


def is_shipped(language: str) -> bool:
    return language in shipped() or language.split("-")[0] in shipped()


def _system_text(name: str, node: Mapping) -> SystemText:
    fields = {entry.key.value: entry.value for entry in node.entries}
    shows = fields.pop("shows", None)
    most = fields.pop("most", None)
    words = {language: words for language, words in fields.items() if isinstance(words, Scalar)}
    return SystemText(name, tuple(plain(shows)) if shows else (), plain(most) if most else None,
                      MappingProxyType(words))


@cache
def _parsed(node: Scalar) -> Text:
    from dsl.parser import parse_text  # the reader of domain.yml needs the names, not the grammar

    text: Text
    text, faults = parse_text(source(), node.start + 1, node.end - 1)
    assert not faults, faults
    return text
