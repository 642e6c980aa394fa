"""Replies that mean two things, or never get to what they mean.

Rows compete where the machine tries them one after the other: the `on` patterns of a question, the options of a
question, `anywhere`, then the flows' `starts on`. Words are compared as the machine compares them (`dsl.words`),
regular expressions by their machines (`dsl.automata`), everything else by its kind. Two rows that lead to the same
are never spoken of.

Work is bounded for a whole bot: past the bound pairs are passed over in silence.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from dsl.automata import EVERYTHING, Effort, Machine, collide, machine, only
from dsl.checks.where import nth, span_of, text_span
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.source import Span
from dsl.table import UNKNOWN as NO_NAME
from dsl.table import Option, Place, Row, SourceMap, Step, Table
from dsl.words import normalise

MACHINES = 400                               # regular expressions looked into in one bot
EFFORT = 150_000                             # steps of two of them side by side
TEXTS = 20_000                               # texts tried on one

OVERLAP = Kind("F501", Severity.WARNING, "a reply can mean two {things}",
               why='For example "{example}" fits both, and the first gets it.')
NEVER = Kind("F502", Severity.WARNING, "{what} never gets a reply",
             why="Everything that fits it is taken before, so its users end up there.")
SAME_WORDS = Kind("F503", Severity.ERROR, "{where}two options have the same words `{words}`",
                  why="A user who writes them could mean either, so the bot has to ask back.")
ANSWER_TAKEN = Kind("F504", Severity.WARNING, "`{words}` is an answer to a question and a pattern of `anywhere`",
                    why="A user who writes it means one of them and may get the other.")
TAKES_ALL = Kind("F505", Severity.ERROR, "`{what}` in `anywhere` takes every reply",
                 why="No question could ever be answered in words.")
OPTION_TAKEN = Kind("F506", Severity.WARNING, "the words of this option are taken by an `on` of its question",
                    why='A user who writes "{words}" does not get the option; tapping it works.')
NO_REPLY = Kind("F507", Severity.WARNING, "no reply can fit this pattern",
                why="What follows it never happens.")
KIND_TAKEN = Kind("F508", Severity.WARNING, "`on {kind}` in `anywhere` takes the answer to `{step}`",
                  why="What `anywhere` takes comes before an answer, so this question never gets one.")


def choices(table: Table, places: SourceMap) -> Iterator[Diagnostic]:
    """What is to be said of the replies a table takes."""
    work = _Work(table, places)
    anywhere = work.takers("anywhere", table.anywhere)
    starts = work.takers("starts", table.starts)
    yield from _impossible(work, [*anywhere, *starts])
    yield from _takes_all(anywhere)
    yield from work.compare([*anywhere, *starts], "patterns")
    for name, step in table.steps.items():
        on = work.takers(name, step.on)
        yield from _impossible(work, on)
        yield from work.compare(on, "patterns")
        if step.options:
            yield from _options(work, name, step, on)
    yield from _answers_taken(work, anywhere)
    yield from _kinds_taken(work, anywhere)


class Taker(msgspec.Struct, frozen=True):
    """A row that takes replies, and where its pattern stands; `outcome` is the same for rows that lead to the same."""

    event: str
    span: Span
    outcome: Any
    words: frozenset[str] = frozenset()      # normalised, in all languages
    shown: str = ""                          # the words as written
    machine: Machine | None = None

    @property
    def kind(self) -> str:
        return self.event.partition(":")[0]


class _Work(msgspec.Struct, dict=True):
    table: Table
    places: SourceMap
    machines: int = msgspec.field(default_factory=lambda: MACHINES)
    effort: Effort = msgspec.field(default_factory=lambda: Effort(EFFORT))
    texts: int = msgspec.field(default_factory=lambda: TEXTS)
    normalised: dict[int, dict[str, str]] = {}           # the words of a text by language, once they were asked for

    def takers(self, key: str, rows: Sequence[Row]) -> list[Taker]:
        """The rows that a reply can fire, without those that stand on a condition or have a broken name."""
        found = []
        for at, row in enumerate(rows):
            kind, _, what = row.event.partition(":")
            if row.guard is None and what != NO_NAME and kind in ("reply", "pattern", "kind", "reaction", "event"):
                place = nth(self.places.rows.get(key), at)
                found.append(self.taker(row.event, (repr(row.ops), self.outcome(row.target)), place))
        return found

    def taker(self, event: str, outcome: Any, place: Place | None) -> Taker:
        kind, _, what = event.partition(":")
        if kind == "reply":
            texts = [int(text) for text in what.split(",")]
            span = text_span(self.places, texts[0])
            return Taker(event, span, outcome, self.words(texts), self.shown(texts[0]))
        if kind == "pattern":
            span = span_of(self.places, nth(self.places.patterns, int(what)))
            self.machines -= 1
            made = machine(self.table.patterns[int(what)]) if self.machines >= 0 else None
            return Taker(event, span, outcome, machine=made)
        return Taker(event, span_of(self.places, place), outcome)

    def words(self, texts: Iterable[int], language: str | None = None) -> frozenset[str]:
        """What these texts are as replies; one with a value in it is none."""
        found: set[str] = set()
        for text in texts:
            words = self.normalised.get(text)
            if words is None:
                words = self.normalised[text] = {
                    tag: normalise("".join(parts)) for tag, parts in self.table.texts[text].items()
                    if all(isinstance(part, str) for part in parts)}
            if language is None:
                found.update(words.values())
            elif language in words:
                found.add(words[language])
        return frozenset(found)

    def shown(self, text: int) -> str:
        parts = self.table.texts[text].get(self.table.languages[0], [])
        return "".join(part for part in parts if isinstance(part, str))

    @cached_property
    def entries(self) -> dict[str, str]:
        return {flow.entry: name for name, flow in self.table.flows.items()}

    def outcome(self, target: str | None) -> Any:
        """What a run comes to: equal for two runs that jump to or call the same flow, else the run itself."""
        if target in self.entries:
            return ("jump", self.entries[target])
        match self.table.runs.get(target or ""):
            case [["jump", flow]]:
                return ("jump", flow)
            case [["rest", str(name)], *rest] if name in self.table.steps and self.table.steps[name].kind == "do":
                step = self.table.steps[name]
                return ("do", step.name, repr(step.args), [op[0] for op in rest])
        return target

    # --- two rows ---------------------------------------------------------------------------------------------

    def compare(self, takers: Sequence[Taker], things: str) -> Iterator[Diagnostic]:
        """Rows that are tried in this order: each later one against those before it, spoken of once."""
        by_words: dict[str, Taker] = {}
        by_event: dict[str, Taker] = {}
        searched: list[Taker] = []
        for taker in takers:
            earlier = self._taken_by(taker, by_words, by_event, searched)
            if earlier is not None:
                yield never(taker, earlier)
            elif taker.machine is not None:
                yield from self._overlaps(taker, searched, things)
            for words in taker.words:
                by_words.setdefault(words, taker)
            if taker.machine is not None:
                searched.append(taker)
            by_event.setdefault(taker.event, taker)

    def _taken_by(self, taker: Taker, by_words: dict[str, Taker], by_event: dict[str, Taker],
                  searched: Sequence[Taker]) -> Taker | None:
        """The earlier row that takes all this one could, if it leads somewhere else."""
        wider = {"reply": ("kind:text", "kind:anything"), "pattern": ("kind:text", "kind:anything"),
                 "kind": ("kind:anything",), "reaction": ("reaction:", "kind:anything")}.get(taker.kind, ())
        candidates = [by_event.get(event) for event in (*wider, taker.event)]
        takes = next((earlier for earlier in candidates if earlier), None)
        if takes is None and taker.words:
            owners = [by_words.get(words) or self._searching(words, taker.shown, searched) for words in taker.words]
            takes = owners[0] if all(owners) else None
        return takes if takes is not None and takes.outcome != taker.outcome else None

    def _searching(self, words: str, shown: str, searched: Sequence[Taker]) -> Taker | None:
        """The first regular expression that takes these words, as written and as compared."""
        for taker in searched if self.texts > 0 else ():
            if self.takes(taker, words) and self.takes(taker, shown or words):
                return taker
        return None

    def takes(self, taker: Taker, text: str) -> bool:
        if taker.machine is None or self.texts <= 0:
            return False
        self.texts -= 1
        return taker.machine.takes(text)

    def _overlaps(self, taker: Taker, searched: Sequence[Taker], things: str) -> Iterator[Diagnostic]:
        """The first earlier pattern that takes all or some of what this one takes."""
        for earlier in searched:
            if self.effort.left <= 0:
                return
            if earlier.machine is None or taker.machine is None or earlier.outcome == taker.outcome:
                continue
            if self._is_within(taker.machine, earlier.machine):
                yield never(taker, earlier)
                return
            # The narrower one first is how it should be.
            if self._is_within(earlier.machine, taker.machine):
                continue
            example = collide(earlier.machine, taker.machine, self.effort)
            if isinstance(example, str):
                fix = Fix("make one of them narrower, or put the narrower one first")
                yield OVERLAP.at(taker.span, fix, label="does not get it", others=(Label(earlier.span, "takes it"),),
                                 things=things, example=example)
                return

    def _is_within(self, one: Machine, other: Machine) -> bool:
        """Whether the other takes all that the first takes; its shortest text tells for most pairs."""
        if self.texts <= 0 or self.effort.left <= 0 or not isinstance(one.shortest, str):
            return False
        self.texts -= 1
        return other.takes(one.shortest) and only(one, other, self.effort) is None


def never(taker: Taker, earlier: Taker) -> Diagnostic:
    what = f"`{taker.shown}`" if taker.shown else "this pattern"
    return NEVER.at(taker.span, Fix("put it before the other, or take it out"), label="never gets it",
                    others=(Label(earlier.span, "takes it"),), what=what)


# --- single patterns --------------------------------------------------------------------------------------------


def _impossible(work: _Work, takers: Iterable[Taker]) -> Iterator[Diagnostic]:
    """Patterns that no reply fits: words without a word, expressions that contradict themselves."""
    for taker in takers:
        if taker.kind == "reply" and taker.words == {""}:
            yield NO_REPLY.at(taker.span, Fix("write the words that a user would write"))
        elif taker.machine is not None and taker.machine.shortest is None:
            yield NO_REPLY.at(taker.span, Fix("take it out, or write what a user would write"))


def _takes_all(anywhere: Iterable[Taker]) -> Iterator[Diagnostic]:
    fix = Fix("say which words are meant, or use `otherwise`")
    for taker in anywhere:
        if taker.event in ("kind:text", "kind:anything"):
            yield TAKES_ALL.at(taker.span, fix, what=taker.event.partition(":")[2])
        elif taker.machine is not None and only(EVERYTHING, taker.machine) is None:
            yield TAKES_ALL.at(taker.span, fix, what="this pattern")


# --- options and answers ----------------------------------------------------------------------------------------


def _options(work: _Work, name: str, step: Step, on: Sequence[Taker]) -> Iterator[Diagnostic]:
    """Options against each other, and against what the question takes before them."""
    yield from _same_words(work, name, step)
    patterns = [(event, at) for at, option in enumerate(step.options)
                for event in option.also if event.startswith("pattern:")]
    if len(patterns) > 1:
        yield from work.compare([work.taker(event, at, None) for event, at in patterns], "options")
    outcomes = _option_outcomes(work, step)
    for at, option in enumerate(step.options):
        taker = _taken_before(work, option, on)
        if taker is not None and taker.outcome != outcomes.get(option.id):
            yield OPTION_TAKEN.at(_option_span(work, name, option, at), Fix("take the words out of the `on`"),
                                  others=(Label(taker.span, "takes it"),), words=work.shown(option.title))


def _taken_before(work: _Work, option: Option, on: Sequence[Taker]) -> Taker | None:
    """The `on` pattern that takes an option's title when it is typed."""
    titles = work.words([option.title])
    for taker in on if titles else ():
        if (taker.event in ("kind:text", "kind:anything") or taker.words & titles
                or any(work.takes(taker, title) for title in titles)):
            return taker
    return None


def _option_outcomes(work: _Work, step: Step) -> dict[str, Any]:
    """What each option leads to, by its id."""
    return {row.event.partition(":")[2]: (repr(row.ops), work.outcome(row.target))
            for row in step.on if row.event.startswith("option:")}


def _same_words(work: _Work, name: str, step: Step) -> Iterator[Diagnostic]:
    """Titles and aliases that stand at two options in one language; titles that are equal to the letter are F212."""
    said: set[int] = set()
    for language in work.table.languages:
        first: dict[str, tuple[int, int]] = {}
        for at, option in enumerate(step.options):
            aliases = [int(text) for event in option.also if event.startswith("reply:")
                       for text in event.partition(":")[2].split(",")]
            for text in (option.title, *aliases):
                for words in work.words([text], language):
                    other, other_text = first.setdefault(words, (at, text))
                    both_sure = option.when is None or step.options[other].when is None
                    titles = text == option.title and other_text == step.options[other].title
                    if titles and _same(work, text, other_text, language):
                        continue
                    if other == at or at in said or not both_sure:
                        continue
                    said.add(at)
                    where = "" if language == work.table.languages[0] else f"in `{language}`: "
                    yield SAME_WORDS.at(_word_span(work, name, step, at, text), Fix("change one of them"),
                                        others=(Label(_word_span(work, name, step, other, other_text), "first here"),),
                                        where=where, words=words)


def _same(work: _Work, one: int, other: int, language: str) -> bool:
    texts = work.table.texts
    return one == other or texts[one].get(language) == texts[other].get(language)


def _word_span(work: _Work, name: str, step: Step, at: int, text: int) -> Span:
    option = step.options[at]
    return _option_span(work, name, option, at) if text == option.title else text_span(work.places, text)


def _option_span(work: _Work, name: str, option: Option, at: int) -> Span:
    of_option, of_title = nth(work.places.options.get(name), at), nth(work.places.texts, option.title)
    is_here = of_option and of_title and of_option.file == of_title.file and (
        of_option.start <= of_title.start < of_option.end)
    return span_of(work.places, of_title if is_here or of_option is None else of_option)


def _answers_taken(work: _Work, anywhere: Sequence[Taker]) -> Iterator[Diagnostic]:
    """Each pattern of `anywhere` that takes an answer somewhere, with the first question where it does."""
    answers = _Answers(work).all
    searched = [taker for taker in anywhere if taker.machine is not None]
    found: dict[int, tuple[str, Span]] = {}
    by_words = {words: taker for taker in reversed(anywhere) for words in taker.words}
    for words, uses in answers.items():
        taker = by_words.get(words) or next((taker for taker in searched if work.takes(taker, words)), None)
        if taker is None or id(taker) in found:
            continue
        use = next((use for use in uses if use[1] != taker.outcome), None)
        if use is not None:
            found[id(taker)] = (words, use[0])
    for taker in anywhere:
        if id(taker) in found:
            words, span = found[id(taker)]
            yield ANSWER_TAKEN.at(taker.span, Fix("use other words in `anywhere`, or for the answer"),
                                  others=(Label(span, "an answer here"),), words=words)


def _kinds_taken(work: _Work, anywhere: Iterable[Taker]) -> Iterator[Diagnostic]:
    """Each `on image` of `anywhere` and its like, with the first question that asks for one."""
    asked: dict[str, str] = {}
    for name, step in work.table.steps.items():
        if step.kind == "ask" and step.items is None:
            asked.setdefault(f"kind:{step.type}", name)
    for taker in anywhere:
        step_name = asked.get(taker.event)
        if step_name is not None:
            kind = taker.event.partition(":")[2]
            fix = Fix(f"take `{kind}` out of `anywhere`, and write it at the questions where it is meant")
            here = span_of(work.places, work.places.steps.get(step_name))
            yield KIND_TAKEN.at(taker.span, fix, others=(Label(here, "asked for here"),), kind=kind, step=step_name)


class _Answers:
    """All that questions take as an answer in so many words: where it stands, and what it leads to."""

    def __init__(self, work: _Work) -> None:
        self.work = work

    @cached_property
    def all(self) -> dict[str, list[tuple[Span, Any]]]:
        found: dict[str, list[tuple[Span, Any]]] = {}
        for name, step in self.work.table.steps.items():
            for words, span, outcome in self.of_step(name, step):
                uses = found.setdefault(words, [])
                if len(uses) < 20:
                    uses.append((span, outcome))
        return found

    def of_step(self, name: str, step: Step) -> Iterator[tuple[str, Span, Any]]:
        work, table = self.work, self.work.table
        outcomes = _option_outcomes(work, step) if step.options else {}
        for at, option in enumerate(step.options):
            outcome = outcomes.get(option.id)
            for words in work.words([option.title]):
                yield words, _option_span(work, name, option, at), outcome
        texts = [*step.suggest, *([step.skip] if step.skip is not None else [])]
        if step.kind == "ask" and step.items is None and step.slot is not None:
            scope, slot = step.slot
            flow = table.flows.get(step.flow)
            var = table.slots.get(slot) if scope == "slot" else flow.locals.get(slot) if flow else None
            for value, title in (var.values or []) if var is not None else []:
                texts.append(title)
                yield normalise(str(value)), text_span(work.places, title), None
        for text in texts:
            for words in work.words([text]):
                yield words, text_span(work.places, text), None
        if step.kind == "ask" and step.type == "boolean":
            here = span_of(work.places, work.places.steps.get(name))
            for word in ("yes", "no"):
                said = table.system.get(word)
                for words in work.words([said] if isinstance(said, int) else []):
                    yield words, here, None
