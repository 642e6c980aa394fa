"""The account of what happened: every inbound message and every outbound key, how often each was delivered and taken.

So that a test can say: each inbound acknowledged, each outbound accepted once, nothing lost and nothing doubled.
The transcript is the same as people would tell it: who said what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class In:
    """One update we delivered to the business: a message of a user, or a status."""

    id: str
    what: str                                # "text", "image" … or "status sent"
    user: str
    at: int
    delivered: int = 0                       # times it was on its way, answered or not
    acknowledged: int = 0                    # times it was answered with 200
    lost: int = 0                            # of these: times the answer was lost, so that it came again
    given_up: bool = False                   # seven days of it
    read: int = 0                            # times it was marked as read


@dataclass(slots=True)
class Out:
    """One message of the business, by its `biz_opaque_callback_data` (or its own id, without one)."""

    key: str
    user: str
    kind: str
    at: int
    attempts: int = 0
    accepted: int = 0
    unanswered: int = 0                      # of these: accepted, and the answer lost
    refused: list[str] = field(default_factory=list)         # codes, HTTP statuses, "lost"; one for each attempt
    ids: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)        # as they came about, not as they were delivered


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript. `options` are title and id of what could be tapped."""

    at: int
    user: str
    speaker: str                             # "user" or "bot"
    id: str
    kind: str
    text: str
    options: tuple[tuple[str, str], ...] = ()


class Ledger:
    """Everything that went in and out, in the order in which it did."""

    def __init__(self) -> None:
        self.inbound: dict[str, In] = {}
        self.updates: dict[str, In] = {}     # statuses and what is no message
        self.outbound: dict[str, Out] = {}
        self.lines: list[Line] = []
        self.changed = asyncio.Event()       # for who waits for something to become true

    def expect(self, id: str, what: str, user: str, at: int, is_message: bool) -> None:
        self.changed.set()
        (self.inbound if is_message else self.updates)[id] = In(id, what, user, at)

    def delivered(self, ids: Iterable[str], status: int | None, is_lost: bool) -> None:
        self.changed.set()
        for id in ids:
            entry = self._in(id)
            entry.delivered += 1
            entry.acknowledged += status == 200
            entry.lost += is_lost

    def read(self, id: str) -> bool:
        """The business says that it read a message; False: there is no such message."""
        self.changed.set()
        if id in self.inbound:
            self.inbound[id].read += 1
        return id in self.inbound

    def given_up(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._in(id).given_up = True

    def _in(self, id: str) -> In:
        return self.inbound[id] if id in self.inbound else self.updates[id]

    def attempt(self, key: str, user: str, kind: str, at: int) -> Out:
        self.changed.set()
        entry = self.outbound.setdefault(key, Out(key, user, kind, at))
        entry.attempts += 1
        return entry

    # --- what a test asks -------------------------------------------------------------------------------------

    def unacknowledged(self) -> list[str]:
        """Messages of users that nobody has said to have."""
        return [one.id for one in self.inbound.values() if not one.acknowledged]

    def sent_twice(self) -> list[str]:
        """Keys under which more than one message was accepted."""
        return [one.key for one in self.outbound.values() if one.accepted > 1]

    def never_sent(self) -> list[str]:
        """Keys that were tried and never accepted."""
        return [one.key for one in self.outbound.values() if not one.accepted]

    def is_exact(self) -> bool:
        """Every message of a user was acknowledged, every key accepted exactly once."""
        return not (self.unacknowledged() or self.sent_twice() or self.never_sent())

    def said(self, user: str, since: int = 0) -> list[str]:
        """What the bot said to this user, oldest first; `since` leaves out as many."""
        return [line.text for line in self.lines if line.user == user and line.speaker == "bot"][since:]

    def summary(self) -> Json:
        """The account in figures."""
        told, sent = list(self.inbound.values()), list(self.outbound.values())
        return {"inbound": {"messages": len(told), "deliveries": sum(one.delivered for one in told),
                            "acknowledged": sum(one.acknowledged > 0 for one in told),
                            "unacknowledged": len(self.unacknowledged())},
                "outbound": {"keys": len(sent), "attempts": sum(one.attempts for one in sent),
                             "accepted": sum(one.accepted for one in sent),
                             "answers lost": sum(one.unanswered for one in sent),
                             "sent twice": len(self.sent_twice()), "never sent": len(self.never_sent())},
                "exact": self.is_exact()}

    def document(self) -> Json:
        """All of it, for the control plane."""
        return {"summary": self.summary(), "inbound": [asdict(one) for one in self.inbound.values()],
                "outbound": [asdict(one) for one in self.outbound.values()],
                "updates": [asdict(one) for one in self.updates.values()]}


def shown(kind: str, body: Json) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a user sees of a message of the business: its text, and what can be tapped (title, id)."""
    if kind.startswith("interactive"):
        held = body["interactive"]
        return str((held.get("body") or {}).get("text", "")), tuple(_options(kind, held.get("action") or {}))
    held = body.get(kind) or {}
    match kind:
        case "text":
            return held["body"], ()
        case "template":
            values = [str(value.get("text", "")) for part in held.get("components") or () if part["type"] == "body"
                      for value in part["parameters"]]
            return f"{held['name']}({', '.join(values)})", ()
        case "location":
            return held.get("name") or f"{held['latitude']}, {held['longitude']}", ()
        case "contacts":
            return ", ".join(card["name"]["formatted_name"] for card in held), ()
        case "reaction":
            return held["emoji"], ()
    return held.get("caption") or held.get("filename") or held.get("link") or held.get("id") or "", ()


def _options(kind: str, action: Json) -> Iterable[tuple[str, str]]:
    if kind == "interactive.button":
        return [(button["reply"]["title"], button["reply"]["id"]) for button in action["buttons"]]
    if kind == "interactive.list":
        return [(row["title"], row["id"]) for section in action["sections"] for row in section["rows"]]
    return []
