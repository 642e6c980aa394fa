"""`# allow F402: reason`: the author's word that something is meant as it is, on its own line and the next."""

import re
from collections.abc import Iterable, Mapping

from dsl.diagnostics import Certainty, Diagnostic, Edit, Fix, Kind, Severity
from dsl.source import Source, Span
from dsl.syntax import File

USELESS = Kind("F901", Severity.WARNING, "there is no {code} here to allow")

_ALLOW = re.compile(r"\ballow\s+(F\d{3})\b")


def allowed(found: Iterable[Diagnostic], files: Iterable[File], sources: Mapping[str, Source]) -> list[Diagnostic]:
    """`found` without what is allowed, and with what is allowed in vain."""
    allows: dict[tuple[str, int, str], Span] = {}
    for file in files:
        source = sources[file.name]
        for comment in file.comments:
            for match in _ALLOW.finditer(comment.text):
                line, _ = source.position(comment.span.start)
                allows[file.name, line, match[1]] = comment.span
    if not allows:
        return list(found)
    kept, used = [], set()
    for diagnostic in found:
        name = diagnostic.span.file
        line = sources[name].position(diagnostic.span.start)[0] if name in sources else 0
        keys = [key for key in ((name, line, diagnostic.code), (name, line - 1, diagnostic.code)) if key in allows]
        used.update(keys)
        if not keys:
            kept.append(diagnostic)
    for key, span in allows.items():
        if key not in used:
            remove = Fix("remove it", (Edit(span, ""),), Certainty.SAFE)
            kept.append(USELESS.at(span, remove, label="nothing to allow", code=key[2]))
    return kept
