"""Rules: what an answer must satisfy once it is parsed, line by line, each with what is said when it refuses."""

from typing import Any

from dsl import operations, types
from dsl.diagnostics import Fix, Kind, Severity
from dsl.lower_bot import Bot
from dsl.lower_questions import whole
from dsl.lower_rows import regex
from dsl.scope import Frame, Scope
from dsl.syntax import Is, ListOf, Ref, Regex, Rule, RuleLine, Text
from dsl.table import Rule as LoweredRule
from dsl.typed import a

NOT_OF_TYPE = Kind("F441", Severity.ERROR, "`{name}` is not for {given}")
NOTHING_ABOVE = Kind("F442", Severity.ERROR, "this `else` has no line above it that could refuse")

_TAKES = {
    "trim": types.TEXTUAL, "collapse": types.TEXTUAL, "upper": types.TEXTUAL, "lower": types.TEXTUAL,
    "length": types.TEXTUAL, "matches": types.TEXTUAL, "from": types.ORDERED,
}
_CHANGES = frozenset({"trim", "collapse", "upper", "lower"})         # lines that refuse nothing


def lower_rule(bot: Bot, rule: Rule) -> LoweredRule:
    """The rule; an `else` gives its text to the lines since the one before."""
    type = bot.names.type(rule.type)
    name = rule.name.text
    scope = Scope(Frame(name), name, it=type)
    lines: list[list[Any]] = []
    closed = 0
    for line in rule.lines:
        if line.kind == "else":
            assert isinstance(line.args[0], Text)
            text = bot.texts.text(line.args[0], scope)
            if all(above[0] in _CHANGES for above in lines[closed:]):
                bot.expressions.say(NOTHING_ABOVE.at(line.span, Fix("put it below the line it answers for")))
            for above in lines[closed:]:
                above[2] = text
            closed = len(lines)
        else:
            lines.append([*_line(bot, line, scope, type), None])
    return LoweredRule(type, lines)


def _line(bot: Bot, line: RuleLine, scope: Scope, type: str) -> list[Any]:
    """Kind and arguments of a line as the table has them."""
    if type != types.UNKNOWN and type not in _TAKES.get(line.kind, {type}):
        bot.expressions.say(NOT_OF_TYPE.at(line.span, Fix("remove it"), label=f"the rule is for {a(type)}",
                                           name=line.kind, given=a(type)))
    first: Any = line.args[0] if line.args else None
    if line.kind == "length":
        return ["length", [whole(arg) for arg in line.args]]
    if isinstance(first, Regex):
        return ["matches", [bot.pools.pattern(regex(bot, first, whole=True), first.span)]]
    if line.kind == "check" and isinstance(first, Is) and not first.negated and _is_it(first) and _is_check(first):
        return ["is", operations.check(bot.expressions, first) or ["?", None]]
    if line.kind == "check":
        return ["check", [bot.pools.expr(bot.expressions.condition(first, scope), first.span)]]
    if isinstance(first, ListOf):
        items = [bot.expressions.wanted(item, scope, type, "`one of`").code for item in first.items]
        return ["one_of", [bot.pools.expr(["list", *items], first.span)]]
    args: tuple[Any, ...] = line.args
    return [line.kind, [bot.pools.expr(bot.expressions.compared(arg, scope, type, f"`{line.kind}`").code, arg.span)
                        for arg in args]]


def _is_it(test: Is) -> bool:
    return isinstance(test.of, Ref) and test.of.name.text == "it"


def _is_check(test: Is) -> bool:
    return test.what.text not in ("empty", "known")
