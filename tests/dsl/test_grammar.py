"""The grammar, the tables made of it, and what the rest of the compiler believes of them."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from lark import Lark

from dsl import syntax
from dsl.expected import BELONGS, CLAUSES, KINDS, OTHER_WORDS, SHAPES, STATEMENTS, TOP_LEVEL, listed, named
from dsl.grammar import (
    KEPT,
    MAKES,
    MAKES_OF_LISTS,
    MAKES_OF_ONE,
    Production,
    automaton,
    fingerprint,
    grammar_text,
    packed,
    unpacked,
)
from dsl.kinds import END, NAME, NEVER_NAMES
from dsl.lark_tables import build
from dsl.parser import parse
from dsl.reader import Reader
from dsl.source import Source
from dsl.tree import MAKERS
from tests.dsl.sentences import without_places

# Where a keyword and a name could both stand, the keyword is meant.
GOLDEN = Path(__file__).parent / "golden" / "syntax"
BOTH = {"true", "false", "not", "reveal", "list", "buttons"}


@cache
def tables():
    return build(grammar_text())


def test_lark_finds_no_conflict_and_no_two_terminals_for_one_text():
    Lark(grammar_text(), parser="lalr", lexer="contextual", start=["file", "interpolation"], strict=True,
         maybe_placeholders=True)


def test_the_tables_on_record_are_those_of_the_grammar():
    """Write them anew with `python -m dsl.lark_tables`."""
    built = packed(tables(), grammar_text())

    assert json.loads(KEPT.read_text("utf-8")) == json.loads(json.dumps(built))


def test_tables_survive_being_packed():
    assert unpacked(json.loads(json.dumps(packed(tables(), grammar_text())))) == tables()


def test_an_edited_grammar_is_read_by_lark_at_once(monkeypatch):
    monkeypatch.setattr("dsl.grammar.grammar_text", lambda: grammar_text().replace('"say"', '"tell"'))
    automaton.cache_clear()
    try:
        file, problems = parse(Source("a", 'flow a\n  tell "Hello."\n  end\n'))
    finally:
        monkeypatch.undo()
        automaton.cache_clear()

    assert not problems
    assert isinstance(file.items[0], syntax.Flow)


def test_every_rule_that_makes_something_has_a_maker_and_every_maker_a_rule():
    making = [production for production in automaton().productions
              if production.how in (MAKES, MAKES_OF_ONE, MAKES_OF_LISTS)]
    own = {"text", "number", "count", "moment", "duration", "url", "regex", "format_arg"}
    reader = Reader(Source("a", ""))
    reader.begin("file")
    makers = reader.makers

    assert {production.rule for production in making} == set(MAKERS) | own
    assert all(makers[production.number] for production in making)


def test_the_files_on_record_hold_every_class_of_the_syntax_tree():
    found = set()
    for name in ("everything.flow", "texts.flow"):
        file, _ = parse(Source(name, (GOLDEN / name).read_text("utf-8")))
        found |= set(_classes(file.items))
    every = {kind.__name__ for kind in syntax.Node.__subclasses__()} - {"File", "Comment"}

    assert found == every


def _classes(tree):
    if isinstance(tree, tuple):
        for part in tree:
            yield from _classes(part)
    elif isinstance(tree, syntax.Node):
        yield type(tree).__name__
        yield from (name for field in tree.__struct_fields__ for name in _classes(getattr(tree, field)))


def test_a_keyword_is_only_preferred_to_a_name_where_it_is_known_to_be():
    both = set()
    for row in automaton().rows:
        if isinstance(row.get(NAME), int):
            both |= {kind for kind, action in row.items() if kind.isalpha() and isinstance(action, int)}

    assert both == BOTH


def test_what_is_expected_is_told_in_plain_words_in_every_state():
    for row in automaton().rows:
        kinds = {kind for kind in row if kind != END}
        if any(not isinstance(action, Production) for action in row.values()):
            words = listed(kinds)
            assert words
            assert "<" not in words.replace("`<`", "").replace("`<=`", "")


def test_every_kind_of_token_has_a_name_in_plain_words():
    named_otherwise = {kind for kind in NEVER_NAMES if kind[0] == "<" and len(kind) > 2} - {END, "<stray>"}

    assert named_otherwise == set(KINDS)


def test_what_is_said_of_words_is_said_of_words_of_the_language():
    words = automaton().words | {"->", "-", "{"}

    assert set(SHAPES) <= words
    assert set(BELONGS) <= words
    assert {ours for each in OTHER_WORDS.values() for ours in each} <= words
    assert words >= STATEMENTS | CLAUSES | TOP_LEVEL


@pytest.mark.parametrize("word", sorted(set(SHAPES) & (STATEMENTS | CLAUSES | TOP_LEVEL)))
def test_the_shapes_shown_to_authors_can_be_read(word):
    line = SHAPES[word]
    if word in TOP_LEVEL:
        below = {"rule": "trim", "anywhere": 'on "x" -> main', "menu": '- "x" -> main'}.get(word, "end")
        text = f"{line}\n  {below}\n"
    elif word in STATEMENTS:
        below = {"choose": '    - "Yes"\n', "if": "    end\n", "for": "    end\n"}.get(word, "")
        text = f"flow main\n  {line}\n{below}"
    else:
        above = {"link": 'say "x"', "footer": 'say "x"'}.get(word, 'ask x from y "x"')
        text = f"flow main\n  {above}\n    {line}\n"

    assert parse(Source("a", text))[1] == ()


def test_long_and_multi_line_pieces_are_shortened_where_they_are_named():
    assert named("x" * 30) == f"`{'x' * 20}…`"
    assert named('"""\nHello') == '`"""…`'
    assert named("`") == "“`”"
    assert named("") == "the end of the line"


def test_nothing_of_lark_is_loaded_to_read_a_file():
    program = ("import sys; from dsl.parser import parse; from dsl.source import Source; "
               "print('dsl.tables' in sys.modules, parse(Source('a', 'flow a\\n  end\\n'))[1], 'lark' in sys.modules)")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said == "False () False\n"


def test_the_fingerprint_tells_grammars_apart():
    assert fingerprint("a") != fingerprint("b")


def test_places_do_not_count_when_trees_are_compared():
    one, two = (parse(Source("a", text))[0].items for text in ("flow a\n  end\n", "flow  a\n\n  end\n"))

    assert one != two
    assert without_places(one) == without_places(two)
