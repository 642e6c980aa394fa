"""`talktable db`: the version of the database's tables."""


import click

from runtime.commands.database import DATABASE, opened


@click.group()
def command() -> None:
    """The tables of the database that TALKTABLE_DATABASE_URL names."""


@command.command()
@DATABASE
def current(url: str) -> None:
    """Which version they are of, and which this program works on."""
    from runtime.store import schema
    from runtime.store.opening import is_there

    has = None
    if is_there(url):
        with opened(url) as database:
            has = database.transaction(schema.current)
    click.echo(f"{has or 'empty'} (this program: {schema.newest()})")


@command.command()
@DATABASE
def upgrade(url: str) -> None:
    """Bring them to this program's version. Back the database up first, and stop what runs on it."""
    from runtime.store import schema

    with opened(url) as database:
        database.alone()
        had = database.transaction(schema.current)
        database.transaction(schema.upgrade)
    click.echo(f"before    {had or 'empty'}", err=True)
    click.echo(schema.newest())
