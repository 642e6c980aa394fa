"""Regular expressions of our dialect: what they become for RE2, what is refused and where."""

import re

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from dsl.build import build_sources
from dsl.characters import SCRIPTS
from dsl.diagnostics import KINDS
from dsl.patterns import Fault, Re2, diagnostic, to_re2
from dsl.source import Span
from dsl.syntax import Regex

QUIET = re2.Options()
QUIET.log_errors = False


def source(pattern: str, whole: bool = False) -> str:
    made = to_re2(pattern, whole=whole)
    assert isinstance(made, Re2), made
    return made.source


def found(pattern: str, text: str, whole: bool = False) -> bool:
    return re2.compile(source(pattern, whole), QUIET).search(text) is not None


def refused(pattern: str) -> Fault:
    fault = to_re2(pattern)
    assert isinstance(fault, Fault), fault
    return fault


def test_the_patterns_of_a_bot_have_a_length_in_all():
    domain = "bot: example\nlanguages: [en]\nstart: main\n"
    long = "".join(f"  on /{number:04}{'x' * 1_000}/ -> main\n" for number in range(21))
    built = build_sources({"domain.yml": domain, "main.flow": f'anywhere\n{long}menu main "?"\n  - "a" -> main\n'})

    found, = built.diagnostics
    assert (found.code, found.message) == ("F520", "the patterns before this one have 10,000 characters already")
    assert built.sources["main.flow"].text[found.span.start:].startswith("/0009x")


# --- what a pattern takes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("pattern", "text"), [
    (r"^\w+$", "José"), (r"^\w+$", "Ἀθήνα"), (r"^\d+$", "٣٤"), (r"^\s$", "\u00a0"), (r"^\S\W$", "a!"),
    (r"ÑANDÚ", "un ñandú"), (r"\bé", "l'été é"), (r"\bétage\b", "au 2e étage!"), (r"\Bé\B", "dépôt"),
    (r"\Qa+b\E", "a+b"), (r"[[:alpha:]]", "x"), (r"[^[:^digit:]]", "7"), (r"\x41\x{1F600}", "A😀"), (r"\0411", "!1"),
    (r"(?<name>a)(?P<other>b)", "ab"), (r"a.*?b", "axxb"), (r"a{2}", "aa"), (r"a{2,}", "aaa"), (r"^a{1,2}$", "aa"),
    (r"{", "{"), (r"a{x}", "a{x}"), (r"[]a]", "]"), (r"[a-]", "-"), (r"[\w-]", "-"), (r"\_\/", "_/"), (r"a|", "b"),
    (r"(?s)a.b", "a\nb"), (r"(?m)^b$", "a\nb\nc"), (r"(?U)a+", "a"), (r"(?i:A)b", "ab"), (r"[^\W\d_]", "é"),
    (r"\p{Greek}", "α"), (r"[^\p{Greek}]", "a"), (r"\P{Greek}", "a"), (r"\pN", "1"),
    (r"\p{^Lu}", "1"), (r"\p{Any}", "x"),
    ("e\u0301", "é"), (r"(^| )no", "no"), (r"[\W_]", "_"), (r"[\W_]", "-"), (r"[a-z&&~~|-]", "&"), (r"\a\f\v|x", "x"),
    (r"(?s-s).", "a"), (r"x\z", "x"), (r"\Ax", "x"), (r"^[^a]\b", "é"), (r"[^\p{Lu}é]\b", "1"),
    (r"[^\x00-\x7f]\b", "é"),
    (r"^[\p{Any}]$", "x"), (r"[^\W\S]|x", "x"),
])
def test_a_pattern_is_found_in(pattern: str, text: str) -> None:
    assert found(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), [
    (r"\bvisit\b", "visits"), (r"\bvisit\b", "visité"), (r"a.b", "a\nb"), (r"(?-i)ABC", "abc"), (r"\d", "x"),
    (r"^[^é]\b", "é"), (r"\Bé", "é"), (r"[^\W\d_]", "5_-"), (r"\W", "é"), (r"\P{Any}", "x"), (r"^b$", "a\nb"),
])
def test_a_pattern_is_not_found_in(pattern: str, text: str) -> None:
    assert not found(pattern, text)


def test_a_rule_matches_the_whole_text_in_the_case_as_written() -> None:
    assert found("[A-Z]{2}|x", "AB", whole=True)
    assert not found("[A-Z]{2}|x", "ABC", whole=True)
    assert not found("[A-Z]{2}|x", "ab", whole=True)
    assert found("(?i)[A-Z]{2}", "ab", whole=True)
    assert found(r"\bab\b.*", "ab c", whole=True)


def test_the_source_says_its_flags_and_stays_close_to_what_was_written() -> None:
    assert source("track( my)? parcel") == "(?i)track(?: my)? parcel"
    assert source("(?-i)AB|c") == "AB|c"
    assert source("(?-i:A)bc") == "(?i)(?-i:A)bc"
    assert source(r"[\p{L} .'-]*", whole=True) == r"\A[\p{L} \.'\-]*\z"


def test_a_boundary_takes_the_neighbour_or_the_edge_of_the_text() -> None:
    assert source(r"\bvisit") == r"(?i)(?:\A|[^\p{L}\p{M}\p{N}_])visit"
    assert source(r"book\b.*\bvisit") == (
        r"(?i)book(?:[^\p{L}\p{M}\p{N}\x{A}_]|[^\p{L}\p{M}\p{N}\x{A}_].*[^\p{L}\p{M}\p{N}\x{A}_])visit")


ATOMS = st.sampled_from([
    "a", "b", " ", "-", ".", r"\w", r"\W", r"\b", r"\B", "^", "$", "[a-]", "[^a]", "[^ ]", r"[\w ]", "",
])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])).map("(?:{0[0]}){0[1]}".format),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(PATTERNS, st.lists(st.text("ab -", min_size=1, max_size=6), min_size=5, max_size=10))
def test_a_pattern_means_what_it_means_to_python(pattern: str, texts: list[str]) -> None:
    made = to_re2(pattern)
    if isinstance(made, Re2):                # a few are too tangled
        engine = re2.compile(made.source, QUIET)
        for text in texts:
            # where Python 3.11 differs: `$` before a last newline, `\B` in an empty text
            expected = re.search(pattern, text, re.I) is not None
            assert (engine.search(text) is not None) == expected, (made.source, text)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(r"ab\(){}[]?*+|^$-:PpdwsbBxQEN<>=!,0123456789", max_size=25)))
def test_any_text_is_a_pattern_that_re2_takes_or_a_fault_inside_it(pattern: str) -> None:
    for whole in (False, True):
        made = to_re2(pattern, whole=whole)
        if isinstance(made, Re2):
            re2.compile(made.source, QUIET)
        else:
            assert 0 <= made.start <= made.end <= len(pattern)


def test_the_largest_pattern_allowed_is_one_that_re2_takes() -> None:
    assert re2.compile(source(r"\w{200}"), QUIET)
    assert refused(r"\w{1000}").kind.code == "F518"
    assert re2.compile(source(r".{1000}"), QUIET)


def test_the_scripts_are_those_of_re2() -> None:
    for script in SCRIPTS:
        assert re2.compile(rf"\p{{{script}}}", QUIET)


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pattern", "code", "place"), [
    ("a(?=b)", "F510", "(?="), ("a(?!b)", "F510", "(?!"), ("(?<=a)b", "F510", "(?<="), ("(?<!a)b", "F510", "(?<!"),
    (r"(a)\1", "F511", r"\1"), (r"(?P<x>a)(?P=x)", "F511", "(?P="),
    (r"\k<x>", "F511", r"\k"), ("(?(1)a)", "F511", "(?("),
    ("(?R)", "F511", "(?R"), ("a++", "F512", "++"), ("a*+", "F512", "*+"), ("(?>a)", "F512", "(?>"),
    ("a{1001}", "F513", "{1001}"), ("a{2,5000}", "F513", "{2,5000}"), ("(a{100}){11}", "F513", "{11}"),
    ("(a", "F514", "("), ("a)", "F514", ")"), ("[a", "F514", "["), (r"\x{41", "F514", r"\x{"), ("(?<n", "F514", "(?<"),
    (r"\p{L", "F514", r"\p{"), ("(?i", "F514", "("),
    ("[z-a]", "F515", "z-a"), (r"[a-\d]", "F515", r"a-\d"), ("a{3,2}", "F515", "{3,2}"),
    (r"\Z", "F516", r"\Z"), (r"\y", "F516", r"\y"), (r"\é", "F516", r"\é"),
    (r"\p{Foo}", "F516", r"\p{Foo}"), (r"\p", "F516", r"\p"),
    (r"\xZZ", "F516", r"\xZZ"), (r"\x4", "F516", r"\x4"),
    (r"\x{D800}", "F516", r"\x{D800}"), ("[[:foo:]]", "F516", "[:foo:]"),
    ("(?x)", "F516", "(?x"), ("(?#a)", "F516", "(?#"), ("(?<1>a)", "F516", "(?<1>"),
    (r"[\b]", "F516", r"\b"), ("a\\", "F516", "\\"),
    (r"[a\e]", "F516", r"\e"),
    ("*a", "F517", "*"), ("a**", "F517", "*"), ("a{,3}", "F517", "{,3}"), ("|+", "F517", "+"), ("{2}", "F517", "{2}"),
    ("(" * 31 + ")" * 31, "F518", "("), ("a" * 2_001, "F518", "a"), (r"[^\W\p{Greek}]", "F518", r"[^\W\p{Greek}]"),
    (r"\p{Greek}\b", "F519", r"\p{Greek}\b"), (r"[\x{1}-\x{20000}]\b", "F519", r"[\x{1}-\x{20000}]\b"),
     (r"(\b[\w ]\b){11}", "F519", r"(\b[\w ]\b){11}"),
    (r"\b" + "a?" * 100 + r"\b", "F519", r"\b" + "a?" * 100 + r"\b"),
    (r"\b." * 21, "F519", r"\b." * 21), (r"(?:^)*\b", "F519", r"(?:^)*\b"),
])
def test_what_re2_cannot_do_is_refused_where_it_stands(pattern: str, code: str, place: str) -> None:
    fault = refused(pattern)
    assert (fault.kind.code, pattern[fault.start:fault.end]) == (code, place)
    assert KINDS[code] is fault.kind
    assert fault.fix


def test_a_boundary_that_no_text_has_is_refused() -> None:
    assert refused(r"a\bb").message == "a word boundary cannot be written out: no text has a boundary there"
    assert isinstance(to_re2(r"\Bab", whole=True), Fault)


def test_a_fault_is_shown_inside_the_slashes_of_the_author() -> None:
    fault = refused("a(?=b)")
    with_slashes = Regex("a(?=b)", Span("main.flow", 10, 18))
    shown = diagnostic(fault, with_slashes)
    assert shown.span == Span("main.flow", 12, 15)
    assert diagnostic(fault, structs.replace(with_slashes, span=Span("main.flow", 11, 17))).span == shown.span
    assert shown.message == "a pattern cannot look ahead or back with `(?=`"
    assert [fix.text for fix in shown.fixes] == ["write what follows as a part of the pattern"]
