from datetime import date, datetime, time
from decimal import Decimal

import pytest
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from runtime.texts import Formats, currency_of, formats, locale_of, order_of
from runtime.values import Duration, zone

AT = datetime(2026, 3, 2, 9, 5, 7, tzinfo=zone("America/Bogota"))
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(("language", "region", "locale"), [
    ("en", None, "en"), ("en", "US", "en_US"), ("en", "GB", "en_GB"), ("en", "CO", "en_001"), ("es", "CO", "es_CO"),
    ("es", "US", "es_US"), ("pt", "CO", "pt"), ("pt-BR", "CO", "pt_BR"), ("pt_PT", None, "pt_PT"), ("zz", None, "en"),
    ("zz-ZZ", "CO", "en"), ("", None, "en"), ("../etc", "x", "en"),
])
def test_a_language_in_a_region_has_a_locale(language, region, locale):
    assert str(locale_of(language, region)) == locale


@pytest.mark.parametrize(("region", "language", "order"), [
    ("CO", "en", "DMY"), ("US", "es", "MDY"), ("JP", "en", "YMD"), ("HU", "hu", "YMD"), (None, "en", "MDY"),
    (None, "es", "DMY"),
    ("??", "en", "DMY"),
])
def test_a_region_has_an_order_of_day_month_and_year(region, language, order):
    assert order_of(region, language) == order


def test_every_region_has_the_order_of_its_chief_language():
    for region in get_global("territory_currencies"):
        try:
            pattern = Locale.parse(f"und_{region}").date_formats["short"].pattern.upper()
        except UnknownLocaleError:
            pattern = "DMY"
        assert order_of(region) == "".join(sorted("DMY", key=pattern.find)), region


def test_a_region_has_a_currency():
    assert [currency_of(region) for region in ("CO", "ES", "BR", "US", None)] == ["COP", "EUR", "BRL", "USD", None]


@pytest.mark.parametrize(("value", "en", "es"), [
    ("text", "text", "text"), (None, "", ""), (True, "yes", "yes"), (2026, "2026", "2026"),
    (Decimal("1234.50"), "1234.50", "1234,50"),
    (DAY, "2 Mar 2026", "2/03/2026"), (AT, "2 Mar 2026", "2/03/2026"), (time(9, 5), "9:05 am", "9:05 a. m."),
    (Duration(0, 5400), "1 hour and 30 minutes", "1 hora y 30 minutos"),
    (Duration(13, 0), "1 year and 1 month", "1 año y 1 mes"),
    (Duration(0, 90061), "1 day, 1 hour, 1 minute and 1 second", "1 día, 1 hora, 1 minuto y 1 segundo"),
    (Duration(0, 0), "0 seconds", "0 segundos"), (Duration(0, -7200), "-2 hours", "-2 horas"),
    ([1, "a", DAY], "1, a, 2 Mar 2026", "1, a, 2/03/2026"), ({"name": "Norte"}, "Norte", "Norte"),
    ({"address": "Calle 1"}, "Calle 1", "Calle 1"),
    ({"latitude": "4.65", "longitude": -74.1}, "4.65, -74.1", "4.65, -74.1"), ({"id": "1"}, "", ""), ({}, "", ""),
])
def test_a_value_is_written_by_its_type(value, en, es):
    assert formats("en", "CO").show(value) == en
    assert formats("es", "CO").show(value) == es


@pytest.mark.parametrize(("language", "region", "value", "name", "args", "shown"), [
    ("en", "US", AT, "date", (), "Mar 2, 2026"), ("en", "US", DAY, "date", ("short",), "3/2/26"),
    ("en", "US", AT, "date", ("full",), "Monday, March 2, 2026"),
    ("pt", "BR", DAY, "date", ("long",), "2 de março de 2026"),
    ("en", "US", time(9, 5), "date", (), "9:05 AM"), ("en", "US", AT, "time", (), "9:05 AM"),
    ("es", "ES", AT, "time", (), "9:05"),
    ("es", "ES", AT, "time", ("medium",), "9:05:07"), ("es", "ES", AT, "time", ("long",), "9:05:07 -0500"),
    ("es", "ES", time(9, 5), "time", ("full",), "9:05:00"), ("es", "CO", AT, "time", (), "9:05 a. m."),
    ("en", "US", AT, "datetime", (), "Mar 2, 2026, 9:05 AM"),
    ("es", "ES", AT, "datetime", ("long",), "2 de marzo de 2026, 9:05"),
    ("en", "US", DAY, "datetime", ("short",), "3/2/26"), ("en", "US", DAY, "time", (), "Mar 2, 2026"),
    ("en", "US", AT, "date", ("nonsense",), "Mar 2, 2026"),
    ("en", "US", Decimal("1234.5"), "number", (), "1,234.5"), ("es", "CO", Decimal("1234.5"), "number", (), "1.234,5"),
    ("en", "IN", 1234567, "number", (), "12,34,567"), ("en", "US", Decimal("1.23456"), "number", (), "1.235"),
    ("en", "US", Decimal("2.5"), "number", ("0",), "3"), ("en", "US", 2, "number", ("2",), "2.00"),
    ("fr", "FR", 1234, "number", (), "1 234"),
    ("en", "US", "1234.5", "number", (), "1,234.5"), ("en", "US", "many", "number", (), "many"),
    ("en", "US", Decimal("0.255"), "percent", (), "26%"), ("en", "US", Decimal("0.255"), "percent", ("1",), "25.5%"),
    ("es", "ES", Decimal("0.25"), "percent", (), "25 %"),
    ("es", "CO", Decimal("12500.5"), "money", (), "$12.500,50"), ("en", "US", 5, "money", (), "$5.00"),
    ("en", "US", 5, "money", ("EUR",), "€5.00"), ("es", "ES", 5, "money", (), "5,00 €"),
    ("en", None, 5, "money", (), "5.00"),
    ("en", "US", 5, "money", ("ZZZ",), "ZZZ5.00"), ("en", "US", "free", "money", (), "free"),
    ("en", "US", "ana", "upper", (), "ANA"), ("en", "US", "ANA", "lower", (), "ana"),
    ("en", "US", "ana lima", "title", (), "Ana Lima"),
    ("en", "US", True, "upper", (), "YES"), ("en", "CO", "+573001234567", "phone", (), "+57 300 1234567"),
    ("en", "CO", "call me", "phone", (), "call me"), ("en", "US", Duration(0, 60), "duration", (), "1 minute"),
    ("en", "US", 5, "duration", (), "5"), ("en", "US", ["a", "b", "c"], "list", (), "a, b, and c"),
    ("es", "CO", ["a", "b"], "list", (), "a y b"), ("en", "US", "a", "list", (), "a"),
    ("en", "US", 5, "no such format", (), "5"),
    ("en", "US", None, "date", (), ""),
])
def test_a_format_writes_a_value_by_the_locale(language, region, value, name, args, shown):
    assert formats(language, region).format(value, name, args) == shown


def test_a_count_has_the_plural_of_its_language():
    assert [formats("en", None).plural(count) for count in (0, 1, 2, Decimal("1.5"), None, "1")] == [
        "other", "one", "other", "other", "other", "one",
    ]
    assert [formats("pl", None).plural(count) for count in (1, 2, 5, -2)] == ["one", "few", "many", "few"]


def test_a_language_is_named_in_another():
    assert formats("en", None).language_name("es") == "Spanish"
    assert formats("es", None).language_name("pt-BR") == "portugués de Brasil"
    assert formats("en", None).language_name("not a tag") == "not a tag"


def test_yes_and_no_are_those_of_the_bot():
    assert [Formats("es", None, "Sí", "No").show(truth) for truth in (True, False)] == ["Sí", "No"]
