"""No turn sends more messages than go out."""

from tests.dsl.checks.flows import lines


def says(count: int, indent: str = "  ") -> str:
    return "\n".join(f'{indent}say "Message {number}."' for number in range(1, count + 1))


def too_many(flow: str, domain: str = "") -> list[str]:
    return lines(flow, domain, codes="F310")


def test_the_eleventh_message_of_a_turn_is_told():
    assert too_many(f"flow main\n{says(12)}\n  end\n") == ['F310 12 say "Message 11.": message 11']


def test_ten_are_fine():
    assert too_many(f"flow main\n{says(10)}\n  end\n") == []


def test_a_question_counts_and_its_answer_begins_a_new_turn():
    ask = '\n  choose tea "Tea?"\n    - "Yes"\n'
    assert too_many(f"flow main\n{says(9)}{ask}{says(9)}\n  end\n") == []
    assert too_many(f"flow main\n{says(10)}{ask}  end\n") == ['F310 12 choose tea "Tea?": message 11']


def test_the_longest_way_counts():
    assert too_many(f'''flow main
  choose tea "Tea?"
    - "Yes"
{says(5, "      ")}
    - "No"
{says(2, "      ")}
{says(6)}
  end
''') == ['F310 17 say "Message 6.": message 11']


def test_what_a_called_flow_sends_counts_for_its_caller():
    assert too_many(f'''flow main
{says(5)}
  do more
  say "One too many."
  end

flow more
{says(5)}
''') == ['F310 8 say "One too many.": message 11']


def test_a_called_flow_that_asks_begins_a_new_turn():
    assert too_many(f'''flow main
{says(5)}
  do more
{says(7)}
  end

flow more
{says(2)}
  choose tea "Tea?"
    - "Yes"
''') == []


def test_what_a_for_sends_counts_once():
    assert too_many(f'''flow main
{says(8)}
  for name in names
    say "{{name}}"
  say "Done."
  end
''', "slots:\n  names: {type: list of text, default: []}\n") == []


def test_a_jump_stays_in_the_turn():
    assert too_many(f"flow main\n{says(6)}\n  -> more\n\nflow more\n{says(6)}\n  end\n") == [
        'F310 15 say "Message 5.": message 11']
