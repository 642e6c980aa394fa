"""A choice is shown by the title of what was chosen, a local one too, in the language of the user."""

import pytest

from dsl.build import build_sources
from dsl.source import Source
from dsl.story import read_stories
from runtime.stories import play

DOMAIN = """\
bot: shop
languages: [en, es]
start: main
slots:
  plan: {type: choice, values: {basic: Basic plan, plus: Plus plan}}
"""
FLOW = """\
anywhere
  on "mood"
    choose mood "Mood?"
      - "Very well" = "well"
      - "Unwell" = "ill"
    say "You are {mood}."

flow main
  choose size "Which size?"
    - "Small one" = "s"
    - "Large one" = "l"
  ask plan "Which plan?"
  SAYS
  do other
  end

flow other
  choose size "Which sort?"
    - "Sweet" = "s"
    - "Salty" = "l"
  say "Sort: {size}."
"""
SPANISH = {"Small one": "Pequeño", "Large one": "Grande", "Plus plan": "Plan plus", "Sort: {size}.": "Tipo: {size}.",
           "Sweet": "Dulce"}


def played(says: str, story: str) -> str:
    """Why the story is not as written; empty if it is."""
    po = "\n".join(f'msgid "{text}"\nmsgstr "{said}"\n' for text, said in SPANISH.items())
    built = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW.replace("SAYS", says), "locales/es.po": po})
    assert built.table is not None, built.diagnostics
    assert built.map is not None
    steps = "".join(f"      {line}\n" for line in story.strip().split("\n"))
    told, faults = read_stories(Source("s.yml", f"bot: shop\nstories:\n  - story: a\n    steps:\n{steps}"))
    assert not faults
    broken = play(built.table, built.map, told.stories[0]).broken
    return "" if broken is None else f"{broken.reason} {broken.differences}"


BEGUN = '- user: hi\n- bot: Which size?\n- user: "1"\n- bot: Which plan?\n- user: "2"\n'


@pytest.mark.parametrize(("says", "said"), [
    ('say "{size}, {plan}"', "Small one, Plus plan"), ('say "{size|upper}, {plan|lower}"', "SMALL ONE, plus plan"),
    ('say "{size or \'none\'}"', "Small one"), ('say "{\'no\' if size == \'l\' else size}"', "Small one"),
    ('say "{(size or plan) or \'none\'}"', "Small one"), ('clear plan\n  say "{plan or \'none\'}"', "none"),
    ('set plan = "basic"\n  say "{plan}"', "Basic plan"), ('say "{\'s\' in size}: {size + \'!\'}"', "Yes: s!"),
])
def test_a_text_shows_the_title_of_what_was_chosen(says: str, said: str):
    assert played(says, f'{BEGUN}- bot: "{said}"\n- bot:') == ""


def test_choices_of_one_name_in_two_flows_have_their_own_titles():
    assert played('say "{size}"',
                  f'{BEGUN}- bot: Small one\n- bot: Which sort?\n- tap: Sweet\n- bot: "Sort: Sweet."') == ""


def test_the_title_is_in_the_language_of_the_user():
    assert played('set language = "es"\n  say "{size}, {plan}"',
                  f'{BEGUN}- bot: Pequeño, Plan plus\n- bot: Which sort?\n- tap: Dulce\n- bot: "Tipo: Dulce."') == ""


def test_a_choice_anywhere_has_its_titles():
    assert played('say "{size}"', "- user: hi\n- bot: Which size?\n- user: mood\n- bot: Mood?\n- tap: Unwell\n"
                                  "- bot: You are Unwell.\n- bot: Which size?") == ""


def test_a_story_knows_a_choice_by_its_title():
    assert played('ask plan "{size}, {plan}?" @again', BEGUN + '- bot: "{size}, {plan}?"') == ""
