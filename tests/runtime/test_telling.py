"""Whether a message is the one a story tells."""

import pytest

from dsl.source import Source
from dsl.story import read_stories
from runtime.effects import Choice, Contact, Location, Media, Offer, Say, Template
from runtime.telling import Teller, matches

MENU = Offer("main", "How can we help?\n\nTap one.", (Choice("a", "Book"), Choice("b", "Ask")), "buttons",
             footer="Reply STOP")
VISIT = Template("visit_v1", "en", (("at", "1 March"),), ("Again",), "Your visit on 1 March")


def bot(told: str):
    """The `bot` step of a story, written as in the file."""
    text = f"bot: x\nstories:\n  - story: s\n    steps:\n      - bot: {told}\n"
    file, faults = read_stories(Source("s.yml", text))
    assert not faults
    return file.stories[0].steps[0]


def teller(hint: str = "") -> Teller:
    return Teller(lambda path: {"name": "Ana", "visit.at": "1 March"}[".".join(path)],
                  lambda name: {"bye": [["Bye, ", None, "!"], ["See you."]]}[name], hint)


@pytest.mark.parametrize(("told", "message"), [
    ("Hello", Say("Hello")),
    ("Hel*", Say("Hello, world")),
    ("'*world'", Say("Hello, world")),
    ("'*o, w*'", Say("Hello, world")),
    ('"Hi {name}"', Say("Hi Ana")),
    ("'Your visit on {visit.at}'", VISIT),
    ("/^h.llo/", Say("hello")),
    ("{menu: main, options: [Book, Ask], shape: buttons, footer: Reply*}", MENU),
    ("{choices: [Bo*, /sk/]}", MENU),
    ("{template: visit_v1, params: {at: 1 March}}", VISIT),
    ("{response: bye}", Say("Bye, Ana!")),
    ("{response: bye}", Say("See you.")),
    ("{image: 'https://x/*'}", Media("image", "https://x/a.jpg", "A cup")),
    ("{image: , text: A cup}", Media("image", "https://x/a.jpg", "A cup")),
    ("{image: }", Say("Hi", image="https://x/a.jpg")),
    ("{location: Norte}", Location("1", "2", "Norte")),
    ("{contact: Ana*}", Contact("Ana Lima", ("+57",))),
    ("{text: Read, link: Open}", Say("Read", link=("Open", "https://x"))),
    ("{header: News}", Say("Hi", header="News")),
])
def test_a_message_as_told_differs_in_nothing(told: str, message):
    assert teller().differences(bot(told), message) == []


@pytest.mark.parametrize(("told", "message", "what"), [
    ("Hello", Say("Hello!"), "text"),
    ("Hel*!", Say("Hello"), "text"),
    ("/^ello/", Say("hello"), "text"),
    ("{menu: other}", MENU, "menu"),
    ("{menu: main}", Say("How can we help?"), "menu"),
    ("{options: [Book]}", MENU, "options"),
    ("{options: [Book, Buy]}", MENU, "options"),
    ("{shape: list}", MENU, "shape"),
    ("{shape: list}", Say("x"), "shape"),
    ("{footer: Nothing}", MENU, "footer"),
    ("{template: other}", VISIT, "template"),
    ("{template: visit_v1}", Say("x"), "template"),
    ("{template: visit_v1, params: {at: 2 March}}", VISIT, "at"),
    ("{response: bye}", Say("Hello"), "response"),
    ("{image: }", Say("x"), "kind"),
    ("{image: 'https://y/*'}", Media("image", "https://x/a.jpg"), "image"),
    ("{link: Open}", Say("x"), "link"),
])
def test_a_message_that_is_not_as_told_says_in_what(told: str, message, what: str):
    assert [difference.what for difference in teller().differences(bot(told), message)] == [what]


def test_a_hint_may_be_left_out_of_a_text():
    assert teller("Tap one.").differences(bot("How can we help?"), MENU) == []
    assert teller("Tap one.").differences(bot('"How can we help?\\n\\nTap one."'), MENU) == []


def test_many_wildcards_take_linear_time():
    assert not matches([["a"]] * 2000, "a" * 1999)
    assert matches([["a"]] * 2000, "a" * 2000)
