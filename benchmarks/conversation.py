"""One conversation twice: as a compiled bot, and as the Python one would write by hand for it.

The hand-written machine does what the bot does, no less: state to and from JSON each turn (with the standard
library), replies normalised and matched by title, alias and position, answers validated, messages built as the same
effects, a trace of what happened.
"""

from __future__ import annotations

import json
from typing import Any

from dsl.build import build_sources
from dsl.table import Table
from dsl.words import normalise
from runtime.effects import CancelTimer, Choice, Offer, Say, SetTimer
from runtime.events import Chose, Said

DOMAIN = """\
bot: cafe
languages: [en]
start: main
slots:
  name: {type: text, max: 40}
  guests: integer
  place: {type: choice, values: {inside: Inside, terrace: On the terrace}}
"""
FLOW = """\
rule full_name for text
  trim, collapse spaces
  length 2..40
  else "Two letters at least, please."

anywhere
  on "menu" -> main

menu main "Welcome, {name or 'friend'}. What would you like?"
  - "Book a table"   also "book"   -> book
  - "Opening hours"  also "hours"  do hours

flow hours
  say "Every day from eight to eight."

flow book
  ask name as full_name "What is your name?"
    after 30m
      say "Still there?"
  ask guests as integer from 1 to 12 "For how many, {name}?"
  choose place_ok "A table for {guests}, {name}?"
    - "Yes"
      say "Booked. See you, {name}!"
    - "No"
      say "No problem."
  -> main
"""
# A conversation that comes back to where it began: it can be played round and round.
TURNS = ("book", "A", "Ana Lima", "many", "4", "yes", "hours", "1", "Ana Lima", "99", "3", "2")


def table() -> Table:
    built = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
    assert built.table is not None, built.diagnostics
    return built.table


MENU = (Choice("book", "Book a table"), Choice("hours", "Opening hours"))
YES_NO = (Choice("yes", "Yes"), Choice("no", "No"))
MENU_WORDS = {"book a table": "book", "book": "book", "1": "book", "opening hours": "hours", "hours": "hours",
              "2": "hours"}
CONFIRM_WORDS = {"yes": "yes", "1": "yes", "no": "no", "2": "no"}


class ByHand:
    """The café's conversation, written by hand."""

    def turn(self, data: bytes, event: Said | Chose) -> tuple[bytes, list[Any], list[str]]:
        state = json.loads(data) if data else {"step": "", "slots": {}, "tries": 0, "misses": 0, "since": 0}
        said = event.text if isinstance(event, Said) else event.title
        effects: list[Any] = []
        trace: list[str] = []
        getattr(self, "at_" + (state["step"] or "start"))(state, said, event, effects, trace)
        state["heard"] = event.at
        return json.dumps(state).encode(), effects, trace

    def at_start(self, state: dict[str, Any], said: str, event: Any, effects: list[Any], trace: list[str]) -> None:
        self.menu(state, effects)

    def menu(self, state: dict[str, Any], effects: list[Any]) -> None:
        state.update(step="main", tries=0)
        name = state["slots"].get("name") or "friend"
        effects.append(Offer("main", f"Welcome, {name}. What would you like?", MENU, "buttons"))

    def at_main(self, state: dict[str, Any], said: str, event: Any, effects: list[Any], trace: list[str]) -> None:
        choice = event.option if isinstance(event, Chose) else MENU_WORDS.get(normalise(said))
        if choice == "book":
            trace.append("main:book")
            state.update(misses=0)
            self.ask_name(state, event, effects)
        elif choice == "hours":
            trace.append("main:hours")
            state.update(misses=0)
            effects.append(Say("Every day from eight to eight."))
            self.menu(state, effects)
        else:
            self.refused(state, effects, "Please choose one of the options.")
            self.menu(state, effects)

    def ask_name(self, state: dict[str, Any], event: Any, effects: list[Any]) -> None:
        state.update(step="name", tries=0, since=event.at)
        effects.append(Say("What is your name?"))
        effects.append(SetTimer("0:name:1800", event.at + 1_800_000))

    def at_name(self, state: dict[str, Any], said: str, event: Any, effects: list[Any], trace: list[str]) -> None:
        if self.everywhere(state, said, effects, trace):
            return
        name = " ".join(said.split())
        if 2 <= len(name) <= 40:
            trace.append("name:answer")
            state["slots"]["name"] = name
            state.update(misses=0)
            effects.append(CancelTimer("0:name:1800"))
            self.ask_guests(state, effects)
        else:
            self.refused(state, effects, "Two letters at least, please.")
            effects.append(Say("What is your name?"))

    def ask_guests(self, state: dict[str, Any], effects: list[Any]) -> None:
        state.update(step="guests", tries=0)
        effects.append(Say(f"For how many, {state['slots']['name']}?"))

    def at_guests(self, state: dict[str, Any], said: str, event: Any, effects: list[Any], trace: list[str]) -> None:
        if self.everywhere(state, said, effects, trace):
            return
        words = normalise(said)
        if words.isdecimal() and 1 <= int(words) <= 12:
            trace.append("guests:answer")
            state["slots"]["guests"] = int(words)
            state.update(step="confirm", tries=0, misses=0)
            self.confirm(state, effects)
        else:
            self.refused(state, effects, "Please send a number from 1 to 12.")
            self.ask_guests(state, effects)

    def confirm(self, state: dict[str, Any], effects: list[Any]) -> None:
        slots = state["slots"]
        effects.append(Offer("confirm", f"A table for {slots['guests']}, {slots['name']}?", YES_NO, "buttons"))

    def at_confirm(self, state: dict[str, Any], said: str, event: Any, effects: list[Any], trace: list[str]) -> None:
        if self.everywhere(state, said, effects, trace):
            return
        choice = event.option if isinstance(event, Chose) else CONFIRM_WORDS.get(normalise(said))
        if choice is None:
            self.refused(state, effects, "Please choose one of the options.")
            self.confirm(state, effects)
            return
        trace.append(f"confirm:{choice}")
        state.update(misses=0)
        effects.append(Say(f"Booked. See you, {state['slots']['name']}!" if choice == "yes" else "No problem."))
        self.menu(state, effects)

    def everywhere(self, state: dict[str, Any], said: str, effects: list[Any], trace: list[str]) -> bool:
        if normalise(said) != "menu":
            return False
        trace.append("anywhere:menu")
        self.menu(state, effects)
        return True

    def refused(self, state: dict[str, Any], effects: list[Any], reason: str) -> None:
        state.update(tries=state["tries"] + 1, misses=state["misses"] + 1)
        effects.append(Say(reason))
