"""A bot in the terminal: lines, taps, actions, time, taking back, and the story of it all."""

import asyncio

import pytest

from dsl.build import build_sources
from dsl.source import Source
from dsl.story import read_stories
from runtime.chat import Chat, as_story
from runtime.effects import Call, Say
from runtime.events import Answered, Failed
from runtime.shown import text_of
from runtime.stories import play

DOMAIN = """\
bot: cafe
languages: [en]
start: main
slots: {guests: integer}
actions:
  reserve: {params: {guests: integer}, returns: text, reasons: [full], python: actions.reserve}
"""
FLOW = """\
menu main "What would you like? *"
  - "Book" -> book
  - "Person" -> person

flow book
  ask guests as integer "How many?"
    after 30m
      say "Still there?"
  call reserve(guests) into number
    on "full"
      say "We are full."
      -> main
    on failure -> main
  say "Table {number or '?'}."
  -> main

flow person
  handover "staff" "One moment."
  -> main
"""
BUILT = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
BEGAN = 1_767_607_200_000


async def reserve(call: Call) -> Answered | Failed:
    if call.args["guests"] > 8:
        return Failed(call=call.id, kind="reason", reason="full")
    return Answered(call=call.id, result=f"t{call.args['guests']}")


@pytest.fixture
def chat() -> Chat:
    assert BUILT.table is not None, BUILT.diagnostics
    return Chat(BUILT.table, reserve, lambda: BEGAN)


def say(chat: Chat, *lines: str) -> list[str]:
    said = []
    for line in lines:
        said += [text_of(message) for message in asyncio.run(chat.line(line))]
    return said


def test_a_line_is_answered(chat: Chat):
    assert say(chat, "hi") == ["What would you like? *"]


def test_the_title_of_an_option_on_offer_is_a_tap(chat: Chat):
    say(chat, "hi", "Book")

    assert chat.told[-2:] == [{"tap": "Book"}, {"bot": "How many?"}]


def test_actions_are_run_and_their_results_used(chat: Chat):
    assert say(chat, "hi", "book", "4")[-2:] == ["Table t4.", "What would you like? *"]


def test_an_action_may_refuse(chat: Chat):
    assert say(chat, "hi", "book", "9")[-2:] == ["We are full.", "What would you like? *"]


def test_time_can_pass_and_be_taken_back(chat: Chat):
    say(chat, "hi", "book")

    assert asyncio.run(chat.wait(1_800)) == [Say("Still there?")]
    assert chat.back()
    assert asyncio.run(chat.due()) == []
    assert asyncio.run(chat.wait(1_799)) == []


def test_a_line_can_be_taken_back_until_the_first(chat: Chat):
    say(chat, "hi", "book", "4")

    assert chat.back()
    assert chat.told[-1] == {"bot": "How many?"}
    assert say(chat, "5")[0] == "Table t5."
    assert [chat.back() for _ in range(4)] == [True, True, True, False]
    assert chat.told == []


def test_the_team_gives_the_conversation_back(chat: Chat):
    say(chat, "hi", "person")

    assert text_of(asyncio.run(chat.resume())[0]) == "What would you like? *"


def test_a_new_version_goes_on_where_it_was(chat: Chat):
    say(chat, "hi", "book")
    changed = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW.replace('"How many?"', '"For how many?"')})
    assert changed.table is not None

    chat.reload(changed.table)

    assert say(chat, "x")[-1] == "For how many?"


def test_what_was_said_is_saved_as_a_story_that_passes(chat: Chat):
    say(chat, "hi", "Book")
    asyncio.run(chat.wait(1_800))
    say(chat, "9", "book", "4", "Person")
    asyncio.run(chat.resume())

    file, faults = read_stories(Source("saved.yml", as_story(chat, "saved", "2026-01-05T10:00")))

    assert not faults
    assert BUILT.table is not None
    assert BUILT.map is not None
    assert play(BUILT.table, BUILT.map, file.stories[0]).broken is None
