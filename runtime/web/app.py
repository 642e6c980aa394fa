"""The public application: three routes, and the life of what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.web.health import alive, ready
from runtime.web.webhook import PATH, Webhook

Life = Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]


def application(webhook: Webhook, life: Life) -> ASGIApp:
    """The routes. `life` gives the state they work on: `worker`."""
    app = Starlette(lifespan=life, routes=[
        Route(PATH, webhook.handshake, methods=["GET"]),
        Route(PATH, webhook, methods=["POST"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
    ])

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        # What all load comes by takes no way through middleware and routes.
        is_load = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"
        await (webhook if is_load else app)(scope, receive, send)

    return door
