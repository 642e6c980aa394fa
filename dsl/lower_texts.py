"""Texts: what stands between quotes becomes an entry of the table in every language of the bot.

Interpolations, and the formats in them, are read in the names of the place where the text stands, in translations too.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dsl import others, types
from dsl.diagnostics import Certainty, Edit, Fix, Kind, Severity
from dsl.expressions import Expressions
from dsl.languages import about_language
from dsl.locales import Locale
from dsl.nearest import did_you_mean
from dsl.pools import Pools
from dsl.scope import Scope
from dsl.source import Span
from dsl.syntax import Expr, Format, Interpolation, Text
from dsl.table import Part
from dsl.typed import NOTHING, Typed, Variable, a

SHOWS_RECORD = Kind("F418", Severity.ERROR, "{given} cannot be shown as a text",
                    why="The user would see the inside of the program.")
NO_FORMAT = Kind("F630", Severity.ERROR, "there is no format named `{name}`")
FORMAT_OF_OTHER = Kind("F631", Severity.ERROR, "`|{name}` shows {shows}, this is {given}",
                       fix="leave out `|{name}`, or show {shows}")
FORMAT_ARGUMENTS = Kind("F632", Severity.ERROR, "`|{name}` takes {takes}", fix="write it with {takes}")
PLURAL_ALONE = Kind("F633", Severity.ERROR, "no format can stand beside `|plural`, which prints words and no value",
                    fix="leave out the other format")


class Translatable(msgspec.Struct, frozen=True):
    """A text that translators translate."""

    context: str                             # the step, flow or response that says it
    raw: str                                 # `dsl.syntax.Text.raw`
    span: Span
    most: int | None = None                  # characters there is room for, where it is little


class Texts:
    def __init__(self, expressions: Expressions, pools: Pools, languages: Iterable[str],
                 locales: Mapping[str, Locale]) -> None:
        self.pools = pools
        self.languages = tuple(languages)
        self.translatable: list[Translatable] = []                   # in the order they are read
        self._expressions = expressions
        self._locales = locales
        expressions.texts = self

    def text(self, text: Text, scope: Scope, *, shared: bool = True, most: int | None = None) -> int:
        """Index of the text, translated; `shared` as in `Pools.text`, `most` characters are for translators to know."""
        return self.filled(text, scope, shared=shared, most=most)[0]

    def filled(self, text: Text, scope: Scope, *, shared: bool = True,
               most: int | None = None) -> tuple[int, frozenset[Variable]]:
        """As `text`, with the variables it shows something of."""
        parts, reads = self._parts(text, scope, self.languages[0])
        by_language = {self.languages[0]: parts}
        if not _has_words(text):
            return self.pools.text(dict.fromkeys(self.languages, parts), text.span, shared=shared), reads
        self.translatable.append(Translatable(scope.context, text.raw, text.span, most))
        for language in self.languages[1:]:
            translation = self._translation(text, scope.context, language)
            if translation is not None:
                by_language[language], more = self._parts(translation, scope, language)
                reads |= more
        return self.pools.text(by_language, text.span, shared=shared), reads

    def shown(self, expr: Expr, scope: Scope, what: str) -> Typed:
        """A value that users read, as a text: a number by the user's language, a text as it is."""
        shown = Scope(scope.frame, scope.context, scope.it, scope.given, shown=True)
        typed = self._expressions.one_of(expr, shown, ("text", *sorted(types.PLAIN)), what)
        if typed.is_broken or typed.type in types.TEXTUAL:
            return typed
        part = ["show", typed.type, [], typed.code]
        text = self.pools.text({language: [part] for language in self.languages}, expr.span)
        return Typed(["text", text], "text", typed.reads)

    def written(self, texts: Mapping[str, Text], scope: Scope) -> dict[str, list[Part]]:
        """A text whose languages stand side by side, as in templates; not put into the pool."""
        return {language: self._parts(text, scope, language)[0] for language, text in texts.items()}

    def in_all(self, text: Text, scope: Scope) -> int:
        """A text that is the same in every language: the name of a team."""
        return self.of_machine(dict.fromkeys(self.languages, text), scope, text.span)

    def of_machine(self, texts: Mapping[str, Text], scope: Scope, span: Span) -> int:
        """As `written`, in the pool."""
        return self.pools.text(self.written(texts, scope), span)

    def _translation(self, text: Text, context: str, language: str) -> Text | None:
        locale = self._locales.get(language)
        return None if locale is None else locale.find(text.raw, context)

    def _parts(self, text: Text, scope: Scope, language: str) -> tuple[list[Part], frozenset[Variable]]:
        parts: list[Part] = []
        reads = NOTHING
        for part in text.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                shown, more = self._interpolation(part, scope, language)
                parts.append(shown)
                reads |= more
        return parts, reads

    def _interpolation(self, part: Interpolation, scope: Scope, language: str) -> tuple[Part, frozenset[Variable]]:
        inside = Scope(scope.frame, scope.context, scope.it, scope.given) if scope.shown else scope
        typed = self._expressions.value(part.value, inside)
        for format in part.formats:
            if format.name.text == "plural" and types.FORMATS["plural"].accepts(format.args):
                if len(part.formats) > 1:
                    self._expressions.say(PLURAL_ALONE.at(part.span))
                self._formats((format,), typed.type)
                return ["plural", typed.code, _forms(format.args, language)], typed.reads
        shown = types.base_of(typed.type)
        if shown not in types.SHOWN:
            fix = Fix(f"show one of its fields: `{{….{next(iter(self._fields(shown)), 'name')}}}`")
            self._expressions.say(SHOWS_RECORD.at(part.value.span, fix, label=a(typed.type), given=a(typed.type)))
        formats = self._formats(part.formats, typed.type)
        return ["show", typed.type, formats, typed.code], typed.reads

    def _fields(self, type: str) -> Iterable[str]:
        if type in types.FIELDS:
            return types.FIELDS[type]
        return (field.name for field in self._expressions.names.domain.records.get(type, ()))

    def _formats(self, formats: Iterable[Format], type: str) -> list[list[Any]]:
        read: list[list[Any]] = []
        for format in formats:
            name = format.name.text
            known = types.FORMATS.get(name)
            if known is None:
                near = did_you_mean(format.name.span, name, types.FORMATS)
                if name.lower() in others.FORMATS:
                    ours = others.FORMATS[name.lower()]
                    near = (Fix(f"write `|{ours}`", (Edit(format.name.span, ours),), Certainty.SAFE),)
                self._expressions.say(NO_FORMAT.at(format.name.span, *near, label="no format has this name", name=name))
            elif not known.accepts(format.args):
                capitals = [arg.upper() for arg in format.args]
                fixes = [Fix(f"write `|{' '.join([name, *capitals])}`")] if known.accepts(capitals) else []
                if "or" in format.args:
                    fixes = [Fix(f"`or` stands before the format: `{{… or …|{name}}}`")]
                self._expressions.say(FORMAT_ARGUMENTS.at(format.name.span, *fixes, name=name, takes=known.takes))
            elif type != types.UNKNOWN and type not in known.types:
                shows = "a text" if known.types == types.TEXTUAL else " or ".join(map(a, sorted(known.types)))
                self._expressions.say(FORMAT_OF_OTHER.at(format.name.span, name=name, shows=shows, given=a(type)))
            else:
                read.append([name, *format.args])
            type = "text" if type != types.UNKNOWN else type
        return read


def _has_words(text: Text) -> bool:
    """Whether there is anything to translate: a letter, or a text inside `{}`."""
    for part in text.parts:
        if isinstance(part, str):
            for sign in part:                # mostly the first
                if sign.isalpha():
                    return True
    return "'" in text.raw or '"' in text.raw


def _forms(words: tuple[str, ...], language: str) -> dict[str, str]:
    """Plural words by CLDR's category: one and other, or all that the language has, in CLDR's order."""
    if len(words) == 1:
        return {"other": words[0]}
    if len(words) == 2:
        return {"one": words[0], "other": words[1]}
    categories = about_language(language).categories
    return {**dict(zip(categories, words, strict=False)), "other": words[-1]}
