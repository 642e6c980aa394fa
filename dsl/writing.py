"""What the compiler says about writing: the kinds F001 to F030, and the diagnostics that take more than a name."""

import re
from collections.abc import Sequence

from dsl.diagnostics import Certainty, Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.expected import BELONGS, CLAUSES, SHAPES, STATEMENTS, TOP_LEVEL
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
MISSPELT = Kind("F014", E, "`{word}` is no word that can stand here")
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
BAD_NUMBER = Kind("F025", E, "{what} is a whole number from 1 to {most}", fix="write a number from 1 to {most}")
NO_QUOTES = Kind("F026", E, "this text stands without quotes")
NEXT_LINE = Kind("F032", E, "what belongs to `{word}` stands on the lines below it")
NO_IF = Kind("F027", E, "`{word}` has no `if` above it", fix="write `if …` above it, in the same column")
QUOTE_INSIDE = Kind("F035", E, "this quote ends the text around it")
NO_MOMENT = Kind("F034", E, "there is no {what} `{written}`",
                 fix="write a date such as `2026-12-31`, a time from `0:00` to `23:59`")
HABIT = Kind("F033", E, "this is how other languages {does}", why="{why}")
OPEN_BRACKET = Kind("F028", E, "this `{bracket}` is not closed")
QUOTED_NAME = Kind("F029", E, "a name stands without quotes")
TWICE = Kind("F030", E, "`{word}` stands here a second time")

TAKE_APART = Fix("take it apart: `set` a slot to one half of it first")


def replace(source: Source, start: int, end: int, by: str, say: str, certainty: Certainty = Certainty.SAFE) -> Fix:
    """The fix that puts `by` in the place of `source.text[start:end]`."""
    return Fix(say, (Edit(source.span(start, end), by),), certainty)


def too_long(place: Span, what: str) -> Diagnostic:
    if what == "this line":
        fix = Fix("say it in several lines")
    elif place.file.endswith(".flow"):
        fix = Fix("move some flows to another file: all files of a folder are one bot")
    else:
        fix = Fix("leave out what the bot does not say")
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
    dollars = [start + 1 + at.start() for at in re.finditer(r"\$(?=\{)", inside)] if source.text[start] == "`" else []
    fix = Fix('use `"` at both ends', (Edit(source.span(start, start + 1), '"'),
                                       *(Edit(source.span(at, at + 1), "") for at in dollars),
                                       Edit(source.span(end - 1, end), '"')), certainty)
    return OTHER_QUOTES.at(source.span(start, end), fix, label="other quotes")


def other_sign(source: Source, start: int, end: int, sign: str) -> Diagnostic:
    written = source.text[start:end]
    spaced = f"{sign} " if sign == "not" else sign
    fix = replace(source, start, end, spaced, f"write `{sign}`")
    return STRAY.at(source.span(start, end), fix, label="another sign", sign=written)


def other_comment(source: Source, start: int, end: int) -> Diagnostic:
    """`// …` to the end of its line, or `/* … */`: lines of their own become comments, what stands in a line goes."""
    written = source.text[start:end]
    alone = not source.text[source.text.rfind("\n", 0, start) + 1:start].strip()
    rest = source.line(source.position(end)[0])[source.position(end)[1] - 1:].strip()
    certainty = Certainty.SAFE if alone else Certainty.MAYBE
    if rest:
        fix = replace(source, start, end, "", "leave it out, or write it above, behind a `#`", certainty)
    else:
        lines = re.sub(r"\n([ \t]*)\*?", r"\n\1#", written[2:].removesuffix("*/").rstrip())
        fix = replace(source, start, end, f"#{lines}", "begin a comment with `#`", certainty)
    return STRAY.at(source.span(start, start + 2), fix, label="a comment begins with `#`", sign=written[:2])


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


def over_lines(source: Source, start: int, end: int) -> Diagnostic:
    breaks = re.finditer(r"[ \t]*\r?\n[ \t]*", source.text[start:end])
    edits = tuple(Edit(source.span(start + each.start(), start + each.end()), "\\n") for each in breaks)
    fix = Fix("write `\\n` for a new line, or `\"\"\"` around the text", edits)
    return OPEN_TEXT.at(source.span(start, start + 1), fix, label="goes on over lines")


def open_block(source: Source, start: int, end: int) -> Diagnostic:
    return OPEN_BLOCK.at(source.span(start, end), Fix('put `"""` on a line of its own where the text ends'),
                         label="opened here")


def open_brace(source: Source, at: int) -> Diagnostic:
    return OPEN_BRACE.at(source.span(at, at + 1),
                         replace(source, at, at, "\\", "write `\\{` for a brace that is only a brace", Certainty.MAYBE),
                         label="opened here")


def two_braces(source: Source, start: int, end: int) -> Diagnostic:
    inside = source.text[start + 1:end - 1]
    is_number = inside[1:-1].strip().isdigit()           # `{{1}}`, as WhatsApp numbers the parameters of a template
    fix = Fix("write the parameter's name, `{name}`") if is_number else replace(source, start, end, inside,
                                                                                f"write `{inside}`")
    return BROKEN_VALUE.at(source.span(start, end), fix, label="two braces", what="one brace on each side is enough")


def double_quotes(source: Source, start: int, end: int) -> Diagnostic:
    inside = source.text[start + 1:end - 1]
    edits = (Edit(source.span(start, start + 1), "'"), Edit(source.span(end - 1, end), "'"))
    fix = Fix(f"write `'{inside}'`", edits, Certainty.SAFE)
    return BROKEN_VALUE.at(source.span(start, end), fix, label="double quotes", what="quotes inside braces are single")


def unknown_escape(source: Source, start: int, end: int) -> Diagnostic:
    fix = replace(source, start, start + 1, "\\\\", "write `\\\\` for a backslash")
    return UNKNOWN_ESCAPE.at(source.span(start, end), fix,
                             label='only \\" \\\\ \\n \\{ have a meaning', character=source.text[start + 1:end])


def wrong_depth(source: Source, place: int, width: int, wanted: int, certainty: Certainty, *, odd: bool) -> Diagnostic:
    """A line whose first word stands at `place` and should be indented otherwise; `odd`: no line above is as it is."""
    start = source.text.rfind("\n", 0, place) + 1
    spaces = plural(width, "space")
    fix = replace(source, start, place, " " * wanted, f"indent it by {plural(wanted, 'space')}", certainty)
    span = source.span(start, max(place, start + 1))
    if odd:
        return ODD_INDENT.at(span, fix, label=spaces, width=spaces)
    return WRONG_DEPTH.at(span, fix, label=spaces, width=spaces, wanted=wanted)


def empty_block(span: Span, word: str) -> Diagnostic:
    fix = "write what belongs to it on the next line, two spaces deeper"
    if word in ("tries", "after", "on", "otherwise"):
        fix = f"say where it leads, as in `{SHAPES[word]}`, or what happens on the next line, two spaces deeper"
    return EMPTY_BLOCK.at(span, Fix(fix), label="nothing stands under this", what=opener(word))


def too_deep_a_block(span: Span, most: int) -> Diagnostic:
    return TOO_DEEP.at(span, Fix("move it to a flow of its own and `do` that"), label="too deep", most=most,
                       what="blocks")


def left_out(span: Span, written: str, why: str) -> Diagnostic:
    fix = Fix(f"leave it out: {why}", (Edit(span, ""),))
    if not written[0].isalpha():
        return STRAY.at(span, fix, label="not of this language", sign=written)
    return OTHER_WORD.at(span, fix, label="not a word of this language", word=written.split(maxsplit=1)[0])


def switch(word: Span, block: Span, meant: str) -> Diagnostic:
    first = meant.split("\n", 1)[0].strip()
    fix = Fix(f"write `{first}`, and `elif` for the other cases", (Edit(block, meant),))
    return HABIT.at(word, fix, label="as in another language", does="tell cases apart", why="")


def no_options(span: Span, what: str) -> Diagnostic:
    fix = Fix(f"write options under it: {SHAPES['-']}", certainty=Certainty.SHAPE)
    return NO_OPTIONS.at(span, fix, label="nothing to choose", what=what)


def misplaced(span: Span, word: str, under: str) -> Diagnostic | None:
    """A line that begins with a word of the language which cannot stand under `under` ("" is the left edge)."""
    if word in ("elif", "else"):
        return NO_IF.at(span, label="belongs to no `if`", word=word)
    if word in TOP_LEVEL:
        fix = Fix("put it at the left edge, outside of everything else")
        return LEFT_EDGE.at(span, fix, label="not here", word=word, where=f"under {opener(under)}")
    if word not in STATEMENTS | CLAUSES | {"-", "starts", "lost"}:
        return None
    if not under:
        fix = Fix("put it into a flow: `flow main` above it, and two spaces before it")
        return LEFT_EDGE.at(span, fix, label="not here", word=word, where="at the left edge")
    if under in ("ask", "need") and word == "-":
        fixes = [Fix(f"write `choose` where it says `{under}`, or choose from a list: `from [\"…\", \"…\"]`")]
        return WRONG_CLAUSE.at(span, *fixes, label="not here", word=word, under=opener(under))
    if under in ("choose", "menu") and word in CLAUSES:
        return LATE_CLAUSE.at(span, Fix("put it above the options"), label="below an option", word=word)
    fixes = [Fix(f"it belongs under {BELONGS[word]}")] if word in BELONGS else []
    return WRONG_CLAUSE.at(span, *fixes, label="not here", word=word, under=opener(under))


def opener(word: str) -> str:
    return "an option" if word == "-" else f"`{word}`"
