"""What is set is used somewhere."""

from tests.dsl.checks.flows import lines

NAME = "slots:\n  name: {type: text, max: 40}\n"
LOOK = "actions:\n  look: {returns: text, reasons: [gone], python: actions.look}\n"


def test_what_is_set_and_never_read_is_told_once():
    assert lines('''
flow main
  ask size as text "Which size?"
  choose colour "Which colour?"
    - "Red"   = "r"
    - "Blue"  = "b"
  call look() into found
    on failure
      end
  end
''', LOOK, codes="F402") == ["F402 3 size: set here", 'F402 5 - "Red"   = "r": set here', "F402 7 found: set here"]


def test_what_is_only_tested_counts_as_read():
    assert lines('''
flow main
  need name "Your name?"
  end
''', NAME) == []


def test_what_outlives_the_conversation_is_for_others_to_read():
    assert lines('''
flow main
  ask name "Your name?"
  end
''', "slots:\n  name: {type: text, max: 40, keep: user}\n", codes="F402") == []


def test_the_language_is_read_by_the_machine():
    assert lines('''
flow main
  set language = "en"
  end
''', codes="F402") == []


def test_the_name_of_a_loop_need_not_be_read():
    assert lines('''
flow main
  for one in names
    say "Another one."
  end
''', "slots:\n  names: {type: list of text, default: []}\n") == []
