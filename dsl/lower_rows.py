"""Rows: what a step does when something happens, and the patterns that say what."""

from collections.abc import Iterable, Sequence

import msgspec

from dsl import patterns
from dsl.lower_blocks import Blocks
from dsl.lower_bot import Bot, Continuation
from dsl.scope import Scope
from dsl.source import Span
from dsl.syntax import (
    After,
    Clause,
    Duration,
    OfKind,
    On,
    Pattern,
    Reaction,
    Regex,
    SetSlot,
    Tries,
    Words,
    nodes,
)
from dsl.table import UNKNOWN, Op, Place, Row, Step
from dsl.table import Option as Shown

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000,
           "year": 31_536_000}


class Rows(msgspec.Struct):
    """The rows of one step as they are gathered, and its options, each with its place."""

    rows: list[Row] = []
    places: list[Place] = []
    options: list[Shown] = []
    option_places: list[Place] = []

    def add(self, event: str, ops: Sequence[Op], target: str | None, place: Place) -> None:
        self.rows.append(Row(event, None, list(ops), target))
        self.places.append(place)


def unset(variable: list[str], after: Continuation) -> Continuation:
    """As `after`, with the variable cleared first."""
    return Continuation((("clear", variable), *after.ops))


def ons(blocks: Blocks, rows: Rows, clauses: Iterable[Clause]) -> None:
    """The rows of every `on`."""
    for clause in clauses:
        if type(clause) is On:
            on(blocks, rows, clause)


def on(blocks: Blocks, rows: Rows, clause: On) -> None:
    """One row for each pattern, all to the same block, after which the question is asked again."""
    if blocks.bot.names.is_full:
        return
    happening = events(blocks.bot, clause.patterns, blocks.scope)
    ops, target = blocks.interrupting(clause.then, "again", clause.span)
    for event, span in happening:
        rows.add(event, ops, target, blocks.bot.places.place(span))


def afters(blocks: Blocks, rows: Rows, clauses: Iterable[Clause]) -> None:
    """The row of every timer."""
    for clause in clauses:
        if type(clause) is After:
            ops, target = blocks.interrupting(clause.then, "quiet", clause.span)
            rows.add(f"after:{seconds(clause.wait)}", ops, target, blocks.bot.places.place(clause.span))


def tries(blocks: Blocks, rows: Rows, clauses: Iterable[Clause], after: Continuation,
          variable: list[str] | None = None) -> int | None:
    """The row of `tries`, and how many there are; the block may set `variable`, else it is cleared."""
    clause = next((clause for clause in clauses if type(clause) is Tries), None)
    if clause is None:
        return None
    ops: list[Op] = []
    if variable is not None:
        if any(type(node) is SetSlot and node.slot.text == variable[-1] for node in nodes(clause.then)):
            ops = [["clear", variable]]
        else:
            after = unset(variable, after)
    rows.add("tries", ops, blocks.block_run(clause.then, after, clause.span), blocks.bot.places.place(clause.span))
    return clause.count


def seconds(wait: Duration) -> int:
    """Length of a wait in seconds; months of 30 days and years of 365, bounded to what a timer can be set to."""
    return min(wait.amount * SECONDS[wait.unit], 10 * SECONDS["year"])


def events(bot: Bot, written: Iterable[Pattern], scope: Scope) -> list[tuple[str, Span]]:
    """The event of each pattern, with its place."""
    return [(event(bot, pattern, scope), pattern.span) for pattern in written]


def event(bot: Bot, pattern: Pattern, scope: Scope) -> str:
    """The event of a row that this pattern takes."""
    match pattern:
        case Words():
            return f"reply:{bot.texts.text(pattern.text, scope, shared=False)}"
        case Regex():
            return f"pattern:{bot.pools.pattern(regex(bot, pattern), pattern.span)}"
        case OfKind():
            return f"kind:{pattern.kind}"
        case Reaction():
            return f"reaction:{pattern.emoji or ''}"
        case _:
            return f"event:{pattern.name.text if bot.names.event(pattern.name) is not None else UNKNOWN}"


def regex(bot: Bot, pattern: Regex, *, whole: bool = False) -> str:
    """The pattern for RE2; `?` (and said) where it is none."""
    room = bot.pattern_room
    bot.pattern_room -= len(pattern.source)
    if bot.pattern_room < 0:
        if room >= 0:
            bot.expressions.say(patterns.TOO_MUCH.at(pattern.span, label="one too many", most=patterns.MOST))
        return UNKNOWN
    read = patterns.to_re2(pattern.source, whole=whole)
    if isinstance(read, patterns.Fault):
        bot.expressions.say(patterns.diagnostic(read, pattern))
        return UNKNOWN
    return read.source


def store(bot: Bot, name: str, step: Step, rows: Rows, span: Span) -> None:
    """Keeps the step; one that has the name of another is said by `frames` and takes a name nobody can write."""
    if name in bot.steps:
        name = f"{name}'{len(bot.steps)}"
    bot.steps[name] = step
    bot.step_places[name] = bot.places.place(span)
    bot.rows[name] = rows.places
    if rows.options:
        bot.options[name] = rows.option_places
