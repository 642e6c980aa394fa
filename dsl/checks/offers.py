"""Options as the channel shows them: how many, how long, in which shape, in every language."""

from collections.abc import Iterator
from typing import NamedTuple

from dsl.bounds import Bounds
from dsl.checks.lengths import MAY_BE_TOO_LONG, REJECTED, TOO_LONG, Lengths, unbounded
from dsl.checks.where import expr_span, nth, span_of, text_span
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.limits import has_emoji
from dsl.source import Span
from dsl.table import Place, Step

LONG_BUTTON = Kind(
    "F204", Severity.ERROR, "{where}this option is too long for a button: {length:,} of {most:,} characters{more}",
    why=REJECTED)
LONG_OPTION = Kind(
    "F205", Severity.ERROR, "{where}this option is too long: {length:,} of {most:,} characters{more}", why=REJECTED)
NOT_BUTTONS = Kind("F206", Severity.ERROR, "these options cannot be buttons: {what}",
                   why="The user would see a list, which is not what `as buttons` asks for.")
PERHAPS_NOT_BUTTONS = Kind("F207", Severity.WARNING, "these options may not be buttons: {what}",
                           why="Where there are more, the user sees a list.")
IMAGE_ON_LIST = Kind("F210", Severity.WARNING, "a list has no image of its own",
                     why="The user gets the image as a message before the list.")
SHAPE_CHANGES = Kind("F211", Severity.WARNING, "these options are {one} in `{first}` and {other} in `{second}`",
                     why="Users see the same question in two shapes, and a list hides its options behind a button.")
SAME_TITLE = Kind("F212", Severity.ERROR, "{where}two options have the same title `{title}`", why=REJECTED)
EMOJI_IN_LIST = Kind("F213", Severity.WARNING, "{where}there is an emoji in the title of a list's option",
                     why="WhatsApp is known to have refused such lists; the user would see nothing.")


class Offered(NamedTuple):
    """An option that is written in the bot; `is_sure`: it is always shown."""

    title: int
    description: int | None
    is_sure: bool
    span: Span


def has_options(step: Step) -> bool:
    """Whether a question shows anything to choose from."""
    return bool(step.options or step.suggest or step.skip is not None or step.items is not None
                or step.type in ("boolean", "language", "choice"))


def offers(lengths: Lengths, name: str, step: Step) -> Iterator[Diagnostic]:
    """What is wrong with the options of a step."""
    if not has_options(step) or step.kind not in ("menu", "choose", "ask"):
        return
    offered = _offered(lengths, name, step)
    yield from _same_titles(lengths, offered)
    if step.shape == "buttons":
        yield from _buttons(lengths, name, step, offered)
    for option in offered:
        yield from _option(lengths, step, option)
    yield from _items(lengths, name, step)
    yield from _shapes(lengths, name, step, offered)


def _offered(lengths: Lengths, name: str, step: Step) -> list[Offered]:
    """All options that are written: those of a menu or choose, of a question its values, suggestions and `skip`."""
    places, table = lengths.places, lengths.table
    found = []
    for at, option in enumerate(step.options):
        of_option, of_title = nth(places.options.get(name), at), nth(places.texts, option.title)
        # A title that stands in several places is one entry of the table, which knows only the first.
        span = span_of(places, of_title if _is_within(of_title, of_option) else of_option)
        found.append(Offered(option.title, option.description, option.when is None, span))
    if step.kind == "ask" and step.slot is not None:
        scope, slot = step.slot
        flow = table.flows.get(step.flow)
        var = table.slots.get(slot) if scope == "slot" else flow.locals.get(slot) if flow else None
        for _, title in (var.values or []) if var is not None and step.items is None else []:
            found.append(Offered(title, None, True, text_span(places, title)))
        if step.type == "boolean":
            texts = [table.system[word] for word in ("yes", "no") if isinstance(table.system.get(word), int)]
            found += [Offered(text, None, True, text_span(places, text)) for text in texts if isinstance(text, int)]
    for text in (*step.suggest, *([step.skip] if step.skip is not None else [])):
        found.append(Offered(text, None, True, text_span(places, text)))
    return found


def _is_within(title: Place | None, option: Place | None) -> bool:
    if title is None or option is None:
        return option is None
    return title.file == option.file and option.start <= title.start < option.end


def _option(lengths: Lengths, step: Step, option: Offered) -> Iterator[Diagnostic]:
    """Titles and descriptions; of a title that is certainly too long with the number that matters."""
    limits = lengths.table.limits
    is_button = step.shape == "buttons"
    most, kind = (limits.button_title, LONG_BUTTON) if is_button else (limits.row_title, LONG_OPTION)
    fix = (f"shorten it, or drop `as buttons`: a list title may have {limits.row_title}" if is_button
           else "shorten it, and put the rest into a description after it")
    for said in lengths.text(option.title, "this option", most, step.flow, span=option.span, fix=fix):
        if said.code != TOO_LONG.code:
            yield said
            continue
        over = {language: bounds.least for language in lengths.languages(option.title)
                if (bounds := lengths.bounds(option.title, language, step.flow, most)).least > most}
        yield lengths.report(kind, over, option.span, fix, most=most)
    if option.description is not None:
        yield from lengths.text(option.description, "this description", limits.row_description, step.flow)


def _items(lengths: Lengths, name: str, step: Step) -> Iterator[Diagnostic]:
    """Choices made at run time."""
    if step.items is None:
        return
    limits, table = lengths.table.limits, lengths.table
    for what, expr, most in (("the title of a choice", step.title, limits.row_title),
                             ("the detail of a choice", step.detail, limits.row_description)):
        if expr is None:
            continue
        bounds = lengths.value(table.exprs[expr], table.exprs[step.items], step.flow, most)
        here = expr_span(lengths.places, expr)
        if bounds.most is None:
            yield unbounded(here, what, bounds.loose, most)
        elif bounds.most > most:
            yield from _value_too_long(lengths, here, what, bounds, most)


def _value_too_long(lengths: Lengths, here: Span, what: str, bounds: Bounds, most: int) -> Iterator[Diagnostic]:
    kind, length = (TOO_LONG, bounds.least) if bounds.least > most else (MAY_BE_TOO_LONG, bounds.most)
    yield lengths.report(kind, {lengths.table.languages[0]: length}, here, "shorten it", what=what, most=most)


def _buttons(lengths: Lengths, name: str, step: Step, offered: list[Offered]) -> Iterator[Diagnostic]:
    """What keeps `as buttons` from being."""
    limits, here = lengths.table.limits, span_of(lengths.places, lengths.places.steps.get(name))
    sure, most = sum(option.is_sure for option in offered), limits.buttons
    fix = Fix(f"drop `as buttons`, or offer at most {most}")
    if sure > most:
        yield NOT_BUTTONS.at(here, fix, label=f"{len(offered)} options",
                             what=f"there are {len(offered)}, a message has room for {most}")
    elif len(offered) > most or step.items is not None:
        count = "any number" if step.items is not None else f"up to {len(offered)}"
        yield PERHAPS_NOT_BUTTONS.at(here, fix, what=f"there may be {count}, a message has room for {most}")
    described = next((option for option in offered if option.description is not None), None)
    if described is not None and described.description is not None:
        yield NOT_BUTTONS.at(text_span(lengths.places, described.description),
                             Fix("take the description out, or drop `as buttons`"), what="buttons have no descriptions")


def _same_titles(lengths: Lengths, offered: list[Offered]) -> Iterator[Diagnostic]:
    """Each title that stands twice, once, in the first language where it does."""
    said: set[int] = set()
    for language in lengths.table.languages:
        first: dict[str, Offered] = {}
        for at, option in enumerate(offered):
            text = lengths.table.texts[option.title]
            parts = text.get(language, text.get(lengths.table.languages[0], []))
            if not option.is_sure or at in said or not parts or not all(isinstance(part, str) for part in parts):
                continue
            title = "".join(parts).strip()
            other = first.setdefault(title, option)
            if other is not option:
                said.add(at)
                yield SAME_TITLE.at(option.span, Fix("give one of them another title"),
                                    others=(Label(other.span, "first used here"),),
                                    where=lengths.where(language), title=title)


def _shapes(lengths: Lengths, name: str, step: Step, offered: list[Offered]) -> Iterator[Diagnostic]:
    """The shape in every language, and what hangs on it."""
    if step.items is not None or not offered:
        return
    languages = [language for language in lengths.table.languages
                 if any(language in lengths.table.texts[option.title] for option in offered)]
    shapes = {language: _shape(lengths, step, offered, language) for language in languages}
    first, *others = languages or [""]
    changed = next((other for other in others if shapes[other] != shapes[first]), None)
    if changed is not None and step.shape is None and not _is_over(lengths, step, offered):
        at_fault, language = _longest(lengths, step, offered, first, changed)
        fix = Fix(f"make every title fit {lengths.table.limits.button_title} characters, or write `as list`")
        one, other = _A_SHAPE[shapes[first]], _A_SHAPE[shapes[changed]]
        yield SHAPE_CHANGES.at(at_fault.span, fix, label=f"too long for a button in `{language}`",
                               one=one, first=first, other=other, second=changed)
    if step.message is not None and step.message.image is not None and "list" in shapes.values():
        fix = Fix("send it with `send image` before the question, or offer at most three short options")
        yield IMAGE_ON_LIST.at(expr_span(lengths.places, step.message.image), fix)
    for option in offered:
        spotted = next((language for language, shape in shapes.items()
                        if shape == "list" and _has_emoji(lengths, option.title, language)), None)
        if spotted is not None:
            yield EMOJI_IN_LIST.at(option.span, Fix("take the emoji out, or put it into the description"),
                                   where=lengths.where(spotted))
            return                           # once a question is enough


def _has_emoji(lengths: Lengths, text: int, language: str) -> bool:
    parts = lengths.table.texts[text].get(language, [])
    return any(isinstance(part, str) and has_emoji(part) for part in parts)


_A_SHAPE = {"buttons": "buttons", "list": "a list"}


def _shape(lengths: Lengths, step: Step, offered: list[Offered], language: str) -> str:
    limits = lengths.table.limits
    described = any(option.description is not None for option in offered)
    if step.shape == "list" or len(offered) > limits.buttons or described:
        return "list"
    fits = all(_most(lengths, step, option, language) <= limits.button_title for option in offered)
    return "buttons" if fits else "list"


def _most(lengths: Lengths, step: Step, option: Offered, language: str) -> int:
    bounds = lengths.bounds(option.title, language, step.flow, lengths.table.limits.button_title)
    return bounds.least if bounds.most is None else bounds.most


def _is_over(lengths: Lengths, step: Step, offered: list[Offered]) -> bool:
    """Whether a title fits nowhere, which is said already."""
    most = lengths.table.limits.row_title
    return any(lengths.bounds(option.title, language, step.flow, most).least > most
               for option in offered for language in lengths.languages(option.title))


def _longest(lengths: Lengths, step: Step, offered: list[Offered], *languages: str) -> tuple[Offered, str]:
    """The option that does not fit a button, and in which language."""
    return max(((option, language) for option in offered for language in languages),
               key=lambda pair: _most(lengths, step, *pair))
