"""`talktable dlq`: dead letters, to be looked at, posted again or given up."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runtime.commands.common import ENVIRONMENT, PROBLEMS, leave
from runtime.commands.database import DATABASE, opened, time

if TYPE_CHECKING:
    import sqlalchemy as sa

    from runtime.store.dead import DeadLetter

T = TypeVar("T")

FORMAT = click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
COLUMNS = ("id", "since", "conversation", "step", "kind", "tries", "error")
ID = click.IntRange(1, 2**63 - 1)            # what both databases count to
IDS = click.argument("ids", nargs=-1, type=ID)
ALL = click.option("--all", "is_all", is_flag=True, help="every dead letter there is")


@click.group()
def command() -> None:
    """Dead letters: messages and calls that are not tried again, in the database of TALKTABLE_DATABASE_URL."""


@command.command("list")
@DATABASE
@FORMAT
def list_(url: str, shape: str) -> None:
    """One line for each, oldest first: id, since when, conversation, step, kind, tries, error."""
    from runtime.store.dead import dead_letters

    found = _on_database(url, dead_letters)
    if shape == "json":
        click.echo(json.dumps([_plain(letter) for letter in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("no dead letters", err=True)
        return
    for line in _aligned([COLUMNS, *[_columns(letter) for letter in found]]):
        click.echo(line)


@command.command()
@click.argument("id", type=ID)
@DATABASE
@FORMAT
def show(id: int, url: str, shape: str) -> None:
    """All there is of one: what was to be posted, why it was not, and where in the flow it came from."""
    from runtime.store.dead import dead_letters

    found = _on_database(url, lambda connection: dead_letters(connection, [id]))
    if not found:
        leave(f"there is no dead letter {id}", PROBLEMS)
    told = _plain(found[0])
    if shape == "text":
        request = json.dumps(told.pop("request"), ensure_ascii=False, indent=2)
        click.echo("\n".join(f"{name + ':':14}{value}" for name, value in told.items()))
        click.echo(request)
        return
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@command.command()
@IDS
@ALL
@DATABASE
@FORMAT
def retry(ids: tuple[int, ...], is_all: bool, url: str, shape: str) -> None:
    """Post these again. Within a conversation the older goes first."""
    from runtime.store import dead

    _change(ids, is_all, url, shape, dead.retry, "to be posted again")


@command.command()
@IDS
@ALL
@DATABASE
@FORMAT
def drop(ids: tuple[int, ...], is_all: bool, url: str, shape: str) -> None:
    """Give these up for good."""
    from runtime.clock import system_clock
    from runtime.store import dead

    _change(ids, is_all, url, shape, lambda connection, ids: dead.drop(connection, ids, system_clock()), "dropped")


def _change(ids: tuple[int, ...], is_all: bool, url: str, shape: str,
            change: "Callable[[sa.Connection, list[int]], list[int]]", word: str) -> None:
    from runtime.store.dead import dead_letters

    if bool(ids) == is_all:
        raise click.UsageError("give the ids of dead letters, or --all")

    def changed(connection: "sa.Connection") -> list[int]:
        return change(connection, [letter.id for letter in dead_letters(connection)] if is_all else list(ids))

    done = _on_database(url, changed)
    missing = sorted(set(ids) - set(done))
    if shape == "json":
        click.echo(json.dumps({"done": done, "missing": missing}))
    else:
        click.echo(f"{len(done)} {word}")
    if missing:
        leave(f"there is no dead letter {', '.join(map(str, missing))}", PROBLEMS)


def _on_database(url: str, act: "Callable[[sa.Connection], T]") -> T:
    """What `act` returns, committed. A server may work on the database meanwhile."""
    from runtime.store import schema
    from runtime.store.opening import is_there

    if not is_there(url):
        leave(f"there is no database `{url}`", ENVIRONMENT)
    with opened(url) as database:
        if (has := database.transaction(schema.current)) != schema.newest():
            is_of = f"is of version {has}" if has else "is empty"
            leave(f"the database {is_of}, this program works on {schema.newest()}: see `talktable db`", ENVIRONMENT)
        return database.transaction(act)


def _plain(letter: "DeadLetter") -> dict[str, Any]:
    return asdict(letter) | {"since": time(letter.since), "request": json.loads(letter.request)}


def _columns(letter: "DeadLetter") -> tuple[str, ...]:
    return (str(letter.id), time(letter.since), letter.conversation, letter.step or "-", letter.kind,
            str(letter.attempts), " ".join(letter.error.split()))


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
