"""A layered drawing: nothing overlaps, edges run down, big panels are quick."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.layout import layout


@st.composite
def panels(draw):
    count = draw(st.integers(1, 12))
    nodes = [f"n{number}" for number in range(count)]
    sizes = {node: (draw(st.floats(20, 200)), draw(st.floats(16, 80))) for node in nodes}
    edges = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=24))
    return sizes, edges


@given(panels())
@settings(max_examples=80, deadline=None)
def test_no_two_nodes_overlap_and_all_lie_within_the_drawing(panel):
    sizes, edges = panel

    drawn = layout(sizes, edges)

    assert len(drawn.paths) == len(edges)
    for node, (x, y) in drawn.at.items():
        width, height = sizes[node]
        assert x - width / 2 >= -0.01
        assert x + width / 2 <= drawn.width + 0.01
        assert y - height / 2 >= -0.01
        assert y + height / 2 <= drawn.height + 0.01
    for one, other in combinations(sizes, 2):
        (x1, y1), (x2, y2) = drawn.at[one], drawn.at[other]
        apart_x = abs(x1 - x2) >= (sizes[one][0] + sizes[other][0]) / 2 - 0.01
        apart_y = abs(y1 - y2) >= (sizes[one][1] + sizes[other][1]) / 2 - 0.01
        assert apart_x or apart_y


def test_an_edge_runs_downwards_unless_it_closes_a_cycle():
    drawn = layout(dict.fromkeys("abc", (40.0, 20.0)), [("a", "b"), ("b", "c"), ("c", "a")])

    assert drawn.at["a"][1] < drawn.at["b"][1] < drawn.at["c"][1]
    down, _, back = drawn.paths
    assert down[0][1] < down[-1][1]
    assert back[0][1] > back[-1][1]


def test_a_long_edge_runs_beside_the_nodes_it_passes():
    drawn = layout(dict.fromkeys("abc", (100.0, 20.0)), [("a", "b"), ("b", "c"), ("a", "c")])

    passing = drawn.paths[2][1]
    assert abs(passing[0] - drawn.at["b"][0]) > 50


def test_a_node_that_leads_to_itself_has_a_loop_at_its_side():
    drawn = layout({"a": (40.0, 20.0)}, [("a", "a")])

    assert max(x for x, _ in drawn.paths[0]) > drawn.at["a"][0] + 20


def test_nothing_to_draw_is_no_fault():
    assert layout({}, []).width == 0
