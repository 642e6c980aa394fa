"""Syntax trees as text, for golden files: one node a line, with what was written at its span."""

from collections.abc import Iterator

from dsl.source import Source, Span
from dsl.syntax import Node


def dump(tree: object, source: Source) -> str:
    return "\n".join(_lines(tree, source, "")) + "\n"


def _lines(node: object, source: Source, name: str, depth: int = 0) -> Iterator[str]:
    margin = "  " * depth + (f"{name}: " if name else "")
    if isinstance(node, tuple):
        if not node:
            return
        yield f"{margin}"[:-1] if name else margin
        for part in node:
            yield from _lines(part, source, "", depth + 1)
    elif isinstance(node, Node):
        parts = {name: getattr(node, name) for name in node.__struct_fields__}
        span = parts.pop("span", None)
        plain = [f"{key}={value!r}" for key, value in parts.items() if isinstance(value, str | int)]
        written = f"  «{_shown(source, span)}»" if isinstance(span, Span) else ""
        yield " ".join([margin + type(node).__name__, *plain]) + written
        for key, value in parts.items():
            if value is not None and not isinstance(value, str | int):
                yield from _lines(value, source, key, depth + 1)
    else:
        yield f"{margin}{node!r}"


def _shown(source: Source, span: Span) -> str:
    written = source.text[span.start:span.end]
    return written if len(written) <= 60 and "\n" not in written else f"{written[:57].splitlines()[0]}…"
