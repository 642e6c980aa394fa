"""Translations: read with their places, held against the texts, updated."""

import time
from io import BytesIO

import pytest
from babel.messages.pofile import read_po as babel_reads
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.build import build, build_sources, translatables
from dsl.diagnostics import MOST_ERRORS
from dsl.locales import Locale, ids, read_locale, shown_by, update_locales, values_in, wordings
from dsl.lower_texts import Translatable
from dsl.po import read_po
from dsl.source import Source, Span
from dsl.syntax import Binary, Interpolation

HEADER = 'msgid ""\nmsgstr "Language: es\\n"\n\n'


def read(text: str, tag: str = "es"):
    return read_locale(Source(f"locales/{tag}.po", text), tag)


def locale(text: str, tag: str = "es") -> Locale:
    found, faults = read(text, tag)
    assert not faults
    return found


def marked(text: str, tag: str = "es") -> list[tuple[str, str]]:
    """Each fault's code and what it points at."""
    return [(fault.code, text[fault.span.start:fault.span.end]) for fault in read(text, tag)[1]]


def words(text) -> list[str]:
    """A text's parts, its values as `{…}` with their formats."""
    return [part if isinstance(part, str) else "{" + "".join(f"|{each.name.text} {each.args}" for each in part.formats)
            + "}" for part in text.parts]


# --- the file -----------------------------------------------------------------------------------------------


def test_a_translation_is_found_by_its_text():
    found = locale('msgid "Book a visit"\nmsgstr "Pedir cita"\n')

    assert found.find("Book a visit").parts == ("Pedir cita",)
    assert found.find("Book a table") is None


def test_a_translation_of_the_context_comes_first():
    found = locale('msgid "Open"\nmsgstr "Abrir"\n\nmsgctxt "hours"\nmsgid "Open"\nmsgstr "Abierto"\n')

    assert [found.find("Open", each).parts[0] for each in ("hours", "main", None)] == ["Abierto", "Abrir", "Abrir"]


def test_a_context_alone_says_nothing_of_other_places():
    found = locale('msgctxt "hours"\nmsgid "Open"\nmsgstr "Abierto"\n')

    assert found.find("Open", "main") is None


def test_values_are_read_where_they_stand():
    text = "msgid \"Hi {name or 'friend'}!\"\nmsgstr \"¡Hola {name or 'amigo'}!\"\n"
    found = locale(text).find("Hi {name or 'friend'}!")

    (value,) = [part for part in found.parts if isinstance(part, Interpolation)]
    assert isinstance(value.value, Binary)
    assert text[value.span.start:value.span.end] == "{name or 'amigo'}"


def test_a_text_of_several_lines_and_quotes():
    found = locale('msgid ""\n"one \\"1\\"\\n"\n"two"\nmsgstr ""\n"uno \\"1\\"\\n"\n"dos"\n')

    assert found.find('one "1"\ntwo').parts == ('uno "1"\ndos',)


def test_what_is_not_translated_or_set_aside_is_not_there():
    found = locale(HEADER + 'msgid "a"\nmsgstr ""\n\n#~ msgid "b"\n#~ msgstr "c"\n')

    assert found.find("a") is None
    assert found.find("b") is None
    assert found.find("") is None


def test_comments_flags_and_old_wordings_are_read():
    (message,), faults = read_po(Source("es.po", (
        '# by Ana\n#. main\n#: main.flow:3\n#, fuzzy, no-wrap\n#| msgid "old\\n"\n#| "wording"\n'
        'msgid "a"\nmsgstr "b"\n')))

    assert not faults
    assert (message.comments, message.is_fuzzy, message.flags, message.previous) == (
        ("by Ana",), True, ("no-wrap",), "old\nwording")


# --- faults -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "expected"), [
    ('msgid "a"\nmsgstr b\n', [("F605", "msgstr b")]),
    ('msgid "a\nmsgstr "b"\n', [("F605", 'msgid "a'), ("F605", 'msgstr "b"')][:1]),
    ('"a"\n', [("F605", '"a"')]),
    ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', [("F606", "a")]),
    ('msgid "{x}"\nmsgstr "nada"\n', [("F602", "nada")]),
    ('msgid "nada"\nmsgstr "{x}"\n', [("F602", "{x}")]),
    ('msgid "{x}"\nmsgstr "{y}"\n', [("F602", "{y}")]),
    ('#, fuzzy\nmsgid "{x}"\nmsgstr "{y}"\n', [("F603", "{y}")]),
    ('#, fuzzy\nmsgid "a"\nmsgstr "b"\n', [("F603", "b")]),
    ('msgid "a {x"\nmsgstr "b {x"\n', [("F007", "{")]),
    ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"\n', [("F607", "b")]),
    ('msgid "{x}"\nmsgid_plural "{x}s"\nmsgstr[0] "{x}"\nmsgstr[1] "de {x|upper}"\n', [("F607", "de {x|upper}")]),
])
def test_each_mistake_is_said_once_where_it_is(text, expected):
    assert [(code, where) for code, where in marked(text) if code != "F605" or (code, where) in expected] == expected


def test_a_fuzzy_translation_is_shown_if_it_can_be():
    found, _ = read('#, fuzzy\nmsgid "a"\nmsgstr "b"\n\n#, fuzzy\nmsgid "{x}"\nmsgstr "{y}"\n')

    assert found.find("a").parts == ("b",)
    assert found.find("{x}") is None


def test_a_refused_translation_is_not_reported_as_missing_too():
    found, _ = read('msgid "{x}"\nmsgstr "nada"\n\nmsgid "a"\nmsgstr b\n')

    assert found.find("{x}").parts == ("{x}",)
    assert found.find("a").parts == ("a",)


def test_past_a_thousand_refused_translations_the_rest_is_not_looked_at():
    many = "".join(f'msgid "a{number}"\nmsgstr "{{b}}"\n\n' for number in range(MOST_ERRORS + 500))
    locale, faults = read(many)

    assert [fault.code for fault in faults] == ["F602"] * MOST_ERRORS
    assert len(locale.translations) == MOST_ERRORS + 500


def test_a_file_of_translations_has_so_many_messages_and_no_more(monkeypatch):
    monkeypatch.setattr("dsl.po.MOST", 2)
    found, faults = read('msgid "a"\nmsgstr "b"\n\n' 'msgid "c"\nmsgstr "d"\n\n' 'msgid "e"\nmsgstr "f"\n\n')

    assert [(fault.code, fault.message) for fault in faults] == [("F056", "this file holds more than 2 messages")]
    assert found.find("c").parts == ("d",)


def test_a_file_of_translations_may_show_twice_as_many_values_as_one_of_flows(monkeypatch):
    monkeypatch.setattr("dsl.reader.MOST_VALUES", 2)

    assert read('msgid "{a} {b}"\nmsgstr "{a} {b}"\n')[1] == ()
    assert [fault.code for fault in read('msgid "{a} {b} {c}"\nmsgstr "{a} {b} {c}"\n')[1]] == ["F021"]


def test_a_line_without_a_header_or_end_is_read_all_the_same():
    found, faults = read('msgid "a"\nmsgstr "b"\noops\nmsgid "c"\nmsgstr "d"')

    assert [fault.code for fault in faults] == ["F605"]
    assert found.find("c").parts == ("d",)


# --- what a text shows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("raw", "expected"), [
    ("plain", set()), ("{a} and {b.c|date long}", {"a", "b.c"}), (r"\{a} {b}", {"b"}),
    ("{a or 'x|y'}", {"a or ''"}), ("{a  or  'z'}", {"a or ''"}), ("{n|plural 'x' 'y'}", set()), ("{broken", set()),
])
def test_the_values_of_a_text(raw, expected):
    assert shown_by(raw) == expected


def test_values_may_hold_braces_in_quotes():
    assert values_in("{a or '}'} {b}") == ["a or '}'", "b"]


@pytest.mark.parametrize(("raw", "expected"), [
    ("{n} {n|plural 'visit' 'visits'}", ("{n} visit", "{n} visits")),
    ('{n|plural "a" "b" "c"}!', ("a!", "c!")),
    ("{n|plural 'visit'}", None), ("{n|plural 'a' 'b'} {m|plural 'c' 'd'}", None), ("plural 'a' 'b'", None),
])
def test_a_text_that_counts_has_two_wordings(raw, expected):
    assert wordings(raw) == expected
    assert ids(raw) == ((raw,) if expected is None else (expected[0], raw))


# --- plurals ------------------------------------------------------------------------------------------------

COUNT = "You have {n} {n|plural 'visit' 'visits'}, {name}"


def test_plural_forms_become_one_text_that_counts():
    found = locale('msgid "You have {n} visit, {name}"\nmsgid_plural "You have {n} visits, {name}"\n'
                   'msgstr[0] "{name}, tienes {n} visita."\nmsgstr[1] "{name}, tienes {n} visitas."\n')
    text = found.find(COUNT)

    assert words(text) == ["{}", ", tienes ", "{}", "{|plural (' visita.', ' visitas.', ' visitas.')}"]
    assert text.parts[3].value.name.text == "n"
    assert text.raw == COUNT


def test_a_language_of_three_forms():
    found = locale('msgid "{n} visit"\nmsgid_plural "{n} visits"\nmsgstr[0] "{n} wizyta"\nmsgstr[1] "{n} wizyty"\n'
                   'msgstr[2] "{n} wizyt"\n', "pl")

    assert words(found.find("{n} {n|plural 'visit' 'visits'}")) == [
        "{}", "{|plural (' wizyta', ' wizyty', ' wizyt', ' wizyt')}"]


def test_a_language_without_plural():
    found = locale('msgid "{n} visit"\nmsgid_plural "{n} visits"\nmsgstr[0] "訪問 {n}"\n', "ja")

    assert words(found.find("{n} {n|plural 'visit' 'visits'}")) == ["訪問 ", "{}"]


def test_a_translation_may_count_in_its_own_words():
    found = locale("msgid \"{n} {n|plural 'visit' 'visits'}\"\nmsgstr \"{n} {n|plural 'visita' 'visitas'}\"\n")

    assert words(found.find("{n} {n|plural 'visit' 'visits'}")) == ["{}", " ", "{|plural ('visita', 'visitas')}"]


def test_plural_forms_of_a_text_that_does_not_count():
    found = locale('msgid "visit"\nmsgid_plural "visits"\nmsgstr[0] "cita"\nmsgstr[1] "citas"\n')

    assert found.find("visit").parts == ("citas",)


# --- a whole bot --------------------------------------------------------------------------------------------

BOT = {
    "domain.yml": "bot: a\nlanguages: [en, es]\nstart: main\n"
                  "responses: {bye: [Bye., See you.]}\nslots: {n: {type: integer, default: 1}}\n",
    "main.flow": """\
menu main "What now?"
  footer "Reply STOP to opt out"
  - "Yes" also "yep"   -> more
  - "No"               -> less

flow more
  say "{n} {n|plural 'time' 'times'}"
  say bye
  -> main

flow less
  say "👍"
  handover "nurses" "Wait, please."
    after 1h
      say "Sorry."
  -> main
""",
}


def test_an_update_knows_every_text_of_a_build(tmp_path):
    for name, text in BOT.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    update_locales(tmp_path, translatables(build(tmp_path)))
    text = (tmp_path / "locales" / "es.po").read_text(encoding="utf-8")

    assert [message.id.text for message in read_po(Source("es.po", text))[0]] == [
        "", "Bye.", "See you.", "What now?", "Reply STOP to opt out", "Yes", "yep", "No", "{n} time", "Wait, please.",
        "Sorry."]
    assert '#. main\n#. at most 20 characters\n#: main.flow:3\nmsgid "Yes"\n' in text
    assert build(tmp_path).table is not None


def test_a_bot_says_what_is_not_translated_and_what_is_gone():
    built = build_sources({**BOT, "locales/es.po": 'msgid "Yes"\nmsgstr "Sí"\n\nmsgid "Never"\nmsgstr "Nunca"\n'})
    said = [(one.code, one.message) for one in built.diagnostics if one.code in ("F601", "F604")]

    assert ("F601", "`No` has no translation into `es`") in said
    assert ("F604", "the bot does not say `Never`") in said
    assert not [message for _, message in said if "`Yes`" in message or "👍" in message or "nurses" in message]


def test_a_file_for_another_language_and_a_language_without_a_file():
    built = build_sources({**BOT, "locales/fr.po": HEADER})

    assert {"F608", "F609"} <= {one.code for one in built.diagnostics}


def test_a_language_the_machine_does_not_speak():
    built = build_sources({**BOT, "domain.yml": BOT["domain.yml"].replace("es]", "fr]"), "locales/fr.po": HEADER})

    assert "F610" in {one.code for one in built.diagnostics}


# --- updating -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "domain.yml").write_text("bot: a\nlanguages: [en, es]\nstart: main\n")
    return tmp_path


def said(*raws: str, context: str = "main", most: int | None = None) -> list[Translatable]:
    return [Translatable(context, raw, Span("main.flow", 0, 0), most) for raw in raws]


def po(folder) -> str:
    return (folder / "locales" / "es.po").read_text(encoding="utf-8")


def write(folder, text: str) -> None:
    (folder / "locales").mkdir(exist_ok=True)
    (folder / "locales" / "es.po").write_text(text, encoding="utf-8")


def test_a_new_file_holds_every_text(folder):
    (folder / "main.flow").write_text("menu main\n\n  - here\n")
    span = Span((folder / "main.flow").as_posix(), 13, 17)
    texts = [Translatable("main", "Book a visit", span, 24), Translatable("book", "Book a visit", span, 20)]
    (updated,) = update_locales(folder, texts)

    assert (updated.texts, updated.added, updated.untranslated) == (1, 1, 1)
    assert po(folder).endswith('''
#. main, book
#. at most 20 characters
#: main.flow:3
msgid "Book a visit"
msgstr ""

''')


def test_updating_twice_changes_nothing(folder):
    texts = said("Hello {name}, 50% off for {n} {n|plural 'visit' 'visits'}", "two\nlines", 'a "quote"', "x" * 300)
    update_locales(folder, texts)
    untranslated = 'msgid "a \\"quote\\""\nmsgstr "'
    write(folder, po(folder).replace(untranslated, untranslated + 'una \\"cita\\"'))
    update_locales(folder, said("Hello {name}, 60% off", "two\nlines", 'another "quote"', "y" * 300))
    before = po(folder)
    update_locales(folder, said("Hello {name}, 60% off", "two\nlines", 'another "quote"', "y" * 300))

    assert po(folder) == before
    assert "format" not in before


def test_translations_and_comments_of_translators_are_kept(folder):
    head = '# ours\nmsgid ""\nmsgstr ""\n"Language: es\\n"\n"X-Tool: Poedit\\n"\n\n# as users say\n'
    write(folder, head + 'msgid "Yes"\nmsgstr "Sí"\n')
    (updated,) = update_locales(folder, said("Yes", "No"))

    assert (updated.texts, updated.added, updated.untranslated) == (2, 1, 1)
    assert po(folder).startswith(head)
    assert 'msgid "Yes"\nmsgstr "Sí"' in po(folder)


def test_a_reworded_text_keeps_its_translation_as_fuzzy(folder):
    write(folder, 'msgid "What is your name?"\nmsgstr "¿Cómo te llamas?"\n')
    (updated,) = update_locales(folder, said("What is your full name?"))

    assert updated.fuzzy == 1
    assert po(folder).endswith('#, fuzzy\n#| msgid "What is your name?"\nmsgid "What is your full name?"\n'
                               'msgstr "¿Cómo te llamas?"\n\n')


def test_a_text_that_is_gone_is_set_aside_and_comes_back(folder):
    write(folder, 'msgid "Yes"\nmsgstr "Sí"\n\nmsgid "Completely different"\nmsgstr ""\n')
    (updated,) = update_locales(folder, said("Book a visit with the doctor"))

    assert updated.obsolete == 1
    assert '#~ msgid "Yes"\n#~ msgstr "Sí"' in po(folder)
    assert "Completely" not in po(folder)

    (updated,) = update_locales(folder, said("Book a visit with the doctor", "Yes"))
    assert (updated.obsolete, updated.fuzzy) == (0, 0)
    assert '\nmsgid "Yes"\nmsgstr "Sí"' in po(folder)


def test_a_narrower_translation_is_kept_while_its_step_says_the_text(folder):
    write(folder, 'msgctxt "hours"\nmsgid "Open"\nmsgstr "Abierto"\n\nmsgctxt "gone"\nmsgid "Open"\nmsgstr "?"\n')
    update_locales(folder, [*said("Open", context="hours"), *said("Open")])

    assert 'msgctxt "hours"\nmsgid "Open"\nmsgstr "Abierto"' in po(folder)
    assert '\nmsgid "Open"\nmsgstr ""' in po(folder)
    assert "gone" not in po(folder)


def test_a_text_that_begins_to_count_has_its_forms_filled(folder):
    write(folder, 'msgid "{n} visit"\nmsgstr "{n} cita"\n')
    update_locales(folder, said("{n} {n|plural 'visit' 'visits'}"))

    assert '#, fuzzy\n' in po(folder)
    assert 'msgid_plural "{n} visits"\nmsgstr[0] "{n} cita"\nmsgstr[1] "{n} cita"' in po(folder)


def test_a_file_that_cannot_be_read_is_left_alone(folder):
    write(folder, "oops\n")
    (updated,) = update_locales(folder, said("Yes"))

    assert po(folder) == "oops\n"
    assert "left alone" in str(updated)


def test_what_became_of_a_file_is_said_in_a_line(folder):
    (updated,) = update_locales(folder, said("Yes", "No"))

    assert str(updated).endswith(
        "locales/es.po: 2 texts, 2 new, 0 to look at again, 0 set aside, 2 without translation")


def test_without_a_domain_there_is_nothing_to_update(folder):
    (folder / "domain.yml").write_text("")

    assert update_locales(folder, said("Yes")) == ()


def test_babel_reads_what_is_written(folder):
    update_locales(folder, said("a {n} {n|plural 'b' 'c'}", 'q "x"\ny'))
    catalog = babel_reads(BytesIO(po(folder).encode()), locale="es", abort_invalid=True)

    assert [message.id for message in catalog if message.id] == [("a {n} b", "a {n} c"), 'q "x"\ny']


# --- anything -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    'msgid "a"\nmsgstr "b"\n' * 50_000, "x\n" * 500_000, '"' * 1_000_000, 'msgid "' + "\\" * 1_000_000,
    "#," + "," * 1_000_000, '"a"\n' * 250_000, "#~\n" * 330_000, '"\\"\n' * 200_000,
    "".join(f'msgid "{n}"\nmsgstr "{n}"\n' for n in range(30_000)), 'msgid "' + "{" * 500_000 + '"\nmsgstr "x"',
], ids=range(10))
def test_a_megabyte_of_anything_is_answered_in_time(text):
    read('msgid "a"\nmsgstr "{b}"')            # the grammar is there
    began = time.process_time()
    _, faults = read(text)

    assert len(faults) <= 200
    assert time.process_time() - began < 6     # a second or two, and room for a busy machine


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([
    'msgid "a {x}"', 'msgid_plural "b"', 'msgstr "c"', 'msgstr[0] "d"', 'msgstr[1] "{y}"', '"e"', "", "#, fuzzy",
    '#~ msgid "f"', '#~ msgstr "g"', "oops", 'msgctxt "h"', '"\\', '#| msgid "i', 'msgid ""', 'msgstr[9] "{"',
]), max_size=12))
def test_whatever_stands_in_the_file_is_answered(lines):
    text = "\n".join(lines)
    found, faults = read(text)

    assert all(0 <= fault.span.start <= fault.span.end <= len(text) for fault in faults)
    for raw in ("a {x}", "f", "{n|plural 'a {x}' 'b'}"):
        found.find(raw, "h")
