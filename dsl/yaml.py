"""YAML as the language reads it: every scalar stays a string, every key and value knows its place.

PyYAML's own constructors read `Yes` as true and `1:30` as ninety; so only its event stream is used, and what a
scalar means is decided by whoever reads it (`dsl.shape`). Tags, anchors, aliases and duplicate keys are refused:
they hide what a file says. Nothing here recurses, and the tree is bounded in depth and size, so that no file
takes more than linear time.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

import msgspec
import yaml

from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.source import Source, Span

MAX_DEPTH = 32                               # a domain.yml needs seven levels, a story nine
MAX_NODES = 100_000                          # about 1,300 stories of ten turns in one file
MAX_FAULTS = 100                             # what follows says nothing new

UNREADABLE = Kind("F050", Severity.ERROR, "{what} cannot stand in this file")
NOT_YAML = Kind("F051", Severity.ERROR, "{problem}")
TAG = Kind("F052", Severity.ERROR, "`{tag}` is a YAML tag, and tags mean nothing here")
ALIAS = Kind("F053", Severity.ERROR, "`{alias}` stands for a value written elsewhere, which this file may not do",
             why="Whoever reads the file should see what the bot does without looking values up.")
DUPLICATE = Kind("F054", Severity.ERROR, "the key `{key}` stands here twice",
                 why="YAML would quietly keep only the last one.")
TOO_DEEP = Kind("F055", Severity.ERROR, "values stand within values more than {limit} levels deep here",
                fix="keep it flatter: nothing a bot knows is nested that deep")
TOO_LARGE = Kind("F056", Severity.ERROR, "this file holds more than {limit:,} {what}",
                 fix="tell stories in several files, and leave out of domain.yml what the bot does not use")
TWO_DOCUMENTS = Kind("F057", Severity.ERROR, "a second document begins here; a file holds one")
NOT_A_KEY = Kind("F058", Severity.ERROR, "a key is one word, this is {what}")


# Structs rather than dataclasses, and numbers rather than spans: a large story file has a hundred thousand of these.
# They hold no cycles, so the garbage collector may leave them alone.
class _Placed(msgspec.Struct, frozen=True, gc=False):
    file: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.file, self.start, self.end)


class Scalar(_Placed, frozen=True, gc=False):
    value: str
    style: str = ""                          # empty for a plain scalar, else ' " | >

    @property
    def is_null(self) -> bool:
        return not self.style and self.value in ("", "~", "null")


class Sequence(_Placed, frozen=True, gc=False):
    items: tuple["Node", ...]


class Entry(msgspec.Struct, frozen=True, gc=False):
    key: Scalar
    value: "Node"


class Mapping(_Placed, frozen=True, gc=False):
    entries: tuple[Entry, ...]


Node: TypeAlias = Scalar | Sequence | Mapping

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The first of the characters that YAML 1.2 calls printable and the first that it does not, in turn; but for the byte
# order mark inside a text, which nobody sees. A regular expression of them takes 5 ms to compile, at every start.
_PRINTABLE = (0x09, 0x0B, 0x0D, 0x0E, 0x20, 0x7F, 0x85, 0x86, 0xA0, 0xD800, 0xE000, 0xFEFF, 0xFF00, 0xFFFE, 0x10000)
_PROPERTIES = re.compile(r"(?:(?:!<[^>\s]*>|[!&][^\s,\[\]{}]*)\s*){1,2}")   # a tag, an anchor, or both


def read_yaml(source: Source, most: int = MAX_NODES) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """The one value of a file, and every fault of its writing; None when it is empty or cannot be read.

    Args:
        most: values the file may hold, keys among them.

    Bytes that are not UTF-8 are expected in `source.text` as `surrogateescape` leaves them.
    """
    shift = source.text.startswith("\ufeff")
    unreadable = tuple(_unreadable(source, int(shift)))
    if unreadable:
        return None, unreadable
    builder = _Builder(source, int(shift), most)
    loader = _LOADER(source.text[shift:])
    try:
        for event in iter(loader.get_event, None):
            if not builder.take(event):
                return None, tuple(builder.diagnostics)
    except yaml.YAMLError as fault:
        return None, (*builder.diagnostics, _explain(source, fault, int(shift)))
    finally:
        loader.dispose()
    return builder.root, tuple(builder.diagnostics)


def plain(node: Node) -> Any:
    """The node as plain JSON: unquoted `true`, `false`, `null` and whole numbers become such, all else stays text.

    Only numbers in their shortest form change, so that the text they were written as is never lost.
    """
    if isinstance(node, Scalar):
        return _plain_scalar(node)
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.key.value: plain(entry.value) for entry in node.entries}


_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def _plain_scalar(node: Scalar) -> Any:
    if node.style:
        return node.value
    if node.value in _WORDS:
        return _WORDS[node.value]
    return int(node.value) if _WHOLE.fullmatch(node.value) else node.value


class _Open:
    """A sequence or mapping whose end has not come yet."""

    __slots__ = ("at_key", "first", "is_mapping", "items", "key", "start")

    def __init__(self, start: int, is_mapping: bool) -> None:
        self.start = start
        self.is_mapping = is_mapping
        self.items: list[Any] = []
        self.key: Scalar | None = None       # waits for its value; None there: the key was refused
        self.at_key = is_mapping
        self.first: dict[str, Scalar] = {}   # where each key stood first


class _Builder:
    """Nodes from the stream of events."""

    def __init__(self, source: Source, shift: int, most: int) -> None:
        self.source = source
        self.most = most
        self.file = source.name
        self.shift = shift
        self.root: Node | None = None
        self.diagnostics: list[Diagnostic] = []
        self.open: list[_Open] = []
        self.nodes = 0
        self.documents = 0

    def take(self, event: Any) -> bool:
        """Take the next event; False when the rest of the file must not be read."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            start = event.start_mark.index + self.shift
            if event.tag is not None or event.anchor is not None:
                start = self.refuse_properties(start)
            end = event.end_mark.index + self.shift
            return self.place(Scalar(self.file, start, end, event.value, event.style or ""))
        if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            start = event.start_mark.index + self.shift
            if event.tag is not None or event.anchor is not None:
                start = self.refuse_properties(start)
            if len(self.open) == MAX_DEPTH:
                return self.stop(TOO_DEEP.at(Span(self.file, start, start + 1), limit=MAX_DEPTH))
            self.open.append(_Open(start, kind is yaml.MappingStartEvent))
            return True
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            return self.place(self.closed(event.end_mark.index + self.shift))
        span = Span(self.file, event.start_mark.index + self.shift, event.end_mark.index + self.shift)
        if kind is yaml.AliasEvent:
            fix = Fix("write the value out, or put a text that begins with `*` in quotes")
            self.diagnostics.append(ALIAS.at(span, fix, alias=f"*{event.anchor}"))
            return self.place(Scalar(*span, "", "*"))
        if kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                return self.stop(TWO_DOCUMENTS.at(span, Fix("put it into a file of its own")))
        return True

    def stop(self, fault: Diagnostic) -> bool:
        self.diagnostics.append(fault)
        return False

    def closed(self, end: int) -> Node:
        """The innermost open sequence or mapping as a node."""
        done = self.open.pop()
        # a block's end is where the next token starts: its last child knows better
        if done.items and self.source.text[end - 1:end] not in ("}", "]"):
            last = done.items[-1]
            end = (last.value if done.is_mapping else last).end
        return (Mapping if done.is_mapping else Sequence)(self.file, done.start, end, tuple(done.items))

    def place(self, node: Node) -> bool:
        """Put a finished node where it belongs; False when there are too many."""
        self.nodes += 1
        if not self.open:
            self.root = node
            return True
        inside = self.open[-1]
        if not inside.is_mapping:
            inside.items.append(node)
        elif inside.at_key:
            inside.at_key = False
            inside.key = self.checked_key(inside, node)
        else:
            inside.at_key = True
            if inside.key is not None:
                inside.items.append(Entry(inside.key, node))
        if self.nodes > self.most:
            return self.stop(TOO_LARGE.at(Span(self.file, 0, 0), limit=self.most, what="values"))
        return len(self.diagnostics) < MAX_FAULTS

    def checked_key(self, inside: _Open, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar):
            what = "a list" if isinstance(node, Sequence) else "several keys and values"
            fixes = () if node.end - node.start > 40 else (
                Fix('put it in quotes: a text may not begin with `{` or `[`'),)
            self.diagnostics.append(NOT_A_KEY.at(node.span, *fixes, what=what))
            return None
        first = inside.first.setdefault(node.value, node)
        if first is not node:
            self.diagnostics.append(DUPLICATE.at(node.span, Fix("keep one of the two"), label="again here",
                                                 others=(Label(first.span, "first here"),), key=node.value))
            return None
        return node

    def refuse_properties(self, start: int) -> int:
        """Report the tag or anchor before a value; where the value itself starts."""
        found = _PROPERTIES.match(self.source.text, start)
        end = found.end() if found else start
        for word in re.finditer(r"\S+", self.source.text[start:end]):
            span = Span(self.file, start + word.start(), start + word.end())
            if word[0].startswith("!"):
                self.diagnostics.append(TAG.at(span, Fix("leave it out"), tag=word[0]))
            else:
                self.diagnostics.append(ALIAS.at(span, Fix("leave it out"), alias=word[0]))
        return end


def _unreadable(source: Source, start: int) -> Iterator[Diagnostic]:
    strange = {char for char in set(source.text) if not bisect_right(_PRINTABLE, ord(char)) % 2}
    places = (at for at, char in enumerate(source.text) if char in strange and at >= start) if strange else ()
    for at in islice(places, 20):
        code = ord(source.text[at])
        what = f"byte 0x{code - 0xDC00:02X}, which is not UTF-8," if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"
        fix = Fix("save the file as UTF-8" if "UTF-8" in what else "delete it: it is a character nobody can see")
        yield UNREADABLE.at(source.span(at, at + 1), fix, what=what)


# What PyYAML and libyaml say (their words differ a little), what we say, and what to do about it.
_PROBLEMS = (
    (r"cannot start any token.*\\t|found a tab", "a tab stands where spaces indent", "indent with two spaces"),
    (r"cannot start any token", "a text cannot begin with `{char}` unless it stands in quotes",
     "put the whole text in quotes"),
    (r"mapping values are not allowed", "a second `:` on this line, or a key indented too far",
     "put a text with `: ` in it in quotes, several keys in braces: `{type: text, max: 40}`"),
    (r"expected ':'", "a key without its `:`", "write `key: value`, with a space after the colon"),
    (r"after value", "the value ends before this, so it means nothing here", "put the whole value in quotes"),
    (r"expected <block end>|expected key|expected '-' indicator", "this line is not indented like the lines around it",
     "align it with its neighbours"),
    (r"end of stream|document separator", "a quote or bracket is opened and never closed", "close it"),
    (r"expected ',' or", "a `,` or the closing bracket is missing before this", "add it, or put the text in quotes"),
    (r"unknown escape|expected escape|hexdecimal|hexadecimal", "a `\\` in double quotes that means nothing to YAML",
     "write `\\\\`, or use single quotes"),
    (r"expected '?<document start>", "this does not belong to what stands above it",
     "align it with the lines above"),
    (r"tag|anchor|alias|directive|%", "`{char}` begins something YAML knows and this file may not use",
     "put the text in quotes"),
    (r"block scalar|chomping|indentation", "after `|` or `>` the text begins on the next line", "begin a new line"),
)


def _in_quotes(source: Source, at: int) -> tuple[Edit, ...]:
    """The value of the line put in quotes, where it is one that could stand without."""
    start, end = source.text.rfind("\n", 0, at) + 1, source.text.find("\n", at)
    line = source.text[start:end if end >= 0 else len(source.text)].rstrip()
    found = re.fullmatch(r"([ -]*[^\s:\"'{}\[\]]+: +)([^\"'{}\[\]|>&*!%@`#][^\"#\\]*)", line)
    if found is None:
        return ()
    begin, close = start + found.end(1), start + len(line)
    return Edit(Span(source.name, begin, begin), '"'), Edit(Span(source.name, close, close), '"')


def _explain(source: Source, fault: yaml.YAMLError, shift: int) -> Diagnostic:
    mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
    at = min(mark.index + shift, len(source.text)) if mark is not None else 0
    begun = getattr(fault, "context_mark", None)
    char = source.text[at:at + 1]
    said = f"{getattr(fault, 'context', '')} {getattr(fault, 'problem', '')} {char!r}"
    if "block end" in said or "expected key" in said:
        line = source.text[source.text.rfind("\n", 0, at) + 1:at]
        said += " after value" * bool(line.strip(" -"))
    others: tuple[Label, ...] = ()
    if begun is not None and begun.index + shift < at:
        others = (Label(Span(source.name, begun.index + shift, begun.index + shift + 1), "begun here"),)
    span = Span(source.name, at, min(at + 1, len(source.text)))
    for pattern, problem, fix in _PROBLEMS:
        if re.search(pattern, said):
            told = problem.replace("{char}", char.strip() or " ")
            edits = _in_quotes(source, at) if "second `:`" in problem else ()
            return NOT_YAML.at(span, Fix(fix, edits), others=others, problem=told)
    return NOT_YAML.at(span, others=others, problem="this cannot be read as YAML")
