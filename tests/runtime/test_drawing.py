"""Messages as they look in a terminal, and as plain lines for a pipe."""

import re

import pytest

from runtime.drawing import drawn, plain
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template

MENU = Offer("main", "How can we help?", (Choice("a", "Book", "A visit"), Choice("b", "日本")), "list",
             header="Clinic", footer="Reply STOP", button="Choose")
BUTTONS = Offer("sure", "Sure?", (Choice("y", "Yes"), Choice("n", "No")), "buttons", image="https://x/a.jpg")


def look(message: Message) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn(message)).splitlines()


def test_a_text_stands_in_a_bubble_as_wide_as_it_is():
    assert look(Say("Hi\nthere")) == ["╭───────╮", "│ Hi    │", "│ there │", "╰───────╯"]


def test_wide_characters_keep_the_bubble_straight():
    assert look(Say("日本")) == ["╭──────╮", "│ 日本 │", "╰──────╯"]


def test_a_later_page_is_numbered_on_from_the_one_before_and_what_leads_on_has_no_number():
    page = Offer("main", "Which?", (Choice("j", "Tenth"), Choice("system.more", "More…")), "list", first=10)

    assert look(page)[-2:] == ["   10  Tenth", "       More…"]
    assert list(plain(page)) == ["Which?", "10. Tenth", "[More…]"]


def test_a_long_text_is_wrapped():
    lines = look(Say("word " * 40))

    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 68


def test_a_list_is_numbered_with_its_details():
    shown = look(MENU)

    assert shown[1:4] == ["│ Clinic           │", "│ How can we help? │", "│ Reply STOP       │"]
    assert shown[5:] == ["  ≡ Choose", "    1  Book  A visit", "    2  日本"]


def test_buttons_stand_in_a_row():
    assert look(BUTTONS)[-1] == "   1 Yes    2 No "


@pytest.mark.parametrize(("message", "said"), [
    (Say("Read", link=("Open", "https://x")), "Open  https://x"),
    (Media("image", "https://x/a.jpg", "A cup"), "▧ image https://x/a.jpg"),
    (Media("image", "https://x/a.jpg"), "[image] https://x/a.jpg"),
    (Location("4.7", "-74.0", "Norte"), "◉ 4.7, -74.0"),
    (Contact("Ana", ("+57 1", "+57 2")), "☎ +57 1, +57 2"),
    (Template("visit_v1", "en", (), ("Again",), "Your visit"), "template visit_v1"),
    (Template("visit_v1", "en", (), ("Again",), "Your visit"), "Again"),
])
def test_every_kind_of_message_says_what_it_is(message: Message, said: str):
    assert said in "\n".join(look(message))


def test_plain_lines_say_the_same_without_drawing():
    assert list(plain(MENU)) == ["Clinic", "How can we help?", "1. Book (A visit)", "2. 日本", "Reply STOP"]
    assert list(plain(Say("Read", link=("Open", "https://x")))) == ["Read", "[Open] https://x"]
    assert list(plain(Template("t", "en", (), ("Again",), "Your visit"))) == ["Your visit", "[Again]"]
