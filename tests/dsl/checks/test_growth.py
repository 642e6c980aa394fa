"""What the checks cost grows as the bot does: ten times the steps, about ten times the time."""

import gc
import time
from collections.abc import Callable

import pytest

from dsl.check import check
from dsl.table import Var
from tests.dsl.checks.sketch import Sketch, row, show, slot


def chain(flows: int) -> Sketch:
    """Flows of ten questions that lead to each other, with timers, tries and patterns that are understood anywhere."""
    sketch = Sketch(**{f"s{number}": Var("text", max=20) for number in range(50)})
    sketch.menu("main", **{f"o{number}": f"f{number}" for number in range(min(9, flows))})
    sketch.anywhere = [row("reply:0", "main")]
    for flow in range(flows):
        name, further = f"f{flow}", f"f{flow + 1}" if flow + 1 < flows else "main"
        sketch.flow(name, ["rest", f"{name}.q0"])
        for at in range(10):
            end = [["jump", further]] if at == 9 else [["rest", f"{name}.q{at + 1}"]]
            sketch.ask(f"{name}.q{at}", slot(f"s{(flow + at) % 50}"), f"{name}#{at}", row("tries", "main"),
                       row("after:3600", f"{name}#late", ["push", "quiet", True]))
            sketch.run(f"{name}#{at}", sketch.say("Yes, ", show(f"s{(flow + at) % 50}")), *end)
        sketch.run(f"{name}#late", sketch.say("Still there?"), ["return", None])
    return sketch


def nested_calls(flows: int) -> Sketch:
    """Flows that call the next one twice: as many ways through them as leaves of a tree."""
    sketch = Sketch(name=Var("text"))
    sketch.flow("main", ["jump", "f0"])
    for flow in range(flows):
        name = f"f{flow}"
        sketch.flow(name, ["rest", f"{name}.once"])
        if flow + 1 == flows:
            sketch.step(f"{name}.once", "ask", row("answer", f"{name}#1"), slot=slot("name"), type="text")
            sketch.run(f"{name}#1", ["return", None])
            continue
        sketch.step(f"{name}.once", "do", row("return", f"{name}#1"), name=f"f{flow + 1}")
        sketch.run(f"{name}#1", ["rest", f"{name}.twice"])
        sketch.step(f"{name}.twice", "do", row("return", f"{name}#2"), name=f"f{flow + 1}")
        sketch.run(f"{name}#2", sketch.say(show("name")), ["return", None])
    return sketch


def mistakes(flows: int) -> Sketch:
    """Flows that each read a name of their own which nothing sets, wait too long, and fall off their end."""
    sketch = Sketch(**{f"s{number}": Var("text") for number in range(flows)})
    sketch.menu("main", **{f"o{number}": f"f{number}" for number in range(flows)})
    for flow in range(flows):
        name = f"f{flow}"
        sketch.flow(name, sketch.say(show(f"s{flow}")), ["rest", f"{name}.ask"])
        sketch.ask(f"{name}.ask", slot(f"s{flow - 1}" if flow else "s0"), f"{name}#1", row("after:90000", f"{name}#2"))
        sketch.run(f"{name}#1", ["return", None])
        sketch.run(f"{name}#2", sketch.say("Late."), ["jump", name])
    return sketch


def cpu_s(sketch: Sketch) -> float:
    """Process time of all checks, the least of three, without the collector's pauses."""
    table, sources = sketch.table(), sketch.sources()

    def once() -> float:
        before = time.process_time()
        list(check(table, sketch.places, sources))
        return time.process_time() - before

    gc.disable()
    try:
        return min(once() for _ in range(3))
    finally:
        gc.enable()


@pytest.mark.parametrize(("make", "small"), [(chain, 30), (nested_calls, 200), (mistakes, 100)],
                         ids=lambda each: getattr(each, "__name__", each))
def test_ten_times_the_steps_take_about_ten_times_as_long(make: Callable[[int], Sketch], small: int):
    assert cpu_s(make(small * 10)) < 30 * cpu_s(make(small)) + 0.05


def test_a_good_bot_of_ten_thousand_steps_is_said_nothing_of():
    sketch = chain(1000)
    said = check(sketch.table(), sketch.places, sketch.sources())

    assert not [one for one in said if one.code.startswith(("F3", "F4", "F23"))]
