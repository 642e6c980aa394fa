"""A question asked from a list that may be empty has nothing to choose from."""

import pytest

from tests.dsl.checks.flows import lines, one

SHOPS = "actions:\n  shops: {params: {}, returns: list of text, python: actions.shops}\n"


def empty(flow: str, domain: str = SHOPS) -> list[str]:
    return lines(flow, domain, codes="F304")


def asked(before: str) -> str:
    return f'''
flow main
  call shops() into shops
    on failure
      end
{before}
  ask shop from shops "Which shop?"
  track chosen(shop)
  end
'''


def test_a_list_nobody_looked_at_may_be_empty():
    flow = asked("  track found(shops)")

    assert empty(flow) == ["F304 7 shops: may be empty"]
    assert one(flow, SHOPS, code="F304").fixes[0].text == "say before it what happens then: `if shops is empty`"


@pytest.mark.parametrize("guard", [
    "if shops is empty", "if not shops", "if len(shops) == 0", "if len(shops) < 1", "if not (len(shops) > 0)",
    "if not (len(shops) >= 1)", "if shops is not known or shops is empty",
])
def test_a_guard_that_leaves_is_enough(guard):
    assert empty(asked(f"  {guard}\n    end")) == []


@pytest.mark.parametrize("guard", [
    "if shops is not known", "if len(shops) == 3", "if len(shops) > 5", "if len(shops) == len(language)",
])
def test_a_guard_of_something_else_is_not(guard):
    assert empty(asked(f"  {guard}\n    end")) == ["F304 8 shops: may be empty"]


def test_a_guard_of_an_older_list_is_not():
    again = "  call shops() into shops @again\n    on failure\n      end"

    assert empty(asked(f"  if shops is empty\n    end\n{again}")) == ["F304 11 shops: may be empty"]


def test_a_list_that_is_written_out_holds_something():
    assert empty('''
flow main
  ask size from ["S", "M"] "Which size?"
  track chosen(size)
  end
''') == []


def test_a_list_that_something_was_added_to_holds_something():
    assert empty('''
flow main
  set sizes = sizes + ["L"]
  ask size from sizes "Which size?"
  track chosen(size)
  end
''', "slots:\n  sizes: {type: list of text, default: []}\n") == []


def test_a_list_inside_a_record_is_guarded_by_its_own_name():
    assert empty('''
flow main
  call order() into order
    on failure
      end
  if order.lines is empty
    end
  ask line from order.lines "Which one?"
  track chosen(line)
  end
''', "records:\n  order: {lines: list of text}\nactions:\n  order: {returns: order, python: actions.order}\n") == []


def test_the_list_of_a_caller_is_the_callers_to_guard():
    assert empty('''
flow main
  do pick(["S", "M"])
  end

flow pick(sizes: list of text)
  ask size from sizes "Which size?"
  track chosen(size)
''') == []


def test_a_list_with_something_to_fall_back_to_holds_something():
    assert empty(asked("").replace("from shops", 'from shops or ["online"]')) == []


def test_an_empty_list_that_is_written_out_holds_nothing():
    assert empty('''
flow main
  ask size from [] "Which size?"
  track chosen(size)
  end
''') == ["F304 3 []: may be empty"]


def test_lists_that_are_joined_hold_what_one_of_them_holds():
    assert empty('''
flow main
  set more = sizes or ["S"]
  ask size from more "Which size?"
  track chosen(size)
  ask other from sizes + ["L"] "Which other?"
  track chosen(other)
  end
''', "slots:\n  sizes: {type: list of text, default: []}\n  more: {type: list of text, default: []}\n") == []


def test_a_list_that_names_nothing_is_told_once():
    assert lines('''
flow main
  ask size from sizs "Which size?"
  track chosen(size)
  end
''', codes="F102 F304") == ["F102 3 sizs: nothing has this name"]


@pytest.mark.parametrize(("line", "told"), [
    ("track seen(sizes)", []), ("set sizes = []", ["F304 4 sizes: may be empty"]),
    ("clear sizes", ["F304 4 sizes: may be empty"]),
])
def test_a_list_that_is_declared_and_never_changes_holds_what_it_is_declared_with(line, told):
    domain = "slots: {sizes: {type: list of text, default: [s, m]}}\n"

    assert empty(f'flow main\n  choose now "Now?"\n    - "Yes"\n  ask size from sizes "Which?"\n  {line}\n'
                 '  track chosen(size)\n  -> main\n', domain) == told
