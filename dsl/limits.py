"""What WhatsApp can show: the one data file, `whatsapp_limits.json`, read once and only when somebody asks.

The compiler proves a bot's texts against `limits()`; the runtime guards what was only known then; the simulator and
the tests ask `faults` of whole messages, as they would be posted. Every number's source stands in the file.

Lengths: Meta says "characters" and nobody knows which. More code points than the limit is an error; a text that is
over only when counted in UTF-16 units (emoji) may be refused: a warning.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from dsl.diagnostics import Severity
from dsl.table import Limits

FILE = Path(__file__).with_name("whatsapp_limits.json")

Message = Mapping[str, Any]                  # as posted: {"type": "text", "text": {"body": "Hi"}}
Field = Mapping[str, Any]                    # one rule of the file


@cache
def data() -> Mapping[str, Any]:
    """The whole file."""
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@cache
def limits() -> Limits:
    """The limits a bot's texts must keep, as every table carries them."""
    return Limits(
        text=_most("text", "text.body"),
        body=_most("interactive.button", "interactive.body.text"),
        header=_most("interactive.button", "interactive.header.text"),
        footer=_most("interactive.button", "interactive.footer.text"),
        caption=_most("image", "image.caption"),
        buttons=_most("interactive.button", "interactive.action.buttons"),
        button_title=_most("interactive.button", "interactive.action.buttons[].reply.title"),
        rows=_most("interactive.list", "interactive.action.sections[].rows"),
        row_title=_most("interactive.list", "interactive.action.sections[].rows[].title"),
        row_description=_most("interactive.list", "interactive.action.sections[].rows[].description"),
        list_button=_most("interactive.list", "interactive.action.button"),
        link_title=_most("interactive.cta_url", "interactive.action.parameters.display_text"),
    )


def _most(kind: str, path: str) -> int:
    return next(int(field["max"]) for field in data()["messages"][kind]["fields"] if field["path"] == path)


def units(text: str) -> int:
    """Length in UTF-16 code units: an emoji outside the basic plane is two.

    >>> units("ok 👍")
    5
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def too_long(text: str, most: int) -> Severity | None:
    """Whether `text` is over `most` characters: certainly (error), perhaps (warning) or not.

    >>> too_long("👍" * 15, 20), too_long("👍" * 21, 20), too_long("👍", 20)
    (<Severity.WARNING: 'warning'>, <Severity.ERROR: 'error'>, None)
    """
    if len(text) > most:
        return Severity.ERROR
    return Severity.WARNING if units(text) > most else None


class Fault(msgspec.Struct, frozen=True):
    """One thing WhatsApp would refuse in a message, or may."""

    path: str                                # where in the message, `interactive.action.buttons[1].reply.title`
    what: str
    severity: Severity = Severity.ERROR


def kind(message: Message) -> str:
    """Which of the file's kinds a message is: `text`, `interactive.button`, `mark_read`.

    >>> kind({"type": "interactive", "interactive": {"type": "list"}})
    'interactive.list'
    """
    if message.get("status") == "read":
        return "mark_read"
    found = str(message.get("type", "text"))
    inner = message.get(found)
    return f"{found}.{inner.get('type')}" if found == "interactive" and isinstance(inner, Mapping) else found


def faults(of_kind: str, message: Message) -> tuple[Fault, ...]:
    """All that WhatsApp would refuse in a message of this kind, by the rules of the file; none: it would be taken."""
    rules = data()["messages"].get(of_kind)
    if rules is None:
        return (Fault("type", f"there is no kind of message `{of_kind}`"),)
    fields = [*(data()["common"] if of_kind != "mark_read" else data()["common"][:1]), *rules["fields"]]
    found: list[Fault] = []
    for field in fields:
        found += _field_faults(field, message)
    for constraint in rules.get("constraints", ()):
        found += _constraint_faults(constraint, message)
    return tuple(found)


_STEP = re.compile(r"([^.\[]+)(\[\])?\.?")


def _places(path: str, message: Any) -> Iterator[tuple[str, Any, Message]]:
    """Every value at `a.b[].c`: its exact path, the value (None: absent) and what holds it."""
    holders: list[tuple[str, Any]] = [("", message)]
    steps = _STEP.findall(path)
    for at, (name, listed) in enumerate(steps):
        is_last = at == len(steps) - 1
        reached: list[tuple[str, Any]] = []
        for prefix, holder in holders:
            if not isinstance(holder, Mapping):
                continue
            for key in holder if name == "*" else (name,):
                here, value = f"{prefix}{key}", holder.get(key)
                if listed:
                    items = value if isinstance(value, list) else []
                    dot = "" if is_last else "."
                    reached += [(f"{here}[{index}]{dot}", item) for index, item in enumerate(items)]
                elif is_last:
                    yield here, value, holder
                else:
                    reached.append((f"{here}.", value if isinstance(value, Mapping) else {}))
        holders = reached
    if steps and steps[-1][1]:
        yield from ((prefix, value, {}) for prefix, value in holders)


_IS = re.compile(r'(?P<path>[\w.]+) == "(?P<value>[^"]*)"')
_COUNT = re.compile(r"len\((?P<path>[\w.]+)\) > (?P<count>\d+)")


def _holds(condition: str, holder: Message, message: Message) -> bool:
    """`a.b == "x"`, `len(a.b) > 1` or `a.b present`, looked up in what holds the field, else in the message."""
    def value(path: str) -> Any:
        for root in (holder, message):
            for _, found, _ in _places(path, root):
                if found is not None:
                    return found
        return None

    if same := _IS.fullmatch(condition):
        return bool(value(same["path"]) == same["value"])
    if count := _COUNT.fullmatch(condition):
        return len(value(count["path"]) or ()) > int(count["count"])
    return value(condition.removesuffix(" present")) is not None


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "array": (list,), "object": (dict,), "boolean": (bool,), "integer": (int,),
    "number": (int, float),
}


def _field_faults(field: Field, message: Message) -> Iterator[Fault]:
    values: list[Any] = []
    for path, value, holder in _places(field["path"], message):
        if value is None:
            needed = field.get("required") or ("required_if" in field and _holds(field["required_if"], holder, message))
            excused = "required_unless" in field and _holds(field["required_unless"], holder, message)
            if (needed or "required_unless" in field) and not excused:
                yield Fault(path, "is required")
            continue
        if not isinstance(value, _TYPES[field["type"]]) or (isinstance(value, bool) and field["type"] != "boolean"):
            yield Fault(path, f"is no {field['type']}")
            continue
        yield from _value_faults(field, path, value)
        values.append(value)
    if field.get("unique") and len(set(map(str, values))) < len(values):
        yield Fault(field["path"], "is not unique")


def _value_faults(field: Field, path: str, value: Any) -> Iterator[Fault]:
    if "const" in field and value != field["const"]:
        yield Fault(path, f"is not `{field['const']}`")
    if "enum" in field and (value.lower() if field.get("case_insensitive") else value) not in field["enum"]:
        yield Fault(path, f"is none of {', '.join(field['enum'])}")
    if "pattern" in field and not re.search(field["pattern"], value):
        yield Fault(path, f"does not fit {field['pattern']}")
    if field.get("format") == "url" and not value.startswith(("https://", "http://")):
        yield Fault(path, "is no address of the web")
    if isinstance(value, str):
        yield from _text_faults(field, path, value)
    amount = len(value) if isinstance(value, str | list) else value
    if "min" in field and amount < field["min"]:
        yield Fault(path, f"is {amount}, at least {field['min']} are needed")
    if "max" in field and not isinstance(value, str) and amount > field["max"]:
        is_hard = amount > field.get("hard_max", field["max"])
        yield Fault(path, f"is {amount} of {field['max']}", Severity.ERROR if is_hard else Severity.WARNING)


def _text_faults(field: Field, path: str, value: str) -> Iterator[Fault]:
    if value and not value.strip():
        yield Fault(path, "is only white space")
    if field.get("no_edge_space") and value != value.strip():
        yield Fault(path, "begins or ends with a space")
    if "forbid" in field and re.search(r"[\n\t]| {5}", value):
        yield Fault(path, "has a line break, a tab or more than four spaces in a row")
    if "max_line_breaks" in field and value.count("\n") > field["max_line_breaks"]:
        yield Fault(path, f"has {value.count(chr(10))} of {field['max_line_breaks']} line breaks")
    if (field.get("no_emoji") or field.get("warn_emoji")) and has_emoji(value):
        yield Fault(path, "has an emoji, which WhatsApp may refuse here", Severity.WARNING)
    if "max" in field and (severity := too_long(value, field["max"])) is not None:
        if too_long(value, field.get("hard_max", field["max"])) is not Severity.ERROR:
            severity = Severity.WARNING
        length = len(value) if len(value) > field["max"] else units(value)
        yield Fault(path, f"is {length} of {field['max']} characters", severity)


def _constraint_faults(constraint: Field, message: Message) -> Iterator[Fault]:
    match constraint["kind"]:
        case "max_total":
            count = sum(1 for _ in _places(constraint["over"], message))
            if count > constraint["max"]:
                yield Fault(constraint["over"], f"is {count} of {constraint['max']} in all")
        case "one_of":
            there = [path for path in constraint["paths"] if _holds(f"{path} present", {}, message)]
            if len(there) != 1:
                yield Fault(constraint["paths"][0], f"exactly one of {', '.join(constraint['paths'])} is needed")
        case "forbidden":
            for path in constraint["paths"]:
                if _holds(f"{path} present", {}, message):
                    yield Fault(path, "must not be there")


# Emoji and what joins them; symbols that text has always had (arrows, stars of one colour) are not among them.
_EMOJI = re.compile(
    "[\U0001F1E6-\U0001F1FF\U0001F300-\U0001FAFF\u2600-\u27BF\u2B50\u2B55\u231A\u231B\u23E9-\u23F3\uFE0F\u20E3]")


def has_emoji(text: str) -> bool:
    """Whether something in it is shown as a small picture."""
    return _EMOJI.search(text) is not None


def media_types(of_kind: str) -> tuple[str, ...]:
    """The MIME types WhatsApp takes for `image`, `video`, `audio`, `document` or `sticker`."""
    return tuple(data()["media"]["types"][of_kind]["mime"])
