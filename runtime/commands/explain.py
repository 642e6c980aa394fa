"""`talktable explain CODE`: the page of a code."""

import difflib
import sys

import click

from runtime.commands.common import USAGE, leave


@click.command()
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """What CODE means, why it matters, and an example before and after. Without CODE: all there are."""
    from dsl.pages import pages

    known = pages()
    if code is None:
        click.echo("".join(f"{page.code}  {page.title}\n" for page in known.values()), nl=False)
        return
    page = known.get(code.upper())
    if page is None:
        near = difflib.get_close_matches(code.upper(), known, n=3)
        leave(f"there is no code {code}" + (f"; did you mean {', '.join(near)}?" if near else ""), USAGE)
    click.echo(_shown(page.markdown) if sys.stdout.isatty() else page.markdown, nl=False)


def _shown(markdown: str) -> str:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    with console.capture() as captured:
        console.print(Markdown(markdown))
    return captured.get()
