"""Shapes: what a place in a YAML file may hold, said once.

The same tables of shapes (`dsl.domain_reader`, `dsl.story`) read a file with every fault reported where it is, and
make the JSON Schemas that editors complete from (`dsl.schema`). Reading a shape gives a value, or None after
reporting why not; it never stops at the first fault.
"""

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Severity
from dsl.nearest import did_you_mean, nearest
from dsl.source import Source, Span
from dsl.syntax import Text as TextSyntax
from dsl.yaml import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from dsl.parser import TextReader

MAX_FAULTS = 100                             # of one file; what follows says nothing new

UNKNOWN_KEY = Kind("F060", Severity.ERROR, "{called} has no key `{key}`")
MISSING_KEY = Kind("F061", Severity.ERROR, "{called} needs the key `{key}`")
WRONG_SHAPE = Kind("F062", Severity.ERROR, "`{name}` takes {wanted}, this is {got}", fix="write {wanted}")
ONE_AT_A_TIME = Kind("F081", Severity.ERROR, "{called} is one thing, here are {count}: {keys}")
NOT_A_CHOICE = Kind("F063", Severity.ERROR, "`{name}` takes {wanted}, not `{value}`", fix="write {wanted}")


class Mention(NamedTuple):
    """A name of the bot that a file uses; whether there is such a thing is for those to say who know the bot."""

    kind: str                                # slot action argument …
    name: str
    of: str                                  # the key or name it stands under: the action of an argument
    span: Span


class Report:
    """Where the faults of one file gather, and the names it mentions."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Diagnostic] = []
        self.mentions: list[Mention] = []
        self.patterns = 0                    # characters of all patterns so far
        self._texts: TextReader | None = None

    def add(self, *faults: Diagnostic) -> None:
        self.faults.extend(faults[:max(0, MAX_FAULTS - len(self.faults))])

    @property
    def is_full(self) -> bool:
        return len(self.faults) >= MAX_FAULTS

    def text(self, node: Scalar) -> TextSyntax:
        """The node's text with its interpolations, parsed as a `.flow` file's is."""
        from dsl.parser import TextReader  # brings the grammar, which stories do without

        if self._texts is None:
            self._texts = TextReader(self.source)
        start, end = inside(node)
        written = self.source.text[start:end]
        text: TextSyntax
        text, faults = self._texts.text(start, end, None if written == node.value else node.value)
        self.add(*faults)
        return text


def inside(node: Scalar) -> tuple[int, int]:
    """Where the text of a scalar stands, without its quotes."""
    quotes = 1 if node.style in ("'", '"') else 0
    return node.start + quotes, max(node.start + quotes, node.end - quotes)


class Shape(Protocol):
    @property
    def wanted(self) -> str: ...             # "a list of names": follows "takes"

    def read(self, node: Node, name: str, report: Report) -> Any: ...


class Value(msgspec.Struct, frozen=True):
    """One word or number. `parse` gives None for what it does not take."""

    wanted: str
    parse: Callable[[str], Any]
    fault: Kind                              # its message is filled with name, wanted, value
    schema: MappingOf[str, Any] = {}
    near: Callable[[], Iterable[str]] = tuple

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Scalar) or node.is_null:
            return refuse(self, node, name, report)
        value = self.parse(node.value)
        if value is None and not report.is_full:
            span = Span(node.file, *inside(node))
            report.add(self.fault.at(span, *did_you_mean(span, node.value, self.near()),
                                     name=name, wanted=self.wanted, value=shortened(node.value)))
        return value


def words(*choices: str) -> Value:
    """One of a few words."""
    told = ", ".join(f"`{choice}`" for choice in choices)
    return Value(f"one of {told}" if len(choices) > 1 else told, {choice: choice for choice in choices}.get,
                 NOT_A_CHOICE, {"enum": list(choices)}, lambda: choices)


TRUTH = Value("`true` or `false`", {"true": True, "false": False}.get, NOT_A_CHOICE, {"type": "boolean"},
              lambda: ("true", "false"))


class Naming(msgspec.Struct, frozen=True):
    """The name of a thing of the bot, which is noted for a check that knows the bot; its value is the name."""

    kind: str
    shape: Shape

    @property
    def wanted(self) -> str:
        return self.shape.wanted

    def read(self, node: Node, name: str, report: Report) -> Any:
        value = self.shape.read(node, name, report)
        if value is not None:
            report.mentions.append(Mention(self.kind, value, name, node.span))
        return value


class Text(msgspec.Struct, frozen=True):
    """A text of the language, with interpolations; its value is `dsl.syntax.Text`."""

    wanted: str = "a text"

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Scalar) or node.is_null:
            return refuse(self, node, name, report)
        return report.text(node)


class Plain(msgspec.Struct, frozen=True):
    """A text taken as it stands."""

    wanted: str = "a text"

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Scalar) or node.is_null:
            return refuse(self, node, name, report)
        return node.value


class Anything(msgspec.Struct, frozen=True):
    """Any value; it is read later, when its type is known. Its value is the node."""

    wanted: str = "a value"

    def read(self, node: Node, name: str, report: Report) -> Node:
        return node


class ListOf(msgspec.Struct, frozen=True):
    """A list; its value is a tuple that leaves out what was refused."""

    item: Shape
    wanted: str
    may_be_empty: bool = False

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Sequence) or not (node.items or self.may_be_empty):
            return refuse(self, node, name, report)
        return tuple(value for value in (self.item.read(item, name, report) for item in node.items)
                     if value is not None)


class Named(msgspec.Struct, frozen=True):
    """One entry of a `MapOf`; `value` is None when it was refused, so that its name is known all the same."""

    name: str
    span: Span                               # of the name
    value: Any
    node: Node


class MapOf(msgspec.Struct, frozen=True):
    """Names of the author's choice, each with a value of the same shape; its value is a tuple of `Named`."""

    key: Shape
    item: Shape
    wanted: str
    item_may_be_empty: bool = False
    exactly_one: bool = False

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Mapping) or (self.exactly_one and len(node.entries) != 1):
            return refuse(self, node, name, report)
        return tuple(self.entry(entry, report) for entry in node.entries
                     if self.key.read(entry.key, name, report) is not None)

    def entry(self, entry: Entry, report: Report) -> Named:
        node = entry.value
        if self.item_may_be_empty and isinstance(node, Scalar) and node.is_null:
            node = Mapping(*node.span, ())
        name = entry.key.value
        return Named(name, entry.key.span, self.item.read(node, name, report), node)


class Field(msgspec.Struct, frozen=True):
    shape: Shape
    about: str                               # one sentence, shown by editors
    required: bool = False


class Fields(msgspec.Struct, frozen=True):
    """What a `Record` was read as; what was refused or not written is not in `values`."""

    values: dict[str, Any]
    nodes: dict[str, Entry]
    span: Span
    strange: tuple[str, ...] = ()            # keys that are not known, already reported

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)


class Record(msgspec.Struct, frozen=True):
    """Known keys, each with a shape of its own; its value is `Fields`."""

    called: str                              # "a slot": says whose keys these are
    fields: dict[str, Field]
    elsewhere: MappingOf[str, str] = {}      # keys of other tools, and what is said to them

    @property
    def wanted(self) -> str:
        return "keys and values: " + ", ".join(f"`{key}`" for key in self.fields)

    def read(self, node: Node, name: str, report: Report) -> Any:
        if not isinstance(node, Mapping):
            return refuse(self, node, name, report)
        values: dict[str, Any] = {}
        nodes: dict[str, Entry] = {}
        strange: list[str] = []
        for entry in node.entries:
            key = entry.key.value
            known = self.fields.get(key)
            if known is None:
                self.unknown(entry.key, report)
                strange.append(key)
                continue
            nodes[key] = entry
            value = known.shape.read(entry.value, key, report)
            if value is not None:
                values[key] = value
        for key, known in self.fields.items():
            if known.required and key not in nodes and not any(nearest(other, (key,)) for other in strange):
                report.add(MISSING_KEY.at(_head(node), Fix(f"add `{key}: …`: {known.about}"),
                                          called=self.called, key=key))
        return Fields(values, nodes, node.span, tuple(strange))

    def unknown(self, key: Scalar, report: Report) -> None:
        """Report a key that is not one of these, with the nearest, or with what another tool's word is called here."""
        if report.is_full:
            return
        fixes = did_you_mean(key.span, key.value, self.fields)
        if key.value in self.elsewhere:
            ours = re.fullmatch(r"write `(\w+)`", self.elsewhere[key.value])
            fixes = (Fix(self.elsewhere[key.value], (Edit(key.span, ours[1]),) if ours else ()),)
        if not fixes:
            fixes = (Fix("known keys are " + ", ".join(f"`{known}`" for known in self.fields)),)
        report.add(UNKNOWN_KEY.at(key.span, *fixes, called=self.called, key=shortened(key.value)))


class Picked(NamedTuple):
    """The one key of a `OneOf`, with its value."""

    key: str
    value: Any
    span: Span                               # of the key and its value


class OneOf(msgspec.Struct, frozen=True):
    """Exactly one of several keys; its value is `Picked`. A word alone is a key without a value."""

    keys: Record

    @property
    def wanted(self) -> str:
        return "one of " + ", ".join(f"`{key}`" for key in self.keys.fields)

    def read(self, node: Node, name: str, report: Report) -> Any:
        if isinstance(node, Scalar) and node.value in self.keys.fields:
            node = Mapping(*node.span, (Entry(node, Scalar(node.file, node.end, node.end, "")),))
        if not isinstance(node, Mapping) or not node.entries:
            return refuse(self, node, name, report)
        entry = node.entries[0]
        known = self.keys.fields.get(entry.key.value)
        if known is None:
            return self.keys.unknown(entry.key, report)
        if len(node.entries) > 1:
            second = node.entries[1].key
            report.add(ONE_AT_A_TIME.at(second.span, Fix(f"put `- ` before `{second.value}`: it is a step of its own"),
                                        called=self.keys.called, count=len(node.entries),
                                        keys=", ".join(f"`{shortened(each.key.value)}`" for each in node.entries[:4])))
            return None
        value = known.shape.read(entry.value, entry.key.value, report)
        if value is None:
            return None
        return Picked(entry.key.value, value, Span(node.file, entry.key.start, entry.value.end))


class Either(msgspec.Struct, frozen=True):
    """One of several shapes, told apart by how the value is written."""

    wanted: str
    scalar: Shape | None = None
    sequence: Shape | None = None
    mapping: Shape | None = None

    def read(self, node: Node, name: str, report: Report) -> Any:
        shape = self.of(node)
        return refuse(self, node, name, report) if shape is None else shape.read(node, name, report)

    def of(self, node: Node) -> Shape | None:
        if isinstance(node, Scalar):
            return self.scalar
        return self.sequence if isinstance(node, Sequence) else self.mapping


def refuse(shape: Shape, node: Node, name: str, report: Report) -> Any:
    """Report that a value is not even written as its shape wants it, and give None for it."""
    if not report.is_full:
        report.add(WRONG_SHAPE.at(_head(node), name=shortened(name), wanted=shape.wanted, got=_told(node)))
    return None


def shortened(text: str) -> str:
    """A text of the author's as a message shows it: one line, at most forty characters."""
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= 40 else f"{line[:39]}…"


def _told(node: Node) -> str:
    if isinstance(node, Scalar):
        return "empty" if node.is_null else "a text"
    if isinstance(node, Sequence):
        return "a list" if node.items else "an empty list"
    return "a set of keys and values"


def _head(node: Node) -> Span:
    """Where to point for a whole value: all of a word, the first key or item of anything longer."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    if isinstance(node, Sequence) and node.items:
        return _head(node.items[0])
    return node.span
