"""Reads a regular expression of our dialect into its tree, or says what is wrong with it and where.

Recursive descent over one pattern. What other dialects know and ours does not is named as what it is, with what to
write instead.
"""

import unicodedata
from string import hexdigits
from typing import Any, NoReturn

import msgspec
from msgspec.structs import replace

from dsl.characters import (
    CATEGORIES,
    DIGIT,
    NEWLINE,
    NO_DIGIT,
    SCRIPTS,
    SPACE,
    WORD,
    Category,
    Chars,
    Member,
    Others,
    Range,
    Script,
)
from dsl.diagnostics import Kind, Severity
from dsl.regular import NOTHING, Edge, Either, Node, Repeat, Seq, either, seq

LONGEST = 2_000                              # characters of a pattern
DEEPEST = 30                                 # groups in groups
MOST = 1_000                                 # RE2: repeats, those in one another multiplied

_LINEAR = "Patterns are matched in linear time, whatever a user sends, and this cannot be"
LOOK_AROUND = Kind("F510", Severity.ERROR, "a pattern cannot look ahead or back with `{found}`", why=_LINEAR)
BACK_REFERENCE = Kind("F511", Severity.ERROR, "a pattern cannot refer back to a group with `{found}`", why=_LINEAR)
POSSESSIVE = Kind("F512", Severity.ERROR, "a pattern has no possessive or atomic part `{found}`", why=_LINEAR)
TOO_MANY = Kind("F513", Severity.ERROR, "a part of a pattern is repeated {count:,} times, at most {most:,} can be")
OPEN = Kind("F514", Severity.ERROR, "`{found}` in a pattern has no partner")
BAD_RANGE = Kind("F515", Severity.ERROR, "`{found}` in a pattern is no range of characters")
BAD_ESCAPE = Kind("F516", Severity.ERROR, "`{found}` means nothing in a pattern")
NOTHING_REPEATED = Kind("F517", Severity.ERROR, "`{found}` in a pattern has nothing to repeat")
TOO_LARGE = Kind("F518", Severity.ERROR, "this pattern is too large: {what}")


class Fault(msgspec.Struct, frozen=True):
    """What keeps a pattern from being read: which kind, where (characters of the pattern, `end` not included)."""

    kind: Kind
    start: int
    end: int
    names: dict[str, Any] = {}
    fix: str = ""

    @property
    def message(self) -> str:
        return self.kind.message.format(**self.names)


def read(source: str, *, fold: bool = True, longest: int = LONGEST) -> Node:
    """The tree of a pattern of at most `longest` characters; raises `Refused` with the first fault."""
    if len(source) > longest:
        _refuse(TOO_LARGE, longest, len(source), "split it into several patterns",
                what=f"{len(source):,} of {longest:,} characters")
    # A reply is composed (NFC) before it is searched, so that a pattern must be.
    return _Reader(unicodedata.normalize("NFC", source), _Flags(fold)).all()


class Refused(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _refuse(kind: Kind, start: int, end: int, fix: str = "", **names: object) -> NoReturn:
    raise Refused(Fault(kind, start, end, names, fix))


class _Flags(msgspec.Struct, frozen=True):
    fold: bool
    dot_all: bool = False
    lines: bool = False


_TIMES: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
# What stands for itself after a backslash, besides ASCII punctuation.
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_PERL: dict[str, tuple[Member, ...]] = {
    "d": DIGIT, "D": NO_DIGIT, "w": WORD, "W": (Others(WORD),), "s": SPACE, "S": (Others(SPACE),),
}
_EDGES = {"A": "start", "z": "end", "b": "boundary", "B": "inside"}
_INSTEAD = {                                 # escapes of other dialects, and what to write here
    "Z": "write `$` or `\\z`", "u": "write the character itself, or `\\x{…}`", "h": "write `[ \\t]`",
    "R": "write `\\n`", "X": "write `.`", "N": "write `.`", "C": "write `.`", "G": "leave it out",
    "K": "leave it out", "e": "write `\\x1B`", "c": "write `\\x{…}`", "U": "write the character itself, or `\\x{…}`",
}
# `L` and `Lu`, as far as RE2 has names: it has none for what is not assigned.
_GENERAL = {name: frozenset(category for category in CATEGORIES - {"Cn"} if category.startswith(name))
            for name in {*CATEGORIES, *(category[0] for category in CATEGORIES)} - {"Cn"}}
_POSIX: dict[str, tuple[Range, ...]] = {
    name: tuple(Range(ord(pair[0]), ord(pair[1])) for pair in pairs)
    for name, pairs in {
        "alnum": ("09", "AZ", "az"), "alpha": ("AZ", "az"), "ascii": ("\x00\x7f",), "blank": ("\t\t", "  "),
        "cntrl": ("\x00\x1f", "\x7f\x7f"), "digit": ("09",), "graph": ("!~",), "lower": ("az",), "print": (" ~",),
        "punct": ("!/", ":@", "[`", "{~"), "space": ("\t\r", "  "), "upper": ("AZ",), "word": ("09", "AZ", "az", "__"),
        "xdigit": ("09", "AF", "af"),
    }.items()
}


class _Reader:
    """Recursive descent over one pattern; `at` is the next character."""

    def __init__(self, source: str, flags: _Flags) -> None:
        self.source = source
        self.flags = flags
        self.at = 0
        self.depth = 0

    def all(self) -> Node:
        tree = self.either()
        if self.at < len(self.source):       # only a stray `)` ends an alternation early
            _refuse(OPEN, self.at, self.at + 1, "write `\\)`, or open the group with `(`", found=")")
        return tree

    def peek(self, ahead: str) -> bool:
        return self.source.startswith(ahead, self.at)

    def take(self, ahead: str) -> bool:
        found = self.peek(ahead)
        self.at += len(ahead) * found
        return found

    def until(self, character: str, start: int, what: str, fix: str) -> str:
        end = self.source.find(character, self.at)
        if end < 0:
            _refuse(OPEN, start, self.at, fix, found=what)
        inside = self.source[self.at:end]
        self.at = end + 1
        return inside

    def either(self) -> Node:
        ways = [self.sequence()]
        while self.take("|"):
            ways.append(self.sequence())
        return either(*ways)

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            if self.source[self.at] == "\\" and self.take("\\Q"):
                end = self.source.find("\\E", self.at)
                quoted = self.source[self.at:end if end >= 0 else len(self.source)]
                self.at += len(quoted) + 2 * (end >= 0)
                items += [self.one(Range(ord(character), ord(character))) for character in quoted]
                continue
            start = self.at
            if self.times() is not None:
                _refuse(NOTHING_REPEATED, start, self.at, f"write `\\{self.source[start]}` if you mean the character",
                        found=self.source[start:self.at])
            atom = self.atom()
            if atom is not None:
                items.append(self.repeated(atom))
        return seq(*items) if items else NOTHING

    def repeated(self, atom: Node) -> Node:
        sign = self.at
        times = self.times()
        if times is None:
            return atom
        self.take("?")                       # lazy: the same, as only being found matters
        start = self.at
        if self.take("+"):
            _refuse(POSSESSIVE, sign, self.at, "leave the second sign out", found=self.source[sign:self.at])
        if self.times() is not None:
            _refuse(NOTHING_REPEATED, start, self.at, "put what is repeated in `(…)`, or leave one sign out",
                    found=self.source[start:self.at])
        # RE2 counts a repeat in a repeat as what they make together.
        if (count := _copies(atom) * (times[1] or times[0] or 1)) > MOST:
            _refuse(TOO_MANY, sign, self.at, f"repeat less: {MOST:,} times in all", count=count, most=MOST)
        return Repeat(atom, *times)

    def times(self) -> tuple[int, int | None] | None:
        """A repeat sign, if one is next."""
        sign = self.source[self.at:self.at + 1]
        if sign in _TIMES:
            self.at += 1
            return _TIMES[sign]
        if sign != "{":
            return None
        start, end = self.at, self.source.find("}", self.at)
        least, comma, most = self.source[start + 1:end].partition(",") if end > 0 else ("", "", "")
        if comma and not least and _number(most):
            _refuse(NOTHING_REPEATED, start, end + 1, f"write `{{0,{most}}}`", found=self.source[start:end + 1])
        if not _number(least) or (most and not _number(most)):
            return None                      # a brace that stands for itself
        self.at = end + 1
        low, high = int(least), (int(most) if most else None) if comma else int(least)
        if (count := max(low, high or 0)) > MOST:
            _refuse(TOO_MANY, start, self.at, f"repeat it at most {MOST:,} times, or check the length with `length`",
                    count=count, most=MOST)
        if high is not None and high < low:
            _refuse(BAD_RANGE, start, self.at, f"write `{{{high},{low}}}`", found=self.source[start:self.at])
        return low, high

    def one(self, *members: Member, negated: bool = False) -> Chars:
        return Chars(members, negated, self.flags.fold)

    def atom(self) -> Node | None:
        """One part; None for `(?i)`, which only sets flags."""
        character = self.source[self.at]
        self.at += 1
        match character:
            case "(":
                return self.group()
            case "[":
                return self.bracket()
            case ".":
                return self.one(*([] if self.flags.dot_all else [NEWLINE]), negated=True)
            case "^":
                return Edge("line_start" if self.flags.lines else "start")
            case "$":
                return Edge("line_end" if self.flags.lines else "end")
            case "\\":
                if (edge := _EDGES.get(self.source[self.at:self.at + 1])) is not None:
                    self.at += 1
                    return Edge(edge)
                return self.one(*self.escape())
        return self.one(Range(ord(character), ord(character)))

    def group(self) -> Node | None:
        start = self.at - 1
        outer = self.flags
        if self.take("?") and not self.named(start):
            self.refuse_foreign(start)
            if not self.set_flags(start):
                return None
        self.depth += 1
        if self.depth > DEEPEST:
            _refuse(TOO_LARGE, start, start + 1, "use fewer groups",
                    what=f"groups inside one another more than {DEEPEST} deep")
        inside = self.either()
        self.depth -= 1
        self.flags = outer
        if not self.take(")"):
            _refuse(OPEN, start, start + 1, "close the group with `)`, or write `\\(`", found="(")
        return inside

    def named(self, start: int) -> bool:
        """Read the name of `(?<name>` or `(?P<name>`, which nothing uses."""
        if self.peek("<=") or self.peek("<!") or not (self.take("P<") or self.take("<")):
            return False
        name = self.until(">", start, "(?<", "close the name with `>`")
        if not name.isidentifier():
            _refuse(BAD_ESCAPE, start, self.at, "leave the name out: `(…)`", found=f"(?<{name}>")
        return True

    def refuse_foreign(self, start: int) -> None:
        """What other dialects write after `(?`."""
        for ahead, kind, fix in (
            ("=", LOOK_AROUND, "write what follows as a part of the pattern"),
            ("!", LOOK_AROUND, "list what may stand there, or put an `on` for the other case before"),
            ("<=", LOOK_AROUND, "write what comes before as a part of the pattern"),
            ("<!", LOOK_AROUND, "list what may stand there, or put an `on` for the other case before"),
            (">", POSSESSIVE, "write `(?:`"), ("P=", BACK_REFERENCE, "write the part out again"),
            ("(", BACK_REFERENCE, "write both cases out with `|`"), ("R", BACK_REFERENCE, "write the part out"),
            ("P>", BACK_REFERENCE, "write the part out"), ("&", BACK_REFERENCE, "write the part out"),
            ("#", BAD_ESCAPE, "put the comment after `#` behind the pattern"),
        ):
            if self.take(ahead):
                _refuse(kind, start, self.at, fix, found=self.source[start:self.at])

    def set_flags(self, start: int) -> bool:
        """Read `i`, `m`, `s`, `U`, `-` up to `:` (a group opens: true) or `)`."""
        on, names = True, {"i": "fold", "m": "lines", "s": "dot_all"}
        while self.at < len(self.source):
            flag = self.source[self.at]
            self.at += 1
            if flag in ":)":
                return flag == ":"
            if flag == "-" and on:
                on = False
            elif flag in names:
                self.flags = replace(self.flags, **{names[flag]: on})
            elif flag != "U":                # ungreedy: the same, as only being found matters
                _refuse(BAD_ESCAPE, start, self.at, "use the flags `i`, `m` and `s`", found=self.source[start:self.at])
        _refuse(OPEN, start, start + 1, "close the group with `)`", found="(")

    def escape(self) -> tuple[Member, ...]:
        """What follows a backslash, as members of a set."""
        start = self.at - 1
        if self.at == len(self.source):
            _refuse(BAD_ESCAPE, start, self.at, "write `\\\\` for a backslash", found="\\")
        character = self.source[self.at]
        self.at += 1
        if character in _PERL:
            return _PERL[character]
        if character in _CONTROLS:
            return (Range(_CONTROLS[character], _CONTROLS[character]),)
        if character in "pP":
            return self.category(start, character == "P")
        if character == "x":
            return self.code_point(start)
        if character == "0":
            end = self.at
            while end < self.at + 2 and self.source[end:end + 1] in tuple("01234567"):
                end += 1
            point, self.at = int(self.source[start + 1:end], 8), end
            return (Range(point, point),)
        if character.isascii() and not character.isalnum():
            return (Range(ord(character), ord(character)),)
        found = "\\" + character
        if character in "kg" or "1" <= character <= "9":
            _refuse(BACK_REFERENCE, start, self.at, "write the part out again", found=found)
        _refuse(BAD_ESCAPE, start, self.at, _INSTEAD.get(character, f"write `{character}`"), found=found)

    def code_point(self, start: int) -> tuple[Member, ...]:
        if self.take("{"):
            digits = self.until("}", start, "\\x{", "close it with `}`")
            fits = 1 <= len(digits) <= 6
        else:
            digits = self.source[self.at:self.at + 2]
            self.at += len(digits)
            fits = len(digits) == 2
        point = int(digits, 16) if fits and set(digits) <= set(hexdigits) else -1
        if not 0 <= point <= 0x10FFFF or 0xD800 <= point <= 0xDFFF:
            _refuse(BAD_ESCAPE, start, self.at, "write `\\x41` or `\\x{1F600}`", found=self.source[start:self.at])
        return (Range(point, point),)

    def category(self, start: int, negated: bool) -> tuple[Member, ...]:
        if self.take("{"):
            name = self.until("}", start, self.source[start:self.at], "close it with `}`")
        else:
            name = self.source[self.at:self.at + 1]
            self.at += len(name)
        negated ^= name.startswith("^")
        name = name.removeprefix("^")
        letter = "P" if negated else "p"
        if (names := _GENERAL.get(name)) is not None:
            return (Category(CATEGORIES - names if negated else names, f"\\{letter}{{{name}}}"),)
        if name == "Any":
            return (Others((Range(0, 0x10FFFF),)) if negated else Range(0, 0x10FFFF),)
        if name in SCRIPTS:
            return (Script(name, negated),)
        _refuse(BAD_ESCAPE, start, self.at, "write a general category (`\\p{L}`, `\\p{Lu}`) or a script (`\\p{Greek}`)",
                found=self.source[start:self.at])

    def bracket(self) -> Node:
        start = self.at - 1
        negated = self.take("^")
        members: list[Member] = []
        first = True
        while first or not self.peek("]"):
            if self.at >= len(self.source):
                _refuse(OPEN, start, start + 1, "close it with `]`, or write `\\[`", found="[")
            members += self.posix() if self.peek("[:") else self.range()
            first = False
        self.at += 1
        chars = self.one(*dict.fromkeys(members), negated=negated)
        if chars.source() is None:
            _refuse(TOO_LARGE, start, self.at, "name the characters it takes", what="this set cannot be written out")
        return chars

    def posix(self) -> tuple[Member, ...]:
        start, end = self.at, self.source.find(":]", self.at)
        if end < 0:
            return self.range()
        name = self.source[start + 2:end]
        self.at = end + 2
        found = _POSIX.get(name.removeprefix("^"))
        if found is None:
            _refuse(BAD_ESCAPE, start, self.at, "write `[:alpha:]`, or `\\p{L}` for letters of every script",
                    found=self.source[start:self.at])
        return (Others(found),) if name.startswith("^") else found

    def range(self) -> tuple[Member, ...]:
        start = self.at
        low = self.member()
        if not self.peek("-") or self.source[self.at + 1:self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self.member()
        match low, high:
            case (Range(first, same),), (Range(last, too),) if first == same <= last == too:
                return (Range(first, last),)
        _refuse(BAD_RANGE, start, self.at, "write the smaller character first, or `\\-` for a minus sign",
                found=self.source[start:self.at])

    def member(self) -> tuple[Member, ...]:
        character = self.source[self.at]
        self.at += 1
        if character != "\\":
            return (Range(ord(character), ord(character)),)
        if self.peek("b"):
            _refuse(BAD_ESCAPE, self.at - 1, self.at + 1, "put `\\b` outside of the brackets", found="\\b")
        return self.escape()


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _copies(node: Node) -> int:
    """How often the most repeated part of it is written out."""
    match node:
        case Repeat(of, least, most):
            return _copies(of) * (most or least or 1)
        case Seq(items) | Either(items):
            return max(map(_copies, items), default=1)
    return 1
