"""Operations: what functions, operators and conditions make of values.

Elsewhere: names, values that are written out, and what others ask of an expression (`expressions`).
"""

from typing import TYPE_CHECKING, Any

from dsl import others, types
from dsl.diagnostics import Fix, Kind, Label, Severity
from dsl.scope import Scope
from dsl.syntax import (
    Apply,
    Attribute,
    Binary,
    Conditional,
    Expr,
    Index,
    Is,
    Ref,
    Reveal,
    Text,
    Unary,
)
from dsl.typed import BROKEN_VALUE, NOTHING, Typed, a, converted, plain, reads_of
from dsl.types import UNKNOWN

if TYPE_CHECKING:
    from dsl.expressions import Expressions

NOT_TOGETHER = Kind("F411", Severity.ERROR, "`{op}` does not go between {left} and {right}")
WRONG_ARGUMENTS = Kind("F412", Severity.ERROR, "`{name}` takes {takes}", fix="write it with {takes}")
NO_CONDITION = Kind("F415", Severity.ERROR, "a condition is yes or no, this is {given}",
                    fix="compare it with something: `… == …`, `… > …`, `… is known`")
MIXED = Kind("F417", Severity.ERROR, "{left} and {right} do not go together here", fix="make both the same type")

_TOLD_APART = ({"datetime", "time"}, {"date", "time"})


def apply(read: "Expressions", expr: Apply, scope: Scope) -> Typed:
    """A function of the language with what it is given."""
    name = expr.function.text
    function = read.names.function(expr.function, *_instead(read, expr))
    args = [read.value(arg, scope) for arg in expr.args]
    if function is None or any(arg.is_broken for arg in args):
        return BROKEN_VALUE
    result = None
    if function.least <= len(args) <= function.most:
        result = function.result([arg.type for arg in args])
    if result is None:
        label = ", ".join(a(arg.type) for arg in args) or "nothing"
        read.say(WRONG_ARGUMENTS.at(expr.span, label=label, name=name, takes=function.takes))
        return BROKEN_VALUE
    return Typed([name, *(arg.code for arg in args)], result, reads_of(*args))


def calls(read: "Expressions", expr: Expr) -> str:
    """The word that calls what is written as a function and is an action or a flow; empty if it is neither."""
    if not isinstance(expr, Apply) or expr.function.text in types.FUNCTIONS:
        return ""
    return ("call" if expr.function.text in read.names.domain.actions else
            "do" if expr.function.text in read.names.flows else "")


def _instead(read: "Expressions", expr: Apply) -> tuple[Fix, ...]:
    """What is meant by a function that is none."""
    word = calls(read, expr)
    if word:
        return (Fix(f"write it on a line of its own, above: `{word} {expr.function.text}(…) into …`"),)
    return others.ranged(expr)


def unary(read: "Expressions", expr: Unary, scope: Scope) -> Typed:
    """`not` and the sign of a number."""
    if expr.op == "not":
        of = condition(read, expr.of, scope)
        return Typed(["not", of.code], "boolean", of.reads)
    of = read.value(expr.of, scope)
    if of.type not in (*types.NUMERIC, "duration", UNKNOWN):
        read.wrong_type(expr.of, of.type, "number", "`-`")
        return BROKEN_VALUE
    if isinstance(of.code, int):
        return Typed(-of.code, of.type)
    return Typed(["neg", of.code], of.type, of.reads) if not of.is_broken else of


def binary(read: "Expressions", expr: Binary, scope: Scope) -> Typed:
    """What stands on both sides of an operator."""
    if expr.op == "and":
        left, right = condition(read, expr.left, scope), condition(read, expr.right, scope)
        return Typed(["and", left.code, right.code], "boolean", left.reads | right.reads)
    if expr.op in ("==", "!=") and read.is_nothing(expr.right, scope, lambda: others.compared_with_nothing(expr)):
        read.value(expr.left, scope)
        return BROKEN_VALUE
    if expr.op in ("==", "!="):
        _check_equal(read, expr, scope)
    left = read.value(expr.left, scope)
    is_text = expr.op in ("==", "!=") and left.type in types.TEXTUAL
    right = read.named(expr.right, scope, left.type) if is_text else read.value(expr.right, scope)
    if left.is_broken or right.is_broken:
        return BROKEN_VALUE
    if expr.op == "or":
        return _or(read, expr, left, right)
    left, right = _compared(expr, left, right)
    result = types.operator(expr.op, left.type, right.type)
    if result is None:
        _not_together(read, expr, left, right)
        return BROKEN_VALUE
    if {left.type, right.type} in _TOLD_APART:       # as text, they would be compared or joined as texts
        left, right = (typed._replace(code=["as", typed.type, typed.code]) for typed in (left, right))
    return Typed([expr.op, left.code, right.code], result, left.reads | right.reads)


def _or(read: "Expressions", expr: Binary, left: Typed, right: Typed) -> Typed:
    both = types.common(left.type, right.type)
    if both is None and left.type in types.PLAIN and right.type == "text":
        both = UNKNOWN                   # `{stock or 'a few'}`: shown as what it turns out to be
    elif both is None:
        read.say(MIXED.at(expr.right.span, label=a(right.type), left=a(left.type), right=a(right.type),
                          others=(Label(expr.left.span, a(left.type)),)))
        return BROKEN_VALUE
    return Typed(["or", converted(left, both).code, converted(right, both).code], both, left.reads | right.reads)


def _check_equal(read: "Expressions", expr: Binary, scope: Scope) -> None:
    for side, other in ((expr.left, expr.right), (expr.right, expr.left)):
        if isinstance(side, Ref) and isinstance(other, Text) and (constant := plain(other)) is not None:
            values = read.values_of(side.name.text, scope)
            if values:
                read.constant(other, constant, "text", f"`{side.name.text}`", values)


def _not_together(read: "Expressions", expr: Binary, left: Typed, right: Typed) -> None:
    fixes: tuple[Fix, ...] = ()
    if expr.op == "+" and "text" in (left.type, right.type):
        fixes = (Fix("put the value into the text: `\"… {value}\"`"),)
    read.say(NOT_TOGETHER.at(expr.right.span, *fixes, label=a(right.type), op=expr.op, left=a(left.type),
                             right=a(right.type), others=(Label(expr.left.span, a(left.type)),)))


def condition(read: "Expressions", expr: Expr, scope: Scope) -> Typed:
    """As a condition: a value is one where it is known and not empty."""
    if isinstance(expr, Binary) and expr.op == "or":
        left, right = condition(read, expr.left, scope), condition(read, expr.right, scope)
        return Typed(["or", left.code, right.code], "boolean", left.reads | right.reads)
    typed = read.value(expr, scope)
    named = isinstance(expr, Ref | Attribute | Index)
    if typed.type not in ("boolean", UNKNOWN) and not named:
        read.say(NO_CONDITION.at(expr.span, label=a(typed.type), given=a(typed.type)))
        return BROKEN_VALUE
    if not named or typed.is_broken:
        return typed
    # What has no value does not hold: as a condition it is a question, not a mistake.
    code = ["or", typed.code, False] if typed.type in ("boolean", UNKNOWN) else ["not", ["empty", typed.code]]
    return Typed(code, "boolean", typed.reads)


def is_so(read: "Expressions", expr: Is, scope: Scope) -> Typed:
    """`is empty`, `is known`, and the checks: `is iban`."""
    of = read.value(expr.of, scope)
    what = expr.what.text
    if what in ("empty", "known"):
        code, reads = [what, of.code], NOTHING                  # that there is a value says nothing about it
    else:
        checked = check(read, expr)
        if checked is None or of.is_broken:
            return BROKEN_VALUE
        if of.type not in (*types.TEXTUAL, *types.NUMERIC, UNKNOWN):
            read.wrong_type(expr.of, of.type, "text", f"`is {what}`")
        code, reads = ["is", what, of.code, checked[1]], of.reads
    return Typed(["not", code] if expr.negated else code, "boolean", reads)


def check(read: "Expressions", expr: Is) -> list[Any] | None:
    """`[check, country or null]` of `is national_id("CO")`, the bot's region where no country is written; None (and
    said) if there is no such check."""
    by_country = read.names.check(expr.what, *others.called_nothing(expr))
    if by_country is None:
        return None
    countries = [plain(arg) if isinstance(arg, Text) else None for arg in expr.args]
    if by_country and not countries:
        countries = [read.names.domain.region]
    if len(countries) > by_country or None in countries:
        takes = 'a country like "CO"' if by_country else "nothing more"
        read.say(WRONG_ARGUMENTS.at(expr.span, label="does not fit", name=f"is {expr.what.text}", takes=takes))
    return [expr.what.text, countries[0] if countries else None]


def conditional(read: "Expressions", expr: Conditional, scope: Scope) -> Typed:
    """One of two values, of one type."""
    test = condition(read, expr.test, scope).code
    then, otherwise = read.value(expr.then, scope), read.value(expr.otherwise, scope)
    if then.is_broken or otherwise.is_broken:
        return BROKEN_VALUE
    both = types.common(then.type, otherwise.type)
    if both is None:
        read.say(MIXED.at(expr.otherwise.span, label=a(otherwise.type), left=a(then.type), right=a(otherwise.type),
                          others=(Label(expr.then.span, a(then.type)),)))
        return BROKEN_VALUE
    code = ["if", test, converted(then, both).code, converted(otherwise, both).code]
    return Typed(code, both, then.reads | otherwise.reads)


def reveal(read: "Expressions", expr: Reveal, scope: Scope) -> Typed:
    """A value that may be shown, whatever it shows something of."""
    return read.value(expr.of, scope)._replace(reads=NOTHING)


def _compared(expr: Binary, left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides of a comparison, one that is written out as the type of the other: `at < "2026-01-01"`."""
    if expr.op in ("==", "!=", "<", "<=", ">", ">="):
        if isinstance(expr.right, Text):
            right = _as_literal(right, left.type)
        if isinstance(expr.left, Text):
            left = _as_literal(left, right.type)
    return left, right


def _as_literal(typed: Typed, wanted: str) -> Typed:
    """A text that is written out as what it is compared with: a moment also with a time of day."""
    if not isinstance(typed.code, str) or wanted in types.TEXTUAL:
        return typed
    kinds = (wanted, "time") if wanted == "datetime" else (wanted,)
    return Typed(typed.code, next((kind for kind in kinds if types.literal(typed.code, kind) is not None), typed.type))
