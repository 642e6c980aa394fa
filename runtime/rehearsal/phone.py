"""What a user sees of a message: the JSON that the platform took, read back.

What is on the wire decides. What was meant only helps to read it: which step an option's id belongs to, where in a
flat text its header and footer stand, how a template reads. What of it the wire does not show, the user does not see.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from runtime.channels.taps import tap_id
from runtime.channels.whatsapp import flat, picture
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template

Json = dict[str, Any]


def seen(body: Json, meant: Message) -> Message:
    """The message of a call that the platform accepted, as `meant` would be if all of it can be seen."""
    kind = body["type"]
    held = body[kind]
    match kind:
        case "text":
            return _text(held["body"], meant)
        case "interactive":
            return _interactive(held, meant)
        case "location":
            return Location(str(held["latitude"]), str(held["longitude"]), held.get("name"), held.get("address"))
        case "contacts":
            return Contact(held[0]["name"]["formatted_name"], tuple(one["phone"] for one in held[0].get("phones", ())))
        case "template":
            return _template(held, meant)
    return _medium(kind, held, meant)


def _text(text: str, meant: Message) -> Say | Offer:
    """A flat text, whose options can be read and not tapped; a button that opens a page is none in it."""
    if isinstance(meant, Offer) and text == flat(meant):
        return replace(meant, shape="numbered", image=None, button=None)
    if isinstance(meant, Say) and text == flat(bare := replace(meant, image=None, link=None, wants=None)):
        return bare
    return Say(text)


def _interactive(held: Json, meant: Message) -> Say | Offer:
    text, kind, action = held["body"]["text"], held["type"], held["action"]
    header = held.get("header", {})
    image = _where(header["image"], meant) if "image" in header else None
    above, below = header.get("text"), held.get("footer", {}).get("text")
    if kind in ("cta_url", "location_request_message"):
        opens = action.get("parameters")
        link = (opens["display_text"], opens["url"]) if opens else None
        return Say(text, above, image, below, link, None if opens else "location")
    rows = [button["reply"] for button in action["buttons"]] if kind == "button" else action["sections"][0]["rows"]
    step = meant.step if isinstance(meant, Offer) else ""
    known = {tap_id(step, choice.id): choice.id for choice in meant.options} if isinstance(meant, Offer) else {}
    options = tuple(Choice(known.get(row["id"], row["id"]), row["title"], row.get("description", "")) for row in rows)
    is_known = all(row["id"] in known for row in rows)
    return Offer(step if is_known else "", text, options, "buttons" if kind == "button" else "list", above, image,
                 below, action.get("button"))


def _medium(kind: str, held: Json, meant: Message) -> Message:
    caption = held.get("caption")
    if isinstance(meant, Say) and caption == flat(bare := replace(meant, link=None, wants=None)):
        return replace(bare, image=_where(held, meant))
    return Media(kind, _where(held, meant), caption)


def _where(held: Json, meant: Message) -> str:
    """A file by its address, or by the path or the id that was meant: the user sees it without either."""
    return held["link"] if "link" in held else picture(meant) or held["id"]


def _template(held: Json, meant: Message) -> Template:
    told = meant if isinstance(meant, Template) and meant.name == held["name"] else Template(held["name"], "", ())
    values = [value["text"] for part in held.get("components", ()) for value in part["parameters"]]
    names = (name for name, _ in told.params)
    return replace(told, language=held["language"]["code"], params=tuple(zip(names, values, strict=True)))
