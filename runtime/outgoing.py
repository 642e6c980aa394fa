"""The HTTP client of actions: it connects only where `hosts` allows.

Names are resolved once, what they lead to is judged, and the connection is made to that very address: a name that
leads elsewhere the second time it is asked has won nothing.
"""

from __future__ import annotations

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from runtime.hosts import may_reach, names_this_machine


class Guarded(AbstractResolver):
    """Of what a name leads to, the addresses that may be reached. (Numeric hosts never come here.)"""

    def __init__(self, resolver: AbstractResolver, development: bool) -> None:
        self._resolver, self._development = resolver, development

    async def resolve(self, host: str, port: int = 0,
                      family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        may_be_here = self._development or names_this_machine(host)
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if may_reach(one["host"], may_be_here)]
        if found and not public:
            raise OSError(f"{host} leads to no public address")
        return public

    async def close(self) -> None:
        await self._resolver.close()


def outgoing(development: bool, resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """A session for actions, of the running loop. It keeps no cookies: all users' calls go through it."""
    guarded = Guarded(resolver or ThreadedResolver(), development)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, resolver=guarded),
                                 cookie_jar=aiohttp.DummyCookieJar())
