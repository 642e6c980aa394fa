"""What every store promises, asked of each of them."""

from typing import Literal

import pytest

from runtime.policy import Backoff
from runtime.store.port import (
    Conversation,
    Done,
    Entry,
    Failure,
    Inbound,
    Outcome,
    Posting,
    PostingKind,
    Receipt,
    Sent,
    Store,
    Unsent,
    Work,
)

ANA, BEN = "whatsapp:1:ana", "whatsapp:1:ben"
NOW, LEASE = 1_000_000, 60_000


def turn(before: Conversation, inbound: Inbound) -> Outcome:
    """Remembers every event, and does what it says: `say`, `call`, `due 5`, `cancel`, `fail`."""
    if inbound.event == "fail":
        raise ArithmeticError
    word, _, rest = inbound.event.partition(" ")
    kind: PostingKind = "call" if word == "call" else "message"
    timers = {"due": ("idle", NOW + 1000 * int(rest)) if word == "due" else ("idle", None), "cancel": ("idle", None)}
    return Outcome(
        state=f"{before.state}{inbound.event};", contact=inbound.address or before.contact,
        entry=entry("undelivered" if inbound.id.startswith("undelivered") else "said"),
        postings=tuple((kind, f"{inbound.event} {n}") for n in range(2)) if word in ("say", "call") else (),
        timers=(timers[word],) if word in timers else ())


def entry(kind: str = "said") -> Entry:
    return Entry(table="t", kind=kind, event=None, step_from=None, step_to="main.name", trace="[]", effects="[]",
                 error=None, took_us=1)


def told(event: str, id: str = "", to: str = ANA) -> Inbound:
    return Inbound(to, id or event, event, address="+1")


def receipt(posting: Posting, status: str, id: str = "w1", failure: Failure | None = None) -> Receipt:
    return Receipt(provider_id=id, key=posting.key, status=status, failure=failure)


def failure(verdict: Literal["retry", "refused", "closed", "gone"]) -> Failure:
    return Failure(verdict=verdict, error="code", backoff=Backoff(base_ms=1_000, tries=3, jitter=False))


def tick(store: Store, *inbound: Inbound, now: int = NOW, **work: object) -> Done:
    return store.tick(Work(now=now, inbound=inbound, lease_ms=LEASE, **work), turn)  # type: ignore[arg-type]


def states(done: Done) -> list[str]:
    return [handled.outcome.state for handled in done.handled]


def payloads(done: Done) -> dict[str, list[str]]:
    return {run.conversation: [posting.payload for posting in run.postings] for run in done.runs}


def test_an_event_is_handled_in_the_tick_that_took_it(store: Store):
    assert states(tick(store, told("hello"))) == ["hello;"]


def test_an_event_that_comes_twice_is_handled_once(store: Store):
    tick(store, told("hello", "m1"))

    assert states(tick(store, told("hello", "m1"), told("again", "m2"), told("again", "m2"))) == ["hello;again;"]


def test_the_same_id_in_two_conversations_is_two_events(store: Store):
    assert len(tick(store, told("hello", "m1", ANA), told("hello", "m1", BEN)).handled) == 2


def test_events_of_a_conversation_are_handled_in_their_order_each_on_the_state_before(store: Store):
    assert states(tick(store, told("a"), told("b"), told("c"))) == ["a;", "a;b;", "a;b;c;"]


def test_turns_are_counted_and_the_tag_stays(store: Store):
    first, second = tick(store, told("a")), tick(store, told("b"))

    assert (first.handled[0].before.turns, second.handled[0].before.turns) == (0, 1)
    assert first.handled[0].before.tag == second.handled[0].before.tag


def test_a_turn_that_raises_leaves_nothing_behind(store: Store):
    with pytest.raises(ArithmeticError):
        tick(store, told("say hello"), told("fail"))

    after = tick(store, told("say hello"))
    assert states(after) == ["say hello;"]
    assert payloads(after) == {ANA: ["say hello 0", "say hello 1"]}


def test_what_was_asked_for_is_leased_with_its_keys_and_the_way_to_the_user(store: Store):
    tick(store, told("hello"))
    (run,) = tick(store, told("call it")).runs

    assert [(posting.key, posting.kind, posting.payload) for posting in run.postings] == [
        ("tag0:1:0", "call", "call it 0"), ("tag0:1:1", "call", "call it 1")]
    assert run.contact == "+1"


def test_leased_postings_are_not_offered_again_while_the_lease_lasts(store: Store):
    tick(store, told("say hello"))

    assert not tick(store, offer=frozenset({ANA}), scan=True, now=NOW + LEASE - 1).runs
    assert payloads(tick(store, scan=True, now=NOW + LEASE)) == {ANA: ["say hello 0", "say hello 1"]}


def test_new_postings_wait_behind_those_under_way(store: Store):
    first = tick(store, told("say hello"))
    assert not tick(store, told("say again")).runs

    sent = tuple(Sent(posting.id, "wamid") for posting in first.runs[0].postings)
    assert payloads(tick(store, sent=sent, offer=frozenset({ANA}))) == {ANA: ["say again 0", "say again 1"]}


def test_what_was_sent_is_never_offered_again(store: Store):
    first, second = tick(store, told("say hello")).runs[0].postings
    tick(store, sent=(Sent(first.id),))
    store.prepare()

    assert payloads(tick(store, scan=True, now=NOW + LEASE)) == {ANA: [second.payload]}


def test_a_failed_posting_waits_and_those_behind_it_too(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings
    failed = Unsent(first.id, ANA, 1_000, "400")

    assert not tick(store, unsent=(failed,), offer=frozenset({ANA})).runs
    assert not tick(store, told("say more"), now=NOW + 999, scan=True).runs
    (run,) = tick(store, offer=frozenset({ANA}), now=NOW + 1_000).runs
    assert [(posting.payload, posting.attempts) for posting in run.postings] == [
        ("say hello 0", 1), ("say hello 1", 0), ("say more 0", 0), ("say more 1", 0)]


def test_a_posting_given_back_counts_no_attempt_and_is_due_at_once(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings

    (run,) = tick(store, unsent=(Unsent(first.id, ANA, 0),), offer=frozenset({ANA})).runs
    assert run.postings[0].attempts == 0


def test_one_conversation_that_waits_does_not_hold_another(store: Store):
    first, _ = tick(store, told("say hello")).runs[0].postings

    done = tick(store, told("say hi", to=BEN), unsent=(Unsent(first.id, ANA, 1_000, "400"),), scan=True)
    assert payloads(done) == {BEN: ["say hi 0", "say hi 1"]}


def test_conversations_beyond_the_room_are_handed_back(store: Store):
    done = tick(store, told("say a", to=ANA), told("say b", to=BEN), room=1)

    assert len(done.runs) == 1
    assert set(done.left) == {ANA, BEN} - {done.runs[0].conversation}
    assert not tick(store, offer=done.left, room=0).runs
    assert tick(store, offer=done.left, room=0).left == done.left
    assert len(tick(store, offer=done.left).runs) == 1


def test_who_has_nothing_to_post_is_not_handed_back(store: Store):
    assert tick(store, told("due 5", to=ANA), told("say b", to=BEN), room=0).left == (BEN,)


def test_all_that_is_offered_is_looked_at_however_little_room_there_is(store: Store):
    many = [f"{ANA}{n}" for n in range(10)]
    tick(store, *(told("due 5", to=name) for name in many), told("say b", to=BEN), room=0)

    done = tick(store, offer=[*many, BEN], room=1)

    assert payloads(done) == {BEN: ["say b 0", "say b 1"]}
    assert done.left == ()


def test_who_is_offered_twice_is_offered_once(store: Store):
    tick(store, told("say a", to=ANA), told("say b", to=BEN), room=0)

    done = tick(store, offer=[ANA, ANA, BEN, BEN], room=2)

    assert (len(done.runs), done.left) == (2, ())


def test_a_conversation_this_process_posts_for_is_left_alone_even_when_its_lease_is_over(store: Store):
    tick(store, told("say hello"))

    assert not tick(store, scan=True, busy=frozenset({ANA}), now=NOW + LEASE).runs


def test_a_long_queue_is_leased_in_pieces(store: Store):
    tick(store, *(told(f"say {n}") for n in range(15)), room=0)

    (run,) = tick(store, offer=frozenset({ANA})).runs
    assert [posting.payload for posting in run.postings] == [f"say {n} {part}" for n in range(10) for part in (0, 1)]
    sent = tuple(Sent(posting.id) for posting in run.postings)
    (rest,) = tick(store, sent=sent, offer=frozenset({ANA})).runs
    assert rest.postings[0].payload == "say 10 0"


def test_who_comes_after_a_crash_takes_what_was_leased(store: Store):
    tick(store, told("say hello"))
    store.prepare()

    assert payloads(tick(store, scan=True, now=NOW + LEASE)) == {ANA: ["say hello 0", "say hello 1"]}


def test_a_timer_becomes_an_event_when_it_is_due_and_once(store: Store):
    tick(store, told("due 5"))

    assert not tick(store, fire=True, now=NOW + 4_999).handled
    (fired,) = tick(store, fire=True, now=NOW + 5_000).handled
    assert (fired.inbound.id, fired.inbound.origin) == ("timer:idle:1005000", "timer")
    assert not tick(store, fire=True, now=NOW + 9_000).handled


def test_an_answer_that_comes_with_a_due_timer_goes_first(store: Store):
    tick(store, told("due 5"))
    done = tick(store, told("cancel"), fire=True, now=NOW + 5_000)

    assert [handled.inbound.origin for handled in done.handled] == ["channel", "timer"]


def test_a_timer_set_again_is_due_at_the_new_time_only(store: Store):
    tick(store, told("due 5"))
    tick(store, told("due 9"))

    assert not tick(store, fire=True, now=NOW + 5_000).handled
    assert len(tick(store, fire=True, now=NOW + 9_000).handled) == 1


def test_a_cancelled_timer_is_never_due(store: Store):
    tick(store, told("due 5"))
    tick(store, told("cancel"))

    assert not tick(store, fire=True, now=NOW + 5_000).handled


def test_of_a_timer_set_and_cancelled_in_one_tick_the_last_word_counts(store: Store):
    tick(store, told("due 5"), told("cancel"))
    assert not tick(store, fire=True, now=NOW + 5_000).handled

    tick(store, told("cancel", "m3"), told("due 5", "m4"))
    assert len(tick(store, fire=True, now=NOW + 5_000).handled) == 1


def test_an_address_is_kept_until_another_is_told(store: Store):
    tick(store, told("a"))
    tick(store, Inbound(ANA, "m2", "b"))

    assert tick(store, told("c")).handled[0].before.contact == "+1"


@pytest.mark.parametrize("text", ["emoji 😀", "right to left ‏שלום", "x" * 100_000, "quote ' and % and ; --"])
def test_any_text_is_kept_as_it_is(store: Store, text: str):
    assert states(tick(store, told(text))) == [f"{text};"]


def test_nothing_to_do_does_nothing(store: Store):
    assert tick(store, scan=True, fire=True) == Done()
