"""The simulator: users who write, a Graph API that takes what the business sends, webhooks between the two.

On a virtual clock nothing happens until `advance`; on the machine's own time `live` makes it happen. The same seed and
the same calls give the same ids, latencies, faults and disorder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any, TypeAlias

import msgspec

from dsl.limits import kind
from runtime.sim import inbound, statuses
from runtime.sim.clock import Clock, Schedule
from runtime.sim.errors import Refusal, envelope, status_of, throttle_headers
from runtime.sim.faults import PROXY, Faults, Rule
from runtime.sim.graph import Graph, Posted, Request, answer, read_body, route
from runtime.sim.ledger import Ledger, Line, Out, shown
from runtime.sim.media import RECEIVED_MS, File, kind_of
from runtime.sim.statuses import Habits, ladder
from runtime.sim.templates import REVIEW_MS, Template
from runtime.sim.webhooks import Update
from runtime.sim.wire import Network, Post, Wire
from runtime.sim.world import Number, User, World, bsuid_of, digits

Json = dict[str, Any]

# What a tap on a button of a message of this kind is told as.
_REPLIES = {"interactive.button": "button_reply", "interactive.list": "list_reply", "template": "button"}

SILENCE_S = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with."""

    status: int
    body: bytes
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        document: Json = msgspec.json.decode(self.body)
        return document


@dataclass(frozen=True, slots=True)
class Reset:
    """No answer: the connection is closed."""


Reply: TypeAlias = Answer | Reset


class Simulator:
    """Everything the platform is to one business.

    Args:
        post: brings a webhook to the business, and its HTTP status back; raises OSError if there is no answer.
        url: where the business reaches us: addresses of files begin with it.
        secrets: of the app; more than one while they rotate: webhooks are then signed with any of them.
    """

    def __init__(self, post: Post, *, seed: int = 0, clock: Clock | None = None, number: Number | None = None,
                 token: str = "simulated-access-token", secrets: Sequence[str] = ("simulated-app-secret",),  # noqa: S107
                 url: str = "http://graph.invalid") -> None:
        self.clock = clock or Clock()
        # Chance of one thing does not depend on how often another was drawn.
        seeds = Random(seed)                 # noqa: S311
        of_wire, of_faults, self._chance = (Random(seeds.random()) for _ in range(3))                    # noqa: S311
        self.world = World(number or Number(), token)
        self.ledger, self.faults, self.habits = Ledger(), Faults(of_faults), Habits()
        self._schedule = Schedule()
        self._wire = Wire(post, self.world, self.clock, self._schedule, self.ledger, of_wire, secrets)
        self.graph = Graph(self.world, self.clock, self.ledger, url, self._submitted, seed)
        self._before: list[Update] = []      # statuses to be told before the call is answered
        self._last: dict[str, Update] = {}   # by phone, the last message of each user

    @property
    def network(self) -> Network:
        return self._wire.network

    @network.setter
    def network(self, network: Network) -> None:
        self._wire.network = network

    # --- time -------------------------------------------------------------------------------------------------

    async def advance(self, ms: int = 0) -> None:
        """Let time go on, and everything happen that is due until then. Webhooks are answered before it goes on."""
        until = self.clock() + ms
        while (next_at := self._schedule.next_at) is not None and next_at <= until:
            self.clock.move_to(next_at)
            self._schedule.run(self.clock())
            await self._wire.idle()
        self.clock.move_to(until)
        self._schedule.changed.set()         # it is later now: `live` looks again

    async def live(self) -> None:
        """Make happen what is due, for as long as this task lives."""
        while True:
            self._schedule.changed.clear()
            self._schedule.run(self.clock())
            next_at = self._schedule.next_at
            wait_s = None if next_at is None else max(0, next_at - self.clock()) / 1000
            with suppress(TimeoutError):     # and not `wait_for`, which in Python 3.11 may lose a cancellation
                async with asyncio.timeout(wait_s):
                    await self._schedule.changed.wait()

    async def until(self, holds: Callable[[Ledger], bool], within_s: float = 10.0, step_ms: int = 0) -> None:
        """Wait until something is true of the ledger.

        Args:
            within_s: how long, on the machine's own time.
            step_ms: how far the simulator's time goes on when the business has been silent for a moment: for a
                business that waits for it, with a retry or a timer.

        Raises:
            TimeoutError: it did not become so.
        """
        async with asyncio.timeout(within_s):
            while not holds(self.ledger):
                self.ledger.changed.clear()
                try:
                    async with asyncio.timeout(SILENCE_S if step_ms else None):
                        await self.ledger.changed.wait()
                except TimeoutError:
                    await self.advance(step_ms)

    def close(self) -> None:
        self._wire.close()

    # --- users --------------------------------------------------------------------------------------------------

    def user(self, phone: str, **about: Any) -> User:
        """The user with this phone; what is told about them is kept. New ones are added.

        Raises:
            LookupError: this is no phone number.
        """
        if not digits(phone):
            raise LookupError(f"`{phone}` is no phone number")
        return self.world.put(replace(self.world.user(phone) or User(phone=digits(phone)), **about))

    def say(self, phone: str, text: str, quoting: str | None = None) -> str:
        """A user writes; the id of the message."""
        return self.send(phone, inbound.text(text), text, quoting)

    def tap(self, phone: str, what: str, late_ms: int = 0) -> str:
        """A user taps what they were shown last under this title (or id).

        Raises:
            LookupError: there is no such thing to be seen.
        """
        user = self.user(phone)
        for line in reversed(self.ledger.lines):
            if line.user != user.phone or line.speaker != "bot":
                continue
            for title, id in line.options:
                if what in (title, id):
                    return self.send(phone, inbound.tap(_REPLIES[line.kind], id, title), title, line.id, late_ms)
        raise LookupError(f"{user.phone} sees nothing named `{what}` to tap")

    def send_file(self, phone: str, file: File, caption: str = "") -> str:
        """A user sends a picture, a voice note, a document."""
        of_kind = kind_of(file.mime) or "document"
        id = self.world.shelf.put(file, self.clock() + RECEIVED_MS)
        url = f"{self.graph.url}/files/{self.graph.file_path(id)}"
        return self.send(phone, inbound.media(of_kind, file, id, url, caption), caption or file.name)

    def send(self, phone: str, content: Json, text: str = "", quoting: str | None = None, late_ms: int = 0) -> str:
        """A user sends anything: `content` is its type and what goes with it. The id of the message.

        Args:
            late_ms: how long it is on its way, beside what the network makes it wait.
        """
        now, number = self.clock(), self.world.number
        user = self.user(phone, wrote_at=now)
        # In and out count together; what comes in is never refused.
        self.world.number = replace(number, pace=number.pace.taken(now) or number.pace)
        id, of_kind = self.graph.new_id("in"), str(content.get("type", "unsupported"))
        self.ledger.expect(id, of_kind, user.phone, now, is_message=True)
        self.ledger.lines.append(Line(now, user.phone, "user", id, of_kind, text))
        item = inbound.message(user, id, now, content, quoting)
        self._last[user.phone] = Update(id, "messages", item, inbound.contact(user))
        self._wire.put(self._last[user.phone], late_ms)
        return id

    def repeat(self, phone: str) -> None:
        """The last message of a user is delivered once more."""
        self._wire.put(self._last[self.user(phone).phone])

    def change_number(self, phone: str, new: str) -> User:
        """A user has a new number from now on, and we are told."""
        before = self.user(phone)
        after = replace(before, phone=digits(new), bsuid=bsuid_of(digits(new)))
        content = inbound.moved(before, after)
        id = self.graph.new_id("in")
        self.ledger.expect(id, "system", before.phone, self.clock(), is_message=True)
        self._wire.put(Update(id, "messages", inbound.message(before, id, self.clock(), content)))
        self.world.move(before.phone, after)
        return after

    def opt_out(self, phone: str) -> None:
        """A user wants no more marketing."""
        user = self.user(phone, opted_out=True)
        self.notify("user_preferences", {
            "messaging_product": "whatsapp", "contacts": [inbound.contact(user)],
            "user_preferences": [{"wa_id": user.phone, "category": "marketing_messages", "value": "stop",
                                  "timestamp": self.clock() // 1000}]})

    def notify(self, part: str, value: Json) -> None:
        """A webhook of any other field."""
        id = self.graph.new_id(part)
        self.ledger.expect(id, part, "", self.clock(), is_message=False)
        self._wire.put(Update(id, part, value))

    def set_template(self, template: Template, status: str) -> None:
        """A template is approved, rejected, paused or disabled, and we are told."""
        self.world.templates.change(template, status=status)
        self.notify("message_template_status_update", {
            "event": status, "message_template_id": template.id, "message_template_name": template.name,
            "message_template_language": template.language, "reason": None})

    def _submitted(self, template: Template) -> None:
        """Into review, and approved unless something else was decided meanwhile."""
        def decide() -> None:
            if (now := self.world.templates.by_id(template.id)) is not None and now.status == "PENDING":
                self.set_template(now, "APPROVED")
        self._schedule.at(self.clock() + REVIEW_MS, decide)

    # --- what the business calls --------------------------------------------------------------------------------

    async def call(self, request: Request) -> Reply:
        """Answer a call, as the rules for faults have it."""
        found = route(request)
        if found is None:
            return self._refused(Refusal(100, "Unknown path components", status=404))
        attempt, target, user, of_kind = self._attempt(request, found.target)
        rule = self.faults.hit(target, user, of_kind)
        reply = self._faulty(rule) if rule else None
        if reply is None:
            reply = self._taken(request, found.target, found.id, attempt)
        elif attempt:
            attempt.refused.append(_word(rule))
        for update in self._taken_before():
            await self._wire.deliver_now(update)
        if rule and rule.stall_ms:
            await self._held(rule.stall_ms)
        if rule and rule.lost == "after":
            if attempt and attempt.accepted and isinstance(reply, Answer) and reply.status == 200:
                attempt.unanswered += 1
            reply = Reset()
        return reply

    def _attempt(self, request: Request, target: str) -> tuple[Out | None, str, str, str]:
        """The ledger's entry of a message, and by what the rules know a call."""
        if target != "messages":
            return None, "media" if target == "object" else target, "", ""
        try:
            body = read_body(request)
        except Refusal:
            return None, target, "", ""
        of_kind = kind(body)
        if of_kind == "mark_read":
            return None, of_kind, "", of_kind
        to = str(body.get("to") or body.get("recipient") or "")
        user = self.world.user(to)
        phone = user.phone if user else to
        key = body.get("biz_opaque_callback_data")
        key = key if isinstance(key, str) else self.graph.new_id("key")
        return self.ledger.attempt(key, phone, of_kind, self.clock()), target, phone, of_kind

    def _faulty(self, rule: Rule) -> Reply | None:
        """The answer in place of the real one; none: the call goes through."""
        if rule.code is not None:
            return self._refused(Refusal(rule.code, "by a rule of the simulator", status=rule.status))
        if rule.status is not None:
            return Answer(rule.status, PROXY.encode(), "text/html")
        return Reset() if rule.lost == "before" else None

    def _taken(self, request: Request, target: str, id: str, attempt: Out | None) -> Answer:
        """The real answer."""
        try:
            self.graph.allow(request)
            return self._done(request, target, id, attempt)
        except Refusal as refusal:
            if attempt:
                attempt.refused.append(str(refusal.code))
            return self._refused(refusal)

    def _done(self, request: Request, target: str, id: str, attempt: Out | None) -> Answer:
        if request.path.startswith("/files/"):
            file = self.graph.download(id)
            return Answer(200, file.content, file.mime) if file else Answer(404, b"gone", "text/plain")
        match target:
            case "messages":
                body = read_body(request)
                if attempt is None:
                    return _ok(self.graph.mark_read(id, body))
                posted = self.graph.message(id, body, self.habits.late == "status")
                self._accepted(posted, attempt)
                return _ok(answer(posted))
            case "media":
                return _ok(self.graph.upload(id, request))
            case "templates":
                return _ok(self.graph.templates(request, id))
            case "history":
                return _ok(self.graph.history(request, id))
        return _ok(self.graph.thing(request, id))

    def _refused(self, refusal: Refusal) -> Answer:
        trace = "A" + self.graph.new_id("trace")[-22:].replace("/", "_").replace("+", "-")
        body = msgspec.json.encode(envelope(refusal, trace))
        return Answer(status_of(refusal), body, headers=throttle_headers(refusal.code, self.world.number.account))

    async def _held(self, ms: int) -> None:
        """Until the simulator's clock has gone on by so much."""
        over = asyncio.get_running_loop().create_future()
        self._schedule.at(self.clock() + ms, lambda: None if over.done() else over.set_result(None))
        await over

    # --- what becomes of a message -----------------------------------------------------------------------------

    def _accepted(self, posted: Posted, entry: Out) -> None:
        now, user = self.clock(), posted.user
        entry.accepted += 1
        entry.ids.append(posted.id)
        text, options = shown(posted.kind, posted.body)
        if posted.template:
            options = tuple((title, title) for title in posted.template.quick_replies())
        self.ledger.lines.append(Line(now, user.phone if user else posted.to, "bot", posted.id, posted.kind, text,
                                      options))
        first, *others = ladder(self.habits, self._chance, user, posted.kind, posted.category == "marketing",
                                posted.refused)
        if self._chance.random() < self.habits.before_answer:
            self._before.append(self._status(posted, first, entry))
        else:
            others = [first, *others]
        for step in others:
            self._schedule.at(now + step.after_ms, partial(self._come_about, posted, step, entry))

    def _come_about(self, posted: Posted, step: statuses.Step, entry: Out) -> None:
        self._wire.put(self._status(posted, step, entry))

    def _status(self, posted: Posted, step: statuses.Step, entry: Out) -> Update:
        now, user, id = self.clock(), posted.user, f"{posted.id} {step.status}"
        entry.statuses.append(step.status)
        self.ledger.expect(id, f"status {step.status}", entry.user, now, is_message=False)
        item = statuses.document(step, posted.id, posted.to, user, now, posted.key, self.habits, posted.category)
        is_told = user is not None and step.code is None and not self.habits.bare
        return Update(id, "statuses", item, inbound.contact(user) if user and is_told else None)

    def _taken_before(self) -> list[Update]:
        early, self._before = self._before, []
        return early


def _word(rule: Rule | None) -> str:
    assert rule
    return str(rule.code or rule.status or "lost")


def _ok(document: Json) -> Answer:
    return Answer(200, msgspec.json.encode(document))
