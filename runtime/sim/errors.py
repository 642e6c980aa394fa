"""Refusals as the Graph API words them: one envelope, whatever went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from dsl.limits import data

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A code of the platform, and what it says of this request."""

    code: int
    details: str = ""
    subcode: int | None = None
    status: int | None = None                # the HTTP status if it is not the usual one


# HTTP status of an error code, where it is not 400. Meta's "Error codes" page; sources differ for the throttles.
_STATUS = {0: 401, 2: 503, 3: 500, 10: 403, 190: 401, 368: 403, 130429: 429, 80007: 429, 4: 429, 131000: 500,
           131005: 403, 131016: 503, 131031: 403, 133004: 503}


@cache
def meaning(code: int) -> tuple[str, bool]:
    """What a code means, and whether it may pass by itself."""
    for row in data()["errors"]:
        low, high = row.get("code_range") or (row["code"], row["code"])
        if low <= code <= high:
            return str(row["meaning"]), row["category"] == "retryable"
    return "unknown error", False


def status_of(refusal: Refusal) -> int:
    if refusal.status is not None:
        return refusal.status
    return 403 if 200 <= refusal.code <= 299 else _STATUS.get(refusal.code, 400)


def envelope(refusal: Refusal, trace: str) -> Json:
    """The body of the answer."""
    told, passes = meaning(refusal.code)
    error: Json = {"message": f"(#{refusal.code}) {told}", "type": "OAuthException", "code": refusal.code,
                   "error_data": {"messaging_product": "whatsapp", "details": refusal.details or told},
                   "is_transient": passes, "fbtrace_id": trace}
    if refusal.subcode is not None:
        error["error_subcode"] = refusal.subcode
    return {"error": error}


def in_status(code: int) -> Json:
    """The same as it stands in a status."""
    told, _ = meaning(code)
    return {"code": code, "title": told, "message": told, "error_data": {"details": told},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}


def throttle_headers(code: int, account: str) -> dict[str, str]:
    """What goes with a throttle: when to come back."""
    if code not in (4, 80007, 130429):
        return {}
    usage = ('{"%s":[{"type":"whatsapp","call_count":100,"total_cputime":25,"total_time":25,'
             '"estimated_time_to_regain_access":1}]}')
    return {"Retry-After": "60", "X-Business-Use-Case-Usage": usage % account} if code != 130429 else {
        "Retry-After": "1"}
