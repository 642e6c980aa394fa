"""`talktable test`: play the stories."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import PROBLEMS

if TYPE_CHECKING:
    from runtime.stories import OpenRoad


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("-k", "words", default="", help="only stories whose name or file contains this")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="write a JUnit report to this file")
@click.option("--coverage", is_flag=True, help="say which rows of each bot no story takes")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
@click.option("--through", type=click.Choice(["whatsapp"]), help="play them on webhooks, store and channel")
def command(paths: tuple[Path, ...], words: str, junit: Path | None, coverage: bool, shape: str,
            through: str | None) -> None:
    """Play the stories at PATHS (default: ./stories). No stories is a failure, and so is one that is not as written."""
    # No story asks for the zone of this machine, but Babel does as it is imported: where pytz is, in 600 files.
    os.environ.setdefault("TZ", "UTC")
    from runtime import story_files, story_reports

    library = story_files.Library()
    opened = [library.open(path) for path in story_files.story_paths(paths or (Path("stories"),))]
    if opened and shape == "text":
        click.echo(story_reports.collected(opened), err=True)
    road = _road(through)
    played: list[story_reports.Result] = []
    for file in opened:
        for result in story_reports.results(file, words, road):
            played.append(result)
            if result.failure and shape == "text":
                click.echo(result.failure)
    if shape == "json":
        click.echo(story_reports.as_json(played))
    else:
        click.echo(story_reports.closing(played))
        if coverage:
            click.echo(story_reports.coverage(played))
    if junit:
        junit.write_text(story_reports.junit(played), encoding="utf-8")
    sys.exit(PROBLEMS if not played or any(result.failure for result in played) else 0)


def _road(through: str | None) -> "OpenRoad | None":
    if through is None:
        return None
    from runtime.rehearsal.road import through_whatsapp

    return through_whatsapp
