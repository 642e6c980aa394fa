"""How a text is read as each type that depends on nothing but the language, the region and the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from runtime.answers.contacts import read_email, read_phone, read_url
from runtime.answers.dates import read_date, read_datetime, read_time
from runtime.answers.durations import read_duration
from runtime.answers.language import Readings, Setting, only
from runtime.answers.numbers import read_integer, read_number
from runtime.values import Value

Reader: TypeAlias = Callable[[str, Setting], Readings | None]


def _one(read: Callable[[str, Setting], Value]) -> Reader:
    """Of a type whose answers mean one thing."""

    def reading(text: str, setting: Setting) -> Readings | None:
        value = read(text, setting)
        return None if value is None else only(value)

    return reading


READERS: dict[str, Reader] = {
    "number": _one(read_number), "integer": _one(read_integer),
    "date": read_date, "time": read_time, "datetime": read_datetime, "duration": read_duration,
    "phone": _one(lambda text, setting: read_phone(text, setting.region)),
    "email": _one(lambda text, setting: read_email(text)), "url": _one(lambda text, setting: read_url(text)),
}
