"""The graph of a table, also of tables that no compiler of ours makes."""

import pytest

from dsl.check import check
from dsl.checks.facts import solve
from dsl.checks.graph import Graph
from dsl.checks.names import Reader, names
from dsl.table import UNKNOWN, SourceMap, Var
from tests.dsl.checks.sketch import Sketch, row, show, slot


def graph(sketch: Sketch) -> Graph:
    return Graph(sketch.table(), sketch.places, sketch.sources())


def codes(sketch: Sketch) -> list[str]:
    return [one.code for one in check(sketch.table(), sketch.places, sketch.sources())]


def edges(sketch: Sketch) -> set[tuple[str, str, str]]:
    """All edges between runs and steps, by name."""
    made = graph(sketch)
    return {(made.names[edge.source], edge.kind, made.names[edge.target]) for each in made.out for edge in each
            if max(edge.source, edge.target) < made.anywhere}


def test_a_test_that_always_holds_has_one_way():
    sketch = Sketch()
    sketch.flow("main", ["branch", sketch.e(True), "main#1"], ["end"])
    sketch.run("main#1", ["end"])

    assert edges(sketch) == {("main", "branch", "main#1")}


def test_a_test_that_never_holds_has_the_other():
    sketch = Sketch()
    sketch.flow("main", ["branch", sketch.e(False), "main#1"], ["go", "main#2"])
    sketch.run("main#1", ["end"])
    sketch.run("main#2", ["end"])

    assert edges(sketch) == {("main", "go", "main#2")}
    assert codes(sketch) == ["F301"]


def test_a_row_without_a_target_stays_and_may_forget():
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", ["rest", "main.name"])
    sketch.ask("main.name", slot("name"), "main#1")
    sketch.run("main#1", ["rest", "main.tea"])
    sketch.step("main.tea", "choose", row("reply:0", None, ["clear", slot("name")]), row("option:yes", "main#2"))
    sketch.run("main#2", sketch.say(show("name")), ["end"])

    assert ("main.tea", "stay", "main.tea") in edges(sketch)
    assert codes(sketch) == ["F401"]


def test_a_row_that_pushes_nothing_but_a_frame_leads_nowhere():
    sketch = Sketch()
    sketch.flow("main", ["rest", "main.tea"])
    sketch.step("main.tea", "choose", row("reply:0", None, ["push", "again", True]), row("option:yes", "main#1"))
    sketch.run("main#1", ["end"])

    assert edges(sketch) == {("main", "rest", "main.tea"), ("main.tea", "option", "main#1")}


def test_a_row_of_anywhere_without_a_target_leads_nowhere():
    sketch = Sketch()
    sketch.flow("main", ["end"])
    sketch.anywhere = [row("kind:audio", None, sketch.say("I cannot listen."))]

    assert codes(sketch) == []


def test_what_leads_to_an_unknown_name_could_lead_anywhere():
    sketch = Sketch(start=UNKNOWN)
    sketch.flow("main", ["rest", UNKNOWN])
    sketch.flow("other", ["go", UNKNOWN])
    sketch.flow("third", ["rest", "third.do"])
    sketch.step("third.do", "do", row("return", "third#1"), name=UNKNOWN, into=["local", UNKNOWN])
    sketch.run("third#1", ["jump", UNKNOWN])

    assert codes(sketch) == []


def test_an_unknown_flow_may_have_set_everything():
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", ["rest", "main.do"])
    sketch.step("main.do", "do", row("return", "main#1"), name=UNKNOWN)
    sketch.run("main#1", sketch.say(show("name")), ["end"])

    assert codes(sketch) == []


def test_a_guard_of_a_row_holds_behind_it():
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", ["rest", "main.tea"])
    sketch.step("main.tea", "choose", row("option:yes", "main#1", guard=sketch.e(["known", slot("name")])),
                row("option:no", "main#2"))
    sketch.run("main#1", sketch.say(show("name")), ["end"])
    sketch.run("main#2", ["end"])

    assert codes(sketch) == []


def test_without_a_source_map_things_are_told_at_the_start_of_the_first_file():
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", sketch.say(show("name")), ["jump", "main"])
    table = sketch.table()

    said = list(check(table, SourceMap(["domain.yml"]), {}))

    assert {one.code for one in said} == {"F303", "F401"}
    assert {(one.span.file, one.span.start) for one in said} == {("domain.yml", 0)}


def test_parts_of_a_table_that_name_no_flow_are_still_walked():
    sketch = Sketch()
    sketch.flow("main", ["end"])
    sketch.step("gone.ask", "ask", row("answer", "gone#1"), slot=slot("name"), type="text")
    sketch.run("gone#1", ["end"])
    sketch.run("gone#2", ["go", "gone#1"])

    assert codes(sketch) == ["F301", "F301"] or codes(sketch) == ["F301"]


@pytest.mark.parametrize(("code", "holds", "known"), [
    ("?", True, False), (["?"], True, False), ([], True, False),
    (["==", ["len", slot("name")], 1], True, False), (["known", ["get", slot("name"), "x", "text"]], True, True),
    (["known", ["num", "1"]], True, False), (["get", slot("name"), "x", "text"], True, False),
    (["or", ["empty", slot("name")], ["not", ["known", slot("name")]]], False, True),
])
def test_what_follows_from_a_condition(code, holds, known):
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", ["end"])
    facts = names(sketch.table())

    assert bool(Reader(sketch.table(), facts).follows(code, "main", holds)) is known


def test_facts_are_the_same_in_whatever_order_they_are_found():
    sketch = Sketch(**{name: Var("text") for name in "abcd"})
    sketch.flow("main", ["rest", "main.a"])
    sketch.ask("main.a", slot("a"), "main#1", row("tries", "main#2"))
    sketch.run("main#1", ["branch", sketch.e(["known", slot("b")]), "main#2"], ["rest", "main.b"])
    sketch.ask("main.b", slot("b"), "main#2")
    sketch.run("main#2", ["clear", slot("c")], ["rest", "main.c"])
    sketch.ask("main.c", slot("c"), "main")
    made = graph(sketch)

    facts = solve(made)

    bits = facts.program.names.slots
    here = facts.facts[made.names.index("main.c")]
    assert here is not None
    assert not here & bits["a"]
    assert not here & (bits["b"] | bits["c"])
