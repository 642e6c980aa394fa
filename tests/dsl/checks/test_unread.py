"""What is set is used somewhere."""

from tests.dsl.checks.flows import applied, lines, one, others

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


def test_what_is_set_under_nearly_the_name_that_is_read_is_one_fault():
    flow = '''
flow main
  call look() into fuond
    on failure
      end
  say "{found} {found}"
  end
'''
    domain = "slots:\n  found: {type: text, max: 9}\n" + LOOK

    assert lines(flow, domain) == ["F401 6 found: read here"]
    found = one(flow, domain, code="F401")
    assert others(flow, found) == ["3 fuond: set here, and never read"]
    assert lines(applied(flow, found), domain) == []


def test_where_something_is_set_that_has_no_name_any_other_may_have_been_meant():
    flow = 'flow main\n  set gues = 3\n  say "{guess}"\n  end\n'

    assert lines(flow, "slots: {guess: integer}\n") == ["F102 2 gues: nothing has this name"]
