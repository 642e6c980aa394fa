"""Deliveries: in order, one at a time, each reported."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import msgspec
from msgspec.structs import replace

from runtime.channels.errors import classified, unknown
from runtime.channels.port import Accepted, Contact, Delivery, Later, Undelivered, encode_contact
from runtime.effects import Call, Effect, Message, Say, Template
from runtime.events import Answered, Failed
from runtime.outbox import CROWD, Outbox, Report, merged
from runtime.store.port import (
    Conversation,
    Dead,
    Done,
    Entry,
    Gone,
    Handled,
    Inbound,
    Outcome,
    Posting,
    Run,
    Sent,
    Unsent,
)

NOW, UNTIL = 1_000_000, 1_060_000
CONTACT = encode_contact(Contact("+1")).decode()


class Channel:
    """Takes messages down; `answers` come first, and a gate may hold them back."""

    timeout_s = 10.0

    def __init__(self) -> None:
        self.log: list[str] = []
        self.answers: list[Delivery | Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, to: str, message: Message, key: str) -> Delivery:
        self.log.append(f"{to} {message.text} {key}" if isinstance(message, Say) else to)
        await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else Accepted(f"wamid.{key}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def seen(self, message_id: str, typing: bool) -> None:
        self.log.append(f"seen {message_id}{' typing' if typing else ''}")


class Actions:
    timeout_s = 30.0

    def __init__(self) -> None:
        self.results: list[Answered | Failed | None] = []

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        return self.results.pop(0)


class Fixed:
    def __init__(self, rate: int = 0, sets_aside: bool = False) -> None:
        self.channel, self.actions, self.now, self.reports = Channel(), Actions(), NOW, list[Report]()
        self.outbox = Outbox(self.channel, self.actions, lambda: self.now, chance=lambda: 0.5, pause=self.pause,
                             rate=rate, settle_ms=20_000, sets_aside=sets_aside)
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += int(1_000 * seconds)

    def post(self, *runs: Run, handled: tuple[Handled, ...] = ()) -> None:
        self.outbox.committed(Done(handled, runs), UNTIL, self.reports.append)

    async def posted(self, *runs: Run, handled: tuple[Handled, ...] = ()) -> Report:
        """Everything that was reported, once nothing is under way."""
        self.post(*runs, handled=handled)
        while under_way := self.outbox._tasks | self.outbox._marks._tasks:
            await asyncio.wait(under_way)
        return merged(self.reports)


def run(*effects: Effect, conversation: str = "c", attempts: int = 0) -> Run:
    numbers = count(1)
    return Run(conversation, CONTACT, tuple(
        Posting(n, f"9f2c:0:{n}", "call" if isinstance(effect, Call) else "message",
                msgspec.json.encode(effect).decode(), attempts) for n, effect in zip(numbers, effects, strict=False)))


def handled(id: str, conversation: str = "c") -> Handled:
    entry = Entry(table="t", kind="said", event=None, step_from=None, step_to=None, trace="[]", effects="[]",
                  error=None, took_us=1)
    return Handled(Conversation(conversation, "9f2c"), Inbound(conversation, id, "{}"),
                   Outcome(state="", contact="", entry=entry))


def play(story: Callable[[Fixed], Awaitable[None]], rate: int = 0, sets_aside: bool = False) -> None:
    async def live() -> None:
        await story(Fixed(rate, sets_aside))
    asyncio.run(live())


def test_the_next_message_waits_for_the_answer_to_the_one_before():
    async def story(fixed: Fixed) -> None:
        fixed.channel.gate.clear()
        fixed.post(run(Say("one"), Say("two")))
        await asyncio.sleep(0)
        assert fixed.channel.log == ["+1 one 9f2c:0:1"]

        fixed.channel.gate.set()
        report = await fixed.posted()
        assert fixed.channel.log == ["+1 one 9f2c:0:1", "+1 two 9f2c:0:2"]
        assert report == Report(sent=(Sent(1, "wamid.9f2c:0:1"), Sent(2, "wamid.9f2c:0:2")), ended=frozenset({"c"}))
    play(story)


def test_conversations_do_not_wait_for_each_other():
    async def story(fixed: Fixed) -> None:
        fixed.channel.gate.clear()
        fixed.post(run(Say("a")), run(Say("b"), conversation="d"))
        await asyncio.sleep(0)
        assert len(fixed.channel.log) == 2
        fixed.channel.gate.set()
        assert (await fixed.posted()).ended == {"c", "d"}
    play(story)


def test_a_message_is_marked_as_read_when_it_is_answered_and_does_not_keep_the_answer_waiting():
    async def story(fixed: Fixed) -> None:
        await fixed.posted(run(Say("one")), handled=(handled("w1"), handled("w2"), handled("w9", "silent")))
        assert fixed.channel.log == ["+1 one 9f2c:0:1", "seen w9", "seen w2"]
    play(story)


def test_in_a_crowd_nothing_is_marked_as_read():
    async def story(fixed: Fixed) -> None:
        await fixed.posted(run(Say("one")), handled=tuple(handled("w", f"c{n}") for n in range(CROWD + 1)))
        assert fixed.channel.log == ["+1 one 9f2c:0:1"]
    play(story)


def test_who_waits_for_an_action_sees_that_an_answer_is_being_written():
    async def story(fixed: Fixed) -> None:
        fixed.actions.results = [Answered("c1", result=1)]
        await fixed.posted(run(Say("one moment"), Call("c1", "book", {})), handled=(handled("w1"),))
        assert fixed.channel.log == ["+1 one moment 9f2c:0:1", "seen w1 typing"]
    play(story)


def test_what_fails_holds_what_is_behind_it_longer_each_time():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [Undelivered("500")]
        report = await fixed.posted(run(Say("one"), Say("two"), attempts=2))
        assert report == Report(unsent=(Unsent(1, "c", 2_000, "500"),), ended=frozenset({"c"}))
        assert len(fixed.channel.log) == 1
    play(story)


def test_a_fault_of_ours_is_tried_again_like_any_other():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [ZeroDivisionError()]
        assert (await fixed.posted(run(Say("one")))).unsent == (Unsent(1, "c", 500, "ZeroDivisionError"),)
    play(story)


def test_nothing_is_begun_that_could_outlast_its_lease():
    async def story(fixed: Fixed) -> None:
        fixed.now = UNTIL - 9_999
        assert await fixed.posted(run(Say("one"))) == Report(unsent=(Unsent(1, "c", 0),), ended=frozenset({"c"}))
        assert fixed.channel.log == []
    play(story)


def test_the_result_of_an_action_comes_back_as_an_event_with_the_mark_of_its_posting():
    async def story(fixed: Fixed) -> None:
        fixed.actions.results = [Answered("c1", result={"id": "v1"})]
        report = await fixed.posted(run(Call("c1", "book", {})))
        assert report.sent == (Sent(1),)
        (inbound,) = report.inbound
        assert (inbound.conversation, inbound.id, inbound.origin, inbound.at) == (
            "c", "result:9f2c:0:1", "action", NOW)
        event = msgspec.json.decode(inbound.event, type=Answered)
        assert (event.call, event.result, event.at, event.seed > 0) == ("c1", {"id": "v1"}, NOW, True)
    play(story)


def test_an_action_to_be_tried_again_waits_like_a_message():
    async def story(fixed: Fixed) -> None:
        fixed.actions.results = [None]
        assert (await fixed.posted(run(Call("c1", "book", {})))).unsent == (Unsent(1, "c", 500, "action failed"),)
    play(story)


def test_stopping_lets_the_post_under_way_end_and_gives_the_rest_back():
    async def story(fixed: Fixed) -> None:
        fixed.channel.gate.clear()
        fixed.post(run(Say("one"), Say("two")), handled=(handled("w1"),))
        for _ in range(3):
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(fixed.channel.gate.set)
        await fixed.outbox.drain(10)
        assert merged(fixed.reports) == Report(
            sent=(Sent(1, "wamid.9f2c:0:1"),), unsent=(Unsent(2, "c", 0),), ended=frozenset({"c"}))

        assert (await fixed.posted(run(Say("three")), handled=(handled("w2"),))).unsent[-1] == Unsent(1, "c", 0)
        assert fixed.channel.log == ["+1 one 9f2c:0:1"]
    play(story)


def test_stopping_does_not_wait_for_ever():
    async def story(fixed: Fixed) -> None:
        fixed.channel.gate.clear()
        fixed.post(run(Say("one")))
        await asyncio.sleep(0)
        await fixed.outbox.drain(0)
        assert merged(fixed.reports) == Report(ended=frozenset({"c"}))
    play(story)


def test_a_lease_lasts_longer_than_anything_that_is_posted():
    async def story(fixed: Fixed) -> None:
        assert fixed.outbox.lease_ms == 60_000
    play(story)


def code(number: int, after_ms: int = 0) -> Undelivered:
    return classified(number, str(number), after_ms=after_ms)


def test_what_is_refused_is_a_dead_letter_and_what_is_behind_it_goes_on():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [classified(131009, "400 code 131009", details="Parameter value is not valid")]
        report = await fixed.posted(run(Say("one"), Say("two")))
        assert report.dead == (Dead(1, "c", "400 code 131009: Parameter value is not valid", "failed"),)
        assert report.sent == (Sent(2, "wamid.9f2c:0:2"),)
    play(story)


def test_of_a_window_that_is_closed_the_flow_is_told_so():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(131047)]
        assert (await fixed.posted(run(Say("one")))).dead == (Dead(1, "c", "131047", "window"),)
    play(story)


def test_where_it_is_known_to_be_closed_only_templates_are_posted():
    async def story(fixed: Fixed) -> None:
        closed = encode_contact(Contact("+1", closed=True)).decode()
        report = await fixed.posted(replace(run(Say("one"), Template("hello_v1", "en", ())), contact=closed))
        assert report.dead == (Dead(1, "c", "the window is closed", "window"),)
        assert report.sent == (Sent(2, "wamid.9f2c:0:2"),)
        assert fixed.channel.log == ["+1"]
    play(story)


def test_what_waits_for_its_file_was_not_tried_yet():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [Later(2_000)]
        assert (await fixed.posted(run(Say("one"), attempts=5))).unsent == (Unsent(1, "c", 2_000),)
    play(story)


def test_the_last_of_the_tries_is_the_last():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(131000), code(131000)]
        assert (await fixed.posted(run(Say("one"), attempts=4))).unsent[0].error == "131000"
        assert (await fixed.posted(run(Say("one"), attempts=5))).dead == (Dead(1, "c", "131000", "failed"),)
    play(story)


def test_a_user_who_is_gone_is_sent_nothing_more():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(131026)]
        report = await fixed.posted(run(Say("one"), Say("two")))
        assert report == Report(gone=(Gone(1, "c", "131026"),), ended=frozenset({"c"}))
        assert len(fixed.channel.log) == 1
    play(story)


def test_an_unknown_outcome_waits_for_a_word_of_it_before_it_is_sent_again():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [unknown("TimeoutError")]
        assert (await fixed.posted(run(Say("one")))).unsent == (
            Unsent(1, "c", 20_000, "TimeoutError", in_doubt=True),)
    play(story)


def doubtful(payload: str = "one") -> Run:
    told = run(Say(payload))
    return replace(told, postings=(replace(told.postings[0], in_doubt=True),))


def test_what_was_not_heard_of_in_time_is_sent_again():
    async def story(fixed: Fixed) -> None:
        assert (await fixed.posted(doubtful())).sent == (Sent(1, "wamid.9f2c:0:1"),)
    play(story)


def test_or_set_aside_where_the_bot_wants_it_so_and_its_flow_is_not_told():
    async def story(fixed: Fixed) -> None:
        report = await fixed.posted(doubtful())
        assert report.dead == (Dead(1, "c", "may have been sent: nothing was heard of it"),)
        assert fixed.channel.log == []
    play(story, sets_aside=True)


def test_nor_is_it_where_the_last_try_had_no_answer():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [unknown("TimeoutError")]
        assert (await fixed.posted(run(Say("one"), attempts=5))).dead == (Dead(1, "c", "TimeoutError"),)
    play(story)


def test_a_user_with_too_many_messages_pauses_and_nobody_else():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(131056)]
        report = await fixed.posted(run(Say("one"), attempts=2), run(Say("two"), conversation="d"))
        assert report.unsent == (Unsent(1, "c", 16_000, "131056"),)
        assert report.sent == (Sent(1, "wamid.9f2c:0:1"),)
    play(story)


def test_when_the_token_is_no_longer_good_everything_is_kept_until_one_message_passes():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(190)]
        await fixed.posted(run(Say("one")))
        fixed.now += 10_000
        report = await fixed.posted(run(Say("one")))
        assert report.unsent[-1] == Unsent(1, "c", 50_000)           # no try, so no attempt
        assert len(fixed.channel.log) == 1

        fixed.now += 50_000
        fixed.channel.gate.clear()
        fixed.outbox.committed(Done((), (run(Say("one")),)), fixed.now + 60_000, fixed.reports.append)
        await asyncio.sleep(0)
        fixed.outbox.committed(Done((), (run(Say("two"), conversation="d"),)), fixed.now + 60_000,
                               fixed.reports.append)
        await asyncio.sleep(0)
        assert merged(fixed.reports).unsent[-1] == Unsent(1, "d", 1_000)         # somebody tries, the others wait
        fixed.channel.gate.set()
        fixed.reports.clear()
        assert len((await fixed.posted()).sent) == 1
    play(story)


def test_a_platform_that_does_not_answer_is_left_alone_for_a_while():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [unknown("500")] * 10
        for n in range(11):
            await fixed.posted(run(Say("one"), conversation=f"c{n}"))
        assert len(fixed.channel.log) == 10
        assert merged(fixed.reports).unsent[-1] == Unsent(1, "c10", 5_000)
    play(story)


def test_a_refusal_shows_that_the_platform_is_there():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [*[unknown("500")] * 9, code(131009), unknown("500")]
        for n in range(12):
            await fixed.posted(run(Say("one"), conversation=f"c{n}"))
        assert len(fixed.channel.log) == 12
    play(story)


def test_the_platform_says_when_to_come_back():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(4, after_ms=900_000)]
        assert (await fixed.posted(run(Say("one")))).unsent[0].wait_ms == 900_000
        assert (await fixed.posted(run(Say("two"), conversation="d"))).unsent[-1].wait_ms == 900_000
    play(story)


def test_a_number_sends_no_faster_than_it_may():
    async def story(fixed: Fixed) -> None:
        await fixed.posted(*(run(Say(f"{n}"), conversation=f"c{n}") for n in range(4)))
        assert fixed.pauses == [0.5, 0.5]
        assert len(fixed.channel.log) == 4
    play(story, rate=2)


def test_a_throttled_number_slows_down():
    async def story(fixed: Fixed) -> None:
        fixed.channel.answers = [code(130429)]
        await fixed.posted(run(Say("one")))
        for n in range(3):
            await fixed.posted(run(Say("two"), conversation=f"d{n}"))
        assert fixed.pauses == [0.01, 0.01, 0.01]
    play(story)


def test_a_pause_that_would_outlast_the_lease_gives_the_posting_back_for_as_long():
    async def story(fixed: Fixed) -> None:
        fixed.now = UNTIL - 10_100
        report = await fixed.posted(run(Say("one")), run(Say("two"), conversation="d"))
        assert (len(report.sent), report.unsent) == (1, (Unsent(1, "d", 1_000),))
    play(story, rate=1)


def test_who_is_given_back_takes_nobodys_turn_at_the_number():
    async def story(fixed: Fixed) -> None:
        fixed.now = UNTIL - 10_100
        await fixed.posted(run(Say("one")), *(run(Say("two"), conversation=f"d{n}") for n in range(100)))
        fixed.now += 1_000
        again = run(Say("two"), conversation="d0")
        fixed.outbox.committed(Done((), (again,)), fixed.now + 20_000, fixed.reports.append)
        assert len((await fixed.posted()).sent) == 2
        assert fixed.pauses == []
    play(story, rate=1)


def test_one_user_gets_no_more_at_once_than_whatsapp_lends():
    async def story(fixed: Fixed) -> None:
        report = await fixed.posted(run(*(Say(str(n)) for n in range(46))))
        assert len(report.sent) == 45
        assert report.unsent == (Unsent(46, "c", 6_000),)
    play(story)


def test_a_bot_that_says_the_same_twenty_times_is_stopped():
    async def story(fixed: Fixed) -> None:
        report = await fixed.posted(run(*[Say("same")] * 21, Say("other"), *[Say("same")] * 2))
        assert len(report.sent) == 21
        assert {dead.error for dead in report.dead} == {"repeated too often"}
        assert [dead.posting for dead in report.dead] == [21, 23, 24]

        fixed.now += 300_000
        fixed.outbox.committed(Done((), (run(Say("same")),)), fixed.now + 60_000, fixed.reports.append)
        assert len((await fixed.posted()).sent) == 22
    play(story)
