"""Templates: what WhatsApp's rules for them say of what the domain declares, and of the values they are sent with."""

import re
from collections.abc import Iterator
from typing import Any

from dsl.bounds import Bounds
from dsl.checks.lengths import Lengths
from dsl.checks.where import Placed, placed_ops, span_of
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.limits import data
from dsl.table import Part, Template

BAD_TEMPLATE = Kind("F218", Severity.ERROR, "{where}template `{name}` cannot be as WhatsApp approves them: {what}",
                    why="WhatsApp refuses to send it, so the user would see nothing.")
LONG_TEMPLATE = Kind("F219", Severity.WARNING, "{where}template `{name}` may be too long once it is filled: {what}",
                     why="WhatsApp refuses to send it then, so the user would see nothing.")


def templates(lengths: Lengths) -> Iterator[Diagnostic]:
    """Every template that is sent, where it is first sent."""
    said: set[str] = set()
    for placed in placed_ops(lengths.table, lengths.places, ("template",)):
        match placed.op:
            case ["template", str(name), list(args)] if name in lengths.table.templates and name not in said:
                said.add(name)
                yield from _template(lengths, placed, name, lengths.table.templates[name], args)


def _template(lengths: Lengths, placed: Placed, name: str, template: Template, args: list[int]) -> Iterator[Diagnostic]:
    rules, here = data()["template_definition"], span_of(lengths.places, placed.place)
    for language, what in _faults(lengths, name, template, rules):
        yield BAD_TEMPLATE.at(here, Fix("write it in the domain as it was approved"),
                              where=lengths.where(language), name=name, what=what)
    for language, parts in template.text.items():
        bounds = _filled(lengths, parts, template, args, language, placed.flow)
        most = rules["body"]["max"]
        if bounds.least <= most and (bounds.most is None or bounds.most > most):
            what = (f"`{bounds.loose}` can be of any length, the whole has room for {most:,}" if bounds.most is None
                    else f"up to {bounds.most:,} of {most:,} characters")
            yield LONG_TEMPLATE.at(here, Fix("give the value a `max`, or shorten the template"),
                                   where=lengths.where(language), name=name, what=what)
            return


def _faults(lengths: Lengths, name: str, template: Template, rules: dict[str, Any]) -> Iterator[tuple[str, str]]:
    first = lengths.table.languages[0]
    if not re.fullmatch(rules["name"]["pattern"], name) or len(name) > rules["name"]["max"]:
        yield first, "its name has more than small letters, digits and `_`"
    for language, parts in template.text.items():
        if parts and not (isinstance(parts[0], str) and isinstance(parts[-1], str)):
            yield language, "its text begins or ends with a parameter"
        yield from _long(language, "its text", parts, rules["body"]["max"])
    for language, parts in (template.header or {}).items():
        yield from _long(language, "its header", parts, rules["header_text"]["max"])
        if _values(parts) > rules["header_text"]["parameters_max"]:
            yield language, "its header has more than one parameter"
    for language, parts in (template.footer or {}).items():
        yield from _long(language, "its footer", parts, rules["footer"]["max"])
        if _values(parts):
            yield language, "its footer has a parameter"
    buttons = rules["buttons"]
    if len(template.buttons) > buttons["max"]:
        yield first, f"it has {len(template.buttons)} of {buttons['max']} buttons"
    for title in template.buttons:
        most = buttons["quick_reply"]["text_max"]
        if not title.strip() or len(title) > most:
            yield first, f"its button `{title[:40]}` has {len(title)} of {most} characters"


def _long(language: str, what: str, parts: list[Part], most: int) -> Iterator[tuple[str, str]]:
    written = sum(len(part) for part in parts if isinstance(part, str))
    if written > most:
        yield language, f"{what} has {written:,} of {most:,} characters"
    elif not any(not isinstance(part, str) or part.strip() for part in parts):
        yield language, f"{what} is empty"


def _values(parts: list[Part]) -> int:
    return sum(not isinstance(part, str) for part in parts)


def _filled(lengths: Lengths, parts: list[Part], template: Template, args: list[int], language: str,
            flow: str) -> Bounds:
    given = dict(zip(template.params, args, strict=False))
    found = Bounds(0, 0)
    for part in parts:
        match part:
            case ["show", "text", list(formats), ["given", str(name)]] if name in given and not formats:
                var = template.params.get(name)
                value = (Bounds(0, var.max) if var is not None and var.max is not None
                         else lengths.rough.words(lengths.table.exprs[given[name]], language, flow))
                found = found.then(value)
            case _:
                found = found.then(lengths.rough.part(part, language, flow))
    return found
