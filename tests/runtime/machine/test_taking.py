"""How a message or a tap is taken: the first, the last, and in which order rows have their say."""

from __future__ import annotations

from msgspec.structs import replace

from runtime.events import Opened, Said
from tests.runtime.machine.clinic import MAIN, SURE, at_main, at_sure, clinic, table
from tests.runtime.small_bots import Talk, goes


def test_a_first_message_starts_the_conversation():
    talk = Talk(table())

    assert talk.says("hey") == ["Hi!", MAIN]
    assert talk.step == "main"


def test_a_first_message_that_a_flow_starts_on_is_taken_instead_of_the_start():
    assert Talk(table()).says("Appointment!") == [SURE]


def test_an_ad_that_a_flow_starts_on_is_taken_with_its_text():
    assert Talk(table()).event(Said(text="hey", ad={"source_id": "1"})) == [SURE]


def test_a_do_with_nothing_to_come_back_to_comes_to_the_start():
    assert Talk(table()).says("help") == ["I can book visits.", "Hi!", MAIN]


def test_a_say_of_anywhere_with_nothing_to_come_back_to_comes_to_the_start():
    assert Talk(table()).says("Hello there") == ["Hello to you.", "Hi!", MAIN]


def test_opening_the_chat_starts_a_conversation_and_never_another():
    talk = Talk(table())

    assert talk.event(Opened()) == ["Hi!", MAIN]
    assert talk.event(Opened()) == []


def test_after_the_end_the_next_message_begins_anew_without_the_slots():
    bot = clinic(slots={})
    bot.run("book.no", ["set", ["slot", "gone"], bot.expr(1)], bot.say("Bye."), ["end"])
    talk = Talk(bot.table("welcome"))
    talk.says("appointment")

    assert talk.says("no, thanks") == ["Bye.", "(end)"]
    assert talk.state.frames == ()
    assert talk.state.slots == {}
    assert talk.says("hey") == ["Hi!", MAIN]


def test_a_tap_takes_the_option():
    talk = at_main()

    assert talk.taps("main", "hours") == ["9 to 5.", MAIN]
    assert talk.rows == [("main", 1)]


def test_an_option_of_a_menu_is_honoured_whenever_it_is_tapped():
    talk = at_sure()

    assert talk.taps("main", "hours") == ["9 to 5.", MAIN]
    assert [frame.flow for frame in talk.state.frames] == ["main"]


def test_an_option_of_a_menu_is_honoured_after_the_end():
    assert Talk(table()).taps("main", "hours") == ["9 to 5.", MAIN]


def test_a_tap_on_another_older_message_is_stale_and_the_question_comes_again():
    talk = at_main()

    assert talk.taps("book.sure", "yes") == ["That button is from earlier.", MAIN]
    assert talk.notes == ["stale_tap"]


def test_a_stale_tap_does_not_count():
    talk = at_main()
    for option in ("x", "y", "z"):
        talk.taps("gone", option)

    assert talk.state.misses == 0


def test_a_stale_tap_where_nothing_is_asked_comes_to_the_start():
    assert Talk(table()).taps("book.sure", "yes") == ["That button is from earlier.", "Hi!", MAIN]


def test_an_option_that_is_hidden_now_is_a_stale_tap():
    bot = clinic()
    step = bot.steps["main"]
    hidden = bot.expr(False)
    bot.steps["main"] = replace(step, options=[replace(step.options[0], when=hidden), step.options[1]])
    talk = Talk(bot.table("welcome"))

    assert talk.says("hey") == ["Hi!", "How can we help? [Opening hours]"]
    assert talk.taps("main", "book")[0] == "That button is from earlier."
    assert talk.says("book a visit")[0] == "Please choose one of the options."


def test_an_option_can_be_typed_by_title_number_or_nearly():
    talk = at_main()

    for reply in ("opening HOURS!", "2", "hours", "openng hours", "the second"):
        assert talk.says(reply) == ["9 to 5.", MAIN], reply


def test_a_pattern_of_the_step_wins_over_an_option():
    bot = clinic()
    bot.menu("main", "How can we help?", ("hours", "Opening hours", goes("hours!")),
             rows=[goes(None, bot.say("Mine."), event=bot.reply("opening hours"))])
    talk = Talk(bot.table("main"))
    talk.says("hey")

    assert talk.says("opening hours") == ["Mine.", "How can we help? [Opening hours]"]


def test_rows_win_in_the_order_they_are_written_words_or_patterns():
    bot = clinic()
    rows = [goes(None, bot.say("A"), event=bot.pattern("x"), guard=bot.expr(False)),
            goes(None, bot.say("B"), event=bot.pattern("^never$")),
            goes(None, bot.say("C"), event=bot.reply("x")),
            goes(None, bot.say("D"), event=bot.pattern("x|y")),
            goes(None, bot.say("E"), event="kind:text")]
    bot.menu("main", "?", ("hours", "Opening hours", goes("hours!")), rows=rows)
    talk = Talk(bot.table("main"))
    talk.says("hey")

    assert [talk.says(text)[0] for text in ("x", "y", "z", "2")] == ["C", "D", "E", "E"]


def test_an_exact_option_wins_over_anywhere_and_anywhere_over_a_near_one():
    bot = clinic()
    bot.menu("main", "?", ("hours", "Menu", goes("hours!")), ("other", "Home page", goes("hours!")))
    talk = Talk(bot.table("welcome"))
    talk.says("hey")

    assert talk.says("menu")[0] == "9 to 5."
    assert talk.says("home") == ["? [Menu, Home page]"]


def test_anywhere_wins_over_what_flows_start_on():
    bot = clinic()
    bot.starts.append(goes("book", event=bot.reply("help")))
    talk = Talk(bot.table("welcome"))
    talk.says("hey")

    assert talk.says("help")[0] == "I can book visits."


def test_flows_start_at_a_menu_and_not_in_the_middle_of_a_flow():
    assert at_main().says("appointment") == [SURE]
    assert at_sure().says("appointment") == ["Please choose one of the options.", SURE]
