"""Renames: what `was` declares, so that a conversation resting on an old name is found on the new one."""

from collections.abc import Iterable, Mapping

from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.scope import Frame
from dsl.source import Span
from dsl.syntax import Name

STILL_THERE = Kind("F161", Severity.ERROR, "`{name}` is the name of something that is still there",
                   why="A conversation that rests there would be taken for one that rests here.")
TWO_HEIRS = Kind("F162", Severity.ERROR, "two places were called `{name}`",
                 why="A conversation that rested there could go on in only one of them.")
TOO_MANY = Kind("F163", Severity.ERROR, "{count} old names are too many, {most} are followed")

MOST = 10                                    # old names of one flow: each of its steps is followed from every one


class Renames:
    """Gathers the old names of a bot's flows and steps: old name → name now."""

    def __init__(self, flows: Mapping[str, tuple[Name, ...]], frames: Mapping[str, Frame]) -> None:
        """`flows` are the old names of each flow; those of steps are in `frames`."""
        self.now: dict[str, str] = {}
        self.found: list[Diagnostic] = []
        self._there = {*flows, *(step for frame in frames.values() for step in frame.steps)}
        self._said: dict[str, Span] = {}
        for name, olds in flows.items():
            if len(olds) > MOST:
                self.found.append(TOO_MANY.at(olds[MOST].span, Fix("keep the newest"), count=len(olds), most=MOST))
            self._flow(name, olds[:MOST], frames[name])

    def _flow(self, name: str, olds: Iterable[Name], frame: Frame) -> None:
        for old in olds:
            self._claim(old.text, name, old.span)
        before = [name, *(old.text for old in olds)]
        for step, names in frame.was.items():
            for old in names:
                for flow in before[:1] if "." in old.text else before:
                    self._claim(old.text if "." in old.text else f"{flow}.{old.text}", step, old.span)
        for flow in before[1:]:
            for step in frame.steps:
                self.now.setdefault(flow + step[len(name):], step)

    def _claim(self, old: str, now: str, span: Span) -> None:
        if old in self._there:
            self.found.append(STILL_THERE.at(span, Fix("remove it here, or rename the other"), name=old))
        elif old in self._said:
            there = Label(self._said[old], "said here too")
            self.found.append(TWO_HEIRS.at(span, Fix("say it in one place"), others=(there,), name=old))
        else:
            self._said[old] = span
            self.now[old] = now
