"""Every value is set before it is used, on every way within a flow."""

import pytest

from tests.dsl.checks.flows import lines, one, others

NAME = "slots:\n  name: {type: text, max: 40}\n"
LOOK = "actions:\n  look: {returns: text, reasons: [gone], python: actions.look}\n"


def unset(flow: str, domain: str = "") -> list[str]:
    return lines(flow, domain, codes="F401")


def test_a_read_that_one_way_leaves_unset_is_told_with_that_way_and_where_it_is_set():
    flow = '''
menu main "What now?"
  - "Track"  -> lookup
  - "Order"  -> order

flow order
  ask order_id "What is your order number?"
  -> lookup

flow lookup
  say "Looking for {order_id}"
  end
'''
    found = one(flow, "slots:\n  order_id: {type: text, max: 9}\n", code="F401")

    assert unset(flow, "slots:\n  order_id: {type: text, max: 9}\n") == ["F401 11 order_id: read here"]
    assert found.message == "`order_id` may have no value here"
    assert found.why == "One way to this line does not set it: main -> lookup (line 3)."
    assert others(flow, found) == ["7 order_id: set only here"]
    assert found.fixes[0].text == "ask for it first, or write `{order_id or '…'}`"


def test_a_name_that_is_read_twice_is_told_once():
    assert unset('''
flow main
  say "Hello {name}!"
  say "How are you, {name}?"
  end
''', NAME) == ["F401 3 name: read here"]


def test_a_name_that_nothing_sets_says_so():
    assert one('''
flow main
  say "Hello {name}!"
  end
''', NAME, code="F401").why == "No line of the bot gives it a value."


def test_a_response_is_told_where_it_is_said():
    flow = '''
flow main
  say greeting
  end
'''
    assert unset(flow, NAME + 'responses:\n  greeting: "Hello {name}!"\n') == ["F401 3 say greeting: read here"]


def test_a_condition_is_told_with_another_fix():
    found = one('''
flow main
  if age < 18
    end
  end
''', "slots:\n  age: integer\n", code="F401")

    assert found.fixes[0].text == "ask for it first, write `age or …`, or guard this with `if age is known`"


def test_a_way_through_many_flows_leaves_out_its_middle():
    flows = "\n".join(f'flow f{n}\n  choose c "?"\n    - "a"  -> f{n + 1}\n    - "b"\n      end\n' for n in range(12))
    main = 'flow main\n  ask tea as boolean "Tea?"\n    skip "no"\n  if tea\n    ask name "Name?"\n  -> f0\n'
    found = one(f'{main}\n{flows}\nflow f12\n  say "{{name}}"\n  end\n', NAME, code="F401")

    assert found.why.count("->") == 5
    assert " -> … -> " in found.why


# --- what makes a value known -----------------------------------------------------------------------------------


@pytest.mark.parametrize("guard", [
    "if name is known", "if name", "if name is not empty", 'if name is known and name != ""',
    'if not (name is not known)', 'if name is known and len(name) > 2', "if name and tea",
])
def test_a_condition_guards_what_stands_under_it(guard):
    assert unset(f'''
flow main
  {guard}
    say "Hello {{name}}!"
  end
''', NAME + "  tea: {type: boolean, default: false}\n") == []


@pytest.mark.parametrize("guard", ["if name is not known", "if not name", "if name is empty",
                                   "if name is not known or name is empty"])
def test_a_condition_that_leaves_guards_what_stands_behind_it(guard):
    assert unset(f'''
flow main
  {guard}
    end
  say "Hello {{name}}!"
  end
''', NAME) == []


def test_one_arm_of_or_guards_nothing():
    assert unset('''
flow main
  if name is known or tea
    say "Hello {name}!"
  end
''', NAME + "  tea: {type: boolean, default: false}\n") == ["F401 4 name: read here"]


@pytest.mark.parametrize("text", ["{name or 'friend'}", "{name if name is known else 'friend'}", "{len(name or '')}"])
def test_a_text_guards_itself(text):
    assert unset(f'''
flow main
  say "Hello {text}!"
  end
''', NAME) == []


def test_need_ask_and_set_make_a_value_known():
    assert unset('''
flow main
  need name "Your name?"
  ask age as integer "Your age?"
    tries 2
      end
  set next = age + 1
  say "{name}, {age}, {next}"
  end
''', NAME + "  next: integer\n") == []


def test_defaults_parameters_and_the_language_are_always_known():
    assert unset('''
flow main
  do greet("Ana")
  end

flow greet(who: text)
  say "{who} {visits} {language}"
''', "slots:\n  visits: {type: integer, default: 0}\n") == []


def test_parameters_of_an_event_are_known_in_the_flow_it_starts():
    assert unset('''
flow main
  end

flow arrived
  starts on event arrived
  say "It is at {place}."
  end
''', "events:\n  arrived: {params: {place: text}}\n") == []


def test_parameters_of_an_event_are_not_known_where_the_flow_is_entered_otherwise():
    assert unset('''
flow main
  -> arrived

flow arrived
  starts on event arrived
  say "It is at {place}."
  end
''', "events:\n  arrived: {params: {place: text}}\n") == ["F401 7 place: read here"]


def test_a_loop_binds_its_name_while_it_runs():
    assert unset('''
flow main
  for one in names
    say "{one}"
  end
''', "slots:\n  names: {type: list of text, default: []}\n") == []


def test_an_option_with_when_guards_its_title_and_its_block():
    assert unset('''
menu main "What now?"
  - "Go on as {name}"  when name  also "on"
    say "Hello {name}!"
  - "Bye"
    end
''', NAME) == []


def test_options_with_values_set_the_name_of_the_choice():
    assert unset('''
flow main
  choose size "Which size?"
    - "Small"  = "s"
    - "Large"  = "l"
  say "{size}"
  end
''') == []


def test_a_skipped_question_leaves_its_name_without_a_value():
    found = one('''
flow main
  ask note as text length 1..99 "A note?"
    skip "None"
  say "{note}"
  end
''', code="F401")

    assert found.why == "One way to this line does not set it: main, when the question in line 4 is skipped."


def test_too_many_bad_answers_leave_the_name_without_a_value():
    found = one('''
flow main
  ask age as integer "Your age?"
    tries 2
      say "Never mind."
  say "{age}"
  end
''', code="F401")

    assert found.why == "One way to this line does not set it: main, after too many bad answers in line 4."


def test_a_call_that_fails_leaves_its_name_without_a_value():
    found = one('''
flow main
  call look() into found
    on failure
      say "Sorry."
  say "{found}"
  end
''', LOOK, code="F401")

    assert found.why == "One way to this line does not set it: main, when the call fails in line 4."


def test_a_call_whose_failures_all_leave_sets_its_name():
    assert unset('''
flow main
  call look() into found
    on "gone"
      end
    on failure -> main
  say "{found}"
  end
''', LOOK) == []


def test_cleared_is_not_known_any_more():
    found = one('''
flow main
  ask name "Your name?"
  clear name
  choose next "What now?"
    - "Go on"
  say "{name}"
  end
''', NAME, code="F401")

    assert found.why == "One way to this line does not set it: main, after it was cleared before line 5."


def test_cleared_just_before_is_told():
    assert one('''
flow main
  ask name "Your name?"
  clear name
  say "{name}"
  end
''', NAME, code="F401").why == "What `name` held is gone when this line is reached."


# --- rules and values -------------------------------------------------------------------------------------------


def test_what_a_rule_reads_must_be_known_at_its_question():
    assert unset('''
rule short for text
  check len(it) < limit
  else "Too long, {name}."

flow main
  ask code as short "Code?"
    tries 2
      end
  say "{code}"
  end
''', NAME + "  limit: integer\n") == ["F401 3 limit: read here", "F401 4 name: read here"]


def test_a_rule_that_two_questions_share_is_told_once():
    assert unset('''
rule short for text
  check len(it) < limit
  else "Too long."

flow main
  choose which "Which?"
    - "One"
      ask code as short "Code?"
        tries 2
          end
      track got(code)
    - "Other"
      ask pin as short "Pin?"
        tries 2
          end
      track got(pin)
  end
''', "slots:\n  limit: integer\n") == ["F401 3 limit: read here"]


def test_a_condition_that_is_kept_as_a_value_asks_for_bare_names_too():
    assert unset('''
flow main
  set both = name and tea
  if both
    end
  end
''', "slots:\n  name: boolean\n  tea: boolean\n  both: boolean\n") == []


def test_a_name_that_stands_twice_in_a_text_is_told_once():
    assert unset('''
flow main
  choose a "You, {name}, {name}?"
    - "Yes, {name}"
  end
''', NAME) == ["F401 3 name: read here"]


# --- what the machine says by itself ----------------------------------------------------------------------------


def test_what_the_machine_says_by_itself_is_read_wherever_a_question_waits():
    domain = NAME + 'responses:\n  system.invalid: "Sorry, {name}, please try again."\n'
    found = one('''
menu main "What now?"
  - "Bye"
    end
''', domain, code="F401")

    assert found.span.file == "domain.yml"
    assert found.why == "No line of the bot gives it a value."


def test_at_the_beginning_of_a_conversation_nothing_is_known():
    domain = NAME + 'responses:\n  system.invalid: "Sorry, {name}, please try again."\n'
    found = one('''
flow main
  ask name "Your name?"
  say "{name}"
  end
''', domain, code="F401")

    assert found.why == "It has no value when a conversation begins."


def test_a_misspelt_name_is_not_told_twice():
    assert lines('''
flow main
  ask nmae "Your name?"
  say "Hello {name}!"
  end
''', NAME, codes="F401") == []
