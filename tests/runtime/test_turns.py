"""One event becomes one outcome, whatever happens inside."""

from typing import Any

import msgspec
import pytest
from loguru import logger

from dsl.table import Step, Var
from runtime.channels.port import Contact, decode_contact, encode_contact
from runtime.effects import CancelTimer, Close, Effect, Handover, Say, SetTimer, Track
from runtime.events import Chose, Event, Said
from runtime.state import Frame, State, Turn, decode_state, encode_state
from runtime.store.port import Conversation, Inbound, Outcome, timed_out, undelivered, unreachable
from runtime.turns import FALLBACK, LATEST, Advance, Turns, apology
from tests.runtime.toy import LONG, advance, table


def inbound(event: Event, address: str = "+1555") -> Inbound:
    return Inbound("c", "m", msgspec.json.encode(event).decode(), address=address)


def taken(event: Event, before: Conversation | None = None, advance: Advance = advance) -> Outcome:
    return Turns(table(), advance)(before or Conversation("c", "9f2c"), inbound(event))


def giving(*effects: Effect, private: bool = False) -> Advance:
    return lambda table, state, event: Turn(State(turn=state.turn + 1), effects, private=private)


def payloads(outcome: Outcome) -> list[tuple[str, dict[str, object]]]:
    return [(kind, msgspec.json.decode(payload)) for kind, payload in outcome.postings]


def test_a_turn_gives_the_state_and_what_is_to_be_posted():
    outcome = taken(Said("hello"))

    assert decode_state(outcome.state).turn == 1
    assert payloads(outcome) == [("message", {"type": "say", "text": "1: hello"})]


def test_a_turn_begins_where_the_last_one_ended():
    first = taken(Said("hello"))
    second = taken(Said("again"), Conversation("c", "9f2c", 1, first.state, first.contact))

    assert payloads(second)[0][1]["text"] == "2: again"


def test_a_call_is_a_posting_of_its_own_kind():
    assert payloads(taken(Said("call book at nine"))) == [
        ("call", {"type": "call", "id": "c1", "action": "book", "args": {"text": "at nine"}})]


def test_timers_are_set_and_cancelled_and_never_too_far_away():
    outcome = taken(Said("x"), advance=giving(SetTimer("a", 5), CancelTimer("b"), SetTimer("c", 10**30)))

    assert outcome.timers == (("a", 5), ("b", None), ("c", LATEST))


def test_what_nobody_outside_has_to_do_stays_in_the_journal():
    outcome = taken(Said("x"), advance=giving(Track("booked", {"clinic": "c1"}), Handover("nurses"), Close()))

    assert outcome.postings == ()
    assert [effect["type"] for effect in msgspec.json.decode(outcome.entry.effects)] == ["track", "handover", "close"]


def test_the_journal_tells_the_event_and_the_way():
    before = Conversation("c", "9f2c", 1, encode_state(State(frames=(Frame("main", "main.old"),))).decode())
    entry = taken(Said("hello"), before).entry

    assert (entry.kind, entry.step_from, entry.step_to, entry.error) == ("said", "main.old", "main.word", None)
    assert entry.event == '{"type":"said","text":"hello"}'


def test_a_private_answer_is_in_no_journal():
    assert taken(Said("4111"), advance=giving(private=True)).entry.event is None


def known(**of: Any) -> Conversation:
    return Conversation("c", "9f2c", 7, contact=encode_contact(Contact("+1555", **of)).decode())


def lost(turn: int, reason: str = "window") -> Inbound:
    return undelivered("c", turn, "main.word", reason, 5)


def contact(outcome: Outcome) -> Contact:
    return decode_contact(outcome.contact)


def test_what_did_not_reach_the_user_is_an_event_like_any_other():
    outcome = Turns(table(), giving(Say("sorry")))(known(heard=6), lost(6))
    assert (outcome.entry.kind, payloads(outcome)[0][1]["text"]) == ("undelivered", "sorry")


def test_where_the_window_is_closed_that_is_remembered_until_the_user_writes():
    turns = Turns(table(), advance)
    assert contact(turns(known(heard=6), lost(6))).closed
    assert not contact(turns(known(heard=6), lost(6, "failed"))).closed
    assert contact(turns(known(heard=6, closed=True), inbound(Said("hi")))) == Contact("+1555", heard=7)


def test_a_refusal_from_before_the_user_last_wrote_says_nothing():
    assert not contact(Turns(table(), advance)(known(heard=6), lost(5))).closed


def test_what_is_not_the_users_doing_opens_no_window():
    outcome = Turns(table(), advance)(known(heard=6, closed=True), timed_out("c", "main.word", 1, 2))
    assert contact(outcome) == Contact("+1555", heard=6, closed=True)


def test_a_long_tap_is_known_again():
    shown = taken(Said("long menu"))
    id = next(iter(msgspec.json.decode(shown.contact)["taps"]))

    tapped = taken(Chose("", id, title="Long"), Conversation("c", "9f2c", 1, shown.state, shown.contact))
    assert payloads(tapped)[0][1]["text"] == f"2: chose main.word {LONG[:5]} 300"


def test_another_number_of_the_user_changes_only_where_they_are_reached():
    state = taken(Said(text="hello", at=1)).state
    moved = Inbound("whatsapp:1:ana", "m", "", "identity", address="+1999")

    outcome = Turns(table(), advance)(Conversation("whatsapp:1:ana", "t", 1, state, '{"to":"+1555"}'), moved)
    assert (outcome.state, outcome.contact, outcome.postings) == (state, '{"to":"+1999"}', ())
    assert (outcome.entry.kind, outcome.entry.effects) == ("renamed", "[]")


def test_the_newest_address_counts():
    before = Conversation("c", "9f2c", contact=encode_contact(Contact("+1", {"~a": ("s", "o")})).decode())

    assert msgspec.json.decode(taken(Said("hello"), before).contact) == {"to": "+1555", "taps": {"~a": ["s", "o"]}}


class TestFailure:
    BEFORE = Conversation("c", "9f2c", 7, encode_state(State(frames=(Frame("main", "main.word"),), turn=3)).decode())

    def test_a_turn_that_raises_is_answered_and_leaves_the_conversation_where_it_was(self):
        outcome = taken(Said("raise"), self.BEFORE)

        assert outcome.state == self.BEFORE.state
        assert payloads(outcome) == [("message", {"type": "say", "text": "Sorry about that."})]
        assert (outcome.entry.error, outcome.entry.step_to) == ("KeyError", "main.word")

    def test_the_log_tells_where_and_not_what_the_user_wrote(self):
        lines: list[str] = []
        sink = logger.add(lambda message: lines.append(str(message.record["extra"]) + message.record["message"]))
        taken(Said("raise"), self.BEFORE)
        logger.remove(sink)

        assert lines == ["{'conversation': '9f2c', 'turn': 7}turn failed"]

    @pytest.mark.parametrize(("state", "event"), [
        ("{}", "not JSON"), ("{}", '{"type":"unheard of"}'), ("not JSON", '{"type":"said","text":"hi"}')])
    def test_what_cannot_be_read_is_answered_too(self, state: str, event: str):
        outcome = Turns(table(), advance)(Conversation("c", "9f2c", state=state), Inbound("c", "m", event))

        assert outcome.state == state
        assert len(outcome.postings) == 1

    def test_a_state_that_cannot_be_kept_is_a_failure_of_the_turn(self):
        outcome = taken(Said("x"), self.BEFORE, lambda table, state, event: Turn(State(slots={"n": "\ud800"})))

        assert outcome.state == self.BEFORE.state
        assert outcome.entry.error == "UnicodeEncodeError"

    def test_a_failure_at_a_private_question_keeps_its_answer_out_of_the_journal(self):
        steps = {"main.word": Step(kind="ask", flow="main", on=[], private=True)}
        turns = Turns(msgspec.structs.replace(table(), steps=steps), advance)

        assert turns(self.BEFORE, inbound(Said("raise"))).entry.event is None

    def test_what_could_not_be_stored_is_answered_without_being_looked_at(self):
        outcome = Turns(table(), advance).failed(self.BEFORE, inbound(Said("hello")))

        assert (outcome.entry.error, outcome.state) == ("NotStored", self.BEFORE.state)


class TestGone:
    """The user can no longer be reached."""

    def test_the_conversation_is_over_and_what_outlives_it_is_kept(self):
        slots = {"name": Var(type="text", keep=True), "city": Var(type="text")}
        turns = Turns(msgspec.structs.replace(table(), slots=slots), advance)
        state = State(turn=3, frames=(Frame(flow="main"),), slots={"name": "Ana", "city": "Cali", "language": "es"})

        outcome = turns(Conversation("c", "9f2c", state=encode_state(state).decode(), contact="{}"),
                        unreachable("c", 7, 1))
        assert decode_state(outcome.state) == State(turn=3, slots={"name": "Ana", "language": "es"})
        assert (outcome.postings, outcome.contact, outcome.entry.kind) == ((), "{}", "gone")
        assert '"reason":"gone"' in outcome.entry.effects

    def test_one_that_has_not_begun_stays_so(self):
        assert decode_state(Turns(table(), advance)(Conversation("c", "9f2c"), unreachable("c", 7, 1)).state) == State()


class TestApology:
    def test_it_speaks_the_users_language(self):
        bot = msgspec.structs.replace(table(), texts=[{"en": ["Sorry, ", ["show"], "!"], "es": ["Lo siento."]}])

        assert apology(bot, State(slots={"language": "es"})) == "Lo siento."
        assert apology(bot, State(slots={"language": "pt"})) == "Sorry, !"

    def test_the_first_of_several_will_do(self):
        assert apology(msgspec.structs.replace(table(), system={"failed": [0, 0]}), State()) == "Sorry about that."

    def test_a_bot_without_one_gets_ours(self):
        assert apology(msgspec.structs.replace(table(), system={}), State()) == FALLBACK
