"""Sets of characters as patterns name them: `a`, `[a-z_]`, `\\w`, `\\p{Greek}`, `[^,]`.

A set knows which characters it takes and how RE2 writes it. Its exact form (general categories, flipped at some
code points) is worked out only where sets must be cut in two, at a word boundary: for most patterns never.

Unicode: `\\w` is letters, marks, numbers and `_`; RE2's own is ASCII and would refuse "José".
"""

import unicodedata
from functools import cache, cached_property, lru_cache
from itertools import groupby, pairwise
from typing import TypeAlias

import msgspec

_CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn"
CATEGORIES = frozenset(_CATEGORIES.split())
CASED = frozenset({"Lu", "Ll", "Lt"})
WORDS = frozenset(category for category in CATEGORIES if category[0] in "LMN")

# The scripts RE2 knows (unicode_groups.cc, Unicode 14; asked of the engine itself by a test).
_SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu
Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin
Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean
Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi
Wancho Warang_Citi Yezidi Yi Zanabazar_Square
"""
SCRIPTS = frozenset(_SCRIPTS.split())

# How the names of a script's characters begin, where it is not the script's own name.
NAMED = {"Han": "CJK UNIFIED IDEOGRAPH", "Canadian_Aboriginal": "CANADIAN SYLLABICS", "Phags_Pa": "PHAGS-PA"}


def is_word(character: str) -> bool:
    """Whether `\\w` takes it."""
    return character == "_" or unicodedata.category(character)[0] in "LMN"


class Range(msgspec.Struct, frozen=True):
    """The code points from `first` to `last`, both included."""

    first: int
    last: int

    def takes(self, character: str) -> bool:
        return self.first <= ord(character) <= self.last

    def source(self) -> str:
        if self.first == self.last:
            return literal(chr(self.first))
        between = "" if self.last == self.first + 1 else "-"
        return literal(chr(self.first)) + between + literal(chr(self.last))


class Category(msgspec.Struct, frozen=True):
    """The characters of some general categories: `\\p{Lu}`, `\\PN`, `\\d`."""

    names: frozenset[str]
    written: str                             # as RE2 writes it, inside or outside of brackets

    def takes(self, character: str) -> bool:
        return unicodedata.category(character) in self.names

    def source(self) -> str:
        return self.written


class Script(msgspec.Struct, frozen=True):
    """The characters of a script: `\\p{Greek}`. Python's tables have no scripts, so that a character's name decides."""

    name: str
    negated: bool

    def takes(self, character: str) -> bool:
        begins = NAMED.get(self.name, self.name.replace("_", " ").upper())
        return unicodedata.name(character, "").startswith(begins) != self.negated

    def source(self) -> str:
        return f"\\{'P' if self.negated else 'p'}{{{self.name}}}"


class Others(msgspec.Struct, frozen=True):
    """All characters but these: `\\W`, `\\S`, `[:^alpha:]`; RE2 cannot write it inside brackets."""

    members: tuple["Member", ...]

    def takes(self, character: str) -> bool:
        return not any(member.takes(character) for member in self.members)

    def source(self) -> str:
        return "[^" + "".join(member.source() for member in self.members) + "]"


Member: TypeAlias = Range | Category | Script | Others

LETTERS = tuple(Category(frozenset(c for c in CATEGORIES if c[0] == major), rf"\p{{{major}}}") for major in "LMN")
UNDERSCORE = Range(ord("_"), ord("_"))
WORD: tuple[Member, ...] = (*LETTERS, UNDERSCORE)
DIGIT: tuple[Member, ...] = (Category(frozenset({"Nd"}), r"\p{Nd}"),)
NO_DIGIT: tuple[Member, ...] = (Category(CATEGORIES - {"Nd"}, r"\P{Nd}"),)
# White space as Unicode has it: the controls from tab to carriage return, next line, and all separators.
SPACE: tuple[Member, ...] = (Range(0x09, 0x0D), Range(0x85, 0x85), Category(frozenset({"Zs", "Zl", "Zp"}), r"\p{Z}"))
NEWLINE = Range(0x0A, 0x0A)


def literal(character: str) -> str:
    """One character as RE2 reads it, inside and outside of brackets."""
    if character in r"\.+*?()|[]{}^$-&~":
        return "\\" + character
    if not character.isprintable() or unicodedata.combining(character):
        return f"\\x{{{ord(character):X}}}"
    return character


@lru_cache(5000)
def variants(character: str) -> frozenset[str]:
    """The character and what it is in the other case, as far as that is one character."""
    forms = (character, character.lower(), character.upper(), character.casefold(), character.title())
    return frozenset(form for form in forms if len(form) == 1)


class Chars(msgspec.Struct, frozen=True, dict=True):
    """One character of a set, in either case where `fold`."""

    members: tuple[Member, ...]
    negated: bool = False
    fold: bool = False

    def takes(self, character: str) -> bool:
        if self.single is not None:
            return character == self.single or (self.fold and self.single in variants(character))
        forms = variants(character) if self.fold else (character,)
        return any(member.takes(form) for form in forms for member in self.members) != self.negated

    @cached_property
    def single(self) -> str | None:
        """The character itself, when the set was written as one."""
        match self.members:
            case (Range(first, last),) if first == last and not self.negated:
                return chr(first)
        return None

    @property
    def cost(self) -> int:
        """About how many instructions RE2 makes of it (measured: 1,100 for `\\w`, one to five for ASCII)."""
        return sum(400 if isinstance(member, Category | Script) else 800 if isinstance(member, Others) else 5
                   for member in self.members)

    def source(self) -> str | None:
        """As RE2 writes it; None where that takes an exact form, and there is none."""
        match self.members:
            case () if self.negated:
                return "(?s:.)"
            case (Range(0x0A, 0x0A),) if self.negated:
                return "."
            case (Category() | Script() as member,) if not self.negated:
                return member.source()
        if self.single is not None:
            return literal(self.single)
        inner = [member for member in self.members if isinstance(member, Others)]
        if not inner:
            return f"[{'^' if self.negated else ''}{''.join(member.source() for member in self.members)}]"
        if self.negated:
            return None if (exact := self.exact) is None else exact.source()
        rest = "".join(member.source() for member in self.members if not isinstance(member, Others))
        ways = [f"[{rest}]"] * bool(rest) + [others.source() for others in inner]
        return ways[0] if len(ways) == 1 else "(?:" + "|".join(ways) + ")"

    @cached_property
    def exact(self) -> "Exact | None":
        """The set as categories flipped at some code points; None where a script or a very wide range is in it."""
        try:
            found = _union(self.members)
        except _Endless:
            return None
        if self.fold:
            found = found.folded()
        return found.others() if self.negated else found


# More code points than this in ranges are not taken apart: a second's work at most for a file full of them.
WIDEST = 70_000


class _Endless(Exception):
    pass


class Exact(msgspec.Struct, frozen=True):
    """Every character of these categories, except that those flipped are in if they would be out, and the reverse."""

    categories: frozenset[str]
    flipped: frozenset[int]

    def has(self, point: int) -> bool:
        return (unicodedata.category(chr(point)) in self.categories) != (point in self.flipped)

    def others(self) -> "Exact":
        return Exact(CATEGORIES - self.categories, self.flipped)

    def __and__(self, other: "Exact") -> "Exact":
        return (self.others() | other.others()).others()

    def __or__(self, other: "Exact") -> "Exact":
        categories = self.categories | other.categories
        return Exact(categories, frozenset(
            point for point in self.flipped | other.flipped
            if (self.has(point) or other.has(point)) != (unicodedata.category(chr(point)) in categories)))

    def folded(self) -> "Exact":
        """With the other case of each: cased categories go together."""
        found = self | Exact(CASED, frozenset()) if self.categories & CASED else self
        forms = {ord(form) for point in self.flipped if self.has(point) for form in variants(chr(point))}
        return found | Exact(frozenset(), frozenset(forms))

    @property
    def cost(self) -> int:
        return 400 * len(self.categories) + len(self.flipped)

    def is_empty(self) -> bool:
        return not self.categories and not self.flipped

    def source(self) -> str:
        """As RE2 writes it, in brackets; it has no name for what is not assigned, so that is said by `[^…]`."""
        negated = "Cn" in self.categories
        shown = self.others() if negated else self
        out_of = {unicodedata.category(chr(point)) for point in shown.flipped} & shown.categories
        parts = [rf"\p{{{major}}}" for major in "LMNPSZ" if (whole := {c for c in CATEGORIES if c[0] == major})
                 <= shown.categories and not whole & out_of]
        named = {c for c in CATEGORIES if rf"\p{{{c[0]}}}" in parts}
        parts += [rf"\p{{{name}}}" for name in sorted(shown.categories - named - out_of)]
        points = set(shown.flipped)
        for name in out_of:
            points ^= set(_points(name))
        parts += [piece.source() for piece in ranges(points)]
        return f"[{'^' if negated else ''}{''.join(parts)}]" if parts or negated else r"[^\x{0}-\x{10FFFF}]"


IS_WORD = Exact(WORDS, frozenset({ord("_")}))


def ranges(points: set[int]) -> list[Range]:
    """Code points as the ranges they make."""
    ordered = sorted(points)
    if not ordered:
        return []
    cuts = [0, *(at + 1 for at, (one, next_) in enumerate(pairwise(ordered)) if next_ != one + 1), len(ordered)]
    return [Range(ordered[start], ordered[end - 1]) for start, end in pairwise(cuts)]


def _union(members: tuple[Member, ...]) -> Exact:
    found = Exact(frozenset(), frozenset())
    for member in members:
        match member:
            case Range(first, last):
                if last - first > WIDEST:
                    raise _Endless
                found |= Exact(frozenset(), frozenset(range(first, last + 1)))
            case Category(names):
                found |= Exact(names, frozenset())
            case Others(inner):
                found |= _union(inner).others()
            case Script():
                raise _Endless
    return found


@cache
def _runs() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Where each run of code points of one category begins, and its category."""
    starts, names, at = [], [], 0
    for name, run in groupby(map(unicodedata.category, map(chr, range(0x110000)))):
        starts.append(at)
        names.append(name)
        at += sum(1 for _ in run)
    return (*starts, at), tuple(names)


def _points(category: str) -> range | list[int]:
    starts, names = _runs()
    return [point for at, name in enumerate(names) if name == category for point in range(starts[at], starts[at + 1])]
