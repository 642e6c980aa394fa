"""No false alarms: of bots as careful authors write them nothing is said."""

from pathlib import Path

import pytest

from dsl.build import build, build_sources

HERE = Path(__file__).parent
BOTS = Path(__file__).parents[3] / "bots"
OURS = ("F3", "F40", "F23")                  # the codes of the checks on the graph


def test_a_good_bot_is_said_nothing_of():
    files = {"domain.yml": (HERE / "good.domain.yml").read_text(), "main.flow": (HERE / "good.flow").read_text()}

    assert build_sources(files).diagnostics == ()


@pytest.mark.parametrize("bot", sorted(BOTS.iterdir()), ids=lambda path: path.name)
def test_the_shape_of_the_bots_we_ship_is_proven(bot: Path):
    said = [one for one in build(bot).diagnostics if one.code.startswith(OURS)]

    assert said == []


@pytest.mark.parametrize(("line", "code"), [
    ('  if found is empty\n    say "All sold out today."\n    -> main\n', "F304"),
    ('  need name as text length 2..40 "Your name, please?"\n    after 12h -> left\n', "F401"),
    ("      say \"Done.\"\n      end\n", "F302"),
    ("  send template come_back_v1()\n", None),
])
def test_lines_that_are_lost_from_a_good_bot_are_missed(line: str, code: str | None):
    flow = (HERE / "good.flow").read_text()
    assert line in flow
    files = {"domain.yml": (HERE / "good.domain.yml").read_text(), "main.flow": flow.replace(line, "", 1)}

    said = {one.code for one in build_sources(files).diagnostics if one.code.startswith(OURS)}
    assert said == ({code} if code else set())
