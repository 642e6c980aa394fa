"""The parts one by one, with pytest-benchmark.

    ./talk pytest benchmarks --benchmark-enable
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.bench_compile import DOMAIN, RICH, flows
from benchmarks.conversation import ByHand, table
from dsl.build import build_sources
from dsl.parser import parse
from dsl.source import Source
from dsl.table import dump, load
from runtime.events import Chose, Said
from runtime.machine import advance
from runtime.state import State, decode_state, encode_state

AT = 1_767_607_200_000
TABLE = table()
AT_MENU = advance(TABLE, State(), Said(text="hi", at=AT)).state
AT_NAME = advance(TABLE, AT_MENU, Said(text="book", at=AT)).state


def test_parsing_a_file_of_four_hundred_lines(benchmark: BenchmarkFixture):
    source = Source("main.flow", flows(20, RICH))

    file, faults = benchmark(parse, source)

    assert not faults
    assert len(file.items) == 21


def test_building_a_bot_of_sixty_steps(benchmark: BenchmarkFixture):
    assert benchmark(build_sources, {"domain.yml": DOMAIN, "main.flow": flows(20, RICH)}).table is not None


def test_reading_a_table(benchmark: BenchmarkFixture):
    assert benchmark(load, dump(TABLE)) == TABLE


def test_a_state_to_and_from_json(benchmark: BenchmarkFixture):
    assert benchmark(lambda: decode_state(encode_state(AT_NAME))) == AT_NAME


@pytest.mark.parametrize(("state", "event"), [
    (AT_MENU, Chose(step="main", option="book", at=AT)), (AT_MENU, Said(text="Book a table", at=AT)),
    (AT_MENU, Said(text="opning hours", at=AT)), (AT_NAME, Said(text="Ana Lima", at=AT)),
    (AT_NAME, Said(text="A", at=AT)),
], ids=["tap", "title", "slip", "answer", "refusal"])
def test_a_turn(benchmark: BenchmarkFixture, state: State, event: Said | Chose):
    assert benchmark(advance, TABLE, state, event).effects


def test_the_same_turn_by_hand(benchmark: BenchmarkFixture):
    machine = ByHand()
    data, _, _ = machine.turn(b"", Said(text="hi", at=AT))

    assert benchmark(machine.turn, data, Said(text="Book a table", at=AT))
