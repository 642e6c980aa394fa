"""Tables by hand: a line of made-up source for every operation, row and step, so that places can be read back."""

from typing import Any

from dsl.source import Source
from dsl.table import Flow, Limits, Op, Option, Place, Row, SourceMap, Step, Table, Var

LIMITS = Limits(text=4096, body=1024, header=60, footer=60, caption=1024, buttons=3, button_title=20, rows=10,
                row_title=24, row_description=72, list_button=20, link_title=20)


class Sketch:
    """A table that grows part by part; `table()` and `places` are what the checks take."""

    def __init__(self, start: str = "main", **slots: Var) -> None:
        self.start = start
        self.slots = slots
        self.flows: dict[str, Flow] = {}
        self.steps: dict[str, Step] = {}
        self.runs: dict[str, list[Op]] = {}
        self.exprs: list[Any] = []
        self.texts: list[Any] = []
        self.anywhere: list[Row] = []
        self.starts: list[Row] = []
        self.otherwise: list[Any] | None = None
        self.lines: list[str] = []
        self.written = 0                     # characters of all lines
        self.places = SourceMap(["main.flow"])

    def place(self, line: str) -> Place:
        start = self.written
        self.lines.append(line)
        self.written += len(line) + 1
        return Place(0, len(self.lines), 1, start, start + len(line))

    def e(self, code: Any) -> int:
        self.exprs.append(code)
        self.places.exprs.append(self.place(f"expr {code}"))
        return len(self.exprs) - 1

    def t(self, *parts: Any) -> int:
        self.texts.append({"en": list(parts)})
        shown = "".join(part if isinstance(part, str) else f"{{{part[3][1]}}}" for part in parts)
        self.places.texts.append(self.place(f'"{shown}"'))
        return len(self.texts) - 1

    def say(self, *parts: Any) -> Op:
        return ["say", {"text": self.t(*(parts or ("hello",)))}]

    def flow(self, name: str, *ops: Op, **more: Any) -> None:
        self.flows[name] = Flow(name, **more)
        self.places.flows[name] = self.place(f"flow {name}")
        self.run(name, *ops)

    def run(self, name: str, *ops: Op) -> None:
        self.runs[name] = list(ops)
        self.places.ops[name] = [self.place(" ".join(str(part) for part in op)) for op in ops]

    def step(self, name: str, kind: str, /, *rows: Row, **more: Any) -> None:
        self.steps[name] = Step(kind, more.pop("flow", name.partition(".")[0]), list(rows), **more)
        self.places.steps[name] = self.place(f"{kind} {name}")
        self.places.rows[name] = [self.place(f"{row.event} -> {row.target}") for row in rows]

    def ask(self, name: str, slot: list[str], then: str, /, *rows: Row, **more: Any) -> None:
        self.step(name, "ask", Row("answer", None, [], then), *rows, slot=slot, **{"type": "text", **more})

    def menu(self, name: str, **options: str) -> None:
        self.flow(name, ["rest", name], menu=True)
        rows = [Row(f"option:{option}", None, [], target) for option, target in options.items()]
        self.step(name, "menu", *rows, options=[Option(option, self.t(option)) for option in options])

    def table(self) -> Table:
        self.places.rows["anywhere"] = [self.place(f"on {row.event}") for row in
                                        [*self.anywhere, *(self.otherwise or [])[1:]]]
        self.places.rows["starts"] = [self.place(f"starts on {row.event}") for row in self.starts]
        return Table("sketch", ["en"], "UTC", self.start, LIMITS, slots=self.slots, flows=self.flows, steps=self.steps,
                     runs=self.runs, exprs=self.exprs, texts=self.texts, anywhere=self.anywhere, starts=self.starts,
                     otherwise=self.otherwise)

    def sources(self) -> dict[str, Source]:
        return {"main.flow": Source("main.flow", "\n".join(self.lines))}


def slot(name: str) -> list[str]:
    return ["slot", name]


def show(name: str) -> list[Any]:
    return ["show", "text", [], slot(name)]


def row(event: str, target: str | None, *ops: Op, guard: int | None = None) -> Row:
    return Row(event, guard, list(ops), target)
