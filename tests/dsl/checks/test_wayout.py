"""From every question a user can get on: back to a menu, to a person, or to an end."""

from tests.dsl.checks.flows import lines, one, others


def test_questions_that_only_lead_to_each_other_are_told_once():
    flow = '''
flow main
  ask animal as text "Which animal?"
  -> colour

flow colour
  ask tint as text "Which colour?"
  say "Nice, {tint}."
  -> main
'''
    found = one(flow, code="F306")

    assert found.message == "from `main.animal` there is no way back to a menu, or to an end"
    assert others(flow, found) == ['7 ask tint as text "Which colour?": and this again']


def test_a_pattern_of_anywhere_that_leads_to_an_end_is_a_way_out():
    assert lines('''
anywhere
  on "stop" -> bye

flow main
  ask animal as text "Which animal?"
  say "{animal}"
  -> main

flow bye
  end
''') == []


def test_a_pattern_of_anywhere_that_only_comes_back_is_none():
    assert lines('''
anywhere
  on "help" do help

flow main
  ask animal as text "Which animal?"
  say "{animal}"
  -> main

flow help
  say "Any animal will do."
''', codes="F306") == ['F306 6 ask animal as text "Which animal?": no way out']


def test_a_person_is_a_way_out():
    assert lines('''
flow main
  ask animal as text "Which animal?"
    tries 2 -> nurse
  say "{animal}"
  -> main

flow nurse
  handover "nurses"
  -> main
''') == []


def test_a_menu_is_a_way_out():
    assert lines('''
menu main "What now?"
  - "Animals"  -> animals

flow animals
  ask animal as text "Which animal?"
  say "{animal}"
  -> main
''') == []


def test_what_a_called_flow_asks_comes_back_to_its_caller():
    assert lines('''
flow main
  do ask_animal
  end

flow ask_animal
  ask animal as text "Which animal?"
  say "{animal}"
''') == []


def test_a_called_flow_is_as_stuck_as_all_its_callers():
    assert lines('''
flow main
  do ask_animal
  -> main

flow ask_animal
  ask animal as text "Which animal?"
  say "{animal}"
''') == ['F306 7 ask animal as text "Which animal?": no way out']


def test_a_target_that_names_nothing_may_be_a_way_out():
    assert lines('''
flow main
  ask animal as text "Which animal?"
    on "stop" -> by
  say "{animal}"
  -> main
''', codes="F306") == []


def test_tries_that_ask_the_same_again_are_told():
    flow = '''
flow main
  ask born as date "When were you born?"
    tries 3
      say "Once more."
      again
  say "{born}"
  end
'''
    assert lines(flow) == ["F307 4 tries 3: leads back"]
    assert others(flow, one(flow, code="F307")) == ['3 ask born as date "When were you born?": asked again']


def test_tries_of_a_menu_that_fall_through_to_it_are_told():
    assert lines('''
menu main "What now?"
  tries 3
    say "Please choose."
  - "Bye"
    end
''') == ["F307 3 tries 3: leads back"]


def test_tries_that_lead_elsewhere_first_are_fine():
    assert lines('''
flow main
  ask born as date "When were you born?"
    tries 3
      ask year as integer "Then only the year?"
        tries 3 -> bye
      say "{year}"
      again born
  say "{born}"
  end

flow bye
  end
''', codes="F307") == []


def test_an_otherwise_that_leads_to_a_question_is_told():
    assert lines('''
anywhere
  otherwise 2 times -> main

flow main
  ask born as date "When were you born?"
  say "{born}"
  end
''', codes="F307") == ["F307 3 -> main: leads back"]


def test_an_otherwise_that_leads_to_a_menu_is_fine():
    assert lines('''
anywhere
  otherwise 2 times -> main

menu main "What now?"
  - "Bye"
    end
''') == []


def test_a_question_that_can_refuse_and_knows_nothing_else_is_linear():
    assert lines('''
flow main
  ask born as date "When were you born?"
  say "{born}"
  end
''') == ['F308 3 ask born as date "When were you born?": the only way on is an answer']


def test_a_question_that_takes_any_text_is_not_linear():
    assert lines('''
flow main
  ask name as text "Your name?"
  say "{name}"
  end
''') == []


def test_tries_skip_patterns_timers_and_anywhere_are_other_ways_on():
    for clause in ("tries 3 -> bye", 'skip "Rather not"', 'on "help" say "Like 24 March 1990."', "after 2h -> bye"):
        assert lines(f'''
flow main
  ask born as date "When were you born?"
    {clause}
  track asked()
  -> bye

flow bye
  end
''', codes="F308") == []


def test_what_leads_into_a_ring_is_not_told_again():
    assert lines('''
flow main
  ask q as text "Q?"
  track q(q)
  choose again "Again?"
    - "Yes"  -> main
    - "No"   -> ring

flow ring
  ask w as text "W?"
  track w(w)
  -> ring
''', codes="F306") == ['F306 10 ask w as text "W?": no way out']
