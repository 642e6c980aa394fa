"""What the channel cannot show, in every language, and with what values can make of a text."""

from pathlib import Path

import pytest

from dsl.build import build, build_sources
from dsl.files import OnDisk
from tests.dsl.checks.flows import lines, one, said

END = "\n\nflow out\n  say \"Bye.\"\n  end\n"
NAMES = """
slots:
  name: {type: text, max: 60}
  note: text
  plan: {type: choice, values: {basic: Basic, large: "The large plan for all the family"}}
"""


def codes(flow: str, domain: str = "", prefix: str = "F2") -> list[str]:
    return [each.code for each in said(flow, domain) if each.code.startswith(prefix)]


def question(text: str, clauses: str = "", options: str = '  - "Out" -> out') -> str:
    return f'menu main {text}\n{clauses}{options}\n{END}'


def in_spanish(flow: str, **translations: str) -> list[str]:
    """What is said of a bot in English and Spanish; the names of `translations` are the English texts."""
    po = "\n\n".join(f'msgid "{english}"\nmsgstr "{spanish}"' for english, spanish in translations.items())
    built = build_sources({
        "domain.yml": "bot: example\nlanguages: [en, es]\nstart: main\n", "main.flow": flow,
        "locales/es.po": f'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n{po}\n',
    })
    return [f"{each.code}: {each.message}" for each in built.diagnostics if each.code.startswith("F2")]


# --- lengths ------------------------------------------------------------------------------------------------


def test_an_option_is_measured_against_a_list_and_against_a_button_where_the_author_insists() -> None:
    options = '  - "Track my recent parcels" -> out\n  - "Hours" @hours -> out'
    assert codes(question('"What?"', options=options)) == []

    found = one(question('as buttons "What?"', options=options), code="F204")
    assert found.message == "this option is too long for a button: 23 of 20 characters"
    assert found.label == "23 characters"
    assert [fix.text for fix in found.fixes] == ["shorten it, or drop `as buttons`: a list title may have 24"]

    options = options.replace("recent", "most recent")
    assert one(question('"What?"', options=options), code="F205").message == (
        "this option is too long: 28 of 24 characters")


@pytest.mark.parametrize(("clauses", "message"), [
    (f'  header "{"x" * 61}"\n', "this header is too long: 61 of 60 characters"),
    (f'  footer "{"x" * 61}"\n', "this footer is too long: 61 of 60 characters"),
])
def test_what_stands_above_and_below_a_question_has_60_characters(clauses: str, message: str) -> None:
    assert one(question('"What?"', clauses), code="F201").message == message
    assert codes(question('"What?"', clauses.replace("xx", "x"))) == []


def test_a_description_has_72_characters_and_a_link_20() -> None:
    options = f'  - "Out" "{"x" * 73}" -> out'
    assert one(question('"What?"', options=options), code="F201").message == (
        "this description is too long: 73 of 72 characters")
    link = f'flow main\n  say "Hi"\n    link "{"x" * 21}" https://a.example\n  end\n'
    assert one(link, code="F201").message == "this link's title is too long: 21 of 20 characters"


def test_a_plain_message_has_4096_characters_one_with_options_or_a_link_1024() -> None:
    assert codes(f'flow main\n  say "{"x" * 4096}"\n  end\n') == []
    plain = one(f'flow main\n  say "{"x" * 4097}"\n  end\n', code="F201")
    assert plain.message == "this message is too long: 4,097 of 4,096 characters"
    assert plain.fixes[0].text == "say it in two messages"

    asked = one(question(f'"{"x" * 1025}"'), code="F201")
    assert asked.message == "this question is too long: 1,025 of 1,024 characters"
    assert "4,096" in asked.fixes[0].text
    linked = f'flow main\n  say "{"x" * 1025}"\n    link "More" https://a.example\n  end\n'
    assert "in a message of its own" in one(linked, code="F201").fixes[0].text


def test_a_hint_counts_with_its_question() -> None:
    flow = f'flow main\n  ask good as boolean "{"x" * 1000}"\n    hint "{"y" * 22}"\n  say "{{good}}"\n  end\n'
    assert codes(flow) == []
    assert one(flow.replace("yy", "yyy"), code="F201").message == "this question is too long: 1,035 of 1,024 characters"


def test_a_question_in_words_is_a_plain_message() -> None:
    assert codes(f'flow main\n  ask name "{"x" * 4096}"\n  say "{{name}}"\n  end\n', NAMES) == []


def test_a_caption_has_1024_characters_and_sounds_have_none() -> None:
    flow = f'flow main\n  send image https://a.example/a.png caption "{"x" * 1025}"\n  end\n'
    assert one(flow, code="F201").message == (
        "this caption is too long: 1,025 of 1,024 characters")
    assert codes('flow main\n  send audio https://a.example/a.mp3 caption "x"\n  end\n') == ["F217"]


def test_emoji_may_count_as_two() -> None:
    found = one(question('as buttons "What?"', options=f'  - "{"🎂" * 11}" -> out'), code="F214")
    assert found.message == "this option may be too long: its emoji may count as two, 22 of 20 characters"


@pytest.mark.parametrize("text", ['""', '"   "'])
def test_a_text_without_anything_in_it_is_empty(text: str) -> None:
    assert "F200" in codes(question(text))
    assert "F200" in codes(question('"What?"', options=f"  - {text} -> out"))


def test_a_text_that_stands_twice_is_spoken_of_once() -> None:
    text = "x" * 4097
    assert codes(f'flow main\n  say "{text}"\n  say "{text}"\n  end\n') == ["F201"]


def test_the_texts_of_rules_and_bad_answers_are_messages_too() -> None:
    text = "x" * 4097
    rule = f'rule short for text\n  length 1..5\n  else "{text}"\n\n'
    ask = 'flow main\n  ask name as short "Name?"\n    check name != "x" else "{text}"\n  say "{{name}}"\n  end\n'
    assert codes(rule + ask.format(text="No."), NAMES) == ["F201"]
    assert codes(rule.replace(text, "No.") + ask.format(text=text), NAMES) == ["F201"]


def test_a_response_of_the_machine_is_measured_where_it_is_overridden() -> None:
    domain = f'responses:\n  system.choose: "{"x" * 21}"\n'
    assert [each.message for each in said(question('"What?"'), domain) if each.code == "F201"] == [
        "`system.choose` is too long: 21 of 20 characters"]


# --- values in texts ----------------------------------------------------------------------------------------


def test_a_value_is_as_long_as_its_slot_allows() -> None:
    flow = 'flow main\n  ask name "Name?"\n  choose ok "Ok?"\n    footer "{shown}"\n    - "Yes"\n      end\n'
    assert codes(flow.replace("{shown}", "{name}"), NAMES) == []
    found = one(flow.replace("{shown}", "Hi {name}"), NAMES, code="F202")
    assert found.message == "this footer may be too long: up to 63 of 60 characters"


def test_a_value_without_a_bound_needs_one_where_there_is_little_room() -> None:
    flow = 'flow main\n  ask note "Note?"\n  say "{note}"\n  choose ok "{note}: ok?"\n    - "Yes"\n      end\n'
    found = one(flow, NAMES, code="F203")
    assert found.message == "this question shows `note`, which can be of any length, and has room for 1,024 characters"
    assert "`max`" in found.fixes[0].text


@pytest.mark.parametrize("asked", ["as text length 1..30", "as short"])
def test_a_rule_or_a_length_bounds_what_was_asked_with_it(asked: str) -> None:
    rule = 'rule short for text\n  length 1..30\n  else "Shorter, please."\n\n'
    flow = f'flow main\n  ask note {asked} "Note?"\n  choose ok "{{note}}: ok?"\n    - "Yes"\n      end\n'
    assert codes((rule if "short" in asked else "") + flow, NAMES) == []


def test_what_is_given_to_a_flow_and_what_it_gives_back_bounds_its_names() -> None:
    flow = """
flow main
  do pick("Which one would you like to have?") into found
  choose ok "{found}: ok?"
    - "Yes"
      end

flow pick(question: text) -> text
  ask reply as text length 1..10 "{question}"
    suggest "One", "Two"
  return reply
"""
    assert codes(flow) == []
    assert codes(flow.replace(" length 1..10", "")) == ["F203"]


def test_a_certain_text_that_is_too_long_with_its_values_left_out_is_an_error() -> None:
    footer = "x" * 61 + "{note}"
    flow = f'flow main\n  ask note "Note?"\n  choose ok "Ok?"\n    footer "{footer}"\n    - "Yes"\n      end\n'
    assert codes(flow, NAMES) == ["F201"]


def test_dates_and_numbers_are_as_long_as_the_language_writes_them() -> None:
    flow = ('flow main\n  ask on as date "When?"\n  choose ok "Ok?"\n    footer "{pad}{on|date full}"\n'
            '    - "Yes"\n      end\n')
    assert codes(flow.replace("{pad}", "x" * 28)) == []
    assert one(flow.replace("{pad}", "x" * 40), code="F202").message == (
        "this footer may be too long: up to 68 of 60 characters")


# --- parts of a message -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["header", "footer"])
def test_a_plain_message_has_no_header_and_no_footer(part: str) -> None:
    flow = f'flow main\n  say "Hi"\n    {part} "There"\n'
    assert codes(flow + "  end\n") == ["F208"]
    assert codes(flow + '    link "More" https://a.example\n  end\n') == []


def test_a_message_with_an_image_is_the_image_with_a_caption() -> None:
    assert codes('flow main\n  say "Hi"\n    image https://a.example/a.png\n  end\n') == []


def test_a_header_and_an_image_exclude_each_other() -> None:
    assert codes(question('"What?"', '  header "Us"\n  image https://a.example/a.png\n')) == ["F209"]


@pytest.mark.parametrize(("url", "what"), [
    ('"www.a.example"', "it does not begin with `https://`"), ('"https://a b.example"', "there is a space in it"),
    ('"https://localhost/x"', "`localhost` is no server of the internet"), ('"https:///x"', "it names no server"),
    ('"https://[a"', "its server cannot be read"),
])
def test_an_address_is_one_that_can_be_opened(url: str, what: str) -> None:
    flow = f'flow main\n  say "Hi"\n    link "More" {url}\n  end\n'
    assert one(flow, code="F215").message.endswith(what)


@pytest.mark.parametrize("url", ["https://a.example/x", '"https://a.example/{name}"', '"{name}"', "http://a.example:8080/x"])
def test_an_address_may_be_plain_or_hold_a_value(url: str) -> None:
    flow = f'flow main\n  ask name "Name?"\n  say "Hi"\n    link "More" {url}\n  end\n'
    assert codes(flow, NAMES) == []


@pytest.mark.parametrize(("kind", "name", "found"), [
    ("image", "a.svg", ["F216"]), ("image", "a.JPG", []), ("image", "a", []), ("video", "a.mov", ["F216"]),
    ("sticker", "a.png", ["F216"]), ("document", "a.zip", []), ("audio", "a.ogg", []), ("image", "a.unknown", []),
])
def test_a_kind_of_file_is_known_by_its_ending(kind: str, name: str, found: list[str]) -> None:
    assert codes(f"flow main\n  send {kind} https://a.example/{name}\n  end\n") == found


FLOW = 'flow main\n  send {} "{}"\n  end\n'


def beside(kind: str, path: str, *files: str) -> list[str]:
    """What is said of sending a file where these lie beside the bot, and what is to be done about it."""
    domain = "bot: example\nlanguages: [en]\nstart: main\n"
    built = build_sources({"domain.yml": domain, "main.flow": FLOW.format(kind, path), **dict.fromkeys(files, "x")})
    return [f"{each.code} {each.fixes[0].text}" for each in built.diagnostics if each.code.startswith("F2")]


def test_a_file_beside_the_bot_is_sent_from_there_if_it_is_there() -> None:
    assert beside("image", "media/map.png", "media/map.png") == []
    assert beside("image", "media/map.png", "media/maps.png") == ["F220 did you mean `media/maps.png`?"]
    assert beside("image", "media/map.png") == [
        "F220 put it there, or write a whole address, beginning with `https://`"]


@pytest.mark.parametrize("path", ["../map.png", "/etc/map.png", "media//map.png", ".map.png", "a/../map.png", "a b.png",
                                  "media\\\\map.png", "map"])
def test_no_path_leads_out_of_the_bots_folder(path: str) -> None:
    (said,) = beside("image", path, "map.png", path)
    assert said.startswith("F215 ")


@pytest.mark.parametrize(("kind", "path", "found"), [
    ("image", "a.webp", ["F216"]), ("sticker", "a.webp", []), ("document", "a.zip", ["F216"]),
    ("document", "a.docx", []), ("image", "a.unknown", ["F216"])])
def test_a_file_is_of_a_kind_that_can_be_brought_to_whatsapp(kind: str, path: str, found: list[str]) -> None:
    assert [said[:4] for said in beside(kind, path, path)] == found


WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0"


@pytest.mark.parametrize(("kind", "path", "content", "said"), [
    ("image", "a.png", b"", "`a.png` has 5.01 MB, an image may have 5 MB on WhatsApp"),
    ("sticker", "a.webp", WEBP + b"\x10", "`a.webp` has 100.01 KB, a sticker may have 100 KB on WhatsApp"),
    ("sticker", "a.webp", WEBP + b"\x12", "`a.webp` has 500.01 KB, a sticker may have 500 KB on WhatsApp"),
])
def test_a_file_is_no_larger_than_whatsapp_takes(tmp_path: Path, kind: str, path: str, content: bytes,
                                                 said: str) -> None:
    (tmp_path / "domain.yml").write_text("bot: example\nlanguages: [en]\nstart: main\n")
    (tmp_path / "main.flow").write_text(FLOW.format(kind, path))
    number, unit = said.split(" may have ")[1].split(" ")[:2]
    most = int(number) * (1 << 20 if unit == "MB" else 1 << 10)
    (tmp_path / path).write_bytes(content.ljust(most, b"\0"))
    assert not [each for each in build(tmp_path).diagnostics if each.code == "F221"]

    (tmp_path / path).write_bytes(content.ljust(most + 1, b"\0"))
    assert [each.message for each in build(tmp_path).diagnostics if each.code == "F221"] == [said]


def test_the_table_names_the_files_that_the_bot_sends() -> None:
    flow = ('flow main\n  send document "a.pdf"\n  say "Hi"\n    image "b/c.JPG"\n'
            '  send image https://a.example/d.png\n  end\n')
    built = build_sources({"domain.yml": "bot: example\nlanguages: [en]\nstart: main\n", "main.flow": flow,
                           "a.pdf": "%PDF", "b/c.JPG": "x"})
    assert built.table is not None
    assert built.table.media == {"a.pdf": "application/pdf", "b/c.JPG": "image/jpeg"}


def test_what_may_have_been_meant_lies_in_the_same_folder(tmp_path: Path) -> None:
    assert OnDisk(tmp_path).near("media/map.png") == []
    assert OnDisk(tmp_path).found("media/map.png") is None
    (tmp_path / "media" / "old").mkdir(parents=True)
    (tmp_path / "media" / "maps.png").write_bytes(b"")
    assert OnDisk(tmp_path).near("media/map.png") == ["media/maps.png"]


# --- options ------------------------------------------------------------------------------------------------

FOUR = '  - "One" -> out\n  - "Two" @b -> out\n  - "Three" @c -> out\n  - "Four" @d -> out'


def test_a_message_has_room_for_three_buttons() -> None:
    assert codes(question('"What?"', options=FOUR)) == []
    found = one(question('as buttons "What?"', options=FOUR), code="F206")
    assert found.message == "these options cannot be buttons: there are 4, a message has room for 3"


def test_options_that_depend_on_something_may_be_too_many() -> None:
    domain = "slots:\n  new: {type: boolean, default: true}\n"
    options = FOUR.replace('"Four"', '"Four" when new')
    assert codes(question('as buttons "What?"', options=options), domain) == ["F207"]


def test_a_button_has_no_description() -> None:
    found = one(question('as buttons "What?"', options='  - "Out" "Leave us" -> out'), code="F206")
    assert found.message == "these options cannot be buttons: buttons have no descriptions"


def test_two_options_with_one_title_are_rejected_unless_only_one_is_shown() -> None:
    domain = "slots:\n  new: {type: boolean, default: true}\n"
    options = '  - "Out"{a} -> out\n  - "Out"{b} @b -> out'
    found = said(question('"What?"', options=options.format(a="", b="")))
    assert [(each.code, each.message) for each in found if each.code[:2] in ("F2", "F5")] == [
        ("F212", "two options have the same title `Out`")]
    shown = options.format(a=" when new", b=" when not new")
    assert codes(question('"What?"', options=shown), domain) == []


def test_suggestions_values_and_skip_are_options_too() -> None:
    flow = f'flow main\n  ask name "Name?"\n    suggest "{"x" * 25}"\n    skip "No"\n  say "{{name or 1}}"\n  end\n'
    assert codes(flow, NAMES) == ["F205"]
    plan = 'flow main\n  ask plan "Which?"\n  say "{plan}"\n  end\n'
    assert "this option is too long: 33 of 24 characters" in [each.message for each in said(plan, NAMES)]


def test_choices_made_at_run_time_are_bounded_by_their_fields() -> None:
    domain = """
records:
  place: {name: {type: text, max: 30}, about: text}
actions:
  places: {returns: list of place, python: actions.places}
"""
    flow = """
flow main
  call places() into found
  if found is empty
    end
  ask place from found as list "Which?"
    title it.name
    detail "{it.about}"
  say "{place.name}"
  end
"""
    assert [each.message for each in said(flow, domain) if each.code in ("F202", "F203")] == [
        "the title of a choice may be too long: up to 30 of 24 characters",
        "the detail of a choice shows `it.about`, which can be of any length, and has room for 72 characters"]
    literal = flow.replace("title it.name", f'title "{"x" * 25}"')
    assert "F201" in codes(literal, domain)


def test_a_list_has_no_image_and_no_emoji() -> None:
    image = "  image https://a.example/a.png\n"
    assert codes(question('"What?"', image, FOUR)) == ["F210"]
    assert codes(question('"What?"', options=FOUR.replace("Two", "🎂 Two"))) == ["F213"]
    assert codes(question('"What?"', image, '  - "🎂 Out" -> out')) == []


# --- languages ----------------------------------------------------------------------------------------------


def test_an_option_can_be_too_long_in_one_language_only() -> None:
    flow = question('"What?"', options='  - "Out" -> out')
    assert in_spanish(flow, **{"What?": "¿Qué?", "Out": "x" * 25, "Bye.": "Adiós."}) == [
        "F205: in `es`: this option is too long: 25 of 24 characters"]


def test_a_text_that_is_wrong_in_all_languages_is_spoken_of_once() -> None:
    flow = question(f'"{"x" * 1025}"')
    assert in_spanish(flow, **{"x" * 1025: "y" * 1030, "Out": "Fuera", "Bye.": "Adiós."}) == [
        "F201: this question is too long: 1,025 of 1,024 characters (in `es`: 1,030)"]


def test_options_that_are_buttons_in_one_language_and_a_list_in_another() -> None:
    flow = question('"What?"', options='  - "Out" -> out')
    spanish = {"What?": "¿Qué?", "Out": "x" * 21, "Bye.": "Adiós."}
    assert in_spanish(flow, **spanish) == ["F211: these options are buttons in `en` and a list in `es`"]
    assert in_spanish(flow.replace("menu main", "menu main as list"), **spanish) == []
    assert in_spanish(flow.replace("menu main", "menu main as buttons"), **spanish) == [
        "F204: in `es`: this option is too long for a button: 21 of 20 characters"]


def test_two_titles_can_be_the_same_in_one_language_only() -> None:
    flow = question('"What?"', options='  - "Out" -> out\n  - "Away" @b -> out')
    assert in_spanish(flow, **{"What?": "¿Qué?", "Out": "Fuera", "Away": "Fuera", "Bye.": "Adiós."}) == [
        "F212: in `es`: two options have the same title `Fuera`"]


# --- templates ----------------------------------------------------------------------------------------------

SEND = 'flow main\n  send template {name}({args})\n  end\n'


def template(definition: str, args: str = "", name: str = "note_v1") -> list[str]:
    found = said(SEND.format(name=name, args=args), f"templates:\n  {name}: {definition}\n")
    return [each.message.split(": ", 1)[1] for each in found if each.code in ("F218", "F219")]


@pytest.mark.parametrize(("definition", "args", "what"), [
    ('{params: {a: {type: text, max: 9}}, text: {en: "{a} is here"}}', '"x"',
     "its text begins or ends with a parameter"),
    (f'{{text: {{en: "{"x" * 1025}"}}}}', "", "its text has 1,025 of 1,024 characters"),
    (f'{{text: {{en: "Hi"}}, header: {{en: "{"x" * 61}"}}}}', "", "its header has 61 of 60 characters"),
    (f'{{text: {{en: "Hi"}}, footer: {{en: "{"x" * 61}"}}}}', "", "its footer has 61 of 60 characters"),
    ('{text: {en: "Hi"}, footer: {en: " "}}', "", "its footer is empty"),
    ('{params: {a: {type: text, max: 9}}, text: {en: "Hi"}, footer: {en: "a {a} b"}}', '"x"',
     "its footer has a parameter"),
    ('{params: {a: {type: text, max: 9}, b: {type: text, max: 9}}, text: {en: "Hi"}, header: {en: "a {a} {b} c"}}',
     '"x", "y"', "its header has more than one parameter"),
    (f'{{text: {{en: "Hi"}}, buttons: [{"x" * 26}]}}', "", f"its button `{'x' * 26}` has 26 of 25 characters"),
    (f'{{text: {{en: "Hi"}}, buttons: [{", ".join(f"b{n}" for n in range(11))}]}}', "", "it has 11 of 10 buttons"),
    ('{params: {a: {type: text, max: 1020}}, text: {en: "Hi, {a}!"}}', '"x"', "up to 1,025 of 1,024 characters"),
])
def test_a_template_is_as_whatsapp_approves_them(definition: str, args: str, what: str) -> None:
    assert template(definition, args) == [what]


def test_a_template_is_bounded_by_what_it_is_sent_with() -> None:
    assert template('{params: {a: text}, text: {en: "Hi, {a}!"}}', '"Ana"') == []
    assert template('{params: {at: datetime}, text: {en: "At {at|date} there."}}', "now") == []


def test_the_name_of_a_template_has_small_letters() -> None:
    assert template('{text: {en: "Hi"}}', name="Note_v1") == ["its name has more than small letters, digits and `_`"]


def test_what_fits_is_passed_in_silence() -> None:
    assert lines(question('"What?"', '  header "Us"\n  footer "Reply STOP to opt out"\n')) == []
