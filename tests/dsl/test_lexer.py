"""The lexer never raises, and every token is where it says it is."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.grammar import grammar_text
from dsl.kinds import BLOCK, DECIMAL, DURATION, INT, MOMENT, NEVER_NAMES, NEW_LINE, REGEX, TEXT, URL
from dsl.lark_tables import understood
from dsl.lexer import LONGEST_LINE, MOST_PROBLEMS, MOST_TOKENS, lex
from dsl.look import OTHER_SIGNS, PATTERNS
from dsl.source import Source


def kinds(text: str) -> list[str]:
    return lex(Source("a.flow", text)).kinds


def codes(text: str) -> list[str]:
    tokens = lex(Source("a.flow", text))
    return [problem.code for problem in (*tokens.problems, *tokens.strays)]


def test_the_patterns_are_those_of_the_grammar():
    written = {terminal.name: terminal.pattern.to_regexp() for terminal in understood(grammar_text()).terminals}

    for kind, pattern in PATTERNS.items():
        assert plain(pattern) in plain(written[kind.strip("<>").upper()])


def plain(pattern: str) -> str:
    """A pattern without backslashes that do nothing."""
    return re.sub(r"\\(?=[/\"'])", "", pattern).replace("\n", r"\n")


@given(st.text(st.characters() | st.sampled_from("\"'{}()[]/\\\n\t-># .,"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_becomes_tokens_in_order_whose_words_are_what_is_written(text):
    tokens = lex(Source("a.flow", text))

    assert tokens.starts == sorted(tokens.starts)
    assert all(start <= end <= len(text) for start, end in zip(tokens.starts, tokens.ends, strict=True))
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
        assert kind in NEVER_NAMES or kind == text[start:end] or OTHER_SIGNS[text[start:end]] == kind
    assert [last for _, _, last in tokens.lines] == [at + 1 for at, kind in enumerate(tokens.kinds) if kind == NEW_LINE]


def test_one_token_of_each_kind():
    text = 'x1 "a" """b\nc""" 9:00 2026-12-31 30m 1.5 18 https://x.y/z?a=b#c -> .. != # note'

    assert kinds(text) == ["x1", TEXT, BLOCK, MOMENT, MOMENT, DURATION, DECIMAL, INT, URL, "->", "..", "!=", NEW_LINE]


def test_a_slash_divides_unless_a_pattern_can_begin_there():
    assert kinds("set x = a / b / c").count("/") == 2
    assert kinds("set x = on / 2").count("/") == 1
    assert kinds("on /a b/, / c/").count(REGEX) == 2
    assert kinds(r'- "x" also /a\/b/ -> y').count(REGEX) == 1


def test_brackets_join_lines_only_after_a_bracket_or_comma_or_before_a_closing_one():
    assert len(lex(Source("a", "call f(\n  a,\n  b\n)\nend")).lines) == 2
    assert len(lex(Source("a", "call f(a\nend")).lines) == 2


def test_windows_line_ends_and_a_byte_order_mark_leave_no_trace():
    assert kinds("\ufeffflow a\r\n  end\r\n") == kinds("flow a\n  end\n")
    assert not codes("\ufeffflow a\r\n  end # note\r\n")


@pytest.mark.parametrize(("text", "code"), [
    ('say "a', "F001"), ("\tsay", "F003"), ("say 'a'", "F006"), ("say “a”", "F006"), ("say `a`", "F006"),
    ("say ‘a’", "F006"), ("say // a", "F002"), ("say /* a\n", "F002"), ("-- a", "F002"),
    ("on /a", "F008"), ('say """a', "F009"), ("a = " + "(" * 200, "F020"), ("a → b", "F002"), ("a && b", "F002"),
    ("a\u00a0b", "F002"), ("x = [" + "1, " * LONGEST_LINE, "F021"),
])
def test_what_cannot_be_read_is_told(text, code):
    assert code in codes(text)


def test_a_text_without_its_quote_ends_before_what_cannot_be_text():
    text = '- "Book a visit -> book'
    tokens = lex(Source("a", text))

    assert tokens.kinds == ["-", TEXT, "->", "book", NEW_LINE]
    assert text[tokens.starts[1]:tokens.ends[1]] == '"Book a visit'


def test_an_open_block_goes_on_over_the_lines_indented_deeper():
    found = kinds('flow a\n  say """\n    Hello\n      you\n  end')

    assert found == ["flow", "a", NEW_LINE, "say", TEXT, NEW_LINE, "end", NEW_LINE]


def test_tabs_are_told_once_with_a_fix_for_every_line():
    problem, = lex(Source("a", "flow a\n\tsay b\n\t\tend")).problems

    assert [edit.text for edit in problem.fixes[0].edits] == ["  ", "    "]


def test_comments_are_kept_with_their_place():
    comment, = lex(Source("a", 'say "# no" # allow F402: yes')).comments

    assert comment.text == " allow F402: yes"
    assert comment.span.start == 11


@pytest.mark.parametrize(("lines", "is_whole"), [(MOST_TOKENS * 2 // 5, True), (MOST_TOKENS * 3 // 5, False)])
def test_empty_lines_are_no_tokens_of_a_long_file(lines: int, is_whole: bool):
    tokens = lex(Source("a", "a\n\n" * lines))

    assert [problem.code for problem in tokens.problems] == ([] if is_whole else ["F021"])
    assert (len(tokens.kinds) == 2 * lines) is is_whole


def test_past_so_many_tokens_or_faults_the_rest_is_not_read_but_its_words_are_known():
    long = lex(Source("a", "a " * MOST_TOKENS + "\nflow later"))
    faulty = lex(Source("a", "'a' " * (MOST_PROBLEMS + 50) + "\n$ flow later"))

    assert "later" in long.unread
    assert "later" in faulty.unread
    assert len(faulty.problems) <= MOST_PROBLEMS + 1
