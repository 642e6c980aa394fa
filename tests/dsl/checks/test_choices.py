"""Replies that mean two things, or never get to what they mean."""

import pytest

from dsl.checks import choices as checks
from tests.dsl.checks.flows import lines, one, others, said

FLOWS = """
flow a
  say "A."
  -> main

flow b
  say "B."
  -> main
"""
MENU = 'menu main "What?"\n  - "Out" -> b\n'


def found(flow: str, domain: str = "") -> list[str]:
    """What F50x says, with the line and the characters that are meant."""
    return [line for line in lines(flow, domain) if line.startswith("F50")]


def anywhere(*patterns: str) -> str:
    """A bot whose `anywhere` leads from these patterns to `a` and `b` in turn."""
    rows = "".join(f"  on {pattern} -> {'ab'[n % 2]}\n" for n, pattern in enumerate(patterns))
    return f"anywhere\n{rows}\n{MENU}{FLOWS}"


def options(*written: str) -> str:
    rows = "".join(f"  - {option} -> {'ab'[n % 2]}\n" for n, option in enumerate(written))
    return f'menu main "What?"\n{rows}{FLOWS}'


# --- patterns in one list -----------------------------------------------------------------------------------


def test_two_patterns_that_take_the_same_reply_are_shown_with_an_example() -> None:
    flow = options('"Track parcel" also /track.*/', '"Order help" also /.*order/')
    overlap = one(flow, code="F501")

    assert overlap.message == "a reply can mean two options"
    assert overlap.why == 'For example "track order" fits both, and the first gets it.'
    assert others(flow, overlap) == ["2 /track.*/: takes it"]
    assert found(flow) == ["F501 3 /.*order/: does not get it"]


def test_the_narrower_pattern_first_is_how_it_should_be() -> None:
    assert found(anywhere("/track my order/", "/track/")) == []
    assert found(anywhere("/track/", "/track my order/")) == ["F502 3 /track my order/: never gets it"]


def test_two_things_in_one_message_are_not_spoken_of() -> None:
    assert found(anywhere("/buy/", "/track/")) == []
    assert found(anywhere("/^buy/", r"/\bbuy now\b.*please/")) == ["F501 3 /\\bbuy now\\b.*please/: does not get it"]


def test_patterns_that_lead_to_the_same_do_not_compete() -> None:
    assert found(f'anywhere\n  on /track/, "track it", /track me/ -> a\n\n{MENU}{FLOWS}') == []
    assert found(f'anywhere\n  on "x" do c\n  on "x" do c\n\n{MENU}{FLOWS}\nflow c\n  say "C."\n') == []


@pytest.mark.parametrize(("first", "second"), [
    ('"menu"', '"Menú!"'), ("/menu/", '"menu"'), ("image", "image"), ("anything", "image"), ("anything", '"menu"'),
    ("reaction", 'reaction "👍"'), ('reaction "👍"', 'reaction "👍"'), ("anything", "/x/"), ("text", '"menu"'),
])
def test_what_is_taken_before_never_gets_a_reply(first: str, second: str) -> None:
    assert f"F502 3 {second}: never gets it" in found(anywhere(first, second))


@pytest.mark.parametrize(("first", "second"), [
    ('"menu"', "/menu/"), ("image", "video"), ('reaction "👍"', "reaction"), ("/men/", "image"), ('"a"', '"b"'),
    ("/^menu$/", '"menú"'),
])
def test_what_is_taken_only_in_part_is_left_alone(first: str, second: str) -> None:
    assert [line for line in found(anywhere(first, second)) if line.startswith("F502")] == []


def test_what_anywhere_takes_never_starts_a_flow() -> None:
    flow = anywhere('"book"') + '\nflow c\n  starts on "book", "booking"\n  say "C."\n  -> main\n'
    assert found(flow) == ['F502 16 "book": never gets it']


def test_a_pattern_of_a_question_is_held_against_those_before_it() -> None:
    flow = 'flow main\n  ask x as text "X?"\n    on /help/ -> a\n    on "help me" -> b\n  say "{x}"\n  end\n' + FLOWS
    assert found(flow) == ['F502 4 "help me": never gets it']


# --- single patterns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["text", "anything", "/.*/", "/(?s)./", "/x|.*/"])
def test_nothing_in_anywhere_may_take_every_reply(pattern: str) -> None:
    assert [line for line in found(anywhere(pattern)) if line.startswith("F505")] == [f"F505 2 {pattern}: "]
    assert [line for line in found(MENU + "  on text -> a\n" + FLOWS) if line.startswith("F505")] == []


@pytest.mark.parametrize("pattern", ['""', '"  "', "/a$b/"])
def test_no_reply_fits_a_pattern_of_nothing(pattern: str) -> None:
    assert f"F507 2 {pattern}: " in found(anywhere(pattern))


def test_a_pattern_that_cannot_be_read_is_spoken_of_once() -> None:
    flow = anywhere("/(?=a)/", "/x/", "/y/")
    assert [each.code for each in said(flow) if each.code.startswith("F5")] == ["F510"]


# --- options and answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ['"track PARCEL!"', '"Lost" also "parcel"', '"Parcel"'])
def test_two_options_have_no_words_in_common(second: str) -> None:
    flow = options('"Track parcel" also "parcel"', second)
    assert [line.split()[0] for line in found(flow)] == ["F503"]


def test_titles_that_are_equal_to_the_letter_are_the_channels_business() -> None:
    assert [each.code for each in said(options('"Out"', '"Out"')) if each.code in ("F212", "F503")] == ["F212"]


def test_options_that_are_not_shown_together_may_share_their_words() -> None:
    domain = "slots:\n  new: {type: boolean, default: true}\n"
    assert found(options('"Buy" when new', '"buy!" when not new'), domain) == []


@pytest.mark.parametrize("on", ['"out"', "/ou/", "text"])
def test_an_option_whose_words_are_taken_can_only_be_tapped(on: str) -> None:
    flow = f'menu main "What?"\n  on {on} -> a\n  - "Out" -> b\n{FLOWS}'
    taken = one(flow, code="F506")
    assert taken.why == 'A user who writes "Out" does not get the option; tapping it works.'
    assert others(flow, taken) == [f"2 {on}: takes it"]
    assert found(flow.replace(f"on {on} -> a", f"on {on} -> b")) == []


def test_an_answer_that_anywhere_takes_is_shown_with_its_question() -> None:
    flow = anywhere('"Cancel"') + (
        '\nflow c\n  starts on "c"\n  choose sure "Sure?"\n    - "Send"\n    - "cancel"\n  -> main\n')
    taken = one(flow, code="F504")
    assert taken.message == "`cancel` is an answer to a question and a pattern of `anywhere`"
    assert others(flow, taken) == ['19 "cancel": an answer here']


@pytest.mark.parametrize(("ask", "pattern"), [
    ('ask ok as boolean "Ok?"', '"yes"'), ('ask ok as boolean "Ok?"', "/^no$/"),
    ('ask plan "Which?"', '"basic"'), ('ask plan "Which?"', '"the small one"'),
    ('ask x as text "X?"\n    suggest "Stop"', '"stop"'), ('ask x as text "X?"\n    skip "Later"', '"later"'),
])
def test_yes_values_suggestions_and_skip_are_answers(ask: str, pattern: str) -> None:
    domain = 'slots:\n  plan: {type: choice, values: {basic: "The small one", large: Large}}\n'
    flow = anywhere(pattern) + f'\nflow c\n  starts on "c"\n  {ask}\n  -> main\n'
    assert [line for line in found(flow, domain) if line.startswith("F504")] == [f"F504 2 {pattern}: "]


@pytest.mark.parametrize("kind", ["image", "audio", "location", "contact"])
def test_a_kind_of_message_that_a_question_asks_for_is_not_for_anywhere(kind: str) -> None:
    flow = anywhere(kind) + f'\nflow c\n  starts on "c"\n  ask x as {kind} "X?"\n  -> main\n'
    taken = one(flow, code="F508")
    assert taken.message == f"`on {kind}` in `anywhere` takes the answer to `c.x`"
    assert [line.split(":")[-1] for line in others(flow, taken)] == [" asked for here"]


def test_other_kinds_in_anywhere_are_welcome() -> None:
    assert found(anywhere("video") + '\nflow c\n  starts on "c"\n  ask x as image "X?"\n  -> main\n') == []


def test_an_option_that_leads_where_anywhere_does_is_no_conflict() -> None:
    assert found(f'anywhere\n  on "out", /^ou/ -> b\n\n{MENU}{FLOWS}') == []


# --- bounds -------------------------------------------------------------------------------------------------


def test_past_the_bound_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "EFFORT", 0)
    monkeypatch.setattr(checks, "TEXTS", 0)
    assert found(anywhere("/track/", "/track my order/")) == []
    assert found(anywhere("/menu/", '"menu"')) == []
