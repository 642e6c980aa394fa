"""Bad answers: told, counted, and too many of them; and those that are nearly right."""

from __future__ import annotations

from tests.runtime.machine.clinic import MAIN, SURE, at_sure, clinic
from tests.runtime.small_bots import Bot, Talk, goes


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
