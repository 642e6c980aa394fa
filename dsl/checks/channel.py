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
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.limits import media_types
from dsl.table import Message, SourceMap, Step, Table

NO_PLACE = Kind("F208", Severity.ERROR, "a message with neither options nor a link has no {what}",
                why="WhatsApp has none on a plain message, so the user would not see it.")
HEADER_AND_IMAGE = Kind("F209", Severity.ERROR, "a message has a `header` or an `image`, not both",
                        why="WhatsApp shows either above a message, so the user would miss the other.")
BAD_ADDRESS = Kind("F215", Severity.ERROR, "`{url}` is no address that WhatsApp can open: {what}",
                   why="WhatsApp rejects the whole message, so the user would see nothing.")
BAD_MEDIA = Kind("F216", Severity.ERROR, "WhatsApp shows no `{suffix}` as {kind}", why=REJECTED)
NO_CAPTION = Kind("F217", Severity.ERROR, "{kind} has no caption on WhatsApp",
                  why="The user would get the caption as a message of its own.")


# What the machine shows as an option.
_TITLES = {"more", "none_of_these", "yes", "no", "resume", "restart"}


def channel(table: Table, places: SourceMap) -> Iterator[Diagnostic]:
    """Everything in a table that the channel could not show."""
    lengths = Lengths(table, places)
    for name, step in table.steps.items():
        yield from _step(lengths, step)
        yield from offers(lengths, name, step)
    for placed in placed_ops(table, places):
        yield from _op(lengths, placed)
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


def _step(lengths: Lengths, step: Step) -> Iterator[Diagnostic]:
    limits, flow = lengths.table.limits, step.flow
    if step.message is not None:
        what = "this message" if step.kind == "handover" else "this question"
        yield from _message(lengths, step.message, what, flow, has_options=has_options(step), hint=step.hint)
    for text in (step.invalid, *(text for _, text in step.checks)):
        if text is not None:
            yield from lengths.text(text, "this message", limits.text, flow)


def _message(lengths: Lengths, message: Message, what: str, flow: str, *, has_options: bool,
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
        yield from _address(lengths, message.image)
        yield from _media_type(lengths, "image", message.image)
    if message.link is not None:
        yield from lengths.text(message.link[0], "this link's title", limits.link_title, flow)
        yield from _address(lengths, message.link[1])


def _shorter(what: str, is_plain: bool, text: int) -> str:
    if is_plain:
        return "say it in two messages"
    if what == "this question":
        return f"shorten it, or say the first part before, in a message of its own, which may have {text:,}"
    return "shorten it, or say the first part in a message of its own"


def _op(lengths: Lengths, placed: Placed) -> Iterator[Diagnostic]:
    limits, flow = lengths.table.limits, placed.flow
    match placed.op:
        case ["say", _]:
            yield from _message(lengths, message_of(placed.op), "this message", flow, has_options=False)
        case ["media", kind, url, caption]:
            yield from _address(lengths, url)
            yield from _media_type(lengths, kind, url)
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
_SUFFIXES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".heic": "image/heic",
    ".avif": "image/avif", ".mp4": "video/mp4", ".3gp": "video/3gpp", ".mov": "video/quicktime",
    ".avi": "video/x-msvideo", ".mkv": "video/x-matroska", ".webm": "video/webm",
    ".mp3": "audio/mpeg", ".aac": "audio/aac", ".amr": "audio/amr",
    ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac",
    ".pdf": "application/pdf", ".html": "text/html", ".doc": "application/msword", ".zip": "application/zip",
}


def _written(table: Table, expr: int) -> str | None:
    """What of an address is certain: all of it, or what is written before the first value in it."""
    match table.exprs[expr]:
        case str(url):
            return url
        case ["text", int(text)]:
            parts = table.texts[text].get(table.languages[0], [])
            return "".join(part if isinstance(part, str) else "{}" for part in parts)
    return None


def _address(lengths: Lengths, expr: int) -> Iterator[Diagnostic]:
    url = _written(lengths.table, expr)
    if url is None or url.startswith("{}"):
        return
    what = _fault(url)
    if what:
        fix = Fix("write the whole address, beginning with `https://`")
        yield BAD_ADDRESS.at(expr_span(lengths.places, expr), fix, url=url[:80], what=what)


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


def _media_type(lengths: Lengths, kind: str, expr: int) -> Iterator[Diagnostic]:
    url = _written(lengths.table, expr)
    if url is None or _fault(url):
        return
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    mime = _SUFFIXES.get(suffix)
    if mime is None or mime in media_types(kind) or kind == "document":
        return
    taken = ", ".join(f"`{known}`" for known, of in _SUFFIXES.items() if of in media_types(kind))
    yield BAD_MEDIA.at(expr_span(lengths.places, expr), Fix(f"use a file of one of these kinds: {taken}"),
                       suffix=suffix, kind=_A[kind])
