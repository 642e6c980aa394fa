"""What WhatsApp refuses, as what we do next: one table for the answer to a post and for a status that comes later.

The platform's codes stand in `dsl/whatsapp_limits.json` with their category, scope and retry strategy. A verdict is
decided by code and subcode; for a code that nobody knows by `is_transient` and the HTTP status. An answer without an
error of the platform (HTML of a proxy, nothing at all) says nothing of what became of the message: `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from dsl.limits import data
from runtime.channels.port import Scope, Undelivered, Verdict
from runtime.policy import Backoff

# The account itself is blocked, unpaid or not set up: nothing can be sent until a person has done something about it.
# The table calls most of these permanent or policy, which they are; what waits behind them is kept all the same.
ACCOUNT = frozenset({33, 368, 131031, 131037, 131042, 131045, 133000, 133010})
# No message of any kind reaches this user any more: we blocked them; they left WhatsApp.
GONE = frozenset({130403, 131026})
# The user has not written for 24 hours, by the platform's clock or by its mistake: what it says is so.
CLOSED = 131047
NO_SUCH_OBJECT = (100, 33)                   # code, subcode: the phone number id is wrong, or the token not for it

# The table's scopes, as what is to slow down when a retry is due.
_SCOPES: Mapping[str, Scope] = {"pair": "conversation", "phone_number": "number", "app": "account",
                                "waba": "account", "platform": "platform"}
_LONGEST_DETAILS = 200
_DIGITS = re.compile(r"\d{5,}")
_UNTIL_IT_PASSES = Backoff(base_ms=60_000, ceiling_ms=600_000)
_USUAL = "backoff"


def refusal(status: int, answer: bytes, headers: Mapping[str, str]) -> Undelivered:
    """What an answer other than an acceptance means.

    >>> refusal(400, b'{"error": {"code": 131047, "message": "late"}}', {}).verdict
    'closed'
    >>> refusal(502, b"<html>", {}).verdict
    'unknown'
    """
    try:
        document = msgspec.json.decode(answer)
    except (ValueError, RecursionError):
        document = None
    match document:
        case {"error": {"code": int(code), **error}} if not isinstance(code, bool):
            held = error.get("error_data")
            told = held.get("details") if isinstance(held, dict) else None
            subcode = error.get("error_subcode")
            return classified(code, f"{status} code {code}", details=told if isinstance(told, str) else "",
                              subcode=subcode if isinstance(subcode, int) else 0, after_ms=after_ms(headers),
                              passes=error.get("is_transient") is True or status >= 500)
    return unknown(str(status))


def classified(code: int, error: str, *, details: str = "", subcode: int = 0, passes: bool = False,
               after_ms: int = 0) -> Undelivered:
    """What a code of the platform means for us.

    Args:
        error: what is logged of it; `details` only goes beside the message itself.
        passes: of a code that is not in the table, whether it may pass by itself.
        after_ms: when the platform says to come back; 0: it does not.
    """
    row = errors().get(code) or next((row for (low, high), row in ranges() if low <= code <= high), None)
    details = _DIGITS.sub("#", details)[:_LONGEST_DETAILS]
    if row is None:
        return Undelivered(error, "retry" if passes else "refused", "message", backoff(_USUAL), details=details)
    if code in ACCOUNT or (code, subcode) == NO_SUCH_OBJECT or row["category"] == "auth":
        return Undelivered(error, "retry", "account", _UNTIL_IT_PASSES, details=details)
    verdict: Verdict = "gone" if code in GONE else "closed" if code == CLOSED else "refused"
    if row["category"] != "retryable":
        return Undelivered(error, verdict, "message", details=details)
    return Undelivered(error, "retry", _SCOPES.get(row["scope"], "message"), backoff(row["retry"]),
                       after_ms=after_ms, details=details)


def unknown(error: str) -> Undelivered:
    """The request was written, and nobody told what became of it."""
    return Undelivered(error, "unknown", "platform", backoff(_USUAL))


def unreached(error: str) -> Undelivered:
    """There was nobody to write the request to."""
    return Undelivered(error, "retry", "platform", backoff(_USUAL))


@cache
def errors() -> Mapping[int, Mapping[str, Any]]:
    """The rows of the table, by code."""
    return {row["code"]: row for row in data()["errors"] if "code" in row}


@cache
def ranges() -> tuple[tuple[tuple[int, int], Mapping[str, Any]], ...]:
    """The rows that stand for all codes from the first to the last."""
    return tuple(((row["code_range"][0], row["code_range"][1]), row)
                 for row in data()["errors"] if "code_range" in row)


@cache
def backoff(strategy: str) -> Backoff:
    """A retry strategy of the table. Where it names no number of tries, what fails waits until it passes."""
    told = data()["retry_strategies"][strategy]
    if "formula" in told:                    # 4^X seconds, X from 0
        return Backoff(base_ms=1_000, factor=4, ceiling_ms=1_000 * 4 ** int(told["max_x"]), jitter=False)
    if "base_s" not in told:
        return _UNTIL_IT_PASSES
    base_ms = 1_000 * int(told["base_s"])
    return Backoff(base_ms=base_ms, factor=int(told.get("factor", 2)), tries=int(told["max_tries"]),
                   ceiling_ms=1_000 * int(told.get("cap_s", 3_600)), jitter="jitter" in told)


def after_ms(headers: Mapping[str, str]) -> int:
    """When the platform says to come back: seconds in `Retry-After`, minutes in the usage header; 0: it does not say.

    Args:
        headers: by their names in lower case.

    >>> after_ms({"retry-after": "30"})
    30000
    >>> usage = '{"1": [{"type": "whatsapp", "estimated_time_to_regain_access": 2}]}'
    >>> after_ms({"retry-after": "30", "x-business-use-case-usage": usage})
    120000
    """
    seconds = headers.get("retry-after", "")
    told = [int(seconds)] if seconds.isascii() and seconds.isdigit() and len(seconds) < 6 else []
    try:
        usage = msgspec.json.decode(headers.get("x-business-use-case-usage", "") or "{}",
                                    type=dict[str, list[dict[str, Any]]])
    except (ValueError, RecursionError):
        usage = {}
    for uses in usage.values():
        minutes = [use.get("estimated_time_to_regain_access") for use in uses]
        told += [60 * m for m in minutes if isinstance(m, int) and 0 <= m <= 1_440]
    return 1_000 * max(told, default=0)
