"""Stories as pytest items: `pytest stories/` collects what `talktable test` runs, with `-k`, `--lf`, `--junitxml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dsl.story import Story
    from runtime.story_files import Library, Opened

_LIBRARY: pytest.StashKey[Library] = pytest.StashKey()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix not in (".yml", ".yaml"):
        return None
    from runtime.story_files import tells

    return StoriesFile.from_parent(parent, path=file_path) if tells(file_path) else None


class StoriesFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        from runtime.story_files import Library

        library = self.config.stash.setdefault(_LIBRARY, Library())
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        opened = library.open(path)
        if opened.refused:
            raise self.CollectError(opened.refused)
        for told in opened.stories:
            yield StoryItem.from_parent(self, name=told.name, opened=opened, told=told)


class StoryItem(pytest.Item):
    def __init__(self, *, opened: Opened, told: Story, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.opened, self.told = opened, told

    def runtest(self) -> None:
        from runtime.story_files import play_one, report

        played = play_one(self.opened, self.told)
        if played.broken:
            raise NotAsWritten(report(self.opened, played))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, NotAsWritten) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.opened.source.position(self.told.span.start)[0] - 1, self.name


class NotAsWritten(Exception):
    """A story that is not as written; its text is the report."""
