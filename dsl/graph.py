"""The picture of a bot, before it is drawn: one panel a flow, nodes and labelled edges, read off the table.

What the compiler says is what is drawn; there is no second model. A jump to another flow is a chip of its own, so
that panels stay apart.
"""

from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from dsl.source import Source
from dsl.table import Message, Op, Row, SourceMap, Step, Table

MESSAGES = {"say", "media", "location", "contact", "template", "list"}
SILENT = {"set", "clear", "each", "track", "opt", "leave"}


class Node(msgspec.Struct, frozen=True):
    """`kind`: start, say, menu, choose, ask, call, do, handover, branch, loop, jump, return, end."""

    id: str
    kind: str
    text: str
    target: str | None = None                # of a jump: the flow


class Edge(msgspec.Struct, frozen=True):
    source: str
    target: str
    label: str = ""
    quiet: bool = False                      # a timer, a bad answer, a failure: not the good path


class Panel(msgspec.Struct, frozen=True):
    flow: str
    title: str
    nodes: tuple[Node, ...]                  # the first is the start
    edges: tuple[Edge, ...]


def panels(table: Table, places: SourceMap, sources: Mapping[str, Source]) -> tuple[Panel, ...]:
    """A panel for every flow, the start first, then in source order; `anywhere` last, where there is one."""
    order = sorted(table.flows, key=lambda name: (name != table.start, _written(places, name), name))
    drawn = [_Drawing(table, places, sources).flow(name) for name in order]
    if table.anywhere or table.otherwise:
        drawn.append(_Drawing(table, places, sources).anywhere())
    return tuple(drawn)


def _written(places: SourceMap, flow: str) -> tuple[str, int]:
    place = places.flows.get(flow)
    return (places.files[place.file], place.start) if place else ("", 0)


class _Drawing(msgspec.Struct):
    table: Table
    places: SourceMap
    sources: Mapping[str, Source]
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    todo: deque[tuple[Edge, str, int]] = msgspec.field(default_factory=deque)

    def flow(self, name: str) -> Panel:
        flow = self.table.flows[name]
        title = name if flow.title is None else f"{name} · {self.words(flow.title)}"
        start = self.node(Node("start", "start", name))
        self.later(start, flow.entry)
        return Panel(name, title, *self.drain())

    def anywhere(self) -> Panel:
        start = self.node(Node("start", "start", "anywhere"))
        for row in self.table.anywhere:
            self.row(start, row)
        if self.table.otherwise:
            times, row = self.table.otherwise
            self.later(start, row.target, label=f"otherwise {times} times", quiet=True)
        return Panel("anywhere", "anywhere", *self.drain())

    def node(self, node: Node) -> str:
        self.nodes.setdefault(node.id, node)
        return node.id

    def edge(self, source: str, target: str | None, label: str = "", *, quiet: bool = False) -> None:
        if target is not None:
            self.edges[Edge(source, target, label, quiet)] = None

    def later(self, source: str, run: str | None, index: int = 0, label: str = "", *, quiet: bool = False) -> None:
        """An edge to what is drawn first from there on; made when the nodes before it stand, so depth costs nothing."""
        if run is not None:
            self.todo.append((Edge(source, "", label, quiet), run, index))

    def drain(self) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
        while self.todo:
            edge, run, index = self.todo.popleft()
            self.edge(edge.source, self.at(run, index), edge.label, quiet=edge.quiet)
        return tuple(self.nodes.values()), tuple(self.edges)

    def at(self, run: str, index: int) -> str | None:
        """The first node that is drawn from operation `index` of a run on."""
        seen = set()
        while run not in seen:
            ops = self.table.runs.get(run, [])
            while index < len(ops) and ops[index][0] in SILENT:
                index += 1
            if index >= len(ops):
                return None
            if ops[index][0] != "go":
                return self.drawn(run, index, ops)
            seen.add(run)
            run, index = ops[index][1], 0
        return None                          # a loop of `go` alone: the compiler refuses it elsewhere

    def drawn(self, run: str, index: int, ops: list[Op]) -> str:
        op, here = ops[index], f"{run}:{index}"
        match op[0]:
            case "rest" | "again":
                return self.step(op[1])
            case "jump":
                return self.node(Node(here, "jump", op[1], op[1]))     # each its own chip: no edge crosses for it
            case "return":
                return self.node(Node(here, "return", "back"))
            case "end":
                return self.node(Node(here, "end", "end"))
            case "branch":
                return self.fork(run, index, Node(here, "branch", self.source_of(op[1])), op[2], ("yes", "no"))
            case "next":
                return self.fork(run, index, Node(here, "loop", f"each {op[2][1]}"), op[3], ("done", "each"))
            case _:
                return self.messages(run, index, ops)

    def fork(self, run: str, index: int, node: Node, aside: str, labels: tuple[str, str]) -> str:
        if node.id not in self.nodes:
            self.node(node)
            self.later(node.id, aside, 0, labels[0])
            self.later(node.id, run, index + 1, labels[1])
        return node.id

    def messages(self, run: str, index: int, ops: list[Op]) -> str:
        here, said, at = f"{run}:{index}", [], index
        while at < len(ops) and ops[at][0] in MESSAGES | SILENT:
            said += [self.message(ops[at])] if ops[at][0] in MESSAGES else []
            at += 1
        if here not in self.nodes:
            self.node(Node(here, "say", "\n".join(said)))
            self.later(here, run, at)
        return here

    def message(self, op: Op) -> str:
        match op[0]:
            case "say":
                return self.words(op[1]["text"])
            case "list":
                return self.words(op[2]) if op[2] is not None else "a list"
            case "template":
                return f"template {op[1]}"
            case _:
                what = op[1] if op[0] == "media" else op[0]
                return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"

    def step(self, name: str) -> str:
        step = self.table.steps.get(name)
        if step is None:
            return self.node(Node(f"->{name}", "jump", name))
        if name not in self.nodes:
            self.node(Node(name, step.kind, self.asked(step)))
            for row in step.on:
                self.row(name, row, step)
        return name

    def asked(self, step: Step) -> str:
        if step.kind in ("call", "do"):
            return f"{step.kind} {step.name}"
        if step.kind == "handover":
            return f"hand over to {self.words(step.team)}" if step.team is not None else "hand over"
        return self.words(step.message.text) if isinstance(step.message, Message) else ""

    def row(self, source: str, row: Row, step: Step | None = None) -> None:
        label, quiet = happened(self.table, row.event, step)
        self.later(source, row.target, label=label, quiet=quiet)

    def words(self, text: int | list[int]) -> str:
        return plain(self.table, text)

    def source_of(self, expr: int) -> str:
        place = self.places.exprs[expr] if expr < len(self.places.exprs) else None
        source = self.sources.get(self.places.files[place.file]) if place else None
        return source.text[place.start:place.end] if source and place else "if"


def happened(table: Table, event: str, step: Step | None = None) -> tuple[str, bool]:
    """A row's event in an author's words, and whether it is off the good path: a timer, a bad answer, a failure."""
    kind, _, what = event.partition(":")
    match kind:
        case "option":
            title = next((option.title for option in step.options if option.id == what), None) if step else None
            return (what if title is None else plain(table, title)), False
        case "answer" | "result" | "return" | "resume":
            return "", False
        case "reply":
            return " / ".join(plain(table, int(text)) for text in what.split(",")[:2]), False
        case "pattern":
            return "/…/", False
        case "kind" | "event":
            return what, False
        case "after":
            return f"after {duration(int(what))}", True
        case "reason":
            return what, True
        case _:
            return kind, kind != "skip"


def plain(table: Table, text: int | list[int]) -> str:
    """Text T, or the first of several, in the bot's first language, its values as `{…}`."""
    first = text if isinstance(text, int) else text[0]
    return "".join(part if isinstance(part, str) else "{" + _named(part) + "}"
                   for part in table.texts[first].get(table.languages[0], []))


def _named(part: list[object]) -> str:
    """The first name in an expression: enough to recognise a value by."""
    return next(_names(part), "…")


def _names(part: object) -> Iterator[str]:
    if isinstance(part, list) and part:
        if part[0] in ("slot", "local", "given") and len(part) > 1:
            yield str(part[1])
        for inner in part:
            yield from _names(inner)


def duration(seconds: int) -> str:
    """
    >>> duration(1800), duration(86400), duration(45)
    ('30m', '1d', '45s')
    """
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def mermaid(drawn: tuple[Panel, ...]) -> str:
    """One Mermaid flowchart a flow, in Markdown: a diagram of a whole bot would pass the renderer's limits."""
    return "\n".join(f"## {panel.title}\n\n```mermaid\nflowchart TD\n{_mermaid_lines(panel)}```\n" for panel in drawn)


def _mermaid_lines(panel: Panel) -> str:
    ids = {node.id: f"n{number}" for number, node in enumerate(panel.nodes)}
    brackets = {"start": "([{}])", "end": "(({}))", "branch": "{{{{{}}}}}", "jump": "[/{}/]", "return": "([{}])"}
    lines = [f"  {ids[node.id]}{brackets.get(node.kind, '[{}]').format(_quoted(node.text))}" for node in panel.nodes]
    for edge in panel.edges:
        arrow = "-.->" if edge.quiet else "-->"
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"  {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def dot(drawn: tuple[Panel, ...]) -> str:
    """One Graphviz digraph, a cluster for each flow."""
    lines = ["digraph bot {", "  rankdir=TB; node [shape=box, style=rounded, fontname=sans];"]
    for number, panel in enumerate(drawn):
        ids = {node.id: f"c{number}_{index}" for index, node in enumerate(panel.nodes)}
        lines.append(f"  subgraph cluster_{number} {{ label={_quoted(panel.title)};")
        lines += [f"    {ids[node.id]} [label={_quoted(node.text)}];" for node in panel.nodes]
        lines += [f"    {ids[edge.source]} -> {ids[edge.target]} [label={_quoted(edge.label)}"
                  f"{', style=dashed' if edge.quiet else ''}];" for edge in panel.edges]
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', "'").replace("\n", " ") + '"'
