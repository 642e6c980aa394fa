"""`talktable check`: everything the compiler proves, for each bot named."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import PROBLEMS, wants_colour

if TYPE_CHECKING:
    from dsl.build import Build


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "shape", type=click.Choice(["text", "json", "github", "sarif"]), default="text")
@click.option("--fix", is_flag=True, help="apply the fixes that are certain, then check again")
def command(paths: tuple[Path, ...], shape: str, fix: bool) -> None:
    """Check the bots at PATHS. Warnings alone leave with 0, errors with 1."""
    from dsl.build import build

    builds = [(folder, build(folder)) for folder in _bots(paths)]
    if fix:
        builds = [(folder, _fixed(folder, built)) for folder, built in builds]
    click.echo(_shown(builds, shape), nl=False)
    sys.exit(PROBLEMS if any(built.table is None for _, built in builds) else 0)


def _bots(paths: Sequence[Path]) -> list[Path]:
    """The bot folders of these paths: a folder with a domain.yml, the folder of a file, or the bots right below."""
    found: dict[Path, None] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        below = sorted(file.parent for file in folder.glob("*/domain.yml"))
        own = (folder / "domain.yml").exists() or not below
        found |= dict.fromkeys([folder] if own else below)
    return list(found)


def _fixed(folder: Path, built: "Build") -> "Build":
    """The build after every certain fix; each round mends what the one before made visible, ten at the most."""
    from dsl.build import build
    from dsl.fixes import apply_safe

    for _ in range(10):
        changed = apply_safe(built.diagnostics, built.sources)
        if not changed:
            break
        for name, text in changed.items():
            (folder / Path(name).relative_to(folder.as_posix())).write_text(text, encoding="utf-8")
            click.echo(f"fixed {name}", err=True)
        built = build(folder)
    return built


def _shown(builds: Sequence[tuple[Path, "Build"]], shape: str) -> str:
    from dsl import render

    if shape == "text":
        return "".join(render.text(built.diagnostics, built.sources, folder.as_posix(), colour=wants_colour())
                       for folder, built in builds)
    diagnostics = [report for _, built in builds for report in built.diagnostics]
    sources = {name: source for _, built in builds for name, source in built.sources.items()}
    return {"json": render.as_json, "github": render.as_github, "sarif": render.as_sarif}[shape](diagnostics, sources)
