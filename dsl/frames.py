"""Frames: the names a flow binds for itself, typed from where they are bound, and its steps.

A name of `domain.yml` is the conversation's. A name first bound in a flow (a parameter, `ask X as TYPE`, `… into X`,
`for X`, a `choose X` whose options have values, a parameter of an event) is the flow's own.
"""

from collections.abc import Iterable, Iterator

from dsl import types
from dsl.diagnostics import Edit, Fix, Kind, Label, Severity
from dsl.expressions import Expressions
from dsl.resolve import BOUND, NO_SLOT
from dsl.scope import STEPS, Frame, Local, Scope, Steps, step_name
from dsl.source import Span
from dsl.syntax import (
    After,
    Anywhere,
    Ask,
    Block,
    CallAction,
    Choose,
    Clause,
    Do,
    Expr,
    Flow,
    For,
    Handover,
    If,
    Menu,
    Name,
    Number,
    OfEvent,
    On,
    Otherwise,
    Pattern,
    Rule,
    Statement,
    Tag,
    Text,
    Tries,
    ValueOf,
)
from dsl.typed import Typed, a, plain
from dsl.words import slug

SAME_STEP = Kind("F123", Severity.ERROR, "flow `{flow}` has two steps named `{name}`",
                 why="A conversation that rests on one of them could not be told from one that rests on the other.")
SAME_PARAM = Kind("F122", Severity.ERROR, "there are two parameters named `{name}`",
                  fix="give one of them another name")
SHADOWS = Kind("F160", Severity.WARNING, "`{name}` hides the slot of that name",
               fix="take another name for one of them")
OTHER_TYPE = Kind("F419", Severity.ERROR, "`{name}` is {first} in this flow, here it would be {second}",
                  fix="take another name for one of them")
RETURNS_NOTHING = Kind("F420", Severity.ERROR, "{what} `{name}` returns nothing that could go into `{into}`",
                       fix="leave out `into {into}`")


class Binding:
    """Reads one flow, menu or all of `anywhere` into its frame."""

    def __init__(self, expressions: Expressions, frame: Frame) -> None:
        self._expressions = expressions
        self._names = expressions.names
        self._frame = frame
        self._tagged: dict[str, int] = {}    # tags proposed so far, by the name they tell apart

    def flow(self, flow: Flow) -> None:
        params: list[tuple[str, str]] = []
        for param in flow.params:
            if param.name.text in dict(params):
                self._names.found.append(SAME_PARAM.at(param.name.span, name=param.name.text))
            params.append((param.name.text, self._names.type(param.type)))
            self._bind_own(param.name, params[-1][1])
        self._frame.params = tuple(dict(params).items())
        self._frame.returns = None if flow.returns is None else self._names.type(flow.returns)
        self._events(flow.starts_on)
        self.block(flow.body)

    def menu(self, menu: Menu) -> None:
        self._frame.questions[menu.name.text] = menu.name.text
        self._frame.steps[menu.name.text] = menu.name.span
        self._events(menu.starts_on)
        self._clauses(menu.clauses)
        for option in menu.options:
            self.block(option.then)

    def anywhere(self, items: Iterable[Anywhere]) -> None:
        for item in items:
            self._clauses(item.clauses)

    def block(self, block: Block) -> None:
        for statement in block:
            if self._names.is_full:
                return
            self._statement(statement)
            for inner in blocks(statement):
                self.block(inner)

    def _clauses(self, clauses: Iterable[Clause | Otherwise]) -> None:
        for clause in clauses:
            if type(clause) is On:
                self._events(clause.patterns)
            if isinstance(clause, _WITH_BLOCKS):
                self.block(clause.then)

    def _statement(self, statement: Statement) -> None:
        if type(statement) not in _BINDING:
            return
        match statement:
            case Ask():
                self._step(statement, statement.slot)
                self._ask(statement)
            case Choose():
                self._step(statement, statement.name)
                self._choose(statement)
            case CallAction():
                self._step(statement, statement.action)
                self._into_call(statement)
            case Do():
                self._step(statement, statement.flow)
                self._into_do(statement)
            case Handover():
                self._step(statement, Name(slug(plain(statement.team) or statement.team.raw), statement.team.span))
            case For():
                items = self._quietly(statement.items, self._scope())
                self._bind_own(statement.name, types.item_of(items.type) or types.UNKNOWN)
        for clause in getattr(statement, "clauses", ()):
            if type(clause) is On:
                self._events(clause.patterns)

    # --- steps ----------------------------------------------------------------------------------------------

    def _step(self, statement: Steps, name: Name) -> None:
        tag = statement.tag
        step = step_name(self._frame.name, tag, name.text)
        at = tag.name.span if tag.name is not None else name.span
        first = self._frame.steps.setdefault(step, at)
        if tag.was:
            self._frame.was[step] = tag.was
        if first is not at:
            there = Label(first, "first used here")
            self._names.found.append(SAME_STEP.at(at, self._tag(statement, name.text), label="same name",
                                                  others=(there,), flow=self._frame.name, name=step.partition(".")[2]))
        if type(statement) in (Ask, Choose):
            self._question(tag, name.text, step)

    def _question(self, tag: Tag, name: str, step: str) -> None:
        """What `again` may call the question: by its name, the one without a tag first, and by its tag."""
        if tag.name is None:
            self._frame.questions[name] = step
        else:
            self._frame.questions.setdefault(name, step)
            self._frame.questions.setdefault(f"@{tag.name.text}", step)

    def _tag(self, statement: Steps, name: str) -> Fix:
        if statement.tag.name is not None:
            return Fix("choose another tag")
        self._tagged[name] = self._tagged.get(name, 1) + 1
        tag = f"@{name.rpartition('.')[2]}_{self._tagged[name]}"
        end = Span(statement.span.file, statement.span.end, statement.span.end)
        edits = () if statement.tag.was else (Edit(end, f" {tag}"),)
        return Fix(f"give this one a tag at the end of its line: `{tag}`", edits)

    # --- locals ---------------------------------------------------------------------------------------------

    def _scope(self) -> Scope:
        return Scope(self._frame, self._frame.name)

    def _bind_own(self, name: Name, type: str, max: int | None = None) -> None:
        """A local even where a slot has the name."""
        slot = self._names.domain.slots.get(name.text)
        if name.text == "language":
            self._names.check_free(name.text, name.span, True)
        elif slot is not None and name.text not in self._frame.locals:
            there = Label(slot.span, "the slot")
            self._names.found.append(SHADOWS.at(name.span, label="this flow's own", others=(there,), name=name.text))
        self._bind(name, type, max)

    def _bind(self, name: Name, type: str, max: int | None = None, values: tuple[str, ...] = ()) -> None:
        """A local, unless a slot has the name."""
        bound = self._frame.locals.get(name.text)
        if bound is None:
            self._names.check_free(name.text, name.span, name.text in BOUND)
            self._frame.locals[name.text] = Local(type, name.span, max, values)
        elif not types.fits(type, bound.type):
            there = Label(bound.span, a(bound.type))
            self._names.found.append(OTHER_TYPE.at(name.span, label=a(type), others=(there,), name=name.text,
                                                   first=a(bound.type), second=a(type)))
        elif (bound.max is not None and (max is None or max > bound.max)) or bound.values != values:
            merged = None if max is None or bound.max is None else max
            self._frame.locals[name.text] = Local(bound.type, bound.span, merged)

    def _bind_or_fill(self, name: Name, type: str) -> None:
        """`… into X`: a slot if there is one, else a local."""
        slot_type = None if name.text in self._frame.locals else self._names.slot_type(name.text)
        if slot_type is None:
            self._bind(name, type)
        elif not types.fits(type, slot_type):
            slot = self._names.domain.slots.get(name.text)
            others = () if slot is None else (Label(slot.span, a(slot_type)),)
            self._names.found.append(OTHER_TYPE.at(name.span, label=a(type), others=others, name=name.text,
                                                   first=a(slot_type), second=a(type)))

    def _ask(self, ask: Ask) -> None:
        if ask.slot.text not in self._frame.locals and self._names.slot_type(ask.slot.text) is not None:
            return
        if ask.type is not None:
            reported = len(self._names.found)
            rule, type = self._names.rule_or_type(ask.type)
            del self._names.found[reported:]                        # lowering says it
            self._bind(ask.slot, type, _longest(ask, rule))
        elif ask.source is not None:
            self._bind(ask.slot, self._chosen(ask))
        elif ask.slot.text not in self._frame.locals:
            fix = Fix("say what it is: `as text`, or declare it in domain.yml",
                      (Edit(Span(ask.slot.span.file, ask.slot.span.end, ask.slot.span.end), " as text"),))
            self._names.unknown(NO_SLOT, ask.slot, lambda: self._names.domain.slots, "nothing has this name", fix)
            self._bind(ask.slot, types.UNKNOWN)

    def _chosen(self, ask: Ask) -> str:
        """Type of what is chosen `from` a list: an item, or what `value` makes of it."""
        assert ask.source is not None
        items = self._quietly(ask.source, self._scope())
        item = types.item_of(items.type) or types.UNKNOWN
        for clause in ask.clauses:
            if isinstance(clause, ValueOf):
                return self._quietly(clause.value, Scope(self._frame, self._frame.name, it=item)).type
        return item

    def _choose(self, choose: Choose) -> None:
        """A `choose` is a variable only if its options have values."""
        written = [option.value for option in choose.options if option.value is not None]
        if not written:
            return
        if choose.name.text not in self._frame.locals and self._names.slot_type(choose.name.text) is not None:
            return
        type: str | None = types.UNKNOWN
        for value in written:
            type = type and types.common(type, self._quietly(value, self._scope()).type)
        texts = [plain(value) for value in written if isinstance(value, Text)]
        if type == "text" and len(texts) == len(written) and None not in texts:
            self._bind(choose.name, "choice", values=tuple(dict.fromkeys(text for text in texts if text is not None)))
        else:
            self._bind(choose.name, type or types.UNKNOWN)

    def _into_call(self, call: CallAction) -> None:
        if call.into is None:
            return
        action = self._names.domain.actions.get(call.action.text)
        if action is not None and action.returns is None:
            self._returns_nothing("the action", call.action, call.into)
        returns = types.UNKNOWN if action is None or action.returns is None else self._names.known_type(action.returns)
        self._bind_or_fill(call.into, returns)

    def _into_do(self, do: Do) -> None:
        if do.into is None:
            return
        flow = self._names.flows.get(do.flow.text)
        returns = types.UNKNOWN
        if isinstance(flow, Flow):
            if flow.returns is None:
                self._returns_nothing("the flow", do.flow, do.into)
            else:
                reported = len(self._names.found)
                returns = self._names.type(flow.returns)
                del self._names.found[reported:]                    # said where that flow is read
        self._bind_or_fill(do.into, returns)

    def _returns_nothing(self, what: str, name: Name, into: Name) -> None:
        self._names.found.append(RETURNS_NOTHING.at(into.span, label="nothing goes here", what=what, name=name.text,
                                                    into=into.text))

    def _events(self, patterns: Iterable[Pattern]) -> None:
        """The parameters of an event that may enter here."""
        for pattern in patterns:
            if isinstance(pattern, OfEvent):
                event = self._names.events.get(pattern.name.text)
                for param in event.params if event is not None else ():
                    self._bind_own(Name(param.name, pattern.name.span), self._names.known_type(param.type), param.max)

    def _quietly(self, expr: Expr, scope: Scope) -> Typed:
        """The expression as it will be read again when it is lowered, without a word about it."""
        reported = len(self._names.found)
        typed = self._expressions.value(expr, scope)
        del self._names.found[reported:]
        return typed


def _longest(ask: Ask, rule: Rule | None) -> int | None:
    """Characters of the longest answer the question takes, where its constraints or its rule say so."""
    bounds: list[tuple[object, ...]]
    bounds = [constraint.args for constraint in ask.constraints if constraint.kind == "length"]
    bounds += [line.args for line in rule.lines if line.kind == "length"] if rule is not None else []
    most = [int(args[-1].value) for args in bounds if isinstance(args[-1], Number) and len(args[-1].value) < 9]
    return min(most, default=None)


def blocks(statement: Statement) -> Iterator[Block]:
    """The blocks inside a statement, in the order they are written."""
    if type(statement) is If:
        for _, block in statement.branches:
            yield block
        yield statement.otherwise
    elif type(statement) is For:
        yield statement.body
    elif type(statement) is CallAction:
        for outcome in statement.outcomes:
            yield outcome.then
    elif type(statement) in STEPS:
        for clause in getattr(statement, "clauses", ()):
            if isinstance(clause, _WITH_BLOCKS):
                yield clause.then
        for option in getattr(statement, "options", ()):
            yield option.then


_BINDING = STEPS | {For}                     # statements that bind names, or are steps
_WITH_BLOCKS = (On, After, Tries, Otherwise)
