"""The public application: three routes, and the life of what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from runtime.web.health import alive, ready
from runtime.web.webhook import Webhook

Life = Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]


def application(webhook: Webhook, life: Life) -> Starlette:
    """The routes. `life` gives the state they work on: `worker`."""
    return Starlette(lifespan=life, routes=[
        Route("/webhooks/whatsapp", webhook.handshake, methods=["GET"]),
        Route("/webhooks/whatsapp", webhook.receive, methods=["POST"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
    ])
