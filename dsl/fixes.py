"""Fixes that a machine may apply: edits of diagnostics, put into the text they belong to."""

from collections.abc import Iterable, Mapping

from dsl.diagnostics import Certainty, Diagnostic, Edit
from dsl.source import Source


def apply_safe(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> dict[str, str]:
    """The new text of every file that a certain fix changes; of two edits that overlap only the first is made.

    Where a diagnostic has several fixes, only its first is applied, and only if that one is certain.
    """
    edits: dict[str, list[Edit]] = {}
    for report in diagnostics:
        if report.fixes and report.fixes[0].certainty is Certainty.SAFE:
            for edit in report.fixes[0].edits:
                edits.setdefault(edit.span.file, []).append(edit)
    return {name: edited(sources[name].text, own) for name, own in edits.items() if name in sources}


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; of two that overlap only the first."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        if edit.span.start >= at:
            parts += [text[at:edit.span.start], edit.text]
            at = edit.span.end
    return "".join([*parts, text[at:]])
