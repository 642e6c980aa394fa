"""Arguments: what `call`, `do`, `send template` and `track` give, against what is taken."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.expressions import Expressions
from dsl.scope import Scope
from dsl.source import Span
from dsl.syntax import Argument, Attribute, Expr, Ref, Reveal
from dsl.typed import Typed, Variable

TOO_MANY = Kind("F132", Severity.ERROR, "{what} takes {wanted}, given are {given}")
MISSING = Kind("F133", Severity.ERROR, "{what} wants {names}", fix="write {names} between the brackets")
NO_PARAM = Kind("F134", Severity.ERROR, "{what} takes no `{name}`",
                fix="take it out, or add `{name}` to the parameters")
GIVEN_TWICE = Kind("F135", Severity.ERROR, "`{name}` is given twice")


class Wanted(NamedTuple):
    """A parameter: its name, and its type as it is written in the domain."""

    name: str
    type: str


class Given(NamedTuple):
    """One argument, read."""

    name: str
    code: Any
    span: Span
    reads: frozenset[Variable]


class Arguments:
    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions

    def by_position(self, args: Sequence[Expr], scope: Scope, params: Sequence[Wanted] | None, what: str,
                    span: Span) -> list[Given]:
        return self.named([Argument(None, value) for value in args], scope, params, what, span)

    def named(self, args: Sequence[Argument], scope: Scope, params: Sequence[Wanted] | None, what: str,
              span: Span) -> list[Given]:
        """The arguments in the order of `params`; where these are not known, as they are given.

        Args:
            what: what takes them, as a message begins: "action `book`".
            span: where it is named; an argument that is missing is reported there.
        """
        if params is None:
            return self._free(args, scope)
        taken: dict[str, Given] = {}
        wanted = {param.name: param for param in params}
        for position, arg in enumerate(args):
            name = arg.name.text if arg.name is not None else params[position].name if position < len(params) else None
            if name is None or name not in wanted or name in taken:
                self._expressions.value(arg.value, scope)
                self._refuse(arg, name, wanted, taken, what, len(args))
                continue
            type = self._expressions.names.known_type(wanted[name].type)
            typed = self._expressions.wanted(arg.value, scope, type, f"`{name}` of {what}")
            taken[name] = _given(name, typed, arg.value.span)
        missing = [f"`{param.name}`" for param in params if param.name not in taken]
        if missing and len(args) < len(params):
            self._say(MISSING.at(span, label=f"{len(args)} of {len(params)} given", what=what, names=_and(missing)))
        return [taken[param.name] for param in params if param.name in taken]

    def _free(self, args: Iterable[Argument], scope: Scope) -> list[Given]:
        given: dict[str, Given] = {}
        for position, arg in enumerate(args, 1):
            name = arg.name.text if arg.name is not None else _name_of(arg.value) or str(position)
            typed = self._expressions.value(arg.value, scope)
            if name in given:
                at = arg.name.span if arg.name is not None else arg.value.span
                self._say(GIVEN_TWICE.at(at, Fix(f"give it a name of its own: `other_{name}: …`"),
                                         label="the second", name=name))
            given[name] = _given(name, typed, arg.value.span)
        return list(given.values())

    def _refuse(self, arg: Argument, name: str | None, wanted: dict[str, Wanted], taken: dict[str, Given], what: str,
                count: int) -> None:
        if name is None:
            takes = _and([f"`{param}`" for param in wanted]) or "nothing"
            self._say(TOO_MANY.at(arg.value.span, Fix("remove it"), label="one too many", what=what, wanted=takes,
                                  given=count))
        elif name in taken:
            self._say(GIVEN_TWICE.at(arg.value.span, Fix("remove one"), label="the second", name=name))
        else:
            assert arg.name is not None      # by position a name is one of `wanted`
            near = self._expressions.names.near(arg.name.span, name, lambda: wanted)
            self._say(NO_PARAM.at(arg.name.span, *near, label="not taken", what=what, name=name))

    def _say(self, diagnostic: Diagnostic) -> None:
        self._expressions.say(diagnostic)


def _given(name: str, typed: Typed, span: Span) -> Given:
    return Given(name, typed.code, span, typed.reads)


def _name_of(expr: Expr) -> str | None:
    """What a value that is given without a name is called: `clinic.id` is `clinic_id`."""
    match expr:
        case Ref():
            return expr.name.text
        case Attribute():
            of = _name_of(expr.of)
            return expr.name.text if of is None else f"{of}_{expr.name.text}"
        case Reveal():
            return _name_of(expr.of)
    return None


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
