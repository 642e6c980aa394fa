"""Bots with a slip of the pen are told or work, and any text is answered at every step of the bots here, at once."""

import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsl.build import build_sources
from dsl.format import format_source
from dsl.render import text
from dsl.table import Table, dump, load
from runtime.conversation import Conversation
from runtime.effects import Call, Handover, Message, Offer
from runtime.events import Answered, Chose, Event, Failed, Happened, Resumed, Said, Sent
from runtime.machine import advance
from runtime.state import Frame, State

LONGEST_S = 1.0                              # CPU, of an answer

# --- bots with a slip of the pen --------------------------------------------------------------------------------

BOTS = Path(__file__).parent.parent / "bots"
SHIPPED = {
    folder.name: {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
                  for path in sorted([folder / "domain.yml", *folder.glob("*.flow"), *folder.glob("locales/*.po")])}
    for folder in sorted(BOTS.iterdir()) if (folder / "domain.yml").exists()}
SIGNS = "\"{}()[]|:-#'\n \t\\/0aé\0>,"


def slipped(sources: dict[str, str], chance: random.Random) -> dict[str, str]:
    """The same files with one to three lines or characters doubled, swapped, indented, misplaced or gone."""
    changed = dict(sources)
    for _ in range(chance.choice([1, 1, 2, 3])):
        name = chance.choice(sorted(changed))
        changed[name] = _slip(changed[name], changed[chance.choice(sorted(changed))].split("\n"), chance)
    return changed


def _slip(text: str, others: list[str], chance: random.Random) -> str:
    lines = text.split("\n")
    here, there, at = chance.randrange(len(lines)), chance.randrange(len(lines)), chance.randrange(len(text) + 1)
    match chance.randrange(9):
        case 0:
            del lines[here]
        case 1:
            lines.insert(there, lines[here])
        case 2:
            lines[here], lines[there] = lines[there], lines[here]
        case 3:
            return text[:at] + text[at + 1:]
        case 4:
            return text[:at] + chance.choice(SIGNS) + text[at:]
        case 5:
            lines[here] = "  " + lines[here]
        case 6:
            lines[here] = lines[here][2:]
        case 7:
            lines.insert(here, chance.choice(others))
        case _:
            words = lines[here].split(" ")
            words[chance.randrange(len(words))] = chance.choice(chance.choice(others).split(" "))
            lines[here] = " ".join(words)
    return "\n".join(lines)


@given(seed=st.integers(0, 2**32), bot=st.sampled_from(sorted(SHIPPED)))
@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_a_bot_with_a_slip_is_told_or_works(seed: int, bot: str):
    chance = random.Random(seed)
    sources = slipped(SHIPPED[bot], chance)

    built = build_sources(sources)

    assert text(built.diagnostics, built.sources, bot)
    for report in built.diagnostics:
        assert 0 <= report.span.start <= report.span.end <= len(built.sources[report.span.file].text)
    laid_out = {name: format_source(source) if name.endswith(".flow") else source for name, source in sources.items()}
    assert all(source is None or not name.endswith(".flow") or format_source(source) == source
               for name, source in laid_out.items())
    if built.table is None:
        assert built.diagnostics
    else:
        assert None not in laid_out.values()
        again = build_sources({name: source or "" for name, source in laid_out.items()}).table
        assert again is not None
        assert dump(again) == dump(built.table)
        converse(load(dump(built.table)), chance)


RESULTS: list[Any] = [None, [], {}, "x", 3, [{"id": str(n), "name": f"N{n}", "km": 1, "price": "3"} for n in range(25)],
                      {"id": "1", "at": "2026-03-02T09:00", "total": 3, "lines": []}]
REPLIES = ["hi", "yes", "no", "1", "2", "menu", "stop", "help", "tomorrow at 9", "Ana Lima", "24 March 1990", "9",
           "more", "a@b.co", "Bogota", "1e999", "31/02/2020", "shop", "book", "", "\0", "\u202eabc", "\u200b",
           "x" * 10_000]
THINGS: list[tuple[str, dict[str, Any]]] = [
    ("image", {"id": "1", "mime": "image/png"}), ("audio", {}), ("location", {"latitude": 1, "longitude": 2}),
    ("contact", {"name": 3}), ("order", {}), ("unsupported", {}), ("sticker", {"id": None})]


def converse(table: Table, chance: random.Random) -> None:
    """A dozen events; nothing may be thrown, and a state that rests is one that somebody will move on."""
    talk = Conversation(table, 1_772_000_000_000)
    offered: list[Offer] = []
    for _ in range(12):
        talk.now += chance.choice([1000, 60_000, 90_000_000])
        turn = talk.happens(_event(talk, offered, chance))
        offered += [effect for effect in turn.effects if isinstance(effect, Offer)]


def _event(talk: Conversation, offered: list[Offer], chance: random.Random) -> Event:
    when: Any = {"at": talk.now, "seed": talk.seed}
    kind = chance.random()
    if talk.calls and kind < 0.6:
        failed = Failed(call=talk.calls[0].id, kind="failure", **when)
        return chance.choice([failed, Answered(call=talk.calls[0].id, result=chance.choice(RESULTS), **when)])
    if offered and kind < 0.4:
        offer = chance.choice(offered)
        return Chose(step=offer.step, option=chance.choice(offer.options).id, **when)
    if kind < 0.7:
        return Said(text=chance.choice(REPLIES), **when)
    if kind < 0.8:
        thing, value = chance.choice(THINGS)
        return Sent(kind=thing, value=value, **when)
    if kind < 0.9 and talk.table.events:
        name = chance.choice(sorted(talk.table.events))
        return Happened(name=name, params=chance.choice([{}, {"store": "X"}]), **when)
    return talk.next_due(talk.now + 90_000_000) or Resumed(**when)


# --- users ------------------------------------------------------------------------------------------------------

TEXTS = {
    "nothing": "", "nul": "\0", "emoji": "👩‍👩‍👧‍👦🏽",
    "right to left": "\u202eשלום", "of no width": "\u200b\u200d\ufeff",
    "long": "x" * 100_000, "long words": "yes " * 25_000, "long digits": "1" * 100_000, "long dates": "1/" * 50_000,
    "long blanks": " " * 100_000, "long marks": "a" + "\u0301" * 100_000,
    "long emoji": "😀" * 50_000,
    "long address": "a@" + "a." * 50_000, "long numbers": "twenty " * 15_000,
    "braces": "{name}", "lines": "\n" * 100_000,
    "hours": "at 5 " * 20_000,
    "other scripts": "٢٠٢٦/٣/١ 九", "markup": "<b>'; DROP TABLE x;--",
}


@pytest.mark.parametrize("said", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("bot", SHIPPED)
def test_any_text_is_answered_at_every_step_in_good_time(bot: str, said: str):
    table = build_sources(SHIPPED[bot]).table
    assert table is not None
    at_ms = 1_772_000_000_000
    for name, step in table.steps.items():
        if step.kind in ("call", "handover", "do"):
            continue
        state = State(frames=(Frame(flow=step.flow, step=name),), heard=at_ms)
        before = time.process_time()
        turn = advance(table, state, Said(text=said, at=at_ms + 1000))
        took = time.process_time() - before

        is_answered = any(isinstance(effect, Message | Call | Handover) for effect in turn.effects)
        assert is_answered or not turn.state.frames, name
        assert took < LONGEST_S, name
