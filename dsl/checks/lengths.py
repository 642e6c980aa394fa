"""Lengths of texts against the room there is for them, in every language, and how that is said.

A text is spoken of once: with all languages it is wrong in, at the place where it is written.
"""

from collections.abc import Iterator
from functools import cached_property, reduce
from typing import Any

import msgspec

from dsl.bounds import Bounds, Measure
from dsl.checks.where import text_span
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.limits import units
from dsl.source import Span
from dsl.table import SourceMap, Table

REJECTED = "WhatsApp rejects the whole message, so the user would see nothing."

EMPTY = Kind("F200", Severity.ERROR, "{where}{what} is empty", why=REJECTED)
TOO_LONG = Kind("F201", Severity.ERROR, "{where}{what} is too long: {length:,} of {most:,} characters{more}",
                why=REJECTED)
MAY_BE_TOO_LONG = Kind(
    "F202", Severity.WARNING, "{where}{what} may be too long: up to {length:,} of {most:,} characters{more}",
    why="The user would see it cut, or in another shape.")
UNBOUNDED = Kind(
    "F203", Severity.WARNING, "{what} shows `{name}`, which can be of any length, and has room for {most:,} characters",
    why="The user would see it cut, or in another shape.")
COUNTED_TWICE = Kind(
    "F214", Severity.WARNING,
    "{where}{what} may be too long: its emoji may count as two, {length:,} of {most:,} characters{more}",
    why="Nobody but WhatsApp knows how it counts emoji; where they are two, the whole message is rejected.")


class Lengths(msgspec.Struct, dict=True):
    """Measures texts against limits; the same text in the same kind of place is only spoken of once."""

    table: Table
    places: SourceMap
    said: set[tuple[str, int, int]] = set()

    @cached_property
    def rough(self) -> Measure:
        return Measure(self.table, rough=True)

    @cached_property
    def exact(self) -> Measure:
        return Measure(self.table)

    def languages(self, text: int) -> list[str]:
        """The languages a text is written in; the others fall back to the first."""
        return [language for language in self.table.languages if language in self.table.texts[text]]

    def bounds(self, text: int, language: str, flow: str, most: int) -> Bounds:
        """Of a text, exactly where that matters for whether it fits."""
        found = self.rough.text(text, language, flow)
        return self.exact.text(text, language, flow) if found.most is not None and found.most > most else found

    def value(self, code: Any, items: Any, flow: str, most: int) -> Bounds:
        """Of a value that is a text made of an item of a list, in the language where it is longest."""
        found = []
        for language in self.table.languages:
            rough = self.rough.over(items).words(code, language, flow)
            is_exact = rough.most is None or rough.most <= most
            found.append(rough if is_exact else self.exact.over(items).words(code, language, flow))
        return reduce(Bounds.either, found)

    def text(self, text: int, what: str, most: int, flow: str, *, hint: int | None = None,
             span: Span | None = None, fix: str = "shorten it") -> Iterator[Diagnostic]:
        """What is to be said of a text (with its hint below it) in a place that takes `most` characters."""
        if (what, text, most) in self.said:
            return
        self.said.add((what, text, most))
        found: dict[str, Bounds] = {}
        for language in self.table.languages:
            if language in self.table.texts[text] or (hint is not None and language in self.table.texts[hint]):
                found[language] = self.bounds(text, language, flow, most)
                if hint is not None:
                    found[language] = found[language].then(Bounds(2, 2)).then(self.bounds(hint, language, flow, most))
        empty = [language for language in self.languages(text) if self.is_empty(text, language)]
        if empty:
            here = span or text_span(self.places, text)
            yield EMPTY.at(here, Fix(self._fix("write something", empty)), where=self.where(empty[0]), what=what)
        elif any(bounds.most is None or 2 * bounds.most > most for bounds in found.values()):   # all may be emoji
            yield from self._judge(found, span or text_span(self.places, text), what, most, fix, text, hint)

    def _judge(self, found: dict[str, Bounds], here: Span, what: str, most: int, fix: str, text: int,
               hint: int | None) -> Iterator[Diagnostic]:
        over = {language: bounds.least for language, bounds in found.items() if bounds.least > most}
        if over:
            yield self.report(TOO_LONG, over, here, fix, what=what, most=most)
            return
        twice = {language: units for language in found if (units := self.units(text, hint, language)) > most}
        if twice:
            yield self.report(COUNTED_TWICE, twice, here, fix, what=what, most=most)
            return
        endless = next((bounds for bounds in found.values() if bounds.most is None), None)
        if endless is not None:
            # A plain message goes on in a second one, so that nothing is cut.
            if most < self.table.limits.text:
                yield unbounded(here, what, endless.loose, most)
            return
        perhaps = {language: bounds.most for language, bounds in found.items() if (bounds.most or 0) > most}
        if perhaps:
            yield self.report(MAY_BE_TOO_LONG, perhaps, here, fix, what=what, most=most)

    def is_empty(self, text: int, language: str) -> bool:
        return all(isinstance(part, str) and not part.strip() for part in self.table.texts[text][language])

    def units(self, text: int, hint: int | None, language: str) -> int:
        """UTF-16 units of all that is written in it."""
        first = self.table.languages[0]
        shown = [self.table.texts[one] for one in (text, hint) if one is not None]
        return 2 * (hint is not None) + sum(
            units(part) for one in shown for part in one.get(language, one.get(first, [])) if isinstance(part, str))

    def where(self, language: str) -> str:
        """What a message begins with where it is about another language than that of the flows."""
        return "" if language == self.table.languages[0] else f"in `{language}`: "

    def _fix(self, fix: str, languages: list[str]) -> str:
        if self.table.languages[0] in languages:
            return fix
        return f"{fix}, in `locales/{languages[0]}.po`"

    def report(self, kind: Kind, lengths: dict[str, Any], here: Span, fix: str, **names: Any) -> Diagnostic:
        """One report of a text in all languages it is wrong in."""
        language, *others = lengths
        more = f" (in `{'`, in `'.join(f'{other}`: {lengths[other]:,}' for other in others)})" if others else ""
        return kind.at(here, Fix(self._fix(fix, list(lengths))), label=f"{lengths[language]:,} characters",
                       where=self.where(language), length=lengths[language], more=more, **names)


def unbounded(here: Span, what: str, name: str, most: int) -> Diagnostic:
    fix = Fix(f"give `{name}` a `max` where it is declared, or ask for it with a rule that has a `length`")
    return UNBOUNDED.at(here, fix, what=what, name=name, most=most)
