"""One line of JSON per turn, and nothing of anybody in it."""

import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
from loguru import logger

from dsl.table import version
from runtime.events import Said
from runtime.store.port import Conversation, Handled, Inbound
from runtime.telemetry import compiled, log_to, turns_taken
from runtime.turns import Turns
from tests.runtime.toy import USER, advance, table


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log_to(stream)
    yield stream
    logger.remove()
    logging.getLogger().removeHandler(logging.getLogger().handlers[0])


def handled(text: str) -> Handled:
    before = Conversation(f"whatsapp:1:{USER}", "9f2c", 3)
    inbound = Inbound(before.id, "wamid.1", msgspec.json.encode(Said(text)).decode(), address=f"+{USER}")
    return Handled(before, inbound, Turns(table(), advance)(before, inbound))


def test_what_is_about_to_be_served_is_said(lines: io.StringIO):
    compiled(table(), 2)
    told = json.loads(lines.getvalue())

    assert told.pop("at")
    assert told == {"level": "info", "what": "compiled", "bot": table().bot, "version": version(table()),
                    "steps": len(table().steps), "diagnostics": 2}


def test_a_turn_is_one_line(lines: io.StringIO):
    turns_taken([handled("my number is 4111")])
    (line,) = lines.getvalue().splitlines()
    told = json.loads(line)

    assert told.pop("at")
    assert 0 <= told.pop("took_ms") < 10_000
    assert told == {"level": "info", "what": "turn", "conversation": "9f2c", "turn": 3, "event": "said",
                    "step_from": None, "step_to": "main.word", "effects": ["say"]}


def test_turns_of_one_commit_are_one_line_each(lines: io.StringIO):
    turns_taken([handled("one"), handled("raise"), handled("two")])

    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [one["level"] for one in told if one["what"] == "turn"] == ["error", "info", "info"]


def test_a_turn_that_failed_says_so(lines: io.StringIO):
    taken = handled("raise")
    turns_taken([taken])
    failed, turn = map(json.loads, lines.getvalue().splitlines())

    assert (failed["what"], failed["error"]) == ("turn failed", "KeyError")
    assert any(place.endswith(" effects") for place in failed["trace"])
    assert (turn["level"], turn["error"]) == ("error", "KeyError")


def test_no_number_and_no_text_of_a_user_is_in_any_line(lines: io.StringIO):
    turns_taken([handled("raise"), handled("hello")])

    assert not any(private in lines.getvalue() for private in (USER, "hello", "a word the user wrote"))


def test_a_line_is_a_line_whatever_is_in_it(lines: io.StringIO):
    logger.bind(odd=object(), text="a\nb").warning("two\nlines")

    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["what"] == "two\nlines"


def test_what_a_library_warns_of_is_a_line_too(lines: io.StringIO):
    try:
        raise ValueError("of a user")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed on %s", "port 80")

    told = json.loads(lines.getvalue())
    assert (told["what"], told["library"], told["error"]) == ("it failed on port 80", "uvicorn.error", "ValueError")
    assert "of a user" not in lines.getvalue()


def test_what_is_below_the_level_is_not_told():
    stream = io.StringIO()
    log_to(stream, "ERROR")
    logger.info("quiet")
    logger.remove()

    assert stream.getvalue() == ""
