"""What becomes what, what goes with what."""

import pytest

from dsl import types


@pytest.mark.parametrize(("given", "wanted"), [
    ("text", "text"), ("integer", "number"), ("date", "datetime"), ("datetime", "date"), ("datetime", "time"),
    ("number", "text"), ("boolean", "text"), ("phone", "text"), ("text", "phone"), ("text", "choice"),
    ("unknown", "date"), ("visit", "unknown"), ("list of unknown", "list of visit"),
    ("list of integer", "list of text"),
])
def test_a_value_fits_where_nothing_is_lost(given, wanted):
    assert types.fits(given, wanted)


@pytest.mark.parametrize(("given", "wanted"), [
    ("number", "integer"), ("text", "date"), ("text", "number"), ("visit", "clinic"), ("visit", "text"),
    ("image", "text"),
    ("text", "list of text"), ("list of text", "text"), ("list of text", "list of date"), ("date", "time"),
    ("phone", "email"),
])
def test_a_value_does_not_fit_where_something_would_be_lost(given, wanted):
    assert not types.fits(given, wanted)


@pytest.mark.parametrize(("given", "wanted", "needed"), [
    ("text", "text", False), ("integer", "number", False), ("phone", "text", False), ("text", "choice", False),
    ("text", "phone", True), ("date", "datetime", True), ("unknown", "text", True), ("text", "unknown", False),
    ("list of integer", "list of number", False), ("list of unknown", "list of date", True),
])
def test_a_value_is_converted_where_its_plain_form_is_another(given, wanted, needed):
    assert types.needs_conversion(given, wanted) is needed


@pytest.mark.parametrize(("left", "right", "both"), [
    ("text", "text", "text"), ("unknown", "date", "date"), ("date", "unknown", "date"),
    ("integer", "number", "number"),
    ("date", "datetime", "datetime"), ("phone", "email", "text"),
    ("list of integer", "list of number", "list of number"),
    ("list of text", "list of date", None), ("text", "date", None), ("list of text", "text", None),
])
def test_two_types_have_one_in_common_or_none(left, right, both):
    assert types.common(left, right) == both


@pytest.mark.parametrize(("left", "op", "right", "result"), [
    ("integer", "+", "integer", "integer"), ("integer", "+", "number", "number"), ("text", "+", "phone", "text"),
    ("list of text", "+", "list of text", "list of text"), ("date", "+", "duration", "date"),
    ("duration", "+", "time", "time"), ("duration", "+", "duration", "duration"), ("text", "+", "integer", None),
    ("text", "+", "list of text", None), ("unknown", "+", "text", "text"), ("unknown", "+", "date", "unknown"),
    ("list of text", "+", "unknown", "list of text"),
    ("date", "+", "time", "datetime"), ("time", "+", "date", "datetime"), ("datetime", "+", "time", None),
    ("datetime", "<", "time", "boolean"), ("time", "==", "datetime", "boolean"), ("date", "<", "time", None),
    ("date", "-", "datetime", "duration"), ("time", "-", "time", "duration"),
    ("datetime", "-", "duration", "datetime"),
    ("number", "-", "integer", "number"), ("text", "-", "text", None), ("date", "-", "time", None),
    ("duration", "*", "integer", "duration"), ("number", "*", "duration", "duration"),
    ("integer", "*", "integer", "integer"),
    ("unknown", "*", "integer", "number"), ("text", "*", "integer", None),
    ("integer", "/", "integer", "number"), ("duration", "/", "duration", "number"),
    ("duration", "/", "number", "duration"),
    ("duration", "/", "date", None), ("text", "/", "text", None), ("integer", "%", "integer", "integer"),
    ("text", "==", "phone", "boolean"), ("text", "!=", "date", None), ("date", "<", "datetime", "boolean"),
    ("text", ">=", "text", "boolean"), ("boolean", "<", "boolean", None), ("unknown", "<", "unknown", "boolean"),
    ("visit", "<", "visit", None), ("text", "<", "integer", None),
    ("text", "in", "list of text", "boolean"), ("text", "in", "text", "boolean"),
    ("text", "in", "unknown", "boolean"),
    ("date", "in", "list of text", None), ("integer", "in", "integer", None),
])
def test_an_operator_makes_a_type_of_two_or_nothing(left, op, right, result):
    assert types.operator(op, left, right) == result


@pytest.mark.parametrize(("name", "args", "result"), [
    ("len", ["text"], "integer"), ("len", ["list of visit"], "integer"), ("len", ["unknown"], "integer"),
    ("len", ["date"], None),
    ("upper", ["choice"], "text"), ("upper", ["integer"], None),
    ("round", ["number"], "integer"), ("round", ["number", "integer"], "number"), ("round", ["text"], None),
    ("min", ["integer", "number"], "number"), ("max", ["list of date"], "date"), ("min", ["text", "date"], None),
    ("max", ["unknown"], "unknown"), ("min", ["integer"], None), ("max", ["list of visit"], None),
    ("sum", ["list of integer"], "integer"), ("sum", ["list of duration"], "duration"),
    ("sum", ["unknown"], "number"),
    ("sum", ["integer"], None), ("sum", ["list of text"], None),
    ("first", ["list of visit"], "visit"), ("last", ["unknown"], "unknown"), ("first", ["text"], None),
    ("join", ["list of text", "text"], "text"), ("join", ["unknown", "text"], "text"),
    ("join", ["list of visit", "text"], None),
    ("join", ["list of text", "visit"], None), ("split", ["text", "text"], "list of text"),
    ("split", ["date", "text"], None),
    ("contains", ["text", "text"], "boolean"), ("contains", ["list of date", "date"], "boolean"),
    ("contains", ["date", "date"], None),
])
def test_a_function_makes_a_type_of_its_arguments_or_nothing(name, args, result):
    function = types.FUNCTIONS[name]

    assert function.least <= len(args) <= function.most
    assert function.result(args) == result


@pytest.mark.parametrize(("name", "args", "accepted"), [
    ("date", [], True), ("date", ["long"], True), ("date", ["longer"], False), ("number", ["2"], True),
    ("number", ["12"], False),
    ("money", ["USD"], True), ("money", ["usd"], False), ("upper", [], True), ("upper", ["x"], False),
    ("plural", ["a", "b"], True), ("plural", [], False),
])
def test_a_format_takes_its_own_words(name, args, accepted):
    assert types.FORMATS[name].accepts(args) is accepted


@pytest.mark.parametrize(("text", "type", "value"), [
    ("2026-03-01", "date", "2026-03-01"), ("2026-13-01", "date", None), ("09:00", "time", "09:00:00"),
    ("2026-03-01T09:00", "datetime", "2026-03-01T09:00:00"), ("12", "integer", 12), ("1.5", "integer", None),
    ("1.5", "number", "1.5"), ("x", "number", None), ("a@b.c", "email", "a@b.c"), ("x", "unknown", "x"),
    ("x", "visit", None),
    ("9" * 5_000, "integer", None),
])
def test_a_text_written_out_is_a_value_of_the_type_or_none(text, type, value):
    assert types.literal(text, type) == value


@pytest.mark.parametrize(("type", "askable"), [
    ("text", True), ("image", True), ("location", True), ("visit", False), ("list of text", False),
    ("unknown", False),
])
def test_an_answer_is_one_message(type, askable):
    assert types.askable(type) is askable
