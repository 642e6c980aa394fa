"""Expressions: what an author wrote becomes code of the table, with its type and the variables it shows something of.

One walk does all three, so that they cannot disagree. Whatever is wrong is said once: its code is `["?"]`, its type is
unknown, and of an unknown type nothing more is said.

Elsewhere: what functions, operators and conditions make of values (`operations`).
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from dsl import operations, others, types
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Severity
from dsl.operations import MIXED
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
from dsl.typed import BROKEN_VALUE, Typed, a, converted, plain, reads_of
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
NO_FIELD = Kind("F413", Severity.ERROR, "{given} has no `{name}`",
                fix="add `{name}` to the record in domain.yml, or take a field that it has")
NO_LIST = Kind("F414", Severity.ERROR, "{what} wants a list, this is {given}",
               fix="take a list, or write one: `[a, b]`")
NEVER_EQUAL = Kind("F416", Severity.ERROR, "`{name}` is never \"{value}\"", fix="write one of its values")
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
            Index: self._index, Apply: partial(operations.apply, self), Unary: partial(operations.unary, self),
            Binary: partial(operations.binary, self), Is: partial(operations.is_so, self),
            Conditional: partial(operations.conditional, self), Reveal: partial(operations.reveal, self),
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
            return self.constant(expr, constant, wanted, what, tuple(values))
        typed = self.named(expr, scope, wanted)
        if types.fits(typed.type, wanted):
            return converted(typed, wanted)
        fixes = (_rounded(expr.span),) if (typed.type, wanted) == ("number", "integer") else ()
        self.wrong_type(expr, typed.type, wanted, what, *fixes)
        return BROKEN_VALUE

    def named(self, expr: Expr, scope: Scope, wanted: str) -> Typed:
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
        self.wrong_type(expr, typed.type, accepted[0], what)
        return BROKEN_VALUE

    def compared(self, expr: Expr, scope: Scope, type: str, what: str) -> Typed:
        """The expression as something that values of `type` are compared with: a date also with a datetime."""
        if isinstance(expr, Text):
            return self.wanted(expr, scope, type, what)
        typed = self.value(expr, scope)
        if types.comparable(typed.type, type) is None:
            self.wrong_type(expr, typed.type, type, what)
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
        return operations.condition(self, expr, scope).code

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

    def wrong_type(self, expr: Expr, given: str, wanted: str, what: str, *fixes: Fix) -> None:
        """Says that an expression is of another type than the one it is wanted as."""
        if not fixes and wanted in types.EXAMPLES:
            fixes = (Fix(f"write {a(wanted)}, such as `{types.EXAMPLES[wanted]}`"),)
        elif not fixes and wanted == "location":
            fixes = (Fix("give one a name in domain.yml, as `office: {type: location, default: "
                         "{latitude: 38.7, longitude: -9.1}}`"),)
        self.say(WRONG_TYPE.at(expr.span, *fixes, label=a(given), what=what, wanted=a(wanted), given=a(given)))

    # --- values that are written out ------------------------------------------------------------------------

    def constant(self, expr: Text, constant: str, wanted: str, what: str, values: tuple[str, ...]) -> Typed:
        """A text that is written out, as what is wanted: a choice, a date, a number."""
        value = types.literal(constant, wanted)
        if value is None:
            self.wrong_type(expr, "text", wanted, what)
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
        return Typed(["list", *codes], types.LIST + kind, reads_of(*items))

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


def _rounded(span: Span) -> Fix:
    start, end = Span(span.file, span.start, span.start), Span(span.file, span.end, span.end)
    return Fix("round it: `round(…)`", (Edit(start, "round("), Edit(end, ")")))


def _parts(type: str) -> tuple[str, ...]:
    return types.PARTS.get(type) or tuple(types.FIELDS.get(type, ()))


def _listed(values: tuple[str, ...]) -> str:
    return "one of " + ", ".join(values[:4]) + (" …" if len(values) > 4 else "")
