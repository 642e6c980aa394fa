"""Translations: `locales/<tag>.po`, held against the texts they translate.

The id of a translation is the text itself, as `dsl.syntax.Text.raw` gives it; `msgctxt`, the name of a step, makes
one narrower. A text with one `|plural` stands in the file as its two wordings, `msgid` and `msgid_plural`, and has
one translation for each form of the language; from these a text with one `|plural` is made again.

A translation must show what its text shows. One that was marked `fuzzy`, because its text was reworded, goes on
being shown until somebody has looked at it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from dsl.diagnostics import MOST_ERRORS, Diagnostic, Fix, Kind, Severity
from dsl.domain import Domain
from dsl.languages import about_language
from dsl.nearest import did_you_mean
from dsl.po import Message, read_po
from dsl.shape import shortened
from dsl.source import Source, Span
from dsl.syntax import Format, Interpolation, Name, Text
from dsl.system import is_shipped
from dsl.table import SourceMap, Table
from dsl.texts import VALUE

if TYPE_CHECKING:
    from dsl.locale_files import Updated
    from dsl.lower_texts import Translatable
    from dsl.parser import TextReader

UNTRANSLATED = Kind("F601", Severity.WARNING, "`{text}` has no translation into `{language}`",
                    why="Users of that language would read it untranslated.")
OTHER_VALUES = Kind("F602", Severity.ERROR, "this translation {does} `{{{value}}}`",
                    why="The user would miss what the text is about, or the bot would have nothing to show there.")
FUZZY = Kind("F603", Severity.WARNING, "this translation is of an older wording of `{text}`")
STALE = Kind("F604", Severity.WARNING, "the bot does not say `{text}`",
             why="Its translation is never shown; perhaps the text was reworded.")
PLURAL_FORMS = Kind("F607", Severity.ERROR, "{problem}")
NO_SUCH_LANGUAGE = Kind("F608", Severity.WARNING, "`{language}` is not one of the bot's languages")
NO_FILE = Kind("F609", Severity.WARNING, "nothing is translated into `{language}`: there is no locales/{language}.po",
               why="Users of that language would read the bot in `{first}`.")
NOT_SHIPPED = Kind("F610", Severity.WARNING, "what the machine says by itself is not known in `{language}`",
                   why="Users of that language would read it in English.")

_PIECE = re.compile(r"\\.|" + VALUE.pattern, re.DOTALL)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_PLURAL = re.compile(r"\|\s*plural\s")


class Translation(msgspec.Struct, frozen=True):
    """An entry of a file, ready to be shown: one text, or one for each plural form."""

    message: Message
    texts: tuple[Text, ...]


class Locale(msgspec.Struct, frozen=True):
    """The translations into one language, by context and id; `asked` fills with every text that is looked up."""

    tag: str
    source: Source
    translations: dict[tuple[str | None, str], Translation] = {}
    asked: dict[tuple[str, str | None], None] = {}

    def find(self, raw: str, context: str | None = None) -> Text | None:
        """What the text `raw` is in this language: that of its context, else any; None if there is none."""
        self.asked[raw, context] = None
        key = self.key(raw, context)
        if key is None:
            return None
        found = self.translations[key]
        return found.texts[0] if found.message.plural is None else self._counted(raw, found)

    def key(self, raw: str, context: str | None) -> tuple[str | None, str] | None:
        """The entry that translates a text."""
        candidates = ((narrow, id) for id in ids(raw) for narrow in (context, None))
        return next((key for key in candidates if key in self.translations), None)

    def _counted(self, raw: str, found: Translation) -> Text:
        """One text of several wordings: where their words differ, a `|plural` of what the text counts."""
        from dsl.parser import parse_text

        first = found.texts[0]
        if wordings(raw) is None:            # the file counts where the text does not
            return found.texts[-1]
        counting = next(value for value in values_in(raw) if _PLURAL.search(value))
        span = first.span
        read, _ = parse_text(self.source, span.start, span.end, f"{{{counting}}}")
        counted = next(part for part in read.parts if isinstance(part, Interpolation))
        forms = about_language(self.tag).forms
        parts: list[str | Interpolation] = []
        literals = [_literals(text) for text in found.texts]
        for words, value in zip_longest(zip(*literals, strict=True), _interpolations(first)):
            if len(set(words)) == 1:
                parts.append(words[0])
            else:
                plural = Format(Name("plural", span), tuple(words[form] for form in forms))
                parts.append(Interpolation(counted.value, (plural,), span))
            if value is not None:
                parts.append(value)
        return Text(tuple(part for part in parts if part != ""), raw, span)


def update_locales(folder: Path, texts: "Iterable[Translatable]") -> tuple["Updated", ...]:
    """Bring `locales/<tag>.po` of a bot's folder up to the texts of its build, a file for each further language."""
    from dsl.locale_files import update

    return update(folder, texts)


# --- what a text shows --------------------------------------------------------------------------------------


def values_in(raw: str) -> list[str]:
    """What stands between braces, in order.

    >>> values_in("Hi {name or 'friend'}, \\\\{not} {n|plural 'visit' 'visits'}")
    ["name or 'friend'", "n|plural 'visit' 'visits'"]
    """
    return [found[1] for found in _PIECE.finditer(raw) if found[1] is not None] if "{" in raw else []


def wordings(raw: str) -> tuple[str, str] | None:
    """The two wordings of a text with exactly one `|plural`, as translators see it.

    >>> wordings("{n} {n|plural 'visit' 'visits'} so far")
    ('{n} visit so far', '{n} visits so far')
    """
    if "plural" not in raw:
        return None
    plurals = [found for found in _PIECE.finditer(raw) if found[1] is not None and _PLURAL.search(found[1])]
    if len(plurals) != 1:
        return None
    found = plurals[0]
    words = [single or double for single, double in _QUOTED.findall(_PLURAL.split(found[1], maxsplit=1)[1])]
    if len(words) < 2:
        return None
    return raw[:found.start()] + words[0] + raw[found.end():], raw[:found.start()] + words[-1] + raw[found.end():]


def ids(raw: str) -> tuple[str, ...]:
    """The ids that a text may have in a file, the usual one first."""
    both = wordings(raw)
    return (raw,) if both is None else (both[0], raw)


def shown_by(raw: str) -> set[str]:
    """The values a text shows, whatever their format; words inside them may be translated, so they do not count."""
    found = (value for value in values_in(raw) if not _PLURAL.search(value))
    return {" ".join(_QUOTED.sub("''", value).partition("|")[0].split()) for value in found}


def _literals(text: Text) -> list[str]:
    """The plain words of a text: before its first value, between each two, after the last."""
    literals = [""]
    for part in text.parts:
        if isinstance(part, str):
            literals[-1] += part
        else:
            literals.append("")
    return literals


def _interpolations(text: Text) -> list[Interpolation]:
    return [part for part in text.parts if isinstance(part, Interpolation)]


# --- reading ------------------------------------------------------------------------------------------------


def read_locale(source: Source, tag: str) -> tuple[Locale, tuple[Diagnostic, ...]]:
    """The translations of a file and all its faults.

    One with an error translates its text by itself, so that it is not reported as missing too.
    """
    from dsl.parser import TextReader  # brings the grammar, which a bot of one language does without

    messages, said = read_po(source)
    texts = TextReader(source)
    faults = list(said)
    translations: dict[tuple[str | None, str], Translation] = {}
    errors = 0
    for message in messages:
        key = message.context, message.id.text
        if message.is_obsolete or not message.id.text:
            continue
        if message.is_translated and errors < MOST_ERRORS:           # past them the rest is not looked at
            translation, wrong = _translation(texts, message, tag)
            if not wrong:
                translations[key] = translation
            if message.is_fuzzy:
                fix = Fix("correct it and take `fuzzy` out")
                faults.append(FUZZY.at(message.strings[0].span, fix, text=shortened(message.id.text)))
                continue
            faults += wrong
            errors += sum(one.severity is Severity.ERROR for one in wrong)
        if key not in translations and (message.is_translated or (said and not message.strings)):
            translations[key] = _itself(message)
    return Locale(tag, source, translations), tuple(faults)


def _itself(message: Message) -> Translation:
    return Translation(replace(message, plural=None), (Text((message.id.text,), message.id.text, message.id.span),))


def _translation(reader: "TextReader", message: Message, tag: str) -> tuple[Translation, list[Diagnostic]]:
    texts: list[Text] = []
    faults: list[Diagnostic] = []
    for string in message.strings:
        if "{" in string.text or "\\" in string.text:
            text, wrong = reader.text(string.span.start, string.span.end, string.text)
            faults += wrong
        else:                                # most are plain words, and a file may have thousands
            text = Text((string.text,), string.text, string.span)
        texts.append(text)
    if not faults:
        faults += _other_values(message)
    if not faults and message.plural is not None:
        faults += _plural_faults(message, tag)
    return Translation(message, tuple(texts)), faults


def _other_values(message: Message) -> Iterator[Diagnostic]:
    wanted = shown_by(message.id.text) | (shown_by(message.plural.text) if message.plural else set())
    for string in message.strings:
        shown = shown_by(string.text)
        lost, added = sorted(wanted - shown), sorted(shown - wanted)
        if added:
            guesses = tuple(Fix(guess.text) for guess in did_you_mean(string.span, added[0], lost))
            yield OTHER_VALUES.at(string.span, *guesses or (Fix("leave it out"),), value=added[0],
                                  does="shows what its text does not:")
        elif lost:
            yield OTHER_VALUES.at(string.span, Fix(f"put `{{{lost[0]}}}` where it belongs"), value=lost[0],
                                  does="does not show")


def _plural_faults(message: Message, tag: str) -> Iterator[Diagnostic]:
    wanted = about_language(tag).plurals
    span = message.strings[0].span
    if len(message.strings) != wanted:
        yield PLURAL_FORMS.at(span, Fix(f"write `msgstr[0]` to `msgstr[{wanted - 1}]`"),
                              problem=f"`{tag}` has {wanted} plural forms, here are {len(message.strings)}")
    for string in message.strings[1:]:
        if values_in(string.text) != values_in(message.strings[0].text):
            yield PLURAL_FORMS.at(string.span, Fix("show the same values in every form, in the same order"),
                                  problem="the plural forms of a translation show different values")


# --- what is missing and what is too much -------------------------------------------------------------------


def read_locales(domain: Domain, sources: Mapping[str, Source]) -> tuple[dict[str, Locale], tuple[Diagnostic, ...]]:
    """The translations of a bot by language, out of those of its `sources` whose names end in `locales/<tag>.po`."""
    locales: dict[str, Locale] = {}
    faults: list[Diagnostic] = []
    further = domain.languages[1:]
    for name, source in sources.items():
        path = PurePosixPath(name)
        if path.suffix != ".po":
            continue
        if path.stem in further:
            locales[path.stem], said = read_locale(source, path.stem)
            faults += said
        else:
            guesses = did_you_mean(source.span(0, 0), path.stem, further)
            fixes = tuple(Fix(f"name the file `{guess.edits[0].text}.po`") for guess in guesses)
            faults.append(NO_SUCH_LANGUAGE.at(source.span(0, 0), *fixes, Fix("add it to `languages` in domain.yml"),
                                              language=path.stem))
    return locales, (*faults, *_languages(domain, locales))


def _languages(domain: Domain, locales: Mapping[str, Locale]) -> Iterator[Diagnostic]:
    span = domain.spans.get("languages")
    for language in domain.languages:
        if span is None:
            return
        if not is_shipped(language):
            fix = Fix("write the responses `system.…` that your users will see")
            yield NOT_SHIPPED.at(span, fix, language=language)
        if language != domain.languages[0] and language not in locales:
            yield NO_FILE.at(span, Fix("run `talktable locales update` on the bot and translate the file it makes"),
                             language=language, first=domain.languages[0])


def untranslated(table: Table, places: SourceMap, locales: Mapping[str, Locale]) -> Iterator[Diagnostic]:
    """The texts that have no translation into a language that has a file."""
    first = table.languages[0]
    for text, place in zip(table.texts, places.texts, strict=True):
        words = "".join(part if isinstance(part, str) else "{…}" for part in text.get(first, ()))
        if not any(character.isalpha() for character in words):
            continue                         # nothing but values and signs
        for language in locales:
            if language not in text:
                span = Span(places.files[place.file], place.start, place.end)
                yield UNTRANSLATED.at(span, Fix(f"translate it in locales/{language}.po"), text=shortened(words),
                                      language=language)


def stale(locales: Mapping[str, Locale]) -> Iterator[Diagnostic]:
    """The translations that nothing has asked for; to be called once every text was looked up."""
    for locale in locales.values():
        used = {locale.key(raw, context) for raw, context in locale.asked}
        for key, translation in locale.translations.items():
            if key not in used:
                fix = Fix("run `talktable locales update`: it keeps the translation aside")
                yield STALE.at(translation.message.id.span, fix, text=shortened(key[1]))
