"""What the machine prepares of a table, once: rows looked up by what they take, never searched.

Made lazily, step by step, and kept with the table object, so that a turn costs the same in a bot of ten steps and of
ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from dsl.table import Message, Op, Option, Row, Step, Table, Var, version
from dsl.words import normalise
from runtime.per_table import per_table
from runtime.program import Program, program
from runtime.regex import Finder
from runtime.shapes import Shown

ANYWHERE = "anywhere"
STARTS = "starts"
FAILED = "system.failed"                     # the flow; also the name of its default in the trace
BACK = "system.welcome_back"                 # a step of the machine's own, for `on_return: ask`
QUESTIONS = ("menu", "choose", "ask")        # kinds of step that wait for the user
_NONE: tuple[int, ...] = ()

Sound: TypeAlias = tuple[str, str | None, str | None]    # flow, step and kind of a frame


class Rows:
    """The rows of one step, of `anywhere` or of `starts`, in their order, by what they take."""

    def __init__(self, owner: str, rows: Sequence[Row], plan: Plan) -> None:
        self.owner = owner
        self.rows = rows
        self.after: list[int] = []           # seconds, one for each timer
        self._named: dict[str, tuple[int, ...]] = {}
        self._words: dict[str, tuple[int, ...]] = {}
        self._searched: list[int] = []       # rows with a pattern
        self._has_kinds = False
        patterns: list[str] = []
        for index, row in enumerate(rows):
            kind, _, what = row.event.partition(":")
            if kind == "reply":
                for words in {words for text in what.split(",") for words in plan.program.words(int(text))}:
                    self._words[words] = (*self._words.get(words, _NONE), index)
            elif kind == "pattern":
                self._searched.append(index)
                patterns.append(plan.table.patterns[int(what)])
            else:
                event = f"reaction:{normalise(what)}" if kind == "reaction" else row.event
                self._named[event] = (*self._named.get(event, _NONE), index)
                self._has_kinds = self._has_kinds or kind == "kind"
                if kind == "after":
                    self.after.append(int(what))
        self._finder = Finder(patterns)

    def of(self, *events: str) -> Sequence[int]:
        """Rows of these events, in their order."""
        if len(events) == 1:
            return self._named.get(events[0], _NONE)
        return sorted([index for event in events for index in self._named.get(event, _NONE)])

    def said(self, words: str, text: str, kinds: Sequence[str]) -> Sequence[int]:
        """Rows that take this text, in their order."""
        known = self._words.get(words, _NONE)
        if self._has_kinds:
            known = (*known, *self.of(*kinds))
        if self._searched:
            known = (*known, *[self._searched[index] for index in self._finder.found(text)])
        return sorted(set(known)) if len(known) > 1 else known


class StepPlan:
    """A step, and what is worked out about it before anyone gets there."""

    def __init__(self, name: str, step: Step, plan: Plan) -> None:
        self.name = name
        self.step = step
        self.rows = Rows(name, step.on, plan)
        self.waits = step.kind in QUESTIONS
        self.options = {option.id: option for option in step.options}
        self.var = plan.variable(step)
        # A choice of a list has no other answers.
        self.is_listed = step.items is not None or (bool(self.var and self.var.values) and step.type == "choice")
        self.is_guarded = any(option.when is not None for option in step.options)
        self.has_fixed_choices = plan.has_fixed_choices(step, self.var)
        self.is_constant = self.has_fixed_choices and plan.is_constant(step)
        self.open: dict[tuple[str, tuple[bool, ...]], Any] = {}     # made by `choices`: language, conditions that hold


class Steps(dict[str | None, StepPlan | None]):
    """Steps by name, each prepared when it is first needed; None for what is no step."""

    def __init__(self, plan: Plan, welcome_back: Step | None) -> None:
        super().__init__()
        self._plan = plan
        self._welcome_back = welcome_back

    def __missing__(self, name: str | None) -> StepPlan | None:
        step = self._welcome_back if name == BACK else self._plan.table.steps.get(name or "")
        if step is None or name is None:
            return None
        made = self[name] = StepPlan(name, step, self._plan)
        return made


class Plan:
    """A table made ready for the machine."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.program: Program = program(table)
        self.version = version(table)
        self.anywhere = Rows(ANYWHERE, table.anywhere, self)
        self.starts = Rows(STARTS, table.starts, self)
        self.otherwise = _otherwise(table)
        self.kept = {name for name, var in table.slots.items() if var.keep} | {"language"}
        self.sayings: dict[tuple[int, str], Shown] = {}  # of static texts, by language
        self.words: dict[tuple[str, str], str] = {}      # the machine's own titles, by language
        self.sound: set[Sound] = set()                   # frames that were found to stand alone
        self.steps = Steps(self, _welcome_back(table))

    def step(self, name: str | None) -> StepPlan | None:
        """The step of that name, one of the table's or the machine's own; None if there is none."""
        return self.steps[name]

    def said(self, option: Option, language: str | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words and patterns that name an option, in one language or in all: its title, if no value is shown in
        it, and its aliases."""
        words, patterns = list(self.program.words(option.title, language)), []
        for also in option.also:
            kind, _, what = also.partition(":")
            if kind == "pattern":
                patterns.append(self.table.patterns[int(what)])
            else:
                words.extend(said for text in what.split(",") for said in self.program.words(int(text), language))
        return tuple(words), tuple(patterns)

    def has_fixed_choices(self, step: Step, var: Var | None) -> bool:
        """Whether what can be chosen reads the same whatever the conversation remembers."""
        shown = [step.skip, *step.suggest, *(title for _, title in (var and var.values) or ())]
        for option in step.options:
            shown += [option.title, option.description]
        return step.items is None and self._are_static(shown)

    def is_constant(self, step: Step) -> bool:
        """Whether the words of a question are always the same."""
        message = step.message
        if message is None or not isinstance(message.text, int) or message.image is not None or message.link:
            return False
        return self._are_static([message.text, message.header, message.footer, step.hint])

    def _are_static(self, texts: Iterable[int | None]) -> bool:
        return all(text is None or self.program.is_static(text) for text in texts)

    def flow_of(self, entry: str | None) -> str | None:
        """The flow that begins with this run."""
        return self._flows.get(entry or "")

    @cached_property
    def _flows(self) -> dict[str, str]:
        return {flow.entry: name for name, flow in self.table.flows.items()}

    @cached_property
    def opting_out(self) -> frozenset[int]:
        """Rows of `anywhere` that lead to `opt out`: a person has the conversation, and still they are honoured."""
        return frozenset(index for index, row in enumerate(self.table.anywhere) if leads_to_opt_out(self.table, row))

    @cached_property
    def awaited(self) -> frozenset[str]:
        """Names of the events from outside that some row takes."""
        steps = (row for step in self.table.steps.values() for row in step.on)
        rows = (*self.table.anywhere, *self.table.starts, *steps)
        return frozenset(row.event[len("event:"):] for row in rows if row.event.startswith("event:"))

    @cached_property
    def has_private(self) -> bool:
        return any(step.private for step in self.table.steps.values())

    def variable(self, step: Step) -> Var | None:
        """What is known of the slot that a step fills."""
        if step.slot is None:
            return None
        scope, name = step.slot
        return (self.table.slots if scope == "slot" else self.locals(step.flow)).get(name)

    def locals(self, flow: str) -> Mapping[str, Var]:
        """The locals of a flow's frame, or of that of an `anywhere` block."""
        if flow == ANYWHERE:
            return self.table.anywhere_locals
        known = self.table.flows.get(flow)
        return known.locals if known else {}


def leads_to_opt_out(table: Table, row: Row) -> bool:
    """Whether `opt out` is on a way from this row that passes at most the questions of one flow, and no menu."""
    ops, seen = [*row.ops, ["go", row.target]], set[tuple[str, bool]]()
    way: list[tuple[list[Op], bool]] = [(ops, False)]           # operations; whether a question lies before them
    while way:
        ops, is_asked = way.pop()
        for op in ops:
            if op[:2] == ["opt", "out"]:
                return True
            for name, after_question in _onward(table, op, is_asked):
                if name in table.runs and (name, after_question) not in seen:
                    seen.add((name, after_question))
                    way.append((table.runs[name], after_question))
    return False


def _onward(table: Table, op: Op, is_asked: bool) -> Iterator[tuple[str | None, bool]]:
    """Runs that an operation may lead to; behind a question, no flow is jumped into."""
    match op:
        case ["go", run] | ["branch", _, run] | ["next", _, _, run]:
            yield run, is_asked
        case ["jump", flow] if flow in table.flows and not is_asked:
            yield table.flows[flow].entry, is_asked
        case ["rest" | "again", name] if name in table.steps and table.steps[name].kind != "menu":
            step = table.steps[name]
            if step.kind == "do" and step.name in table.flows:
                yield table.flows[step.name].entry, is_asked
            for row in step.on:
                yield row.target, is_asked or step.kind not in ("do", "call")


def _otherwise(table: Table) -> tuple[int, Row] | None:
    if table.otherwise is None:
        return None
    times, row = table.otherwise
    return times, row if isinstance(row, Row) else msgspec.convert(row, Row)


def _welcome_back(table: Table) -> Step | None:
    """Going on or starting over, asked as any other choice is."""
    titles = {name: _first(table.system[name]) for name in ("resume", "restart") if name in table.system}
    if len(titles) < 2 or "welcome_back" not in table.system:
        return None
    ops: dict[str, list[Op]] = {"resume": [["return", None]], "restart": [["restart"]]}
    return Step(
        kind="choose", flow=BACK, message=Message(table.system["welcome_back"]),
        options=[Option(name, title) for name, title in titles.items()],
        on=[Row(f"option:{name}", None, ops[name], None) for name in titles],
    )


def _first(texts: int | list[int]) -> int:
    return texts if isinstance(texts, int) else texts[0]


plan_of = per_table(Plan)
