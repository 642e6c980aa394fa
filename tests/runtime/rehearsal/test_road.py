"""What a story tells is the same on the machine alone and on everything real, also when processes die on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from dsl.build import Build, build_sources
from dsl.source import Source
from dsl.story import Crash, Story, read_stories
from dsl.table import Delivery
from runtime.effects import Call, Message
from runtime.events import Answered, Chose, Event, Failed, Said
from runtime.rehearsal.disk import Disk, InFile, InMemory
from runtime.rehearsal.road import PHONE, Rehearsal, through_whatsapp
from runtime.shown import text_of
from runtime.state import Fired, State
from runtime.stories import Line, Played, play
from runtime.story_files import Library, story_paths

ROOT = Path(__file__).parents[3]


def shipped() -> Iterator[tuple[Build, Story]]:
    library = Library()
    for path in story_paths([ROOT / "stories"]):
        opened = library.open(path)
        assert opened.bot is not None, opened.refused
        for story in opened.stories:
            yield opened.bot, story


SHIPPED = pytest.mark.parametrize(("bot", "story"), [
    pytest.param(bot, story, id=f"{bot.table.bot}: {story.name}") for bot, story in shipped() if bot.table])


def played(bot: Build, story: Story, road: object = None) -> Played:
    assert bot.table is not None
    assert bot.map is not None
    return play(bot.table, bot.map, story, road)  # type: ignore[arg-type]


def without_crashes(story: Story) -> Story:
    return replace(story, steps=tuple(step for step in story.steps if not isinstance(step, Crash)))


def told(transcript: tuple[Line, ...]) -> list[tuple[str, str]]:
    """A transcript but for the crashes, and for how late it is: being started again takes time."""
    return [(line.who, line.what if line.who != "time" else "") for line in transcript if line.who != "crash"]


@SHIPPED
def test_a_story_of_ours_is_the_same_through_whatsapp(bot: Build, story: Story):
    alone, through = played(bot, without_crashes(story)), played(bot, story, through_whatsapp)

    assert through.broken is None
    assert told(through.transcript) == told(alone.transcript)
    assert through.fired == alone.fired


@SHIPPED
@pytest.mark.parametrize("when_sent", [False, True], ids=["unsent", "sent"])
def test_nothing_is_lost_and_nothing_doubled_when_the_process_dies_after_every_step(
        bot: Build, story: Story, when_sent: bool):
    steps = tuple(one for step in without_crashes(story).steps for one in (step, Crash(when_sent, step.span)))

    alone, crashed = played(bot, without_crashes(story)), played(bot, replace(story, steps=steps))

    assert crashed.broken is None
    assert told(crashed.transcript) == told(alone.transcript)
    assert crashed.fired == alone.fired
    assert sum(line.who == "crash" for line in crashed.transcript) == len(steps) / 2


# --- what only the wire shows -----------------------------------------------------------------------------------

KIOSK = build_sources({
    "domain.yml": """\
bot: kiosk
languages: [en]
start: main
slots: {n: integer}
records: {cup: {id: text}}
actions:
  fetch: {params: {n: integer}, returns: cup, python: actions.fetch}
templates:
  ready_v1: {params: {cup: {type: text, max: 9}}, text: {en: "Cup {cup} is ready."}, buttons: [Coming]}
events: {ready: {params: {cup: {type: text, max: 9}}}, late: {}}
""",
    "main.flow": """\
anywhere
  on "menu" -> main

menu main "Which cup?"
  - "Blue" -> serve
  - "Red"  -> count

flow count
  ask n as integer "How many, not {n or 0}?"
    invalid "Not {n or 0} again."
    after 10m
      say "Still there?"
  say "Number {n}."
  -> count

flow serve
  starts on "serve"
  call fetch(n or 1) into cup
    on failure -> main
  say "Cup {cup.id or '?'}."
  -> main

flow ready
  starts on event ready
  send template ready_v1(cup)
  end

flow late
  starts on event late
  say "We are closing."
  end
"""})


def tells(steps: str, road: object = None, given: str = "", bot: Build = KIOSK) -> Played:
    text = f"bot: kiosk\nstories:\n  - story: s\n{given}    steps:\n"
    file, faults = read_stories(Source("s.yml", text + "".join(f"      {line}\n" for line in steps.splitlines())))
    assert not faults, faults
    assert bot.table is not None, bot.diagnostics
    return played(bot, file.stories[0], road)


def test_a_message_to_somebody_who_has_not_written_is_refused_on_the_wire():
    steps = "- event: late\n- bot: We are closing."

    assert tells(steps).broken is None
    broken = tells(steps, through_whatsapp).broken
    assert broken is not None
    assert broken.reason.startswith("a message of the bot did not go through")
    assert [difference.sent for difference in broken.differences] == ["We are closing."]


def test_a_template_reaches_them_and_its_button_is_tapped():
    steps = ("- event: {ready: {cup: c1}}\n- bot: {template: ready_v1, params: {cup: c1}, text: Cup c1 is ready.}\n"
             "- tap: Coming\n- bot: {menu: main, options: [Blue, Red], shape: buttons}\n- tap: Red\n- bot: How many*")

    through = tells(steps, through_whatsapp)

    assert through.broken is None
    assert through.transcript == tells(steps).transcript


def test_a_bot_that_repeats_itself_is_stopped_as_it_would_be():
    steps = "- user: hi\n- bot:\n- tap: Red\n- bot: How many*\n" + "- user: many\n- bot:\n" * 21

    assert tells(steps).broken is None
    broken = tells(steps, through_whatsapp).broken
    assert broken is not None
    assert broken.reason.endswith("repeated too often")


def test_more_than_one_user_may_be_sent_at_once_comes_later_and_all_of_it():
    steps = "- user: hi\n- bot:\n- tap: Red\n- bot: How many*\n" + "".join(
        f'- user: "{n}"\n- bot: Number {n}.\n- bot:\n- user: many\n- bot: Not {n} again.\n- bot:\n'
        for n in range(1, 21))

    through = tells(steps, through_whatsapp)

    assert through.broken is None, through.broken
    assert through.transcript == tells(steps).transcript


# --- processes --------------------------------------------------------------------------------------------------


def test_an_action_that_is_run_again_is_told_once_and_answers_the_same():
    steps = ("- user: serve\n- crash: sent\n- called: {fetch: {n: 1}}\n- bot: Cup c1.\n- bot: {menu: main}\n"
             "- user: serve\n- bot: Cup c2.\n- bot: {menu: main}")
    crashed = tells(steps, given="    actions: {fetch: {results: [{id: c1}, {id: c2}]}}\n")

    assert crashed.broken is None
    assert [line.what for line in crashed.transcript if line.who == "action"] == ["fetch(n: 1)"] * 2


def test_a_timer_that_came_due_is_not_lost_with_the_process():
    crashed = tells("- user: hi\n- bot:\n- tap: Red\n- bot: How many*\n- wait: 10m\n- crash\n- bot: Still there?\n"
                    "- wait: 1h")

    assert crashed.broken is None
    assert [line.who for line in crashed.transcript][-4:] == ["time", "crash", "bot", "wait"]


def test_a_bot_that_says_nothing_twice_may_not_say_it_at_all():
    assert KIOSK.table is not None
    careful = replace(KIOSK, table=replace(KIOSK.table, delivery=Delivery(in_doubt="set aside")))

    unsent = tells("- user: hi\n- crash\n- bot: {menu: main}", bot=careful).broken
    assert unsent is not None
    assert unsent.reason.startswith("a message of the bot did not go through: may have been sent")
    assert tells("- user: hi\n- crash: sent\n- bot: {menu: main}\n- user: hi\n- bot:", bot=careful).broken is None


class Listener:
    """Hears everything, and answers every call."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.turns = 0

    def turned(self, event: Event, trace: tuple[Fired, ...]) -> None:
        self.turns += 1

    def heard(self, message: Message) -> None:
        self.said.append(text_of(message))

    def outcome(self, call: Call) -> Answered | Failed | None:
        return Answered(call=call.id)

    def undelivered(self, message: Message, error: str) -> None:
        raise AssertionError(error)


def test_what_is_delivered_twice_is_acknowledged_twice_and_handled_once():
    assert KIOSK.table is not None
    listener = Listener()
    road = through_whatsapp(KIOSK.table, 1_767_225_600_000, State(), listener)
    for _ in range(2):
        road.receives(Said(text="hi"), 0)
        road.settle()
    [told] = road.platform.ledger.inbound.values()
    road.close()

    assert (told.delivered, told.acknowledged, told.read) == (2, 2, 1)
    assert (listener.turns, listener.said) == (1, ["Which cup?"])
    assert road.platform.ledger.is_exact()


@pytest.mark.parametrize("disk", [InMemory, InFile])
def test_what_is_late_was_sent_before_and_is_handled_after(disk: type[Disk]):
    assert KIOSK.table is not None
    listener = Listener()
    start = 1_767_225_600_000
    road = Rehearsal(KIOSK.table, start, State(), listener, disk())
    road.receives(Said(text="hi"), 0)
    road.settle()
    road.receives(Chose(step="main", option="red", title="Red"), 1, late_s=600)
    road.settle()
    lines = [line for line in road.platform.ledger.lines if line.user == PHONE]
    road.close()

    assert [(line.speaker, line.at - start) for line in lines] == [
        ("user", 0), ("bot", 0), ("user", 0), ("bot", 600_000)]
    assert listener.said == ["Which cup?", "How many, not 0?"]


def test_nothing_is_left_on_the_disk():
    disk = InFile()
    folder = Path(disk.folder)
    assert KIOSK.table is not None
    road = Rehearsal(KIOSK.table, 0, State(), Listener(), disk)

    assert [file.name for file in folder.glob("*.db")] == ["story.db"]
    road.close()
    assert not folder.exists()
