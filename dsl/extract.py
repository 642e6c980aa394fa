"""The texts of a bot that are translated: for `talktable locales update`.

Which texts these are is not said a second time: the bot is lowered with a locale that knows nothing, and what that
was asked for is what needs a translation. Where they stand, and how long they may be, is read off the syntax trees.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from dsl.domain import Domain
from dsl.limits import limits
from dsl.locales import Locale, Translatable
from dsl.source import Source, Span
from dsl.syntax import Choose, File, Footer, Header, Link, Menu, Option, Skip, Suggest, Text


def translatables(domain: Domain, files: Iterable[File], sources: Mapping[str, Source]) -> tuple[Translatable, ...]:
    """Every text that users read, in the order of the files."""
    from dsl.lower import lower

    ignorant = Locale("", Source("", ""))
    trees = tuple(files)
    lower(domain, trees, dict.fromkeys(domain.languages[1:], ignorant), sources)
    contexts: dict[str, list[str]] = {}
    for raw, context in ignorant.asked:
        contexts.setdefault(raw, []).append(context or "")
    written: dict[str, list[tuple[Span, int | None]]] = {}
    for text, limit in _texts((domain.slots, domain.responses, trees)):
        if text.raw in contexts:
            written.setdefault(text.raw, []).append((text.span, limit))
    order = {name: number for number, name in enumerate(sources)}
    found = sorted(written.items(), key=lambda each: min((order.get(span.file, 0), span.start) for span, _ in each[1]))
    return tuple(_translatable(raw, contexts[raw], places, sources) for raw, places in found)


def _translatable(raw: str, contexts: list[str], places: list[tuple[Span, int | None]],
                  sources: Mapping[str, Source]) -> Translatable:
    lines = ((span.file, sources[span.file].position(span.start)[0]) for span, _ in places)
    return Translatable(raw, tuple(dict.fromkeys(filter(None, contexts))), tuple(dict.fromkeys(lines)),
                        min((limit for _, limit in places if limit is not None), default=None))


def _texts(root: Any) -> Iterator[tuple[Text, int | None]]:
    """Every text of a tree, with the characters that the channel gives it where it is not the body of a message."""
    waiting: list[tuple[Any, int | None]] = [(root, None)]
    while waiting:
        node, limit = waiting.pop()
        if isinstance(node, Text):
            yield node, limit
            waiting += [(part, None) for part in node.parts]
        elif isinstance(node, dict):
            waiting += [(value, None) for value in node.values()]
        elif isinstance(node, tuple) and not isinstance(node, Span):
            waiting += [(item, limit) for item in node]
        elif isinstance(node, Option):
            waiting += [(node.title, limit), (node.description, limits().row_description)]
            waiting += [(part, None) for part in (node.also, node.when, node.value, node.then)]
        elif is_dataclass(node):
            own = _limits(node)
            waiting += [(getattr(node, part.name), own.get(part.name)) for part in fields(node)]


def _limits(node: Any) -> dict[str, int]:
    """How long the texts right in a node may be."""
    most = limits()
    match node:
        case Footer():
            return {"text": most.footer}
        case Header():
            return {"text": most.header}
        case Link():
            return {"title": most.link_title}
        case Skip():
            return {"title": most.button_title}
        case Suggest():
            return {"texts": most.button_title}
        case Menu() | Choose():
            return {"options": most.button_title if _are_buttons(node) else most.row_title}
        case _:
            return {}


def _are_buttons(node: Menu | Choose) -> bool:
    """Whether the options are shown as buttons in the language of the flows; translations must fit them too."""
    most = limits()
    return node.shape == "buttons" or (node.shape is None and len(node.options) <= most.buttons and all(
        option.description is None and len(option.title.raw) <= most.button_title for option in node.options))
