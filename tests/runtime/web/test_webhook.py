"""The door: what each request is answered, and what comes through."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from runtime.store.port import Identity, Inbound, Receipt, StoreDown
from runtime.web.app import application
from runtime.web.webhook import LARGEST, Webhook, _body
from tests.processor import least_s
from tests.runtime.toy import ACCOUNT, SECRET, USER, VERIFY, envelope, message, sign, value, webhook

PATH = "/webhooks/whatsapp"
LONGEST_S = 1.0                              # CPU


class Worker:
    def __init__(self) -> None:
        self.healthy = True
        self.fault: Exception | None = None
        self.inbound: list[Inbound] = []
        self.receipts: list[Receipt] = []

    async def accept(self, inbound: Sequence[Inbound], receipts: Sequence[Receipt] = ()) -> None:
        if self.fault:
            raise self.fault
        self.inbound += inbound
        self.receipts += receipts


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def client(worker: Worker) -> Iterator[TestClient]:
    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield {"worker": worker}

    with TestClient(application(Webhook(ACCOUNT, [SECRET, "old"], VERIFY, lambda: 1_800_000_000_000), life)) as made:
        yield made


def post(client: TestClient, body: bytes, signature: str | None = None) -> int:
    headers = {"X-Hub-Signature-256": sign(body) if signature is None else signature}
    return client.post(PATH, content=body, headers=headers).status_code


ASKED = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "<b>1158201444</b>"}


class TestHandshake:
    def test_the_challenge_comes_back_as_plain_text(self, client: TestClient):
        response = client.get(PATH, params=ASKED)

        assert (response.status_code, response.text) == (200, "<b>1158201444</b>")
        assert response.headers["content-type"].startswith("text/plain")

    @pytest.mark.parametrize("change", [
        {"hub.mode": "unsubscribe"}, {"hub.verify_token": "wrong"}, {"hub.verify_token": ""},
        {"hub.verify_token": "é"}, {"hub.verify_token": "\udcff"}])
    def test_any_other_question_is_refused(self, client: TestClient, change: dict[str, str]):
        asked = {name: text.encode("utf-8", "surrogateescape") for name, text in (ASKED | change).items()}
        assert client.get(PATH, params=asked).status_code == 403  # type: ignore[arg-type]

    def test_no_question_at_all_is_refused(self, client: TestClient):
        assert client.get(PATH).status_code == 403


class TestReceive:
    def test_a_message_goes_to_its_conversation(self, client: TestClient, worker: Worker):
        assert post(client, webhook(message("Hi", "wamid.1"))) == 200

        (inbound,) = worker.inbound
        assert (inbound.conversation, inbound.id, inbound.address) == (
            f"whatsapp:{ACCOUNT}:{USER}", "wamid.1", f"+{USER}")
        assert json.loads(inbound.event)["text"] == "Hi"

    def test_what_the_user_is_called_goes_with_it(self, client: TestClient, worker: Worker):
        assert post(client, webhook(message("Hi", "w") | {"from_user_id": "US.ana"})) == 200

        (inbound,) = worker.inbound
        assert inbound.conversation == f"whatsapp:{ACCOUNT}:US.ana"
        assert set(inbound.identities) >= {Identity(f"whatsapp:{ACCOUNT}", "bsuid", "US.ana"),
                                           Identity(f"whatsapp:{ACCOUNT}", "phone", USER)}

    def test_another_number_of_a_user_is_stored_like_a_message(self, client: TestClient, worker: Worker):
        system = {"type": "user_changed_number", "wa_id": "15550002222"}
        assert post(client, webhook({"from": USER, "id": "w", "type": "system", "system": system})) == 200

        (inbound,) = worker.inbound
        assert (inbound.origin, inbound.id, inbound.address) == ("identity", "w", "+15550002222")
        assert {name.value for name in inbound.was} == {USER}

    def test_the_second_secret_is_as_good(self, client: TestClient):
        body = webhook(message("Hi", "wamid.1"))
        assert post(client, body, sign(body, "old")) == 200

    @pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64])
    def test_without_our_signature_nothing_is_looked_at(self, client: TestClient, worker: Worker, signature: str):
        assert post(client, webhook(message("Hi", "wamid.1")), signature) == 401
        assert client.post(PATH, content=b"{").status_code == 401
        assert worker.inbound == []

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"NaN"])
    def test_what_is_no_json_is_a_bad_request(self, client: TestClient, body: bytes):
        assert post(client, body) == 400

    @pytest.mark.parametrize("document", [
        None, 1, "x", [], {}, {"entry": None}, {"entry": [None, {"changes": [None, {"value": []}]}]},
        envelope(), envelope({}), envelope(value(message("a", "1"), account="999")),
        envelope(value(), field="account_alerts"), envelope(value(statuses=[{"id": "w", "status": "delivered"}]))])
    def test_what_holds_nothing_for_us_is_well_received(self, client: TestClient, worker: Worker, document: object):
        assert post(client, json.dumps(document).encode()) == 200
        assert worker.inbound == []

    def test_a_bad_item_does_not_cost_its_neighbours(self, client: TestClient, worker: Worker):
        body = json.dumps(envelope(value(message("a", "1"), {"from": USER}, message("b", "2")))).encode()

        assert post(client, body) == 200
        assert [inbound.id for inbound in worker.inbound] == ["1", "2"]

    def test_what_became_of_our_messages_is_stored_with_what_to_do_about_it(self, client: TestClient, worker: Worker):
        statuses = [{"id": "w1", "status": "read", "biz_opaque_callback_data": "9f2c:0:0"},
                    *({"id": f"w{code}", "status": "failed", "errors": [{"code": code}]}
                      for code in (131047, 131026, 131000)),
                    {"id": "w2", "status": "failed"}]
        assert post(client, json.dumps(envelope(value(statuses=statuses))).encode()) == 200

        assert worker.receipts[0] == Receipt(provider_id="w1", key="9f2c:0:0", status="read")
        failures = [(one.failure.verdict, one.failure.error) for one in worker.receipts if one.failure]
        assert failures == [("closed", "failed code 131047"), ("gone", "failed code 131026"),
                            ("retry", "failed code 131000"), ("refused", "failed without a code")]

    def test_what_could_not_be_stored_is_to_come_again(self, client: TestClient, worker: Worker):
        worker.fault = StoreDown("disk full")
        assert post(client, webhook(message("Hi", "wamid.1"))) == 503

    def test_a_body_beyond_three_megabytes_is_refused_whether_announced_or_not(self, client: TestClient):
        big = b" " * (LARGEST + 1)
        assert post(client, big) == 413
        assert client.post(PATH, content=iter([big]), headers={"X-Hub-Signature-256": sign(big)}).status_code == 413
        assert client.post(PATH, content=b"{}", headers={"Content-Length": "9" * 30}).status_code == 413

    def test_the_largest_body_is_taken(self, client: TestClient):
        body = webhook(message("Hi", "wamid.1"))
        assert post(client, body + b" " * (LARGEST - len(body))) == 200

    def test_a_thousand_messages_come_in_one_webhook(self, client: TestClient, worker: Worker):
        assert post(client, webhook(*(message("Hi", f"wamid.{n}") for n in range(1000)))) == 200
        assert len(worker.inbound) == 1000


    @pytest.mark.parametrize("document", [
        envelope(value(*(message("Hi", f"wamid.{n}") for n in range(6_000)))),
        envelope(value(*(message("Hi", f"w{n}") | {"from": f"1555{n:07}"} for n in range(5_000)))),
        envelope(value(statuses=[{"id": f"w{n}", "status": "failed", "errors": [{"code": 1}]} for n in range(13_000)])),
        envelope(value(message("x" * 900_000, "w"))), envelope(*[value()] * 8_000), envelope(*[{}] * 40_000),
        envelope(value(*[{"from": USER, "id": "w", "type": "image"}] * 15_000)),
        envelope(value(*[{}] * 200_000)), [[]] * 200_000, [1] * 300_000, {f"key{n}": n for n in range(60_000)},
    ], ids=["messages", "users", "statuses", "a text", "changes", "empty changes", "images", "nothing", "lists",
            "numbers", "keys"])
    def test_a_megabyte_of_anything_is_answered_in_a_second(self, client: TestClient, document: object):
        body = json.dumps(document).encode()
        signature = sign(body)

        status, took_s = least_s(lambda: post(client, body, signature), LONGEST_S)

        assert status == 200
        assert took_s < LONGEST_S

    def test_a_body_in_many_pieces_is_put_together_in_good_time(self):
        async def piece() -> dict[str, Any]:
            left.pop()
            return {"type": "http.request", "body": b"x", "more_body": bool(left)}

        def whole() -> bytes:
            left.extend([None] * 500_000)
            return asyncio.run(_body({}, piece))

        left: list[None] = []
        body, took_s = least_s(whole, LONGEST_S)

        assert len(body) == 500_000
        assert took_s < LONGEST_S


class TestHealth:
    def test_a_process_that_runs_is_alive(self, client: TestClient):
        assert client.get("/healthz").status_code == 200

    def test_it_is_ready_when_it_can_commit(self, client: TestClient, worker: Worker):
        assert client.get("/readyz").status_code == 200
        worker.healthy = False
        assert client.get("/readyz").status_code == 503
        worker.healthy, worker.fault = True, StoreDown("away")
        assert client.get("/readyz").status_code == 503


def test_who_hangs_up_is_told_nothing():
    async def hung_up() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def told(message: Any) -> None:
        answers.append(message)

    answers: list[Any] = []
    scope = {"type": "http", "method": "POST", "headers": [], "state": {"worker": Worker()}}
    asyncio.run(Webhook(ACCOUNT, [SECRET], VERIFY, lambda: 0)(scope, hung_up, told))
    assert answers[0]["status"] == 400


def test_without_a_token_of_ours_no_handshake_succeeds():
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"hub.mode=subscribe&hub.verify_token="}
    assert asyncio.run(Webhook(ACCOUNT, [], "", lambda: 0).handshake(Request(scope))).status_code == 403


def test_there_is_nothing_else(client: TestClient):
    assert client.get("/").status_code == 404
    assert client.put(PATH).status_code == 405
