"""There is one layout; it changes nothing that a bot says or does, and not a letter in quotes."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.format import format_source
from dsl.parser import parse
from dsl.source import Source
from tests.dsl.sentences import sentence, without_places

GOLDEN = Path(__file__).parent / "golden" / "syntax"
BOTS = Path(__file__).parents[2] / "bots"


def formatted(text: str) -> str:
    made = format_source(text)
    assert made is not None
    return made


def meaning(text: str) -> object:
    file, problems = parse(Source("a.flow", text))
    assert problems == ()
    return without_places(file.items), [comment.text.strip() for comment in file.comments]


def test_a_messy_file_gets_the_layout_on_record(golden):
    golden(GOLDEN / "messy.formatted.txt", formatted((GOLDEN / "messy.flow").read_text("utf-8")))


@pytest.mark.parametrize("name", ["clinic", "everything", "names", "texts", "messy"])
def test_formatting_twice_changes_nothing_and_means_the_same(name):
    text = (GOLDEN / f"{name}.flow").read_text("utf-8")

    assert meaning(formatted(text)) == meaning(text)
    assert formatted(formatted(text)) == formatted(text)


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_any_sentence_of_the_grammar_keeps_its_meaning_and_its_layout(seed):
    text = sentence(seed)
    made = format_source(text)
    if made is not None:                               # a choice without options and its like cannot be read
        assert meaning(made) == meaning(text)
        assert format_source(made) == made


@given(st.sampled_from(["clinic", "everything", "texts"]), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_however_a_file_is_mangled_it_comes_out_the_same(name, seed):
    """Blanks between the pieces of a line, blank lines, blanks at the end: none of them is part of the layout."""
    chance = random.Random(seed)
    neat = formatted((GOLDEN / f"{name}.flow").read_text("utf-8"))
    lines = []
    in_block = False
    for line in neat.split("\n"):
        if line.count('"""') == 1:
            in_block = not in_block
        elif not in_block and line.strip():
            indent = len(line) - len(line.lstrip())
            pieces = re.split(r'("(?:[^"\\]|\\.)*"|#.*|/.*/)', line.strip())
            pieces[::2] = [re.sub(" ", lambda _: " " * chance.choice([1, 1, 3]), piece) for piece in pieces[::2]]
            line = " " * indent + "".join(pieces) + " " * chance.choice([0, 0, 2])
        lines.append(line)

    assert formatted("\n".join(lines)) == neat


@pytest.mark.parametrize("text", ["flow a\n  say\n", "say", 'flow a\n  say "x\n', "flow a\n\tend\n"])
def test_a_file_that_cannot_be_read_is_left_alone(text):
    assert format_source(text) is None


@pytest.mark.parametrize(("text", "made"), [
    ("", ""),
    ("\n\n", ""),
    ("# only a note", "# only a note\n"),
    ("flow a\n  end", "flow a\n  end\n"),
    ("flow a\r\n  end\r\n", "flow a\n  end\n"),
    ("\ufeffflow a\n  end\n", "flow a\n  end\n"),
    ("flow a\n  end\nflow b\n  end\n", "flow a\n  end\n\nflow b\n  end\n"),
    ("flow a\n  end\n# note on b\nflow b\n  end\n", "flow a\n  end\n\n# note on b\nflow b\n  end\n"),
    ("flow a\n  end\n\n# note\n\nflow b\n  end\n", "flow a\n  end\n\n# note\n\nflow b\n  end\n"),
    ("flow a\n\n\n\n  say b\n\n\n\n  end\n", "flow a\n  say b\n\n  end\n"),
    ("flow a\n    if b\n        end\n    end\n", "flow a\n  if b\n    end\n  end\n"),
    ("flow a\n  set b = f( - 1 )+[ 2 , 3 ][ 0 ]\n", "flow a\n  set b = f(-1) + [2, 3][0]\n"),
    ("flow a\n  set b = not ( c )\n", "flow a\n  set b = not (c)\n"),
    ("flow a\n  send image https://x.y/z , \n", None),
    ("flow a\n  set b = [https://x.y/z ]\n", "flow a\n  set b = [https://x.y/z]\n"),
    ("flow a( b:text )->text\n  return b\n", "flow a(b: text) -> text\n  return b\n"),
    ("flow a\n  if b\n    end\n    # last\n  # after\n  end\n",
     "flow a\n  if b\n    end\n    # last\n  # after\n  end\n"),
    ("flow a\n  end\n  # last\n", "flow a\n  end\n  # last\n"),
    ("flow a\n  end\n# last\n", "flow a\n  end\n# last\n"),
    ("flow a\n  call b(\n    1,  # one\n    2\n  )\n", "flow a\n  # one\n  call b(1, 2)\n"),
    ('menu a "?"\n  - "x" -> b\n  - "longer"   -> c\n  - "y" do d\n',
     'menu a "?"\n  - "x"      -> b\n  - "longer" -> c\n  - "y"      do d\n'),
    ('menu a "?"\n  - "x" -> b\n\n  - "longer" -> c\n', 'menu a "?"\n  - "x" -> b\n\n  - "longer" -> c\n'),
    ('menu a "?"\n  - "日本" -> b\n  - "four" -> c\n', 'menu a "?"\n  - "日本" -> b\n  - "four" -> c\n'),
    ('flow a\n    say """\n            Deep\n              deeper\n\n            """\n',
     'flow a\n  say """\n    Deep\n      deeper\n\n    """\n'),
    ('flow a\n  say """Begins\n        and ends"""\n', 'flow a\n  say """Begins\n    and ends"""\n'),
])
def test_the_layout(text, made):
    assert format_source(text) == made


def test_a_line_too_long_is_broken_at_its_bracket():
    made = formatted("flow a\n  set b = [" + ", ".join(f'"number {n} of many"' for n in range(8)) + "]\n")

    assert made.split("\n")[1:4] == ["  set b = [", '    "number 0 of many",', '    "number 1 of many",']
    assert formatted(made) == made


def test_a_long_line_without_a_list_stays():
    text = 'flow a\n  set b = first("' + "x" * 120 + '")\n'

    assert formatted(text) == text


def test_a_run_that_would_be_too_wide_is_not_aligned():
    text = 'menu a "?"\n  - "x" -> b\n  - "' + "y" * 95 + '" -> c\n'

    assert formatted(text) == text


@pytest.mark.parametrize("path", sorted(BOTS.glob("*/*.flow")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_bots_we_ship_keep_their_meaning(path):
    text = path.read_text("utf-8")

    assert meaning(formatted(text)) == meaning(text)
