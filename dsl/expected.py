"""The author's words for what the grammar knows: kinds of token, shapes of lines, words of other tools."""

from collections.abc import Iterable, Mapping

from dsl.kinds import BLOCK, DECIMAL, DEDENT, DURATION, INDENT, INT, MOMENT, NAME, NEW_LINE, REGEX, TEXT, URL

SHOWN = 4                                    # more things expected than these are not told one by one

KINDS: Mapping[str, str] = {
    NAME: "a name", TEXT: "a text in quotes", BLOCK: "a text in quotes", REGEX: "a pattern between slashes",
    URL: "an address (https://…)", MOMENT: "a time such as `9:00`", DURATION: "a time such as `30m`",
    DECIMAL: "a number", INT: "a number",
    NEW_LINE: "the end of the line", INDENT: "lines indented under it", DEDENT: "the end of the block",
}

# What may begin a value, and what may follow one: told as one thing, or not at all.
VALUE = frozenset({NAME, TEXT, INT, "(", "["})
ANY_VALUE = VALUE | {DECIMAL, BLOCK, URL, MOMENT, DURATION, "-", "not", "true", "false", "reveal"}
GOES_ON = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", ".", "[", "(", "and", "or", "in", "is",
                     "if", "not"})
_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
UNITS = frozenset((*_UNITS, *(f"{unit}s" for unit in _UNITS)))
STATEMENTS = frozenset({"say", "send", "ask", "need", "choose", "set", "clear", "if", "for", "call", "do", "return",
                        "->", "again", "handover", "track", "opt", "end"})
CLAUSES = frozenset({"footer", "header", "image", "link", "hint", "invalid", "check", "tries", "after", "on",
                     "suggest", "skip", "private", "title", "detail", "value"})
TOP_LEVEL = frozenset({"flow", "menu", "rule", "anywhere"})

# How a line looks that begins with this word.
SHAPES: Mapping[str, str] = {
    "flow": "flow book", "menu": 'menu main "How can we help?"', "rule": "rule adult for date", "anywhere": "anywhere",
    "starts": 'starts on "book", "appointment"', "lost": "lost -> main",
    "otherwise": "otherwise 2 times -> nurse",
    "say": 'say "Hello."', "send": 'send image https://example.com/map.png caption "Here we are"',
    "ask": 'ask city as text "Which city?"', "need": 'need name as text "What is your name?"',
    "choose": 'choose confirm "Shall I book it?"', "-": '- "Title" -> where',
    "set": "set city = 'Bogota'", "clear": "clear city", "if": "if visits is empty", "elif": "elif visits is empty",
    "else": "else", "for": "for visit in visits", "call": "call book(clinic.id, at) into visit",
    "do": 'do address("home") into home', "return": "return street", "->": "-> main", "again": "again city",
    "handover": 'handover "nurses" "A nurse will answer."', "track": "track booked(clinic.id)", "opt": "opt out",
    "end": "end",
    "footer": 'footer "Reply STOP to opt out"', "header": 'header "Your visit"',
    "image": "image https://example.com/map.png", "link": 'link "Our shop" https://example.com',
    "hint": 'hint "For example 24 March 1990"', "invalid": 'invalid "That is not a date."',
    "check": 'check it > now else "That day is over."', "tries": "tries 3 -> nurse", "after": "after 30m -> goodbye",
    "on": 'on "help" do help', "suggest": 'suggest "tomorrow 9:00", "tomorrow 15:00"', "skip": 'skip "Not now"',
    "private": "private", "title": "title it.name", "detail": 'detail "{it.km} km"', "value": "value it.id",
    "trim": "trim", "collapse": "collapse spaces", "upper": "upper", "lower": "lower", "length": "length 2..60",
    "from": "from 1 to 10", "matches": "matches /[A-Z]{2}/", "one": "one of ['a', 'b']", "it": "it is iban",
    "{": "{name or 'friend'} or {at|date long}",
}
SHAPES = {**SHAPES, "set": 'set city = "Bogota"', "one": 'one of ["a", "b"]'}

# Where a clause belongs, for one that stands elsewhere.
_QUESTION, _ANY_STEP = "a question (`ask`, `need`)", "a question, a choice or a menu"
BELONGS: Mapping[str, str] = {
    **dict.fromkeys(("check", "suggest", "skip"), _QUESTION), "value": "an `ask … from` a list",
    **dict.fromkeys(("title", "detail"), "an `ask … from` a list, or under `send list`"),
    **dict.fromkeys(("footer", "header", "image"), f"`say`, or under {_ANY_STEP}"), "link": "`say`",
    **dict.fromkeys(("hint", "invalid", "tries", "private"), _ANY_STEP),
    "after": f"{_ANY_STEP}, or under `handover`",
    "on": f"{_ANY_STEP}, or under `call`, `handover` or `anywhere`; a flow `starts on` patterns",
    "-": "`choose` or `menu`", "starts": "`flow` or `menu`", "lost": "`flow` or `menu`",
}

# Words of other tools, by the word for them here. Some stand for several: which of them is meant is told by the place.
_OTHERS: Mapping[str, str] = {
    "->": "goto go jump next redirect link_to to then",
    "say": "print utter message reply respond answer echo speak write bot puts send_message send_text output show "
           "display tell",
    "-": "button buttons quick_reply quick_replies option case row item reply_button",
    "ask": "input prompt question get collect listen read slot form",
    "elif": "elseif elsif elif_ elseIf else_if", "if": "when",
    "else": "otherwise default",
    "choose": "switch select match choice options poll list",
    "set": "let var const assign store save put", "clear": "unset reset delete forget",
    "call": "run execute invoke action api http fetch request webhook",
    "do": "gosub include use subflow enter start",
    "track": "log emit metric analytics",
    "handover": "transfer escalate human agent handoff operator",
    "for": "foreach loop each while repeat",
    "end": "stop exit quit finish done hangup close", "again": "retry back reask restart",
    "flow": "def function func fn scenario story intent state node page step dialog topic block sub procedure",
    "rule": "validator validate validation", "anywhere": "global globals always everywhere",
    "after": "timeout wait remind reminder delay sleep", "tries": "retries attempts max_tries retry",
    "check": "validate assert ensure require",
    "otherwise": "fallback default else", "hint": "help example placeholder",
    "invalid": "error reprompt", "failure": "error fail failed exception", "link": "url",
    "private": "secret sensitive", "detail": "description subtitle", "skip": "optional",
    "matches": "regex pattern", "also": "alias aliases synonyms or_else", "when": "where unless only if",
    "true": "True yes", "false": "False no", "as": "with",
}
OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    word: tuple(ours for ours, words in _OTHERS.items() if word in words.split())
    for word in " ".join(_OTHERS.values()).split()}


def named(written: str) -> str:
    """A piece of the source as it is spoken of."""
    if not written:
        return "the end of the line"
    shown = written if len(written) <= 24 and "\n" not in written else f"{written[:20].splitlines()[0]}…"
    return f"`{shown}`" if "`" not in shown else f"“{shown}”"


def listed(kinds: Iterable[str]) -> str:
    """What may come next, in plain words.

    >>> listed({"->", "<name>"})
    'a name or `->`'
    """
    expected = set(kinds)
    said = []
    if expected >= VALUE:
        said.append("a value")
        expected -= ANY_VALUE
    elif expected & {"+", "and"}:
        expected -= GOES_ON
    if len(expected & UNITS) > 1:
        said += ["a unit such as `days`"] if expected <= UNITS else []
        expected -= UNITS
    for group, what in ((STATEMENTS, "a statement"), (CLAUSES, "a clause")):
        if len(expected & group) > SHOWN:
            said += [] if NAME in expected else [what]      # words of the language are names, where a name may stand
            expected -= group
    expected.discard(DEDENT)
    said += sorted({KINDS[kind] for kind in expected if kind in KINDS}, key=lambda words: words.startswith("the end"))
    said += sorted(f"`{kind}`" for kind in expected if kind not in KINDS)
    ends = [words for words in said if words == KINDS[NEW_LINE]]
    said = [words for words in said if words not in ends]
    if len(said) > SHOWN:
        said = [*said[:SHOWN - 1], "something of that kind"]
    said += ends
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}" if said else "nothing more"
