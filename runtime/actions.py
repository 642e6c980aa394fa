"""The bot's own functions and HTTP calls, as its author writes them.

An action of a bot's `actions.py` is a function, async or not, called with its parameters by name:

    from runtime.actions import Refused

    async def book(clinic, at):
        if not free(clinic, at):
            raise Refused("taken")           # one of the `reasons` its domain declares
        return {"id": "v1", "at": at}

A HTTP action gets its parameters in the URL (`{param}`), the rest of them in the query (GET, DELETE) or as a JSON body,
and answers with JSON. A 4xx with `{"reason": "taken"}` is the reason, if it is declared. Both are told the call's
idempotency key: as `idempotency_key.get()`, and in the header `Idempotency-Key`.

Elsewhere: running them (`calls`).
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from dsl.table import Table
from runtime.hosts import why_not

Function: TypeAlias = Callable[..., Any]

HOLE = re.compile(r"\$\{(\w+)\}|\{(\w+)\}")                # in an address or a header: of the environment, of a call

idempotency_key: ContextVar[str] = ContextVar("idempotency_key", default="")


class Refused(Exception):
    """An action's way to say no: `reason` is one of those its domain declares."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ActionsError(Exception):
    """What the domain names is not there; the message has one line for each fault."""


def why_closed(url: str, environment: Mapping[str, str], development: bool) -> str | None:
    """Why what is called could be another host than the domain names, or none to be called."""
    first = next((hole.start() for hole in HOLE.finditer(url) if hole[2]), len(url))
    named = HOLE.sub(lambda hole: environment[hole[1]], url[:first])
    return why_not(named, first == len(url), development)


def closed_addresses(table: Table, environment: Mapping[str, str], development: bool) -> list[str]:
    """One line for each HTTP action whose address is never called; the environment has every `${NAME}`."""
    return [f"action `{name}`: {why}" for name, action in table.actions.items() if action.http is not None
            and (why := why_closed(action.http.url, environment, development))]


def missing_environment(table: Table, environment: Mapping[str, str]) -> list[str]:
    """One line for each `${NAME}` of a HTTP action that the environment does not have."""
    return [f"action `{name}`: the environment variable `{hole[1]}` is not set"
            for name, action in table.actions.items() if action.http is not None
            for text in (action.http.url, *action.http.headers.values())
            for hole in HOLE.finditer(text) if hole[1] and hole[1] not in environment]


def load_functions(table: Table, folder: Path) -> dict[str, Function]:
    """The Python functions of a table's actions, by action, from the modules in the bot's folder.

    Raises:
        ActionsError: a module cannot be loaded, or a function is not in it.
    """
    modules: dict[str, ModuleType | str] = {}
    functions: dict[str, Function] = {}
    faults = []
    for name, action in table.actions.items():
        if action.python is None:
            continue
        path, _, function = action.python.rpartition(".")
        if path not in modules:
            modules[path] = _module(folder, path)
        module = modules[path]
        found = getattr(module, function, None) if isinstance(module, ModuleType) else None
        if callable(found):
            functions[name] = found
        else:
            why = module if isinstance(module, str) else f"`{path}` has no function `{function}`"
            faults.append(f"action `{name}`: {why}")
    if faults:
        raise ActionsError("\n".join(faults))
    return functions


def _module(folder: Path, path: str) -> ModuleType | str:
    """The module, loaded under a name of this folder's own, or why there is none."""
    file = folder.joinpath(*path.split(".")).with_suffix(".py")
    if not file.is_file():
        return f"there is no `{file.name}` in the bot's folder"
    name = f"talktable_bot_{folder.resolve().name}_{path.replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None                           # a path that ends in .py has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module                               # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as fault:
        return f"`{file.name}` cannot be loaded: {type(fault).__name__}: {fault}"
    return module
