"""Questions: ask, need, choose and menus.

Their rows stand in this order: `on` patterns as written, options, the answer, `skip`, `tries`, timers as written.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from itertools import count as number_from
from typing import Any, NamedTuple

import msgspec

from dsl import types
from dsl.diagnostics import Certainty, Edit, Fix, Kind, Label, Severity
from dsl.expressions import WRONG_TYPE
from dsl.lower_blocks import Blocks
from dsl.lower_bot import Bot, Continuation, Run
from dsl.lower_rows import Rows, afters, events, ons, store, tries
from dsl.scope import Scope, step_name
from dsl.source import Span
from dsl.syntax import (
    Ask,
    Check,
    Choose,
    Clause,
    Constraint,
    DetailOf,
    Expr,
    Hint,
    Invalid,
    Jump,
    Menu,
    Number,
    Option,
    Private,
    Ref,
    Rule,
    Skip,
    Suggest,
    Text,
    TitleOf,
    Truth,
    ValueOf,
    nodes,
)
from dsl.table import UNKNOWN, Message, Op, Step
from dsl.table import Option as Shown
from dsl.typed import Typed, a, plain
from dsl.words import slug

SAME_OPTION = Kind("F124", Severity.ERROR, "two options would have the same name `{name}`",
                   why="A tap tells the bot the name of an option, so it could not tell these two apart.")
NOT_ASKED = Kind("F426", Severity.ERROR, "nobody can write {given}",
                 why="An answer is one message: a text, a picture, a place.")
NO_VALUES = Kind("F427", Severity.ERROR, "it is not said what `{name}` can be")
CONSTRAINT = Kind("F428", Severity.ERROR, "`{name}` does not bound {given}")
WANTS_LIST = Kind("F429", Severity.ERROR, "`{name}` belongs to a question with `from`, where there is a list to show")
KEEPS_NOTHING = Kind("F425", Severity.ERROR, "the menu `{name}` keeps no value")
OTHER_RULE = Kind("F440", Severity.ERROR, "`{name}` makes {given}, `{slot}` is {wanted}",
                  fix="take a rule that makes {wanted}, or another slot")
NOT_YET = Kind("F443", Severity.ERROR, "`{name}` is not the answer yet when it is checked",
               why="An answer is checked before it is kept, so this looks at what was there before.")


# --- questions ----------------------------------------------------------------------------------------------


class Said(msgspec.Struct, frozen=True):
    """What a question says: its clauses by class, and the parts of its step that are made of them."""

    clauses: dict[type, Any]
    parts: dict[str, Any]


def _said(blocks: Blocks, scope: Scope, text: Text, clauses: Iterable[Clause]) -> Said:
    """The message of a question, with `hint`, `invalid` and `private`."""
    texts = blocks.bot.texts
    found = blocks.clauses(clauses)
    message = Message(texts.text(text, scope), **blocks.decoration(found, scope))
    parts: dict[str, Any] = {"message": message, "private": Private in found}
    for kind, name in ((Hint, "hint"), (Invalid, "invalid")):
        if kind in found:
            parts[name] = texts.text(found[kind].text, scope)
    return Said(found, parts)


def lower_ask(blocks: Blocks, ask: Ask, run: Run, after: Continuation) -> None:
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
    said = _said(blocks, scope, ask.text, ask.clauses)
    chosen = _chosen(blocks, ask, said.clauses, scope, variable, held)
    suggest, skip = said.clauses.get(Suggest), said.clauses.get(Skip)
    limits = blocks.bot.limits
    suggestions = () if suggest is None else suggest.texts
    suggested = [texts.text(text, scope, most=limits.row_title) for text in suggestions]
    skipped = None if skip is None else texts.text(skip.title, scope, most=limits.button_title)
    checks = _checks(blocks, ask, Scope(blocks.frame, name, it=type))
    rows = Rows()
    ons(blocks, rows, ask.clauses)
    rows.add("answer", [], blocks.target(after, ask.span), blocks.bot.places.place(ask.span))
    if skip is not None:
        rows.add("skip", [["clear", variable]], blocks.target(after, skip.span), blocks.bot.places.place(skip.span))
    count = tries(blocks, rows, ask.clauses, after, variable)
    afters(blocks, rows, ask.clauses)
    if Private in said.clauses:
        blocks.bot.private.add(blocks.key(variable))
    step = Step("ask", blocks.frame.name, rows.rows, shape=ask.shape, slot=variable, type=type,
                rule=None if rule is None else rule.name.text, constraints=constraints, checks=checks, tries=count,
                suggest=suggested, skip=skipped, **said.parts, **chosen)
    store(blocks.bot, name, step, rows, ask.span)


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


def _checks(blocks: Blocks, ask: Ask, scope: Scope) -> list[list[int]]:
    checks = []
    for clause in ask.clauses:
        if isinstance(clause, Check) and clause.otherwise is not None:
            code = blocks.bot.expressions.condition(clause.test, scope)
            if not _is_of_the_answer(blocks, ask, clause):
                code = [UNKNOWN]
            test = blocks.bot.pools.expr(code, clause.test.span)
            checks.append([test, blocks.bot.texts.text(clause.otherwise, scope)])
    return checks


def _is_of_the_answer(blocks: Blocks, ask: Ask, check: Check) -> bool:
    """Whether a check means the answer by its name, `it`; one that compares it with what was there names both."""
    name = ask.slot.text
    names = [node.name for node in nodes(check.test) if isinstance(node, Ref)]
    own = sorted(one.span for one in names if one.text == name)
    if not own or any(one.text == "it" for one in names):
        return True
    fix = Fix("write `it`", tuple(Edit(span, "it") for span in own), Certainty.SAFE)
    blocks.bot.expressions.say(NOT_YET.at(own[0], fix, label="what was there before", name=name))
    return False


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


def lower_choose(blocks: Blocks, choose: Choose, run: Run, after: Continuation) -> None:
    bot = blocks.bot
    name = step_name(blocks.frame.name, choose.tag, choose.name.text)
    blocks.question = name
    blocks.emit(run, choose.span, "rest", name)
    scope = Scope(blocks.frame, name)
    said = _said(blocks, scope, choose.text, choose.clauses)
    into = None
    if any(option.value is not None for option in choose.options):
        variable = bot.expressions.variable(choose.name, blocks.scope)
        into = None if variable is None else Into(choose.name.text, *variable)
    rows = Rows()
    ons(blocks, rows, choose.clauses)
    _options(blocks, rows, scope, choose.options, into, after)
    count = tries(blocks, rows, choose.clauses, after, None if into is None else into.variable)
    afters(blocks, rows, choose.clauses)
    if into is not None and Private in said.clauses:
        bot.private.add(blocks.key(into.variable))
    step = Step("choose", blocks.frame.name, rows.rows, shape=choose.shape, options=rows.options, tries=count,
                slot=None if into is None else into.variable, type=None if into is None else into.type, **said.parts)
    store(bot, name, step, rows, choose.span)


def _options(blocks: Blocks, rows: Rows, scope: Scope, options: Sequence[Option], into: Into | None,
             after: Continuation) -> None:
    """The options, each with its row."""
    ids: dict[str, Option] = {}
    texts, limits = blocks.bot.texts, blocks.bot.limits
    longest = limits.button_title if len(options) <= limits.buttons else limits.row_title
    for option in options:
        if blocks.bot.names.is_full:
            break
        id = _option_id(blocks.bot, option, ids)
        title, place = texts.text(option.title, scope, most=longest), blocks.bot.places.place(option.span)
        described = None
        if option.description is not None:
            described = texts.text(option.description, scope, most=limits.row_description)
        also = [event for event, _ in events(blocks.bot, option.also, scope)]
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
        fix = Fix("choose another tag") if option.tag.name is not None else _tagged(option, ids)
        there = Label(first.title.span, "the first")
        bot.expressions.say(SAME_OPTION.at(at, fix, label="the second", others=(there,), name=id))
    return id


def _tagged(option: Option, ids: Iterable[str]) -> Fix:
    """A tag made of the title, behind all that may stand before it."""
    words = slug(plain(option.title) or option.title.raw)
    words = words if words.isidentifier() else f"option_{words}"
    tag = next(each for each in chain((words,), (f"{words}_{number}" for number in number_from(2))) if each not in ids)
    parts = (option.title, option.description, option.when, option.value, *option.also)
    end = max(part.span.end for part in parts if part is not None)
    at = Span(option.span.file, end, end)
    return Fix(f"give it a tag before where it leads: `@{tag}`", (Edit(at, f" @{tag}"),))


def _read(variable: list[str], type: str) -> list[str]:
    return [*variable, type] if variable[0] == "local" else variable


def lower_menu(blocks: Blocks, menu: Menu, run: Run) -> None:
    """A menu is a flow with one step of its name; an option that falls through asks it again."""
    name = menu.name.text
    blocks.question = name
    blocks.emit(run, menu.span, "rest", name)
    scope = Scope(blocks.frame, name)
    again = Continuation((("rest", name),))
    said = _said(blocks, scope, menu.text, menu.clauses)
    rows = Rows()
    ons(blocks, rows, menu.clauses)
    for option in menu.options:
        if option.value is not None:
            fix = Fix("set a slot in a block below the option: `set … = …`")
            blocks.bot.expressions.say(KEEPS_NOTHING.at(option.value.span, fix, label="goes nowhere", name=name))
    _options(blocks, rows, scope, menu.options, None, again)
    count = tries(blocks, rows, menu.clauses, again)
    afters(blocks, rows, menu.clauses)
    step = Step("menu", name, rows.rows, shape=menu.shape, options=rows.options, tries=count, **said.parts)
    store(blocks.bot, name, step, rows, menu.span)
