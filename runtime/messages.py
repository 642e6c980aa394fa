"""The operations that send: texts, media, places, contacts, templates, lists.

What has nothing to show (a text of nothing but values that are not there, a picture without address) would be refused
by the channel; it is left out, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dsl.table import Json, Message, Op
from runtime.effects import Contact, Location, Media, Say, Template
from runtime.shapes import Shown, media, say
from runtime.steps import show_message, where
from runtime.values import plain
from runtime.walk import Overrun, Walk


def _say(walk: Walk, op: Op) -> None:
    spec, language = op[1], walk.language
    text = spec["text"]
    if len(spec) > 1 or not isinstance(text, int):
        show_message(walk, Message(**spec))
        return
    known = walk.plan.sayings.get((text, language))
    if known is not None:
        walk.show(known)
        return
    words = walk.text(text) or ""
    if words.strip() and walk.program.is_static(text) and language in walk.table.languages:
        walk.plan.sayings[text, language] = say(Say(words), walk.table.limits)
    walk.say(words)


def _media(walk: Walk, op: Op) -> None:
    _, kind, url, caption = op
    address = where(walk, url)
    if not address:
        walk.note("empty")
        return
    walk.show(media(Media(kind, address, walk.text(caption)), walk.table.limits))


def _location(walk: Walk, op: Op) -> None:
    _, position, name, address = op
    place = walk.plain(position)
    at = [_decimal(place.get(key)) for key in ("latitude", "longitude")] if isinstance(place, dict) else []
    if not all(at) or not at:
        walk.note("empty")
        return
    name = walk.shown(name) or _text(place.get("name"))
    address = walk.shown(address) or _text(place.get("address"))
    walk.show(Shown((Location(at[0], at[1], name, address),)))


def _decimal(value: Json) -> str:
    return str(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else ""


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _contact(walk: Walk, op: Op) -> None:
    _, name, phone = op
    known = walk.plain(name)
    card = known if isinstance(known, dict) else {"name": known}
    numbers = [walk.shown(phone)] if phone is not None else card.get("phones")
    phones = tuple(number for number in numbers if isinstance(number, str) and number) if isinstance(
        numbers, list) else ()
    called = _text(card.get("name")) or ", ".join(phones)
    if called:
        walk.show(Shown((Contact(called, phones),)))
    else:
        walk.note("empty")


def _template(walk: Walk, op: Op) -> None:
    _, name, args = op
    template = walk.table.templates.get(name)
    if template is None:
        raise Overrun("unknown")
    scope = walk.scope()
    values = {param: walk.program.value(arg, scope) for param, arg in zip(template.params, args, strict=False)}
    language = walk.language if walk.language in template.text else next(iter(template.text), walk.language)
    written = walk.program.formats(language)
    shown = []
    for param, var in template.params.items():
        value = walk.program.values.convert(var.type, values.get(param))
        # WhatsApp refuses a parameter that is empty or holds a line break.
        shown.append((param, " ".join(written.show(value).split()) or "-"))
    given = {param: plain(value) for param, value in values.items()}
    text = walk.program.fill(template.text, replace(scope, given=given, language=language))
    walk.show(Shown((Template(name, language, tuple(shown), tuple(template.buttons), text),)))


def _list(walk: Walk, op: Op) -> None:
    _, items, text, title, detail = op
    known = walk.plain(items)
    if not isinstance(known, list) or not known:
        walk.note("empty")
        return
    scope, written = walk.scope(), walk.program.formats(walk.language)
    lines = []
    for item in known:
        at = replace(scope, it=item)
        parts = (written.show(walk.program.value(part, at)).strip() for part in (title, detail) if part is not None)
        lines.append("• " + ": ".join(part for part in parts if part))
    first = walk.text(text)
    walk.say("\n".join(([first] if first else []) + lines))


MESSAGE: dict[str, Callable[[Walk, Any], None]] = {
    "say": _say, "media": _media, "location": _location, "contact": _contact, "template": _template, "list": _list,
}
