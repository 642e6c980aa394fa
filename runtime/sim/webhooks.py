"""Webhooks as Meta makes them: updates packed into envelopes, written with escapes, signed over those very bytes."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from runtime.sim.world import Number

Json = dict[str, Any]

# What Meta escapes beside everything beyond ASCII; a signature over JSON that was read and written again fails on it.
_ESCAPES = (("/", "\\/"), ("<", "\\u003C"), ("%", "\\u0025"), ("@", "\\u0040"))


@dataclass(frozen=True, slots=True)
class Update:
    """One thing to tell: an item of `messages` or `statuses`, or the whole value of another field."""

    id: str                                  # for the ledger: of the message or status, unique
    part: str                                # "messages", "statuses", or the name of a field
    item: Json
    contact: Json | None = None

    @property
    def is_field(self) -> bool:
        return self.part not in ("messages", "statuses")


def envelope(updates: Sequence[Update], number: Number, chance: Random) -> Json:
    """One POST's worth. Where one value, change or entry ends and the next begins, chance decides, as it does there."""
    entries: list[Json] = []
    for update in updates:
        if not entries or chance.random() < 0.1:
            entries.append({"id": number.account, "changes": []})
        changes = entries[-1]["changes"]
        if update.is_field:
            changes.append({"field": update.part, "value": update.item})
            continue
        if not changes or changes[-1]["field"] != "messages" or chance.random() < 0.25:
            changes.append({"field": "messages", "value": _value(number)})
        _add(changes[-1]["value"], update)
    return {"object": "whatsapp_business_account", "entry": entries}


def _value(number: Number) -> Json:
    return {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": number.display, "phone_number_id": number.id}}


def _add(value: Json, update: Update) -> None:
    value.setdefault(update.part, []).append(update.item)
    if update.contact is not None and update.contact not in value.get("contacts", ()):
        value.setdefault("contacts", []).append(update.contact)


def written(document: Json) -> bytes:
    r"""The bytes on the wire.

    >>> written({"url": "https://a.b", "name": "Zoë"})
    b'{"url":"https:\\/\\/a.b","name":"Zo\\u00eb"}'
    """
    text = json.dumps(document, separators=(",", ":"))
    for character, escape in _ESCAPES:       # none of them is a part of JSON outside of its texts
        text = text.replace(character, escape)
    return text.encode()


def headers(body: bytes, secret: str) -> dict[str, str]:
    """Those that go with a webhook; the signature is over its raw bytes."""
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"Content-Type": "application/json", "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": f"sha256={signature}"}
