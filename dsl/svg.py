"""The picture of a bot as SVG: one panel a flow, laid out by `layout.py`, panels packed into columns.

It follows the reader's light or dark theme, and every jump is a link to the panel it leads to.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from dsl.graph import Edge, Node, Panel
from dsl.layout import Layout, Point, layout

CHAR, LINE, PAD = 6.6, 16.0, 11.0            # pixels: mean width of a character at 12.5 px, line height, inner margin
WRAP, LINES = 30, 5                          # characters a line, lines a node, before it is cut
MARGIN, HEAD, SPACE = 22.0, 34.0, 26.0       # around a panel's drawing, its title, between panels
LABEL, SMALL = 24, 5.9                       # characters of an edge's label, pixels of one of them

STYLE = """
svg{--paper:#f6f5f1;--panel:#fff;--line:#c9c6bd;--ink:#23302b;--soft:#6d746f;--say:#e3f4e6;--ask:#fff3d6;--menu:#dcebfb;
--call:#eee5fa;--jump:#23302b;--jumpink:#fff;--hand:#fde3e0;--edge:#7f8a84;background:var(--paper)}
@media(prefers-color-scheme:dark){svg{--paper:#151a18;--panel:#1e2522;--line:#3a4540;--ink:#e6ebe8;--soft:#9aa59f;
--say:#23402b;--ask:#4a3f1d;--menu:#1f3850;--call:#382b4d;--jump:#d8e3dd;--jumpink:#151a18;--hand:#4d2a26;--edge:#7f8a84}}
text{font:12.5px system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--ink)}
.title{font-size:15px;font-weight:600}.name{font-size:10.5px;fill:var(--soft)}
.label{font-size:11px;fill:var(--soft);paint-order:stroke;stroke:var(--panel);stroke-width:4px;stroke-linejoin:round}
.panel{fill:var(--panel);stroke:var(--line)}.node{stroke:var(--line)}
.say{fill:var(--say)}.ask{fill:var(--ask)}.menu,.choose{fill:var(--menu)}.call,.do{fill:var(--call)}.handover{fill:var(--hand)}
.branch,.loop{fill:var(--panel);stroke-dasharray:3 2}.start,.end,.return{fill:var(--panel);stroke:var(--ink)}
.jump{fill:var(--jump);stroke:none}.jump+text{fill:var(--jumpink)}
.edge{fill:none;stroke:var(--edge);stroke-width:1.4}.quiet{stroke-dasharray:4 4}
""".strip()


def svg(panels: Sequence[Panel], title: str) -> str:
    """The whole picture, one SVG document."""
    drawn = [_Panel(panel) for panel in panels]
    columns = _columns(drawn)
    parts, x, height = [], SPACE, 0.0
    for column in columns:
        y = SPACE
        for panel in column:
            parts.append(panel.svg(x, y))
            y += panel.height + SPACE
        x += max(panel.width for panel in column) + SPACE
        height = max(height, y)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x:.0f} {height:.0f}" width="{x:.0f}" '
            f'height="{height:.0f}" role="img" aria-label="{escape(title)}">\n<title>{escape(title)}</title>\n'
            f'<style>{STYLE}</style>\n<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0.5 L8 4 L0 7.5z" fill="#7f8a84"/></marker></defs>\n'
            f'{"".join(parts)}</svg>\n')


def _columns(panels: Sequence["_Panel"]) -> list[list["_Panel"]]:
    """Panels packed in reading order into the number of columns whose picture is nearest to 3 by 2."""

    def packed(count: int) -> list[list["_Panel"]]:
        target = sum(panel.height + SPACE for panel in panels) / count
        columns: list[list[_Panel]] = [[]]
        filled = 0.0
        for panel in panels:
            if columns[-1] and filled + panel.height / 2 > target and len(columns) < count:
                columns.append([])
                filled = 0.0
            columns[-1].append(panel)
            filled += panel.height + SPACE
        return columns

    def shape(columns: list[list["_Panel"]]) -> float:
        wide = sum(max((panel.width for panel in column), default=0.0) + SPACE for column in columns)
        high = max(sum(panel.height + SPACE for panel in column) for column in columns)
        return abs(wide / max(high, 1.0) - 1.5)

    return min((packed(count) for count in range(1, min(len(panels), 12) + 1)), key=shape, default=[])


class _Panel:
    """One panel, laid out. A label is a node of the layout too: it stands in its edge and nothing stands on it."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.lines = {node.id: _wrapped(node) for node in panel.nodes}
        labels = {_label(number): (len(_cut(edge.label, LABEL)) * SMALL, LINE * 0.8)
                  for number, edge in enumerate(panel.edges) if edge.label}
        self.sizes = {node.id: _size(node, self.lines[node.id]) for node in panel.nodes} | labels
        self.layout: Layout = layout(self.sizes, [link for number, edge in enumerate(panel.edges)
                                                  for link in _halves(number, edge)])
        title = len(panel.title) * CHAR * 1.2 + 2 * MARGIN
        self.width = max(self.layout.width + 2 * MARGIN, title)
        self.height = self.layout.height + 2 * MARGIN + HEAD

    def svg(self, x: float, y: float) -> str:
        left = x + (self.width - self.layout.width) / 2
        top = y + HEAD + MARGIN
        paths = iter(self.layout.paths)
        edges = "".join(self.edge(number, edge, [next(paths) for _ in _halves(number, edge)])
                        for number, edge in enumerate(self.panel.edges))
        nodes = "".join(self.node(node) for node in self.panel.nodes)
        return (f'<g id="{escape(self.panel.flow)}"><rect class="panel" x="{x:.1f}" y="{y:.1f}" '
                f'width="{self.width:.1f}" height="{self.height:.1f}" rx="12"/>'
                f'<text class="title" x="{x + MARGIN:.1f}" y="{y + 28:.1f}">{escape(self.panel.title)}</text>'
                f'<g transform="translate({left:.1f} {top:.1f})">{edges}{nodes}</g></g>\n')

    def node(self, node: Node) -> str:
        (x, y), (width, height) = self.layout.at[node.id], self.sizes[node.id]
        round_ = height / 2 if node.kind in ("start", "end", "return", "jump") else 9
        box = (f'<rect class="node {node.kind}" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
               f'height="{height:.1f}" rx="{round_:.1f}"/>')
        lines = self.lines[node.id]
        first = y - (len(lines) - 1) * LINE / 2 + 4.3
        spans = "".join(f'<tspan x="{x:.1f}" y="{first + number * LINE:.1f}">{escape(line)}</tspan>'
                        for number, line in enumerate(lines))
        shown = f'{box}<text text-anchor="middle">{spans}</text><title>{escape(node.text)}</title>'
        return f'<a href="#{escape(node.target)}">{shown}</a>' if node.target else f"<g>{shown}</g>"

    def edge(self, number: int, edge: Edge, halves: Sequence[Sequence[Point]]) -> str:
        style = f'class="edge{" quiet" if edge.quiet else ""}"'
        drawn = "".join(f'<path {style} d="{_curve(half)}"/>' for half in halves[:-1])
        drawn += f'<path {style} marker-end="url(#tip)" d="{_curve(halves[-1])}"/>'
        if not edge.label:
            return drawn
        x, y = self.layout.at[_label(number)]
        return (f'{drawn}<text class="label" text-anchor="middle" x="{x:.1f}" y="{y + 3.6:.1f}">'
                f'{escape(_cut(edge.label, LABEL))}</text>')


def _label(number: int) -> str:
    return f"\0label {number}"


def _halves(number: int, edge: Edge) -> list[tuple[str, str]]:
    """The edge, or from its source to its label and from there on."""
    if not edge.label:
        return [(edge.source, edge.target)]
    return [(edge.source, _label(number)), (_label(number), edge.target)]


def _curve(path: Sequence[Point]) -> str:
    """Through all points, leaving and arriving upright."""
    parts = [f"M{path[0][0]:.1f} {path[0][1]:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(path):
        bend = (to_y - y) * 0.45
        parts.append(f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}")
    return "".join(parts)


def _wrapped(node: Node) -> list[str]:
    lines = [line for paragraph in node.text.split("\n") for line in _wrap(paragraph.split())] or [""]
    return lines if len(lines) <= LINES else [*lines[:LINES - 1], _cut(lines[LINES - 1] + " …", WRAP)]


def _wrap(words: Iterable[str]) -> list[str]:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [_cut(line, WRAP + 4) for line in lines]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def _size(node: Node, lines: Sequence[str]) -> tuple[float, float]:
    return max(map(len, lines)) * CHAR + 2 * PAD + (8 if node.kind == "jump" else 0), len(lines) * LINE + 2 * PAD * 0.72
