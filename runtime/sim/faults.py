"""What goes wrong, by rule: target × trigger × effect. A rule is the same in Python and in the control plane's JSON.

    Rule(target="messages", code=131056, next=2)          the next two sends are refused
    Rule(target="messages", lost="after", chance=0.1)     one in ten is accepted, and the answer lost
    Rule(status=502, every=3)                             every third call of any kind is answered by a proxy
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

import msgspec

Target = Literal["any", "messages", "mark_read", "media", "templates", "history"]

PROXY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One fault.

    Target: `target`, and of messages only those to the phone `user` or of this `kind` (as `dsl.limits.kind` names it).
    Trigger: the `next` calls, `every` so many, by `chance` (0 to 1), or always.
    Effect: a Graph error `code` (HTTP `status` if it is not the usual one), an HTTP `status` with HTML, the
    connection `lost` before the call was taken or after it, or the answer held back for `stall_ms`.
    """

    target: Target = "any"
    user: str = ""
    kind: str = ""

    next: int | None = None
    every: int | None = None
    chance: float | None = None

    code: int | None = None
    status: int | None = None
    lost: Literal["before", "after"] | None = None
    stall_ms: int = 0

    def __post_init__(self) -> None:
        if sum(trigger is not None for trigger in (self.next, self.every, self.chance)) > 1:
            raise ValueError("at most one of next, every and chance")
        if not (self.code or self.status or self.lost or self.stall_ms):
            raise ValueError("an effect is needed: code, status, lost or stall_ms")
        if self.lost and (self.code or self.status):
            raise ValueError("a lost answer has neither code nor status")
        if (self.next is not None and self.next < 1) or (self.every is not None and self.every < 1):
            raise ValueError("next and every count from 1")
        if self.chance is not None and not 0 <= self.chance <= 1:
            raise ValueError("chance: 0 to 1")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError("status: 200 to 599")


@dataclass(slots=True)
class _Kept:
    rule: Rule
    calls: int = 0                           # that fitted its target
    hits: int = 0


class Faults:
    """The rules in force, in the order in which they were set; the first that fits a call takes it."""

    def __init__(self, chance: Random) -> None:
        self._chance, self._rules = chance, list[_Kept]()

    def add(self, rule: Rule) -> None:
        self._rules.append(_Kept(rule))

    def clear(self) -> None:
        self._rules.clear()

    def told(self) -> list[dict[str, object]]:
        """Every rule, and how often it was asked and took effect."""
        return [{"rule": msgspec.to_builtins(kept.rule), "calls": kept.calls, "hits": kept.hits}
                for kept in self._rules]

    def hit(self, target: str, user: str = "", kind: str = "") -> Rule | None:
        """The rule that takes this call, if one does."""
        for kept in self._rules:
            if _fits(kept.rule, target, user, kind) and self._fires(kept):
                kept.hits += 1
                return kept.rule
        return None

    def _fires(self, kept: _Kept) -> bool:
        kept.calls += 1
        rule = kept.rule
        if rule.next is not None:
            return kept.hits < rule.next
        if rule.every is not None:
            return kept.calls % rule.every == 0
        return rule.chance is None or self._chance.random() < rule.chance


def _fits(rule: Rule, target: str, user: str, kind: str) -> bool:
    return rule.target in ("any", target) and rule.user.lstrip("+") in ("", user) and rule.kind in ("", kind)
