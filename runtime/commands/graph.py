"""`talktable graph`: the picture of a bot."""

import sys
from pathlib import Path

import click

from runtime.commands.common import BOT, build_or_leave


@click.command()
@BOT
@click.option("--format", "shape", type=click.Choice(["svg", "mermaid", "dot"]), default="svg")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="a file; else standard output")
def command(bot: Path, shape: str, output: Path | None) -> None:
    """Draw BOT: one panel a flow, jumps between flows as chips."""
    from dsl import graph

    built = build_or_leave(bot)
    assert built.table is not None
    assert built.map is not None
    panels = graph.panels(built.table, built.map, built.sources)
    if shape == "svg":
        from dsl.svg import svg

        drawn = svg(panels, built.table.bot)
    else:
        drawn = {"mermaid": graph.mermaid, "dot": graph.dot}[shape](panels)
    if output:
        output.write_text(drawn, encoding="utf-8")
    else:
        sys.stdout.write(drawn)
