"""No message waits until WhatsApp's window has closed."""

from tests.dsl.checks.flows import lines, one, others

TEMPLATE = 'templates:\n  remind: {params: {}, text: {en: "Are you still there?"}}\n'


def closed(flow: str) -> list[str]:
    return lines(flow, TEMPLATE, codes="F230")


def test_a_message_after_a_day_is_told_with_the_timer():
    flow = '''
flow main
  choose tea "Tea?"
    after 24h
      say "Too late."
      end
    - "Yes"
  end
'''
    found = one(flow, TEMPLATE, code="F230")

    assert closed(flow) == ['F230 5 say "Too late.": the window is closed']
    assert found.message == "a message would go out 24 hours after the user last wrote"
    assert others(flow, found) == ["4 after 24h: waits 24 hours"]


def test_a_message_just_before_is_fine():
    assert closed('''
flow main
  choose tea "Tea?"
    after 1439m
      say "Hurry."
    - "Yes"
  end
''') == []


def test_waits_add_up_along_a_way():
    flow = '''
flow main
  choose tea "Tea?"
    after 12h -> later
    - "Yes"
  end

flow later
  choose coffee "Or coffee?"
    after 90m
      say "Still there?"
    after 12h
      say "Bye!"
      end
    - "Yes"
  end
'''
    assert closed(flow) == ['F230 13 say "Bye!": the window is closed']
    assert others(flow, one(flow, TEMPLATE, code="F230")) == ["4 after 12h -> later: waits 12 hours",
                                                              "12 after 12h: waits 12 hours"]


def test_an_answer_in_between_opens_the_window_again():
    assert closed('''
flow main
  choose tea "Tea?"
    after 12h
      choose really "Really not?"
        after 11h
          say "Hurry."
        - "No"
          choose coffee "Or coffee?"
            after 23h
              say "Hurry."
            - "Yes"
      end
    - "Yes"
  end
''') == []


def test_a_template_may_go_out_and_what_it_asks_for_comes_from_the_user():
    assert closed('''
anywhere
  on "yes" -> main

flow main
  choose tea "Tea?"
    after 24h
      send template remind()
      end
    - "Yes"
  end
''') == []


def test_a_message_that_other_ways_lead_to_is_told_at_the_timer():
    flow = '''
flow main
  choose tea "Tea?"
    after 25h -> bye
    - "Yes"
  -> bye

flow bye
  say "Bye!"
  end
'''
    assert closed(flow) == ["F230 4 after 25h -> bye: waits 25 hours"]
    assert others(flow, one(flow, TEMPLATE, code="F230")) == ['9 say "Bye!": cannot go out then']


def test_every_timer_that_leads_there_is_told():
    assert closed('''
flow main
  choose tea "Tea?"
    after 25h -> bye
    - "Yes"
  choose milk "Milk?"
    after 26h -> bye
    - "Yes"
  -> bye

flow bye
  say "Bye!"
  end
''') == ["F230 4 after 25h -> bye: waits 25 hours", "F230 7 after 26h -> bye: waits 26 hours"]


def test_a_question_is_a_message_too():
    assert closed('''
flow main
  choose tea "Tea?"
    after 2d
      choose coffee "Coffee?"
        - "Yes"
      end
    - "Yes"
  end
''') == ['F230 5 choose coffee "Coffee?": the window is closed']


def test_the_time_a_person_takes_does_not_count():
    assert closed('''
flow main
  choose tea "Tea?"
    after 20h -> nurse
    - "Yes"
  end

flow nurse
  handover "nurses"
    after 3h
      say "All nurses are busy."
  choose coffee "Coffee?"
    after 5h
      say "Still there?"
    - "Yes"
  end
''') == []


def test_what_happens_without_a_message_may_happen_at_any_time():
    assert closed('''
flow main
  choose tea "Tea?"
    after 2d
      track forgotten()
      end
    - "Yes"
  end
''') == []


def test_a_called_flow_that_speaks_is_no_better():
    assert closed('''
flow main
  choose tea "Tea?"
    after 2d
      do bye
      end
    - "Yes"
  end

flow bye
  say "Bye!"
''') == ['F230 11 say "Bye!": the window is closed']
