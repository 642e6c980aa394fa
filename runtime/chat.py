"""A bot in the terminal: one conversation in memory, its actions really run, its timers by the clock.

`Chat` is what happens; how it is shown is `drawing.py`, how lines are read is `commands/chat.py`. A line that is the
title of an option of the newest question is a tap on it, any other line is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from copy import deepcopy
from typing import Any, NamedTuple

from dsl.table import Table
from runtime.conversation import Conversation
from runtime.effects import Call, Handover, Message, Offer, Track
from runtime.events import Answered, Chose, Event, Failed, Resumed, Said
from runtime.shown import MESSAGES, text_of, titles

TURNS_A_LINE = 50                            # calls that follow from one line; more is a loop

RunAction = Callable[[Call], Coroutine[Any, Any, Answered | Failed]]
Step = dict[str, Any]                        # one step of a story: `{"user": "hi"}`


class Moment(NamedTuple):
    """All that `/back` goes back to."""

    talk: Conversation
    told: int
    results: int
    offered: Offer | None
    at: int
    ahead: int


class Chat:
    """A conversation with a person at a keyboard; `clock` says milliseconds since 1970, UTC."""

    def __init__(self, table: Table, run_action: RunAction, clock: Callable[[], int]) -> None:
        self.table, self.run_action, self.clock = table, run_action, clock
        self.started = self.at = clock()     # `at`: when the last thing happened
        self.talk = Conversation(table, self.started)
        self.told: list[Step] = []
        self.results: list[tuple[str, Any]] = []             # action and what it answered, in order
        self.moments: list[Moment] = []
        self.offered: Offer | None = None    # the newest question with options
        self.ahead = 0                       # how far `/wait` has moved the clock, milliseconds

    async def line(self, text: str) -> list[Message]:
        """What the bot answers to a line; taps count as taps."""
        self.remember()
        self.talk.now = max(self.talk.now, self.time())
        self.at, seed = self.talk.now, self.talk.seed
        offered = self.offered
        if offered and (option := next((option for option in offered.options if option.title == text), None)):
            self.told.append({"tap": text})
            return await self.happens(Chose(step=offered.step, option=option.id, title=text, at=self.at, seed=seed))
        self.told.append({"user": text})
        return await self.happens(Said(text=text, at=self.at, seed=seed))

    async def due(self) -> list[Message]:
        """What the bot says because time has passed."""
        said: list[Message] = []
        for _ in range(TURNS_A_LINE):
            event = self.talk.next_due(self.time())
            if event is None:
                break
            self.told.append({"wait": f"{max(1, -(-(event.due - self.at) // 1000))}s"})
            self.at = event.due
            said += await self.happens(event)
        return said

    async def wait(self, seconds: int) -> list[Message]:
        """The same, as if that much time had passed."""
        self.remember()
        self.ahead += seconds * 1000
        said = await self.due()
        self.talk.now = max(self.talk.now, self.time())
        return said

    def time(self) -> int:
        """What the clock of this conversation says, milliseconds since 1970, UTC."""
        return self.clock() + self.ahead

    async def resume(self) -> list[Message]:
        """The team gives the conversation back."""
        self.remember()
        self.told.append({"staff": "resume"})
        return await self.happens(Resumed(at=self.talk.now, seed=self.talk.seed))

    async def happens(self, event: Event) -> list[Message]:
        said: list[Message] = []
        waiting = [event]
        for _ in range(TURNS_A_LINE):
            if not waiting:
                break
            for effect in self.talk.happens(waiting.pop(0)).effects:
                match effect:
                    case Call():
                        waiting.append(await self.call(effect))
                    case Handover() | Track():
                        pass
                    case _ if isinstance(effect, MESSAGES):
                        self.says(effect)
                        said.append(effect)
        return said

    async def call(self, call: Call) -> Event:
        result = await self.run_action(call)
        match result:
            case Answered(result=value):
                self.results.append((call.action, value))
                return Answered(call=call.id, result=value, at=self.talk.now, seed=self.talk.seed)
            case Failed(kind=kind, reason=reason):
                self.told.append({"fails": {call.action: reason or kind}})
                return Failed(call=call.id, kind=kind, reason=reason, at=self.talk.now, seed=self.talk.seed)

    def says(self, message: Message) -> None:
        if isinstance(message, Offer):
            self.offered = message
            shown = {"text": text_of(message), "options": list(titles(message))}
            self.told.append({"bot": shown})
        else:
            self.told.append({"bot": text_of(message)})

    def remember(self) -> None:
        self.moments.append(Moment(deepcopy(self.talk), len(self.told), len(self.results), self.offered, self.at,
                                   self.ahead))

    def back(self) -> bool:
        """Take the last line back, and all that came of it."""
        if not self.moments:
            return False
        moment = self.moments.pop()
        self.talk, self.offered, self.at, self.ahead = moment.talk, moment.offered, moment.at, moment.ahead
        self.talk.table = self.table
        del self.told[moment.told:], self.results[moment.results:]
        return True

    def reload(self, table: Table) -> None:
        """Go on with another version of the bot: the machine moves the conversation over at the next event."""
        self.table = self.talk.table = table


def as_story(chat: Chat, name: str, now: str) -> str:
    """What was said as a story file; `now` is when it began, in the bot's time zone (ISO)."""
    import yaml

    actions: dict[str, Any] = {}
    for action, value in chat.results:
        actions.setdefault(action, {"results": []})["results"].append(value)
    steps = [_escaped(told) for told in _failures_first(chat.told)]
    story: dict[str, Any] = {"story": name, "given": {"now": now}}
    if actions:
        story["actions"] = actions
    return yaml.safe_dump({"bot": chat.table.bot, "stories": [{**story, "steps": steps}]}, allow_unicode=True,
                          sort_keys=False, width=110)


def _failures_first(told: list[Step]) -> list[Step]:
    """A call fails as told before the line that made it: `fails` speaks of the next call."""
    ordered: list[Step] = []
    for step in told:
        if "fails" in step:
            at = next((index for index in range(len(ordered) - 1, -1, -1) if "bot" not in ordered[index]), 0)
            ordered.insert(at, step)
        else:
            ordered.append(step)
    return ordered


def _escaped(step: Step) -> Step:
    """A text of the bot as itself: `*`, `{` and a leading `/` mean something in a story."""
    return {"bot": _literal(step["bot"])} if "bot" in step else step


def _literal(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _literal(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_literal(item) for item in told]
    escaped = "".join(f"\\{char}" if char in "\\*{" else char for char in told)
    return f"\\{escaped}" if escaped.startswith("/") else escaped
