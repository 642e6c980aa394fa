"""`talktable sim`: the WhatsApp Cloud API on this machine."""

import asyncio
import shlex
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import ENVIRONMENT, build_or_leave, leave

if TYPE_CHECKING:
    from dsl.table import Table
    from runtime.sim.app import Webhook

HANDSHAKE_S = 1.0                            # between attempts, until the business answers


def _from(name: str) -> str:
    return f"TALKTABLE_WHATSAPP_{name}"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--port", default=8090, show_default=True, help="the port to listen on; 0: a free one")
@click.option("--webhook", "webhooks", multiple=True, default=["http://127.0.0.1:8080/webhooks/whatsapp"],
              show_default=True, help="where webhooks go; given more than once: to who has the fewest under way")
@click.option("--app-secret", envvar=_from("APP_SECRET"), default="simulated-app-secret", show_default=True,
              help="what webhooks are signed with; several with commas: each signs some")
@click.option("--verify-token", envvar=_from("VERIFY_TOKEN"), default="simulated-verify-token", show_default=True,
              help="the token of the handshake")
@click.option("--access-token", envvar=_from("ACCESS_TOKEN"), default="simulated-access-token", show_default=True,
              help="the token that calls must bring")
@click.option("--phone-number-id", envvar=_from("PHONE_NUMBER_ID"), default="100200300", show_default=True,
              help="the id of the business's number")
@click.option("--bot", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="a bot whose templates are approved already")
@click.option("--seed", default=0, show_default=True, help="of all chance")
def command(host: str, port: int, webhooks: tuple[str, ...], app_secret: str, verify_token: str, access_token: str,
            phone_number_id: str, bot: Path | None, seed: int) -> None:
    """Be WhatsApp for a bot that runs beside: the Graph API at http://HOST:PORT, its control plane at /sim.

    See docs/simulator.md. Ends with Ctrl-C.
    """
    table = build_or_leave(bot).table if bot else None
    try:
        sock = socket.create_server((host, port))
    except OSError as fault:
        leave(f"cannot listen on {host}:{port}: {fault.strerror}", ENVIRONMENT)
    url = f"http://{host}:{sock.getsockname()[1]}"
    secrets = [secret for secret in app_secret.split(",") if secret]
    variables = {_from("GRAPH_URL"): url, _from("APP_SECRET"): app_secret, _from("VERIFY_TOKEN"): verify_token,
                 _from("ACCESS_TOKEN"): access_token, _from("PHONE_NUMBER_ID"): phone_number_id}
    click.echo(f"WhatsApp is simulated at {url} (control plane {url}/sim), webhooks go to {', '.join(webhooks)}\n"
               f"`talktable run` beside it needs:\n")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    click.echo("")
    try:
        asyncio.run(_simulate(sock, url, webhooks, secrets, verify_token, access_token, phone_number_id, table, seed))
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("")


async def _simulate(sock: socket.socket, url: str, webhooks: tuple[str, ...], secrets: list[str],
                    verify_token: str, token: str, number: str, table: "Table | None", seed: int) -> None:
    import aiohttp

    from runtime.sim.app import Webhook, alive, application, listening
    from runtime.sim.clock import Clock, real
    from runtime.sim.simulator import Simulator
    from runtime.sim.templates import approve
    from runtime.sim.world import Number

    _end_when_told()
    async with aiohttp.ClientSession() as session:
        hook = Webhook(session, *webhooks)
        simulator = Simulator(hook.post, seed=seed, clock=Clock(real), number=Number(id=number), token=token,
                              secrets=secrets, url=url)
        if table:
            approve(simulator.world.templates, table)
        async with listening(application(simulator), sock), alive(simulator):
            await shake_hands(hook, verify_token)
            await asyncio.Event().wait()


def _end_when_told() -> None:
    """SIGINT and SIGTERM end the simulator, also where a shell that started it in the background ignores the first."""
    task = asyncio.current_task()
    assert task is not None
    for told in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(told, task.cancel)


async def shake_hands(hook: "Webhook", verify_token: str, pause_s: float = HANDSHAKE_S) -> None:
    """Ask until the business answers as it should; what is wrong is said when it changes."""
    told = ""
    while fault := await hook.handshake(verify_token, "1158201444"):
        if fault != told:
            click.echo(f"waiting for the webhook: it {fault}" if " " in fault else
                       f"waiting for the webhook: nobody answers ({fault})")
        told = fault
        task = asyncio.current_task()
        if task and task.cancelling():       # a connection that fails as Ctrl-C comes takes the cancellation with it
            raise asyncio.CancelledError
        await asyncio.sleep(pause_s)
    click.echo("the webhook answered the handshake")
