"""Bots of some lines, and what the compiler says of them."""

from dsl.build import build_sources
from dsl.diagnostics import Diagnostic
from dsl.fixes import edited

DOMAIN = "bot: example\nlanguages: [en]\nstart: main\nregion: GB\n"


def said(flow: str, domain: str = "", *, codes: str = "") -> list[Diagnostic]:
    """All that is said of a bot, or only what has one of the `codes`."""
    built = build_sources({"domain.yml": DOMAIN + domain, "main.flow": flow})
    return [one for one in built.diagnostics if not codes or one.code in codes.split()]


def lines(flow: str, domain: str = "", *, codes: str = "") -> list[str]:
    """What is said, as `F401 7 name: read here`: the code, the line, the characters that are meant, the label.

    Places are those of `flow`, so that a test shows them.
    """
    return [f"{one.code} {_line(flow, one.span.start)} {flow[one.span.start:one.span.end]}: {one.label}"
            for one in said(flow, domain, codes=codes)]


def one(flow: str, domain: str = "", *, code: str) -> Diagnostic:
    """The only diagnostic of a code."""
    (found,) = said(flow, domain, codes=code)
    return found


def others(flow: str, diagnostic: Diagnostic) -> list[str]:
    """The second labels, as `3 order_id: set only here`."""
    return [f"{_line(flow, label.span.start)} {flow[label.span.start:label.span.end]}: {label.text}"
            for label in diagnostic.others]


def applied(flow: str, diagnostic: Diagnostic) -> str:
    """The flow after the first fix."""
    return edited(flow, diagnostic.fixes[0].edits)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
