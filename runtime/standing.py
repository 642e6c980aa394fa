"""What a story's words stand for at one moment of a conversation: where it rests, what names hold, how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsl.table import SourceMap, Step, Table, Var
from runtime.program import Scope, program
from runtime.state import State
from runtime.story_road import Road
from runtime.telling import Teller


class Standing:
    """Reads the road's state, whatever it is when it is asked."""

    def __init__(self, table: Table, places: SourceMap, road: Road) -> None:
        self._table, self._places, self._road = table, places, road
        self._program = program(table)

    @property
    def _state(self) -> State:
        return self._road.state

    def where(self) -> str | None:
        frames = self._state.frames
        return frames[-1].step if frames else None

    def flow(self) -> str | None:
        frames = self._state.frames
        return frames[-1].flow if frames else None

    def resting(self) -> Step | None:
        here = self.where()
        return None if here is None else self._table.steps.get(here)

    def known(self) -> dict[str, Any]:
        """What every name holds now: defaults, slots, and over them the locals of the flow."""
        defaults = {name: slot.default for name, slot in self._table.slots.items() if slot.default is not None}
        return {**defaults, **self._state.slots, **self._locals()}

    def admitted(self, name: str, value: Any) -> Any:
        """A value that the story writes, as the machine keeps it."""
        return self._program.values.admit(self._type_of(name), value)

    def teller(self) -> Teller:
        resting = self.resting()
        hint = self._program.text(resting.hint, self._scope()) if resting and resting.hint is not None else ""
        return Teller(self._shown, self._variants, hint)

    def _locals(self) -> dict[str, Any]:
        frames = self._state.frames
        if not frames:
            return {}
        top = frames[-1]
        return frames[top.shares].locals if top.shares is not None else top.locals

    def _language(self) -> str:
        language: str = self._state.slots.get("language") or self._table.languages[0]
        return language

    def _scope(self) -> Scope:
        return Scope(slots=self._state.slots, locals=self._locals(), at=self._road.now, language=self._language(),
                     flow=self.flow() or "")

    def _shown(self, path: tuple[str, ...]) -> str:
        name, *fields = path
        value: Any = self.known().get(name)
        titles = dict((self._var(name) or Var("unknown")).values or ())
        if not fields and isinstance(value, str) and value in titles:
            return self._program.text(titles[value], self._scope())
        type = self._type_of(name)
        for part in fields:
            value = value.get(part) if isinstance(value, dict) else None
            var = self._table.records.get(type, {}).get(part)
            type = var.type if var else "unknown"
        return self._program.formats(self._language()).show(self._program.values.convert(type, value))

    def _variants(self, response: str) -> Sequence[Sequence[str | None]]:
        language, first = self._language(), self._table.languages[0]
        texts = [self._table.texts[text] for text in self._places.responses.get(response, [])]
        return [[part if isinstance(part, str) else None for part in text.get(language, text[first])]
                for text in texts]

    def _type_of(self, name: str) -> str:
        var = self._var(name)
        return var.type if var else "unknown"

    def _var(self, name: str) -> Var | None:
        flow = self._table.flows.get(self.flow() or "")
        return (flow.locals.get(name) if flow else None) or self._table.slots.get(name)
