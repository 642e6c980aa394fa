"""Texts of stories that the bot's messages are matched with.

A text is matched whole. `*` stands for any run of characters, `{slot}` for a slot's value; `\\*`, `\\{` and `\\\\`
stand for themselves. A text between slashes is a regular expression, found anywhere in the message.
"""

import re
from typing import Any

import msgspec

from dsl.diagnostics import Fix, Kind, Severity
from dsl.scalars import NAME
from dsl.shape import Mention, Report, inside, refuse, shortened
from dsl.source import Span
from dsl.story import Match, Pattern, Run, SlotValue, Wording
from dsl.syntax import Regex
from dsl.yaml import Node, Scalar

UNCLOSED = Kind("F803", Severity.ERROR, "this `{{` opens a slot's name and nothing closes it")
TOO_LONG = Kind("F806", Severity.ERROR, "no message has {length:,} characters",
                fix="write its beginning and `*`: a message has at most 4,096 characters")

LONGEST = 10_000                             # characters; a message of WhatsApp's has 4,096, escapes double them


class Matched(msgspec.Struct, frozen=True):
    """The shape of a text to match with; its value is a `Match`."""

    wanted: str = "a text, with `*` for any run of characters"

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Scalar) or node.is_null:
            return refuse(self, node, name, report)
        if len(node.value) > LONGEST:
            report.add(TOO_LONG.at(node.span, length=len(node.value)))
            return None
        return _match(node, report)


_RUN = Run()
_SPECIAL = re.compile(r"\\([\\*{}/])|(\*+)|\{([^{}]*)\}|\{")


def _match(node: Scalar, report: Report) -> Match:
    text = node.value
    if len(text) > 2 and text[0] == text[-1] == "/":
        return _pattern(node, report)
    if "*" not in text and "{" not in text and "\\" not in text:
        return Wording((text,), text, node.span)
    parts: list[str | Run | SlotValue] = []
    at = 0
    for found in _SPECIAL.finditer(text):
        parts.append(text[at:found.start()])
        at = found.end()
        if found[1] is not None:
            parts.append(found[1])
        elif found[2] is not None:
            parts.append(_RUN)
        else:
            parts.append(_slot(found, node, report))
    parts.append(text[at:])
    return Wording(tuple(_joined(parts)), text, node.span)


def _slot(found: re.Match[str], node: Scalar, report: Report) -> SlotValue | Run:
    start, end = inside(node)
    is_exact = report.source.text[start:end] == node.value       # else it has escapes, and only the whole has a place
    span = Span(node.file, start + found.start(), start + found.end()) if is_exact else Span(node.file, start, end)
    written = found[3] or ""
    path = tuple(written.strip().split("."))
    if all(NAME.parse(name) is not None for name in path):
        at = start + found.start(3) + len(written) - len(written.lstrip())
        named = Span(node.file, at, at + len(path[0])) if is_exact else span
        report.mentions.append(Mention("value", path[0], "", named))
        return SlotValue(path)
    if found[3] is None:
        report.add(UNCLOSED.at(span, Fix("close it, or write `\\{` for the character")))
    else:
        report.add(NAME.fault.at(span, Fix("write the name of a slot, or `\\{` for the character"),
                                 wanted="the name of a slot", value=shortened(found[3])))
    return _RUN


def _joined(parts: list[str | Run | SlotValue]) -> list[str | Run | SlotValue]:
    """Neighbouring texts as one, empty ones left out."""
    joined: list[str | Run | SlotValue] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _pattern(node: Scalar, report: Report) -> Match:
    from dsl.patterns import MOST, TOO_MUCH, Fault, diagnostic, to_re2  # few stories have one

    source, before = node.value[1:-1], report.patterns
    report.patterns += len(source)
    if report.patterns > MOST:
        if before <= MOST:
            report.add(TOO_MUCH.at(node.span, label="one too many", most=MOST))
        return Pattern(source, node.value, node.span)
    result = to_re2(source)
    if isinstance(result, Fault):
        report.add(diagnostic(result, Regex(source, Span(node.file, *inside(node)))))
    return Pattern(source, node.value, node.span)
