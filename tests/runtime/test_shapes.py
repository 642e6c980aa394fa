"""What does not fit is shown another way, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from runtime.effects import Choice, Media, Offer, Say
from runtime.shapes import Shown, cut, lay, media, say, split, width
from runtime.shapes import offer as lay_out
from runtime.state import State
from tests.runtime.small_bots import WHATSAPP, Bot, Talk, Var, goes

MORE = Choice("more", "More…")


def offer(*titles: str, text: str = "Which?", choices: tuple[Choice, ...] = (), **more: object) -> Shown:
    shown = choices or tuple(Choice(title, title) for title in titles)
    return lay_out("s", Say(text, **more), lay(shown, None, WHATSAPP, MORE), WHATSAPP, "Choose")


# --- pieces


def test_a_short_text_is_one_piece():
    assert split("Hello.", 100) == ("Hello.",)
    assert split("  ", 100) == ()


def test_a_text_is_split_between_paragraphs_if_it_can_be():
    assert split("One. Two.\n\nThree. Four.", 14) == ("One. Two.", "Three. Four.")


def test_a_paragraph_is_split_between_sentences_then_words_then_anywhere():
    assert split("One two. Three four.", 12) == ("One two.", "Three four.")
    assert split("one two three four", 9) == ("one two", "three", "four")
    assert split("abcdefghij", 4) == ("abcd", "efgh", "ij")


def test_a_border_near_the_beginning_would_waste_the_message():
    assert split("Hi.\n\nabcdefghijklmnop qrs", 20) == ("Hi.\n\nabcdefghijklmnop"[:20], "p qrs")


def test_an_emoji_counts_as_the_channel_may_count_it():
    assert width("👍👍") == 4
    assert split("👍👍👍", 4) == ("👍👍", "👍")
    assert split("👍", 1) == ("👍",)
    assert cut("👍👍👍", 5) == "👍👍…"
    assert cut("añb", 3) == "añb"


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab .\n👍é"), max_size=200), st.integers(2, 40))
def test_splitting_loses_nothing_but_white_space(text, limit):
    pieces = split(text, limit)

    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece and width(piece) <= limit for piece in pieces)


# --- messages


def test_a_text_that_fits_is_left_as_it_is():
    assert say(Say("Hi"), WHATSAPP) == ((Say("Hi"),), False)


def test_a_text_that_is_too_long_goes_as_several_messages():
    shown = say(Say("word " * 1000), WHATSAPP)

    assert [type(message) for message in shown.messages] == [Say, Say]
    assert shown.cut
    assert all(width(message.text) <= WHATSAPP.text for message in shown.messages)


def test_the_last_piece_of_a_long_text_carries_its_link():
    shown = say(Say("word " * 300, link=("A title of more than twenty", "https://e.example")), WHATSAPP)

    assert [message.link for message in shown.messages] == [None, ("A title of more tha…", "https://e.example")]


def test_a_header_and_a_footer_that_are_too_long_join_the_text():
    shown = say(Say("Hi", header="h" * 61, footer="f" * 61), WHATSAPP)

    assert shown == ((Say(f"{'h' * 61}\n\nHi\n\n{'f' * 61}"),), True)


def test_a_caption_that_is_too_long_follows_its_picture():
    assert media(Media("image", "u", "c" * 1025), WHATSAPP) == ((Media("image", "u"), Say("c" * 1025)), True)
    assert media(Media("image", "u", "c"), WHATSAPP) == ((Media("image", "u", "c"),), False)
    assert media(Media("sticker", "u", "c"), WHATSAPP) == ((Media("sticker", "u"), Say("c")), True)


# --- choices


def test_three_short_titles_are_buttons():
    shown = offer("a", "b", "c")

    assert shown.messages[0].shape == "buttons"
    assert shown.messages[0].button is None
    assert not shown.cut


@pytest.mark.parametrize("options", [
    [Choice("a", "x" * 21)], [Choice("a", "A", "described")], [Choice("a", "A"), Choice("b", "A")],
    [Choice(name, name) for name in "abcd"]])
def test_what_does_not_fit_on_buttons_is_a_list(options):
    assert lay(options, "buttons", WHATSAPP, MORE).shape == "list"


def test_a_channel_without_lists_gets_numbers():
    plain = replace(WHATSAPP, buttons=0, rows=0)

    choices = [Choice(str(number), "A title of more than twenty-four") for number in range(100)]

    assert lay(choices, None, plain, MORE) == ("numbered", tuple(choices), 1, False, 1)


def test_a_title_that_is_too_long_for_a_list_stands_whole_in_its_description():
    long = "A title of more than twenty-four"
    options = (Choice("a", long), Choice("b", long, "cheap"), Choice("c", long, "d" * 70), Choice("d", "D", "e" * 73))

    shown = offer(choices=options)

    assert shown.messages[0].options == (
        Choice("a", "A title of more than tw…", long), Choice("b", "A title of more than tw…", f"{long} (cheap)"),
        Choice("c", "A title of more than tw…", "d" * 70), Choice("d", "D", "e" * 71 + "…"))
    assert shown.cut


def test_a_long_question_goes_before_its_options():
    shown = offer("a", text="word " * 300)

    assert shown.messages == (Say(("word " * 300).strip()), Offer("s", "Choose", (Choice("a", "a"),), "buttons"))
    assert shown.cut


def test_the_last_paragraph_of_a_long_question_stays_with_its_options():
    shown = offer("a", text="word " * 300 + "\n\nDo you agree?")

    assert shown.messages[1].text == "Do you agree?"


def test_a_list_has_no_picture_of_its_own():
    picture = "https://e.example/a.jpg"

    assert offer("a", "b", "c", "d", image=picture).messages[0] == Media("image", picture)
    assert offer("a", "b", image=picture).messages[0].image == picture


def test_a_title_without_bound_is_cut_in_a_conversation_and_noted():
    bot = Bot(slots={"name": Var("text")})
    bot.menu("main", "?", ("a", "For {name}", goes("main")))
    talk = Talk(bot.table(), State(slots={"name": "x" * 30}))
    talk.says("hey")

    assert talk.turn.effects[0].options == (Choice("a", f"For {'x' * 19}…", f"For {'x' * 30}"),)
    assert talk.notes == ["cut"]
