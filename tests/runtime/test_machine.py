"""The machine on tables made by hand: every test is one thing an author or a user would see."""

from __future__ import annotations

from msgspec.structs import replace

from dsl.table import Table
from runtime.events import Chose, Opened, Said, Sent
from tests.runtime.small_bots import Bot, Row, Talk, goes

MAIN = "How can we help? [Book a visit, Opening hours]"


def clinic(**more: object) -> Bot:
    """A greeting, a menu of two, help from anywhere, and a flow that starts on a word."""
    bot = Bot(**more)
    bot.flow("welcome", bot.say("Hi!"), ["jump", "main"])
    bot.menu("main", "How can we help?", ("book", "Book a visit", goes("book!")),
             ("hours", "Opening hours", goes("hours!")))
    bot.run("book!", ["jump", "book"])
    bot.run("hours!", bot.say("9 to 5."), ["rest", "main"])
    bot.flow("book", ["rest", "book.sure"])
    bot.menu("book.sure", "Shall I book it?", ("yes", "Yes, book it", goes("book.yes")),
             ("no", "No, thanks", goes("book.no")), kind="choose")
    bot.run("book.yes", bot.say("Done."), ["jump", "main"])
    bot.run("book.no", ["jump", "main"])
    bot.flow("help", bot.say("I can book visits."), ["return", None])
    bot.step("anywhere.help", "do", None, [goes("anywhere#2", event="return")], flow="anywhere", name="help")
    bot.run("anywhere#1", ["rest", "anywhere.help"])
    bot.run("anywhere#2", ["return", None])
    bot.anywhere = [
        goes("anywhere#1", ["push", "again", False], event=bot.reply("help")),
        goes("to main", event=bot.reply("menu", "home")),
        goes(None, bot.say("Hello to you."), event=bot.pattern("(?i)^hello")),
        goes("anywhere#3", ["push", "again", False], event="kind:audio"),
    ]
    bot.run("anywhere#3", bot.say("I can't listen."), ["return", None])
    bot.run("to main", ["jump", "main"])
    bot.starts = [goes("book", event=bot.reply("appointment")), goes("book", event="kind:ad")]
    return bot


def table(**more: object) -> Table:
    return clinic(**more).table("welcome")


def at_main(**more: object) -> Talk:
    talk = Talk(table(**more))
    talk.says("hey")
    return talk


def at_sure(**more: object) -> Talk:
    talk = at_main(**more)
    talk.taps("main", "book")
    return talk


SURE = "Shall I book it? [Yes, book it, No, thanks]"


# --- first and last


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


# --- taps


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


# --- the order in which a message is taken


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


# --- asking again


def test_a_do_from_anywhere_comes_back_and_the_question_comes_again_once():
    talk = at_sure()

    assert talk.says("help") == ["I can book visits.", SURE]
    assert talk.rows == [("anywhere", 0), ("anywhere.help", 0)]
    assert talk.step == "book.sure"


def test_a_jump_from_anywhere_never_comes_back():
    talk = at_sure()

    assert talk.says("Home") == [MAIN]
    assert len(talk.state.frames) == 1


def test_a_say_of_anywhere_leaves_the_question_which_comes_again():
    assert at_sure().says("hello") == ["Hello to you.", SURE]


def test_a_kind_of_message_that_anywhere_takes():
    assert at_sure().sends("audio", id="1") == ["I can't listen.", SURE]


def test_a_kind_of_message_nobody_takes_is_a_bad_answer():
    talk = at_sure()

    assert talk.sends("poll") == ["I can't use that kind of message.", SURE]
    assert talk.sends("image", id="1") == ["I can't use a photo.", SURE]
    assert talk.state.misses == 2


def test_a_reaction_is_not_answered_unless_a_row_takes_it():
    talk = at_sure()

    assert talk.sends("reaction", emoji="👍") == []
    assert talk.sends("reaction", emoji="") == []
    assert talk.event(Sent(kind="edit")) == []
    assert (talk.step, talk.state.misses) == ("book.sure", 0)


def test_what_is_no_message_is_not_anything():
    bot = clinic()
    bot.anywhere.append(goes(None, bot.say("Anything."), event="kind:anything"))
    talk = Talk(bot.table("welcome"))
    talk.says("menu")

    assert talk.event(Sent(kind="revoke")) == []
    assert talk.event(Sent(kind="poll")) == ["Anything.", MAIN]


def test_a_reaction_is_taken_whatever_its_skin_tone():
    bot = clinic()
    bot.anywhere.append(goes(None, bot.say("Glad to hear."), event="reaction:👍"))
    bot.anywhere.append(goes(None, bot.say("Oh."), event="reaction:"))
    talk = Talk(bot.table("welcome"))
    talk.says("hey")

    assert talk.sends("reaction", emoji="👍🏽") == ["Glad to hear.", MAIN]
    assert talk.sends("reaction", emoji="😢") == ["Oh.", MAIN]


def test_a_reaction_does_not_begin_a_conversation():
    assert Talk(table()).sends("reaction", emoji="👍") == []


def test_an_on_block_runs_over_the_step_with_the_locals_of_its_flow():
    bot = Bot()
    bot.flow("main", ["set", ["local", "n"], bot.expr(7)], ["rest", "main.q"])
    rows = [goes("block", ["push", "again", True], event=bot.reply("why"))]
    bot.menu("main.q", "Sure?", ("yes", "Yes", goes("done")), kind="choose", rows=rows)
    bot.run("block", ["set", ["local", "n"], bot.expr(["+", ["local", "n", "integer"], 1])], bot.say("Because {@n}."),
            ["return", None])
    bot.run("done", bot.say("n is {@n}."), ["end"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("why") == ["Because 8.", "Sure? [Yes]"]
    assert talk.says("yes") == ["n is 8.", "(end)"]


def test_a_block_can_leave_for_a_question_of_its_flow():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    rows = [goes("block", ["push", "again", True], event=bot.reply("why"))]
    bot.menu("main.q", "Sure?", ("yes", "Yes", goes("done")), kind="choose", rows=rows)
    bot.menu("main.p", "Really?", ("yes", "Yes", goes("done")), kind="choose")
    bot.run("block", ["rest", "main.p"])
    bot.run("done", ["leave"], ["again", "main.q"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("why") == ["Really? [Yes]"]
    assert [frame.step for frame in talk.state.frames] == ["main.q", "main.p"]
    assert talk.says("yes") == ["Sure? [Yes]"]
    assert [frame.step for frame in talk.state.frames] == ["main.q"]


# --- bad answers


def patient(**more: object) -> Bot:
    bot = clinic(**more)
    tries = goes("gave up", event="tries")
    bot.menu("book.sure", "Shall I book it?", ("yes", "Yes, book it", goes("book.yes")),
             ("no", "No, thanks", goes("book.no")), kind="choose", tries=2, rows=[tries])
    bot.run("gave up", bot.say("Never mind."), ["jump", "main"])
    return bot


def test_a_bad_answer_is_told_its_reason_and_the_question_comes_again():
    talk = at_sure()

    assert talk.says("blue whale") == ["Please choose one of the options.", SURE]
    assert talk.state.misses == 1
    assert talk.notes == ["invalid"]


def test_the_last_of_the_tries_goes_straight_to_its_target():
    talk = Talk(patient().table("welcome"))
    talk.says("appointment")

    assert talk.says("blue whale") == ["Please choose one of the options.", SURE]
    assert talk.says("blue whale") == ["Never mind.", MAIN]


def test_what_is_accepted_in_between_resets_the_tries():
    talk = Talk(patient().table("welcome"))
    talk.says("appointment")
    talk.says("blue whale")
    talk.says("help")

    assert talk.says("blue whale")[0] == "Please choose one of the options."


def otherwise(times: int) -> Bot:
    bot = clinic()
    bot.more["otherwise"] = [times, ["otherwise", None, [["push", "again", False]], "otherwise!"]]
    bot.run("otherwise!", bot.say("Write MENU for the menu."), ["return", None])
    return bot


def test_bad_answers_in_a_row_come_to_otherwise_wherever_they_were():
    talk = Talk(otherwise(3).table("welcome"))
    talk.says("hey")
    talk.says("blue whale")
    talk.taps("main", "book")
    talk.says("blue whale")
    talk.says("blue whale")

    assert talk.says("blue whale") == ["Write MENU for the menu.", SURE]
    assert talk.rows == [("anywhere", 4)]
    assert talk.says("blue whale")[0] == "Please choose one of the options."


def test_tries_win_over_otherwise():
    bot = patient()
    bot.more["otherwise"] = otherwise(2).more["otherwise"]
    talk = Talk(bot.table("welcome"))
    talk.says("appointment")
    talk.says("blue whale")

    assert talk.says("blue whale")[0] == "Never mind."


def test_a_step_may_say_by_itself_what_was_wrong():
    bot = clinic()
    bot.menu("main", "?", ("hours", "Opening hours", goes("hours!")), invalid="Tap one, please.")
    talk = Talk(bot.table("main"))
    talk.says("hey")

    assert talk.says("blue whale") == ["Tap one, please.", "? [Opening hours]"]
    assert talk.sends("image") == ["Tap one, please.", "? [Opening hours]"]


def test_an_option_without_a_row_is_a_bad_answer():
    bot = clinic()
    bot.menu("main", "?", ("hours", "Opening hours", None))
    talk = Talk(bot.table("main"))
    talk.says("hey")

    assert talk.taps("main", "hours")[0] == "Please choose one of the options."
    assert talk.says("opening hours")[0] == "Please choose one of the options."
    assert at_sure().taps("main", "hours")[0] == "9 to 5."


def test_a_tap_on_an_option_of_a_menu_that_leads_nowhere_is_stale():
    bot = clinic()
    bot.menu("other", "?", ("x", "X", None))
    talk = Talk(bot.table("welcome"))
    talk.says("hey")

    assert talk.taps("other", "x")[0] == "That button is from earlier."


# --- did you mean


def shop() -> Bot:
    bot = Bot()
    titles = [("track", "Track my order"), ("cancel", "Cancel my order"), ("talk", "Talk to us")]
    bot.menu("main", "What now?", *[(key, title, goes(key)) for key, title in titles], tries=3,
             rows=[goes("tries", event="tries")])
    for key, title in titles:
        bot.run(key, bot.say(f"{title}!"), ["rest", "main"])
    bot.run("tries", bot.say("Enough."), ["rest", "main"])
    return bot


def test_in_doubt_the_user_is_asked_which():
    talk = Talk(shop().table())
    talk.says("hey")

    assert talk.says("my order") == ["Did you mean one of these? [Track my order, Cancel my order, None of these]"]
    assert talk.state.misses == 1
    assert talk.says("2")[0] == "Cancel my order!"


def test_the_doubt_can_be_answered_by_a_tap():
    talk = Talk(shop().table())
    talk.says("hey")
    talk.says("my order")

    assert talk.taps("main", "track")[0] == "Track my order!"
    assert talk.state.misses == 0


def test_none_of_these_asks_the_question_again_and_does_not_count():
    talk = Talk(shop().table())
    talk.says("hey")

    for none in (lambda: talk.taps("main", "system.none_of_these"), lambda: talk.says("none of these")):
        talk.says("my order")
        assert none() == ["What now? [Track my order, Cancel my order, Talk to us]"]
        assert talk.state.frames[-1].doubt == ()
    assert talk.state.misses == 2


def test_doubts_count_as_bad_answers():
    talk = Talk(shop().table())
    talk.says("hey")
    talk.says("my order")
    talk.says("blue whale")

    assert talk.says("my order")[0] == "Enough."


# --- what stays the same


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
