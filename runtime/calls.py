"""Running the bot's actions: a `Call` goes in, `Answered` or `Failed` comes out. How they are written is `actions`."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from loguru import logger

from dsl.table import Action, Http, Json, Table
from runtime.actions import HOLE, Function, Refused, idempotency_key, why_closed
from runtime.cache import Cache
from runtime.circuits import Circuits, HostDown
from runtime.effects import Call
from runtime.events import Answered, Failed
from runtime.hosts import NotAllowed
from runtime.media import Media, library
from runtime.values import Values
from runtime.wire import read_at_most

if TYPE_CHECKING:
    import aiohttp  # costs more than all else a chat imports; a bot without HTTP needs none
    from yarl import URL

LONGEST_ANSWER = 1_048_576                   # bytes of an action's answer
THREADS = 16                                 # functions that are not async, at the same time

_DOTS = re.compile(r"(?<=/)\.\.?(?=[/?#]|$)")                  # `/../` leads up wherever it is read
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_decode = msgspec.json.Decoder(float_hook=str).decode        # decimals stay exact


class Actions:
    """Runs the actions of a table. One for all conversations; its timeouts are the table's.

    Args:
        session: may be None where no action of the table is a HTTP call; in production from `outgoing`.
        development: whether `http` may be called.
        media: where `runtime.media.fetch` fetches from.
        clock: seconds that only go on, for the domain's `cache` and the hosts that do not answer.
    """

    def __init__(self, table: Table, functions: Mapping[str, Function], session: aiohttp.ClientSession | None,
                 environment: Mapping[str, str], *, development: bool = False, media: Media | None = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._actions, self._functions = table.actions, functions
        self._values = Values(table.timezone, table.records)
        self._session, self._environment, self._development = session, environment, development
        self._cache, self._circuits = Cache(clock), Circuits(_is_answer, clock)
        self._media = media
        self._threads = asyncio.Semaphore(THREADS)

    @property
    def timeout_s(self) -> float:
        """The longest time an action of this table may take."""
        return max((float(action.timeout) for action in self._actions.values()), default=0.0)

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        action = self._actions.get(call.action)
        if action is None:
            return Failed(call=call.id, kind="failure", reason="unknown action")
        bound = logger.bind(key=key, action=call.action)
        try:
            if action.cache and (kept := self._cache.get(call.action, call.args)):
                return Answered(call=call.id, result=kept[0])
            async with asyncio.timeout(action.timeout):
                result = await self._result(call, action, key)
            if action.cache:
                self._cache.put(call.action, call.args, result, action.cache)
            return Answered(call=call.id, result=result)
        except Refused as no:
            if no.reason in action.reasons:
                return Failed(call=call.id, kind="reason", reason=no.reason)
            bound.warning("an action gave a reason that its domain does not declare")
            return Failed(call=call.id, kind="failure")
        except NotAllowed as why:
            bound.error(f"an action's address is not called: {why}")
            return Failed(call=call.id, kind="failure")
        except HostDown:
            bound.warning("an action's host did not answer before: it is left alone")
            kind = "failure"
        except TimeoutError:
            bound.warning("an action took too long")
            kind = "timeout"
        except (Exception, SystemExit) as fault:             # `sys.exit()` in an action is no reason for us to go
            bound.opt(exception=fault).error("an action failed")
            kind = "failure"
        return None if attempts < action.retry else Failed(call=call.id, kind=kind)

    async def _result(self, call: Call, action: Action, key: str) -> Json:
        if action.http is not None:
            return await self._http(action.http, call.args, key)
        return _plain(await self._python(self._functions[call.action], action, call.args, key))

    async def _python(self, function: Function, action: Action, args: Mapping[str, Json], key: str) -> Any:
        idempotency_key.set(key)
        library.set(self._media)
        named = {name: self._values.convert(action.params.get(name, "unknown"), value) for name, value in args.items()}
        if inspect.iscoroutinefunction(function):
            return await function(**named)
        async with self._threads:
            return await _in_thread(partial(contextvars.copy_context().run, function, **named))

    async def _http(self, http: Http, args: Mapping[str, Json], key: str) -> Json:
        address = self._address(http, args)
        with self._circuits.asking(address.authority):
            return await self._asked(http, address, args, key)

    async def _asked(self, http: Http, address: URL, args: Mapping[str, Json], key: str) -> Json:
        assert self._session is not None
        headers = {name: _CONTROL.sub(" ", self._filled(value, args, str)) for name, value in http.headers.items()}
        rest = {name: value for name, value in args.items() if name not in _params(http.url)}
        in_query = http.method in ("GET", "DELETE")
        async with self._session.request(
                http.method, address, allow_redirects=False,
                params={name: _shown(value) for name, value in rest.items() if value is not None} if in_query else None,
                data=None if in_query else msgspec.json.encode(rest),
                headers={"Accept": "application/json", **({} if in_query else {"Content-Type": "application/json"}),
                         **headers, "Idempotency-Key": key}) as response:
            body = await read_at_most(response, LONGEST_ANSWER)
            if 200 <= response.status < 300:
                return _decode(body) if body.strip() else None
            raise _refusal(response.status, body)

    def _address(self, http: Http, args: Mapping[str, Json]) -> URL:
        """
        Raises:
            NotAllowed: it must not be called.
        """
        from yarl import URL

        if why := why_closed(http.url, self._environment, self._development):
            raise NotAllowed(why)
        url = self._filled(http.url, args, lambda text: quote(text, safe=""))
        if _DOTS.search(url):
            raise NotAllowed("an argument would lead to another path")
        return URL(url, encoded=True)

    def _filled(self, template: str, args: Mapping[str, Json], escape: Callable[[str], str]) -> str:
        """`${NAME}` from the environment as it is, `{param}` escaped; what was filled in is not looked at again."""
        def fill(hole: re.Match[str]) -> str:
            return self._environment[hole[1]] if hole[1] else escape(_shown(args.get(hole[2])))
        return HOLE.sub(fill, template)


async def _in_thread(function: Callable[[], Any]) -> Any:
    """What the function returns, run in a thread of its own, which does not keep the program from ending.

    One that is given up (its time is over) runs on, unheard.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def tell(set_: Callable[[Any], None], outcome: Any) -> None:
        if not future.done():
            set_(outcome)

    def live() -> None:
        try:
            told = partial(tell, future.set_result, function())
        except (Exception, SystemExit) as fault:
            told = partial(tell, future.set_exception, fault)
        with suppress(RuntimeError):                         # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(told)

    threading.Thread(target=live, name="action", daemon=True).start()
    return await future


class HttpFailed(Exception):
    """Any answer but a 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def _refusal(status: int, body: bytes) -> Exception:
    """`Refused` for a 4xx that gives a reason, else a failure."""
    try:
        answer = msgspec.json.decode(body) if 400 <= status < 500 else None
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"reason": str(reason)}:
            return Refused(reason)
    return HttpFailed(status)


def _is_answer(fault: BaseException) -> bool:
    """Whether the host is there, though it said no, or nothing that can be read."""
    return isinstance(fault, Refused | ValueError) or (isinstance(fault, HttpFailed) and fault.status < 500)


def _shown(value: Json) -> str:
    """A plain value as it stands in a URL.

    >>> [_shown(value) for value in ("a b", 3, True, None, ["x"])]
    ['a b', '3', 'true', '', '["x"]']
    """
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _params(template: str) -> set[str]:
    return {hole[2] for hole in HOLE.finditer(template) if hole[2]}


def _plain(result: Any) -> Json:
    """What a function returned as JSON: dates as ISO texts, decimals as texts, dataclasses as objects.

    Raises:
        TypeError: it holds something that has no such form.
    """
    return result if result is None or isinstance(result, str | bool) else _decode(msgspec.json.encode(result))
