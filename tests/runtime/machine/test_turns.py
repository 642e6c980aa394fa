"""What a turn is made of: the same for the same event, counted, in the user's language."""

from __future__ import annotations

from runtime.events import Chose, Said
from tests.runtime.machine.clinic import at_main, at_sure, clinic
from tests.runtime.small_bots import Bot, Row, Talk, goes


def test_the_same_event_gives_the_same_turn():
    first, second = at_sure(), at_sure()
    first.says("help")
    second.says("help")

    assert first.turn == second.turn


def test_a_turn_is_counted_and_names_its_table():
    talk = at_main()
    before = talk.state

    talk.says("help")

    assert talk.state.turn == before.turn + 1
    assert talk.state.table == before.table != ""


def test_one_of_several_texts_is_picked_by_the_seed():
    bot = Bot()
    bot.flow("main", ["say", {"text": [bot.text("One."), bot.text("Two."), bot.text("Three.")]}], ["end"])

    said = [Talk(bot.table()).event(Said(text="hey", seed=seed))[0] for seed in range(4)]

    assert said == ["One.", "Two.", "Three.", "One."]


def test_the_language_slot_picks_the_language():
    bot = Bot()
    bot.flow("main", ["say", {"text": bot.text("Hi.", es="Hola.")}],
             ["set", ["slot", "language"], bot.expr("es")], ["jump", "again"])
    bot.flow("again", ["say", {"text": bot.text("Bye.", es="Adiós.")}], ["end"])
    talk = Talk(bot.table(languages=["en", "es"]))

    assert talk.says("hey") == ["Hi.", "Adiós.", "(end)"]
    assert talk.says("hey") == ["Hola.", "Adiós.", "(end)"]


def test_the_title_of_a_menu_can_be_typed_in_any_language():
    bot = Bot()
    bot.menu("main", "?", ("hours", "Opening hours", goes("hours!")))
    bot.texts[bot.steps["main"].options[0].title]["es"] = ["Horario"]
    bot.run("hours!", bot.say("9 to 5."), ["rest", "main"])
    talk = Talk(bot.table(languages=["en", "es"]))
    talk.says("hey")

    assert talk.says("horario")[0] == "9 to 5."


def test_a_tap_is_a_tap_whatever_its_title():
    assert at_main().event(Chose(step="main", option="hours", title="Old title"))[0] == "9 to 5."


def test_rows_may_have_guards():
    bot = clinic()
    bot.anywhere = [Row(bot.reply("x"), bot.expr(False), [bot.say("No.")], None),
                    Row(bot.reply("x"), bot.expr(True), [bot.say("Yes.")], None)]

    assert Talk(bot.table("welcome")).says("x")[0] == "Yes."
