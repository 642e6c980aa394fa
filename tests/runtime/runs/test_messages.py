"""Messages of every kind, and the little that a session remembers of them."""

from __future__ import annotations

import pytest

from dsl.table import Message, Template
from runtime.effects import Choice, Contact, Location, Media, Offer, Say, Track
from runtime.effects import Template as SentTemplate
from runtime.events import Happened
from runtime.state import State
from tests.runtime.runs.bots import shop
from tests.runtime.small_bots import Bot, Session, Talk, Var, question, start


def test_messages_of_every_kind():
    bot = Bot()
    place = {"latitude": "4.6", "longitude": -74, "name": "Norte"}
    url = bot.expr("https://e.example/a.jpg")
    bot.flow(
        "main",
        bot.say("Hi.", header=bot.text("H"), footer=bot.text("F"), image=url, link=[bot.text("Open"), url]),
        ["media", "image", url, bot.text("Nice")],
        ["location", bot.expr(["get", ["list"], "x", "unknown"]), None, None],
        ["location", bot.expr(["slot", "place"]), None, bot.expr("Calle 1")],
        ["contact", bot.expr("Ana"), bot.expr("+571")],
        ["contact", bot.expr(["slot", "card"]), None],
        ["track", "seen", [["what", bot.expr(["+", 1, 1])]]],
        ["end"],
    )
    talk = Talk(bot.table(slots={"place": Var("location"), "card": Var("contact")}),
                State(slots={"place": place, "card": {"name": "Bo", "phones": ["+1", 2]}}))
    talk.says("hey")

    link = "https://e.example/a.jpg"
    assert talk.turn.effects[:-1] == (
        Say("Hi.", "H", link, "F", ("Open", link)), Media("image", link, "Nice"),
        Location("4.6", "-74", "Norte", "Calle 1"), Contact("Ana", ("+571",)), Contact("Bo", ("+1",)),
        Track("seen", {"what": 2}),
    )
    assert talk.notes == ["empty"]


def test_what_a_user_sent_is_sent_on_by_its_id():
    bot = Bot()
    photo, nothing = bot.expr(["slot", "photo"]), bot.expr(["slot", "file"])
    bot.flow("main", ["media", "image", photo, None], bot.say("Hi.", image=photo), ["media", "document", nothing, None],
             ["end"])
    slots = {"photo": {"id": "1234", "mime": "image/png"}, "file": {"mime": "text/plain"}}
    talk = Talk(bot.table(slots={"photo": Var("image"), "file": Var("document")}), State(slots=slots))
    talk.says("hey")

    assert talk.turn.effects[:-1] == (Media("image", "1234"), Say("Hi.", image="1234"))
    assert talk.notes == ["empty"]


@pytest.mark.parametrize("op", [
    ["media", "image", 0, None], ["contact", 0, None], ["list", 0, None, 0, None], ["location", 0, None, None]])


def test_a_message_without_its_value_is_left_out_and_noted(op):
    bot = Bot()
    bot.expr(None)
    bot.flow("main", bot.say("{gone}"), op, ["end"])
    talk = Talk(bot.table())

    assert talk.says("hey") == ["(end)"]
    assert talk.notes == ["empty", "empty"]


def test_a_list_is_one_message_with_a_line_for_each_item():
    bot = Bot(slots={"cart": Var("list of unknown")})
    title, detail = bot.expr(["get", ["it", "unknown"], "n", "text"]), bot.expr(["get", ["it", "unknown"], "p", "text"])
    bot.flow("main", ["list", bot.expr(["slot", "cart"]), bot.text("In your cart:"), title, detail], ["end"])
    talk = Talk(bot.table(), State(slots={"cart": [{"n": "Cup", "p": "5 €"}, {"n": "Jug"}]}))

    assert talk.says("hey")[0] == "In your cart:\n• Cup: 5 €\n• Jug"


def test_a_template_has_its_parameters_as_they_are_shown():
    bot = Bot()
    at = ["show", "date", [["date", "long"]], ["given", "at"]]
    text = {"en": ["On ", at, ": ", ["show", "text", [], ["given", "x"]]], "es": ["El ", at]}
    template = Template({"at": Var("date"), "x": Var("text")}, text, ["Again"])
    bot.flow("main", ["template", "visit", [bot.expr(["as", "date", "2026-03-01"]), bot.expr(["slot", "x"])]], ["end"])
    table = bot.table(templates={"visit": template}, slots={"x": Var("text")}, languages=["en", "es"])

    talk = Talk(table, State(slots={"x": "a\n b"}))
    talk.says("hey")
    assert talk.turn.effects[0] == SentTemplate(
        "visit", "en", (("at", "Mar 1, 2026"), ("x", "a b")), ("Again",), "On March 1, 2026: a\n b")
    talk = Talk(table, State(slots={"language": "es"}))
    talk.says("hey")
    assert talk.turn.effects[0].language == "es"
    assert talk.turn.effects[0].params[1] == ("x", "-")


def test_the_last_message_of_the_user_is_remembered():
    talk = start(shop(), session=Session(60))

    assert talk.state.heard == talk.at
    talk.waits(10)
    talk.event(Happened(name="arrived"))
    assert talk.state.heard == talk.at - 10_000


def test_an_offer_names_its_step_and_its_options():
    talk = start(shop())

    assert talk.effects(Offer) == [Offer("main", "Well?", (Choice("go", "Go"),), "buttons")]


def test_a_question_without_words_shows_what_it_can():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    question(bot, message=Message(bot.text("{gone}")))

    assert Talk(bot.table()).says("hey") == ["Choose [Yes]"]
