"""Stories as values."""

import json
import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.build import build_sources
from dsl.source import Source
from dsl.story import (
    Again,
    Answers,
    Bot,
    Called,
    Crash,
    Expect,
    Fails,
    Happens,
    Late,
    Pattern,
    Pending,
    Refused,
    Rest,
    Run,
    Sends,
    SlotValue,
    Staff,
    Tap,
    User,
    Wait,
    Wording,
    read_stories,
)
from dsl.story_names import unknown_names

BOOK = """\
# stories/clinic/book.yml
bot: clinic
stories:
  - story: books a visit
    given: {now: 2026-03-01T10:00, language: en, at: main, slots: {name: Ana Lima, tries: 2, code: 007, ok: true}}
    actions:
      near: [{id: c1, km: 1.2}]
      book: {results: [{at: 2026-03-02T09:00}, null]}
    steps:
      - user: hi
"""


def read(text: str):
    return read_stories(Source("book.yml", text))


def with_steps(steps: str) -> str:
    return "bot: a\nstories:\n- story: s\n  steps:\n" + "".join(f"  {line}\n" for line in steps.splitlines())


def one(steps: str):
    """The steps of a story that is read without a fault."""
    told, faults = read(with_steps(steps))
    assert not faults
    return told.stories[0].steps


def bare(step):
    """A step without its span."""
    return {name: getattr(step, name) for name in step.__struct_fields__ if name != "span"}


def faults_of(steps: str) -> list[tuple[str, str]]:
    """Each fault's code and what it points at."""
    return marked(with_steps(steps))


def marked(text: str) -> list[tuple[str, str]]:
    return [(fault.code, text[fault.span.start:fault.span.end]) for fault in read(text)[1]]


def test_a_file_tells_so_many_stories_and_no_more():
    told, faults = read("bot: a\nstories:\n" + "".join(f"- {{story: s{n}, steps: [user: hi]}}\n" for n in range(2_001)))

    assert [(fault.code, fault.message) for fault in faults] == [
        ("F807", "this file tells 2,001 stories, at most 2,000 can be played at once")]
    assert len(told.stories) == 2_000


def test_a_text_no_message_can_have_is_refused():
    _, faults = read(with_steps(f"- bot: {'x' * 10_001}"))

    assert [(fault.code, fault.message) for fault in faults] == [("F806", "no message has 10,001 characters")]


def test_the_patterns_of_a_file_have_a_length_in_all():
    _, faults = read(with_steps("\n".join([f"- bot: /{'x' * 1_500}/"] * 20)))

    assert [fault.code for fault in faults] == ["F520"]


def test_a_file_of_stories():
    told, faults = read(BOOK)

    assert not faults
    assert (told.name, told.bot) == ("book.yml", "clinic")
    (story,) = told.stories
    assert story.name == "books a visit"
    assert BOOK[story.span.start:story.span.end] == "books a visit"


def test_what_is_given():
    told, _ = read(BOOK)
    given = told.stories[0].given

    assert (given.now, given.language, given.at) == (datetime(2026, 3, 1, 10), "en", "main")
    assert {slot.name: slot.value for slot in given.slots} == {
        "name": "Ana Lima", "tries": 2, "code": "007", "ok": True}


def test_nothing_need_be_given():
    told, _ = read("bot: a\nstories: [{story: s, steps: [user: hi]}]")

    assert (told.stories[0].given.now, told.stories[0].given.slots) == (None, ())


def test_what_actions_answer():
    told, _ = read(BOOK)

    assert [(stub.name, stub.results, stub.in_turn) for stub in told.stories[0].actions] == [
        ("near", ([{"id": "c1", "km": "1.2"}],), False), ("book", ({"at": "2026-03-02T09:00"}, None), True)]


def test_every_step_knows_its_place():
    text = "bot: a\nstories:\n- story: s\n  steps:\n  - user: hi\n  - bot: {text: x}\n  - bot\n"
    told, _ = read(text)

    assert [text[step.span.start:step.span.end] for step in told.stories[0].steps] == [
        "user: hi", "bot: {text: x}", "bot"]


@pytest.mark.parametrize(("step", "kind", "expected"), [
    ("user: 1 May 2015", User, {"text": "1 May 2015"}),
    ("user: yes", User, {"text": "yes"}),
    ("tap: Book a visit", Tap, {"title": "Book a visit"}),
    ("sends: {image: }", Sends, {"kind": "image", "value": {}}),
    ("sends: {image: a.jpg}", Sends, {"kind": "image", "value": {"id": "a.jpg"}}),
    ("sends: {document: {id: a.pdf, filename: A}}", Sends,
     {"kind": "document", "value": {"id": "a.pdf", "filename": "A"}}),
    ("sends: {location: {latitude: 4.5, longitude: -74}}", Sends,
     {"kind": "location", "value": {"latitude": "4.5", "longitude": "-74"}}),
    ("sends: {contact: {name: Ana, phones: ['+57']}}", Sends,
     {"kind": "contact", "value": {"name": "Ana", "phones": ["+57"]}}),
    ("sends: {reaction: 👍}", Sends, {"kind": "reaction", "value": {"emoji": "👍"}}),
    ("sends: {order: {items: [1]}}", Sends, {"kind": "order", "value": {"items": [1]}}),
    ("sends: {unsupported: }", Sends, {"kind": "unsupported", "value": {}}),
    ("bot:", Rest, {}),
    ("bot", Rest, {}),
    ("wait: 30m", Wait, {"seconds": 1800}),
    ("called: book", Called, {"action": "book", "args": {}}),
    ("called: {book: }", Called, {"action": "book", "args": {}}),
    ("called: {book: {n: 2, at: 2026-03-02}}", Called, {"action": "book", "args": {"n": 2, "at": "2026-03-02"}}),
    ("event: gone", Happens, {"event": "gone", "params": {}}),
    ("event: {gone: {visit: {id: v1}}}", Happens, {"event": "gone", "params": {"visit": {"id": "v1"}}}),
    ("expect: {at: main.x}", Expect, {"at": "main.x", "has_ended": False, "slots": {}}),
    ("expect: {at: null, slots: {a: [1]}}", Expect, {"at": None, "has_ended": True, "slots": {"a": [1]}}),
    ("expect: {slots: {a: null}}", Expect, {"at": None, "has_ended": False, "slots": {"a": None}}),
    ("staff: Hello", Staff, {"text": "Hello"}),
    ("staff: resume", Staff, {"text": None}),
    ("fails: {book: timeout}", Fails, {"action": "book", "kind": "timeout", "reason": ""}),
    ("fails: {book: failure}", Fails, {"action": "book", "kind": "failure", "reason": ""}),
    ("fails: {book: taken}", Fails, {"action": "book", "kind": "reason", "reason": "taken"}),
    ("fails: message", Refused, {"what": "message"}),
    ("fails: window", Refused, {"what": "window"}),
    ("again: duplicate", Again, {}),
    ("late: 10m", Late, {"seconds": 600}),
    ("crash", Crash, {"when_sent": False}),
    ("crash:", Crash, {"when_sent": False}),
    ("crash: sent", Crash, {"when_sent": True}),
    ("pending: book", Pending, {"action": "book"}),
    ("answers: book", Answers, {"action": "book"}),
])
def test_steps(step, kind, expected):
    (made,) = one(f"- {step}")

    assert type(made) is kind
    assert bare(made) == expected


# --- what the bot says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "parts"), [
    ("Done!", ("Done!",)),
    ("Done!*", ("Done!", Run())),
    ("'*'", (Run(),)),
    ("a ** b", ("a ", Run(), " b")),
    ("'Hi {name}, {visit.at}'", ("Hi ", SlotValue(("name",)), ", ", SlotValue(("visit", "at")))),
    (r"'2 \* 3 \{x} \\ \/'", (r"2 * 3 {x} \ /",)),
    (r"'a\nb'", (r"a\nb",)),
    ('"a\\nb {c}"', ("a\nb ", SlotValue(("c",)))),
    ("/start", ("/start",)),
    ("''", ()),
])
def test_a_text_is_matched_with_stars_and_slots(text, parts):
    (step,) = one(f"- bot: {text}")

    assert isinstance(step.text, Wording)
    assert tuple(part for part in step.text.parts if part != "") == parts


def test_a_text_between_slashes_is_a_regular_expression():
    (step,) = one(r"- bot: /on \d+ (May|June)/")

    assert isinstance(step.text, Pattern)
    assert step.text.source == r"on \d+ (May|June)"


def test_what_is_looked_at_in_a_message():
    (step,) = one("- bot: {text: Hi*, menu: main, options: [A, 'B*'], shape: list, header: H, footer: F, image: /jpg/}")

    assert (step.menu, step.shape) == ("main", "list")
    assert [option.written for option in step.options] == ["A", "B*"]
    assert [match.written for match in (step.text, step.header, step.footer)] == ["Hi*", "H", "F"]
    assert step.content[0] == "image"
    assert step.content[1].source == "jpg"


@pytest.mark.parametrize(("text", "expected"), [
    ("{choices: []}", {"options": ()}),
    ("{video: }", {"content": ("video", None)}),
    ("{location: }", {"content": ("location", None)}),
    ("{response: goodbye}", {"response": "goodbye"}),
    ("{template: t}", {"template": "t"}),
])
def test_other_messages(text, expected):
    (step,) = one(f"- bot: {text}")

    assert isinstance(step, Bot)
    assert {name: value for name, value in bare(step).items() if value not in (None, ())} == {
        name: value for name, value in expected.items() if value != ()}
    assert all(getattr(step, name) == value for name, value in expected.items())


def test_what_a_template_is_filled_with():
    (step,) = one("- bot: {template: t, params: {at: 1 *}}")

    assert [(name, match.written) for name, match in step.params] == [("at", "1 *")]


# --- mistakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("steps", "expected"), [
    ("- usr: hi", [("F060", "usr")]),
    ("- intent: greet", [("F060", "intent")]),
    ("- user: hi\n  bot: you", [("F081", "bot")]),
    ("- user:", [("F062", "")]),
    ("- user: [a]", [("F062", "a")]),
    ("-", [("F062", "")]),
    ("- hello", [("F062", "hello")]),
    ("- []", [("F062", "[]")]),
    ("- crash: now", [("F063", "now")]),
    ("- deploy: v2", [("F801", "deploy: v2")]),
    ("- wait: soon", [("F065", "soon")]),
    ("- wait: 0s", [("F065", "0s")]),
    ("- again: twice", [("F063", "twice")]),
    ("- called: {a: , b: }", [("F062", "a")]),
    ("- called: [a]", [("F062", "a")]),
    ("- fails: {a: }", [("F062", "")]),
    ("- fails: {}", [("F062", "{}")]),
    ("- fails: book", [("F063", "book")]),
    ("- bot: {txt: a}", [("F060", "txt")]),
    ("- bot: {shape: grid}", [("F063", "grid")]),
    ("- bot: {image: a, location: }", [("F805", "bot: {image: a, location: }")]),
    ("- bot: {options: [a], choices: [b]}", [("F805", "bot: {options: [a], choices: [b]}")]),
    ("- bot: {options: [a], video: }", [("F805", "bot: {options: [a], video: }")]),
    ("- bot: 'a {b'", [("F803", "{")]),
    ("- bot: 'a {b c}'", [("F067", "{b c}")]),
    ('- bot: "\\u0061 {"', [("F803", '\\u0061 {')]),
    ("- bot: /a(?=b)/", [("F510", "(?=")]),
    ("- bot: *star", [("F053", "*star")]),
    ("- sends: {location: here}", [("F062", "here")]),
    ("- sends: {location: {latitude: 1}}", [("F061", "latitude")]),
    ("- sends: {}", [("F062", "{}")]),
    ("- expect: {slot: {a: 1}}", [("F060", "slot")]),
])
def test_a_step_that_cannot_be_is_refused_where_it_stands(steps, expected):
    assert faults_of(steps) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("", [("F800", "")]),
    ("[]", [("F062", "[]")]),
    ("bot: a\nstories: []", [("F062", "[]")]),
    ("stories: [{story: s, steps: [bot]}]", [("F061", "stories")]),
    ("bot: a\nstories: [{steps: [bot]}]", [("F061", "steps")]),
    ("bot: a\nstories: [{story: s, steps: []}]", [("F062", "[]")]),
    ("bot: a\nstories: [{story: s, steps: [bot]}, {story: s, steps: [bot]}]", [("F802", "s")]),
    ("bot: a\nstories: [{story: s, given: {now: noon}, steps: [bot]}]", [("F804", "noon")]),
    ("bot: a\nstories: [{story: s, actions: [a], steps: [bot]}]", [("F062", "a")]),
    ("bot: a\nstories: [", [("F051", "")]),
])
def test_a_file_that_cannot_be_is_refused_where_it_stands(text, expected):
    assert marked(text) == expected


def test_the_steps_that_can_be_read_are_there_all_the_same():
    told, faults = read("bot: a\nstories: [{story: s, steps: [user: hi, oops: 1, bot: you]}]")

    assert len(faults) == 1
    assert [type(step) for step in told.stories[0].steps] == [User, Bot]


# --- names --------------------------------------------------------------------------------------------------

BOT = build_sources({"domain.yml": """\
bot: a
languages: [en, es]
start: main
slots: {name: text, n: {type: integer, default: 1}}
actions: {book: {params: {day: text}, reasons: [taken], python: actions.book}}
events: {gone: {params: {id: text}}}
templates: {late: {text: {en: Sorry., es: Perdón.}}}
responses: {bye: Bye.}
""", "main.flow": """\
flow main
  ask city as text "Which city?"
  say bye
  end
"""})


def unknown(steps: str, given: str = "{}") -> list[tuple[str, str, str]]:
    text = f"bot: a\nstories:\n- story: s\n  given: {given}\n  steps: [{steps}]\n"
    told, faults = read(text)
    assert not faults
    assert BOT.table is not None
    return [(fault.code, text[fault.span.start:fault.span.end], fault.fixes[0].text if fault.fixes else "")
            for fault in unknown_names(told, BOT.table, BOT.map)]


def test_names_that_the_bot_has_are_no_fault():
    assert not unknown(
        "expect: {at: main.city, slots: {name: A, city: B}}, called: {book: {day: 1}}, fails: {book: taken},"
        "fails: {book: timeout}, event: {gone: {id: 1}}, bot: {template: late}, bot: {response: bye},"
        "bot: 'Hi {name} {city}', bot: {menu: main}, pending: book",
        "{language: es, at: main, slots: {n: 1}}")


@pytest.mark.parametrize(("steps", "expected"), [
    ("expect: {at: main.cty}", ("F810", "main.cty", "did you mean `main.city`?")),
    ("expect: {slots: {nme: A}}", ("F810", "nme", "did you mean `name`?")),
    ("bot: 'Hi { nme.x }'", ("F810", "nme", "did you mean `name`?")),
    ("called: bok", ("F810", "bok", "did you mean `book`?")),
    ("called: {book: {dai: 1}}", ("F811", "dai", "did you mean `day`?")),
    ("fails: {book: takn}", ("F811", "takn", "did you mean `taken`?")),
    ("event: {gone: {ie: 1}}", ("F811", "ie", "did you mean `id`?")),
    ("event: gon", ("F810", "gon", "did you mean `gone`?")),
    ("bot: {template: lat}", ("F810", "lat", "did you mean `late`?")),
    ("bot: {response: by}", ("F810", "by", "did you mean `bye`?")),
    ("bot: {menu: man}", ("F810", "man", "did you mean `main`?")),
    ("answers: zzzzz", ("F810", "zzzzz", "")),
])
def test_a_name_that_the_bot_has_not_is_a_fault_with_the_nearest(steps, expected):
    assert unknown(steps) == [expected]


@pytest.mark.parametrize(("given", "expected"), [
    ("{language: fr}", ("F812", "fr", "it speaks `en`, `es`")),
    ("{language: ess}", ("F812", "ess", "did you mean `es`?")),
    ("{at: mian}", ("F810", "mian", "did you mean `main`?")),
    ("{slots: {city: A}}", ("F810", "city", "")),
])
def test_what_is_given_must_be_there(given, expected):
    assert unknown("bot", given) == [expected]


# --- anything -----------------------------------------------------------------------------------------------


def test_a_thousand_stories_are_read_in_well_under_a_second():
    turns = "".join(f"      - user: answer {n}\n      - bot: What next {n}?*\n" for n in range(10))
    text = "bot: a\nstories:\n" + "".join(f"  - story: s{n}\n    given: {{slots: {{name: Ana}}}}\n    steps:\n{turns}"
                                          for n in range(1_000))
    began = time.process_time()
    told, faults = read(text)
    took_s = time.process_time() - began

    assert not faults
    assert len(told.stories) == 1_000
    assert took_s < 2                          # half a second, and room for a busy machine


WORD = st.sampled_from(["bot", "stories", "story", "steps", "user", "given", "actions", "expect", "at", "a", "1", "",
                        "{x}", "*", "/a/", "crash"])
TREE = st.recursive(WORD | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    WORD | st.sampled_from(["slots", "image", "sends", "called", "fails", "options", "results"]), inner, max_size=3),
    max_leaves=15)


@settings(max_examples=100, deadline=None)
@given(st.lists(TREE, max_size=4))
def test_whatever_stands_in_the_file_is_answered(steps):
    for tree in (steps, {"bot": "a", "stories": steps}, {"bot": "a", "stories": [{"story": "s", "steps": steps}]}):
        text = json.dumps(tree)
        _, faults = read(text)
        assert all(0 <= fault.span.start <= fault.span.end <= len(text) for fault in faults)
