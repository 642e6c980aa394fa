"""gettext's `.po` files, read with the place of every text; whatever stands in one, the rest is read.

Babel writes them (`locale_files`); reading is done here because Babel gives no more
than a line number, stops at the first fault, and prints.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import msgspec

from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.source import Source, Span
from dsl.yaml import TOO_LARGE

UNREADABLE = Kind("F605", Severity.ERROR, "this line of a translation file cannot be read")
TWICE = Kind("F606", Severity.ERROR, "`{text}` is translated twice in this file")

MOST = 25_000                                # messages of one file; a bot of 10,000 steps says some 15,000 texts
MAX_FAULTS = 50                              # of one file; what follows says nothing new

# A line with a string: after the mark of an obsolete entry, and after its keyword or alone.
_LINE = re.compile(r"(?:(#~)\s*|\s*)(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s*)?"
                   r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"\s*$')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class Written(msgspec.Struct, frozen=True):
    """A text of the file, its escapes undone; the span is that of what stands between its first and last quote."""

    text: str
    span: Span


class Message(msgspec.Struct, frozen=True):
    """One entry of the file."""

    id: Written
    plural: Written | None
    context: str | None
    strings: tuple[Written, ...]             # one, or one for each plural form
    is_fuzzy: bool = False
    is_obsolete: bool = False                # `#~`
    flags: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()           # the translator's, `# …`
    previous: str = ""                       # the wording that a fuzzy translation is of, `#| msgid`

    @property
    def is_translated(self) -> bool:
        return bool(self.strings) and all(string.text for string in self.strings)


@lru_cache(4)                                # a build reads them, and `locales update` again
def read_po(source: Source) -> tuple[tuple[Message, ...], tuple[Diagnostic, ...]]:
    """Every entry of the file in order, the header (an empty msgid) too, and every line that cannot be read."""
    reader = _Reader(source)
    at = 0
    for line in source.text.split("\n"):
        reader.take(line.rstrip(), at)
        at += len(line) + 1
        if len(reader.messages) > MOST:
            fix = Fix("take out what stands at its end as obsolete, and what the bot does not say")
            reader.faults.append(TOO_LARGE.at(source.span(0, 0), fix, limit=MOST, what="messages"))
            break
    reader.close()
    return tuple(reader.messages), (*reader.faults, *islice(_twice(reader.messages), MAX_FAULTS))


class _Reader:
    """The entry that is being read, line by line."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.messages: list[Message] = []
        self.faults: list[Diagnostic] = []
        self.begin()

    def begin(self) -> None:
        self.texts: dict[str, list[Written]] = {}
        self.flags: list[str] = []
        self.comments: list[str] = []
        self.previous: list[str] = []
        self.keyword = ""                    # the one that a line of only a string goes on with
        self.is_obsolete = False

    def take(self, line: str, start: int) -> None:
        found = _LINE.match(line)
        if found is not None and (found[2] or self.keyword):
            self.text(found, start)
            return
        content = line[2:].lstrip() if line[:2] == "#~" else line.lstrip()
        if not content:
            self.close()
        elif content[0] in "#|":                 # `#~|` is what an obsolete entry was before
            if self.texts:
                self.close()
            self.comment(content)
        else:
            self.refuse(content, start + len(line) - len(content))

    def comment(self, content: str) -> None:
        if content.startswith("#,"):
            self.flags += [flag.strip() for flag in content[2:].split(",")]
        elif content.startswith("#|"):
            self.previous.append(content[2:].strip())
        elif content == "#" or content.startswith("# "):
            self.comments.append(content[2:])

    def text(self, found: re.Match[str], start: int) -> None:
        """Take a line with a string."""
        keyword = found[2]
        if keyword:
            if keyword in ("msgctxt", "msgid") and ("msgid" in self.texts or keyword in self.texts):
                self.close()
            self.keyword = keyword
            self.is_obsolete = found[1] is not None
        span = Span(self.source.name, start + found.start(3), start + found.end(3))
        self.texts.setdefault(self.keyword, []).append(Written(_undone(found[3]), span))

    def refuse(self, content: str, start: int) -> None:
        if len(self.faults) < MAX_FAULTS:
            fix = Fix('write `msgid`, `msgstr` or a text between quotes, with `\\"` for a quote in it')
            self.faults.append(UNREADABLE.at(Span(self.source.name, start, start + len(content)), fix))

    def close(self) -> None:
        """The entry is complete."""
        if "msgid" in self.texts:
            parts = {keyword: _joined(written) for keyword, written in self.texts.items()}
            context = parts.get("msgctxt")
            strings = tuple(parts[keyword] for keyword in sorted(parts) if keyword.startswith("msgstr"))
            self.messages.append(Message(parts["msgid"], parts.get("msgid_plural"), context.text if context else None,
                                         strings, "fuzzy" in self.flags, self.is_obsolete,
                                         tuple(flag for flag in self.flags if flag != "fuzzy"), tuple(self.comments),
                                         self.previous_wording()))
        self.begin()

    def previous_wording(self) -> str:
        """Of `#| msgid`, which Babel breaks into lines wherever there is a space."""
        written = " ".join(self.previous).partition("msgid_plural")[0]
        return "".join(_undone(string) for string in _QUOTED.findall(written))


def _undone(string: str) -> str:
    if "\\" not in string:
        return string
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), string)


def _joined(written: list[Written]) -> Written:
    if len(written) == 1:
        return written[0]
    first, last = written[0].span, written[-1].span
    return Written("".join(each.text for each in written), Span(first.file, first.start, last.end))


def _twice(messages: list[Message]) -> Iterator[Diagnostic]:
    first: dict[tuple[str | None, str], Message] = {}
    for message in messages:
        if not message.is_obsolete and first.setdefault((message.context, message.id.text), message) is not message:
            before = first[message.context, message.id.text].id.span
            yield TWICE.at(message.id.span, Fix("keep one of the two"), others=(Label(before, "first here"),),
                           text=message.id.text[:40])
