"""Every code has an example that can be checked by hand: `talktable check docs/diagnostics/F204`.

The files are the *Before* of the code's page, written by `pytest --update`; what cannot be shown by a bot of plain
files (bytes that are no text, say) has none.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.build import build
from dsl.diagnostics import Diagnostic
from dsl.pages import Page, pages
from dsl.render import text
from dsl.source import Source
from dsl.story import read_stories
from dsl.story_names import unknown_names

EXAMPLES = Path(__file__).parent.parent / "docs" / "diagnostics"


def files(page: Page) -> dict[Path, str]:
    return {EXAMPLES / page.code / name: content for name, content in page.before.items()}


def reports(folder: Path) -> tuple[list[Diagnostic], dict[str, Source]]:
    """All that is said of the bot in a folder and of its story."""
    built = build(folder)
    said, sources = list(built.diagnostics), dict(built.sources)
    if (folder / "story.yml").exists():
        source = Source((folder / "story.yml").as_posix(), (folder / "story.yml").read_text("utf-8"))
        told, faults = read_stories(source)
        sources[source.name] = source
        said += faults
        if built.table is not None:
            said += unknown_names(told, built.table, built.map)
    return said, sources


def shown(page: Page, folder: Path) -> bool:
    return any(report.code == page.code for report in reports(folder)[0])


@pytest.mark.parametrize("page", pages().values(), ids=pages())
def test_the_example_of_a_code_is_on_record_and_gives_it_with_its_place_and_a_fix(
        page: Page, golden: Callable[[Path, str], None], tmp_path: Path):
    for path, content in files(page).items():
        trial = tmp_path / path.relative_to(EXAMPLES)
        trial.parent.mkdir(parents=True, exist_ok=True)
        trial.write_text(content, encoding="utf-8")
    if not shown(page, tmp_path / page.code):
        assert not (EXAMPLES / page.code).exists()
        return
    for path, content in files(page).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        golden(path, content)
    said, sources = reports(EXAMPLES / page.code)
    report = next(report for report in said if report.code == page.code)
    line, column = sources[report.span.file].position(report.span.start)
    whole = text([report], sources, page.code)

    assert f"[{page.code}]: {report.message}" in whole
    assert f"{report.span.file}:{line}:{column}" in whole
    assert "  fix: " in whole


def test_there_is_no_example_without_a_page():
    assert {path.name for path in EXAMPLES.iterdir()} <= set(pages())
