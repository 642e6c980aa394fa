"""`talktable fmt`: the one layout of `.flow` files."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from runtime.commands.common import PROBLEMS


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="change nothing; leave with 1 if a file is not laid out")
def command(paths: tuple[Path, ...], check: bool) -> None:
    """Lay out the .flow files at PATHS (folders are searched). A file with mistakes is left alone."""
    from dsl.format import format_source
    from dsl.source import read_file

    problems = 0
    for path in _files(paths):
        try:
            before = read_file(path)
            after = format_source(before.decode("utf-8"))
        except (OSError, UnicodeDecodeError):
            after = None
        if after is None:
            click.echo(f"{path.as_posix()}: left alone, it has mistakes (talktable check says which)", err=True)
            problems += 1
        elif after.encode("utf-8") != before:
            click.echo(f"{path.as_posix()}: {'not laid out' if check else 'laid out'}")
            problems += check
            if not check:
                path.write_bytes(after.encode("utf-8"))
    sys.exit(PROBLEMS if problems else 0)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.flow")) if path.is_dir() else [path]
