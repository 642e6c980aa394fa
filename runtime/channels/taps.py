"""Ids of buttons and list rows: they carry the step and the option they were shown for.

So a tap on an older message is known for what it is, without a memory of what was sent. An id too long for the
channel is replaced by a digest, and the conversation's `Contact` remembers what it stands for.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b

from runtime.channels.port import Contact
from runtime.effects import Effect, Offer
from runtime.events import Chose

# WhatsApp Cloud API: 256 characters in a reply button, 200 in a list row, no space at the edges. The smaller of the
# two, so that an id does not depend on the shape.
LONGEST = 200
REMEMBERED = 60                              # digests kept for one conversation: a few lists of ten


def tap_id(step: str, option: str) -> str:
    """The id under which an option of a step is shown.

    >>> tap_id("book.confirm", "yes")
    'book.confirm:yes'
    >>> tap_id("book.confirm", "yes" * 80)
    '~hF0Aqz__3P27JONMj85DCw'
    """
    plain = f"{step}:{option}"
    utf16 = len(plain) + sum(character > "\uffff" for character in plain)      # the stricter way to count
    if utf16 <= LONGEST and plain.isprintable() and plain == plain.strip():
        return plain
    digest = blake2b(f"{step}\0{option}".encode(), digest_size=16).digest()
    return "~" + urlsafe_b64encode(digest).decode().rstrip("=")


def chosen(id: str, title: str, at: int, seed: int) -> Chose:
    """The tap on what was shown under this id; without a step if that is not known (yet)."""
    step, colon, option = id.partition(":")
    if id.startswith("~") or not colon:
        step, option = "", id
    return Chose(step=step, option=option, title=title, at=at, seed=seed)


def resolved(tap: Chose, contact: Contact) -> Chose:
    """The same tap, its digest replaced by what it stands for."""
    if tap.step or tap.option not in contact.taps:
        return tap
    step, option = contact.taps[tap.option]
    return Chose(step=step, option=option, title=tap.title, at=tap.at, seed=tap.seed)


def remembering(contact: Contact, effects: tuple[Effect, ...]) -> Contact:
    """The contact with the digests of what is shown now."""
    shown = {tap_id(offer.step, option.id): (offer.step, option.id)
             for offer in effects if isinstance(offer, Offer) for option in offer.options}
    digests = {id: pair for id, pair in shown.items() if id.startswith("~")}
    if not digests:
        return contact
    kept = {id: pair for id, pair in contact.taps.items() if id not in digests} | digests
    return Contact(to=contact.to, taps=dict(list(kept.items())[-REMEMBERED:]))
