"""Every code of the platform becomes what we do next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.limits import data
from runtime.channels.errors import after_ms, classified, refusal, unreached

ROWS = data()["errors"]
CODES = [row.get("code", row.get("code_range", [0])[0]) for row in ROWS]

# Read from the table's `category` and `action` by a person, once: what each code is to mean.
RETRIED = {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 132069, 133004, 133015, 133016, 134101, 2494100}
KEPT = {0, 3, 10, 33, 190, 200, 368, 131005, 131031, 131037, 131042, 131045, 133000, 133005, 133006, 133008, 133009,
        133010}
GONE = {130403, 131026}
CLOSED = {131047}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_verdict(code: int):
    found = classified(code, "e")
    last = "gone" if code in GONE else "closed" if code in CLOSED else "refused"
    wanted = "retry" if code in RETRIED | KEPT else last

    assert found.verdict == wanted
    assert (found.scope == "account" and found.backoff.tries is None) or code not in KEPT


def test_the_table_has_the_codes_this_was_written_for():
    assert len(CODES) == len(set(CODES)) == 72
    assert set(CODES) > RETRIED | KEPT | GONE | CLOSED


@pytest.mark.parametrize(("code", "scope"), [
    (131056, "conversation"), (130429, "number"), (131057, "number"), (2494100, "number"), (133015, "number"),
    (4, "account"), (80007, "account"), (190, "account"), (1, "platform"), (131016, "platform"), (131000, "message"),
    (132069, "message"), (299, "account")])
def test_what_is_to_slow_down(code: int, scope: str):
    assert classified(code, "e").scope == scope


def test_a_user_with_too_many_messages_is_left_in_peace_for_powers_of_four():
    backoff = classified(131056, "e").backoff

    assert [backoff.wait_ms(n, 0.9) for n in (1, 2, 3, 6, 9)] == [1_000, 4_000, 16_000, 1_024_000, 1_024_000]
    assert not backoff.is_over(100)


@pytest.mark.parametrize(("code", "tries"), [(2, 6), (130429, 10), (131057, 5), (133015, 2), (132069, 1), (134101, 3)])
def test_tries_are_those_of_the_table(code: int, tries: int):
    assert classified(code, "e").backoff.tries == tries


@pytest.mark.parametrize(("status", "passes", "verdict"), [
    (400, False, "refused"), (400, True, "retry"), (500, False, "retry")])
def test_a_code_nobody_knows_is_tried_again_only_if_it_may_pass(status: int, passes: bool, verdict: str):
    answer = b'{"error": {"code": 777777, "is_transient": %s}}' % (b"true" if passes else b"false")

    assert refusal(status, answer, {}).verdict == verdict


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"error": "x"}', b'{"error": {"code": "1"}}',
                                    b'{"error": {"code": true}}', b"[" * 100_000, b"\xff"])
def test_an_answer_without_an_error_of_the_platform_says_nothing(answer: bytes):
    assert refusal(502, answer, {}).verdict == "unknown"


def test_a_wrong_phone_number_id_is_the_operators_to_mend():
    wrong = b'{"error": {"code": 100, "error_subcode": 33}}'

    assert (refusal(400, wrong, {}).verdict, refusal(400, wrong, {}).scope) == ("retry", "account")
    assert refusal(400, b'{"error": {"code": 100, "error_subcode": "x"}}', {}).verdict == "refused"


def test_what_the_platform_says_in_words_is_not_in_the_error_that_is_logged():
    answer = b'{"error": {"code": 131009, "error_data": {"details": "to: +15557770001 is not valid"}}}'
    found = refusal(400, answer, {})

    assert (found.error, found.details) == ("400 code 131009", "to: +# is not valid")


def test_when_to_come_back_is_the_platforms_to_say():
    answer = b'{"error": {"code": 4}}'

    assert refusal(429, answer, {"retry-after": "90"}).after_ms == 90_000
    assert [after_ms({"retry-after": text}) for text in ("soon", "", "9" * 9)] == [0, 0, 0]
    assert [after_ms({"x-business-use-case-usage": text}) for text in ("x", "[]", '{"1": [{}]}')] == [0, 0, 0]


def test_a_connection_that_was_never_made_is_safe_to_try_again():
    assert unreached("ClientConnectorError").verdict == "retry"


@settings(max_examples=100, deadline=None)
@given(status=st.integers(100, 599), answer=st.binary(max_size=200), header=st.text(max_size=20))
def test_no_answer_is_too_strange(status: int, answer: bytes, header: str):
    assert refusal(status, answer, {"retry-after": header, "x-business-use-case-usage": header}).verdict
