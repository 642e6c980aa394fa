"""Every flow, step and option is reached, and every way through a flow ends somewhere."""

from tests.dsl.checks.flows import lines, one, others, said


def test_of_a_region_that_nothing_reaches_only_the_beginning_is_named():
    assert lines('''
flow main
  end

flow hours
  say "From 9 to 5."
  -> sundays

flow sundays
  say "Not on Sundays."
  end
''') == ["F301 5 flow hours: nothing leads here"]


def test_of_flows_that_only_lead_to_each_other_the_first_is_named():
    assert lines('''
flow main
  end

flow morning
  ask tea as boolean "Tea?"
  if tea
    -> evening
  end

flow evening
  ask tea as boolean "More tea?"
  if tea
    -> morning
  end
''', codes="F301") == ["F301 5 flow morning: nothing leads here"]


def test_what_stands_behind_a_jump_is_never_done():
    assert lines('''
flow main
  say "Bye!"
  end
  say "Still here?"
''') == ['F301 5 say "Still here?": never done']


def test_what_stands_behind_an_if_whose_arms_all_leave_is_never_done():
    assert lines('''
flow main
  ask tea as boolean "Tea?"
    skip "No answer"
  if tea
    -> main
  else
    end
  say "Enjoy it!"
  ask more as text "More?"
  say "{more}"
  end
''') == ['F301 9 say "Enjoy it!": never done']


def test_a_question_behind_a_jump_is_named_as_such():
    assert one('''
flow main
  end
  ask tea as boolean "Tea?"
  if tea
    end
  end
''', code="F301").message == "this can never be reached"


def test_what_follows_a_call_of_a_flow_that_never_comes_back_is_never_done():
    assert lines('''
flow main
  do bye
  say "Welcome back!"
  end

flow bye
  say "Bye!"
  end
''') == ['F301 4 say "Welcome back!": never done']


def test_a_menu_that_nothing_leads_to_is_called_a_menu():
    assert one('''
flow main
  end

menu other "What now?"
  - "Bye"
    end
''', code="F301").message == "the menu `other` can never be reached"


def test_patterns_events_and_places_for_the_lost_lead_to_flows():
    assert lines('''
anywhere
  on "hours"  do hours

flow main
  lost -> lost_here
  ask name as text "Your name?"
  say "Hello {name}!"
  end

flow hours
  say "From 9 to 5."

flow order
  starts on "order"
  end

flow arrived
  starts on event arrived
  end

flow lost_here
  end
''', "events:\n  arrived: {}\n") == []


def test_a_flow_that_a_misspelt_target_may_have_meant_is_not_told():
    assert lines('''
flow main
  -> huors

flow hours
  end
''', codes="F301") == []


def test_a_flow_that_is_entered_by_a_jump_must_not_fall_off_its_end():
    flow = '''
flow main
  -> hours

flow hours
  ask day as text "Which day?"
  say "On {day} from 9 to 5."
'''
    assert lines(flow) == ['F302 7 say "On {day} from 9 to 5.": nothing follows']
    assert others(flow, one(flow, code="F302")) == ["3 -> hours: comes here, and not by `do`"]


def test_a_flow_that_is_only_called_falls_off_its_end_and_comes_back():
    assert lines('''
flow main
  do hours
  end

flow hours
  say "From 9 to 5."
''') == []


def test_a_flow_that_is_called_and_jumped_to_must_not_fall_off_its_end():
    assert lines('''
flow main
  do hours
  -> hours

flow hours
  say "From 9 to 5."
''') == ['F302 7 say "From 9 to 5.": nothing follows']


def test_a_written_return_is_no_falling_off():
    assert lines('''
flow main
  return
''', codes="F302") == []


def test_a_return_in_a_flow_that_nothing_calls_goes_back_to_nobody():
    flow = '''
flow main
  do helps
  if help is known
    -> goes
  return

flow goes
  return

flow helps
  return
'''
    found = lines(flow, "slots: {help: {type: text, max: 9, keep: user}}\n", codes="F311")

    assert found == ["F311 6 return: to nobody", "F311 9 return: to nobody"]


def test_a_value_that_is_returned_to_nobody_is_told_without_an_edit():
    found, = said("flow main -> integer\n  return 1\n", codes="F311")

    assert found.fixes[0].edits == ()


def test_arms_that_fall_off_are_told_together():
    flow = '''
flow main
  ask tea as boolean "Tea?"
    skip "No answer"
  if tea
    say "Here it is."
  else
    say "As you like."
'''
    assert lines(flow) == ['F302 8 say "As you like.": nothing follows']
    assert others(flow, one(flow, code="F302")) == ['6 say "Here it is.": and here']


def test_a_flow_that_promises_a_value_must_return_it_on_every_way():
    flow = '''
flow main
  do address() into home
  say "{home}"
  end

flow address() -> text
  choose may "May we ask?"
    - "Yes"
      ask street as text length 2..40 "Your address?"
      return street
    - "No"
'''
    found = one(flow, code="F302")

    assert [each for each in lines(flow) if each.startswith("F4")] == []
    assert found.message == "`address` ends here without returning the text it promises"


def test_the_last_question_of_a_flow_falls_off_too():
    assert [one.code for one in said('''
flow main
  choose tea "Tea?"
    - "Yes"
    - "No"
      end
''')] == ["F302"]


def test_a_block_that_only_interrupts_a_question_comes_back_to_it():
    assert lines('''
flow main
  ask name as text "Your name?"
    on "why"  say "So that we can greet you."
    after 5m
      say "Still there?"
  say "Hello {name}!"
  end
''') == []


def test_an_option_of_a_menu_without_anything_behind_it_leads_nowhere():
    found = one('''
menu main "What now?"
  - "Hours"
  - "Again"  -> main
  - "Bye"
    end
''', code="F305")

    assert found.message == "the option `Hours` leads nowhere"


def test_an_option_of_a_choose_goes_on_with_the_next_line():
    assert lines('''
flow main
  choose tea "Tea?"
    - "Yes"
    - "No"
  end
''') == []


def test_the_flow_of_failures_is_reached_by_calls_and_comes_back_to_the_last_question():
    assert lines('''
flow main
  choose may "Shall we look?"
    - "Yes"
      call look()
  end

flow system.failed
  say "Something went wrong."
''', "actions:\n  look: {python: actions.look}\n") == []


def test_a_block_that_asks_its_flow_again_leaves_the_block():
    assert lines('''
flow main
  ask name as text length 1..20 "Your name?"
  choose right "Is it {name}?"
    on "no"
      say "Oh."
      again name
    - "Yes"
  end
''') == []


def test_of_two_steps_with_one_name_only_the_name_is_told():
    assert lines('''
flow main
  choose tea "Tea?"
    - "Yes"
  choose tea "Tea?"
    - "Yes"
  end
''') == ["F123 5 tea: same name"]
