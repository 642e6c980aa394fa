"""How long a text can become: what is written in it, and what the values in it can hold."""

from typing import Any

import pytest

from dsl.bounds import Bounds, Measure, flow_of, shown
from dsl.limits import limits
from dsl.table import Flow, Row, Rule, Step, Table, Var
from dsl.widths import DATES

NAME: Any = ["slot", "name"]


def table(**parts: Any) -> Table:
    return Table(bot="b", languages=["en", "es"], timezone="UTC", start="main", limits=limits(), **parts)


def measured(part: Any, language: str = "en", **parts: Any) -> Bounds:
    """Of a text of one part, in the flow `main`."""
    return Measure(table(texts=[{"en": [part]}], **parts)).text(0, language, "main")


def show(code: Any, type: str = "text", *formats: list[str]) -> list[Any]:
    return ["show", type, list(formats), code]


def slot(**parts: Any) -> dict[str, Any]:
    return {"slots": {"name": Var("text", **parts)}}


def test_what_is_written_is_as_long_as_it_is() -> None:
    text = {"en": ["Hello, ", "you"], "es": ["Hola"]}
    measure = Measure(table(texts=[text]))
    assert measure.text(0, "en", "main") == Bounds(10, 10)
    assert measure.text(0, "es", "main") == Bounds(4, 4)
    assert measure.text(0, "pt", "main") == Bounds(10, 10)


@pytest.mark.parametrize(("code", "most"), [
    (NAME, 60), (["upper", NAME], 60), (["or", NAME, "friend"], 60), (["+", ["or", NAME, "x"], "y"], 61),
     (["+", NAME, ", hello"], 67), ("Ana", 3),
    (["if", True, NAME, "x"], 60), (["as", "text", NAME], 60), (["text", 1], 61), (None, 0),
])
def test_a_value_is_as_long_as_what_it_is_made_of(code: Any, most: int) -> None:
    made = table(texts=[{"en": [show(code)]}, {"en": ["1", show(NAME)]}], slots={"name": Var("text", max=60)})
    assert Measure(made).text(0, "en", "main").most == most


@pytest.mark.parametrize(("type", "most"), [
    ("phone", 22), ("email", 254), ("language", 12), ("duration", 40), ("integer", 10), ("number", 14), ("boolean", 5),
])
def test_a_type_has_a_longest_value(type: str, most: int) -> None:
    assert measured(show(["slot", "x"], type)) == Bounds(0, most)


def test_a_truth_is_yes_or_no_in_the_language() -> None:
    words: dict[str, Any] = {"texts": [{"en": [show(["slot", "x"], "boolean")]}, {"en": ["Of course"], "es": ["Sí"]},
                                       {"en": ["No"]}], "system": {"yes": 1, "no": 2}}
    measure = Measure(table(**words))
    assert measure.text(0, "en", "main") == Bounds(0, 9)
    assert measure.text(0, "es", "main") == Bounds(0, 2)


@pytest.mark.parametrize(("type", "format", "most"), [
    ("date", ["date"], len("Mar 24, 1990")), ("date", ["date", "full"], len("Wednesday, September 20, 2028")),
    ("time", ["time"], len("10:44 AM")), ("time", ["time", "medium"], len("10:44:44 AM")), ("datetime", ["date"], 12),
    ("datetime", ["time"], 8), ("datetime", ["time", "full"], 41), ("datetime", ["datetime"], 24),
    ("number", ["number"], len("999,999,999.999")), ("number", ["number", "1"], len("999,999,999.9")),
    ("number", ["percent"], len("999,999,999%") + 1), ("integer", ["money", "USD"], len("$999,999,999.99")),
    ("number", ["money"], len("999,999,999.99")),
])
def test_dates_and_numbers_are_measured_as_they_are_written(type: str, format: list[str], most: int) -> None:
    assert measured(show(["slot", "x"], type, format)) == Bounds(0, most)


def test_the_region_decides_how_its_language_writes_and_what_money_is() -> None:
    dollars = measured(show(["slot", "x"], "number", ["money"]), region="US")
    assert dollars.most == len("$999,999,999.99")
    there = measured(show(["slot", "x"], "date", ["date", "full"]), region="XX")
    assert there.most == len("Wednesday, September 20, 2028")
    unknown = Measure(Table("b", ["xx"], "UTC", "main", limits(), texts=[{"xx": [show(["slot", "x"], "date")]}]))
    assert unknown.text(0, "xx", "main").most == len("Mar 24, 1990")


def test_roughly_measured_a_date_is_as_long_as_in_any_language() -> None:
    made = table(texts=[{"en": [show(["slot", "x"], "date", ["date", "full"])]}])
    assert Measure(made, rough=True).text(0, "en", "main").most == DATES["full"]


def test_words_for_a_number_are_as_long_as_the_longest() -> None:
    assert measured(["plural", ["slot", "n"], {"one": "visit", "other": "visits"}]) == Bounds(5, 6)


@pytest.mark.parametrize(("part", "loose"), [
    (show(NAME), "name"), (show(["get", ["local", "visit", "visit"], "id", "text"]), "visit.id"),
    (show(["slot", "x"], "list of text"), "x"), (show(["first", ["slot", "x"]]), "x"), (show(["it", "text"]), "it"),
    (show(["given", "reason"]), "reason"), (["new"], "a value"), (show(["join", []]), "a value"),
    (show(["local", "gone", "text"]), "gone"), (show(["slot", "gone"]), "gone"),
])
def test_what_has_no_bound_is_named(part: Any, loose: str) -> None:
    assert measured(part, **slot()) == Bounds(0, None, loose)


def test_a_field_is_bounded_in_its_record_wherever_it_is_taken_from() -> None:
    records = {"visit": {"place": Var("text", max=24)}}
    slots = {"last": Var("visit"), "all": Var("list of visit")}
    for of in (["slot", "last"], ["it", "visit"], ["local", "v", "visit"], ["first", ["slot", "all"]],
               ["index", ["slot", "all"], 0], ["or", ["slot", "last"], ["slot", "last"]],
               ["if", True, ["slot", "last"], None], ["as", "visit", ["slot", "x"]],
               ["get", ["it", "x"], "v", "visit"]):
        bounds = measured(show(["get", of, "place", "text"]), records=records, slots=slots)
        assert bounds == Bounds(0, 24), of
    assert measured(show(["get", ["sum", []], "place", "text"]), records=records).most is None


def test_a_number_put_into_a_text_is_measured_as_a_number() -> None:
    assert measured(show(["as", "text", ["slot", "n"]]), slots={"n": Var("integer")}) == Bounds(0, 10)


def test_a_choice_is_as_long_as_its_longest_value_or_title() -> None:
    values: Any = [["basic", 1], ["extended", 2]]
    made = table(slots={"name": Var("choice", values=values)},
                 texts=[{"en": [show(NAME, "choice")]}, {"en": ["Basic"], "es": ["Básico"]}, {"en": ["Ext."]}])
    assert Measure(made).text(0, "en", "main") == Bounds(0, len("extended"))
    made.texts[1]["es"] = ["Básico, muy básico"]
    assert Measure(made).text(0, "en", "main") == Bounds(0, len("Básico, muy básico"))


# --- by what is put into it -----------------------------------------------------------------------------------


def ask(**parts: Any) -> dict[str, Step]:
    return {"main.name": Step(kind="ask", flow="main", on=[], slot=["slot", "name"], type="text", **parts)}


def test_a_slot_is_bounded_by_how_it_is_asked() -> None:
    assert measured(show(NAME), **slot(), steps=ask(constraints=[["length", 2, 40]])) == Bounds(0, 40)
    rules = {"short": Rule("text", [["trim", [], None], ["length", [1, 20], None]])}
    assert measured(show(NAME), **slot(), steps=ask(rule="short"), rules=rules) == Bounds(0, 20)
    assert measured(show(NAME), **slot(), steps=ask()).most is None
    assert measured(show(NAME), **slot(default="x" * 50), steps=ask(rule="short"), rules=rules) == Bounds(0, 50)


def test_a_slot_is_bounded_by_what_a_choice_from_a_list_gives() -> None:
    records = {"place": {"code": Var("text", max=5)}}
    parts: dict[str, Any] = {**slot(), "records": records, "exprs": [[], ["get", ["it", "place"], "code", "text"]]}
    assert measured(show(NAME), **parts, steps=ask(items=0, value=1)) == Bounds(0, 5)
    assert measured(show(NAME), **{**parts, "exprs": [["slot", "gone"]]}, steps=ask(items=0)).most is None
    assert measured(show(NAME), **{**parts, "exprs": [["list", "a", "bc"]]}, steps=ask(items=0)) == Bounds(0, 2)


def test_a_slot_is_bounded_by_all_that_is_set() -> None:
    exprs: Any = ["abc", "abcde", ["+", NAME, "x"]]
    runs = {"main": [["set", ["slot", "name"], 0]], "other#2": [["set", ["slot", "name"], 1]]}
    assert measured(show(NAME), **slot(), exprs=exprs, runs=runs) == Bounds(0, 5)
    runs["main"].append(["set", ["slot", "name"], 2])          # grows with every turn
    assert measured(show(NAME), **slot(), exprs=exprs, runs=runs).most is None


PARTS: Any = ["local", "parts", "list of text"]
SPLIT: Any = ["split", NAME, ","]


@pytest.mark.parametrize(("code", "most"), [
    (["first", SPLIT], 60), (["index", ["list", "red", "blue"], 1], 4), (["last", ["+", SPLIT, ["list", "x"]]], 60),
    (["first", PARTS], 60), (["first", ["+", PARTS, ["slot", "extras"]]], 60), (["first", ["slot", "extras"]], 6),
    (["first", ["+", ["+", ["list", "a"], PARTS], PARTS]], 60), (["local", "part", "text"], 60),
    (["first", ["list"]], 0),
])
def test_a_list_is_as_long_as_its_longest_item(code: Any, most: int) -> None:
    flows = {"main": Flow("main", locals={"parts": Var("list of text"), "part": Var("text")})}
    slots = {"name": Var("text", max=60), "extras": Var("list of text", default=["bread", "olives"])}
    ops: Any = [["set", PARTS[:2], 0], ["set", PARTS[:2], 1], ["each", "for.part", 2],
                ["next", "for.part", ["local", "part"], "main"]]
    exprs = [SPLIT, ["+", PARTS, ["list", "abc"]], PARTS]
    assert measured(show(code), flows=flows, slots=slots, exprs=exprs, runs={"main": ops}).most == most


def test_a_list_to_which_longer_and_longer_texts_are_added_has_no_bound() -> None:
    flows = {"main": Flow("main", locals={"parts": Var("list of text")})}
    runs = {"main": [["set", PARTS[:2], 0]]}
    exprs = [["+", PARTS, ["list", ["+", ["last", PARTS], "x"]]]]
    assert measured(show(["first", PARTS]), flows=flows, exprs=exprs, runs=runs).most is None


def test_an_item_to_choose_is_as_long_as_those_of_its_list() -> None:
    made = table(texts=[{"en": ["Size ", show(["it", "text"])]}])
    assert Measure(made).over(["list", "small", "large"]).text(0, "en", "main") == Bounds(5, 10)
    assert Measure(made).over(["slot", "sizes"]).text(0, "en", "main") == Bounds(5, None, "sizes")
    assert Measure(made).text(0, "en", "main") == Bounds(5, None, "it")


def test_what_comes_from_outside_has_no_bound() -> None:
    call = {"main.call": Step(kind="call", flow="main", on=[], into=["slot", "name"], name="look")}
    assert measured(show(NAME), **slot(), steps=call).most is None
    loop = {"main": [["next", "k", ["slot", "name"], "main#1"]]}
    assert measured(show(NAME), **slot(), runs=loop).most is None
    assert measured(show(NAME), **slot()).most is None


def test_an_option_sets_its_value_by_its_row() -> None:
    row = Row("option:a", None, [["set", ["slot", "name"], 0]], None)
    step = Step(kind="choose", flow="main", on=[row], slot=["slot", "name"])
    assert measured(show(NAME), **slot(), steps={"main.c": step}, exprs=["large"]) == Bounds(0, 5)


def test_a_parameter_is_bounded_by_what_it_is_given_and_a_result_by_what_is_returned() -> None:
    local: Any = ["local", "what", "text"]
    flows = {"main": Flow("main", locals={"got": Var("text")}), "sub": Flow("sub", locals={"what": Var("text")})}
    do = Step(kind="do", flow="main", on=[], name="sub", args=[["what", 0]], into=["local", "got"])
    parts: dict[str, Any] = {"flows": flows, "steps": {"main.sub": do}, "exprs": ["pick-up", ["+", local, "!"]],
                             "runs": {"sub": [["return", 1]], "main": [["return", None]]}}
    made = table(texts=[{"en": [show(local)]}, {"en": [show(["local", "got", "text"])]}], **parts)
    assert Measure(made).text(0, "en", "sub") == Bounds(0, 7)
    assert Measure(made).text(1, "en", "main") == Bounds(0, 8)


def test_what_an_event_brings_has_no_bound() -> None:
    flows = {"main": Flow("main", locals={"note": Var("text")})}
    starts = [Row("event:news", None, [], "main"), Row("reply:0", None, [["end"]], "main")]
    found = measured(show(["local", "note", "text"]), flows=flows, starts=starts, events={"news": {"note": "text"}})
    assert found == Bounds(0, None, "note")


def test_the_locals_of_anywhere_are_its_own() -> None:
    made = table(texts=[{"en": [show(["local", "x", "text"])]}], anywhere_locals={"x": Var("text", max=9)})
    assert Measure(made).text(0, "en", "anywhere") == Bounds(0, 9)


def test_the_flow_of_a_run_is_in_its_name() -> None:
    assert (flow_of("book"), flow_of("book#12"), flow_of("system.failed#1")) == ("book", "book", "system.failed")
    assert shown(["get", ["slot", "a"], "b", "text"]) == "a.b"
