"""What a name can mean at one place of a flow: the locals of its frame, what `it` is, what the machine supplies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.source import Span
from dsl.syntax import Ask, CallAction, Choose, Do, Handover, Name, Tag

Steps: TypeAlias = Ask | Choose | CallAction | Do | Handover        # statements at which a conversation rests

ANYWHERE = "anywhere"                        # the frame that `anywhere` blocks run in


@dataclass(frozen=True, slots=True)
class Local:
    """A name that a flow binds for itself."""

    type: str
    span: Span                               # where it is first bound
    max: int | None = None                   # characters
    values: tuple[str, ...] = ()             # all it can be, of a `choose` with values


@dataclass(slots=True)
class Frame:
    """What a flow, a menu or `anywhere` binds: its locals and its questions, by name."""

    name: str
    params: tuple[tuple[str, str], ...] = ()                        # name, type
    returns: str | None = None
    locals: dict[str, Local] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)         # slot, choice or `@tag`: its step
    steps: dict[str, Span] = field(default_factory=dict)            # where each is named
    was: dict[str, tuple[Name, ...]] = field(default_factory=dict)  # old names of steps


@dataclass(frozen=True, slots=True)
class Scope:
    frame: Frame
    context: str                             # the step or flow, which narrows a translation
    it: str | None = None                    # type of `it`, where there is one
    given: Mapping[str, str] = field(default_factory=dict)          # name: type
    template: str | None = None              # the template whose text this is: it shows nothing but what is given
    shown: bool = False                      # a text that stands here as a value is read by users: it is translated


def step_name(frame: str, tag: Tag, name: str) -> str:
    """The name of a step: its tag's if it carries one."""
    return f"{frame}.{tag.name.text if tag.name is not None else name}"
