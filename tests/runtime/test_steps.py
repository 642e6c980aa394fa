"""Questions: what they offer, what they take, what is stored, what is said of a bad answer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dsl.table import Step
from runtime.effects import Choice, Offer, Say
from runtime.events import Said
from runtime.state import State
from tests.runtime.small_bots import Bot, Talk, Var, goes

SLOTS = {
    "name": Var("text", max=8), "count": Var("integer"), "news": Var("boolean"), "photo": Var("image"),
    "plan": Var("choice"), "lang": Var("language"), "place": Var("location"), "clinic": Var("clinic"),
    "clinics": Var("list of clinic"), "city": Var("text"), "cities": Var("list of text"), "day": Var("date"),
}


def asking(slot: str, **more: object) -> Bot:
    """A flow that asks for one slot and says what it got."""
    text = str(more.pop("text", "Well?"))
    bot = Bot(slots=dict(SLOTS), records={"clinic": {"id": Var("text"), "name": Var("text")}})
    if slot == "plan":
        values = [["basic", bot.text("Basic plan")], ["full", bot.text("Everything")]]
        bot.more["slots"]["plan"] = Var("choice", values=values)
    bot.flow("main", ["rest", "main.q"])
    rows = [goes("done", event="answer"), goes("skipped", ["clear", ["slot", slot]], event="skip"),
            *more.pop("rows", [])]
    more = {key: (value(bot) if callable(value) else value) for key, value in more.items()}
    bot.step("main.q", "ask", text, rows, slot=["slot", slot], type=SLOTS[slot].type, **more)
    bot.run("done", bot.say("Thanks."), ["jump", "next"])
    bot.run("skipped", bot.say("Skipped."), ["jump", "next"])
    bot.menu("next", "Next?", ("back", "Back", goes("main")))
    return bot


def ask(slot: str, *, state: State | None = None, **more: object) -> Talk:
    talk = Talk(asking(slot, **more).table(), state)
    talk.says("hey")
    return talk


# --- answers


def test_an_answer_is_stored_and_the_flow_goes_on():
    talk = ask("count")

    assert talk.says("3") == ["Thanks.", "Next? [Back]"]
    assert talk.state.slots == {"count": 3}
    assert talk.rows == [("main.q", 0)]


def test_a_bad_answer_is_told_its_reason_and_the_question_comes_again():
    talk = ask("count")

    assert talk.says("some") == ["Please send a whole number.", "Well?"]
    assert talk.says("3") == ["Thanks.", "Next? [Back]"]
    assert talk.state.misses == 0


def test_the_step_says_by_itself_what_cannot_be_read():
    assert ask("count", invalid="A number, please.").says("some") == ["A number, please.", "Well?"]


def test_a_check_says_by_itself_what_it_refuses():
    talk = ask("count", checks=lambda bot: [[bot.expr(["<", ["it", "integer"], 5]), bot.text("Less than five.")]])

    assert talk.says("7") == ["Less than five.", "Well?"]
    assert talk.says("4")[0] == "Thanks."


def test_a_limit_of_the_slot_is_told_with_its_number():
    assert ask("name").says("Ana Lima Gomez") == ["At most 8 characters.", "Well?"]


def test_a_text_without_end_is_answered():
    talk = ask("name")

    assert talk.says("x" * 100_000) == ["At most 8 characters.", "Well?"]
    assert talk.says("\0\u200b\ud800")[1] == "Well?"


def test_a_hint_is_the_second_paragraph_of_the_question():
    assert ask("count", hint="For example 3").says("x")[1] == "Well?\n\nFor example 3"


def test_a_picture_is_an_answer_where_one_is_asked_for():
    talk = ask("photo")

    assert talk.says("here") == ["Please send a photo.", "Well?"]
    assert talk.sends("audio", id="2") == ["I can't use a voice note.", "Well?"]
    assert talk.sends("image", id="1", mime="image/jpeg")[0] == "Thanks."
    assert talk.state.slots == {"photo": {"id": "1", "mime": "image/jpeg"}}


def test_a_picture_where_a_text_is_asked_for_is_a_bad_answer():
    assert ask("name").sends("image", id="1") == ["I can't use a photo.", "Well?"]


def test_a_question_for_a_place_may_be_answered_the_way_of_the_channel():
    talk = ask("place")

    assert talk.event(Said(text="there"))[1] == "Well?"
    assert talk.effects(Say)[1] == Say("Well?", wants="location")
    assert talk.sends("location", latitude=4.6, longitude=-74.1)[0] == "Thanks."


def test_a_private_question_marks_its_turn():
    talk = ask("name", private=True)

    talk.says("x" * 20)
    assert talk.turn.private
    talk.says("Ana")
    assert talk.turn.private
    talk.says("hey")
    assert not talk.turn.private


def test_the_last_of_the_tries_has_no_reason():
    talk = ask("count", tries=2, rows=[goes("skipped", event="tries")])

    assert talk.says("a")[0] == "Please send a whole number."
    assert talk.says("b")[0] == "Skipped."


def test_an_answer_without_a_row_comes_back():
    bot = asking("count")
    bot.steps["main.q"] = replace(bot.steps["main.q"], on=[])

    assert Talk(bot.table()).says("hey") == ["Well?"]
    talk = Talk(bot.table())
    talk.says("hey")
    assert talk.says("3") == ["Well?"]
    assert talk.state.slots == {"count": 3}


def test_a_question_without_words_asks_with_a_sign():
    assert Talk(asking("count", text="{city}").table()).says("hey") == ["…"]


def test_an_answer_may_be_a_local_of_its_flow():
    bot = asking("count")
    bot.steps["main.q"] = replace(bot.steps["main.q"], slot=["local", "n"])
    bot.run("done", bot.say("{@n}!"), ["end"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("3") == ["3!", "(end)"]


# --- choices of an ask


def test_a_boolean_shows_yes_and_no():
    talk = ask("news")

    assert talk.says("hm hm")[1] == "Well? [Yes, No]"
    assert talk.says("No")[0] == "Thanks."
    assert talk.state.slots == {"news": False}


def test_a_tap_on_yes_is_true():
    talk = ask("news")
    talk.taps("main.q", "yes")

    assert talk.state.slots == {"news": True}


def test_a_choice_shows_its_values_and_takes_nothing_else():
    talk = ask("plan")

    assert talk.says("gold") == ["Please choose one of the options.", "Well? [Basic plan, Everything]"]
    for reply in ("everything", "full", "2", "evrything"):
        again = ask("plan")
        again.says(reply)
        assert again.state.slots == {"plan": "full"}
    talk.taps("main.q", "basic")
    assert talk.state.slots == {"plan": "basic"}


def test_a_choice_may_be_a_local_of_anywhere():
    bot = Bot()
    bot.menu("main", "?", ("a", "A", goes("main")))
    bot.more["anywhere_locals"] = {"size": Var("choice", values=[["s", bot.text("Small")], ["l", bot.text("Large")]])}
    bot.anywhere = [goes("ask", ["push", "again", False], event=bot.reply("size"))]
    bot.run("ask", ["rest", "anywhere.size"])
    bot.step("anywhere.size", "ask", "Which?", [goes("got", event="answer")], slot=["local", "size"], type="choice")
    bot.run("got", bot.say("{@size}!"), ["return", None])
    talk = Talk(bot.table())

    assert talk.says("size") == ["Which? [Small, Large]"]
    assert talk.says("large") == ["l!", "? [A]"]


def test_a_language_is_shown_by_its_own_name():
    bot = asking("lang")
    talk = Talk(bot.table(languages=["en", "es"]))

    assert talk.says("hey") == ["Well? [English, Español]"]
    assert talk.says("spanish")[0] == "Thanks."
    assert talk.state.slots == {"lang": "es"}


def test_a_suggestion_is_an_answer_in_words_and_its_place_is_not():
    talk = ask("count", suggest=("1", "2", "20"))

    assert talk.says("x")[1] == "Well? [1, 2, 20]"
    talk.says("3")
    assert talk.state.slots == {"count": 3}
    talk = ask("count", suggest=("1", "2", "20"))
    talk.taps("main.q", "system.suggest.2")
    assert talk.state.slots == {"count": 20}
    talk = ask("name", suggest=("Ana", "Bo"))
    talk.says("ana")
    assert talk.state.slots == {"name": "Ana"}


def test_a_question_can_be_skipped():
    for skip in (lambda talk: talk.says("not now"), lambda talk: talk.taps("main.q", "system.skip")):
        talk = ask("count", skip="Not now", state=State(slots={"count": 2}))
        assert skip(talk)[0] == "Skipped."
        assert talk.state.slots == {}


def test_the_number_of_the_way_to_skip_is_no_answer():
    talk = ask("count", skip="Not now")
    talk.says("1")

    assert talk.state.slots == {"count": 1}


# --- choices from a list


CLINICS = [{"id": "c1", "name": "Norte", "km": 1}, {"id": "c2", "name": "Clínica de la Sabana del Sur"},
           {"name": "Sur"}]


def from_clinics(**more: object) -> dict[str, object]:
    return {
        "items": lambda bot: bot.expr(["slot", "clinics"]),
        "title": lambda bot: bot.expr(["get", ["it", "clinic"], "name", "text"]),
        "detail": lambda bot: bot.expr(["get", ["it", "clinic"], "km", "unknown"]), **more}


def test_a_list_of_records_is_shown_and_the_record_is_stored():
    talk = ask("clinic", state=State(slots={"clinics": CLINICS}), **from_clinics())

    talk.says("hm")
    assert talk.effects(Offer)[0].options == (
        Choice("c1", "Norte", "1"), Choice("c2", "Clínica de la Sabana de…", "Clínica de la Sabana del Sur"),
        Choice("sur", "Sur"))
    talk.taps("main.q", "c2")
    assert talk.state.slots["clinic"] == CLINICS[1]


def test_an_item_can_be_typed_and_is_checked_like_an_answer():
    checks = [["!=", ["get", ["it", "clinic"], "name", "text"], "Sur"]]
    talk = ask("clinic", state=State(slots={"clinics": CLINICS}),
               **from_clinics(checks=lambda bot: [[bot.expr(checks[0]), bot.text("Not that one.")]]))

    assert talk.says("sur")[0] == "Not that one."
    assert talk.says("3")[0] == "Not that one."
    assert talk.says("norte")[0] == "Thanks."


def test_what_is_no_item_is_a_bad_answer():
    talk = ask("clinic", state=State(slots={"clinics": CLINICS}), **from_clinics())

    assert talk.says("blue whale")[0] == "Please choose one of the options."


def test_the_value_of_an_item_may_be_stored():
    talk = ask("city", state=State(slots={"clinics": CLINICS}),
               **from_clinics(value=lambda bot: bot.expr(["get", ["it", "clinic"], "name", "text"])))
    talk.taps("main.q", "c1")

    assert talk.state.slots["city"] == "Norte"


def test_a_list_of_texts_needs_no_title():
    talk = ask("city", state=State(slots={"cities": ["Bogotá", "Cali", "Cali", " "]}),
               items=lambda bot: bot.expr(["slot", "cities"]))

    talk.says("x y")
    assert [choice.id for choice in talk.effects(Offer)[0].options] == ["Bogotá", "Cali", "Cali~", "option"]
    assert talk.says("bogota")[0] == "Thanks."
    assert talk.state.slots["city"] == "Bogotá"


def test_a_list_of_more_than_ten_has_pages_which_wrap():
    cities = [f"City {letter}" for letter in "ABCDEFGHIJKL"]
    talk = ask("city", state=State(slots={"cities": cities}), items=lambda bot: bot.expr(["slot", "cities"]))

    first = talk.effects(Offer)[0]
    assert [choice.title for choice in first.options] == [*cities[:9], "More…"]
    assert first.shape == "list"
    assert talk.taps("main.q", "system.more") == ["Well? [City J, City K, City L, More…]"]
    assert talk.state.misses == 0
    assert talk.says("more") == [f"Well? [{', '.join(cities[:9])}, More…]"]
    assert talk.says("city k")[0] == "Thanks."
    assert talk.state.slots["city"] == "City K"


def test_a_number_counts_over_all_pages():
    cities = [f"City {letter}" for letter in "ABCDEFGHIJKL"]
    talk = ask("city", state=State(slots={"cities": cities}), items=lambda bot: bot.expr(["slot", "cities"]))
    talk.says("12")

    assert talk.state.slots["city"] == "City L"


def test_a_menu_of_more_than_ten_has_pages_too():
    bot = Bot()
    bot.menu("main", "?", *[(f"o{letter}", f"Option {letter}", goes("main")) for letter in "abcdefghijkl"])
    talk = Talk(bot.table())

    assert talk.says("hey")[0].endswith("Option i, More…]")
    assert talk.taps("main", "system.more") == ["? [Option j, Option k, Option l, More…]"]
    assert talk.taps("main", "ol")[0].startswith("? [Option a")


def test_an_empty_list_takes_what_follows_too_many_bad_answers():
    bot = asking("city", items=lambda bot: bot.expr(["slot", "cities"]), tries=3, rows=[goes("skipped", event="tries")])

    assert Talk(bot.table()).says("hey") == ["Skipped.", "Next? [Back]"]


def test_an_empty_list_without_tries_takes_otherwise():
    bot = asking("city", items=lambda bot: bot.expr(["slot", "cities"]))
    bot.more["otherwise"] = [2, ["otherwise", None, [], "skipped"]]

    assert Talk(bot.table()).says("hey") == ["Skipped.", "Next? [Back]"]


def test_an_empty_list_without_either_fails():
    bot = asking("city", items=lambda bot: bot.expr(["slot", "cities"]))

    assert Talk(bot.table()).says("hey") == ["Something went wrong.", "(failed)"]


def test_a_list_that_became_empty_fails_once():
    bot = asking("city", items=lambda bot: bot.expr(["slot", "cities"]))
    talk = Talk(bot.table(), State(slots={"cities": ["Cali"]}))
    talk.says("hey")
    talk.state = State(talk.state.table, talk.state.frames)

    assert talk.says("hm") == ["Something went wrong."]
    assert talk.step == "main.q"


def test_a_menu_whose_options_are_all_hidden_fails():
    bot = Bot()
    bot.steps["main"] = Step("menu", "main", [], message=None, options=[])
    bot.flow("main", ["rest", "main"])

    assert Talk(bot.table()).says("hey") == ["Something went wrong.", "(failed)"]


# --- how a question is shown


@pytest.mark.parametrize(("titles", "shape"), [
    (["Yes", "No"], "buttons"), (["Yes", "No", "Maybe", "Later"], "list"), (["Twenty-one characters"], "list")])
def test_a_choice_has_the_shape_that_fits(titles, shape):
    bot = Bot()
    bot.menu("main", "?", *[(f"o{index}", title, goes("main")) for index, title in enumerate(titles)])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.effects(Offer)[0].shape == shape


def test_the_author_may_insist_on_a_list():
    bot = Bot()
    bot.menu("main", "?", ("a", "A", goes("main")), shape="list")
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.effects(Offer)[0].shape == "list"
    assert talk.effects(Offer)[0].button == "Choose"


def test_a_title_shows_what_is_remembered():
    bot = Bot(slots={"n": Var("integer")})
    bot.flow("start", ["set", ["slot", "n"], bot.expr(2)], ["jump", "main"])
    bot.menu("main", "?", ("a", "Cart ({n})", goes("main")))
    talk = Talk(bot.table("start"))

    assert talk.says("hey") == ["? [Cart (2)]"]
    assert talk.says("cart 2") == ["? [Cart (2)]"]
    assert talk.notes == []


def test_an_alias_or_a_pattern_names_an_option_too():
    bot = Bot()
    bot.menu("main", "?", ("a", "Alpha", goes("a")))
    option = bot.steps["main"].options[0]
    bot.steps["main"] = replace(bot.steps["main"], options=[
        replace(option, also=[bot.reply("first letter"), bot.pattern("(?i)^greek")])])
    bot.run("a", bot.say("A!"), ["rest", "main"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("First letter")[0] == "A!"
    assert talk.says("greek one")[0] == "A!"
