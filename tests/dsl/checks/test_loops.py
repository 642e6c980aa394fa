"""No turn goes round in circles, and no flow calls itself without end."""

from tests.dsl.checks.flows import lines, one, others


def test_flows_that_lead_to_each_other_without_a_question_are_told_once_with_the_way_back():
    flow = '''
flow main
  say "Let me look."
  -> wait_more

flow wait_more
  say "Just a moment."
  -> main
'''
    found = one(flow, code="F303")

    assert found.message == "`main` and `wait_more` lead to each other without ever asking the user"
    assert lines(flow, codes="F303") == ["F303 4 -> wait_more: goes to line 6"]
    assert others(flow, found) == ["8 -> main: and back"]


def test_a_ring_of_three_names_all_of_them():
    flow = '''
flow main
  -> one

flow one
  -> two

flow two
  -> main
'''
    found = one(flow, code="F303")

    assert found.message == "`main`, `one` and `two` lead to each other without ever asking the user"
    assert others(flow, found) == ["6 -> two: goes to line 8", "9 -> main: and back"]


def test_a_flow_that_leads_to_itself_is_told():
    assert one('''
flow main
  say "Hello!"
  -> main
''', code="F303").message == "`main` leads back to itself without ever asking the user"


def test_a_question_in_the_ring_ends_the_turn():
    assert lines('''
flow main
  choose again "Once more?"
    - "Yes"  -> main
    - "No"
  end
''', codes="F303") == []


def test_a_need_in_the_ring_asks_only_once_and_so_does_not_end_it():
    assert lines('''
flow main
  need name as text "Your name?"
  say "Hello {name}!"
  -> main
''', codes="F303") == ["F303 5 -> main: goes to line 2"]


def test_an_action_in_the_ring_ends_the_turn():
    assert lines('''
flow main
  call look() into found
    on failure -> main
  say "{found}"
  end
''', "actions:\n  look: {returns: text, python: actions.look}\n", codes="F303") == []


def test_a_for_ends_with_its_list():
    assert lines('''
flow main
  for one in names
    say "Hello {one}!"
    for other in names
      if other == one
        say "That is you."
  end
''', 'slots:\n  names: {type: list of text, default: []}\n', codes="F303") == []


def test_a_for_that_jumps_back_before_itself_is_a_ring():
    assert lines('''
flow main
  for one in names
    if one == "Ana"
      -> main
  end
''', 'slots:\n  names: {type: list of text, default: []}\n', codes="F303") == ["F303 5 -> main: goes to line 2"]


def test_what_a_called_flow_does_silently_belongs_to_the_turn():
    assert lines('''
flow main
  do greet
  -> main

flow greet
  say "Hello!"
''', codes="F303") == ["F303 4 -> main: goes to line 2"]


def test_a_called_flow_that_asks_ends_the_turn():
    assert lines('''
flow main
  do greet
  -> main

flow greet
  ask name as text "Your name?"
  say "Hello {name}!"
''', codes="F303") == []


def test_a_flow_called_twice_in_a_row_is_no_ring():
    assert lines('''
flow main
  do greet
  do greet @second
  end

flow greet
  say "Hello!"
''') == []


def test_flows_that_call_each_other_silently_are_an_error():
    flow = '''
flow main
  do up
  end

flow up
  do down

flow down
  do up
'''
    assert lines(flow, codes="F303 F309") == ["F303 7 do down: goes to line 9"]


def test_a_flow_that_calls_itself_after_a_question_is_a_warning():
    found = one('''
flow main
  do round
  end

flow round
  choose more "Once more?"
    - "Yes"
      do round
    - "No"
''', code="F309")

    assert found.message == "`round` calls itself"


def test_flows_that_call_each_other_after_a_question_are_a_warning():
    flow = '''
flow main
  do up
  end

flow up
  choose more "Once more?"
    - "Yes"
      do down
    - "No"

flow down
  do up
'''
    found = one(flow, code="F309")

    assert found.message == "`up` and `down` call each other"
    assert others(flow, found) == ["13 do up: and back"]
