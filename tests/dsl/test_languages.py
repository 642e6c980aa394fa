"""What the compiler knows of languages by heart is what Babel says."""

import json
import re
from gettext import c2py

import pytest
from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.messages.plurals import get_plural

from dsl.languages import FILE, about_language, tags
from dsl.widths import DATES, at_most, width

CATEGORIES = ("zero", "one", "two", "few", "many")
COUNTED = (1, 0, *range(2, 200), 1_000_000)  # Portuguese calls 0 one, its gettext form does not
SIMPLE = ("short", "medium")


def plural_forms(locale):
    """The number of gettext's forms, CLDR's categories, the form of each."""
    rule = get_plural(str(locale))
    form = c2py(rule.plural_expr)
    categories = [name for name in CATEGORIES if name in locale.plural_form.tags]
    forms = [next((form(n) for n in COUNTED if locale.plural_form(n) == name), rule.num_plurals - 1)
             for name in (*categories, "other")]
    return [rule.num_plurals, [*categories, "other"], forms]


def widest(type, tags):
    return {length: max(width(type, type, length, tag, "") for tag in tags) for length in SIMPLE}


def dearest(tags):
    """Of the currency with the longest name, and of one with three decimals."""
    symbols = {tag: Locale.parse(tag, sep="-").currency_symbols for tag in tags}
    return max(width("number", "money", currency, tag, "") for tag, known in symbols.items()
               for currency in (max(known, key=lambda one: len(known[one])), "KWD"))


def known_to_babel():
    """What `languages.json` is to hold, a line for each language."""
    tags = [identifier.replace("_", "-") for identifier in sorted(locale_identifiers())]
    by_language = {}
    for tag in tags:
        by_language.setdefault(tag.split("-")[0], []).append(tag)
    rows = {language: [*plural_forms(Locale.parse(language)), widest("date", every), widest("time", every),
                       dearest(every)] for language, every in by_language.items()}
    lines = ",\n".join(f"{json.dumps(language)}: {json.dumps(row)}" for language, row in rows.items())
    return (f'{{"tags": {json.dumps(tags)},\n"regions": {json.dumps(sorted(get_global("territory_currencies")))},\n'
            f'"languages": {{\n{lines}\n}}}}\n')


def test_what_is_known_by_heart_is_what_babel_says(golden):
    golden(FILE, known_to_babel())


@pytest.mark.parametrize(("tag", "expected"), [
    ("es", (2, ("one", "many", "other"), (0, 1, 1))), ("pt", (2, ("one", "many", "other"), (0, 1, 1))),
    ("ru", (3, ("one", "few", "many", "other"), (0, 1, 2, 2))), ("ja", (1, ("other",), (0,))),
    ("pt-BR", (2, ("one", "many", "other"), (0, 1, 1))),
])
def test_gettexts_forms_are_cldrs_categories(tag, expected):
    assert about_language(tag)[:3] == expected


def test_a_language_counts_the_same_in_all_its_regions():
    for tag in tags():
        assert plural_forms(Locale.parse(tag, sep="-")) == plural_forms(Locale.parse(tag.split("-")[0])), tag


def test_a_language_that_is_not_known_is_taken_for_english():
    assert about_language("xx") == about_language("en")


@pytest.mark.parametrize(("type", "name", "arg"), [
    ("date", "date", "long"), ("date", "", ""), ("datetime", "", ""), ("time", "time", "full"),
    ("number", "number", "2"), ("number", "percent", ""), ("integer", "", ""), ("number", "money", "XOF"),
])
def test_no_language_writes_longer_than_is_known(type, name, arg):
    assert [tag for tag in tags() if width(type, name, arg, tag, "") > at_most(type, name, arg, tag)] == []


def test_no_language_writes_a_date_with_its_weekday_longer_than_is_known():
    languages = {tag.split("-")[0] for tag in tags()}
    assert max(width("date", "date", "full", tag, "") for tag in languages) == DATES["full"]


def test_no_weekday_stands_in_the_other_lengths_of_dates():
    found = {re.sub("'[^']*'", "", Locale.parse(tag, sep="-").date_formats[length].pattern)
             for tag in tags() for length in ("short", "medium", "long")}
    assert not [pattern for pattern in found if set("Eec") & set(pattern)]
