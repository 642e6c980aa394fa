"""What the compiler says about writing: the kinds F001 to F030, and the diagnostics that take more than a name."""

from collections.abc import Sequence

from dsl.diagnostics import Certainty, Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.source import Source, Span

E, W = Severity.ERROR, Severity.WARNING

OPEN_TEXT = Kind("F001", E, "this text has no closing quote")
STRAY = Kind("F002", E, "`{sign}` means nothing here")
TABS = Kind("F003", E, "{lines} indented with tabs",
            why="How wide a tab is differs from one editor to the next, so I cannot tell which lines belong together.")
ODD_INDENT = Kind("F004", E, "this line is indented by {width}, and no line above it is")
UNKNOWN_ESCAPE = Kind("F005", E, "`\\{character}` means nothing in a text")
OTHER_QUOTES = Kind("F006", E, "a text stands between straight double quotes")
OPEN_BRACE = Kind("F007", E, "this `{{` has no `}}` on its line")
OPEN_REGEX = Kind("F008", E, "this pattern has no closing `/`")
OPEN_BLOCK = Kind("F009", E, "this text of several lines is not closed")
UNREADABLE = Kind("F010", E, "I expected {expected}, found {found}")
MISSING = Kind("F011", E, "{what} is missing {where}")
TOO_MUCH = Kind("F012", E, "{what} is too much here")
OTHER_WORD = Kind("F013", E, "`{word}` is a word of other tools")
MISSPELT = Kind("F014", E, "no line can have the word `{word}` here")
WRONG_DEPTH = Kind("F015", E, "this line is indented by {width}, and only {wanted} would do")
EMPTY_BLOCK = Kind("F016", E, "{what} wants lines below it, indented two spaces deeper")
WRONG_CLAUSE = Kind("F017", E, "`{word}` cannot stand under {under}")
WRONG_ORDER = Kind("F018", E, "{what} stands too late on this line")
LATE_CLAUSE = Kind("F031", E, "`{word}` stands below the options")
ASSIGNED = Kind("F019", E, "`=` sets a value, `==` compares")
TOO_DEEP = Kind("F020", E, "more than {most} {what} are in each other here")
FILE_TOO_LONG = Kind("F021", E, "{what} is too long to be read whole")
NO_OPTIONS = Kind("F022", E, "this {what} has no options", why="The user would be asked to choose among nothing.")
LEFT_EDGE = Kind("F023", E, "`{word}` cannot stand {where}")
BROKEN_VALUE = Kind("F024", E, "I cannot read the value in these braces: {what}")
BAD_NUMBER = Kind("F025", E, "{what} is a whole number from 1 to {most}")
NO_QUOTES = Kind("F026", E, "this text stands without quotes")
NEXT_LINE = Kind("F032", E, "what belongs to `{word}` stands on the lines below it")
NO_IF = Kind("F027", E, "`{word}` has no `if` above it")
OPEN_BRACKET = Kind("F028", E, "this `{bracket}` is not closed")
QUOTED_NAME = Kind("F029", E, "a name stands without quotes")
TWICE = Kind("F030", E, "`{word}` stands here a second time")

TAKE_APART = Fix("take it apart: `set` a slot to one half of it first")


def replace(source: Source, start: int, end: int, by: str, say: str, certainty: Certainty = Certainty.SAFE) -> Fix:
    """The fix that puts `by` in the place of `source.text[start:end]`."""
    return Fix(say, (Edit(source.span(start, end), by),), certainty)


def too_long(place: Span, what: str) -> Diagnostic:
    fix = Fix("move some flows to another file: all files of a folder are one bot" if what == "this file" else
              "say it in several lines")
    return FILE_TOO_LONG.at(place, fix, label="read up to here", what=what)


def twice(source: Source, first: Span, second: Span) -> Diagnostic:
    word = source.text[second.start:second.end].split(maxsplit=1)[0]
    return TWICE.at(second, Fix("keep one of the two"), label="only one counts",
                    others=(Label(first, "the first"),), word=word)


def plural(count: int, one: str) -> str:
    """
    >>> plural(1, "space"), plural(3, "space")
    ('1 space', '3 spaces')
    """
    return f"{count} {one}{'s' * (count != 1)}"


def tabs(source: Source, places: Sequence[tuple[int, int]]) -> Diagnostic:
    edits = tuple(Edit(source.span(start, end), source.text[start:end].replace("\t", "  ")) for start, end in places)
    many = f"{len(places)} lines are" if len(places) > 1 else "this line is"
    return TABS.at(source.span(*places[0]), Fix("use two spaces for each tab", edits, Certainty.SAFE),
                   label="the first of them" if len(places) > 1 else "a tab", lines=many)


def other_quotes(source: Source, start: int, end: int) -> Diagnostic:
    inside = source.text[start + 1:end - 1]
    certainty = Certainty.MAYBE if '"' in inside or "\\" in inside else Certainty.SAFE
    fix = Fix('use `"` at both ends', (Edit(source.span(start, start + 1), '"'), Edit(source.span(end - 1, end), '"')),
              certainty)
    return OTHER_QUOTES.at(source.span(start, end), fix, label="other quotes")


def other_sign(source: Source, start: int, end: int, sign: str) -> Diagnostic:
    written = source.text[start:end]
    spaced = f"{sign} " if sign == "not" else sign
    return STRAY.at(source.span(start, end), replace(source, start, end, spaced, f"write `{sign}`"), label="another sign",
                    sign=written)


def stray(source: Source, start: int, end: int) -> Diagnostic:
    sign = source.text[start:end]
    if len(sign) == 1 and sign.isspace():
        return STRAY.at(source.span(start, end), replace(source, start, end, " ", "write an ordinary space"),
                        label="an unusual space", sign=f"U+{ord(sign):04X}")
    shown = sign[:8] if sign.isprintable() else f"U+{ord(sign[0]):04X}"
    return STRAY.at(source.span(start, end), replace(source, start, end, "", f"leave out `{shown}`", Certainty.MAYBE),
                    label="stands outside any text", sign=shown)


def open_text(source: Source, start: int, end: int) -> Diagnostic:
    if end == start + 1:
        fix = replace(source, start, end, "", "take it away, or write the text that begins here", Certainty.MAYBE)
        return OPEN_TEXT.at(source.span(start, end), fix, label="opens a text")
    fix = replace(source, end, end, source.text[start], f"put `{source.text[start]}` where the text ends",
                  Certainty.MAYBE)
    return OPEN_TEXT.at(source.span(start, end), fix, label="opened here")


def open_block(source: Source, start: int, end: int) -> Diagnostic:
    return OPEN_BLOCK.at(source.span(start, end), Fix('put `"""` on a line of its own where the text ends'),
                         label="opened here")


def open_brace(source: Source, at: int) -> Diagnostic:
    return OPEN_BRACE.at(source.span(at, at + 1),
                         replace(source, at, at, "\\", "write `\\{` for a brace that is only a brace", Certainty.MAYBE),
                         label="opened here")


def unknown_escape(source: Source, start: int, end: int) -> Diagnostic:
    return UNKNOWN_ESCAPE.at(source.span(start, end), replace(source, start, start + 1, "\\\\", "write `\\\\` for a backslash"),
                             label='only \\" \\\\ \\n \\{ have a meaning', character=source.text[start + 1:end])
