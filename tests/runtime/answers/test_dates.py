from datetime import date, datetime, time, timedelta
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.answers.calendar_words import OWN, may_name_a_day
from runtime.answers.dates import read_date, read_datetime, read_time
from runtime.answers.durations import read_duration
from runtime.answers.language import Setting, spoken
from runtime.texts import formats
from runtime.values import Duration, zone

# Keys of dateparser's dictionaries whose words name no day: they join words, or say which half or side.
NOT_OF_TIME = {"name", "date_order", "skip", "pertain", "ago", "in", "am", "pm", "no_word_spacing", "simplifications",
               "sentence_splitter_group"}
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=zone("America/Bogota"))        # a Wednesday


def setting(language="en", region="CO"):
    return Setting(language, region, NOW, formats(language, region))


def first(reading):
    return None if reading is None else reading.default


@pytest.mark.parametrize(("language", "said", "day"), [
    ("en", "24 March 1990", date(1990, 3, 24)), ("en", "March 24, 1990", date(1990, 3, 24)),
    ("en", "the 24th of march", date(2026, 3, 24)), ("en", "24 mar 90", date(1990, 3, 24)),
    ("en", "Monday 9 March", date(2026, 3, 9)), ("en", "feb 29 2024", date(2024, 2, 29)),
    ("en", "twenty-five december", date(2026, 12, 25)), ("en", "1990-03-24", date(1990, 3, 24)),
    ("en", "1990/3/24", date(1990, 3, 24)), ("en", "24.3.90", date(1990, 3, 24)),
    ("en", "24 3 1990", date(1990, 3, 24)),
    ("en", "24031990", date(1990, 3, 24)), ("en", "19900324", date(1990, 3, 24)),
    ("en", "20101112", date(2010, 11, 12)),
    ("en", "3/4/26", date(2026, 4, 3)), ("en", "13/3", date(2026, 3, 13)), ("en", "1/2", date(2027, 2, 1)),
    ("en", "today", date(2026, 3, 4)), ("en", "Tomorrow!", date(2026, 3, 5)), ("en", "yesterday", date(2026, 3, 3)),
    ("en", "the day after tomorrow", date(2026, 3, 6)), ("en", "in two weeks", date(2026, 3, 18)),
    ("en", "3 days ago", date(2026, 3, 1)), ("en", "a month from now", date(2026, 4, 4)),
    ("en", "monday", date(2026, 3, 9)), ("en", "wednesday", date(2026, 3, 4)),
    ("en", "next wednesday", date(2026, 3, 11)),
    ("en", "this friday", date(2026, 3, 6)), ("en", "last tuesday", date(2026, 3, 3)),
    ("en", "on mon.", date(2026, 3, 9)),
    ("en", "the 24th", date(2026, 3, 24)), ("en", "the 2nd", date(2026, 4, 2)),
    ("en", "24 march at 5pm", date(2026, 3, 24)),
    ("en", "29 feb", date(2028, 2, 29)),
    ("es", "24 de marzo de 1990", date(1990, 3, 24)), ("es", "el 24 de marzo", date(2026, 3, 24)),
    ("es", "1º de mayo", date(2026, 5, 1)), ("es", "treinta y uno de diciembre", date(2026, 12, 31)),
    ("es", "mañana", date(2026, 3, 5)), ("es", "pasado mañana", date(2026, 3, 6)), ("es", "anteayer", date(2026, 3, 2)),
    ("es", "el próximo lunes", date(2026, 3, 9)), ("es", "lunes que viene", date(2026, 3, 9)),
    ("es", "el lunes pasado", date(2026, 3, 2)), ("es", "hace 3 días", date(2026, 3, 1)),
    ("es", "dentro de dos semanas", date(2026, 3, 18)), ("es", "el 24", date(2026, 3, 24)),
    ("es", "dia 24", date(2026, 3, 24)),
    ("pt", "24 de março de 1990", date(1990, 3, 24)), ("pt", "amanhã", date(2026, 3, 5)),
    ("pt", "depois de amanhã", date(2026, 3, 6)), ("pt", "segunda", date(2026, 3, 9)),
    ("pt", "terça-feira que vem", date(2026, 3, 10)), ("pt", "sexta passada", date(2026, 2, 27)),
    ("pt", "daqui a 2 semanas", date(2026, 3, 18)), ("pt", "há 3 dias", date(2026, 3, 1)),
    ("fr", "24 mars 1990", date(1990, 3, 24)), ("fr", "lundi", date(2026, 3, 9)), ("fr", "demain", date(2026, 3, 5)),
    ("de", "24. März 1990", date(1990, 3, 24)), ("de", "übermorgen", date(2026, 3, 6)),
    ("xx", "24/3/1990", date(1990, 3, 24)),
])
def test_a_day_is_read_as_people_write_it(language, said, day):
    assert first(read_date(said, setting(language))) == day


@pytest.mark.parametrize("said", [
    "", "hello", "1990", "5", "may", "30/2/2026", "31 sept", "24/13/1990", "99999", "the first monday of may", "no",
    "the 99th", "123/4/26", "99999999", "in 99999 years", "0/0/0", "24 march 0000", "x" * 500,
])
def test_what_names_no_day_of_the_calendar_is_refused(said):
    assert read_date(said, setting()) is None


@pytest.mark.parametrize(("region", "said", "day"), [
    ("CO", "3/4/2026", date(2026, 4, 3)), ("US", "3/4/2026", date(2026, 3, 4)), ("US", "24/3/1990", date(1990, 3, 24)),
    ("CO", "3/24/1990", date(1990, 3, 24)), ("US", "12/25", date(2026, 12, 25)), ("US", "03241990", date(1990, 3, 24)),
    ("JP", "26/3/4", date(2026, 3, 4)), ("JP", "3/4", date(2026, 3, 4)), ("JP", "3/4/2026", date(2026, 4, 3)),
    (None, "3/4/2026", date(2026, 3, 4)), ("??", "3/4/2026", date(2026, 4, 3)),
])
def test_numbers_stand_in_the_order_of_the_region_unless_only_the_other_is_a_day(region, said, day):
    assert first(read_date(said, setting("en", region))) == day


def test_a_weekday_may_be_any_of_eight_weeks_either_way_the_nearest_first():
    days = read_date("monday", setting()).likely

    assert days[:3] == (date(2026, 3, 2), date(2026, 3, 9), date(2026, 2, 23))
    assert len(days) == 17


def test_next_and_last_say_which_side_a_weekday_lies():
    assert all(day > NOW.date() for day in read_date("next wednesday", setting()).likely)
    assert all(day < NOW.date() for day in read_date("el miércoles pasado", setting("es")).likely)


def test_two_digits_are_a_year_at_most_twenty_years_ahead_or_of_the_century_before():
    assert read_date("3/4/26", setting()).likely == (date(2026, 4, 3),)
    assert read_date("3/4/40", setting()).likely == (date(2040, 4, 3), date(1940, 4, 3))
    assert read_date("3/4/90", setting()).likely == (date(1990, 4, 3), date(2090, 4, 3))


@pytest.mark.parametrize(("language", "region", "said", "hours"), [
    ("en", "CO", "5", (17, 5)), ("en", "CO", "at 5", (17, 5)), ("en", "CO", "9", (9, 21)), ("en", "CO", "12", (12, 0)),
    ("en", "CO", "05:00", (5,)), ("en", "CO", "5:00", (17, 5)), ("es", "ES", "5:00", (5, 17)),
    ("en", "CO", "17h", (17,)),
    ("en", "CO", "5pm", (17,)), ("en", "CO", "12am", (0,)), ("en", "CO", "12 p.m.", (12,)), ("en", "CO", "noon", (12,)),
    ("en", "CO", "midnight", (0,)), ("en", "CO", "at nine", (9, 21)), ("en", "CO", "5 o'clock", (17, 5)),
    ("en", "CO", "9 in the evening", (21,)), ("en", "CO", "24:00", (0,)), ("en", "CO", "0:00", (0,)),
    ("es", "CO", "a la una", (13, 1)), ("es", "CO", "a las 9 de la noche", (21,)), ("es", "CO", "mediodía", (12,)),
    ("es", "CO", "9 de la mañana", (9,)), ("es", "CO", "12 de la noche", (0,)), ("es", "CO", "12 de la tarde", (12,)),
    ("es", "CO", "2 de la madrugada", (2,)), ("es", "CO", "12 de la madrugada", (0,)),
    ("es", "CO", "2 de la noche", (2,)),
    ("pt", "BR", "às 17h", (17,)), ("pt", "BR", "meio-dia", (12,)), ("pt", "BR", "meia-noite", (0,)),
    ("pt", "BR", "5 da tarde", (17,)), ("pt", "BR", "19 horas", (19,)), ("pt", "BR", "9 da manhã", (9,)),
])
def test_an_hour_is_read_with_the_half_of_the_day_that_is_likely_first(language, region, said, hours):
    assert read_time(said, setting(language, region)).likely == tuple(time(hour) for hour in hours)


@pytest.mark.parametrize(("language", "said", "at"), [
    ("en", "9:30", time(9, 30)), ("en", "9.30", time(9, 30)), ("en", "930", time(9, 30)),
    ("en", "half past 9", time(9, 30)),
    ("en", "quarter to 9", time(8, 45)), ("en", "at quarter past 9 am", time(9, 15)), ("en", "9.30 pm", time(21, 30)),
    ("en", "17:30:59", time(17, 30)), ("es", "las 9 y media", time(9, 30)), ("es", "9 menos cuarto", time(8, 45)),
    ("es", "a las 10 y 20", time(10, 20)), ("es", "9 y cuarto", time(9, 15)), ("pt", "17h30", time(17, 30)),
    ("pt", "9 e meia", time(9, 30)),
])
def test_minutes_are_read_in_digits_and_in_words(language, said, at):
    assert first(read_time(said, setting(language))) == at


@pytest.mark.parametrize("said", [
    "", "25:00", "13:60", "24:30", "13 pm", "0 am", "tomorrow at 5", "in the morning", "hello", "half past 99",
    "9" * 300,
])
def test_what_no_clock_shows_is_no_time(said):
    assert read_time(said, setting()) is None


@pytest.mark.parametrize(("language", "said", "at"), [
    ("en", "tomorrow at 9", "2026-03-05T09:00"), ("en", "tomorrow at 5", "2026-03-05T17:00"),
    ("en", "at 5 tomorrow", "2026-03-05T17:00"), ("en", "tomorrow 15:00", "2026-03-05T15:00"),
    ("en", "monday 10am", "2026-03-09T10:00"), ("en", "24 march at 14:30", "2026-03-24T14:30"),
    ("en", "monday at half past 9", "2026-03-09T09:30"), ("en", "next friday noon", "2026-03-06T12:00"),
    ("en", "3/4/26 5pm", "2026-04-03T17:00"), ("en", "2026-03-24T10:00", "2026-03-24T10:00"),
    ("en", "now", "2026-03-04T10:00"), ("en", "in 2 hours", "2026-03-04T12:00"),
    ("en", "in half an hour", "2026-03-04T10:30"),
    ("en", "5 pm", "2026-03-04T17:00"), ("en", "at 9", "2026-03-05T09:00"), ("en", "tonight at 8", "2026-03-04T20:00"),
    ("en", "this afternoon at 3", "2026-03-04T15:00"), ("en", "tomorrow morning at 9", "2026-03-05T09:00"),
    ("es", "mañana a las 9", "2026-03-05T09:00"), ("es", "mañana por la mañana a las 9", "2026-03-05T09:00"),
    ("es", "el lunes a las 5 de la tarde", "2026-03-09T17:00"), ("es", "24 de marzo a las 14:30", "2026-03-24T14:30"),
    ("es", "esta noche a las 8", "2026-03-04T20:00"), ("es", "esta tarde a las 6", "2026-03-04T18:00"),
    ("es", "a las 9 de la mañana", "2026-03-05T09:00"), ("es", "en media hora", "2026-03-04T10:30"),
    ("es", "20 de marzo 9 a. m.", "2026-03-20T09:00"), ("es", "ahora", "2026-03-04T10:00"),
    ("es", "pasado mañana a las 10 y media", "2026-03-06T10:30"), ("es", "hace 2 horas", "2026-03-04T08:00"),
    ("pt", "amanhã às 9", "2026-03-05T09:00"), ("pt", "amanhã de manhã às 9", "2026-03-05T09:00"),
    ("pt", "sexta-feira 14:30", "2026-03-06T14:30"), ("pt", "hoje à noite às 8", "2026-03-04T20:00"),
    ("pt", "daqui a 2 horas", "2026-03-04T12:00"), ("fr", "demain à 17h", "2026-03-05T17:00"),
    ("fr", "lundi 10:00", "2026-03-09T10:00"),
])
def test_a_day_and_a_time_are_read_together(language, said, at):
    assert first(read_datetime(said, setting(language))) == datetime.fromisoformat(at).replace(tzinfo=NOW.tzinfo)


@pytest.mark.parametrize(("said", "at"), [
    ("wednesday at 9", datetime(2026, 3, 11, 9)), ("wednesday at 11", datetime(2026, 3, 4, 11)),
    ("today at 9", datetime(2026, 3, 4, 9)), ("4 march at 9", datetime(2026, 3, 4, 9)),
    ("last wednesday at 9", datetime(2026, 2, 25, 9)),
])
def test_the_weekday_of_today_at_a_time_that_has_passed_is_that_of_next_week(said, at):
    assert first(read_datetime(said, setting())).replace(tzinfo=None) == at


@pytest.mark.parametrize("said", ["", "tomorrow", "24 march", "9", "in 3 days", "hello at 5", "1 day ago", "x" * 500,
                                  "30 february at 5", "99 bananas at 99:99"])
def test_a_day_without_a_time_or_a_time_of_no_day_is_not_both(said):
    assert read_datetime(said, setting()) is None


def test_a_time_alone_may_be_today_or_tomorrow():
    tomorrow = NOW + timedelta(days=1)

    assert [moment.day for moment in read_datetime("5 pm", setting()).likely] == [NOW.day, tomorrow.day]
    assert first(read_datetime("9 am", setting())).day == tomorrow.day


@pytest.mark.parametrize(("language", "said", "length"), [
    ("en", "30 minutes", Duration(0, 1800)), ("en", "2h", Duration(0, 7200)), ("en", "1h30", Duration(0, 5400)),
    ("en", "1 h 30 min", Duration(0, 5400)), ("en", "1 hour and 30 minutes", Duration(0, 5400)),
    ("en", "half an hour", Duration(0, 1800)), ("en", "an hour and a half", Duration(0, 5400)),
    ("en", "1.5 hours", Duration(0, 5400)), ("en", "half a day", Duration(0, 43200)),
    ("en", "two weeks", Duration(0, 1209600)),
    ("en", "3 months", Duration(3, 0)), ("en", "a year and a half", Duration(18, 0)),
    ("en", "45min", Duration(0, 2700)),
    ("es", "media hora", Duration(0, 1800)), ("es", "hora y media", Duration(0, 5400)),
    ("es", "1 hora y 20 minutos", Duration(0, 4800)), ("es", "1,5 horas", Duration(0, 5400)),
    ("pt", "uma hora e meia", Duration(0, 5400)), ("pt", "2 horas e 15 minutos", Duration(0, 8100)),
])
def test_how_long_is_read_with_its_units(language, said, length):
    assert first(read_duration(said, setting(language))) == length


@pytest.mark.parametrize("said", ["", "90", "hour", "30 bananas", "2 hours 5", "0 minutes", "half a month",
"and a half",
                                  "999999 years", "9" * 300, "m"])
def test_a_number_without_a_unit_is_no_duration(said):
    assert read_duration(said, setting()) is None


def test_a_language_that_nobody_reads_has_numbers_only():
    assert first(read_date("24/3/1990", setting("xx"))) == date(1990, 3, 24)
    assert read_date("someday", setting("xx")) is None


@pytest.mark.parametrize("tongue", sorted(OWN))
def test_every_word_that_dateparser_takes_for_one_of_time_may_name_a_day(tongue):
    known = import_module(f"dateparser.data.date_translation_data.{tongue}").info
    lists = [words for key, words in known.items() if key not in NOT_OF_TIME and isinstance(words, list)]
    lists += known["relative-type"].values()
    words = {spoken(word) for words in lists for word in words if not any(map(str.isdigit, word))}

    assert {word for word in words if len(word) > 1 and not may_name_a_day(word)} == set()


@pytest.mark.parametrize("said", ["soon", "it's later", "whenever you like", "no sé", "não importa", "?", "🙂"])
@pytest.mark.parametrize("read", [read_date, read_datetime])
def test_the_library_is_not_asked_where_no_word_is_of_time(monkeypatch, read, said):
    monkeypatch.setattr("dateparser.date.DateDataParser.get_date_data", None)

    assert read(said, setting()) is None


@pytest.mark.parametrize("fault", [ValueError, OverflowError])
def test_what_the_library_trips_over_is_no_date(monkeypatch, fault):
    def trip(self, text):
        raise fault(text)

    monkeypatch.setattr("dateparser.date.DateDataParser.get_date_data", trip)

    assert read_date("some day", setting()) is None


PIECES = """24 march 1990 3/4/26 at 5 pm tomorrow monday in hours half past of the 31 feb 99 : . - , h y media next
    próximo mañana de la às ٣ 🙂 ' menos"""
WORDS = st.sampled_from([*PIECES.split(), "\0"])


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=40), st.sampled_from(["en", "es", "pt", "fr"]))
def test_whatever_is_said_is_read_or_refused(said, language):
    for read, kind in ((read_date, date), (read_time, time), (read_datetime, datetime), (read_duration, Duration)):
        reading = read(said, setting(language))
        assert reading is None or all(isinstance(value, kind) for value in (reading.default, *reading.likely))
