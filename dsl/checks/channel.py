"""What of a bot the channel cannot show: lengths in every language, with what values can make of them; parts of a
message that it has no place for; addresses and kinds of media that it refuses.

Elsewhere: lengths (`lengths`), options and their shapes (`offers`), templates (`templates`), the numbers
(`dsl.limits`). What only a run can know is guarded there: `runtime.shapes`.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from dsl.checks.lengths import REJECTED, Lengths
from dsl.checks.offers import has_options, offers
from dsl.checks.templates import templates
from dsl.checks.where import Placed, expr_span, message_of, placed_ops, text_span, variants
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Severity
from dsl.files import SUFFIXES, Beside, is_path, mime_of, most_bytes
from dsl.limits import media_types
from dsl.nearest import nearest
from dsl.table import Message, SourceMap, Step, Table

NO_PLACE = Kind("F208", Severity.ERROR, "a message with neither options nor a link has no {what}",
                why="WhatsApp has none on a plain message, so the user would not see it.")
HEADER_AND_IMAGE = Kind("F209", Severity.ERROR, "a message has a `header` or an `image`, not both",
                        why="WhatsApp shows either above a message, so the user would miss the other.")
BAD_ADDRESS = Kind("F215", Severity.ERROR, "`{url}` is no address that WhatsApp can open: {what}",
                   why="WhatsApp rejects the whole message, so the user would see nothing.")
BAD_MEDIA = Kind("F216", Severity.ERROR, "WhatsApp shows no `{suffix}` as {kind}", why=REJECTED)
NO_FILE = Kind("F220", Severity.ERROR, "there is no file `{path}` in the bot's folder",
               why="It is sent from there, so the user would see nothing.")
LARGE_FILE = Kind("F221", Severity.ERROR, "`{path}` has {size}, {kind} may have {most} on WhatsApp", why=REJECTED)
NO_CAPTION = Kind("F217", Severity.ERROR, "{kind} has no caption on WhatsApp",
                  why="The user would get the caption as a message of its own.")


# What the machine shows as an option.
_TITLES = {"more", "none_of_these", "yes", "no", "resume", "restart"}


def channel(table: Table, places: SourceMap, beside: Beside) -> Iterator[Diagnostic]:
    """Everything in a table that the channel could not show."""
    lengths, media = Lengths(table, places), _Media(table, places, beside)
    for name, step in table.steps.items():
        yield from _step(lengths, media, step)
        yield from offers(lengths, name, step)
    for placed in placed_ops(table, places):
        yield from _op(lengths, media, placed)
    for rule in table.rules.values():
        for line in rule.lines:
            if isinstance(line[2], int):
                yield from lengths.text(line[2], "this message", table.limits.text, "")
    for name, texts in table.system.items():
        most = table.limits.row_title if name in _TITLES else table.limits.text
        most = table.limits.list_button if name == "choose" else most
        for text in texts if isinstance(texts, list) else [texts]:
            yield from lengths.text(text, f"`system.{name}`", most, "")
    yield from templates(lengths)


# --- messages -------------------------------------------------------------------------------------------------


def _step(lengths: Lengths, media: "_Media", step: Step) -> Iterator[Diagnostic]:
    limits, flow = lengths.table.limits, step.flow
    if step.message is not None:
        what = "this message" if step.kind == "handover" else "this question"
        yield from _message(lengths, media, step.message, what, flow, has_options=has_options(step), hint=step.hint)
    for text in (step.invalid, *(text for _, text in step.checks)):
        if text is not None:
            yield from lengths.text(text, "this message", limits.text, flow)


def _message(lengths: Lengths, media: "_Media", message: Message, what: str, flow: str, *, has_options: bool,
             hint: int | None = None) -> Iterator[Diagnostic]:
    limits, places = lengths.table.limits, lengths.places
    is_held = has_options or message.link is not None
    is_plain = message.header is None and message.footer is None and message.image is None and not is_held
    most = limits.text if is_plain else limits.body
    for said in variants(message):
        yield from lengths.text(said, what, most, flow, hint=hint, fix=_shorter(what, is_plain, limits.text))
    for part, text, room in (("header", message.header, limits.header), ("footer", message.footer, limits.footer)):
        if text is None:
            continue
        if not is_held:
            fix = Fix(f"put it into the text, or give the message a `link`, and take `{part}` out")
            yield NO_PLACE.at(text_span(places, text), fix, what=part)
        else:
            yield from lengths.text(text, f"this {part}", room, flow)
    if message.header is not None and message.image is not None:
        yield HEADER_AND_IMAGE.at(text_span(places, message.header), Fix("keep one, and put the header into the text"))
    if message.image is not None:
        yield from media.faults("image", message.image)
    if message.link is not None:
        yield from lengths.text(message.link[0], "this link's title", limits.link_title, flow)
        yield from media.address(message.link[1])


def _shorter(what: str, is_plain: bool, text: int) -> str:
    if is_plain:
        return "say it in two messages"
    if what == "this question":
        return f"shorten it, or say the first part before, in a message of its own, which may have {text:,}"
    return "shorten it, or say the first part in a message of its own"


def _op(lengths: Lengths, media: "_Media", placed: Placed) -> Iterator[Diagnostic]:
    limits, flow = lengths.table.limits, placed.flow
    match placed.op:
        case ["say", _]:
            yield from _message(lengths, media, message_of(placed.op), "this message", flow, has_options=False)
        case ["media", kind, url, caption]:
            yield from media.faults(kind, url)
            if caption is not None and kind in ("audio", "sticker"):
                here = text_span(lengths.places, caption)
                yield NO_CAPTION.at(here, Fix("send it with `say`"), kind=_A[kind])
            elif caption is not None:
                fix = "shorten it, or `say` the rest"
                yield from lengths.text(caption, "this caption", limits.caption, flow, fix=fix)
        case ["list", _, int(text), *_]:
            yield from lengths.text(text, "this message", limits.text, flow)


# --- addresses and media --------------------------------------------------------------------------------------

_A = {"image": "an image", "video": "a video", "audio": "audio", "sticker": "a sticker", "document": "a document"}


class _Media:
    """What is said of addresses, and of the files beside the bot."""

    def __init__(self, table: Table, places: SourceMap, beside: Beside) -> None:
        self._table, self._places, self._beside = table, places, beside

    def faults(self, kind: str, expr: int) -> Iterator[Diagnostic]:
        """Of what is sent as an `image`, a `document` …"""
        written = self._written(expr)
        if written is None or written.startswith("{}"):
            return
        if is_path(written):
            yield from self._type(kind, expr, written) or self._file(kind, expr, written)
        elif _fault(written):
            yield from self.address(expr)
        else:
            yield from self._type(kind, expr, urlsplit(written).path)

    def address(self, expr: int) -> Iterator[Diagnostic]:
        url = self._written(expr)
        if url is not None and not url.startswith("{}") and (what := _fault(url)):
            fix = Fix("write the whole address, beginning with `https://`")
            yield BAD_ADDRESS.at(expr_span(self._places, expr), fix, url=url[:80], what=what)

    def _written(self, expr: int) -> str | None:
        """What of an address is certain: all of it, or what is written before the first value in it."""
        match self._table.exprs[expr]:
            case str(url):
                return url
            case ["text", int(text)]:
                parts = self._table.texts[text].get(self._table.languages[0], [])
                return "".join(part if isinstance(part, str) else "{}" for part in parts)
        return None

    def _type(self, kind: str, expr: int, path: str) -> list[Diagnostic]:
        mime, suffix = mime_of(path), PurePosixPath(path).suffix.lower()
        taken = media_types(kind)
        # What lies elsewhere may have any ending, or none; of other documents it is said that they are shown.
        if mime in taken or (not is_path(path) and (mime is None or kind == "document")):
            return []
        told = ", ".join(f"`{known}`" for known, of in SUFFIXES.items() if of in taken)
        return [BAD_MEDIA.at(expr_span(self._places, expr), Fix(f"use a file of one of these kinds: {told}"),
                             suffix=suffix, kind=_A[kind])]

    def _file(self, kind: str, expr: int, path: str) -> Iterator[Diagnostic]:
        found, span = self._beside.found(path), expr_span(self._places, expr)
        if found is None:
            near = [Fix(f"did you mean `{one}`?", (Edit(span, f'"{one}"'),))
                    for one in nearest(path, self._beside.near(path))]
            fix = Fix("put it there, or write a whole address, beginning with `https://`")
            yield NO_FILE.at(span, *near, fix, path=path)
        elif found.size > (most := most_bytes(kind, found)):
            yield LARGE_FILE.at(span, Fix("make it smaller"), path=path, size=_bytes(found.size), kind=_A[kind],
                                most=_bytes(most))


def _bytes(size: int) -> str:
    """
    >>> _bytes(102_400), _bytes(5_242_881)
    ('100 KB', '5.01 MB')
    """
    unit, name = (1 << 20, "MB") if size >= 1 << 20 else (1 << 10, "KB")
    return f"{-(-size * 100 // unit) / 100:g} {name}"


def _fault(url: str) -> str:
    if re.search(r"\s", url):
        return "there is a space in it"
    if not url.lower().startswith(("https://", "http://")):
        return "it does not begin with `https://`"
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "its server cannot be read"
    if "." not in host and "{}" not in url and ":" not in host:
        return f"`{host}` is no server of the internet" if host else "it names no server"
    return ""
