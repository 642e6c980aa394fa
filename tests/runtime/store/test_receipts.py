"""What a status changes, whatever the order."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.policy import Backoff
from runtime.store.port import Failure, Receipt
from runtime.store.receipts import RANK, Standing, told
from runtime.store.status import DEAD, DROPPED, SENT, TO_SEND

ACCEPTED = Standing(id=1, conversation="c", status=SENT, provider_id="w1")
WAITING = Standing(id=1, conversation="c", status=TO_SEND)


def status(word: str, id: str = "w1") -> Receipt:
    return Receipt(provider_id=id, key="k", status=word)


def failed(verdict: Literal["retry", "refused", "gone"] = "refused", id: str = "w1", tries: int = 3) -> Receipt:
    return Receipt(provider_id=id, key="k", status="failed", failure=Failure(
        verdict=verdict, error="131000", backoff=Backoff(base_ms=1_000, tries=tries, jitter=False)))


def after(row: Standing, *receipts: Receipt) -> Standing:
    for receipt in receipts:
        row = told(row, receipt)
    return row


@settings(max_examples=100, deadline=None)
@given(words=st.permutations(["sent", "delivered", "read", "sent", "delivered"]))
def test_in_any_order_the_furthest_word_is_kept(words: list[str]):
    assert after(ACCEPTED, *map(status, words)).delivery == "read"


@settings(max_examples=100, deadline=None)
@given(receipts=st.lists(st.one_of(
    st.sampled_from([*RANK, "warning"]).flatmap(lambda word: st.sampled_from([status(word), status(word, "w2")])),
    st.sampled_from(["retry", "refused", "gone"]).map(failed)), max_size=12))
def test_a_status_told_twice_changes_nothing_the_second_time(receipts: list[Receipt]):
    for receipt in receipts:
        once = after(ACCEPTED, *receipts, receipt)
        if once.status != TO_SEND or receipt.failure:
            assert told(once, receipt) == once


def test_a_status_that_comes_before_our_answer_is_as_good_as_that():
    row = after(Standing(id=1, conversation="c", status=TO_SEND, leased=True), status("sent"))

    assert (row.status, row.provider_id, row.delivery, row.leased) == (SENT, "w1", "sent", False)


def test_a_word_nobody_knows_is_kept_if_there_is_no_other():
    assert after(ACCEPTED, status("warning")).delivery == "warning"
    assert after(ACCEPTED, status("sent"), status("warning")).delivery == "sent"
    assert after(WAITING, status("warning")) == WAITING


@pytest.mark.parametrize(("verdict", "becomes"), [("refused", DEAD), ("gone", DROPPED), ("retry", TO_SEND)])
def test_what_failed_is_set_aside_dropped_or_sent_again(
        verdict: Literal["retry", "refused", "gone"], becomes: int):
    row = after(ACCEPTED, failed(verdict))

    assert (row.status, row.attempts, row.error) == (becomes, 1, "131000")
    assert row.wait_ms == (1_000 if verdict == "retry" else None)


def test_a_last_try_is_a_last_try():
    assert after(ACCEPTED, failed("retry", tries=1)).status == DEAD


def test_that_it_failed_is_final_unless_it_arrived():
    assert after(ACCEPTED, failed(), status("sent")).status == DEAD
    arrived = after(ACCEPTED, failed(), status("delivered"))
    assert (arrived.status, arrived.delivery) == (SENT, "delivered")
    assert after(arrived, failed()) == arrived


def test_what_is_to_be_sent_again_is_not_mistaken_for_sent_by_old_news():
    again = after(ACCEPTED, failed("retry"))

    assert after(again, status("sent"), failed("retry")) == again
    assert after(again, status("delivered")).status == SENT
    assert after(again, status("sent", "w2")).status == SENT


def test_the_failure_of_an_earlier_attempt_says_nothing_of_the_later():
    later = Standing(id=1, conversation="c", status=SENT, provider_id="w2")

    assert after(later, failed("refused", "w1")) == later


def test_what_fails_while_its_own_answer_is_awaited_is_for_a_person():
    assert after(Standing(id=1, conversation="c", status=TO_SEND, leased=True), failed("retry")).status == DEAD


def test_an_unknown_outcome_that_turns_out_a_failure_is_sent_again():
    assert (after(WAITING, failed("retry")).status, after(WAITING, failed("refused")).status) == (TO_SEND, DEAD)
