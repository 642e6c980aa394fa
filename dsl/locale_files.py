"""Writing `locales/<tag>.po`: what is new is added, what is done is kept, what is gone is set aside.

Babel writes the files. A text that was reworded takes over the translation of the old wording, marked `fuzzy`;
translations of texts that are gone stay at the end (`#~`) and come back when their text does. Running it twice
changes nothing: no dates are written.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import write_po

from dsl.diagnostics import Diagnostic
from dsl.domain import read_domain
from dsl.garbage import without_collection
from dsl.locales import ids, wordings
from dsl.lower_texts import Translatable
from dsl.po import Message, read_po
from dsl.source import Source

SIMILAR = 0.6                                # of two wordings that are taken for the same text, as gettext does
# Characters of all old texts times those of all new ones, 120 texts each of 35 characters: comparing more would take
# longer than translating anew.
MOST_COMPARED = 20_000_000
MOST_PLACES = 5                              # named in a comment

HEADER = """\
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


class _Wanted(msgspec.Struct):
    """A text and all that is known of it, wherever it stands."""

    raw: str
    contexts: dict[str, None]                # the steps, flows and responses that say it, in order
    places: dict[tuple[str, int], None]      # file and line, from 1
    limit: int | None = None                 # characters there is room for, where it is little


class Updated(msgspec.Struct, frozen=True):
    """What became of one file."""

    path: Path
    texts: int
    added: int
    fuzzy: int                               # of older wordings, the new ones among them
    obsolete: int
    untranslated: int
    faults: tuple[Diagnostic, ...] = ()      # the file cannot be read, and was left alone

    def __str__(self) -> str:
        if self.faults:
            return f"{self.path.as_posix()}: left alone, because it cannot be read: {self.faults[0].message}"
        return (f"{self.path.as_posix()}: {self.texts} texts, {self.added} new, {self.fuzzy} to look at again, "
                f"{self.obsolete} set aside, {self.untranslated} without translation")


@without_collection()
def update(folder: Path, texts: Iterable[Translatable]) -> tuple[Updated, ...]:
    """One `Updated` for each language of domain.yml but the first; none if that cannot be read."""
    source = Source("domain.yml", (folder / "domain.yml").read_text(encoding="utf-8", errors="replace"))
    domain, _ = read_domain(source)
    if domain is None:
        return ()
    wanted = _by_id(folder, texts)
    return tuple(_update(folder / "locales" / f"{tag}.po", tag, wanted) for tag in domain.languages[1:])


def _by_id(folder: Path, texts: Iterable[Translatable]) -> dict[str, _Wanted]:
    """The texts by their id, in the order of the build; one that counts wins over its singular's wording."""
    sources: dict[str, Source] = {}
    wanted: dict[str, _Wanted] = {}
    for text in texts:
        known = wanted.setdefault(ids(text.raw)[0], _Wanted(text.raw, {}, {}))
        if wordings(text.raw) is not None:
            known.raw = text.raw
        if text.context:
            known.contexts[text.context] = None
        if text.span.file not in sources:
            sources[text.span.file] = _source(folder, text.span.file)
        source = sources[text.span.file]
        known.places[source.name, source.position(min(text.span.start, len(source.text)))[0]] = None
        if text.most is not None:
            known.limit = text.most if known.limit is None else min(known.limit, text.most)
    return wanted


def _source(folder: Path, file: str) -> Source:
    """A file of the bot, named as it stands in the bot's folder: translations read the same wherever that is."""
    path = PurePosixPath(file)
    inside = path.relative_to(folder.as_posix()) if path.is_relative_to(folder.as_posix()) else path
    try:
        return Source(inside.as_posix(), (folder / inside).read_text(encoding="utf-8-sig", errors="replace"))
    except OSError:
        return Source(inside.as_posix(), "")


def _update(path: Path, tag: str, wanted: dict[str, _Wanted]) -> Updated:
    before = path.read_bytes() if path.exists() else b""
    source = Source(path.as_posix(), before.decode("utf-8-sig", "replace"))
    messages, faults = read_po(source)
    if faults or "\ufffd" in source.text:
        return Updated(path, 0, 0, 0, 0, 0, faults)
    catalog = Catalog(locale=tag.replace("-", "_"))
    added = _fill(catalog, [message for message in messages if message.id.text], wanted)
    out = BytesIO()
    write_po(out, catalog, omit_header=True, include_previous=True, width=100)
    after = _header(source, tag, catalog.plural_forms).encode() + out.getvalue()
    if after != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(after)
    entries = [entry for entry in catalog if entry.id]
    return Updated(path, len(entries), added, sum(entry.fuzzy for entry in entries), len(catalog.obsolete),
                   sum(not all(entry.string if isinstance(entry.string, tuple) else (entry.string,))
                       for entry in entries))


def _header(source: Source, tag: str, plurals: str) -> str:
    """The file's own header as it stands, or a new one."""
    found = re.search(r'\A(?:#[^\n]*\n)*msgid ""\nmsgstr (?:"[^\n]*\n)+\n*', source.text)
    return found[0].rstrip("\n") + "\n\n" if found else HEADER.format(tag=tag, plurals=plurals)


def _fill(catalog: Catalog, messages: list[Message], wanted: dict[str, _Wanted]) -> int:
    """Put every wanted text and every old translation into the catalog; how many texts were not known before."""
    known: dict[str, list[Message]] = {}
    for message in messages:
        known.setdefault(message.id.text, []).append(message)
    gone = [message for message in messages if message.id.text not in wanted and message.is_translated]
    may_compare = sum(map(len, wanted)) * sum(len(message.id.text) for message in gone) <= MOST_COMPARED
    added = 0
    for id, text in wanted.items():
        contexts = set(text.contexts)
        own = [message for message in known.get(id, ()) if message.context is None or message.context in contexts]
        for message in own:
            _add(catalog, id, text, message)
        if not any(message.context is None for message in own) and not contexts <= {message.context for message in own}:
            added += not own
            old = _similar(id, gone) if may_compare else None
            if old is not None:
                gone.remove(old)
            _add(catalog, id, text, old)
    for message in gone:
        strings = tuple(string.text for string in message.strings)
        own_id: Any = (message.id.text, message.plural.text) if message.plural else message.id.text
        string: Any = strings if message.plural else strings[0]
        entry = Entry(own_id, string, user_comments=message.comments, context=message.context)
        catalog.obsolete[f"{message.context}\x04{message.id.text}"] = entry
    return added


def _add(catalog: Catalog, id: str, text: _Wanted, old: Message | None) -> None:
    """Add a text with what is known of its translation; one of another wording becomes fuzzy."""
    both = wordings(text.raw)
    strings = tuple(string.text for string in old.strings) if old else ()
    fits = old is not None and old.id.text == id and len(strings) == (catalog.num_plurals if both else 1)
    if both:
        last = strings[-1] if strings else ""
        strings = (strings + (last,) * catalog.num_plurals)[:catalog.num_plurals]
    is_fuzzy = old is not None and any(strings) and (old.is_fuzzy or not fits)
    previous = () if old is None or not is_fuzzy else (old.previous if fits else old.id.text,)
    entry = catalog.add(
        both or id, strings if both else (strings[0] if strings else ""),
        locations=list(text.places),
        flags=[*(old.flags if old else ()), *(["fuzzy"] if is_fuzzy else [])],
        auto_comments=_notes(text),
        user_comments=old.comments if old else (),
        previous_id=tuple(each for each in previous if each),
        context=old.context if old is not None and fits else None,
    )
    entry.flags -= {"python-format", "python-brace-format"}     # Babel sees them in `50% off` and in every `{name}`


def _notes(text: _Wanted) -> list[str]:
    """Where a text is said, and how long it may be: what translators need to know."""
    more = " …" if len(text.contexts) > MOST_PLACES else ""
    notes = [", ".join(list(text.contexts)[:MOST_PLACES]) + more] if text.contexts else []
    return notes if text.limit is None else [*notes, f"at most {text.limit} characters"]


def _similar(id: str, gone: list[Message]) -> Message | None:
    """The old text most like a new one, if any is like it."""
    best, nearest = SIMILAR, None
    matcher = SequenceMatcher(b=id, autojunk=False)
    for message in gone:
        matcher.set_seq1(message.id.text)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
            best, nearest = matcher.ratio(), message
    return nearest
