"""What names name, of what type values are, and what is said where they do not fit, each in the smallest flow."""

import pytest

from dsl.build import Build, build_sources
from dsl.diagnostics import Diagnostic

DOMAIN = """bot: example
languages: [en, es]
start: main
slots:
  name:   {type: text, max: 60}
  born:   date
  count:  integer
  plan:   {type: choice, values: {basic: "Basic plan", full: "Full plan"}}
  agreed: boolean
  km:     number
  place:  location
  visits: {type: list of visit, default: []}
  more:   clinic
records:
  visit:  {id: text, at: datetime}
  clinic: {id: text, name: text}
actions:
  book: {params: {clinic: text, at: datetime}, returns: visit, reasons: [taken], python: actions.book}
  nothing: {python: actions.nothing}
templates:
  reminder: {params: {at: datetime, who: text}, text: {en: "{at} {who}", es: "{at} {who}"}}
responses:
  goodbye: "Bye."
  system.more: "More"
events:
  arrived: {params: {visit: visit}}
"""
OF_THE_WHOLE = ("F15", "F2", "F3", "F40", "F60", "F61")


def bot(lines: str, domain: str = DOMAIN) -> Build:
    """A bot whose flow `main` has these lines, if they do not begin with a flow of their own."""
    is_whole = lines.startswith(("flow", "menu", "rule", "anywhere"))
    flow = lines if is_whole else f"flow main\n{lines}\n  end"
    return build_sources({"domain.yml": domain, "main.flow": flow + "\n"})


def said(lines: str, domain: str = DOMAIN) -> list[str]:
    """Codes of what names and types give, without what is said of a bot as a whole."""
    return [each.code for each in bot(lines, domain).diagnostics if not each.code.startswith(OF_THE_WHOLE)]


def first(lines: str, code: str) -> Diagnostic:
    return next(each for each in bot(lines).diagnostics if each.code == code)


def at(built: Build, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    return built.sources[span.file].text[span.start:span.end]


@pytest.mark.parametrize("lines", [
    '  say "{name} {upper(name)} {len(visits)} {visits[0].at|date long} {first(visits).id or \'none\'}"',
    '  say "{count + 1} {count * 2 / 3} {-count} {born + 1 day} {now - 2 hours} {today} {born - born}"',
    '  say "{name if agreed else \'you\'} {name or \'you\'} {count or \'no\'} {more.name or more.anything}"',
    '  say "{place} {place.latitude} {join([name, \'a\'], \', \')} {min(count, 3)} {born or today}"',
    '  if agreed and not name or visits is empty or more.flag\n    end',
    '  if plan == "full" or born < "2026-01-01" or name is known or "a" in name or count in [1, 2]\n    end',
    '  if name is national_id("CO") or name is not iban or more.x > 3 or not agreed == true\n    end',
    '  set name = "a" + name\n  set count = 3\n  set born = "2026-03-01"\n  set plan = "basic"\n  set language = "es"',
    '  set visits = visits + []\n  set more = more\n  set name = count\n  set born = now\n  clear visits',
    '  for one in visits\n    set more = one.clinic\n    say "{one.id}"',
    '  call book("c1", now) into visit\n    on "taken"\n      end\n  say "{visit.at}"',
    '  call book(at: now, clinic: "c1")\n  call nothing()',
    '  set km = "1.5"\n  set km = "2"\n  set km = -3\n  ask day as date after "2026-01-01" "?"\n  ask day "?" @again',
    '  ask pet as text "?"\n  ask pet as text "Again?" @again\n  ask language "Language?"',
    '  ask visit from visits "?"\n    title it.id\n  ask id from visits "?"\n    title it.id\n'
    '    value it.id\n  say "{id}"',
    '  ask at as datetime after now before today + 1 day "?"\n  ask n as number from 1 to 2.5 at least 2 "?"',
    '  ask photo as image "?"\n  send image photo\n  send location place name "Here"\n'
    '  send contact "Ana" phone "+57 300"',
    '  track paid(count, name: name)\n  track arrived(visits[0])\n  send template reminder(now, name)',
    '  choose plan "?"\n    - "Full" = "full"\n    - "Skip"', '  handover "{name}" "Hello."',
    '  ask born "?"\n    check it <= today else "No, {it}."',
    'rule short for text\n  trim, upper\n  length 1..5\n  one of ["A", "B"]\n  it is postcode("GB")\n  else "No."\n'
    '  it is not card\n  check it is not empty\n  else "No."\n\nflow main\n  ask name as short "?"\n  end',
    'rule few for integer\n  from 1 to 5\n  else "No."\n\nflow main\n  ask count as few "?"\n  end',
    'flow main\n  do ask_it("a") into name\n  end\n\nflow ask_it(what: text) -> text\n  return what',
    'anywhere\n  on event arrived\n    say "{visit.id}"\n\nflow main\n  ask name "?"\n    on event arrived\n'
    '      say "{visit.id}"\n  end',
    'menu main "?"\n  lost -> bye\n  - "Bye" -> bye\n\nflow bye\n  say goodbye\n  end',
    'flow main\n  ask name "?"\n    on event undelivered\n      say "{reason}"\n  end\n\n'
    'flow lost\n  starts on event undelivered\n  if reason == "window"\n    say goodbye\n  end',
])
def test_what_is_right_is_let_be(lines):
    assert said(lines) == []


@pytest.mark.parametrize(("lines", "code"), [
    ("  say gone", "F103"), ("  say system.more", "F103"), ("  call gone()", "F105"),
    ("  send template gone()", "F106"), ('  say "{gone}"', "F102"), ("  set gone = 1", "F102"),
    ("  clear gone", "F102"), ('  ask gone "?"', "F102"), ('  say "{gone(1)}"', "F108"),
    ("  call book(gone, now)", "F102"), ("  for one in gone\n    end", "F102"), ("  if gone\n    end", "F102"),
    ('  ask one from gone "?"', "F102"), ("  -> gone", "F101"), ("  do gone", "F101"),
    ('  ask x as gone "?"', "F104"), ('  ask x as list of gone "?"', "F104"), ("  if name is gone\n    end", "F110"),
    ('  ask name "?"\n    on event gone -> main', "F107"), ('  ask name "?"\n    hint "{it}"', "F111"),
    ("  again name", "F112"), ('  ask name "?" @one\n  again @two', "F112"), ("  again", "F113"),
    ("flow main(x: gone)\n  end", "F109"), ("flow main -> gone\n  end", "F109"),
    ("flow main\n  lost -> gone\n  end", "F101"), ('  ask name "{gone}"', "F102"),
])
def test_a_name_that_names_nothing_is_said_once(lines, code):
    assert said(lines).count(code) == 1


@pytest.mark.parametrize(("lines", "code"), [
    ("  set born = name", "F410"), ("  set count = 1.5", "F410"), ('  set born = "soon"', "F410"),
    ("  set visits = name", "F410"), ("  set agreed = 1", "F410"), ("  call book(name, name)", "F410"),
    ("  send location name", "F410"), ("  send image count", "F410"), ("  send contact name", "F410"),
    ('  send contact "A" phone born', "F410"), ("  say \"{-name}\"", "F410"), ("  if born is iban\n    end", "F410"),
    ("  set name = visits[0]", "F410"), ('  say "{visits[name].id}"', "F410"), ('  say "a"\n    image count', "F410"),
    ('  say "a"\n    link "b" count', "F410"), ('  ask x as date after name "?"', "F410"),
    ('  ask born from ["a"] "?"', "F410"), ("  track arrived(name)", "F410"),
    ('  ask x from visits "?"\n    title it', "F410"), ('  send location place name visits', "F410"),
    ('  say "{name + count}"', "F411"), ("  if name == born\n    end", "F411"),
    ("  if count in name\n    end", "F411"), ("  if visits > 1\n    end", "F411"), ('  say "{len(count)}"', "F412"),
    ('  say "{len()}"', "F412"), ('  if name is iban("x")\n    end', "F412"),
    ("  if name is postcode(count)\n    end", "F412"), ('  say "{name.x}"', "F413"), ('  say "{place.x}"', "F413"),
    ('  say "{visits.id}"', "F413"), ("  for x in name\n    end", "F414"), ('  say "{name[0]}"', "F414"),
    ("  send list name", "F414"), ('  ask x from name "?"', "F414"), ("  if count + 1\n    end", "F415"),
    ('  if "a"\n    end', "F415"), ("  if not 3\n    end", "F415"), ('  set plan = "ful"', "F416"),
    ('  if "ful" == plan\n    end', "F416"), ('  set language = "fr"', "F416"),
    ("  for x in [1, name]\n    end", "F417"), ('  say "{visits or name}"', "F417"),
    ('  say "{1 if agreed else name}"', "F417"), ('  say "{more}"', "F418"), ('  say "{visits}"', "F418"),
    ("  for count in [name]\n    end", "F160"), ('  ask x as date "?"\n  ask x as text "?" @b', "F419"),
    ("  call book(name, now) into name", "F419"), ("  call nothing() into x", "F420"),
    ("  do bye into x\n\nflow bye\n  end", "F420"), ("  return 1", "F421"), ("flow main -> text\n  return", "F422"),
    ("anywhere\n  on \"a\"\n    return 1\n\nflow main\n  end", "F421"), ('  ask x from visits "?"', "F423"),
    ("  send list visits", "F423"), ('  ask visits "?"', "F426"), ('  ask more "?"', "F426"),
    ('  ask x as choice "?"', "F427"), ('  ask name as text after now "?"', "F428"),
    ('  ask count as integer length 1..2 "?"', "F428"), ('  ask name "?"\n    value name', "F429"),
    ('  ask name "?"\n    detail name', "F429"),
    ("rule r for date\n  trim\n  from today to today\n\nflow main\n  ask born as r \"?\"\n  end", "F441"),
    ("  set count = 12345678901234567890", "F449"), ("  if name is postcode\n    end", "F412"),
    ('  say "{name|plural \'a\' \'b\'}"', "F631"), ('  ask pic as image "?"\n  say "{pic}"', "F418"),
    ('flow main\n  do list into x\n  say "{x}"\n  end\n\nmenu list "?"\n  - "A" -> main', "F131"),
    ('  ask born as date after "soon" "?"', "F410"), ('  say "{name|shout}"', "F630"),
    ('  say "{name|money}"', "F631"), ('  say "{name|upper|date}"', "F631"), ('  say "{count|number 99}"', "F632"),
    ('  say "{count|plural \'a\' \'b\'|upper}"', "F633"), ("  call book(name)", "F133"),
    ("  call book(name, now, 1)", "F132"), ("  call nothing(1)", "F132"),
    ("  call book(clinic: name, when: now, at: now)", "F134"), ("  call book(name, now, clinic: name)", "F135"),
    ("  track x(count, count)", "F135"), ("  track x(count + 1, 2 + count, reveal count, count)", "F135"),
    ('  call book(name, now)\n    on "gone"\n      end', "F136"), ("  ask today as date \"?\"", "F140"),
    ("rule text for text\n  trim\n\nflow main\n  end", "F140"),
    ("flow main\n  end\n\nflow system.other\n  end", "F140"), ("flow main\n  end\n\nflow anywhere\n  end", "F140"),
    ("flow main\n  starts on \"x\"\n  end\n\nflow b(x: text)\n  starts on \"y\"\n  end", "F130"),
])
def test_what_does_not_fit_is_said_once_and_nothing_else(lines, code):
    assert set(said(lines)) == {code}
    assert said(lines).count(code) == 1


def test_an_or_behind_a_format_is_told_to_stand_before_it():
    assert first("  say \"{count|money or 'nothing'}\"", "F632").fixes[0].text == (
        "`or` stands before the format: `{… or …|money}`")


def test_the_nearest_name_comes_first_with_an_edit():
    diagnostic = first('  say "{Nmae} {cuont}"', "F102")

    assert diagnostic.fixes[0].text == "did you mean `name`?"
    assert diagnostic.fixes[0].edits[0].text == "name"


def test_so_many_unknown_names_are_not_guessed_at():
    flows = "".join(f"flow flow{n}\n  -> flw{n}\n\n" for n in range(400)) + "flow main\n  end\n"
    found = [each for each in bot(flows).diagnostics if each.code == "F101"]

    assert found[0].fixes
    assert not found[-1].fixes


def test_a_name_that_a_broken_line_would_have_defined_raises_nothing():
    codes = said('flow main\n  ask pet as text "?\n  say "{pet}"\n  do feed\n  end\n\nflow feed "x" "y"\n  end\n')

    assert "F102" not in codes
    assert "F101" not in codes


def test_a_name_that_a_broken_domain_would_have_defined_raises_nothing():
    codes = said('  say "{pet} {name}"', "bot: b\nlanguages: [en]\nstart: main\nslotz:\n  pet: text\n  name: text\n")

    assert "F102" not in codes


def test_the_event_of_what_was_lost_is_the_languages_own():
    domain = DOMAIN.replace("  arrived:", "  undelivered: {params: {why: text}}\n  arrived:")
    assert said('  ask name "?"\n    on event undelivered\n      say "{reason}"', domain) == ["F140"]


def test_it_is_in_the_table_only_where_something_takes_it():
    lowered = bot("  end").table
    taking = bot('  ask name "?"\n    on event undelivered\n      end').table
    assert lowered is not None
    assert taking is not None
    assert set(taking.events) - set(lowered.events) == {"undelivered"}


def test_of_a_value_of_unknown_type_nothing_more_is_said():
    assert said('  say "{upper(gone).x[0] + 1|money}"\n  set count = gone\n  for x in gone2\n    say "{x.y}"') == [
        "F102", "F102", "F102"]


def test_what_is_unused_is_a_warning_and_what_is_used_is_not():
    codes = [(each.code, at(bot("  end"), each)) for each in bot("  end").diagnostics if each.code.startswith("F15")]

    assert ("F150", "name") in codes
    assert ("F151", "goodbye") in codes
    assert ("F153", "book") in codes
    assert ("F154", "reminder") in codes
    assert "system.more" not in [name for _, name in codes]
    assert "visit" not in [name for _, name in codes]


def test_what_a_misspelt_name_may_mean_is_not_called_unused():
    unused = {at(built, each) for built in [bot('  call bok("c", now)\n  say "{nmae}"\n  end')]
              for each in built.diagnostics if each.code.startswith("F15")}

    assert unused.isdisjoint({"book", "name"})
    assert "reminder" in unused


def test_steps_of_one_name_are_told_apart_by_a_tag():
    built = bot('  ask name "?"\n  ask name "Again?"\n  ask born "?" @name')
    found = [each for each in built.diagnostics if each.code == "F123"]

    assert [at(built, each) for each in found] == ["name", "name"]
    assert found[0].fixes[0].text == "give this one a tag at the end of its line: `@name_2`"
    assert found[0].fixes[0].edits[0].text == " @name_2"
    assert found[1].fixes[0].text == "choose another tag"


def test_a_menu_called_is_sent_where_it_can_be_gone_to():
    diagnostic = first('flow main\n  do list\n  end\n\nmenu list "?"\n  - "Bye" -> main', "F131")

    assert diagnostic.fixes[0].edits[0].text == "-> "


@pytest.mark.parametrize(("lines", "codes"), [
    ('  call pay(name)', ["F700"]), ('  call pay(reveal name)', []), ('  call pay("Dr " + upper(name))', ["F700"]),
    ('  set note = name\n  call pay(note)', ["F700"]), ('  call pay("{name}")', ["F700"]),
    ('  track paid(len(name))', ["F700"]), ('  do tell(name) into told\n  call pay(told)', ["F700"]),
    ('  for one in [name]\n    call pay(one)', ["F700"]), ('  ask one from [name] "?"\n  call pay(one)', ["F700"]),
    ('  choose one "?"\n    - "A" = name\n  call pay(one)', ["F700"]),
    ('  set note = name\n  set name = note\n  set note = note\n  call pay(note)', ["F700"]),
    ('  call pay("x" if name is known else "y")', []), ('  call pay("x" if name is empty else name)', ["F700"]),
    ('  say "{name}"', []), ('  handover "team" "From {name}"', ["F701"]), ('  handover "team" "Hello"', []),
    ('  handover "team" "From {reveal name}"', []),
])
def test_personal_data_is_followed_to_where_it_leaves(lines, codes):
    domain = """bot: b
languages: [en]
start: main
slots:
  name: {type: text, pii: true}
  note: text
actions:
  pay: {params: {who: text}, python: actions.pay}
"""
    tell = "\n\nflow tell(who: text) -> text\n  return who\n"
    found = said("flow main\n" + lines + "\n  end" + tell, domain)

    assert [code for code in found if code.startswith("F70")] == codes


def test_personal_data_points_to_where_it_is_declared():
    domain = "bot: b\nlanguages: [en]\nstart: main\nslots:\n  name: {type: text, pii: true}\n"
    built = build_sources({"domain.yml": domain, "main.flow": "flow main\n  track x(name)\n  end\n"})
    leak = next(each for each in built.diagnostics if each.code == "F700")

    assert [(label.text, label.span.file) for label in leak.others] == [("marked `pii` here", "domain.yml")]
    assert leak.fixes[0].edits[0].text == "reveal "


def test_what_only_anywhere_knows_is_told_with_the_way_to_know_it():
    text = 'anywhere\n  on event arrived -> hello\n\nflow main\n  end\n\nflow hello\n  say "{visit.id}"\n  end'
    diagnostic = first(text, "F102")

    assert diagnostic.fixes[-1].text == ("only the lines of `anywhere` know it: start this flow on the event, "
                                         "or set a slot there")


def test_a_name_that_another_flow_has_for_itself_can_be_shared():
    diagnostic = first('flow main\n  say "{pet}"\n  do other\n  end\n\nflow other\n  ask pet as text "?"\n', "F102")

    assert diagnostic.fixes[-1].text == (
        "flow `other` has one of its own: declare it under `slots` in domain.yml to share it")


def test_again_asks_the_question_without_a_tag_where_several_ask_for_a_slot():
    built = bot('  ask name "?" @one\n  ask name "??"\n  if name == "a"\n    again name\n'
                '  if name == "b"\n    again @one')

    assert built.table is not None
    again = [op for run in built.table.runs.values() for op in run if op[0] == "again"]
    assert again == [["again", "main.name"], ["again", "main.one"]]


@pytest.mark.parametrize(("lines", "code"), [
    ('flow main\n  do other("en")\n  end\n\nflow other(language: text)\n  say "{language}"', "F140"),
    ("flow main\n  end\n\nflow main.name\n  end", "F140"),
    ("flow main\n  end\n\nflow system.failed(x: text)\n  end", "F130"),
    ('  call book(name, now) into language', "F419"),
    ('  say "{more.nam}"', "F114"),
])
def test_names_of_the_language_stay_its_own(lines, code):
    assert set(said(lines)) == {code}


def test_the_language_is_a_slot_that_needs_no_declaration():
    built = bot('  ask language as text "Which?"\n  choose language "Which?" @pick\n    - "English" = "en"\n'
                '  set language = "es"')

    assert built.table is not None
    assert built.table.steps["main.language"].slot == ["slot", "language"]
    assert built.table.steps["main.pick"].slot == ["slot", "language"]
    assert built.table.flows["main"].locals == {}


@pytest.mark.parametrize("lines", [
    '  say "{gone if agreed else name}"', "  clear gone", '  set gone = "a"', '  say "{-gone}"', '  say "{[gone][0]}"',
])
def test_one_unknown_name_is_one_report(lines):
    assert said(lines) == ["F102"]


def test_a_bot_without_languages_is_still_looked_at():
    assert "F102" in said('  say "{gone}"', "bot: b\nlanguages: []\nstart: main\n")


@pytest.mark.parametrize(("value", "type"), [
    ("1", "integer"), ("round(1.5, 1)", "number"), ("visits", "list of visit"), ('"a"', "text"), ("first([])", "…"),
    ("[]", "list of …"),
])
def test_what_is_set_and_has_no_name_is_told_how_to_declare_it(value: str, type: str):
    diagnostic = first(f"  set brand_new = {value}", "F102")

    assert diagnostic.fixes[-1].text == f"declare it in domain.yml, under `slots`: `brand_new: {type}`"
