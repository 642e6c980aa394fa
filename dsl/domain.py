"""domain.yml as a value: what a bot knows. Types are written as in the language: `text`, `list of visit`.

Texts in here are syntax (`dsl.syntax.Text`), parsed by the same parser as a `.flow` file's.
"""

from typing import Any

import msgspec

from dsl.diagnostics import Diagnostic
from dsl.source import Source, Span
from dsl.syntax import Text
from dsl.table import Retention


class Slot(msgspec.Struct, frozen=True):
    name: str
    type: str                                # `text`, `list of visit`
    span: Span                               # of the name
    max: int | None = None                   # characters
    default: Any = None                      # plain JSON
    pii: bool = False
    keep: bool = False                       # `keep: user`
    values: tuple[tuple[str, Text], ...] = ()   # of a choice: value and title
    typed: Span | None = None                # where its type is written


class Field(msgspec.Struct, frozen=True):
    """A parameter, or a field of a record."""

    name: str
    type: str
    span: Span
    max: int | None = None
    typed: Span | None = None


class Http(msgspec.Struct, frozen=True):
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()


class Action(msgspec.Struct, frozen=True):
    name: str
    span: Span
    params: tuple[Field, ...] = ()
    returns: str | None = None
    reasons: tuple[str, ...] = ()
    http: Http | None = None
    python: str | None = None
    timeout_s: int = 10
    retry: int = 0
    cache_s: int = 0
    typed: Span | None = None                # where `returns` is written


class Template(msgspec.Struct, frozen=True):
    name: str
    span: Span
    params: tuple[Field, ...]
    text: tuple[tuple[str, Text], ...]       # language, text; parameters are plain names in it
    buttons: tuple[Text, ...] = ()
    header: tuple[tuple[str, Text], ...] = ()
    footer: tuple[tuple[str, Text], ...] = ()


class Response(msgspec.Struct, frozen=True):
    name: str                                # `apology`, `system.invalid`
    span: Span
    variants: tuple[Text, ...]


class Happening(msgspec.Struct, frozen=True):
    """An event that may come from outside."""

    name: str
    span: Span
    params: tuple[Field, ...] = ()


class Domain(msgspec.Struct, frozen=True):
    bot: str
    languages: tuple[str, ...]               # the first is that of the .flow files
    start: str
    file: str                                # its name as shown, `bots/clinic/domain.yml`
    spans: dict[str, Span]                   # of every top-level value, by key: `start`, `languages`, `region` …
    timezone: str = "UTC"
    region: str | None = None
    expires_s: int = 86_400
    on_return: str = "resume"
    pin_s: int = 604_800
    retention: Retention = msgspec.field(default_factory=Retention)
    in_doubt: str = "resend"
    slots: dict[str, Slot] = {}
    records: dict[str, tuple[Field, ...]] = {}
    record_spans: dict[str, Span] = {}
    actions: dict[str, Action] = {}
    templates: dict[str, Template] = {}
    responses: dict[str, Response] = {}
    events: dict[str, Happening] = {}


def read_domain(source: Source) -> tuple[Domain | None, tuple[Diagnostic, ...]]:
    """The domain of a file and all its faults; None where nothing of it could be read."""
    from dsl.domain_reader import read  # which builds the values of this module

    return read(source)
