"""What every store promises of what was sent, or may have been."""


import msgspec

from runtime.events import Undelivered
from runtime.store.port import Dead, Gone, Inbound, Receipt, Sent, Store, Unsent
from tests.runtime.store.test_contract import ANA, LEASE, NOW, failure, payloads, receipt, tick, told


def test_a_dead_letter_lets_those_behind_it_go_on(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings

    assert not tick(store, dead=(Dead(first.id, ANA, "400"),)).runs
    assert payloads(tick(store, scan=True, now=NOW + LEASE)) == {ANA: [second.payload]}


def test_what_waits_for_a_failed_posting_is_nobodys_until_that_is_due(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, unsent=(Unsent(first.id, ANA, 5_000, "500"),))

    assert not tick(store, scan=True, now=NOW + 4_999).runs
    (run,) = tick(store, scan=True, now=NOW + 5_000).runs
    assert [posting.payload for posting in run.postings] == [first.payload, second.payload]


def test_a_status_settles_a_posting_and_those_behind_it_go_at_once(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, unsent=(Unsent(first.id, ANA, 20_000, "timeout"),))

    assert payloads(tick(store, receipts=(receipt(first, "sent"),), now=NOW + 1)) == {ANA: [second.payload]}


def test_a_status_for_nobody_changes_nothing(store: Store):
    tick(store, told("say hello"), room=0)
    stray = Receipt(provider_id="wamid.x", key="other:0:0", status="sent")

    assert len(tick(store, receipts=(stray, Receipt(provider_id="w", key=None, status="?")), scan=True).runs) == 1


def test_what_a_dead_process_may_have_sent_waits_for_a_word_of_it(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    later = NOW + LEASE
    settling = {"settle_ms": 20_000, "offer": frozenset({ANA})}

    assert not tick(store, now=later, **settling).runs
    assert not tick(store, now=later + 19_999, **settling).runs
    assert payloads(tick(store, now=later + 20_000, **settling)) == {ANA: [first.payload, second.payload]}


def test_and_is_not_sent_again_if_there_is_one(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, now=NOW + LEASE, settle_ms=20_000, offer=frozenset({ANA}))

    settling = {"settle_ms": 20_000, "offer": frozenset({ANA})}
    assert not tick(store, now=NOW + LEASE + 9, receipts=(receipt(first, "delivered"),), **settling).runs
    assert not tick(store, now=NOW + LEASE + 19_999, **settling).runs       # the second, too, may have been sent
    assert payloads(tick(store, now=NOW + LEASE + 20_000, **settling)) == {ANA: [second.payload]}


def test_what_may_have_been_sent_is_marked_so_when_it_comes_up_again(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings
    tick(store, unsent=(Unsent(first.id, ANA, 5_000, "TimeoutError", in_doubt=True),))

    (run,) = tick(store, scan=True, now=NOW + 5_000).runs
    assert [posting.in_doubt for posting in run.postings] == [True, False]


def test_so_is_what_a_dead_process_left_behind(store: Store):
    tick(store, told("say hello"))
    settling = {"settle_ms": 20_000, "offer": frozenset({ANA})}
    tick(store, now=NOW + LEASE, **settling)

    (run,) = tick(store, now=NOW + LEASE + 20_000, **settling).runs
    assert [posting.in_doubt for posting in run.postings] == [True, True]


def test_a_word_of_another_does_not_cut_its_wait_short(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id, "w1"),),
         unsent=(Unsent(second.id, ANA, 20_000, "TimeoutError", in_doubt=True),))
    tick(store, receipts=(receipt(first, "delivered", "w1"),), now=NOW + 1)

    assert not tick(store, scan=True, now=NOW + 19_999).runs


def test_a_process_that_starts_does_not_cut_the_waits_of_the_one_before_it_short(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings
    tick(store, unsent=(Unsent(first.id, ANA, 20_000, "timeout"),))
    store.prepare()

    assert not tick(store, scan=True, now=NOW + 19_999).runs
    assert len(tick(store, scan=True, now=NOW + 20_000).runs) == 1


def test_calls_have_a_key_of_their_own_and_wait_for_nothing(store: Store):
    tick(store, told("call it"))

    assert len(tick(store, now=NOW + LEASE, settle_ms=20_000, offer=frozenset({ANA})).runs) == 1


def test_a_message_that_failed_later_goes_again_after_its_wait(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id, "w1"), Sent(second.id, "w2")))
    failed = receipt(first, "failed", "w1", failure("retry"))
    tick(store, receipts=(failed, failed), now=NOW + 5)
    tick(store, receipts=(failed,), now=NOW + 6)

    assert not tick(store, offer=frozenset({ANA}), now=NOW + 1_004).runs
    (run,) = tick(store, offer=frozenset({ANA}), now=NOW + 1_005).runs
    assert [(posting.payload, posting.attempts) for posting in run.postings] == [(first.payload, 1)]


def test_one_that_is_refused_later_is_not(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id, "w1"), Sent(second.id, "w2")))
    tick(store, receipts=(receipt(first, "failed", "w1", failure("refused")),))

    assert not tick(store, scan=True, now=NOW + LEASE).runs


def test_a_flow_is_told_once_of_a_turn_that_did_not_reach_the_user(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    done = tick(store, dead=(Dead(first.id, ANA, "131047", "window"), Dead(second.id, ANA, "131047", "window")))
    assert done.held == {ANA}

    (handled,) = tick(store, look=frozenset({ANA})).handled
    event = msgspec.json.decode(handled.inbound.event, type=Undelivered)
    assert (event.step, event.reason, event.turn, event.at) == ("main.name", "window", 0, NOW)
    tick(store, dead=(Dead(second.id, ANA, "131047", "window"),))
    assert not tick(store, look=frozenset({ANA})).handled


def test_so_it_is_when_a_status_says_so(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id, "w1"), Sent(second.id, "w2")))
    assert tick(store, receipts=(receipt(first, "failed", "w1", failure("closed")),)).held == {ANA}

    (handled,) = tick(store, look=frozenset({ANA})).handled
    assert msgspec.json.decode(handled.inbound.event, type=Undelivered).reason == "window"


def test_it_is_not_told_of_what_it_said_because_it_had_been_told(store: Store):
    tick(store, Inbound(ANA, "undelivered:0", "say sorry", "delivery"))
    (run,) = tick(store, now=NOW + LEASE, scan=True).runs
    assert not tick(store, dead=(Dead(run.postings[0].id, ANA, "131047", "window"),)).held


def test_nor_of_what_arrived_after_all(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings
    tick(store, receipts=(receipt(first, "delivered"),))
    assert not tick(store, dead=(Dead(first.id, ANA, "502", "failed"),)).held


def test_when_a_user_is_gone_their_messages_are_dropped_and_the_conversation_is_told_once(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings
    done = tick(store, gone=(Gone(first.id, ANA, "131026"),))
    assert done.held == {ANA}

    (handled,) = tick(store, look=frozenset({ANA})).handled
    assert (handled.inbound.origin, handled.inbound.event) == ("delivery", "")
    tick(store, gone=(Gone(first.id, ANA, "131026"),))
    assert not tick(store, look=frozenset({ANA}), scan=True, now=NOW + LEASE).handled
    assert not tick(store, scan=True, now=NOW + LEASE).runs


def test_so_are_they_when_a_status_says_so(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id, "w1"),), unsent=(Unsent(second.id, ANA, 0),))
    done = tick(store, receipts=(receipt(first, "failed", "w1", failure("gone")),))

    assert done.held == {ANA}
    assert not done.runs


def test_who_writes_in_that_moment_is_there_after_all(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    done = tick(store, told("say more"), gone=(Gone(first.id, ANA, "131026"),))

    assert not done.held
    (run,) = tick(store, scan=True, now=NOW + LEASE).runs
    assert [posting.payload for posting in run.postings] == [second.payload, "say more 0", "say more 1"]
