"""Every value is set before it is used, also where flows call each other and the user breaks in."""

from tests.dsl.checks.flows import lines, one

NAME = "slots:\n  name: {type: text, max: 40}\n"


def unset(flow: str, domain: str = "") -> list[str]:
    return lines(flow, domain, codes="F401")


def test_a_called_flow_sets_slots_for_its_caller():
    assert unset('''
flow main
  do ask_name
  say "Hello {name}!"
  end

flow ask_name
  ask name "Your name?"
''', NAME) == []


def test_a_called_flow_that_sets_only_on_one_way_does_not():
    assert unset('''
flow main
  do ask_name
  say "Hello {name}!"
  end

flow ask_name
  choose may "May we ask your name?"
    - "Yes"
      ask name "Your name?"
    - "No"
''', NAME) == ["F401 4 name: read here"]


def test_what_one_caller_knows_is_not_blurred_by_another():
    assert unset('''
menu main "What now?"
  - "Greet"
    need name "Your name?"
    do hours
    say "Hello {name}!"
  - "Hours"
    do hours @other
  - "Bye"
    end

flow hours
  choose day "Which day?"
    - "Monday"
    - "Sunday"
''', NAME) == []


def test_a_called_flow_is_read_with_what_every_caller_knows():
    assert unset('''
menu main "What now?"
  - "Greet"
    need name "Your name?"
    do greet
  - "Just greet"
    do greet @other
  - "Bye"
    end

flow greet
  say "Hello {name}!"
''', NAME) == ["F401 12 name: read here"]


def test_a_value_that_comes_back_is_known():
    assert unset('''
flow main
  do address("home") into home
  say "{home}"
  end

flow address(kind: text) -> text
  ask street as text "Your {kind} address?"
  return street
''') == []


def test_a_flow_that_clears_leaves_its_caller_without():
    assert unset('''
flow main
  ask name "Your name?"
  do forget
  say "{name}"
  end

flow forget
  clear name
''', NAME) == ["F401 5 name: read here"]


def test_locals_of_a_caller_survive_a_call():
    assert unset('''
flow main
  ask street as text "Your street?"
  do other
  say "{street}"
  end

flow other
  ask street as text "Another street?"
  track seen(street)
''') == []


def test_flows_that_call_each_other_are_summed_up_too():
    assert unset('''
flow main
  do round
  say "{name}"
  end

flow round
  ask name "Your name?"
  choose more "Once more?"
    - "Yes"
      do round
    - "No"
''', NAME) == []


# --- what the user may do at any time ---------------------------------------------------------------------------


def test_a_pattern_of_anywhere_leads_away_before_a_name_is_set():
    found = one('''
anywhere
  on "order" -> order

flow main
  ask name "Your name?"
  -> order

flow order
  say "For {name}."
  end
''', NAME, code="F401")

    assert found.why == "One way to this line does not set it: order (line 3)."


def test_a_block_of_anywhere_that_comes_back_may_have_cleared():
    assert unset('''
anywhere
  on "forget me" do forget

flow main
  ask name "Your name?"
  choose next "And now?"
    - "Greet"
      say "Hello {name}!"
  end

flow forget
  clear name
''', NAME) == ["F401 9 name: read here"]


def test_a_block_of_anywhere_that_only_speaks_keeps_all():
    assert unset('''
anywhere
  on "help" do help
  on audio  say "I cannot listen."

flow main
  ask name "Your name?"
  choose next "And now?"
    - "Greet"
      say "Hello {name}!"
  end

flow help
  choose more "More help?"
    - "No"
''', NAME) == []


def test_a_block_of_a_step_shares_the_names_of_its_flow():
    assert unset('''
flow main
  ask street as text "Your street?"
  choose right "Is {street} right?"
    on "why"
      say "To send it to {street}."
    after 1h
      say "Is {street} right?"
    - "Yes"
  end
''') == []


def test_a_timer_leads_away_before_the_answer():
    assert unset('''
flow main
  ask name "Your name?"
    after 1h -> bye
  -> bye

flow bye
  say "Bye, {name}!"
  end
''', NAME) == ["F401 8 name: read here"]


# --- arguments --------------------------------------------------------------------------------------------------


def test_an_argument_must_have_a_value():
    assert unset('''
flow main
  call book(name)
    on failure
      end
  end
''', NAME + "actions:\n  book: {params: {name: text}, python: actions.book}\n") == ["F401 3 name: read here"]


def test_an_argument_whose_question_may_be_skipped_may_be_passed_on_without_a_value():
    assert unset('''
flow main
  ask photo as image "A photo, please?"
    skip "No photo"
  call report(photo)
    on failure
      end
  end
''', "actions:\n  report: {params: {photo: image}, python: actions.report}\n") == []


def test_an_argument_that_the_bot_tests_elsewhere_may_be_passed_on_without_a_value():
    assert unset('''
menu main "What now?"
  - "My cart"  when cart
    say "{cart}"
  - "Add"
    call add(cart) into cart
      on failure
        end
  - "Bye"
    end
''', "slots:\n  cart: {type: text, max: 9}\n"
         "actions:\n  add: {params: {cart: text}, returns: text, python: actions.add}\n") == []
