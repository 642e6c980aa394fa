"""Every code has a page, every page a code, and both examples of a page are true."""

import importlib
import pkgutil

import pytest

import dsl
from dsl.build import build_sources
from dsl.diagnostics import KINDS, Severity
from dsl.pages import pages
from dsl.source import Source
from dsl.story import read_stories
from dsl.story_names import unknown_names

# What no example can show: of these their pages say so, and other tests provoke them.
NOT_SHOWN = {
    "F056": "test_yaml: a file of too many values",
    "F090": "test_build: a path where there is no folder",
    "F091": "test_build: a folder without domain.yml",
    "F092": "test_build: bytes that are not UTF-8",
    "F093": "test_build: a file that cannot be opened",
    "F094": "test_build: a bot with a thousand mistakes",
    "F221": "test_channel: a file of some megabytes",
    "F520": "test_patterns: expressions of 10,000 characters",
    "F806": "test_story: a text of 10,000 characters",
    "F807": "test_story: two thousand stories",
}


def kinds() -> set[str]:
    for module in pkgutil.walk_packages(dsl.__path__, "dsl."):
        importlib.import_module(module.name)
    return set(KINDS)


def found_in(files: dict[str, str]) -> list[tuple[str, Severity]]:
    stories = {name: text for name, text in files.items() if name == "story.yml"}
    built = build_sources({name: text for name, text in files.items() if name not in stories})
    said = list(built.diagnostics)
    for name, text in stories.items():
        told, faults = read_stories(Source(name, text))
        said += faults
        if built.table is not None:
            said += unknown_names(told, built.table, built.map)
    return [(diagnostic.code, diagnostic.severity) for diagnostic in said]


def test_every_code_has_a_page_and_every_page_a_code():
    assert set(pages()) == kinds()


@pytest.mark.parametrize("code", sorted(set(pages()) - set(NOT_SHOWN)))
def test_before_gives_exactly_this_code(code):
    found = found_in(pages()[code].before)

    assert code in {each for each, _ in found}
    assert {each for each, severity in found if severity is Severity.ERROR} <= {code}


@pytest.mark.parametrize("code", sorted(pages()))
def test_after_gives_none_of_it(code):
    found = found_in(pages()[code].after)

    assert code not in {each for each, _ in found}
    assert not [each for each, severity in found if severity is Severity.ERROR]
