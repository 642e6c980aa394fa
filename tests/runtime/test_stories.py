"""Stories are played as written; what is not as written is said, with its place."""

import pytest
from msgspec.structs import replace

from dsl.build import build_sources
from dsl.source import Source
from dsl.story import read_stories
from dsl.table import Table
from runtime.rehearsal.road import in_memory
from runtime.stories import OpenRoad, Played, play
from runtime.story_road import Direct

CAFE = {
    "domain.yml": """\
bot: cafe
languages: [en, es]
start: main
slots:
  guests: integer
  name: {type: text, max: 20, default: friend}
records:
  table: {id: text, seats: integer}
actions:
  reserve: {params: {guests: integer}, returns: table, reasons: [full], python: actions.reserve}
  note: {params: {guests: integer}, python: actions.note}
templates:
  invite_v1: {params: {}, text: {en: Come and see us}, buttons: [I will]}
responses:
  bye: ["Bye, {name}!", "See you."]
events:
  fire: {}
""",
    "main.flow": """\
anywhere
  on "stop" -> leave

menu main "Welcome, {name}."
  - "Book" -> book
  - "Person" -> person
  - "Bye" -> leave

flow book
  ask guests as integer "How many?"
    hint "A number"
    after 30m
      say "Still there?"
    after 2h -> leave
    on event undelivered
      send template invite_v1()
      if reason == "window"
        say "This is not read either."
  call reserve(guests) into table
    on "full"
      say "We are full."
      -> main
    on timeout
      say "Nobody answers."
      -> main
    on failure
      say "That did not work."
      -> main
  call note(guests)
  say "Table {table.id or '?'} for {guests}."
  -> main

flow around
  starts on "round"
  call note(guests or 1)
    on failure -> main
  -> around

flow person
  handover "staff" "One moment."
  -> main

flow alarm
  starts on event fire
  send template invite_v1()
  end

flow leave
  say bye
  end
""",
}
BUILT = build_sources(CAFE)


ROADS = pytest.mark.parametrize("road", [Direct, in_memory], ids=["machine", "everything"])


def told(steps: str, given: str = "", road: OpenRoad = Direct, table: Table | None = BUILT.table) -> Played:
    text = f"bot: cafe\nstories:\n  - story: s\n{given}    steps:\n"
    text += "".join(f"      {line}\n" for line in steps.strip().splitlines())
    file, faults = read_stories(Source("s.yml", text))
    assert not faults, faults
    assert table is not None, BUILT.diagnostics
    assert BUILT.map is not None
    return play(table, BUILT.map, file.stories[0], road)


STUBS = "    actions: {reserve: {id: t1, seats: 4}}\n"
GOOD = {
    "a booking": ("""
- user: hi
- bot: {menu: main, options: [Book, Person, Bye]}
- tap: Book
- bot: How many?
- user: "4"
- called: {reserve: {guests: 4}}
- bot: "Table t1 for {guests}."
- bot: "Welcome, {name}."
- expect: {at: main, slots: {guests: 4, name: friend}}
""", STUBS),
    "a reason": ("""
- user: hi
- bot:
- user: book
- bot:
- fails: {reserve: full}
- user: "4"
- bot: We are full.
- bot: {menu: main}
""", ""),
    "a window that closes": ("""
- user: hi
- bot:
- user: book
- bot: How many?
- fails: window
- wait: 30m
- bot: {template: invite_v1}
- user: "4"
- bot: Table t1 for 4.
- bot: {menu: main}
""", STUBS),
    "a message that is refused": ("""
- fails: message
- user: hi
- expect: {at: main}
- fails: message
- user: book
- bot: {template: invite_v1}
- user: "4"
- bot: Table t1 for 4.
- bot: {menu: main}
""", STUBS),
    "a time-out": ("""
- user: hi
- bot:
- user: book
- bot:
- fails: {reserve: timeout}
- user: "4"
- bot: Nobody answers.
- bot: {menu: main}
""", ""),
    "results in turn": ("""
- user: hi
- bot:
- user: book
- bot:
- user: "2"
- bot: Table a for 2.
- bot: {menu: main}
- user: book
- bot:
- user: "3"
- bot: Table b for 3.
- bot: {menu: main}
""", "    actions: {reserve: {results: [{id: a}, {id: b}]}}\n"),
    "time passes": ("""
- user: hi
- bot:
- user: book
- bot:
- bot: "How many?"
- wait: 30m
- bot: Still there?
- wait: 90m
- bot: {response: bye}
- expect: {at: }
""", ""),
    "a pending call": ("""
- user: hi
- bot:
- user: book
- bot:
- pending: reserve
- user: "4"
- user: book
- answers: reserve
- bot: Table t1 for 4.
- bot: {menu: main}
- bot: How many?
""", STUBS),
    "a message twice": ("""
- user: hi
- bot:
- user: book
- bot:
- user: "4"
- bot:
- again: duplicate
- expect: {at: main}
""", STUBS),
    "a late message": ("""
- user: hi
- bot:
- user: book
- bot:
- late: 45m
- user: "4"
- bot: Still there?
- bot: Table t1*
- bot: {menu: main}
""", STUBS),
    "a late message begins its timers when it is there": ("""
- user: hi
- bot:
- late: 10m
- user: book
- bot: How many?
- wait: 25m
- expect: {at: book.guests}
- wait: 5m
- bot: Still there?
""", ""),
    "an advertisement": ("""
- user: hi
- bot: {menu: main}
- sends: {ad: {source_id: a1}}
- bot:
- expect: {at: main}
""", ""),
    "staff": ("""
- user: hi
- bot:
- user: person
- bot:
- bot: One moment.
- staff: Hello, this is Eva.
- staff: resume
- bot: {menu: main}
""", ""),
    "an event": ("""
- event: fire
- bot: {template: invite_v1}
- tap: I will
- bot: {menu: main}
""", ""),
    "given slots, a place and a language": ("""
- user: bye
- bot: {response: bye}
""", "    given: {at: main, slots: {name: Ana}, language: en, now: 2026-03-01T09:00}\n"),
    "a flow as the beginning": ("""
- user: hi
- bot: How many?
""", "    given: {at: book}\n"),
}


@ROADS
@pytest.mark.parametrize(("steps", "given"), GOOD.values(), ids=GOOD)
def test_a_story_that_goes_as_written_passes(steps: str, given: str, road: OpenRoad):
    played = told(steps, given, road)

    assert played.broken is None, (played.broken, played.transcript)
    assert played.fired or "user: hi" in steps


PLACED = build_sources({
    "domain.yml": """\
bot: cafe
languages: [en]
start: main
slots: {tables: {type: list of text, default: [T1]}}
actions: {find: {params: {at: location, tables: list of text}, python: actions.find}}
""",
    "main.flow": """\
flow main
  ask at as location "Where are you?"
  call find(at, tables)
  end
"""})


@ROADS
def test_a_call_is_shown_as_an_author_writes_values(road: OpenRoad):
    steps = "- user: hi\n- bot:\n- sends: {location: {latitude: 4.5, longitude: -74.5}}"

    lines = [line.what for line in told(steps, road=road, table=PLACED.table).transcript if line.who == "action"]

    assert lines == ['find(at: {"latitude":"4.5","longitude":"-74.5"}, tables: ["T1"])']


AT_BOOK = "- user: hi\n- bot:\n- user: book\n- bot:\n- user: '4'"
BROKEN = {
    "another text": ("- user: hi\n- bot: Welcome.", "", "the bot said something else"),
    "one message too few": ("- user: hi\n- bot: {menu: main}\n- bot: And now?", "", "the bot said nothing more"),
    "one message too many": ("- user: hi\n- user: hi", "", "the bot said more than the story tells"),
    "left over at the end": ("- user: hi", "", "the bot said more than the story tells"),
    "no such title": ("- user: hi\n- bot:\n- tap: Buy", "", "no message shows this title"),
    "nothing to tap": ("- tap: Buy", "", "no message shows this title"),
    "not called": ("- user: hi\n- bot:\n- called: reserve", "", "`reserve` was not called"),
    "called with something else": (AT_BOOK + "\n- bot:\n- called: {reserve: {guests: 5}}", STUBS,
                                   "`reserve` was called with something else"),
    "no result": (AT_BOOK, "", "the bot called `reserve`, and the story does not say*"),
    "results used up": (AT_BOOK + "\n- bot:", "    actions: {reserve: {results: []}}\n",
                        "`reserve` was called 1 times*"),
    "elsewhere": ("- user: hi\n- bot:\n- expect: {at: book}", "", "the conversation rests elsewhere"),
    "not over": ("- user: hi\n- bot:\n- expect: {at: }", "", "the conversation is not over"),
    "another value": ("- user: hi\n- bot:\n- expect: {slots: {name: Ana}}", "", "a slot holds something else"),
    "no handover": ("- user: hi\n- bot:\n- staff: resume", "", "nobody has taken over*"),
    "nothing to deliver again": ("- again: duplicate", "", "nobody has written yet*"),
    "no end of it": ("- user: hi\n- bot:\n- user: round", "", "this went on for 50 turns*"),
    "a slot that cannot hold it": ("- user: hi\n- bot:", "    given: {slots: {guests: many}}\n",
                                   "`guests` cannot hold what the story gives it: it is of type integer"),
    "nothing pending": ("- answers: reserve", "", "no call of `reserve` is pending"),
}


@ROADS
@pytest.mark.parametrize(("steps", "given", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_story_that_does_not_go_as_written_says_why(steps: str, given: str, reason: str, road: OpenRoad):
    played = told(steps, given, road)

    assert played.broken is not None, played.transcript
    said = played.broken.reason
    assert said.startswith(reason[:-1]) if reason.endswith("*") else said == reason


def test_a_numbered_list_is_read_and_not_tapped():
    assert BUILT.table is not None
    plain = replace(BUILT.table, limits=replace(BUILT.table.limits, buttons=0, rows=0))

    for deed, reason in (('user: "1"', ""), ("tap: Book", "no message shows this title")):
        broken = told(f"- user: hi\n- bot: {{shape: numbered}}\n- {deed}\n- bot: How many?", table=plain).broken
        assert (broken.reason if broken else "") == reason


def test_what_broke_comes_with_both_sides_and_the_row_that_fired():
    broken = told("- user: hi\n- bot:\n- user: book\n- bot: How much?").broken

    assert broken is not None
    [difference] = broken.differences
    assert (difference.what, difference.told) == ("text", "How much?")
    assert difference.sent.startswith("How many?")
    assert [row.step for row in broken.fired] == ["main"]
