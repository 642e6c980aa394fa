"""A conversation with the team, and back."""

from __future__ import annotations

from runtime.effects import Handover, Say
from runtime.events import Happened, Resumed
from tests.runtime.runs.bots import due_now, remembering
from tests.runtime.small_bots import Bot, Talk, goes, start


def nurses() -> Bot:
    bot = Bot()
    bot.menu("main", "Well?", ("nurse", "Nurse", goes("nurse!")))
    bot.run("nurse!", ["jump", "nurse"])
    bot.flow("nurse", ["rest", "nurse.nurses"])
    bot.step("nurse.nurses", "handover", "A nurse will answer.", [
        goes("back", event="resume"), goes("busy", ["push", "quiet", True], event="after:600"),
        goes("mine", event=bot.reply("menu please")), goes("news", ["push", "again", True], event="event:news")],
        team="nurses")
    bot.run("back", bot.say("I'm back."), ["jump", "main"])
    bot.run("busy", bot.say("All nurses are busy."), ["return", None])
    bot.run("mine", ["jump", "main"])
    bot.run("news", bot.say("News!"), ["return", None])
    bot.anywhere = [goes("menu!", event=bot.reply("menu")), goes("stop!", event=bot.reply("stop"))]
    bot.run("menu!", ["jump", "main"])
    bot.run("stop!", ["jump", "stop"])
    bot.flow("stop", ["rest", "stop.sure"])
    bot.menu("stop.sure", "Stop?", ("yes", "Yes", goes("stop.yes")), ("no", "No", goes("menu!")), kind="choose")
    bot.run("stop.yes", ["opt", "out"], bot.say("Done."), ["end"])
    bot.more["events"] = {"news": {}, "other": {}}
    bot.starts = [goes("main", event="event:other")]
    return bot


def with_nurse() -> Talk:
    talk = start(nurses())
    talk.says("nurse")
    return talk


def test_a_handover_says_its_line_and_calls_the_team():
    talk = with_nurse()

    assert talk.effects(Say) == [Say("A nurse will answer.")]
    assert talk.effects(Handover) == [Handover("nurses")]


def test_what_the_user_says_goes_to_the_team():
    talk = with_nurse()

    for send in (lambda: talk.says("menu"), lambda: talk.says("hello"), lambda: talk.sends("image", id="1"),
                 lambda: talk.taps("main", "nurse")):
        assert send() == []
        assert talk.notes == ["team"]


def test_only_what_leads_to_opt_out_is_for_the_bot():
    talk = with_nurse()

    assert talk.says("Stop") == ["Stop? [Yes, No]"]
    assert talk.says("yes") == ["Done.", "(end)"]
    assert talk.state.opted_out


def test_what_leads_to_opt_out_by_way_of_another_flow_is_for_the_bot():
    bot = nurses()
    bot.step("anywhere.stop", "do", None, [goes("menu!", event="return")], flow="anywhere", name="quiet")
    bot.flow("quiet", ["branch", bot.expr(True), "hush"], ["go", "quiet"])
    bot.run("hush", ["opt", "out"], ["return", None])
    bot.run("calm", ["rest", "anywhere.stop"])
    bot.anywhere.append(goes("calm", ["push", "again", False], event=bot.reply("hush")))
    talk = start(bot)
    talk.says("nurse")

    assert talk.says("menu") == []
    assert talk.says("hush") == ["Well? [Nurse]"]
    assert talk.state.opted_out


def test_a_handover_without_words_only_calls_the_team():
    bot = nurses()
    bot.step("nurse.nurses", "handover", None, [], team="nurses")
    talk = start(bot)

    assert talk.says("nurse") == ["Handover(nurses)"]


def test_what_the_handover_itself_waits_for_is_for_the_bot():
    talk = with_nurse()

    assert talk.says("menu please") == ["Well? [Nurse]"]


def test_a_timer_of_a_handover_runs_and_the_team_goes_on():
    talk = remembering(with_nurse())

    assert due_now(talk) == ["All nurses are busy."]
    assert talk.says("hello") == []


def test_the_team_gives_the_conversation_back():
    talk = with_nurse()

    assert talk.event(Resumed()) == ["I'm back.", "Well? [Nurse]"]
    assert talk.event(Resumed()) == []
    assert talk.notes == ["late"]


def test_a_handover_has_no_session():
    talk = with_nurse()
    talk.waits(100 * 86_400)

    assert talk.says("hello") == []


def test_an_event_the_handover_waits_for_is_taken_and_another_waits():
    talk = with_nurse()

    assert talk.event(Happened(name="news")) == ["News!"]
    assert talk.event(Happened(name="other")) == []
    assert talk.event(Resumed()) == ["I'm back.", "Well? [Nurse]", "Well? [Nurse]"]
