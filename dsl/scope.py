"""What a name can mean at one place of a flow: the locals of its frame, what `it` is, what the machine supplies."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from dsl.source import Span
from dsl.syntax import Ask, CallAction, Choose, Do, Handover, Name, Tag

Steps: TypeAlias = Ask | Choose | CallAction | Do | Handover        # statements at which a conversation rests
STEPS: frozenset[type] = frozenset({Ask, Choose, CallAction, Do, Handover})

ANYWHERE = "anywhere"                        # the frame that `anywhere` blocks run in


class Local(msgspec.Struct, frozen=True):
    """A name that a flow binds for itself."""

    type: str
    span: Span                               # where it is first bound
    max: int | None = None                   # characters
    values: tuple[str, ...] = ()             # all it can be, of a `choose` with values


class Frame(msgspec.Struct):
    """What a flow, a menu or `anywhere` binds: its locals and its questions, by name."""

    name: str
    params: tuple[tuple[str, str], ...] = ()                        # name, type
    returns: str | None = None
    locals: dict[str, Local] = {}
    questions: dict[str, str] = {}           # slot, choice or `@tag`: its step
    steps: dict[str, Span] = {}              # where each is named
    was: dict[str, tuple[Name, ...]] = {}    # old names of steps


class Scope(msgspec.Struct, frozen=True):
    frame: Frame
    context: str                             # the step or flow, which narrows a translation
    it: str | None = None                    # type of `it`, where there is one
    given: Mapping[str, str] = {}            # name: type
    template: str | None = None              # the template whose text this is: it shows nothing but what is given
    shown: bool = False                      # a text that stands here as a value is read by users: it is translated


def step_name(frame: str, tag: Tag, name: str) -> str:
    """The name of a step: its tag's if it carries one."""
    return f"{frame}.{tag.name.text if tag.name is not None else name}"
