"""What the program says of itself: one compact JSON line per turn, and a line where something went wrong.

Lines name a conversation by its tag, which says nothing of the user, and hold no text and no number of anybody:
exceptions are told by their class and their place, never by their message.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

import msgspec
from loguru import logger

from dsl.table import Table, version
from runtime.store.port import Handled

if TYPE_CHECKING:
    from loguru import Message

TURNS = "turns"                              # what several turns of one record are bound as


class _Effect(msgspec.Struct):
    type: str


_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode_effects = msgspec.json.Decoder(list[_Effect]).decode


def log_to(stream: TextIO = sys.stderr, level: str = "INFO") -> None:
    """Send every line to this stream, as compact JSON, and nowhere else."""

    def write(message: Message) -> None:
        stream.write(line(message.record) + "\n")

    logger.remove()
    logger.add(write, level=level, format="{message}", backtrace=False, diagnose=False, catch=True)
    logging.basicConfig(handlers=[Libraries()], level=logging.WARNING, force=True)


class Libraries(logging.Handler):
    """What libraries warn of becomes lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelname in logging.getLevelNamesMapping() else record.levelno
        logger.bind(library=record.name).opt(exception=record.exc_info).log(level, record.getMessage())


def compiled(table: Table, diagnostics: int) -> None:
    """The line of a bot that is about to be served."""
    told = {"bot": table.bot, "version": version(table), "steps": len(table.steps), "diagnostics": diagnostics}
    logger.bind(**told).info("compiled")


def line(record: Any) -> str:
    """A log record as one line of JSON; one that tells of several turns as one line for each."""
    told = {"at": record["time"].isoformat(timespec="milliseconds"), "level": record["level"].name.lower(),
            "what": record["message"]}
    if turns := record["extra"].get(TURNS):
        return "\n".join([_encode({**told, **turn}).decode() for turn in turns])
    told |= record["extra"]
    if record["exception"]:
        told |= {"error": record["exception"].type.__name__, "trace": places(record["exception"].traceback)}
    return _encode(told).decode()


def places(traceback: Any) -> list[str]:
    """Where an exception came from, outermost first: file, line and function, without what it said."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return found


def turns_taken(handled: Iterable[Handled]) -> None:
    """The lines of committed turns. One record tells of all that went well: loguru takes its time for each."""
    well = []
    for one in handled:
        told = _turn(one)
        if one.outcome.entry.error:
            logger.bind(**told).error("turn")
        else:
            well.append(told)
    if well:
        logger.bind(**{TURNS: well}).info("turn")


def _turn(handled: Handled) -> dict[str, Any]:
    entry = handled.outcome.entry
    told = {"conversation": handled.before.tag, "turn": handled.before.turns, "event": entry.kind,
            "step_from": entry.step_from, "step_to": entry.step_to,
            "effects": [effect.type for effect in _decode_effects(entry.effects)], "took_ms": entry.took_us / 1000}
    return told | {"error": entry.error} if entry.error else told
