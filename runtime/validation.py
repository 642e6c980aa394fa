"""An answer becomes a plain value, or the reason it was refused.

The answer is read as the type of the question, in the user's language and the bot's region; what it may mean (which
Monday, morning or evening) is tried in order. Then come the lines of the rule, the constraints and the checks of the
step. Any text of any length is refused or taken in linear time: no library sees more than a few hundred characters.

What is said of a refusal: `invalid` of the step where the answer could not be read, the `else` of the line or the check
that refused it, or the machine's own reason (`reason.…` of the system texts).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import msgspec

from dsl.table import Json, Step, Var
from dsl.words import normalise
from runtime.answers.identifiers import CHECKS
from runtime.answers.language import Readings, Setting, only
from runtime.events import Said, Sent
from runtime.program import Program, Scope
from runtime.regex import whole
from runtime.values import TEXT, Value, plain

Answer: TypeAlias = Said | Sent

_MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
_SENT = _MEDIA | {"location", "contact"}


class Accepted(msgspec.Struct, frozen=True):
    """What the slot becomes, as plain JSON."""

    value: Json


class Refused(msgspec.Struct, frozen=True):
    """Why not: `text` is filled, in the user's language; the author's own words, or a reason for `system.invalid`."""

    text: str | None
    is_own: bool = False


def validate(program: Program, step: Step, answer: Answer, scope: Scope) -> Accepted | Refused:
    """Take or refuse the answer to an `ask`; `scope` is that of the step, `it` is bound here."""
    type = step.type or "text"
    read = _read(program, step, type, answer, scope)
    if read is None:
        return _unreadable(program, step, type, scope)
    if not (step.rule or step.constraints or step.checks):
        return _judged(program, step, type, read.default, scope)
    refusal = None
    for value in read.likely:
        outcome = _judged(program, step, type, value, scope)
        if isinstance(outcome, Accepted):
            return outcome
        if value is read.default:
            refusal = outcome
    return refusal or _judged(program, step, type, read.default, scope)


def accept(program: Program, step: Step, value: Json, scope: Scope) -> Accepted | Refused:
    """Take or refuse what was chosen rather than written: an item of the list, a yes; `value` in its plain form."""
    type = step.type or "unknown"
    known = program.values.convert(type, value)
    return _unreadable(program, step, type, scope) if known is None else _judged(program, step, type, known, scope)


# --- reading


def _read(program: Program, step: Step, type: str, answer: Answer, scope: Scope) -> Readings | None:
    if isinstance(answer, Sent):
        value = answer.value if answer.kind == type or is_file_of(type, answer) else None
        return _one(program.values.admit(type, value) if type in _SENT else None)
    if type in _SENT:
        return None
    if type == "text":
        return _one(cleaned(answer.text) or None)
    return _read_as(program, step, type, cleaned(answer.text), scope)


def _one(value: Value) -> Readings | None:
    return None if value is None else only(value)


def is_file_of(type: str, answer: Sent) -> bool:
    """Whether it is a photo (or video, or sound) sent as a file, where one is asked for: then it is a photo."""
    return answer.kind == "document" and type in _MEDIA and str(answer.value.get("mime", "")).startswith(f"{type}/")


def cleaned(text: str) -> str:
    """The text without what cannot be stored or seen, and without white space around it.

    >>> cleaned("  Ana\\0 Lima \\u200b")
    'Ana Lima'
    """
    text = text[: TEXT * 4]
    if not text.isprintable():
        text = "".join(sign for sign in text if sign in "\n\t\u200d" or unicodedata.category(sign) not in _UNSEEN)
    return text.strip(" \n\t\u200d\u00a0\u3000")


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


def _read_as(program: Program, step: Step, type: str, text: str, scope: Scope) -> Readings | None:
    """The text as any type but `text`. What reads it is imported by the first question that needs it."""
    language = scope.language or program.table.languages[0]
    if type == "boolean":
        return _one(_boolean(program, text, scope))
    if type == "choice":
        return _one(_choice(program, step, text, scope))
    if type == "language":
        from runtime.answers.words import read_language

        tags = program.table.languages if step.slot == ["slot", "language"] else ()
        return _one(read_language(text, tags, language))
    from runtime.answers.readers import READERS

    read = READERS.get(type)
    now = datetime.min if type in _TIMELESS else program.values.moment(scope.at)
    if read is None or now is None:          # a record, a list: nothing that is typed
        return None
    asked = partial(_question, program, step, scope)
    return read(text, Setting(language, program.table.region, now, program.formats(language), asked))


def _question(program: Program, step: Step, scope: Scope) -> str:
    said = step.message.text if step.message else []
    texts = [*(said if isinstance(said, list) else [said]), step.hint]
    return " ".join(program.text(text, scope) for text in texts if text is not None)


_TIMELESS = frozenset({"number", "integer"})  # what is read without looking at the clock


def _boolean(program: Program, text: str, scope: Scope) -> bool | None:
    from runtime.answers.words import read_boolean

    said = (program.system(name, scope) for name in ("yes", "no"))
    return read_boolean(text, *((normalise(word),) if word else () for word in said))


def _choice(program: Program, step: Step, text: str, scope: Scope) -> str | None:
    """The value of a choice that the text is, by the value or by its title in any language."""
    said = normalise(text)
    for value, title in _var(program, step).values or []:
        if said == normalise(value) or said in program.words(title) or said == normalise(program.text(title, scope)):
            return str(value)
    return None


def _var(program: Program, step: Step) -> Var:
    """What the slot of the step is declared as."""
    kind, name = step.slot or ["", ""]
    flow = program.table.flows.get(step.flow)
    known = program.table.slots.get(name) if kind == "slot" else flow.locals.get(name) if flow else None
    return known or Var(step.type or "text")


def _unreadable(program: Program, step: Step, type: str, scope: Scope) -> Refused:
    if step.invalid is not None:
        return Refused(program.text(step.invalid, scope), is_own=True)
    given: dict[str, Json] = {}
    if type in _MEDIA:
        given["kind"] = program.system(f"kind.{type}", scope) or type
        type = "media"
    return _reason(program, type, scope, given)


def _reason(program: Program, name: str, scope: Scope, given: dict[str, Json] | None = None) -> Refused:
    return Refused(program.system(f"reason.{name}", msgspec.structs.replace(scope, given=given or {})))


# --- judging


class _Case:
    """One value before the rule: Python and, for expressions that look at `it`, the scope with its plain form."""

    __slots__ = ("_base", "_scope", "program", "type", "value")

    def __init__(self, program: Program, type: str, value: Value, base: Scope) -> None:
        self.program, self.type, self.value = program, type, value
        self._base = base
        self._scope: Scope | None = None     # many rules look at no expression

    @property
    def scope(self) -> Scope:
        if self._scope is None:
            self._scope = msgspec.structs.replace(self._base, it=plain(self.value))
        return self._scope

    def of(self, value: Value) -> _Case:
        return self if value is self.value else _Case(self.program, self.type, value, self._base)


class _Why(NamedTuple):
    """What a line has against a value: the machine's reason, with the limits it names."""

    reason: str
    limits: tuple[tuple[str, Value], ...] = ()

    def told(self, case: _Case) -> Refused:
        given = {name: _written(case, limit) for name, limit in self.limits}
        return _reason(case.program, self.reason, case.scope, given)


def _judged(program: Program, step: Step, type: str, value: Value, scope: Scope) -> Accepted | Refused:
    case = _Case(program, type, value, scope)
    rule = program.table.rules.get(step.rule) if step.rule else None
    for kind, args, otherwise in rule.lines if rule else ():
        if kind in _CHANGES:
            case = case.of(_CHANGES[kind](case.value)) if isinstance(case.value, str) else case
            continue
        passed, why = _line(case, kind, args)
        if why is not None:
            own = None if otherwise is None else program.text(otherwise, case.scope)
            return why.told(case) if own is None else Refused(own, is_own=True)
        case = case.of(passed)
    for kind, *args in step.constraints:
        _, why = _line(case, kind, args)
        if why is not None:
            return why.told(case)
    for test, otherwise in step.checks:
        if not program.holds(test, case.scope):
            return Refused(program.text(otherwise, case.scope), is_own=True)
    return _fitting(case, _var(program, step))


def _fitting(case: _Case, var: Var) -> Accepted | Refused:
    """Whether the value fits what its slot holds: so many characters, and no empty text."""
    if isinstance(case.value, str):
        if not case.value:
            return _Why(case.type).told(case)
        longest = min(var.max or TEXT, TEXT)
        if len(case.value) > longest:
            return _limit("too_long", longest).told(case)
    return Accepted(plain(case.value))


def _collapsed(text: str) -> str:
    return " ".join(text.split())


_CHANGES: dict[str, Callable[[str], str]] = {
    "trim": str.strip, "collapse": _collapsed, "upper": str.upper, "lower": str.lower,
}


def _line(case: _Case, kind: str, args: Sequence[Any]) -> tuple[Value, _Why | None]:
    """The value as a rule's line or a constraint leaves it, and what it has against it, or None."""
    match kind:
        case "length":
            return case.value, _length(case, *args)
        case "from":
            return case.value, _between(case, args)
        case "matches":
            is_fine = isinstance(case.value, str) and whole(case.program.table.patterns[args[0]], case.value)
            return case.value, None if is_fine else _Why("pattern")
        case "one_of":
            return _one_of(case, case.program.value(args[0], case.scope))
        case "check":
            return case.value, None if case.program.holds(args[0], case.scope) else _Why("check")
        case "is":
            return case.value, _is(case, *args)
    return case.value, _bound(case, kind, args[0])


def _length(case: _Case, least: int, most: int) -> _Why | None:
    size = len(case.value) if isinstance(case.value, (str, list)) else None
    if size is None:
        return None
    if size < least:
        return _limit("too_short", least)
    return _limit("too_long", most) if size > most else None


_ORDER = {"after": ">", "before": "<", "at_least": ">=", "at_most": "<="}


def _bound(case: _Case, kind: str, expr: int) -> _Why | None:
    """A limit that has no value limits nothing."""
    limit = case.program.value(expr, case.scope)
    if limit is None or _compares(case, _ORDER[kind], limit):
        return None
    return _limit(kind, limit)


def _between(case: _Case, args: Sequence[int]) -> _Why | None:
    low, high = [case.program.value(expr, case.scope) for expr in args]
    is_fine = (low is None or _compares(case, ">=", low)) and (high is None or _compares(case, "<=", high))
    return None if is_fine else _Why("from", (("low", low), ("high", high)))


def _limit(reason: str, limit: Value) -> _Why:
    return _Why(reason, (("limit", limit),))


def _compares(case: _Case, operator: str, limit: Value) -> bool:
    return bool(case.program.operators.by_name[operator](case.value, limit))


def _written(case: _Case, limit: Value) -> str:
    """A limit as the user reads it, at the end of a sentence; with its time where a time was asked for."""
    written = case.program.formats(case.scope.language)
    if isinstance(limit, datetime):
        shown = written.format(limit, case.type if case.type in ("date", "time") else "datetime", ())
    else:
        shown = written.format(limit, "number", ()) if isinstance(limit, (int, Decimal)) else written.show(limit)
    return shown.removesuffix(".")           # `10:00 a. m.`


def _one_of(case: _Case, items: Value) -> tuple[Value, _Why | None]:
    """The item of the list that the value is; of texts the one with the same words."""
    known: Iterable[Value] = items if isinstance(items, list) else ()
    equal = case.program.operators.equal
    for item in known:
        if equal(case.value, item):
            return case.value, None
    if isinstance(case.value, str):
        words = normalise(case.value)
        for item in known:
            if isinstance(item, str) and normalise(item) == words:
                return item, None
    return case.value, _Why("one_of")


def _is(case: _Case, check: str, country: str | None = None) -> _Why | None:
    text = case.program.values.convert("text", case.value)
    test = CHECKS.get(check)
    if test is None or (isinstance(text, str) and test(text, country)):
        return None
    known = f"reason.{check}" in case.program.table.system
    return _Why(check if known else "is")
