"""YAML as the language reads it."""

import time

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import yaml
from dsl.fixes import edited
from dsl.source import Source
from dsl.yaml import MAX_DEPTH, Mapping, Scalar, Sequence, plain, read_yaml


def read(text: str):
    return read_yaml(Source("x.yml", text))


def value(text: str):
    node, faults = read(text)
    assert not faults
    return plain(node)


def codes(text: str) -> list[str]:
    return [fault.code for fault in read(text)[1]]


def marked(text: str) -> list[tuple[str, str]]:
    """Each fault's code and what it points at."""
    return [(fault.code, text[fault.span.start:fault.span.end]) for fault in read(text)[1]]


@pytest.fixture(params=["c", "python"])
def loader(request, monkeypatch):
    """Both loaders of PyYAML, where there are two."""
    if request.param == "python":
        monkeypatch.setattr(yaml, "_LOADER", pyyaml.SafeLoader)


def test_every_scalar_is_a_string():
    node, _ = read("a: Yes\nb: 1:30\nc: 007\nd: 1.50\n")

    assert [entry.value.value for entry in node.entries] == ["Yes", "1:30", "007", "1.50"]


def test_keys_and_values_know_their_place(loader):
    text = "é😀: [x, 'it''s', {k: \"v\\n\"}]\r\nb: |\r\n  two\r\n  lines\r\n"
    node, _ = read(text)

    first, second = node.entries
    x, its, inner = first.value.items
    assert [text[n.start:n.end] for n in (first.key, x, its, inner, inner.entries[0].value, second.key)] == [
        "é😀", "x", "'it''s'", '{k: "v\\n"}', '"v\\n"', "b"]
    assert its.value == "it's"
    assert second.value.value == "two\nlines\n"


def test_a_block_ends_where_its_last_value_does(loader):
    text = "a:\n  b: 1\n  c:\n    - 2\n\n\nd: 3\n"
    node, _ = read(text)

    assert text[node.entries[0].value.start:node.entries[0].value.end] == "b: 1\n  c:\n    - 2"


def test_a_byte_order_mark_shifts_nothing(loader):
    text = "\ufeffa: b"
    node, faults = read(text)

    assert not faults
    assert text[node.entries[0].value.start:] == "b"


@pytest.mark.parametrize(("text", "expected"), [
    ("true", True), ("false", False), ("null", None), ("~", None), ("12", 12), ("-3", -3), ("0", 0),
    ("'12'", "12"), ('"null"', "null"), ("007", "007"), ("1.5", "1.5"), ("+1", "+1"), ("True", "True"),
    ("12345678901234567890", "12345678901234567890"), ("2026-03-01", "2026-03-01"), ("[1, {a: b}]", [1, {"a": "b"}]),
])
def test_plain_json_changes_only_what_can_be_written_back(text, expected):
    assert value(text) == expected


def test_an_empty_file_has_no_value_and_no_fault():
    assert read("# nothing\n") == (None, ())


@pytest.mark.parametrize(("text", "expected"), [
    ("a: !x 3", [("F052", "!x")]),
    ("a: !<tag:yaml.org,2002:str> 3", [("F052", "!<tag:yaml.org,2002:str>")]),
    ("a: &q {b: 1}", [("F053", "&q")]),
    ("a: *q", [("F053", "*q")]),
    ("a: !x &q [1]", [("F052", "!x"), ("F053", "&q")]),
    ("a: 1\nb: 2\na: 3", [("F054", "a")]),
    ("[a]: b", [("F058", "[a]")]),
    ("{a: b}: c", [("F058", "{a: b}")]),
    ("a: 1\n---\nb: 2", [("F057", "---")]),
    ("a: b\x00", [("F050", "\x00")]),
    ("a: \udce9", [("F050", "\udce9")]),
    ("a: \ufeff", [("F050", "\ufeff")]),
])
def test_what_hides_the_meaning_of_a_file_is_refused_where_it_stands(text, expected):
    assert marked(text) == expected


def test_after_a_tag_an_alias_or_a_double_the_rest_is_read_all_the_same():
    node, faults = read("a: !x 1\nb: *y\na: 2\nc: 3")

    assert plain(node) == {"a": 1, "b": "", "c": 3}
    assert [fault.code for fault in faults] == ["F052", "F053", "F054"]


def test_a_double_key_shows_where_it_stood_first():
    _, (fault,) = read("a: 1\na: 2")

    assert [(label.span.start, label.text) for label in fault.others] == [(0, "first here")]


def test_a_byte_that_is_not_utf8_is_named():
    text = b"a: caf\xe9".decode("utf-8", "surrogateescape")

    assert "byte 0xE9" in read(text)[1][0].message


@pytest.mark.parametrize(("text", "said"), [
    ("\ta: b", "a tab"),
    ("a: @b", "`@`"),
    ("a: `b", "```"),
    ("a: b: c", "a second `:`"),
    ("abc\nd: e", "a second `:`"),
    ("a:\n  - b\n c: d", "not indented like"),
    ("a: 'x' y", "the value ends before this"),
    ("a: {b} c", "the value ends before this"),
    ('a: "x', "opened and never closed"),
    ("a: [x\nb: c", "bracket is missing"),
    ('a: "\\q"', "`\\`"),
    ("a: | x", "begins on the next line"),
    ("a: &", "something YAML knows"),
    ("%FOO", ""), ("[a]\nb", "does not belong"),
])
def test_what_cannot_be_read_is_said_in_plain_words(text, said, loader):
    _, (fault,) = read(text)

    assert fault.code == "F051"
    assert said in fault.message
    assert fault.fixes


def test_values_too_deep_are_refused_before_they_can_hurt(loader):
    assert codes("[" * 1_000_000) == ["F055"]
    assert codes("- " * (MAX_DEPTH + 1)) == ["F055"]
    assert codes("a: [" * 1) == ["F051"]


def test_a_billion_laughs_are_not_funny():
    text = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi",
                                                                                           strict=True))
    assert set(codes(text)) == {"F053"}


def test_who_reads_a_file_says_how_many_values_it_may_hold():
    assert read_yaml(Source("x.yml", "[1, 2]"), 2)[1] == ()
    fault, = read_yaml(Source("x.yml", "[1, 2, 3]"), 2)[1]

    assert (fault.code, fault.message) == ("F056", "this file holds more than 2 values")


@pytest.mark.parametrize("text", [
    "- a\n" * 250_000, "[" + "{}," * 330_000 + "]", "k: v\n" * 200_000, "&a " * 300_000, "? " * 500_000,
    "\n" * 1_000_000, "|\n" + " \n" * 500_000, '"' + "a" * 1_000_000, "---\n" * 250_000, "*a\n" * 300_000,
    "- !x a\n" * 140_000, "\x00" * 1_000_000, "{a: " * 250_000,
], ids=range(13))
def test_a_megabyte_of_anything_is_answered_at_once(text):
    began = time.process_time()
    _, faults = read(text)

    assert len(faults) <= 110
    assert time.process_time() - began < 6     # a second, and room for a busy machine


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text):
    node, faults = read(text)

    assert node is None or isinstance(node, Scalar | Sequence | Mapping)
    assert all(0 <= fault.span.start <= fault.span.end <= len(text) for fault in faults)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab:-[]{}\"'#&*!|>%@`,? \n\t\\"))
def test_any_punctuation_is_read_or_refused(text):
    _, faults = read(text)

    assert all(0 <= fault.span.start <= fault.span.end <= len(text) for fault in faults)


@pytest.mark.parametrize(("line", "mended"), [
    ("  - bot: Booked: yoga", '  - bot: "Booked: yoga"'), ("name: text, max: 40", 'name: "text, max: 40"'),
    ("a: b: c   # why", None), ('a: "b": c', None), ("a: {b: c}: d", None),
])
def test_a_text_with_a_colon_is_put_in_quotes_where_that_is_all(line, mended):
    text = f"- x: 1\n{line}\n" if line.startswith(" ") else f"{line}\n"
    text = text.replace("- x: 1\n  - bot", "- steps:\n  - bot")
    fault = read(text)[1][0]

    assert (edited(text, fault.fixes[0].edits).split("\n")[-2] if fault.fixes[0].edits else None) == mended
