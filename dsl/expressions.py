"""Expressions: what an author wrote becomes code of the table, with its type and the variables it shows something of.

One walk does all three, so that they cannot disagree. Whatever is wrong is said once: its code is `["?"]`, its type is
unknown, and of an unknown type nothing more is said.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dsl import others, types
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.resolve import BOUND, NO_SLOT, Names
from dsl.scope import ANYWHERE, Scope
from dsl.source import Span
from dsl.syntax import (
    Apply,
    Attribute,
    Binary,
    Conditional,
    Duration,
    Expr,
    Index,
    Is,
    ListOf,
    Moment,
    Name,
    Number,
    Ref,
    Reveal,
    Text,
    Truth,
    Unary,
    Url,
)
from dsl.typed import BROKEN_VALUE, NOTHING, Typed, Variable, a, converted, plain
from dsl.types import UNKNOWN

if TYPE_CHECKING:
    from dsl.lower_texts import Texts

NO_IT = Kind("F111", Severity.ERROR, "`it` stands for nothing here")

NO_PARAMETER = Kind("F115", Severity.ERROR, "the template `{template}` has no parameter `{name}`",
                    why="WhatsApp fills a template from its parameters and nothing else.",
                    fix="take it out of the text, or add `{name}` to `params`, if WhatsApp approved it so")
UNDECLARED = Kind("F114", Severity.WARNING, "{given} declares no `{name}`",
                  why="What is not declared has no value unless the action sends it, and the user sees nothing there.")

WRONG_TYPE = Kind("F410", Severity.ERROR, "{what} takes {wanted}, this is {given}", fix="write {wanted}")
NOT_TOGETHER = Kind("F411", Severity.ERROR, "`{op}` does not go between {left} and {right}")
WRONG_ARGUMENTS = Kind("F412", Severity.ERROR, "`{name}` takes {takes}", fix="write it with {takes}")
NO_FIELD = Kind("F413", Severity.ERROR, "{given} has no `{name}`",
                fix="add `{name}` to the record in domain.yml, or take a field that it has")
NO_LIST = Kind("F414", Severity.ERROR, "{what} wants a list, this is {given}",
               fix="take a list, or write one: `[a, b]`")
NO_CONDITION = Kind("F415", Severity.ERROR, "a condition is yes or no, this is {given}",
                    fix="compare it with something: `… == …`, `… > …`, `… is known`")
NEVER_EQUAL = Kind("F416", Severity.ERROR, "`{name}` is never \"{value}\"", fix="write one of its values")
MIXED = Kind("F417", Severity.ERROR, "{left} and {right} do not go together here", fix="make both the same type")
TOO_LONG = Kind("F449", Severity.ERROR, "a number has at most 18 digits", fix="write a shorter number")

class Expressions:
    """Reads expressions in the names of one bot; what is wrong with them goes to `names.found`."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._owned: dict[str, str] = {}
        self.texts: Texts                    # set by `Texts`, which reads what stands inside `{}` by this
        self._read: dict[type, Callable[[Any, Scope], Typed]] = {
            Text: self._text, Number: self._number, Moment: self._moment, Duration: self._duration,
            Truth: self._truth, Url: self._url, ListOf: self._list, Ref: self._ref, Attribute: self._attribute,
            Index: self._index, Apply: self._apply, Unary: self._unary, Binary: self._binary, Is: self._is,
            Conditional: self._conditional, Reveal: self._reveal,
        }

    def say(self, diagnostic: Diagnostic) -> None:
        self.names.found.append(diagnostic)

    # --- what others ask ------------------------------------------------------------------------------------

    def value(self, expr: Expr, scope: Scope) -> Typed:
        """The expression, whatever its type; the parser bounds how deep it is."""
        return self._read[type(expr)](expr, scope)

    def wanted(self, expr: Expr, scope: Scope, wanted: str, what: str, values: Iterable[str] = ()) -> Typed:
        """The expression as a value of type `wanted`, converted if need be.

        Args:
            what: what takes it, as a message begins: "`at` of `book`".
            values: all a choice can be, where that is known.
        """
        if isinstance(expr, Text) and (constant := plain(expr)) is not None:
            return self._constant(expr, constant, wanted, what, tuple(values))
        typed = self._named(expr, scope, wanted)
        if types.fits(typed.type, wanted):
            return converted(typed, wanted)
        fixes = (_rounded(expr.span),) if (typed.type, wanted) == ("number", "integer") else ()
        self._wrong_type(expr, typed.type, wanted, what, *fixes)
        return BROKEN_VALUE

    def _named(self, expr: Expr, scope: Scope, wanted: str) -> Typed:
        """The expression; a name that names nothing may be a text without quotes where one is wanted."""
        if isinstance(expr, Ref) and wanted in (*types.TEXTUAL, UNKNOWN) and not self._is_known(expr.name.text, scope):
            quoted = f'"{expr.name.text}"'
            self.no_slot(expr.name, scope, Fix(f"put a text between quotes: `{quoted}`", (Edit(expr.span, quoted),)))
            return BROKEN_VALUE
        return self.value(expr, scope)

    def _is_known(self, name: str, scope: Scope) -> bool:
        known = name in scope.given or name in scope.frame.locals or name in BOUND or name in self.names.domain.slots
        return known or name == "language" or scope.template is not None

    def one_of(self, expr: Expr, scope: Scope, accepted: Iterable[str], what: str) -> Typed:
        """The expression as a value of one of the types `accepted`, the first of which names it in messages."""
        typed = self.value(expr, scope)
        accepted = tuple(accepted)
        if typed.type in accepted or typed.type == UNKNOWN:
            return typed
        if types.fits(typed.type, accepted[0]):
            return converted(typed, accepted[0])
        self._wrong_type(expr, typed.type, accepted[0], what)
        return BROKEN_VALUE

    def compared(self, expr: Expr, scope: Scope, type: str, what: str) -> Typed:
        """The expression as something that values of `type` are compared with: a date also with a datetime."""
        if isinstance(expr, Text):
            return self.wanted(expr, scope, type, what)
        typed = self.value(expr, scope)
        if types.comparable(typed.type, type) is None:
            self._wrong_type(expr, typed.type, type, what)
            return BROKEN_VALUE
        return typed

    def items(self, expr: Expr, scope: Scope, what: str) -> Typed:
        """The expression as a list, with the type of its *items*."""
        typed = self.value(expr, scope)
        item = types.item_of(typed.type)
        if item is None and typed.type != UNKNOWN:
            self.say(NO_LIST.at(expr.span, label=a(typed.type), what=what, given=a(typed.type)))
            return BROKEN_VALUE
        return typed._replace(type=item or UNKNOWN)

    def condition(self, expr: Expr, scope: Scope) -> Any:
        """Code that is true or not: of a boolean, or of a value that is known and not empty."""
        return self._condition(expr, scope).code

    def variable(self, name: Name, scope: Scope) -> tuple[list[str], str] | None:
        """The variable of that name, for writing to it, and its type; None (and said) if there is none."""
        local = scope.frame.locals.get(name.text)
        if local is not None:
            return ["local", name.text], local.type
        slot_type = self.names.slot_type(name.text)
        if slot_type is None:
            self.no_slot(name, scope)
            return None
        return ["slot", name.text], slot_type

    def is_variable(self, name: Name, scope: Scope) -> bool:
        """Whether there is a variable of that name."""
        return name.text in scope.frame.locals or self.names.slot_type(name.text) is not None

    def values_of(self, name: str, scope: Scope) -> tuple[str, ...]:
        """All that a variable can be, if it is a choice or the language; else nothing."""
        local = scope.frame.locals.get(name)
        if local is not None:
            return local.values
        slot = self.names.domain.slots.get(name)
        if slot is None:
            return self.names.domain.languages if name == "language" else ()
        return tuple(value for value, _ in slot.values)

    def _wrong_type(self, expr: Expr, given: str, wanted: str, what: str, *fixes: Fix) -> None:
        if not fixes and wanted in types.EXAMPLES:
            fixes = (Fix(f"write {a(wanted)}, such as `{types.EXAMPLES[wanted]}`"),)
        elif not fixes and wanted == "location":
            fixes = (Fix("give one a name in domain.yml, as `office: {type: location, default: "
                         "{latitude: 38.7, longitude: -9.1}}`"),)
        self.say(WRONG_TYPE.at(expr.span, *fixes, label=a(given), what=what, wanted=a(wanted), given=a(given)))

    # --- values that are written out ------------------------------------------------------------------------

    def _constant(self, expr: Text, constant: str, wanted: str, what: str, values: tuple[str, ...]) -> Typed:
        value = types.literal(constant, wanted)
        if value is None:
            self._wrong_type(expr, "text", wanted, what)
            return BROKEN_VALUE
        if values and constant not in values:
            inside = Span(expr.span.file, expr.span.start + 1, expr.span.end - 1)
            near = self.names.near(inside, constant, lambda: values)
            self.say(NEVER_EQUAL.at(expr.span, *near, label=_listed(values), name=what.strip("`"), value=constant))
            return BROKEN_VALUE
        if wanted == "number":
            return Typed(["num", value] if "." in value else int(value), wanted)
        return Typed(value, wanted)

    def _text(self, expr: Text, scope: Scope) -> Typed:
        constant = plain(expr)
        if constant is not None and not scope.shown:
            return Typed(constant, "text")
        number, reads = self.texts.filled(expr, scope)
        return Typed(["text", number], "text", reads)

    def _number(self, expr: Number, scope: Scope) -> Typed:
        if len(expr.value) > 19:
            self.say(TOO_LONG.at(expr.span))
            return BROKEN_VALUE
        return Typed(["num", expr.value], "number") if "." in expr.value else Typed(int(expr.value), "integer")

    def _moment(self, expr: Moment, scope: Scope) -> Typed:
        return Typed(["as", expr.type, expr.value], expr.type)

    def _duration(self, expr: Duration, scope: Scope) -> Typed:
        return Typed(["duration", expr.amount, expr.unit], "duration")

    def _truth(self, expr: Truth, scope: Scope) -> Typed:
        return Typed(expr.value, "boolean")

    def _url(self, expr: Url, scope: Scope) -> Typed:
        return Typed(expr.value, "url")

    def _list(self, expr: ListOf, scope: Scope) -> Typed:
        items = [self.value(item, scope) for item in expr.items]
        kind = UNKNOWN
        for written, item in zip(expr.items, items, strict=True):
            both = types.common(kind, item.type)
            if both is None:
                self.say(MIXED.at(written.span, label=a(item.type), left=a(kind), right=a(item.type)))
                return BROKEN_VALUE
            kind = both
        codes = [converted(item, kind).code for item in items]
        return Typed(["list", *codes], types.LIST + kind, _reads(*items))

    # --- names ----------------------------------------------------------------------------------------------

    def _ref(self, expr: Ref, scope: Scope) -> Typed:
        name = expr.name.text
        if name in scope.given:
            return Typed(["given", name], scope.given[name])
        if scope.template is not None:
            near = self.names.near(expr.name.span, name, lambda: scope.given)
            self.say(NO_PARAMETER.at(expr.name.span, *near, label="no parameter", template=scope.template, name=name))
            return BROKEN_VALUE
        local = scope.frame.locals.get(name)
        if local is not None:
            return Typed(["local", name, local.type], local.type, frozenset({("local", scope.frame.name, name)}))
        if name in BOUND:
            return self._bound(expr, name, scope)
        slot_type = self.names.slot_type(name)
        if slot_type is None:
            self.no_slot(expr.name, scope)
            return BROKEN_VALUE
        return Typed(["slot", name], slot_type, frozenset({("slot", name)}))

    def _bound(self, expr: Ref, name: str, scope: Scope) -> Typed:
        if name == "today":
            return Typed(["today"], "date")
        if name == "now":
            return Typed(["now"], "datetime")
        if scope.it is None:
            fix = Fix("name the slot or the loop's name instead")
            self.say(NO_IT.at(expr.span, fix, label="nothing to stand for"))
            return BROKEN_VALUE
        return Typed(["it", scope.it], scope.it)

    def is_nothing(self, expr: Expr, scope: Scope, fix: Callable[[], Fix]) -> bool:
        """Whether it is `null` or its like, and no name of the author's own; then it is said."""
        if not isinstance(expr, Ref) or expr.name.text.lower() not in others.NOTHING:
            return False
        if self._is_known(expr.name.text, scope):
            return False
        self.no_slot(expr.name, scope, fix())
        return True

    def no_slot(self, name: Name, scope: Scope, *instead: Fix) -> None:
        def known() -> Iterable[str]:
            return (*scope.frame.locals, *self.names.domain.slots, *scope.given, "language")

        fixes = list(instead)
        owner = self._owners().get(name.text)
        if owner == ANYWHERE:
            fixes.append(Fix("only the lines of `anywhere` know it: start this flow on the event, or set a slot there"))
        elif owner is not None:
            fixes.append(Fix(f"flow `{owner}` has one of its own: declare it under `slots` in domain.yml to share it"))
        self.names.unknown(NO_SLOT, name, known, "nothing has this name", *fixes, foreign=others.VALUES)

    def _owners(self) -> dict[str, str]:
        """The first flow that binds each name for itself; looked up only once something is missing."""
        if not self._owned:
            for frame in (*self.names.frames.values(), self.names.anywhere):
                for name in frame.locals:
                    self._owned.setdefault(name, frame.name)
        return self._owned

    def _attribute(self, expr: Attribute, scope: Scope) -> Typed:
        of = self.value(expr.of, scope)
        if of.is_broken:
            return of
        if expr.name.text in types.PARTS.get(of.type, ()):
            return Typed(["get", ["as", of.type, of.code], expr.name.text, "integer"], "integer", of.reads)
        field_type = self._field_type(of.type, expr.name)
        if field_type is None:
            known = _parts(of.type)
            fixes = [*others.called_on(expr.of.span, of.type, expr.name),
                     *self.names.near(expr.name.span, expr.name.text, lambda: known),
                     *([Fix(f"take one of its parts: `{'`, `'.join(known)}`")] if known else [])]
            self.say(NO_FIELD.at(expr.name.span, *fixes, label="not part of it", given=a(of.type), name=expr.name.text))
            return BROKEN_VALUE
        return Typed(["get", of.code, expr.name.text, field_type], field_type, of.reads)

    def _field_type(self, of: str, field: Name) -> str | None:
        if of == UNKNOWN:
            return UNKNOWN
        if of in types.FIELDS:
            return types.FIELDS[of].get(field.text)
        fields = self.names.domain.records.get(of)
        if fields is None:
            return None
        for declared in fields:
            if declared.name == field.text:
                return self.names.known_type(declared.type)
        near = self.names.near(field.span, field.text, lambda: [declared.name for declared in fields])
        if near:
            self.say(UNDECLARED.at(field.span, *near, label="not declared", given=a(of), name=field.text))
        return UNKNOWN

    def _index(self, expr: Index, scope: Scope) -> Typed:
        items = self.items(expr.of, scope, "`[…]`")
        at = self.wanted(expr.at, scope, "integer", "`[…]`")
        if items.is_broken:
            return items
        return Typed(["index", items.code, at.code], items.type, items.reads | at.reads)

    # --- what is made of values -----------------------------------------------------------------------------

    def _apply(self, expr: Apply, scope: Scope) -> Typed:
        name = expr.function.text
        function = self.names.function(expr.function, *self._instead(expr))
        args = [self.value(arg, scope) for arg in expr.args]
        if function is None or any(arg.is_broken for arg in args):
            return BROKEN_VALUE
        result = None
        if function.least <= len(args) <= function.most:
            result = function.result([arg.type for arg in args])
        if result is None:
            label = ", ".join(a(arg.type) for arg in args) or "nothing"
            self.say(WRONG_ARGUMENTS.at(expr.span, label=label, name=name, takes=function.takes))
            return BROKEN_VALUE
        return Typed([name, *(arg.code for arg in args)], result, _reads(*args))

    def calls(self, expr: Expr) -> str:
        """The word that calls what is written as a function and is an action or a flow; empty if it is neither."""
        if not isinstance(expr, Apply) or expr.function.text in types.FUNCTIONS:
            return ""
        return ("call" if expr.function.text in self.names.domain.actions else
                "do" if expr.function.text in self.names.flows else "")

    def _instead(self, expr: Apply) -> tuple[Fix, ...]:
        """What is meant by a function that is none."""
        word = self.calls(expr)
        if word:
            return (Fix(f"write it on a line of its own, above: `{word} {expr.function.text}(…) into …`"),)
        return others.ranged(expr)

    def _unary(self, expr: Unary, scope: Scope) -> Typed:
        if expr.op == "not":
            of = self._condition(expr.of, scope)
            return Typed(["not", of.code], "boolean", of.reads)
        of = self.value(expr.of, scope)
        if of.type not in (*types.NUMERIC, "duration", UNKNOWN):
            self._wrong_type(expr.of, of.type, "number", "`-`")
            return BROKEN_VALUE
        if isinstance(of.code, int):
            return Typed(-of.code, of.type)
        return Typed(["neg", of.code], of.type, of.reads) if not of.is_broken else of

    def _binary(self, expr: Binary, scope: Scope) -> Typed:
        if expr.op == "and":
            left, right = self._condition(expr.left, scope), self._condition(expr.right, scope)
            return Typed(["and", left.code, right.code], "boolean", left.reads | right.reads)
        if expr.op in ("==", "!=") and self.is_nothing(expr.right, scope, lambda: others.compared_with_nothing(expr)):
            self.value(expr.left, scope)
            return BROKEN_VALUE
        if expr.op in ("==", "!="):
            self._check_equal(expr, scope)
        left = self.value(expr.left, scope)
        is_text = expr.op in ("==", "!=") and left.type in types.TEXTUAL
        right = self._named(expr.right, scope, left.type) if is_text else self.value(expr.right, scope)
        if left.is_broken or right.is_broken:
            return BROKEN_VALUE
        if expr.op == "or":
            return self._or(expr, left, right)
        left, right = _compared(expr, left, right)
        result = types.operator(expr.op, left.type, right.type)
        if result is None:
            self._not_together(expr, left, right)
            return BROKEN_VALUE
        if {left.type, right.type} in _TOLD_APART:       # as text, they would be compared or joined as texts
            left, right = (typed._replace(code=["as", typed.type, typed.code]) for typed in (left, right))
        return Typed([expr.op, left.code, right.code], result, left.reads | right.reads)

    def _or(self, expr: Binary, left: Typed, right: Typed) -> Typed:
        both = types.common(left.type, right.type)
        if both is None and left.type in types.PLAIN and right.type == "text":
            both = UNKNOWN                   # `{stock or 'a few'}`: shown as what it turns out to be
        elif both is None:
            self.say(MIXED.at(expr.right.span, label=a(right.type), left=a(left.type), right=a(right.type),
                              others=(Label(expr.left.span, a(left.type)),)))
            return BROKEN_VALUE
        return Typed(["or", converted(left, both).code, converted(right, both).code], both, left.reads | right.reads)

    def _check_equal(self, expr: Binary, scope: Scope) -> None:
        for side, other in ((expr.left, expr.right), (expr.right, expr.left)):
            if isinstance(side, Ref) and isinstance(other, Text) and (constant := plain(other)) is not None:
                values = self.values_of(side.name.text, scope)
                if values:
                    self._constant(other, constant, "text", f"`{side.name.text}`", values)

    def _not_together(self, expr: Binary, left: Typed, right: Typed) -> None:
        fixes: tuple[Fix, ...] = ()
        if expr.op == "+" and "text" in (left.type, right.type):
            fixes = (Fix("put the value into the text: `\"… {value}\"`"),)
        self.say(NOT_TOGETHER.at(expr.right.span, *fixes, label=a(right.type), op=expr.op, left=a(left.type),
                                 right=a(right.type), others=(Label(expr.left.span, a(left.type)),)))

    def _condition(self, expr: Expr, scope: Scope) -> Typed:
        if isinstance(expr, Binary) and expr.op == "or":
            left, right = self._condition(expr.left, scope), self._condition(expr.right, scope)
            return Typed(["or", left.code, right.code], "boolean", left.reads | right.reads)
        typed = self.value(expr, scope)
        named = isinstance(expr, Ref | Attribute | Index)
        if typed.type not in ("boolean", UNKNOWN) and not named:
            self.say(NO_CONDITION.at(expr.span, label=a(typed.type), given=a(typed.type)))
            return BROKEN_VALUE
        if not named or typed.is_broken:
            return typed
        # What has no value does not hold: as a condition it is a question, not a mistake.
        code = ["or", typed.code, False] if typed.type in ("boolean", UNKNOWN) else ["not", ["empty", typed.code]]
        return Typed(code, "boolean", typed.reads)

    def _is(self, expr: Is, scope: Scope) -> Typed:
        of = self.value(expr.of, scope)
        what = expr.what.text
        if what in ("empty", "known"):
            code, reads = [what, of.code], NOTHING                  # that there is a value says nothing about it
        else:
            checked = self.check(expr)
            if checked is None or of.is_broken:
                return BROKEN_VALUE
            if of.type not in (*types.TEXTUAL, *types.NUMERIC, UNKNOWN):
                self._wrong_type(expr.of, of.type, "text", f"`is {what}`")
            code, reads = ["is", what, of.code, checked[1]], of.reads
        return Typed(["not", code] if expr.negated else code, "boolean", reads)

    def check(self, expr: Is) -> list[Any] | None:
        """`[check, country or null]` of `is national_id("CO")`, the bot's region where no country is written; None (and
        said) if there is no such check."""
        by_country = self.names.check(expr.what, *others.called_nothing(expr))
        if by_country is None:
            return None
        countries = [plain(arg) if isinstance(arg, Text) else None for arg in expr.args]
        if by_country and not countries:
            countries = [self.names.domain.region]
        if len(countries) > by_country or None in countries:
            takes = 'a country like "CO"' if by_country else "nothing more"
            self.say(WRONG_ARGUMENTS.at(expr.span, label="does not fit", name=f"is {expr.what.text}", takes=takes))
        return [expr.what.text, countries[0] if countries else None]

    def _conditional(self, expr: Conditional, scope: Scope) -> Typed:
        test = self.condition(expr.test, scope)
        then, otherwise = self.value(expr.then, scope), self.value(expr.otherwise, scope)
        if then.is_broken or otherwise.is_broken:
            return BROKEN_VALUE
        both = types.common(then.type, otherwise.type)
        if both is None:
            self.say(MIXED.at(expr.otherwise.span, label=a(otherwise.type), left=a(then.type), right=a(otherwise.type),
                              others=(Label(expr.then.span, a(then.type)),)))
            return BROKEN_VALUE
        code = ["if", test, converted(then, both).code, converted(otherwise, both).code]
        return Typed(code, both, then.reads | otherwise.reads)

    def _reveal(self, expr: Reveal, scope: Scope) -> Typed:
        return self.value(expr.of, scope)._replace(reads=NOTHING)


def _reads(*values: Typed) -> frozenset[Variable]:
    return NOTHING.union(*(value.reads for value in values)) if values else NOTHING


def _rounded(span: Span) -> Fix:
    start, end = Span(span.file, span.start, span.start), Span(span.file, span.end, span.end)
    return Fix("round it: `round(…)`", (Edit(start, "round("), Edit(end, ")")))


_TOLD_APART = ({"datetime", "time"}, {"date", "time"})


def _parts(type: str) -> tuple[str, ...]:
    return types.PARTS.get(type) or tuple(types.FIELDS.get(type, ()))


def _listed(values: tuple[str, ...]) -> str:
    return "one of " + ", ".join(values[:4]) + (" …" if len(values) > 4 else "")


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
