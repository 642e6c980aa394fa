"""Whose conversation an event is, asked of every store."""

from typing import Any

import pytest

from runtime.store.port import Done, Identity, IdentityKind, Inbound, Sent, Store
from tests.runtime.store.test_contract import LEASE, NOW, failure, payloads, receipt, states, tick

ACCOUNT = "whatsapp:1"
X, Y = "CO.anaX", "CO.anaY"                  # business-scoped ids
OLD, NEW = "573001112233", "573009998877"
WEEK = 7 * 86_400_000


def names(**told: str) -> tuple[Identity, ...]:
    kinds: dict[str, IdentityKind] = {"bsuid": "bsuid", "parent": "parent_bsuid", "wa_id": "wa_id", "phone": "phone"}
    return tuple(Identity(ACCOUNT, kinds[kind], value) for kind, value in told.items())


def said(event: str, **told: str) -> Inbound:
    user = told.get("bsuid") or told.get("phone") or told["wa_id"]
    return Inbound(f"{ACCOUNT}:{user}", event, event, address=told.get("phone", user), identities=names(**told))


def renamed(was: dict[str, str], **told: str) -> Inbound:
    return Inbound(ACCOUNT, "moved", "moved", "identity", address=told.get("wa_id", ""), identities=names(**told),
                   was=names(**was))


def whose(done: Done) -> list[str]:
    return [handled.before.id for handled in done.handled]


@pytest.mark.parametrize("later", [{"bsuid": X}, {"wa_id": OLD}, {"phone": OLD}, {"bsuid": X, "parent": "CO.ENT.a"}])
def test_names_that_were_told_together_lead_to_one_conversation(store: Store, later: dict[str, str]):
    tick(store, said("a", bsuid=X, wa_id=OLD, phone=OLD))

    assert states(tick(store, said("b", **later))) == ["a;b;"]


def test_a_name_that_joins_later_is_as_good_as_the_first(store: Store):
    tick(store, said("a", phone=OLD))
    tick(store, said("b", phone=OLD, bsuid=X))

    assert states(tick(store, said("c", bsuid=X))) == ["a;b;c;"]


def test_names_are_linked_within_one_tick_too(store: Store):
    done = tick(store, said("a", phone=OLD), said("b", phone=OLD, bsuid=X), said("c", bsuid=X))

    assert states(done) == ["a;", "a;b;", "a;b;c;"]


def test_the_same_message_under_another_name_is_the_same_message(store: Store):
    tick(store, said("a", bsuid=X, wa_id=OLD))

    assert not tick(store, said("a", wa_id=OLD), said("a", bsuid=X)).handled


def test_a_name_of_another_account_is_somebody_else(store: Store):
    tick(store, said("a", bsuid=X))
    other = Inbound(f"whatsapp:2:{X}", "b", "b", identities=(Identity("whatsapp:2", "bsuid", X),))

    assert states(tick(store, other)) == ["b;"]


class TestTwoContactsAreOne:
    @pytest.mark.parametrize("order", [1, -1])
    def test_the_conversation_that_was_known_first_goes_on(self, store: Store, order: int):
        ways: list[dict[str, str]] = [{"phone": OLD}, {"bsuid": X}]
        first, second = ways[::order]
        tick(store, said("a", **first))
        tick(store, said("b", **second), now=NOW + 1)

        done = tick(store, said("c", phone=OLD, bsuid=X), now=NOW + 2)
        assert states(done) == ["a;c;"]
        assert whose(done) == [said("", **first).conversation]
        for way in ways:
            assert states(tick(store, said(f"d {way}", **way), now=NOW + 3))[0].startswith("a;c;")

    def test_its_messages_keep_repeats_of_both_out(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, said("b", bsuid=X), now=NOW + 1)
        tick(store, said("c", phone=OLD, bsuid=X), now=NOW + 2)

        assert not tick(store, said("a", bsuid=X), said("b", phone=OLD), said("b", bsuid=X), now=NOW + WEEK).handled

    def test_what_the_other_had_to_say_is_said_once_and_in_its_place(self, store: Store):
        tick(store, said("a", phone=OLD))
        (run,) = tick(store, said("say b", bsuid=X), now=NOW + 1).runs

        assert not tick(store, said("say c", phone=OLD, bsuid=X), now=NOW + 2).runs
        sent = tuple(Sent(posting.id) for posting in run.postings)
        tick(store, sent=sent, now=NOW + 3)
        after = tick(store, scan=True, now=NOW + 3 + LEASE)
        assert list(payloads(after).values()) == [["say c 0", "say c 1"]]

    def test_what_the_other_said_and_failed_later_is_said_again_from_here(self, store: Store):
        tick(store, said("a", phone=OLD))
        (run,) = tick(store, said("say b", bsuid=X), now=NOW + 1).runs
        tick(store, sent=tuple(Sent(posting.id, f"w{posting.id}") for posting in run.postings), now=NOW + 2)
        tick(store, said("c", phone=OLD, bsuid=X), now=NOW + 3)
        first = run.postings[0]

        tick(store, receipts=(receipt(first, "failed", f"w{first.id}", failure("retry")),), now=NOW + 4)
        (again,) = tick(store, scan=True, now=NOW + LEASE).runs
        assert (again.conversation, again.contact) == (f"{ACCOUNT}:{OLD}", OLD)
        assert [posting.payload for posting in again.postings] == ["say b 0"]

    def test_its_timers_end(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, said("due 5", bsuid=X), now=NOW + 1)
        tick(store, said("c", phone=OLD, bsuid=X), now=NOW + 2)

        assert not tick(store, fire=True, now=NOW + 60_000).handled

    def test_who_still_has_its_old_name_in_mind_finds_nothing_undone(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, said("b", bsuid=X), now=NOW + 1)
        tick(store, said("c", phone=OLD, bsuid=X), now=NOW + 2)

        done = tick(store, look=frozenset({f"{ACCOUNT}:{X}"}), now=NOW + 3)
        assert (done.handled, done.held) == ((), frozenset())


class TestAnotherNumber:
    def test_the_number_moves_and_the_conversation_stays(self, store: Store):
        tick(store, said("a", phone=OLD, wa_id=OLD))
        tick(store, renamed({"phone": OLD, "wa_id": OLD}, wa_id=NEW, phone=NEW))

        assert states(tick(store, said("b", wa_id=NEW))) == ["a;moved;b;"]

    def test_an_id_moves_without_any_number(self, store: Store):
        tick(store, said("a", bsuid=X))
        tick(store, renamed({"bsuid": X}, bsuid=Y))

        assert states(tick(store, said("b", bsuid=Y))) == ["a;moved;b;"]

    def test_who_gets_the_old_number_begins_anew(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, renamed({"phone": OLD}, phone=NEW))

        done = tick(store, said("b", phone=OLD))
        assert states(done) == ["b;"]
        assert {*states(tick(store, said("c", phone=NEW), said("d", phone=OLD)))} == {"a;moved;c;", "b;d;"}

    def test_who_wrote_from_the_new_number_before_we_were_told_is_still_one(self, store: Store):
        tick(store, said("a", phone=OLD, bsuid=X))
        tick(store, said("b", phone=NEW, bsuid=Y), now=NOW + 1)

        done = tick(store, renamed({"phone": OLD, "bsuid": X}, phone=NEW, bsuid=Y), now=NOW + 2)
        assert states(done) == ["a;moved;"]
        assert states(tick(store, said("c", bsuid=Y), now=NOW + 3)) == ["a;moved;c;"]

    def test_being_told_twice_changes_nothing(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, renamed({"phone": OLD}, phone=NEW))

        assert not tick(store, renamed({"phone": OLD}, phone=NEW)).handled

    def test_of_somebody_unknown_it_is_nothing(self, store: Store):
        assert not tick(store, renamed({"phone": OLD}, phone=NEW)).handled

    def test_a_number_under_another_id_is_somebody_else(self, store: Store):
        tick(store, said("a", phone=OLD, bsuid=X))

        assert {*states(tick(store, said("b", phone=OLD, bsuid=Y)))} == {"b;", "a;;"}
        assert {*states(tick(store, said("c", phone=OLD), said("d", bsuid=X)))} == {"b;c;", "a;;d;"}

    @pytest.mark.parametrize("told", [{"phone": OLD}, {"wa_id": OLD}, {"phone": OLD, "wa_id": OLD}])
    def test_who_had_it_before_is_reached_by_their_id_and_told_of_nothing(self, store: Store, told: dict[str, str]):
        tick(store, said("due 5", phone=OLD, wa_id=OLD, bsuid=X))
        done = tick(store, said("b", bsuid=Y, **told), said("c", bsuid=Y, **told))

        (moved,) = [one for one in done.handled if one.inbound.origin == "identity"]
        assert (moved.before.id, moved.before.contact, moved.outcome.contact) == (f"{ACCOUNT}:{X}", OLD, X)
        (fired,) = tick(store, fire=True, now=NOW + 5_000).handled
        assert fired.outcome.contact == X

    def test_a_user_who_writes_from_another_number_has_left_the_old_one(self, store: Store):
        tick(store, said("a", phone=OLD, bsuid=X))
        tick(store, said("b", phone=NEW, bsuid=X))

        assert states(tick(store, said("c", phone=OLD))) == ["c;"]


def test_a_conversation_that_was_there_before_names_were_kept_is_gone_on_with(store: Store):
    tick(store, Inbound(f"{ACCOUNT}:{X}", "a", "a"))

    assert states(tick(store, said("b", bsuid=X, phone=OLD))) == ["a;b;"]


def test_two_who_turn_out_to_be_one_in_the_tick_that_met_them(store: Store):
    done = tick(store, said("a", phone=OLD), said("b", bsuid=X), said("c", phone=OLD, bsuid=X))

    assert [state.count(";") for state in states(done)] == [1, 2, 3]
    assert len(set(whose(done))) == 1


def test_a_thousand_new_users_are_placed_at_once(store: Store):
    done = tick(store, *(said(f"m{n}", bsuid=f"CO.{n}", wa_id=f"57{n:08}", phone=f"57{n:08}", parent=f"CO.ENT.{n}")
                         for n in range(1_000)))

    assert len(done.handled) == 1_000
    again: Any = tick(store, *(said(f"n{n}", wa_id=f"57{n:08}") for n in range(1_000)))
    assert set(whose(again)) == set(whose(done))
