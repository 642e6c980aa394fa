"""Diagnostics as people and programs read them: text, JSON rows, GitHub annotations, SARIF.

Carets count display columns, so that they stand under what they mean in any script.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dsl.diagnostics import Diagnostic, Fix, Label, Severity
from dsl.source import Source, Span

PER_FILE = 20                                # reports shown of one file, then "and 12 more"
WIDEST = 160                                 # display columns of a quoted line; a longer one is shown around the fault

Paint = Callable[[str, str], str]             # a text in the colour of its role

COLOURS = {"error": "31;1", "warning": "33;1", "hint": "36;1", "place": "2", "fix": "32", "caret": "31;1", "note": "36"}


def text(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], where: str, *, colour: bool = False) -> str:
    """All reports and the closing line ("2 errors, 1 warning in bots/clinic"), as shown on a terminal."""
    paint = _painted if colour else _plain
    parts = []
    for file, reports in _by_file(diagnostics).items():
        shown = _one_a_line(reports, sources.get(file))[:PER_FILE]
        parts += [_report(report, sources, paint) for report in shown]
        if len(reports) > len(shown):
            parts.append(f"and {len(reports) - len(shown)} more in {file}\n")
    return "\n".join([*parts, closing(diagnostics, where)]) + "\n"


def closing(diagnostics: Iterable[Diagnostic], where: str) -> str:
    """
    >>> closing((), "bots/clinic")
    'no errors in bots/clinic'
    """
    counts = Counter(report.severity for report in diagnostics)
    said = [f"{n} {severity.value}{'s' * (n != 1)}" for severity in Severity if (n := counts[severity])]
    return f"{', '.join(said) or 'no errors'} in {where}"


def rows(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[dict[str, object]]:
    """One plain mapping for each report: what `--format json` prints."""
    return [
        {"code": report.code, "severity": report.severity.value, "message": report.message,
         **_place(report.span, sources), "label": report.label, "why": report.why,
         "others": [{**_place(other.span, sources), "text": other.text} for other in report.others],
         "fixes": [_fix_row(fix, sources) for fix in report.fixes]}
        for report in diagnostics
    ]


def as_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    return json.dumps(rows(diagnostics, sources), ensure_ascii=False, indent=1) + "\n"


def as_github(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """Workflow commands: GitHub shows each report at its line of a pull request."""
    return "".join(f"{_github_line(row)}\n" for row in rows(diagnostics, sources))


def as_sarif(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """SARIF 2.1.0, for code scanning."""
    found = rows(diagnostics, sources)
    first = {str(row["code"]): row["message"] for row in reversed(found)}
    rules = [{"id": code, "shortDescription": {"text": message}} for code, message in sorted(first.items())]
    run = {"tool": {"driver": {"name": "talktable", "rules": rules}}, "columnKind": "unicodeCodePoints",
           "results": [_sarif_result(row) for row in found]}
    return json.dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]},
                      ensure_ascii=False, indent=1) + "\n"


def _painted(shown: str, role: str) -> str:
    return f"\x1b[{COLOURS[role]}m{shown}\x1b[0m"


def _plain(shown: str, role: str) -> str:
    return shown


def _by_file(diagnostics: Iterable[Diagnostic]) -> dict[str, list[Diagnostic]]:
    files: dict[str, list[Diagnostic]] = {}
    for report in diagnostics:
        files.setdefault(report.span.file, []).append(report)
    return files


def _one_a_line(reports: Sequence[Diagnostic], source: Source | None) -> list[Diagnostic]:
    """The gravest report of each line: what stands behind one fault is often one fault seen twice."""
    order = list(Severity)
    best: dict[int, Diagnostic] = {}
    for report in reports:
        line = source.position(report.span.start)[0] if source else report.span.start
        held = best.get(line)
        if held is None or order.index(report.severity) < order.index(held.severity):
            best[line] = report
    return list(best.values())


def _report(report: Diagnostic, sources: Mapping[str, Source], paint: Paint) -> str:
    head = paint(f"{report.severity.value}[{report.code}]", report.severity.value) + f": {report.message}"
    source = sources.get(report.span.file)
    lines = [head]
    if source is None:
        lines.append(paint(f"  {report.span.file}", "place"))
    else:
        line, column = source.position(report.span.start)
        lines.append(paint(f"  {report.span.file}:{line}:{column}", "place"))
        lines += _snippet(report, source, sources, paint)
    if report.why:
        lines.append(f"  {report.why}")
    lines += [paint("  fix: ", "fix") + fix.text for fix in report.fixes[:1]]
    return "\n".join(lines) + "\n"


def _snippet(report: Diagnostic, source: Source, sources: Mapping[str, Source], paint: Paint) -> Iterator[str]:
    labels = [(Label(report.span, report.label), "^"), *((other, "-") for other in report.others)]
    here = [(label, mark) for label, mark in labels if label.span.file == source.name]
    numbers = [source.position(label.span.start)[0] for label, _ in here]
    width = max([4, *(len(str(number)) + 2 for number in numbers)])
    shown = 0
    for label, mark in sorted(here, key=lambda found: found[0].span.start):
        number = source.position(label.span.start)[0]
        if number != shown:
            yield from _quoted(source, number, label.span, width)
            shown = number
        yield " " * width + " | " + _underline(source, number, label, mark, paint)
    for label in report.others:
        if label.span.file != source.name and label.span.file in sources:
            line, column = sources[label.span.file].position(label.span.start)
            yield f"  {label.text}: {label.span.file}:{line}:{column}"


def _quoted(source: Source, number: int, span: Span, width: int) -> Iterator[str]:
    line, _ = _window(source, number, span)
    yield f"{number:>{width}} | {line}".rstrip()


def _underline(source: Source, number: int, label: Label, mark: str, paint: Paint) -> str:
    line, cut = _window(source, number, label.span)
    start = label.span.start - source.line_starts[number - 1] - cut
    start = max(0, min(start, len(line)))
    end = max(start, min(start + label.span.end - label.span.start, len(line)))
    indent = " " * columns(line[:start])
    drawn = mark * max(1, columns(line[start:end])) + f" {label.text}".rstrip()
    return indent + paint(drawn, "caret" if mark == "^" else "note")


def _window(source: Source, number: int, span: Span) -> tuple[str, int]:
    """The line as shown and how many of its characters were cut off in front: only a very long one is cut, with `…`."""
    line = _visible(source.line(number))
    if len(line) <= WIDEST:
        return line, 0
    start = max(0, span.start - source.line_starts[number - 1] - WIDEST // 3)
    end = start + WIDEST
    before, after = "…" * (start > 0), "…" * (end < len(line))
    return before + line[start + len(before):end - len(after)] + after, start


def _visible(line: str) -> str:
    """Control characters as their pictures: one character each, so that offsets still hold."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", lambda c: " " if c[0] == "\t" else "\ufffd", line.rstrip("\r"))


def columns(shown: str) -> int:
    """How many columns of a terminal the text takes.

    >>> columns("né"), columns("日本"), columns("e\\u0301")
    (2, 4, 1)
    """
    if shown.isascii():
        return len(shown)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in ("Mn", "Me", "Cf")
               for c in shown)


def _place(span: Span, sources: Mapping[str, Source]) -> dict[str, object]:
    source = sources.get(span.file)
    (line, column), (end_line, end_column) = (
        (source.position(span.start), source.position(span.end)) if source else ((1, 1), (1, 1)))
    return {"file": span.file, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _fix_row(fix: Fix, sources: Mapping[str, Source]) -> dict[str, object]:
    return {"text": fix.text, "certainty": fix.certainty.value,
            "edits": [{**_place(edit.span, sources), "text": edit.text} for edit in fix.edits]}


def _github_line(row: Mapping[str, object]) -> str:
    level = {"error": "error", "warning": "warning", "hint": "notice"}[str(row["severity"])]
    message = str(row["message"]).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = str(row["file"]).replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    return (f"::{level} file={file},line={row['line']},col={row['column']},endLine={row['end_line']},"
            f"endColumn={row['end_column']},title={row['code']}::{message}")


def _sarif_result(row: Mapping[str, object]) -> dict[str, object]:
    level = {"error": "error", "warning": "warning", "hint": "note"}[str(row["severity"])]
    region = {"startLine": row["line"], "startColumn": row["column"], "endLine": row["end_line"],
              "endColumn": row["end_column"]}
    return {"ruleId": row["code"], "level": level, "message": {"text": row["message"]},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": row["file"]}, "region": region}}]}
