"""Message templates: their life from PENDING to APPROVED and beyond, and whether a message fills one as defined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dsl.diagnostics import Severity
from dsl.limits import data, too_long
from dsl.table import Table

Json = dict[str, Any]

_RULES = data()["template_definition"]
_PARAMETER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
REVIEW_MS = 60_000                           # how long a review takes; Meta: up to 24 hours, usually minutes

# What a send of a template in this state is refused with.
REFUSED = {"PENDING": 132001, "REJECTED": 132001, "PENDING_DELETION": 132001, "PAUSED": 132015, "DISABLED": 132016}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    id: str
    name: str
    language: str
    category: str
    components: tuple[Json, ...]
    status: str = "PENDING"
    quality: str = "UNKNOWN"

    def document(self) -> Json:
        """As the Graph API shows it."""
        return {"id": self.id, "name": self.name, "language": self.language, "category": self.category,
                "status": self.status, "components": list(self.components), "quality_score": {"score": self.quality}}

    def parameters(self, part: str) -> int:
        """How many values the header or the body wants."""
        texts = [str(one.get("text", "")) for one in self.components if str(one.get("type", "")).lower() == part]
        return len({name for text in texts for name in _PARAMETER.findall(text)})


    def quick_replies(self) -> tuple[str, ...]:
        """The buttons that send an answer back."""
        buttons = [button for one in self.components if str(one.get("type", "")).lower() == "buttons"
                   for button in one.get("buttons") or ()]
        return tuple(str(one.get("text", "")) for one in buttons if one.get("type") == "QUICK_REPLY")


class Templates:
    """All templates of the account, by name and language."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Template] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Template]:
        return iter(self._all.values())

    def add(self, name: str, language: str, category: str, components: tuple[Json, ...],
            status: str = "PENDING") -> Template:
        self._count += 1
        made = Template(id=str(700_000_000_000 + self._count), name=name, language=language, category=category,
                        components=components, status=status)
        self._all[name, language] = made
        return made

    def find(self, name: str, language: str) -> Template | None:
        return self._all.get((name, language))

    def by_id(self, id: str) -> Template | None:
        return next((one for one in self if one.id == id), None)

    def change(self, template: Template, **fields: Any) -> Template:
        changed = replace(template, **fields)
        self._all[template.name, template.language] = changed
        return changed

    def drop(self, template: Template) -> None:
        self._all.pop((template.name, template.language), None)


def approve(templates: Templates, table: Table) -> None:
    """Add what a bot declares, approved. How a template reads, the bot knows; here it has as many values."""
    for name, declared in table.templates.items():
        text = "Message: " + " ".join(f"{{{{{at}}}}}" for at, _ in enumerate(declared.params, 1)) + "."
        buttons = [{"type": "QUICK_REPLY", "text": title} for title in declared.buttons]
        components = ({"type": "BODY", "text": text}, {"type": "BUTTONS", "buttons": buttons})
        for language in table.languages:
            templates.add(name, language, "UTILITY", components, "APPROVED")


def definition_fault(name: object, category: object, language: object, components: object) -> str | None:
    """What is wrong with a definition, in one sentence; none: it can go into review."""
    if not isinstance(name, str) or not re.fullmatch(_RULES["name"]["pattern"], name):
        return "name: lower-case letters, digits and underscores only"
    if category not in _RULES["categories"]:
        return f"category: one of {', '.join(_RULES['categories'])}"
    if not isinstance(language, str) or not language:
        return "language is required"
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        return "components: a list of objects"
    bodies = [one for one in components if str(one.get("type", "")).upper() == "BODY"]
    if len(bodies) != 1 or not isinstance(bodies[0].get("text"), str):
        return "components: exactly one BODY with a text is needed"
    return next((fault for one in components for fault in _text_faults(one)), None)


def _text_faults(component: Json) -> Iterator[str]:
    kind, text = str(component.get("type", "")).lower(), str(component.get("text", ""))
    rule = _RULES.get({"header": "header_text"}.get(kind, kind))
    if kind == "buttons":
        buttons = component.get("buttons")
        if not isinstance(buttons, list) or len(buttons) > _RULES["buttons"]["max"]:
            yield f"buttons: a list of at most {_RULES['buttons']['max']}"
        return
    if rule and too_long(text, rule["max"]) is Severity.ERROR:
        yield f"{kind}: {len(text)} of {rule['max']} characters"
    found = _PARAMETER.findall(text)
    if rule and len(found) > rule.get("parameters_max", len(found)):
        yield f"{kind}: at most {rule['parameters_max']} parameters"
    if kind == "body" and found and re.search(r"^\s*\{\{|\}\}\s*$", text):
        yield "body: no parameter at the very start or end"


def filling_fault(template: Template, components: list[Json]) -> str | None:
    """Why a message does not fill this template: the number of its values differs; none: it does."""
    for part in ("header", "body"):
        wanted = template.parameters(part)
        given = sum(len(one.get("parameters") or ()) for one in components if one.get("type") == part)
        # A header that is a picture has one parameter and no text.
        if given != wanted and not (part == "header" and wanted == 0):
            return f"{part}: number of localizable_params ({given}) does not match the expected number ({wanted})"
    return None
