"""What a status changes in the outbox: decided here, the same for every store.

Statuses come in any order, more than once, and sometimes before the answer to the post itself. A row keeps the
furthest word there was of it; that a message failed is the last word only until it turns out to have arrived.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from runtime.store.port import Receipt, Unsent
from runtime.store.status import DEAD, DROPPED, IN_DOUBT, SENT, TO_SEND

# WhatsApp Cloud API, `dsl/whatsapp_limits.json`, `status.rank`. A word that is not here is kept if there is no other.
RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 4}
ARRIVED = RANK["delivered"]
FAILED = "failed"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox, as far as a status may change it."""

    id: int
    conversation: str
    status: int
    attempts: int = 0
    leased: bool = False
    provider_id: str | None = None
    delivery: str | None = None
    error: str | None = None
    wait_ms: int | None = None               # set where the row is to be sent again
    lost: str = ""                           # set where the flow is to be told: `window` or `failed`


def told(row: Standing, receipt: Receipt) -> Standing:
    """The row after this status; the same where it says nothing new."""
    rank = RANK.get(receipt.status, 0)
    known = RANK.get(row.delivery or "", 0)
    if receipt.failure is not None:
        return row if known >= ARRIVED else _failed(row, receipt)
    says_more = row.delivery is None or (rank >= ARRIVED if row.delivery == FAILED else rank > known)
    if row.status != SENT:
        if not _is_accepted(row, receipt, rank):
            return row
        row = replace(row, status=SENT, leased=False, provider_id=receipt.provider_id)
    return replace(row, delivery=receipt.status) if says_more else row


def doubted(unsent: Unsent) -> str | None:
    """The error of a posting that is to be tried again, marked where it may have been sent."""
    return f"{IN_DOUBT}: {unsent.error}" if unsent.in_doubt else unsent.error


def _is_accepted(row: Standing, receipt: Receipt, rank: int) -> bool:
    """Whether a message that counts as not sent was, or not in vain. Of an attempt that failed, `sent` is old news."""
    return rank >= (ARRIVED if row.provider_id == receipt.provider_id else RANK["sent"])


def _failed(row: Standing, receipt: Receipt) -> Standing:
    failure = receipt.failure
    assert failure is not None
    is_known = row.status != SENT and row.provider_id == receipt.provider_id
    is_another = row.status == SENT and row.provider_id not in (None, receipt.provider_id)
    if is_known or is_another or row.status in (DEAD, DROPPED) or row.delivery == FAILED:
        return row
    attempts = row.attempts + 1
    row = replace(row, attempts=attempts, provider_id=receipt.provider_id, error=failure.error)
    if failure.verdict == "gone":
        return replace(row, status=DROPPED, leased=False, delivery=FAILED)
    # While the answer to the post itself is still awaited, nobody else may post: a person decides.
    is_last = failure.verdict in ("refused", "closed") or failure.backoff.is_over(attempts) or row.leased
    if is_last:
        lost = "window" if failure.verdict == "closed" else "failed"
        return replace(row, status=DEAD, leased=False, delivery=FAILED, lost=lost)
    return replace(row, status=TO_SEND, delivery=None, wait_ms=failure.backoff.wait_ms(attempts, failure.chance))
