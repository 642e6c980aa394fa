"""`/healthz`: the process runs. `/readyz`: it can store what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from runtime.store.port import Inbound, StoreDown

PATIENCE_S = 2.0                             # longest wait for an empty commit before we say that we are not ready


class Stores(Protocol):
    healthy: bool

    async def accept(self, inbound: Sequence[Inbound]) -> None: ...


async def alive(request: Request) -> Response:
    return PlainTextResponse("ok")


async def ready(request: Request) -> Response:
    """The last tick was committed, and one more, empty, commits now."""
    worker: Stores = request.state.worker
    try:
        async with asyncio.timeout(PATIENCE_S):
            await worker.accept(())
    except (StoreDown, TimeoutError):
        return PlainTextResponse("the store cannot be written", 503)
    return PlainTextResponse("ok") if worker.healthy else PlainTextResponse("not ready", 503)
