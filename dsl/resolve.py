"""Names: what each name of a bot names, said where it names nothing, and remembered where it was named.

Flows and menus share one namespace; slots, responses, rules, actions, templates, events each have their own. What a
flow binds for itself is `frames.py`. A name that a broken line would have defined is known, of unknown type.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from dsl import others, types
from dsl.diagnostics import MOST_ERRORS, Certainty, Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.domain import Action, Domain, Field, Happening, Response, Template
from dsl.nearest import did_you_mean
from dsl.scope import ANYWHERE, Frame
from dsl.source import Span
from dsl.syntax import File, Flow, Menu, Name, Rule, TypeRef
from dsl.table import UNDELIVERED
from dsl.table import UNKNOWN as BROKEN

NO_FLOW = Kind("F101", Severity.ERROR, "there is no flow or menu named `{name}`")
NO_SLOT = Kind("F102", Severity.ERROR, "there is no slot named `{name}`")
NO_RESPONSE = Kind("F103", Severity.ERROR, "there is no response named `{name}`",
                   fix="write the text here in quotes, or add `{name}` to `responses` in domain.yml")
NO_RULE = Kind("F104", Severity.ERROR, "there is no rule or type named `{name}`",
               fix="write `rule {name} for text` with its lines, or take a type such as `text`")
NO_ACTION = Kind("F105", Severity.ERROR, "there is no action named `{name}`",
                 fix="add `{name}` to `actions` in domain.yml")
NO_TEMPLATE = Kind("F106", Severity.ERROR, "there is no template named `{name}`",
                   why="WhatsApp sends nothing but templates it has approved under their name.",
                   fix="add `{name}` to `templates` in domain.yml, as WhatsApp approved it")
NO_EVENT = Kind("F107", Severity.ERROR, "there is no event named `{name}`",
                fix="add `{name}` to `events` in domain.yml")
NO_FUNCTION = Kind("F108", Severity.ERROR, "there is no function named `{name}`")
NO_TYPE = Kind("F109", Severity.ERROR, "there is no type or record named `{name}`",
               fix="add `{name}` to `records` in domain.yml, or take a type such as `text`")
NO_CHECK = Kind("F110", Severity.ERROR, "there is no check `is {name}`")

NO_HTTP_PARAMETER = Kind("F116", Severity.ERROR, "the call of `{action}` fills in `{{{name}}}`, no parameter of it",
                         fix="add `{name}` to the action's `params`")

TWO_FLOWS = Kind("F120", Severity.ERROR, "there are two flows or menus named `{name}`",
                 fix="give one of them another name")
TWO_RULES = Kind("F121", Severity.ERROR, "there are two rules named `{name}`", fix="give one of them another name")

WANTS_VALUES = Kind("F130", Severity.ERROR, "`{name}` takes {params}, which nothing gives it here")

RESERVED = Kind("F140", Severity.ERROR, "the name `{name}` is taken by the language itself", fix="take another name")

UNUSED = {
    "slot": Kind("F150", Severity.WARNING, "the slot `{name}` is never used"),
    "response": Kind("F151", Severity.WARNING, "the response `{name}` is never said"),
    "rule": Kind("F152", Severity.WARNING, "the rule `{name}` is never used"),
    "action": Kind("F153", Severity.WARNING, "the action `{name}` is never called"),
    "template": Kind("F154", Severity.WARNING, "the template `{name}` is never sent"),
    "record": Kind("F155", Severity.WARNING, "the record `{name}` is never used"),
}

_FILLED = re.compile(r"(?<!\$)\{(\w+)\}")    # `{order}` of an address; `${SHOP_API}` is the environment's
BOUND = frozenset({"it", "today", "now"})    # what the language itself binds in expressions
SYSTEM = "system."                           # of responses and flows the machine uses by itself
SYSTEM_FLOWS = frozenset({"system.failed"})
COMPARISONS = 50_000                         # names compared for suggestions in one build; then there are none

_T = TypeVar("_T")


class Names:
    """Every name of a bot. Look-ups report what is missing to `found` and remember in `used` what was there."""

    def __init__(self, domain: Domain, files: Iterable[File], broken: Iterable[str] = ()) -> None:
        self.domain = domain
        self.found: list[Diagnostic] = []
        self.used: set[tuple[str, str]] = set()
        self.frames: dict[str, Frame] = {}   # of flows and menus, once they are bound
        self.anywhere = Frame(ANYWHERE)      # of all `anywhere`
        self.flows: dict[str, Flow | Menu] = {}
        self.rules: dict[str, Rule] = {}
        self.events = {**domain.events, UNDELIVERED: _undelivered(Span(domain.file, 0, 0))}
        self.broken = set(broken)
        self._comparisons = COMPARISONS
        self._errors = 0, 0                  # how many of how many that were found
        self._meant: set[str] = set()        # what a name that is none may stand for: not to be called unused
        self._responses = {name: response for name, response in domain.responses.items()
                           if not name.startswith(SYSTEM)}
        for file in files:
            self.broken.update(file.broken)
            for item in file.items:
                if isinstance(item, Flow | Menu):
                    self._define(item, self.flows, TWO_FLOWS)
                elif isinstance(item, Rule):
                    self._define(item, self.rules, TWO_RULES)
        self._check_domain()

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that the rest is not looked at."""
        errors, seen = self._errors
        if len(self.found) != seen:
            errors, seen = (errors, seen) if seen < len(self.found) else (0, 0)
            errors += sum(one.severity is Severity.ERROR for one in islice(self.found, seen, None))
            self._errors = errors, len(self.found)
        return errors >= MOST_ERRORS

    # --- looking up -----------------------------------------------------------------------------------------

    def flow(self, name: Name, *instead: Fix) -> Flow | Menu | None:
        """The flow or menu of that name; `instead` is what is proposed if there is none."""
        return self._look_up("flow", name, self.flows, NO_FLOW, "nothing has this name", *instead)

    def entered(self, name: Name) -> str | None:
        """The name of a flow that can be entered without values; None (and said) if there is none."""
        flow = self.flow(name)
        return name.text if flow is not None and self.can_enter(flow, name.span) else None

    def can_enter(self, flow: Flow | Menu, span: Span) -> bool:
        """Whether a flow can be entered without values; says so if not."""
        if isinstance(flow, Flow) and flow.params:
            params = [param.name.text for param in flow.params]
            fix = Fix(f"call it from a flow: `do {flow.name.text}({', '.join(params)})`")
            shown = " and ".join(f"`{param}`" for param in params)
            self.found.append(WANTS_VALUES.at(span, fix, label="takes values", name=flow.name.text, params=shown))
            return False
        return True

    def response(self, name: Name, *instead: Fix) -> Response | None:
        """A response of the author's own; what the machine says by itself it says by itself."""
        return self._look_up("response", name, self._responses, NO_RESPONSE, "nothing has this name", *instead)

    def action(self, name: Name, *instead: Fix) -> Action | None:
        return self._look_up("action", name, self.domain.actions, NO_ACTION, "domain.yml has no such action", *instead)

    def template(self, name: Name) -> Template | None:
        return self._look_up("template", name, self.domain.templates, NO_TEMPLATE, "domain.yml has no such template")

    def event(self, name: Name) -> Happening | None:
        return self._look_up("event", name, self.events, NO_EVENT, "domain.yml has no such event")

    def function(self, name: Name, *instead: Fix) -> types.Function | None:
        return self._look_up("function", name, types.FUNCTIONS, NO_FUNCTION, "no function has this name", *instead,
                             foreign=others.FUNCTIONS)

    def check(self, name: Name, *instead: Fix) -> bool | None:
        """Whether the check `is NAME` depends on a country; None if there is no such check."""
        return self._look_up("check", name, types.CHECKS, NO_CHECK, "no check has this name", *instead)

    def rule_or_type(self, ref: TypeRef) -> tuple[Rule | None, str]:
        """What stands after `as`: a rule and its type, or no rule and a type."""
        rule = self.rules.get(ref.name.text)
        if rule is not None:
            self.used.add(("rule", ref.name.text))
            return rule, self.type(rule.type)
        return None, self.type(ref, NO_RULE)

    def type(self, ref: TypeRef, missing: Kind = NO_TYPE) -> str:
        """The type that is written, `unknown` where there is none of that name."""
        if ref.of is not None:
            return types.LIST + self.type(ref.of, missing)
        return self.named_type(ref.name.text, ref.name.span, missing)

    def named_type(self, written: str, span: Span, missing: Kind = NO_TYPE) -> str:
        """As `type`, for a type that is written out: `list of visit`."""
        base = types.base_of(written)
        if base in types.BUILT_IN:
            return written
        if base in self.domain.records:
            self.used.add(("record", base))
            return written
        also = self.rules if missing is NO_RULE else {}
        at = Span(span.file, max(span.start, span.end - len(base)), span.end)    # `list of visit` ends with its items
        self.unknown(missing, Name(base, at), lambda: (*types.BUILT_IN, *self.domain.records, *also),
                     "no type has this name", foreign=others.TYPES)
        return types.UNKNOWN

    def unknown(self, kind: Kind, name: Name, names: Callable[[], Iterable[str]], label: str, *fixes: Fix,
                foreign: Mapping[str, str] = MappingProxyType({})) -> None:
        """Says that `name` names none of `names()`, unless a broken line would have defined it.

        Args:
            fixes: what is known to be meant, if anything.
            foreign: what other languages have a name for, and how it is written here.
        """
        if name.text in self.broken or name.text == BROKEN:
            return
        ours = foreign.get(name.text, foreign.get(name.text.lower()))
        if ours is not None:
            fixes = (*fixes, Fix(f"write `{ours}`", (Edit(name.span, ours),), Certainty.SAFE))
        if not any(fix.certainty is Certainty.SAFE for fix in fixes):
            fixes = (*self.near(name.span, name.text, names), *fixes)
        self.found.append(kind.at(name.span, *fixes, label=label, name=name.text))

    def near(self, span: Span, name: str, names: Callable[[], Iterable[str]]) -> tuple[Fix, ...]:
        """The names that may have been meant, as long as there is time to look."""
        if self._comparisons <= 0:
            return ()
        known = list(names())
        self._comparisons -= len(known)
        fixes = did_you_mean(span, name, known)
        self._meant.update(edit.text for fix in fixes for edit in fix.edits)
        return fixes

    def slot_type(self, name: str) -> str | None:
        """The type of a slot, which is used by this; None if there is none."""
        slot = self.domain.slots.get(name)
        if slot is None:
            return "language" if name == "language" else None
        self.used.add(("slot", name))
        return self.known_type(slot.type)

    def known_type(self, written: str) -> str:
        """A type written in the domain; unknown where it names nothing (which is said at its own place)."""
        base = types.base_of(written)
        return written if base in types.BUILT_IN or base in self.domain.records else types.UNKNOWN

    def _look_up(self, what: str, name: Name, things: Mapping[str, _T], missing: Kind, label: str, *instead: Fix,
                 foreign: Mapping[str, str] = MappingProxyType({})) -> _T | None:
        thing = things.get(name.text)
        if thing is None:
            self.unknown(missing, name, lambda: things, label, *instead, foreign=foreign)
        else:
            self.used.add((what, name.text))
        return thing

    # --- the whole bot --------------------------------------------------------------------------------------

    def _define(self, item: _T, defined: dict[str, _T], twice: Kind) -> None:
        name: Name = item.name                                      # type: ignore[attr-defined]
        first = defined.setdefault(name.text, item)
        if first is not item:
            there = Label(first.name.span, "first written here")    # type: ignore[attr-defined]
            self.found.append(twice.at(name.span, label="second of that name", others=(there,), name=name.text))
        is_dotted = "." in name.text and name.text not in SYSTEM_FLOWS       # `main.name` is a step
        is_type = twice is TWO_RULES and name.text in types.BUILT_IN
        self.check_free(name.text, name.span, is_dotted or is_type or name.text == ANYWHERE)

    def check_free(self, name: str, span: Span, is_taken: bool) -> None:
        if is_taken:
            self.found.append(RESERVED.at(span, label="choose another name", name=name))

    def _check_domain(self) -> None:
        domain = self.domain
        self.entered(Name(domain.start, domain.spans.get("start", Span(domain.file, 0, 0))))
        for name in SYSTEM_FLOWS & self.flows.keys():
            self.can_enter(self.flows[name], self.flows[name].name.span)
        for slot in domain.slots.values():
            self.named_type(slot.type, slot.typed or slot.span)
            is_other = slot.name == "language" != slot.type
            self.check_free(slot.name, slot.span, slot.name in BOUND or is_other)
        for name, fields in domain.records.items():
            self.check_free(name, domain.record_spans[name], name in types.BUILT_IN)
            self._check_types(fields)
        for action in domain.actions.values():
            self._check_types(action.params)
            if action.returns is not None:
                self.named_type(action.returns, action.typed or action.span)
            self._check_http(action)
        for template in domain.templates.values():
            self._check_types(template.params)
        for event in domain.events.values():
            self.check_free(event.name, event.span, event.name == UNDELIVERED)
            self._check_types(event.params)

    def _check_http(self, action: Action) -> None:
        """What the address and the headers of a call show are its parameters."""
        params = [param.name for param in action.params]
        written = () if action.http is None else (action.http.url, *(value for _, value in action.http.headers))
        for name in dict.fromkeys(name for part in written for name in _FILLED.findall(part)):
            if name not in params:
                near = [Fix(fix.text) for fix in self.near(action.span, name, lambda: params)]
                self.found.append(NO_HTTP_PARAMETER.at(action.span, *near, action=action.name, name=name))

    def _check_types(self, fields: Iterable[Field]) -> None:
        for field in fields:
            self.named_type(field.type, field.typed or field.span)

    def unused(self) -> Iterator[Diagnostic]:
        """What is defined and never named; to be asked when everything else has been looked up."""
        domain = self.domain
        places: tuple[tuple[str, Iterable[tuple[str, Span]]], ...] = (
            ("slot", ((slot.name, slot.span) for slot in domain.slots.values())),
            ("response", ((response.name, response.span) for response in domain.responses.values())),
            ("rule", ((rule.name.text, rule.name.span) for rule in self.rules.values())),
            ("action", ((action.name, action.span) for action in domain.actions.values())),
            ("template", ((template.name, template.span) for template in domain.templates.values())),
            ("record", ((name, domain.record_spans[name]) for name in domain.records)),
        )
        for what, defined in places:
            for name, span in defined:
                if (what, name) not in self.used and name not in self._meant and not name.startswith(SYSTEM):
                    fix = Fix("remove it, or use it")
                    yield UNUSED[what].at(span, fix, label="nothing names it", name=name)


def _undelivered(nowhere: Span) -> Happening:
    """The event that needs no declaration: `reason` is `window` or `failed`."""
    return Happening(UNDELIVERED, nowhere, (Field("reason", "text", nowhere, max=len("window")),))
