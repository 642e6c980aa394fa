"""`talktable build`: the table and its source map, as files."""

from pathlib import Path

import click

from runtime.commands.common import BOT, build_or_leave


@click.command()
@BOT
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def command(bot: Path, output: Path) -> None:
    """Compile BOT into OUTPUT (canonical JSON) and OUTPUT's `.map.json` beside it."""
    import msgspec

    from dsl.table import dump, version

    built = build_or_leave(bot)
    assert built.table is not None
    output.write_bytes(dump(built.table))
    beside = output.with_name(output.name.removesuffix(".json") + ".map.json")
    beside.write_bytes(msgspec.json.encode(built.map))
    click.echo(f"{output} {version(built.table)}")
