"""domain.yml as a value: what a bot knows. Types are written as in the language: `text`, `list of visit`.

Texts in here are syntax (`dsl.syntax.Text`), parsed by the same parser as a `.flow` file's.
"""

from dataclasses import dataclass, field
from typing import Any

from dsl.diagnostics import Diagnostic
from dsl.source import Source, Span
from dsl.syntax import Text
from dsl.table import Retention


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    type: str                                # `text`, `list of visit`
    span: Span                               # of the name
    max: int | None = None                   # characters
    default: Any = None                      # plain JSON
    pii: bool = False
    keep: bool = False                       # `keep: user`
    values: tuple[tuple[str, Text], ...] = ()   # of a choice: value and title


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a record."""

    name: str
    type: str
    span: Span
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Http:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
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


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    span: Span
    params: tuple[Field, ...]
    text: tuple[tuple[str, Text], ...]       # language, text; parameters are plain names in it
    buttons: tuple[Text, ...] = ()
    header: tuple[tuple[str, Text], ...] = ()
    footer: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    name: str                                # `apology`, `system.invalid`
    span: Span
    variants: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that may come from outside."""

    name: str
    span: Span
    params: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
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
    retention: Retention = field(default_factory=Retention)
    slots: dict[str, Slot] = field(default_factory=dict)
    records: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    record_spans: dict[str, Span] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    events: dict[str, Happening] = field(default_factory=dict)


def read_domain(source: Source) -> tuple[Domain | None, tuple[Diagnostic, ...]]:
    """The domain of a file and all its faults; None where nothing of it could be read."""
    from dsl.domain_reader import read  # which builds the values of this module

    return read(source)
