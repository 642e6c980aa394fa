"""Steps: the places where a conversation rests. Questions are `lower_questions.py`, rows `lower_rows.py`."""

from collections.abc import Container, Iterable, Sequence
from typing import Any

from dsl.arguments import Given, Wanted
from dsl.diagnostics import Certainty, Edit, Fix, Kind, Severity
from dsl.lower_blocks import Blocks
from dsl.lower_bot import Bot, Continuation, Run
from dsl.lower_questions import lower_ask, lower_choose
from dsl.lower_rows import Rows, afters, ons, store, unset
from dsl.scope import Scope, Steps, step_name
from dsl.source import Span
from dsl.syntax import (
    Ask,
    CallAction,
    Choose,
    Do,
    Flow,
    Handover,
    Menu,
    Name,
)
from dsl.table import UNKNOWN, Message, Step
from dsl.typed import plain
from dsl.words import slug

NO_MENU_CALL = Kind("F131", Severity.ERROR, "`do` calls flows, and `{name}` is a menu",
                    why="A menu never comes back to where it was called.")
NO_REASON = Kind("F136", Severity.ERROR, "action `{name}` never refuses with \"{reason}\"")


def lower_step(blocks: Blocks, statement: Steps, run: Run, after: Continuation) -> None:
    """Writes the step, and to `run` what leads to it; `after` is where its good ending goes on."""
    match statement:
        case Ask():
            lower_ask(blocks, statement, run, after)
        case Choose():
            lower_choose(blocks, statement, run, after)
        case CallAction():
            _call(blocks, statement, run, after)
        case Do():
            _do(blocks, statement, run, after)
        case _:
            _handover(blocks, statement, run, after)


def _call(blocks: Blocks, call: CallAction, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    action = bot.names.action(call.action, *_meant(call.action, bot.names.flows, "do", call.span, "a flow"))
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
            near = _near_reasons(bot, outcome.span, outcome.reason, action.reasons)
            bot.expressions.say(NO_REASON.at(outcome.span, *near, label="not one of its reasons",
                                             name=action.name, reason=outcome.reason))
        event = outcome.kind if outcome.reason is None else f"reason:{outcome.reason}"
        rows.add(event, [], blocks.block_run(outcome.then, failed, outcome.span), bot.places.place(outcome.span))
    step = Step("call", blocks.frame.name, rows.rows, name=UNKNOWN if action is None else action.name,
                args=_pooled(bot, given), into=into)
    store(bot, name, step, rows, call.span)


def _meant(name: Name, others: Container[str], word: str, statement: Span, what: str) -> tuple[Fix, ...]:
    """The word that calls what has this name, where it is something else."""
    if name.text not in others:
        return ()
    edit = Edit(Span(statement.file, statement.start, name.span.start), f"{word} ")
    return (Fix(f"`{name.text}` is {what}: write `{word}`", (edit,), Certainty.SAFE),)


def _near_reasons(bot: Bot, span: Span, reason: str, reasons: Sequence[str]) -> tuple[Fix, ...]:
    near = [Fix(fix.text) for fix in bot.names.near(span, reason, lambda: reasons)]
    return (*near, Fix(f"add it to the action's `reasons` in domain.yml: `{reason}`"))


def _do(blocks: Blocks, do: Do, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    flow = bot.names.flow(do.flow, *_meant(do.flow, bot.names.domain.actions, "call", do.span, "an action"))
    if isinstance(flow, Menu):
        jump = Edit(Span(do.span.file, do.span.start, do.flow.span.start), "-> ")
        bot.expressions.say(NO_MENU_CALL.at(do.flow.span, Fix(f"go there: `-> {do.flow.text}`", (jump,)),
                                            label="a menu", name=do.flow.text))
    params = [Wanted(*param) for param in bot.names.frames[do.flow.text].params] if isinstance(flow, Flow) else None
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
    store(bot, name, step, rows, do.span)


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
    ons(blocks, rows, handover.clauses)
    rows.add("resume", [], blocks.target(after, handover.span), bot.places.place(handover.span))
    afters(blocks, rows, handover.clauses)
    store(bot, name, Step("handover", blocks.frame.name, rows.rows, message=message, team=team), rows, handover.span)


def _pooled(bot: Bot, given: Iterable[Given]) -> list[list[Any]]:
    return [[value.name, bot.pools.expr(value.code, value.span)] for value in given]


