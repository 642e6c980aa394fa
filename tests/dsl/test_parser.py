"""What an author writes becomes the tree it says, and every part of the tree knows its place."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import syntax as s
from dsl.parser import parse, parse_text
from dsl.render import text as shown
from dsl.source import Source, Span
from tests.dsl.sentences import sentence, without_places
from tests.dsl.trees import dump

GOLDEN = Path(__file__).parent / "golden" / "syntax"
READABLE = sorted(path for path in GOLDEN.glob("*.flow") if path.stem not in ("broken",) and "." not in path.stem)


def flow(body: str) -> tuple[s.Statement, ...]:
    """The statements of a flow with this body, which can be read."""
    lines = "".join(f"  {line}\n" for line in body.split("\n"))
    file, problems = parse(Source("a.flow", f"flow main\n{lines}"))
    assert problems == ()
    item, = file.items
    assert isinstance(item, s.Flow)
    return item.body


def value(written: str) -> s.Expr:
    statement, = flow(f"set x = {written}")
    assert isinstance(statement, s.SetSlot)
    return statement.value


def outline(expr: s.Expr) -> str:
    """An expression with all its brackets."""
    match expr:
        case s.Binary(op, left, right):
            return f"({outline(left)} {op} {outline(right)})"
        case s.Unary(op, of):
            return f"({op} {outline(of)})"
        case s.Conditional(then, test, otherwise):
            return f"({outline(then)} if {outline(test)} else {outline(otherwise)})"
        case s.Is(of, what, args, negated):
            return f"({outline(of)} is{' not' * negated} {what.text}{''.join(map(outline, args))})"
        case s.Attribute(of, name):
            return f"{outline(of)}.{name.text}"
        case s.Index(of, at):
            return f"{outline(of)}[{outline(at)}]"
        case s.Ref(name):
            return name.text
        case s.Number(written):
            return written
        case _:
            raise AssertionError(expr)


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_a_file_is_read_into_the_tree_on_record(path, golden):
    source = Source(path.name, path.read_text("utf-8"))
    file, problems = parse(source)

    assert problems == ()
    golden(path.with_suffix(".tree.txt"), dump(file.items, source))


def test_faults_are_told_as_on_record(golden):
    path = GOLDEN / "broken.flow"
    source = Source(path.name, path.read_text("utf-8"))
    _, problems = parse(source)

    told = "".join(shown([problem], {source.name: source}, "").rsplit("\n1 error", 1)[0] for problem in problems)
    golden(path.with_suffix(".problems.txt"), told)


@pytest.mark.parametrize(("written", "meant"), [
    ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
    ("a or b and not c == d", "(a or (b and (not (c == d))))"),
    ("- a . b [ 0 ] % 2", "((- a.b[0]) % 2)"),
    ("a if b else c if d else e", "(a if b else (c if d else e))"),
    ("a not in b", "(not (a in b))"),
    ("a is not national_id(b)", "(a is not national_idb)"),
    ("(a or b) and c", "((a or b) and c)"),
    ("a - -1", "(a - (- 1))"),
])
def test_operators_bind_as_in_arithmetic(written, meant):
    assert outline(value(written)) == meant


@pytest.mark.parametrize(("written", "amount", "unit"), [
    ("30s", 30, "second"), ("5m", 5, "minute"), ("2h", 2, "hour"), ("1d", 1, "day"), ("1w", 1, "week"),
    ("18 years", 18, "year"), ("1 month", 1, "month"), ("7 days", 7, "day"),
])
def test_durations(written, amount, unit):
    duration = value(written)

    assert isinstance(duration, s.Duration)
    assert (duration.amount, duration.unit) == (amount, unit)


@pytest.mark.parametrize(("written", "type", "iso"), [
    ("9:00", "time", "09:00:00"), ("23:59", "time", "23:59:00"), ("2026-12-31", "date", "2026-12-31"),
    ("2026-12-31T09:00", "datetime", "2026-12-31T09:00:00"),
])
def test_days_and_times_stand_without_quotes(written, type, iso):
    moment = value(written)

    assert isinstance(moment, s.Moment)
    assert (moment.type, moment.value) == (type, iso)


@pytest.mark.parametrize("written", ["24:00", "9:60", "2026-02-30", "2026-12-31T25:00"])
def test_a_day_or_time_that_is_none_is_told(written):
    _, (problem,) = parse(Source("a.flow", f"flow main\n  set at = {written}\n"))

    assert problem.code == "F034"


def test_an_option_may_lead_somewhere_hold_a_block_or_go_on_after_the_choice():
    choose, = flow('choose x "?"\n  - "a" -> b\n  - "c"\n    end\n  - "d"')

    assert isinstance(choose, s.Choose)
    assert [tuple(map(type, option.then)) for option in choose.options] == [(s.Jump,), (s.End,), ()]


def test_the_last_comma_of_what_a_flow_takes_may_stay():
    tree, problems = parse(Source("a.flow", "flow other(\n  x: text,\n  y: date,\n)\n  say x\n"))

    assert not problems
    [other] = tree.items
    assert isinstance(other, s.Flow)
    assert [param.name.text for param in other.params] == ["x", "y"]


def test_a_question_may_come_from_a_list_after_its_constraints():
    ask, = flow('ask x as integer at least 1 from y as list "?"')

    assert isinstance(ask, s.Ask)
    assert ask.constraints[0].kind == "at_least"
    assert ask.source is not None
    assert ask.shape == "list"


def test_the_span_of_what_holds_a_block_is_its_first_line():
    text = 'flow main  # note\n  if a\n    end\n  ask b "?"  # note\n    hint "x"\n'
    file, _ = parse(Source("a.flow", text))
    item, = file.items
    assert isinstance(item, s.Flow)

    assert [text[node.span.start:node.span.end] for node in (item, *item.body)] == ["flow main", "if a", 'ask b "?"']


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_every_span_lies_in_the_file_and_in_that_of_the_node_around_it(seed):
    source = Source("a.flow", sentence(seed))
    file, _ = parse(source)

    for item in file.items:
        _check_spans(item, 0, len(source.text))


def _check_spans(node: object, start: int, end: int) -> None:
    if isinstance(node, Span):
        assert start <= node.start <= node.end <= end
    elif isinstance(node, tuple):
        for part in node:
            _check_spans(part, start, end)
    elif isinstance(node, s.Node):
        # A statement's span is its first line, so what is in its block lies outside of it: only its start is sure.
        span = getattr(node, "span", None)
        for name in node.__struct_fields__:
            _check_spans(getattr(node, name), span.start if span and name != "of" else start, end)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_any_sentence_of_the_grammar_is_read_without_a_word(seed):
    _, problems = parse(Source("a.flow", sentence(seed)))

    # What the grammar alone cannot know: choices without options, doubled clauses, values too deep.
    assert {problem.code for problem in problems} <= {"F020", "F022", "F030"}


def test_a_text_knows_the_place_of_its_values():
    text = 'flow main\n  say "Hi {name or \'you\'}, {at|date long}!"\n  end\n'
    file, _ = parse(Source("a.flow", text))
    say = file.items[0].body[0]
    name, at = (part for part in say.message.parts if isinstance(part, s.Interpolation))

    assert text[name.span.start:name.span.end] == "{name or 'you'}"
    assert text[name.value.span.start:name.value.span.end] == "name or 'you'"
    assert [(one.name.text, one.args) for one in at.formats] == [("date", ("long",))]


def test_the_key_of_a_text_is_the_same_however_it_is_written():
    short, = flow(r'say "Say \"hi\",\nplease"')
    long, = flow('say """\n  Say "hi",\n  please\n  """')

    assert isinstance(short, s.Say)
    assert isinstance(long, s.Say)
    assert short.message.raw == long.message.raw == 'Say "hi",\nplease'
    assert short.message.parts == long.message.parts


@pytest.mark.parametrize("written", [
    r'''"a \"b\" \{c\} \\ \n {d or 'e {f}'} {g|plural 'h' 'i'}"''',
    '"""\n    a\n      {b}\n    """',
])
def test_the_key_of_a_text_read_as_a_text_is_that_text(written):
    say, = flow(f"say {written}")
    assert isinstance(say, s.Say)
    assert isinstance(say.message, s.Text)
    raw = say.message.raw
    again, problems = parse_text(Source("a", raw), 0, len(raw))

    assert problems == ()
    assert again.raw == raw
    assert without_places(again.parts) == without_places(say.message.parts)


def test_braces_in_single_quotes_are_braces():
    text = value("\"{a or 'b {c}'}\"")

    assert isinstance(text, s.Text)
    inner = text.parts[0].value.right
    assert inner.parts == ("b {c}",)
    assert inner.raw == r"b \{c}"


def test_a_block_on_one_line_of_windows_is_dedented_too():
    file, problems = parse(Source("a", 'flow a\r\n  say """\r\n    One\r\n    two\r\n    """\r\n  end\r\n'))

    assert not problems
    assert file.items[0].body[0].message.raw == "One\ntwo"


def test_a_text_without_quotes_is_read_where_it_stands():
    source = Source("domain.yml", "  hello: Hi {name}, {at|date}")
    text, problems = parse_text(source, 9, len(source.text))

    assert problems == ()
    assert text.raw == "Hi {name}, {at|date}"
    assert [source.text[part.span.start:part.span.end] for part in text.parts if isinstance(part, s.Interpolation)] == [
        "{name}", "{at|date}"]


def test_a_text_whose_escapes_were_undone_is_still_read_where_it_stands():
    source = Source("es.po", r'msgstr "Di \"{name}\" a las {at or \"ya\"}"')
    text, problems = parse_text(source, 8, len(source.text) - 1, 'Di "{name}" a las {at or "ya"}')

    assert problems == ()
    assert text.raw == 'Di "{name}" a las {at or "ya"}'
    found = [part.span for part in text.parts if isinstance(part, s.Interpolation)]
    assert source.text[found[0].start:found[0].end] == "{name}"


@pytest.mark.parametrize(("content", "code"), [("Hi {name", "F007"), ("Hi {}", "F024"), (r"Hi \q", "F005"),
                                               ("Hi {a b}", "F024"), ("Hi {a|}", "F024")])
def test_faults_of_a_text_from_elsewhere_are_told_at_that_text(content, code):
    source = Source("es.po", "msgstr '" + "x" * 20 + "'")
    direct, = parse_text(Source("a", content), 0, len(content))[1]
    undone, = parse_text(source, 8, 28, content)[1]

    assert direct.code == undone.code == code
    assert undone.span == Span("es.po", 8, 28)


@given(st.text(st.characters() | st.sampled_from("{}|'\"\\\n"), max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_read_as_a_text(content):
    text, _ = parse_text(Source("a", content), 0, len(content))

    assert isinstance(text, s.Text)
