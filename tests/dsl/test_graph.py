"""The picture of a bot: panels read off the table, drawn as SVG, Mermaid and DOT."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from dsl.build import Build, build, build_sources
from dsl.graph import Edge, Node, Panel, dot, duration, happened, mermaid, panels
from dsl.svg import svg

ROOT = Path(__file__).parent.parent.parent
DOMAIN = """\
bot: small
languages: [en]
start: main
region: US
slots: {count: integer, parts: {type: list of text, default: []}}
actions: {save: {params: {count: integer}, reasons: [full], python: actions.save}}
templates: {come_v1: {params: {}, text: {en: Come}}}
events: {fire: {}}
responses: {bye: [Bye, See you]}
"""
FLOW = """\
anywhere
  on "menu", /me+nu/ -> main
  on audio           say "No voice."
  on reaction "👍"   do help
  otherwise 3 times -> person

menu main "Hi {count or 0}"
  - "Go" -> go
  - "Help" do help

flow help "Help"
  say bye
  send image https://x.example/a.jpg
  send contact "Ana" phone "+1 202 555 0100"
  send list parts "All:"
    title it

flow go "Going"
  ask count as integer "How many?"
    tries 3 -> main
    after 30m
      say "There?"
    skip "Skip"
  for part in parts
    say "{part}"
  if (count or 0) > 3
    say "Many."
  call save(count or 0)
    on "full" -> main
  -> main

flow person
  handover "staff"
  -> main

flow alarm
  starts on event fire
  send template come_v1()
  end
"""
@pytest.fixture(scope="module")
def built() -> Build:
    made = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
    assert made.table is not None, made.diagnostics
    return made


@pytest.fixture(scope="module")
def drawn(built: Build) -> dict[str, Panel]:
    assert built.table is not None
    assert built.map is not None
    return {panel.flow: panel for panel in panels(built.table, built.map, built.sources)}


def labels(panel: Panel) -> set[str]:
    return {edge.label for edge in panel.edges}


def test_there_is_a_panel_for_every_flow_the_start_first_and_anywhere_last(drawn: dict[str, Panel]):
    assert list(drawn) == ["main", "help", "go", "person", "alarm", "anywhere"]
    assert drawn["go"].title == "go · Going"


def test_edges_are_labelled_as_an_author_would_say(drawn: dict[str, Panel]):
    assert {"tries", "after 30m", "skip", "each", "done", "yes", "no", "full"} <= labels(drawn["go"])
    assert {"menu", "/…/", "audio", "otherwise 3 times"} <= labels(drawn["anywhere"])


def test_what_is_off_the_good_path_is_dashed(drawn: dict[str, Panel]):
    quiet = {edge.label for edge in drawn["go"].edges if edge.quiet}

    assert {"tries", "after 30m", "full"} <= quiet
    assert "skip" not in quiet


def test_a_condition_is_shown_as_it_is_written(drawn: dict[str, Panel]):
    assert "(count or 0) > 3" in {node.text for node in drawn["go"].nodes if node.kind == "branch"}


def test_messages_that_follow_each_other_stand_in_one_node(drawn: dict[str, Panel]):
    assert [node.text for node in drawn["help"].nodes if node.kind == "say"] == ["Bye\nan image\na contact\nAll:"]
    assert [node.text for node in drawn["alarm"].nodes if node.kind == "say"] == ["template come_v1"]


def test_every_edge_joins_nodes_of_its_panel(drawn: dict[str, Panel]):
    for panel in drawn.values():
        ids = {node.id for node in panel.nodes}
        assert {edge.source for edge in panel.edges} | {edge.target for edge in panel.edges} <= ids


def test_a_jump_is_a_chip_that_links_to_its_panel(drawn: dict[str, Panel]):
    picture = svg(tuple(drawn.values()), "small")

    assert '<a href="#main">' in picture
    assert '<g id="main">' in picture


def test_the_picture_is_well_formed_whatever_the_texts_hold():
    panel = Panel("a", "<&\"'>", (), ())

    ElementTree.fromstring(svg((panel,), "<script>"))
    ElementTree.fromstring(svg((), "empty"))


@pytest.mark.parametrize("bot", ["clinic", "shop", "survey"])
def test_every_bot_we_ship_is_drawn_with_all_its_flows(bot: str):
    made = build(ROOT / "bots" / bot)
    assert made.table is not None
    assert made.map is not None
    drawn = panels(made.table, made.map, made.sources)

    picture = ElementTree.fromstring(svg(drawn, bot))

    ids = {group.get("id") for group in picture.iter("{http://www.w3.org/2000/svg}g")}
    assert set(made.table.flows) <= ids


def test_mermaid_and_dot_hold_the_same_nodes_and_edges(drawn: dict[str, Panel]):
    chart, digraph = mermaid(tuple(drawn.values())), dot(tuple(drawn.values()))

    assert chart.count("```mermaid") == len(drawn)
    assert '-.->|"after 30m"|' in chart
    assert digraph.count("subgraph cluster_") == len(drawn)
    assert 'label="after 30m", style=dashed' in digraph


def test_quotes_and_line_ends_do_no_harm_in_mermaid_and_dot():
    panel = Panel("a", "a", (Node("x", "say", 'He said "hi"\nand left'), Node("y", "end", "end")), (Edge("x", "y"),))

    assert "\"He said 'hi' and left\"" in mermaid((panel,))
    assert "\"He said 'hi' and left\"" in dot((panel,))


@pytest.mark.parametrize(("event", "said"), [
    ("answer", ("", False)), ("option:gone", ("gone", False)), ("kind:image", ("image", False)),
    ("event:fire", ("fire", False)), ("reason:full", ("full", True)), ("failure", ("failure", True)),
    ("skip", ("skip", False)), ("after:86400", ("after 1d", True)),
])
def test_events_have_words(built: Build, event: str, said: tuple[str, bool]):
    assert built.table is not None
    assert happened(built.table, event) == said


def test_a_thousand_steps_in_a_row_are_drawn():
    steps = "".join(f'  ask x_{n} as text "{n}?"\n  if x_{n} == "a"\n    say "b"\n' for n in range(1_000))
    made = build_sources({"domain.yml": "bot: long\nlanguages: [en]\nstart: main\n",
                          "main.flow": f"flow main\n{steps}  end\n"})
    assert made.table is not None, made.diagnostics[:2]
    assert made.map is not None

    [panel] = panels(made.table, made.map, made.sources)

    assert len(panel.nodes) > 3_000
    assert duration(90) == "90s"
