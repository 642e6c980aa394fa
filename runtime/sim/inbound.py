"""What users send, as it stands in a webhook."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from runtime.sim.media import File
from runtime.sim.world import User

Json = dict[str, Any]


def contact(user: User) -> Json:
    """The entry of `contacts` that goes with a message or a status of this user."""
    told: Json = {"profile": {"name": user.name}, "user_id": user.bsuid}
    if user.username:
        told["profile"]["username"] = user.username
    if user.tells_phone:
        told["wa_id"] = user.phone
    return told


def message(user: User, id: str, at: int, content: Json, quoting: str | None = None) -> Json:
    """A message of any kind: `content` is its type and what goes with it, `{"type": "text", "text": {…}}`."""
    told: Json = {"from_user_id": user.bsuid, "id": id, "timestamp": str(at // 1000)}
    if user.tells_phone:
        told = {"from": user.phone, **told}
    if quoting:
        told["context"] = {"id": quoting}
    return told | content


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


def tap(kind: str, id: str, title: str, description: str = "") -> Json:
    """A tap on what was shown: `kind` is `button_reply`, `list_reply` or, of a template, `button`."""
    if kind == "button":
        return {"type": "button", "button": {"payload": id, "text": title}}
    reply = {"id": id, "title": title} | ({"description": description} if description else {})
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}


def media(kind: str, file: File, media_id: str, url: str, caption: str = "") -> Json:
    held: Json = {"id": media_id, "mime_type": file.mime, "sha256": b64encode(file.sha256).decode(), "url": url}
    if caption:
        held["caption"] = caption
    if kind == "document" and file.name:
        held["filename"] = file.name
    if kind == "audio":
        held["voice"] = True
    return {"type": kind, kind: held}


def moved(before: User, after: User) -> Json:
    """The user has a new telephone number, and with it a new business-scoped id."""
    return {"type": "system", "system": {"body": f"User {before.name} changed their number", "wa_id": after.phone,
                                         "user_id": after.bsuid, "type": "user_changed_number"}}
