"""Steps: the places where a conversation rests, with their rows.

Rows stand in this order: `on` patterns as written, options, what the step itself waits for (an answer, a return, a
result), `skip`, `tries` or outcomes, timers as written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsl import patterns, types
from dsl.arguments import Given, Wanted
from dsl.diagnostics import Edit, Fix, Kind, Label, Severity
from dsl.expressions import WRONG_TYPE, Typed, a, plain
from dsl.lower_blocks import Blocks, Bot, Continuation, Run, Steps
from dsl.nearest import did_you_mean
from dsl.scope import Scope, step_name
from dsl.source import Span
from dsl.syntax import (
    After,
    Ask,
    CallAction,
    Check,
    Choose,
    Clause,
    Constraint,
    DetailOf,
    Do,
    Duration,
    Expr,
    Flow,
    Handover,
    Hint,
    Invalid,
    Jump,
    Menu,
    Number,
    OfEvent,
    OfKind,
    On,
    Option,
    Pattern,
    Private,
    Reaction,
    Regex,
    Rule,
    Skip,
    Suggest,
    Text,
    TitleOf,
    Tries,
    Truth,
    ValueOf,
    Words,
)
from dsl.table import UNKNOWN, Message, Op, Place, Row, Step
from dsl.table import Option as Shown
from dsl.words import slug

SAME_OPTION = Kind("F124", Severity.ERROR, "two options would have the same name `{name}`",
                   why="A tap tells the bot the name of an option, so it could not tell these two apart.")
NO_MENU_CALL = Kind("F131", Severity.ERROR, "`do` calls flows, and `{name}` is a menu",
                    why="A menu never comes back to where it was called.")
NO_REASON = Kind("F136", Severity.ERROR, "action `{name}` never refuses with \"{reason}\"")
NOT_ASKED = Kind("F426", Severity.ERROR, "nobody can write {given}",
                 why="An answer is one message: a text, a picture, a place.")
NO_VALUES = Kind("F427", Severity.ERROR, "it is not said what `{name}` can be")
CONSTRAINT = Kind("F428", Severity.ERROR, "`{name}` does not bound {given}")
WANTS_LIST = Kind("F429", Severity.ERROR, "`{name}` belongs to a question with `from`, where there is a list to show")
KEEPS_NOTHING = Kind("F425", Severity.ERROR, "the menu `{name}` keeps no value")
OTHER_RULE = Kind("F440", Severity.ERROR, "`{name}` makes {given}, `{slot}` is {wanted}")

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000,
           "year": 31_536_000}


@dataclass(slots=True)
class Rows:
    """The rows of one step as they are gathered, and its options, each with its place."""

    rows: list[Row] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    options: list[Shown] = field(default_factory=list)
    option_places: list[Place] = field(default_factory=list)

    def add(self, event: str, ops: Sequence[Op], target: str | None, place: Place) -> None:
        self.rows.append(Row(event, None, list(ops), target))
        self.places.append(place)


def lower_step(blocks: Blocks, statement: Steps, run: Run, after: Continuation) -> None:
    """Writes the step, and to `run` what leads to it; `after` is where its good ending goes on."""
    match statement:
        case Ask():
            _ask(blocks, statement, run, after)
        case Choose():
            _choose(blocks, statement, run, after)
        case CallAction():
            _call(blocks, statement, run, after)
        case Do():
            _do(blocks, statement, run, after)
        case Handover():
            _handover(blocks, statement, run, after)


def lower_menu(blocks: Blocks, menu: Menu, run: Run) -> None:
    """A menu is a flow with one step of its name; an option that falls through asks it again."""
    name = menu.name.text
    blocks.question = name
    blocks.emit(run, menu.span, "rest", name)
    scope = Scope(blocks.frame, name)
    again = Continuation((("rest", name),))
    said = _say(blocks, scope, menu.text, menu.clauses)
    rows = Rows()
    _ons(blocks, rows, menu.clauses)
    for option in menu.options:
        if option.value is not None:
            fix = Fix("set a slot in a block below the option: `set … = …`")
            blocks.bot.expressions.say(KEEPS_NOTHING.at(option.value.span, fix, label="goes nowhere", name=name))
    _options(blocks, rows, scope, menu.options, None, again)
    tries = _tries(blocks, rows, menu.clauses, again)
    _afters(blocks, rows, menu.clauses)
    step = Step("menu", name, rows.rows, shape=menu.shape, options=rows.options, tries=tries, **said.parts)
    _store(blocks.bot, name, step, rows, menu.span)


# --- questions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What a question says: its clauses by class, and the parts of its step that are made of them."""

    clauses: dict[type, Any]
    parts: dict[str, Any]


def _say(blocks: Blocks, scope: Scope, text: Text, clauses: Iterable[Clause]) -> Said:
    """The message of a question, with `hint`, `invalid` and `private`."""
    texts = blocks.bot.texts
    found = blocks.clauses(clauses)
    message = Message(texts.text(text, scope), **blocks.decoration(found, scope))
    parts: dict[str, Any] = {"message": message, "private": Private in found}
    for kind, name in ((Hint, "hint"), (Invalid, "invalid")):
        if kind in found:
            parts[name] = texts.text(found[kind].text, scope)
    return Said(found, parts)


def _ask(blocks: Blocks, ask: Ask, run: Run, after: Continuation) -> None:
    expressions, pools, texts = blocks.bot.expressions, blocks.bot.pools, blocks.bot.texts
    name = step_name(blocks.frame.name, ask.tag, ask.slot.text)
    blocks.question = name
    variable, held = expressions.variable(ask.slot, blocks.scope) or (["local", UNKNOWN], types.UNKNOWN)
    if ask.is_need:
        known = pools.expr(["known", _read(variable, held)], ask.slot.span)
        blocks.emit(run, ask.span, "branch", known, blocks.target(after, ask.span))
    blocks.emit(run, ask.span, "rest", name)
    rule, type = _answer_type(blocks, ask, held)
    scope = Scope(blocks.frame, name)
    constraints = [_constraint(blocks, constraint, scope, type) for constraint in ask.constraints]
    said = _say(blocks, scope, ask.text, ask.clauses)
    chosen = _chosen(blocks, ask, said.clauses, scope, variable, held)
    suggest, skip = said.clauses.get(Suggest), said.clauses.get(Skip)
    limits = blocks.bot.limits
    suggestions = () if suggest is None else suggest.texts
    suggested = [texts.text(text, scope, most=limits.row_title) for text in suggestions]
    skipped = None if skip is None else texts.text(skip.title, scope, most=limits.button_title)
    checks = _checks(blocks, ask.clauses, Scope(blocks.frame, name, it=type))
    rows = Rows()
    _ons(blocks, rows, ask.clauses)
    rows.add("answer", [], blocks.target(after, ask.span), blocks.bot.places.place(ask.span))
    if skip is not None:
        rows.add("skip", [["clear", variable]], blocks.target(after, skip.span), blocks.bot.places.place(skip.span))
    tries = _tries(blocks, rows, ask.clauses, unset(variable, after))
    _afters(blocks, rows, ask.clauses)
    if Private in said.clauses:
        blocks.bot.private.add(blocks.key(variable))
    step = Step("ask", blocks.frame.name, rows.rows, shape=ask.shape, slot=variable, type=type,
                rule=None if rule is None else rule.name.text, constraints=constraints, checks=checks, tries=tries,
                suggest=suggested, skip=skipped, **said.parts, **chosen)
    _store(blocks.bot, name, step, rows, ask.span)


def _answer_type(blocks: Blocks, ask: Ask, held: str) -> tuple[Rule | None, str]:
    """The rule, if any, and the type an answer is read as; says whether it can be read, and be kept where it goes."""
    rule, type = None, held
    if ask.type is not None:
        rule, type = blocks.bot.names.rule_or_type(ask.type)
        if not types.fits(type, held):
            if ask.slot.text in blocks.frame.locals:                 # `frames` says it
                return None, types.UNKNOWN
            blocks.bot.expressions.say(OTHER_RULE.at(ask.type.name.span, label=a(type), name=ask.type.name.text,
                                                     given=a(type), slot=ask.slot.text, wanted=a(held)))
            return None, types.UNKNOWN
    if ask.source is None and type != types.UNKNOWN and not types.askable(type):
        at = ask.slot.span if ask.type is None else ask.type.name.span
        fix = Fix(f"let the user choose from a list: `ask {ask.slot.text} from …`")
        blocks.bot.expressions.say(NOT_ASKED.at(at, fix, label=a(type), given=a(type)))
    if type == "choice" and ask.source is None and not blocks.bot.expressions.values_of(ask.slot.text, blocks.scope):
        fix = Fix("give the slot `values` in domain.yml, or write a `choose`")
        blocks.bot.expressions.say(NO_VALUES.at(ask.slot.span, fix, label="a choice of nothing", name=ask.slot.text))
    return rule, type


def _chosen(blocks: Blocks, ask: Ask, clauses: dict[type, Any], scope: Scope, variable: list[str],
            held: str) -> dict[str, Any]:
    """Parts of a step whose answer is chosen `from` a list."""
    bot = blocks.bot
    if ask.source is None:
        for kind, name in ((TitleOf, "title"), (DetailOf, "detail"), (ValueOf, "value")):
            if kind in clauses:
                fix = Fix(f"write `ask {ask.slot.text} from …`, or remove it")
                bot.expressions.say(WANTS_LIST.at(clauses[kind].span, fix, label="no list here", name=name))
        return {}
    items = bot.expressions.items(ask.source, scope, "`from`")
    title, detail = blocks.item(items.type, clauses, ask.source)
    value = clauses.get(ValueOf)
    parts: dict[str, Any] = {"items": bot.pools.expr(items.code, ask.source.span), "title": title, "detail": detail}
    stored, at = Typed(None, items.type, items.reads), ask.source.span
    if value is not None:
        stored = bot.expressions.value(value.value, Scope(blocks.frame, scope.context, it=items.type))
        parts["value"], at = bot.pools.expr(stored.code, value.value.span), value.value.span
    bot.privacy.flows(items.reads | stored.reads, blocks.key(variable))
    if variable[0] == "slot" and not types.fits(stored.type, held):
        bot.expressions.say(WRONG_TYPE.at(at, label=a(stored.type), what=f"`{ask.slot.text}`", wanted=a(held),
                                          given=a(stored.type)))
    return parts


def _checks(blocks: Blocks, clauses: Iterable[Clause], scope: Scope) -> list[list[int]]:
    checks = []
    for clause in clauses:
        if isinstance(clause, Check) and clause.otherwise is not None:
            test = blocks.bot.pools.expr(blocks.bot.expressions.condition(clause.test, scope), clause.test.span)
            checks.append([test, blocks.bot.texts.text(clause.otherwise, scope)])
    return checks


_CONSTRAINED = {
    "after": types.DAYS | {"time"}, "before": types.DAYS | {"time"}, "from": types.ORDERED,
    "at_least": types.NUMERIC | {"duration"}, "at_most": types.NUMERIC | {"duration"}, "length": types.TEXTUAL,
}


def _constraint(blocks: Blocks, constraint: Constraint, scope: Scope, type: str) -> list[Any]:
    name = constraint.kind.replace("_", " ")
    if type != types.UNKNOWN and type not in _CONSTRAINED[constraint.kind]:
        blocks.bot.expressions.say(CONSTRAINT.at(constraint.span, Fix("remove it"), label=f"not of {a(type)}",
                                                 name=name, given=a(type)))
        type = types.UNKNOWN
    if constraint.kind == "length":
        return ["length", *(whole(arg) for arg in constraint.args)]
    codes = []
    for arg in constraint.args:
        typed = blocks.bot.expressions.compared(arg, scope, type, f"`{name}`")
        codes.append(blocks.bot.pools.expr(typed.code, arg.span))
    return [constraint.kind, *codes]


def whole(number: Any) -> int:
    """A length as it is written; a number nobody reaches where it is none."""
    value = number.value if isinstance(number, Number) else ""
    return int(value) if value.isdecimal() and len(value) < 9 else 10**8


# --- choices ------------------------------------------------------------------------------------------------


class Into(NamedTuple):
    """The variable that options with values fill."""

    name: str
    variable: list[str]
    type: str


def _choose(blocks: Blocks, choose: Choose, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    name = step_name(blocks.frame.name, choose.tag, choose.name.text)
    blocks.question = name
    blocks.emit(run, choose.span, "rest", name)
    scope = Scope(blocks.frame, name)
    said = _say(blocks, scope, choose.text, choose.clauses)
    into = None
    if any(option.value is not None for option in choose.options):
        variable = bot.expressions.variable(choose.name, blocks.scope)
        into = None if variable is None else Into(choose.name.text, *variable)
    rows = Rows()
    _ons(blocks, rows, choose.clauses)
    _options(blocks, rows, scope, choose.options, into, after)
    tries = _tries(blocks, rows, choose.clauses, after if into is None else unset(into.variable, after))
    _afters(blocks, rows, choose.clauses)
    if into is not None and Private in said.clauses:
        bot.private.add(blocks.key(into.variable))
    step = Step("choose", blocks.frame.name, rows.rows, shape=choose.shape, options=rows.options, tries=tries,
                slot=None if into is None else into.variable, type=None if into is None else into.type, **said.parts)
    _store(bot, name, step, rows, choose.span)


def _options(blocks: Blocks, rows: Rows, scope: Scope, options: Sequence[Option], into: Into | None,
             after: Continuation) -> None:
    """The options, each with its row."""
    ids: dict[str, Option] = {}
    texts, limits = blocks.bot.texts, blocks.bot.limits
    longest = limits.button_title if len(options) <= limits.buttons else limits.row_title
    for option in options:
        id = _option_id(blocks.bot, option, ids)
        title, place = texts.text(option.title, scope, most=longest), blocks.bot.places.place(option.span)
        described = None
        if option.description is not None:
            described = texts.text(option.description, scope, most=limits.row_description)
        also = [event for event, _ in _events(blocks.bot, option.also, scope)]
        when = None
        if option.when is not None:
            condition = blocks.bot.expressions.condition(option.when, scope)
            when = blocks.bot.pools.expr(condition, option.when.span)
        ops = [] if into is None or option.value is None else [_put(blocks, scope, into, option.value, title)]
        rows.options.append(Shown(id, title, described, also, when))
        rows.option_places.append(place)
        rows.add(f"option:{id}", ops, blocks.block_run(option.then, after, option.span), place)


def _put(blocks: Blocks, scope: Scope, into: Into, value: Expr, title: int) -> Op:
    """The operation that stores an option's value."""
    bot = blocks.bot
    values = bot.expressions.values_of(into.name, scope)
    typed = bot.expressions.wanted(value, scope, into.type, f"`{into.name}`", values)
    bot.privacy.flows(typed.reads, blocks.key(into.variable))
    if isinstance(typed.code, str):
        bot.titles.setdefault(blocks.key(into.variable), []).append([typed.code, title])
    return ["set", into.variable, bot.pools.expr(typed.code, value.span)]


def _option_id(bot: Bot, option: Option, ids: dict[str, Option]) -> str:
    """Its tag, else where it leads, else its value, else its title; says if another of the step has it."""
    value = option.value
    if option.tag.name is not None:
        id = option.tag.name.text
    elif len(option.then) == 1 and isinstance(option.then[0], Jump):
        id = option.then[0].target.text
    elif isinstance(value, Text) and (constant := plain(value)):
        id = constant
    elif isinstance(value, Number):
        id = value.value
    elif isinstance(value, Truth):
        id = "true" if value.value else "false"
    else:
        id = slug(plain(option.title) or option.title.raw)
    first = ids.setdefault(id, option)
    if first is not option:
        at = option.title.span if option.tag.name is None else option.tag.name.span
        fix = Fix("give it a tag before where it leads: `@other`" if option.tag.name is None else "choose another tag")
        there = Label(first.title.span, "the first")
        bot.expressions.say(SAME_OPTION.at(at, fix, label="the second", others=(there,), name=id))
    return id


# --- actions, flows, people ---------------------------------------------------------------------------------


def _call(blocks: Blocks, call: CallAction, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    action = bot.names.action(call.action)
    params = None if action is None else [Wanted(param.name, param.type) for param in action.params]
    what = f"action `{call.action.text}`"
    given = blocks.arguments.named(call.args, blocks.scope, params, what, call.action.span)
    for value in given:
        bot.privacy.leaves(value.span, value.reads, f"call {call.action.text}")
    name = step_name(blocks.frame.name, call.tag, call.action.text)
    blocks.emit(run, call.span, "rest", name)
    into = None if call.into is None else (bot.expressions.variable(call.into, blocks.scope) or (None,))[0]
    rows = Rows()
    rows.add("result", [], blocks.target(after, call.span), bot.places.place(call.span))
    failed = after if into is None else unset(into, after)
    for outcome in call.outcomes:
        if action is not None and outcome.reason is not None and outcome.reason not in action.reasons:
            near = _near_reasons(outcome.span, outcome.reason, action.reasons)
            bot.expressions.say(NO_REASON.at(outcome.span, *near, label="not one of its reasons",
                                             name=action.name, reason=outcome.reason))
        event = outcome.kind if outcome.reason is None else f"reason:{outcome.reason}"
        rows.add(event, [], blocks.block_run(outcome.then, failed, outcome.span), bot.places.place(outcome.span))
    step = Step("call", blocks.frame.name, rows.rows, name=UNKNOWN if action is None else action.name,
                args=_pooled(bot, given), into=into)
    _store(bot, name, step, rows, call.span)


def _near_reasons(span: Span, reason: str, reasons: Sequence[str]) -> tuple[Fix, ...]:
    near = [Fix(fix.text) for fix in did_you_mean(span, reason, reasons)]
    return (*near, Fix(f"add it to the action's `reasons` in domain.yml: `{reason}`"))


def _do(blocks: Blocks, do: Do, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    flow = bot.names.flow(do.flow)
    if isinstance(flow, Menu):
        jump = Edit(Span(do.span.file, do.span.start, do.flow.span.start), "-> ")
        bot.expressions.say(NO_MENU_CALL.at(do.flow.span, Fix(f"go there: `-> {do.flow.text}`", (jump,)),
                                            label="a menu", name=do.flow.text))
    params = [Wanted(*param) for param in bot.frames[do.flow.text].params] if isinstance(flow, Flow) else None
    given = blocks.arguments.named(do.args, blocks.scope, params, f"flow `{do.flow.text}`", do.flow.span)
    for value in given:
        bot.privacy.flows(value.reads, ("local", do.flow.text, value.name))
    name = step_name(blocks.frame.name, do.tag, do.flow.text)
    blocks.emit(run, do.span, "rest", name)
    into = None if do.into is None else (bot.expressions.variable(do.into, blocks.scope) or (None,))[0]
    if into is not None:
        bot.privacy.flows([("return", do.flow.text)], blocks.key(into))
    rows = Rows()
    rows.add("return", [], blocks.target(after, do.span), bot.places.place(do.span))
    step = Step("do", blocks.frame.name, rows.rows, name=do.flow.text if isinstance(flow, Flow) else UNKNOWN,
                args=_pooled(bot, given), into=into)
    _store(bot, name, step, rows, do.span)


def _handover(blocks: Blocks, handover: Handover, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    name = step_name(blocks.frame.name, handover.tag, slug(plain(handover.team) or handover.team.raw))
    scope = Scope(blocks.frame, name)
    blocks.emit(run, handover.span, "rest", name)
    team = bot.texts.in_all(handover.team, scope)
    message = None
    if handover.text is not None:
        text, reads = bot.texts.filled(handover.text, scope)
        bot.privacy.told(handover.text.span, reads)
        message = Message(text)
    rows = Rows()
    _ons(blocks, rows, handover.clauses)
    rows.add("resume", [], blocks.target(after, handover.span), bot.places.place(handover.span))
    _afters(blocks, rows, handover.clauses)
    _store(bot, name, Step("handover", blocks.frame.name, rows.rows, message=message, team=team), rows, handover.span)


def _pooled(bot: Bot, given: Iterable[Given]) -> list[list[Any]]:
    return [[value.name, bot.pools.expr(value.code, value.span)] for value in given]


# --- rows ---------------------------------------------------------------------------------------------------


def unset(variable: list[str], after: Continuation) -> Continuation:
    """As `after`, with the variable cleared first."""
    return Continuation((("clear", variable), *after.ops))


def _ons(blocks: Blocks, rows: Rows, clauses: Iterable[Clause]) -> None:
    for clause in clauses:
        if isinstance(clause, On):
            on(blocks, rows, clause)


def on(blocks: Blocks, rows: Rows, clause: On) -> None:
    """One row for each pattern, all to the same block, after which the question is asked again."""
    events = list(_events(blocks.bot, clause.patterns, blocks.scope))
    ops, target = blocks.interrupting(clause.then, "again", clause.span)
    for event, span in events:
        rows.add(event, ops, target, blocks.bot.places.place(span))


def _afters(blocks: Blocks, rows: Rows, clauses: Iterable[Clause]) -> None:
    for clause in clauses:
        if isinstance(clause, After):
            ops, target = blocks.interrupting(clause.then, "quiet", clause.span)
            rows.add(f"after:{seconds(clause.wait)}", ops, target, blocks.bot.places.place(clause.span))


def _tries(blocks: Blocks, rows: Rows, clauses: Iterable[Clause], after: Continuation) -> int | None:
    for clause in _first(clauses, Tries):
        target = blocks.block_run(clause.then, after, clause.span)
        rows.add("tries", [], target, blocks.bot.places.place(clause.span))
        return int(clause.count)
    return None


def seconds(wait: Duration) -> int:
    """Length of a wait in seconds; months of 30 days and years of 365, bounded to what a timer can be set to."""
    return min(wait.amount * SECONDS[wait.unit], 10 * SECONDS["year"])


def _events(bot: Bot, written: Iterable[Pattern], scope: Scope) -> Iterable[tuple[str, Span]]:
    return [(event(bot, pattern, scope), pattern.span) for pattern in written]


def event(bot: Bot, pattern: Pattern, scope: Scope) -> str:
    """The event of a row that this pattern takes."""
    match pattern:
        case Words():
            return f"reply:{bot.texts.text(pattern.text, scope, shared=False)}"
        case Regex():
            return f"pattern:{bot.pools.pattern(regex(bot, pattern), pattern.span)}"
        case OfKind():
            return f"kind:{pattern.kind}"
        case Reaction():
            return f"reaction:{pattern.emoji or ''}"
        case OfEvent():
            return f"event:{pattern.name.text if bot.names.event(pattern.name) is not None else UNKNOWN}"


def regex(bot: Bot, pattern: Regex, *, whole: bool = False) -> str:
    """The pattern for RE2; `?` (and said) where it is none."""
    read = patterns.to_re2(pattern.source, whole=whole)
    if isinstance(read, patterns.Fault):
        bot.expressions.say(patterns.diagnostic(read, pattern))
        return UNKNOWN
    return read.source


def _first(clauses: Iterable[Clause], kind: type) -> list[Any]:
    return [clause for clause in clauses if isinstance(clause, kind)][:1]


def _read(variable: list[str], type: str) -> list[str]:
    return [*variable, type] if variable[0] == "local" else variable


def _store(bot: Bot, name: str, step: Step, rows: Rows, span: Span) -> None:
    """Keeps the step; one that has the name of another is said by `frames` and takes a name nobody can write."""
    if name in bot.steps:
        name = f"{name}'{len(bot.steps)}"
    bot.steps[name] = step
    bot.step_places[name] = bot.places.place(span)
    bot.rows[name] = rows.places
    if rows.options:
        bot.options[name] = rows.option_places
