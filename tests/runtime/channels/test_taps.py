"""Ids of buttons: there and back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.channels.port import Contact
from runtime.channels.taps import LONGEST, REMEMBERED, chosen, remembering, resolved, tap_id
from runtime.effects import Choice, Offer, Say
from runtime.events import Chose

LONG = "x" * 300


def offer(*options: str) -> Offer:
    return Offer("book.clinic", "Which?", tuple(Choice(option, "Title") for option in options), "list")


@settings(max_examples=100, deadline=None)
@given(option=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_tap_comes_back_as_the_option_it_was_shown_for(option: str):
    contact = remembering(Contact("+1"), (offer(option),))
    id = tap_id("book.clinic", option)

    assert 0 < len(id.encode("utf-16-le")) // 2 <= LONGEST
    assert id == id.strip()
    assert resolved(chosen(id, "Title", 1, 2), contact) == Chose("book.clinic", option, title="Title", at=1, seed=2)


def test_a_short_id_needs_no_memory():
    assert remembering(Contact("+1"), (offer("c1"), Say("Hi"))) == Contact("+1")


def test_an_id_nobody_remembers_has_no_step():
    assert resolved(chosen("~unknown", "Old", 1, 2), Contact("+1")).step == ""


def test_an_id_of_somebody_else_has_no_step():
    assert chosen("yes", "Yes", 1, 2) == Chose("", "yes", title="Yes", at=1, seed=2)


def test_the_oldest_digests_are_forgotten_first():
    contact = Contact("+1")
    for number in range(REMEMBERED + 1):
        contact = remembering(contact, (offer(f"{LONG}{number}"),))

    assert len(contact.taps) == REMEMBERED
    assert tap_id("book.clinic", f"{LONG}0") not in contact.taps
    assert tap_id("book.clinic", f"{LONG}{REMEMBERED}") in contact.taps


def test_a_digest_shown_again_is_as_good_as_new():
    contact = remembering(Contact("+1"), (offer(f"{LONG}a"), offer(f"{LONG}b")))

    assert list(remembering(contact, (offer(f"{LONG}a"),)).taps.values()) == [
        ("book.clinic", f"{LONG}b"), ("book.clinic", f"{LONG}a")]
