"""Whatever the table, the state and the event: there is a turn, within its bounds, and always the same one."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsl.table import Action, Message, Option, Row, Step, Table, Template, Var
from runtime.effects import Call, CancelTimer, Close, Handover, SetTimer, Track
from runtime.events import Answered, Chose, Failed, Happened, Opened, Resumed, Said, Sent, TimedOut, Undelivered
from runtime.machine import WAITING, advance
from runtime.state import Frame, State, decode_state, encode_state
from runtime.walk import FRAMES, MESSAGES
from tests.runtime.small_bots import WHATSAPP, Bot

FLOWS = ["main", "f", "g", "system.failed"]
STEPS = ["main", "f.ask", "f.choose", "f.list", "f.do", "f.call", "g.hand", "g.do", "anywhere.do", "anywhere.choose"]
KINDS = ["menu", "ask", "choose", "ask", "do", "call", "handover", "do", "do", "choose"]
RUNS = [*FLOWS, "r0", "r1", "r2", "r3", "r4"]
WORDS = ["yes", "no", "more", "none of these", "stop", "two", "2", "blue whale", "tomorrow", "", "👍", "x" * 5000,
         "\0\ud800"]
SLOTS = {"a": Var("text"), "b": Var("list of text"), "c": Var("choice"), "n": Var("integer", keep=True)}
TYPES = ["text", "integer", "boolean", "choice", "image", "language", "date", "clinic"]

texts, exprs = st.integers(0, 7), st.integers(0, 7)
variables = st.sampled_from([["slot", "a"], ["slot", "b"], ["slot", "n"], ["local", "x"], ["slot", "language"]])
flows, steps, runs = st.sampled_from([*FLOWS, "?"]), st.sampled_from([*STEPS, "?"]), st.sampled_from([*RUNS, "?"])


def op(*parts: Any) -> st.SearchStrategy[list[Any]]:
    return st.tuples(*(part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts)).map(list)


PLAIN = st.one_of(
    op("say", st.fixed_dictionaries({"text": texts}, optional={"image": exprs, "header": texts})),
    op("say", st.fixed_dictionaries({"text": st.lists(texts, min_size=1, max_size=3)})),
    op("set", variables, exprs), op("clear", variables), op("branch", exprs, runs),
    op("each", "k", exprs), op("next", "k", variables, runs), op("track", "e", st.just([["v", 0]])),
    op("opt", st.sampled_from(["in", "out"])), op("leave"), op("media", "image", exprs, texts),
    op("location", exprs, st.none(), exprs), op("contact", exprs, st.none()), op("list", exprs, texts, exprs, exprs),
    op("template", "t", st.lists(exprs, max_size=2)),
)
LAST = st.one_of(
    op("rest", steps), op("again", steps), op("jump", flows), op("go", runs), op("end"),
    op("return", st.one_of(st.none(), exprs)))
RUN = st.tuples(st.lists(PLAIN, max_size=3), LAST).map(lambda parts: [*parts[0], parts[1]])
PUSH = op("push", st.sampled_from(["again", "quiet"]), st.booleans())
GUARD = st.one_of(st.none(), st.none(), exprs)


def rows(events: list[str]) -> st.SearchStrategy[list[Row]]:
    row = st.builds(
        lambda event, guard, ops, push, target: Row(event, guard, [*ops, *([push] if push and target else [])], target),
        st.sampled_from(events), GUARD, st.lists(PLAIN, max_size=1), st.one_of(st.none(), PUSH),
        st.one_of(st.none(), runs))
    return st.lists(row, max_size=5)


HEARD = ["reply:0", "reply:1,2", "pattern:0", "kind:text", "kind:image", "kind:anything", "reaction:👍", "event:e",
         "event:undelivered", "kind:ad"]
OWN = {
    "menu": ["option:yes", "option:no", "tries"], "choose": ["option:yes", "option:no", "after:60", "tries"],
    "ask": ["answer", "skip", "tries", "after:60"], "do": ["return"], "call": ["result", "failure", "reason:r"],
    "handover": ["resume", "after:60"]}


def step(name: str, kind: str) -> st.SearchStrategy[Step]:
    def options(when: int) -> list[Option]:
        known = [Option("yes", 0), Option("no", 1, 2, ["reply:3"]), Option("w", 5, when=when)]
        return known if kind in ("menu", "choose") else []

    return st.builds(
        lambda on, type, items, tries, skip, when, private: Step(
            kind, name.partition(".")[0], on, Message(4), options=options(when),
            slot=["slot", "c" if type == "choice" else "a"] if kind == "ask" else None, type=type,
            items=0 if items and kind == "ask" else None, title=1, tries=tries, private=private,
            skip=6 if skip and kind == "ask" else None, suggest=[3] if skip and kind == "ask" else [], team=2,
            name={"do": "f", "call": "act"}.get(kind), args=[["p", 2]] if kind in ("do", "call") else [],
            into=["local", "x"] if kind in ("do", "call") else None),
        rows([*OWN[kind], *OWN[kind], *HEARD]), st.sampled_from(TYPES), st.booleans(),
        st.one_of(st.none(), st.integers(1, 3)), st.booleans(), exprs, st.booleans())


@st.composite
def tables(draw: Any) -> Table:
    bot = Bot()
    base = len(bot.texts)
    for words in ("Yes", "No {a}", "stop", "Two", "Well, {@x}?", "More", "Skip", "word " * 900):
        bot.text(words)
    texts = [*bot.texts[base:], *bot.texts[:base]]
    shift = len(texts) - base
    codes = [["slot", "b"], ["it", "unknown"], ["slot", "a"], ["list", "a", "b", 1], True, False, None,
             ["local", "x", "text"]]
    template = Template({"p": Var("text"), "q": Var("date")}, {"en": ["T ", ["show", "text", [], ["given", "p"]]]})
    start = st.builds(Row, st.sampled_from(HEARD), GUARD, st.just([]), st.sampled_from(FLOWS))
    runs = {name: draw(RUN) for name in RUNS}
    for name in FLOWS:
        bot.flow(name, *runs[name])
    bot.runs.update(runs)
    return Table(
        bot="small", languages=["en", "es"], timezone="UTC", start="main", limits=WHATSAPP, flows=bot.flows,
        slots={**SLOTS, "c": Var("choice", values=[["x", 3], ["y", 5]])}, runs=bot.runs,
        steps={name: draw(step(name, kind)) for name, kind in zip(STEPS, KINDS, strict=True)},
        anywhere=draw(rows(HEARD)), starts=draw(st.lists(start, max_size=2)),
        otherwise=draw(st.one_of(st.none(), st.just([2, ["otherwise", None, [], "r0"]]))),
        actions={"act": Action({"p": "text"}, "text", ["r"])}, templates={"t": template},
        events={"e": {"p": "text"}, "undelivered": {"reason": "text"}},
        system={name: index + shift for name, index in bot.system.items()}, texts=texts, exprs=codes,
        patterns=["(?i)wh.le"], records={"clinic": {"id": Var("text")}})


events = st.one_of(
    st.builds(Said, text=st.one_of(st.sampled_from(WORDS), st.text(max_size=20)), ad=st.sampled_from([None, {"a": 1}])),
    st.builds(Chose, step=st.sampled_from([*STEPS, "?", "system.welcome_back"]),
              option=st.sampled_from(["yes", "no", "w", "x", "system.more", "system.skip", "system.none_of_these"])),
    st.builds(Sent, kind=st.sampled_from(["image", "audio", "reaction", "location", "edit", "?"]),
              value=st.sampled_from([{}, {"emoji": "👍"}, {"id": "1", "mime": "image/png"}, {"emoji": 3}])),
    st.just(Opened()), st.just(Resumed()),
    st.builds(TimedOut, name=st.sampled_from(["0:f.choose:60", "1:f.ask:60", "?"]), due=st.sampled_from([60_000, 1])),
    st.builds(Answered, call=st.sampled_from(["2.1", "3.1", "?"]), result=st.sampled_from(["x", None, [1], {"a": 1}])),
    st.builds(Failed, call=st.sampled_from(["2.1", "3.1", "?"]), reason=st.sampled_from(["r", ""]),
              kind=st.sampled_from(["reason", "timeout", "failure", "?"])),
    st.builds(Happened, name=st.sampled_from(["e", "?"]), params=st.sampled_from([{}, {"p": 1, "z": []}])),
    st.builds(Undelivered, step=st.sampled_from([None, *STEPS, "?"])),
)
stored = events.filter(lambda event: "\ud800" not in getattr(event, "text", ""))
frames = st.builds(
    Frame, flow=st.sampled_from([*FLOWS, *STEPS, "anywhere", "?"]), step=st.sampled_from([None, *STEPS, "?"]),
    locals=st.sampled_from([{}, {"x": "y"}, {"k": ["a"]}]), shares=st.one_of(st.none(), st.integers(-1, 3)),
    back=st.sampled_from([None, None, "again", "quiet"]), tries=st.integers(0, 3), fired=st.sampled_from([(), (60,)]),
    doubt=st.sampled_from([(), ("yes", "no")]), call=st.sampled_from([None, None, "2.1"]), page=st.integers(0, 3))
states = st.builds(
    State, frames=st.lists(frames, max_size=3).map(tuple), asked=st.lists(frames, max_size=2).map(tuple),
    slots=st.sampled_from([
        {}, {"a": "z", "b": ["1", "2"], "language": "es"}, {"b": [f"i{n}" for n in range(12)], "c": 5}]),
    table=st.sampled_from(["", "older"]), waiting=st.lists(stored, max_size=2).map(tuple), opted_out=st.booleans(),
    heard=st.sampled_from([0, 1]))

# Shrinking a whole table takes minutes; what fails is printed as it is.
FAST = settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
UNSEEN = (Call, CancelTimer, Close, Handover, SetTimer, Track)


def check(table: Table, state: State, event: Any) -> State:
    """One turn and what must hold of any; the state as it comes back from JSON."""
    handled = 1 + len(state.waiting)
    turn = advance(table, state, event)

    assert advance(table, decode_state(encode_state(state)), event) == turn
    after = decode_state(encode_state(turn.state))
    assert after == turn.state
    assert sum(not isinstance(effect, UNSEEN) for effect in turn.effects) <= (MESSAGES + 1) * handled
    assert len(after.frames) <= FRAMES
    assert len(after.waiting) <= WAITING
    assert after.turn == state.turn + 1
    return after


@settings(FAST)
@given(tables(), st.lists(events, min_size=1, max_size=6))
def test_a_conversation_goes_on_whatever_happens(table, happenings):
    state = State()
    for event in happenings:
        state = check(table, state, event)
        assert all(frame.step in table.steps or frame.step == "system.welcome_back" for frame in state.frames)


@settings(FAST)
@given(tables(), states, events)
def test_any_state_and_any_event_give_a_turn(table, state, event):
    check(table, state, event)
