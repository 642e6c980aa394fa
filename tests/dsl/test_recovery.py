"""After a mistake reading goes on: what was wrong is told once, where it is, and nothing else is told because of it."""

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import syntax as s
from dsl.diagnostics import Certainty, Diagnostic
from dsl.fixes import apply_safe
from dsl.lines import DEEPEST_BLOCK, MOST_PROBLEMS
from dsl.parser import parse
from dsl.source import Source
from tests.dsl.faults import faulty

FILES = [path.read_text("utf-8") for path in sorted((Path(__file__).parent / "golden" / "syntax").glob("*.flow"))
         if path.stem in ("clinic", "everything")]
MEGABYTE = 1_000_000


def told(text: str) -> tuple[Diagnostic, ...]:
    return parse(Source("a.flow", text))[1]


def in_flow(*lines: str) -> tuple[Diagnostic, ...]:
    return told("flow main\n" + "".join(f"  {line}\n" for line in lines))


def mended(text: str) -> str:
    """The text after every certain fix."""
    source = Source("a.flow", text)
    return apply_safe(parse(source)[1], {source.name: source}).get(source.name, text)


# --- how much is found ----------------------------------------------------------------------------------------


def found_and_false(files: int, faults: int) -> tuple[float, float]:
    """Of all faults the share that is told within a line of it, and how many reports a file are of no fault."""
    found = false = 0
    for seed in range(files):
        wrong = faulty(FILES[seed % len(FILES)], seed, faults)
        source = Source("a.flow", wrong.text)
        lines = [source.position(problem.span.start)[0] for problem in parse(source)[1]]
        found += sum(any(abs(line - fault) <= 1 for line in lines) for fault in wrong.lines)
        false += sum(all(abs(line - fault) > 1 for fault in wrong.lines) for line in lines)
    return found / (files * faults), false / files


@pytest.mark.parametrize("faults", [1, 3, 5])
def test_nine_of_ten_faults_are_found_with_few_false_alarms(faults):
    found, false = found_and_false(files=120, faults=faults)

    assert found >= 0.95
    assert false <= 0.1


# --- any text -------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from((*FILES[0].split(), *" \n\"'{}()[]#/\\-><=@.,:|\t", "\n  ", "\n    ")), max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_heap_of_pieces_is_read_to_its_end(pieces):
    file, _ = parse(Source("a.flow", " ".join(pieces)))

    assert isinstance(file, s.File)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_to_its_end(text):
    assert isinstance(parse(Source("a.flow", text))[0], s.File)


@given(st.integers(0, 10**6), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_a_file_with_its_lines_in_any_order_is_read_to_its_end(seed, step):
    lines = FILES[seed % 2].split("\n")
    random.Random(seed).shuffle(lines)

    assert isinstance(parse(Source("a.flow", "\n".join(lines[::step])))[0], s.File)


HEAPS = {
    "brackets": "(" * MEGABYTE, "quotes": "'" * MEGABYTE, "blocks": '\\"""\n' * (MEGABYTE // 5),
    "signs": "\0" * MEGABYTE, "words": "a " * (MEGABYTE // 2),
    "braces": "flow x\n" + '  say "{{{{"\n' * (MEGABYTE // 14),
    "values": 'flow x\n  say "' + "{a}" * (MEGABYTE // 3) + '"', "sums": "flow x\n  set a = " + "1+" * (MEGABYTE // 2),
    "list": "flow x\n  set a = [" + "1," * (MEGABYTE // 2), "nots": "flow x\n  set a = " + "not " * (MEGABYTE // 4),
    "patterns": "on ," + r",\/" * (MEGABYTE // 3), "lines": "foo\n" * (MEGABYTE // 4),
    "flows": "flow a\n" * (MEGABYTE // 7),
    "block under nothing": "flow x\n  ask\n" + "    foo\n" * (MEGABYTE // 8), "tabs": "\tend\n" * (MEGABYTE // 5),
    "comments": "/*" * (MEGABYTE // 2), "lines of comments": "// a\n" * (MEGABYTE // 5),
    "ends of comments": "/**/" * (MEGABYTE // 4),
    "deeper and deeper": "flow x\n" + "".join("  " * depth + "if a\n" for depth in range(1, 990)),
}


@pytest.mark.parametrize("heap", sorted(HEAPS))
def test_a_megabyte_of_anything_is_read_within_a_second(heap):
    began = time.process_time()
    problems = told(HEAPS[heap])

    # A second on an idle machine; other tests may share this one.
    assert time.process_time() - began < 3
    assert 1 <= len(problems) <= 3 * MOST_PROBLEMS


def test_reading_takes_time_in_proportion_to_the_file():
    def cost(copies: int) -> float:
        text = FILES[0] * copies
        best = 10.0
        for _ in range(3):
            began = time.process_time()
            parse(Source("a.flow", text))
            best = min(best, time.process_time() - began)
        return best

    cost(1)
    assert cost(80) < 3 * 8 * cost(10)


# --- what is told of each kind of fault -------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "code", "fix"), [
    ("goto main", "F013", "write `->`"),
    ('print "Hi"', "F013", "write `say`"),
    ('utter "Hi"', "F013", "write `say`"),
    ('Say "Hi"', "F014", "did you mean `say`?"),
    ('sya "Hi"', "F014", "did you mean `say`?"),
    ("call book() inot x", "F014", "did you mean `into`?"),
    ("say Hello there, you", "F026", "put it between quotes"),
    ("if n == 3 then", "F012", "leave it out"),
    ('ask a "A?" tries 3 -> main', "F032", "put it on the next line, two spaces deeper"),
    ("say Hello. Welcome. Write to us", "F026", "put it between quotes"),
    ("call book(a b)", "F011", "write `,` here"),
    ("set a 1", "F011", "write `=` here"),
    ("set a = [1, 2", "F028", "close it with `]`"),
    ("set a = (1 + 2", "F028", "close it with `)`"),
    ("set a == 1", "F019", "write `=`"),
    ("call f(1))", "F012", "leave it out"),
    ("ask ask city \"Which?\"", "F012", "leave it out"),
    ('-> "main"', "F029", "take the quotes away"),
    ("if a -> main", "F032", "put it on the next line, two spaces deeper"),
    ('ask a "Which?" as text', "F018", 'put it before `"Which?"`'),
    ("endif", "F013", "leave it out: a block ends where its indentation does"),
    ("hint \"x\"", "F017", "it belongs under a question, a choice or a menu"),
    ("->", "F011", "a line with `->` looks like: -> main"),
    ("choose \"Which?\"", "F011", 'a line with `choose` looks like: choose confirm "Shall I book it?"'),
    ("menu 5 6 7", "F023", "put it at the left edge, outside of everything else"),
    ("say \"C:\\docs\"", "F005", "write `\\\\` for a backslash"),
    ("set a = 'x'", "F006", 'use `"` at both ends'),
    ("if a && b", "F002", "write `and`"),
])
def test_a_fault_is_told_with_the_edit_that_mends_it(line, code, fix):
    problems = in_flow('say "before"', line, 'say "after"')

    assert [problem.code for problem in problems if problem.code != "F016"] == [code]
    assert problems[0].fixes[0].text == fix


@pytest.mark.parametrize(("wrong", "right"), [
    ("flow a\n\tsay \"x\"\n\tend\n", 'flow a\n  say "x"\n  end\n'),
    ("flow a\n  goto b\n", "flow a\n  -> b\n"),
    ("flow a\n  if x\n    end\n  else if y\n    end\n", "flow a\n  if x\n    end\n  elif y\n    end\n"),
    ('flow a\n  ask x "X?" hint "Y"\n  end\n', 'flow a\n  ask x "X?"\n    hint "Y"\n  end\n'),
    ("flow a\n  if x = 1\n    end\n", "flow a\n  if x == 1\n    end\n"),
    ("flow a\n  say “x” \n  end\n", 'flow a\n  say "x" \n  end\n'),
    ("flow a\n  say 'x'\n  end\n", 'flow a\n  say "x"\n  end\n'),
    ("flow a\n  say \"x\"\n     end\n", 'flow a\n  say "x"\n  end\n'),
    ("flow a\n  if x -> b\n", "flow a\n  if x\n    -> b\n"),
    ("flow a\n  end\n  flow b\n    end\n", "flow a\n  end\nflow b\n    end\n"),
    ("flow a\n  say \"\\q\"\n  end\n", 'flow a\n  say "\\\\q"\n  end\n'),
    ("flow a\n  → b\n", "flow a\n  -> b\n"),
])
def test_certain_fixes_mend_the_file(wrong, right):
    assert mended(wrong) == right
    assert not told(right)


def test_what_cannot_be_read_says_what_was_expected_and_what_was_found():
    problem, = in_flow('ask city as text "Which?" "Where?"  @x', "end")

    assert problem.code == "F012"
    problem, = in_flow("set = 5", "end")
    assert problem.message == "a name is missing before `=`"
    problem, = in_flow("opt over", "end")
    assert problem.message == "I expected `in` or `out`, found `over`"


def test_the_other_half_of_the_story_is_shown():
    problem, = in_flow("set a = (1 + 2", "end")

    assert problem.label == "opened here"
    assert problem.others[0].text == "not closed before this"


def test_one_line_is_told_of_once():
    assert len(in_flow('say “a” say "b" $ §', "end")) == 1


# --- going on ---------------------------------------------------------------------------------------------------


def names(text: str) -> list[str]:
    return [item.name.text for item in parse(Source("a", text))[0].items if not isinstance(item, s.Anywhere)]


@pytest.mark.parametrize("line", ["flow a(x", "flow a -> -> text", 'flow a "x" "y" "z" "t" was', "flow a ???"])
def test_a_flow_whose_first_line_cannot_be_read_is_still_there(line):
    text = f"{line}\n  say \"x\"\n  end\n\nflow b\n  -> a\n"

    assert names(text) == ["a", "b"]
    assert len(told(text)) == 1


def test_what_a_broken_line_names_is_known():
    file, problems = parse(Source("a", "flow a\n  call book(1 into visit x y z\n  say \"{visit.at}\"\n  end\n"))

    assert len(problems) == 1
    assert {"book", "visit"} <= set(file.broken)


def test_the_names_in_a_broken_value_are_known():
    file, _ = parse(Source("a", 'flow a\n  say "{city or}"\n  end\n'))

    assert "city" in file.broken


def test_a_block_under_a_line_nobody_can_read_is_read():
    problems = told('flow a\n  what is this\n    - "Yes" -> b\n    - "No" -> -> c\n  end\n')

    assert [problem.code for problem in problems] == ["F010", "F012"]


def test_a_missing_block_is_told_at_the_line_that_wants_it():
    source = Source("a", "flow a\n  ask b \"?\"\n    tries 3\n  if x\n\nflow c\n  end\n")
    places = [(problem.code, source.position(problem.span.start)[0]) for problem in parse(source)[1]]

    assert places == [("F016", 3), ("F016", 4)]
    assert names(source.text) == ["a", "c"]


def test_an_empty_flow_at_the_end_is_told():
    assert [problem.code for problem in told("flow a")] == ["F016"]


def test_a_run_of_slipped_lines_is_told_once():
    assert len(told('flow a\n  say "1"\n     say "2"\n     say "3"\n     say "4"\n  end\n')) == 1


def test_a_habit_of_four_spaces_is_no_fault():
    assert told('flow a\n    if b\n        end\n    end\n') == ()


def test_a_line_between_two_depths_goes_with_its_neighbours():
    source = Source("a", 'flow a\n  choose b "?"\n    - "1"\n      end\n   - "2"\n      end\n    - "3" -> a\n')
    problem, = parse(source)[1]

    assert problem.code == "F004"
    assert problem.fixes[0].edits[0].text == "    "


def test_options_that_stand_as_far_left_as_their_choice_are_read_as_its_options():
    file, problems = parse(Source("a", 'flow a\n  choose b "?"\n  - "1" -> a\n  - "2" -> a\n'))

    assert [problem.code for problem in problems] == ["F015"]
    assert len(file.items[0].body[0].options) == 2


def test_a_choice_is_not_told_to_be_empty_when_its_options_could_not_be_read():
    assert [problem.code for problem in told('menu a "?"\n  - \n')] == ["F011"]
    assert [problem.code for problem in told('menu a "?"\n  hint "x"\n')] == ["F022"]


@pytest.mark.parametrize(("clauses", "code"), [
    ('hint "1"\n    hint "2"', "F030"), ("tries 1 -> a\n    tries 2 -> a", "F030"), ("private\n    private", "F030"),
])
def test_a_clause_that_counts_once_stands_once(clauses, code):
    assert [problem.code for problem in told(f'flow a\n  ask b "?"\n    {clauses}\n  end\n')] == [code]


def test_clauses_that_may_repeat_do():
    assert told('flow a\n  ask b "?"\n    on "1" -> a\n    on "2" -> a\n    after 1h -> a\n    after 2h -> a\n') == ()
    assert told('flow a\n  call b\n    on "1" -> a\n    on "2" -> a\n  end\n') == ()
    assert told('flow a\n  call b\n    on "1" -> a\n    on "1" -> a\n  end\n')[0].code == "F030"


@pytest.mark.parametrize("written", ["tries 0 -> a", "tries 1001 -> a", "after 100000000 days -> a", "after 0s -> a",
                                     f"tries {'9' * 5000} -> a"])
def test_numbers_out_of_reason_are_told(written):
    assert [problem.code for problem in told(f'flow a\n  ask b "?"\n    {written}\n  end\n')] == ["F025"]


def test_blocks_too_deep_in_each_other_are_told_once():
    deep = "".join("  " * depth + "if a\n" for depth in range(1, DEEPEST_BLOCK + 20))
    problems = told(f"flow x\n{deep}flow y\n  end\n")

    assert [problem.code for problem in problems] == ["F020"]


def test_a_value_too_deep_is_told_and_the_line_still_opens_its_block():
    problems = told("flow x\n  if " + "not " * 200 + "a\n    end\n  else\n    end\n")

    assert [problem.code for problem in problems] == ["F020"]


def test_a_long_line_with_a_fault_is_not_tried_in_every_order():
    words = " ".join(["word"] * 2000)

    assert [problem.code for problem in in_flow(f"ask city as {words}", "end")] == ["F010"]


def test_after_too_many_faults_the_rest_is_not_read_but_its_names_are_known():
    file, problems = parse(Source("a", "flow a\n" + "  what is this\n" * 200 + "flow later\n  end\n"))

    assert len(problems) == MOST_PROBLEMS
    assert "later" in file.broken


def test_after_too_many_values_the_rest_is_not_read(monkeypatch):
    monkeypatch.setattr("dsl.reader.MOST_VALUES", 3)
    file, problems = parse(Source("a", 'flow a\n  say "{a}{b}{c}{d}"\n  say "{e}"\nflow later\n  end\n'))

    assert [problem.code for problem in problems] == ["F021"]
    assert "later" in file.broken


def test_certain_fixes_of_any_broken_file_leave_a_text():
    for seed in range(40):
        wrong = faulty(FILES[seed % 2], seed, 3).text
        assert isinstance(mended(wrong), str)


def _every(problems: tuple[Diagnostic, ...]) -> Iterator[str]:
    for problem in problems:
        yield from (problem.message, problem.label, problem.why, *(fix.text for fix in problem.fixes))


def test_no_word_of_compilers_is_said_to_authors():
    for seed in range(80):
        for said in _every(told(faulty(FILES[seed % 2], seed, 3).text)):
            own = re.sub(r"`[^`]*`|looks like: .*", "", said)
            for word in ("token", "terminal", "node", "syntax", "parse", "invalid", "illegal", "!", "<"):
                assert word not in own


def test_labels_have_at_most_eight_words():
    for seed in range(80):
        assert all(len(problem.label.split()) <= 8 for problem in told(faulty(FILES[seed % 2], seed, 3).text))


def test_certain_fixes_carry_edits():
    for seed in range(80):
        for problem in told(faulty(FILES[seed % 2], seed, 3).text):
            assert all(fix.edits for fix in problem.fixes if fix.certainty is Certainty.SAFE)


def test_of_a_row_of_options_at_a_question_one_is_told():
    rows = '  ask {0} "?"\n    - "1"\n    - "2"\n    - "3" -> b\n'
    problems = told(f"flow a\n{rows.format('x')}{rows.format('y')}  end\n")

    assert [(problem.code, problem.span.start < 30) for problem in problems] == [("F017", True), ("F017", False)]
