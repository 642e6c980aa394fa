"""What becomes of an accepted message: which statuses it gets, after what time, and how they are told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import msgspec

from runtime.sim.errors import in_status
from runtime.sim.world import User

Json = dict[str, Any]
Probability = float


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a step takes: half of all take less than the median, a few take long (log-normal)."""

    median_ms: float
    spread: float = 0.5                      # of the logarithm; 0: always the median

    def __post_init__(self) -> None:
        if not (0 <= self.median_ms <= 1e9 and 0 <= self.spread <= 5):
            raise ValueError("median_ms: 0 to 1e9; spread: 0 to 5")

    def drawn(self, chance: Random) -> int:
        return round(self.median_ms * math.exp(chance.gauss(0, self.spread))) if self.spread else round(self.median_ms)


class Habits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the platform and the users' telephones treat messages. Latencies are from one step to the next."""

    sent: Latency = Latency(60)
    delivered: Latency = Latency(400)
    read: Latency = Latency(3_000)
    skip_delivered: Probability = 0.0        # the chat was open: read at once
    fails: Probability = 0.0                 # after it was sent
    fails_with: int = 131000
    before_answer: Probability = 0.0         # `sent` is told before the call that sent it is answered
    unknown: Probability = 0.0               # one more status, which nobody has heard of
    bare: bool = False                       # statuses without contacts and pricing
    conversation: bool = False               # with the `conversation` they had before v24.0
    late: Literal["answer", "status"] = "answer"         # where 131047 is told: at the call, or after it was accepted

    def __post_init__(self) -> None:
        shares = (self.skip_delivered, self.fails, self.before_answer, self.unknown)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("skip_delivered, fails, before_answer, unknown: 0 to 1")


@dataclass(frozen=True, slots=True)
class Step:
    after_ms: int                            # since acceptance
    status: str
    code: int | None = None


def ladder(habits: Habits, chance: Random, user: User | None, kind: str, is_marketing: bool,
           refused: int | None = None) -> list[Step]:
    """All statuses of one message, in the order of their times.

    Args:
        refused: the code with which the platform gives the message up after having accepted it.
    """
    at = habits.sent.drawn(chance)
    code = refused or _given_up(user, is_marketing)
    if user is None or code is not None:
        return [Step(at, "failed", code or 131026)]
    steps = [Step(at, "sent")]
    if kind == "reaction":
        return steps
    if chance.random() < habits.fails:
        return [*steps, Step(at + habits.delivered.drawn(chance), "failed", habits.fails_with)]
    at += habits.delivered.drawn(chance)
    # A telephone without read receipts tells `delivered` in any case.
    if not (user.reads and chance.random() < habits.skip_delivered):
        steps.append(Step(at, "delivered"))
    if chance.random() < habits.unknown:
        steps.append(Step(at, "pondered"))
    if user.reads:
        steps.append(Step(at + habits.read.drawn(chance), "read"))
    return steps


def _given_up(user: User | None, is_marketing: bool) -> int | None:
    if user is None or not user.on_whatsapp:
        return 131026
    return 131050 if is_marketing and user.opted_out else None


def document(step: Step, id: str, to: str, user: User | None, at: int, key: str | None, habits: Habits,
             category: str) -> Json:
    """One status as it stands in a webhook."""
    told: Json = {"id": id, "status": step.status, "timestamp": str(at // 1000)}
    if user is None:
        told["recipient_id"] = to.lstrip("+")
    else:
        told["recipient_user_id"] = user.bsuid
        if user.tells_phone:
            told["recipient_id"] = user.phone
    if key is not None:
        told["biz_opaque_callback_data"] = key
    if step.code is not None:
        told["errors"] = [in_status(step.code)]
    elif not habits.bare:
        told["pricing"] = {"billable": category != "service", "pricing_model": "PMP", "category": category,
                           "type": "free_customer_service" if category == "service" else "regular"}
    if habits.conversation and step.code is None:
        expires = {"expiration_timestamp": str(at // 1000 + 86_400)} if step.status == "sent" else {}
        told["conversation"] = {"id": f"c{told.get('recipient_id', to)}", "origin": {"type": category}} | expires
    return told
