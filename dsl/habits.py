"""Habits: what a line that is written as in another language is in this one.

A habit is the pattern of a whole line, without its indentation and with single blanks, and the line that is meant. It
is only tried where the line cannot be read as it stands, and only told if what is meant can be (`recovery`).

Elsewhere: single words of other tools (`expected`), their signs (`lexer`), their names and types (`resolve`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dsl.diagnostics import Certainty
from dsl.expected import OTHER_WORDS

LONGEST = 200                                # characters of a line that is tried: patterns may take quadratic time
MOST_TURNS = 20                              # of a loop over numbers, which are written out


class Meant(NamedTuple):
    """A line that may be meant by another."""

    line: str
    does: str                                # what other languages do so: "loop"
    why: str                                 # and why this one does not
    certainty: Certainty


@lru_cache(4)
def meant_by(line: str) -> tuple[Meant, ...]:
    """What a line may mean, the likeliest first.

    >>> [each.line for each in meant_by("count += 1")], meant_by("say count")
    (['set count = count + 1'], ())
    """
    if len(line) > LONGEST:
        return ()
    matches = ((habit, re.fullmatch(habit.pattern, line)) for habit in HABITS)
    return tuple(Meant(written, habit.does, habit.why, habit.certainty) for habit, match in matches
                 if match and (written := habit.meant(match)) and written != line)


def left_out(line: str) -> str:
    """Why a line is left out whole; empty if it is not.

    >>> left_out("end if"), left_out("end")
    ('a block ends where its indentation does', '')
    """
    return next((why for pattern, why in _LEFT_OUT if re.fullmatch(pattern, line)), "") if len(line) <= LONGEST else ""


_LEFT_OUT = (
    (r"(?i:(?:end|close)[ _]?(?:if|for|while|flow|menu|choose|case|switch|function|loop|each)"
     r"|fi|done|pass|continue|break|begin|[{}]+)", "a block ends where its indentation does"),
    (r'(?i:wait|sleep|pause|delay)\b[^"]*',
     "what a bot says goes out at once; `after` below a question waits for the user"),
    (r"(?:import|include|require|use|from\s+[\w.]+\s+import)\b[^(]*", "all .flow files of a folder are one bot"),
    (r"(?:try|catch|except|finally|rescue)\b.*", "what happens when a `call` fails stands below it, `on failure`"),
    (r"-{3,}", "a file needs no such line"),
)


def switched(lines: Sequence[str]) -> str:
    """`switch x` and its `case 1`, the lines of its block with their indentation, as `if x == 1`; empty if it is none.

    >>> switched(["  switch n", "    case 1:", "      say 'one'", "    default", "      end"]).split("\\n")
    ['  if n == 1', "    say 'one'", '  else', '    end']
    """
    head = re.fullmatch(_SWITCH, lines[0]) if len(lines[0]) <= LONGEST else None
    if head is None:
        return ""
    made, word = [], "if"
    deeper = len(lines[1]) - len(lines[1].lstrip()) - len(head["margin"])
    for line in lines[1:]:
        case = re.fullmatch(_CASE, line) if len(line) <= LONGEST else None
        if case is None:
            made += [line[deeper:]] if line.strip() not in ("break", "break;", "") else []
            continue
        made.append(head["margin"] + (f"{word} {head['of']} == {case['value']}" if case["value"] else "else"))
        made += [f"{head['margin']}  {case['then']}"] if case["then"] else []
        word = "elif"
    return "\n".join(made) if word == "elif" else ""


_SWITCH = r"(?P<margin> *)(?:switch|match|select|case) ?\(?(?P<of>[\w.]+)\)?(?: (?:of|on|with|in))? ?[:{]? *"
_CASE = (r' +(?:(?:case|when|is) ?\(?(?P<value>"[^"]*"|-?[\w.]+)\)?|default|else|otherwise|case _)'
         r" ?(?::|then|->|=>|[{])? ?(?P<then>\S.*)?")


class _Habit(NamedTuple):
    pattern: str                             # compiled when it is first tried, which for most authors is never
    meant: Callable[[re.Match[str]], str | None]
    does: str
    why: str
    certainty: Certainty


def _habits(does: str, *forms: tuple[str, str | Callable[[re.Match[str]], str | None]], why: str = "",
            certainty: Certainty = Certainty.SAFE) -> Iterator[_Habit]:
    """Patterns, each with the line it means: its groups in braces, or what makes it of the match."""
    for pattern, line in forms:
        make = _filled_in(line) if isinstance(line, str) else line
        yield _Habit(re.sub("|".join(_PIECES), lambda word: _PIECES[word[0]], pattern), make, does, why, certainty)


def _filled_in(line: str) -> Callable[[re.Match[str]], str]:
    return lambda match: line.format(**match.groupdict(""))


# What the words in capitals stand for in the patterns below.
_PIECES = {
    "NAME": r"[^\W\d]\w*", "PATH": r"[^\W\d]\w*(?:\.[^\W\d]\w*)*", "TEXT": r'"(?:[^"\\]|\\.)*"', "BOUND": r"[\w.:]*\w",
    "OR": r" ?(?:,|\||/|or|also) ?", "SET": r"(?:set |let |var |const )?", "ASK": r'(?P<ask>(?:ask|need) [^"]*?)',
}
_PIECES["PART"] = rf"(?:{_PIECES['TEXT']}|{_PIECES['PATH']}(?:\([^()]*\)|\[[^\[\]]*\])?|\d+)"


def value_meant_by(value: str) -> tuple[str, ...]:
    """What the inside of braces may mean, the likeliest first.

    >>> value_meant_by("price:.2f"), value_meant_by("name|default('you')")[0]
    (('price|number 2',), "name or 'you'")
    """
    if len(value) > LONGEST:
        return ()
    matches = ((re.fullmatch(pattern, value), line) for pattern, line in _VALUES)
    return tuple(_filled_in(line)(match) if isinstance(line, str) else line(match) for match, line in matches if match)


# --- lines that take more than their parts in another order ------------------------------------------------------


def _numbers(match: re.Match[str]) -> str | None:
    """A loop over numbers."""
    parts = match.groupdict()
    low, high = int(parts.get("low") or parts.get("first") or 1), int(parts["high"]) - ("below" in parts)
    if not 0 <= high - low < MOST_TURNS:
        return None
    return f"for {parts.get('name') or 'turn'} in [{', '.join(map(str, range(low, high + 1)))}]"


def _bounds(match: re.Match[str]) -> str:
    """Bounds of an answer: of how long a text is, of how great anything else."""
    ask, low, high, rest = (match.groupdict().get(part) or "" for part in ("ask", "low", "high", "rest"))
    if ask.endswith(" as text"):
        return f"{ask} length {low or 1}..{high or 4096}{rest}"
    return f"{ask} {f'from {low} to {high}' if low and high else f'at least {low}' if low else f'at most {high}'}{rest}"


def _day(match: re.Match[str]) -> str:
    """`31.12.2026`: where both could be a month, the day stands first, as in most of the world."""
    day, month = int(match["day"]), int(match["month"])
    day, month = (month, day) if month > 12 else (day, month)
    return f"{match['before']}{match['year']}-{month:02}-{day:02}{match['rest']}"


def _hour(match: re.Match[str]) -> str:
    hour = int(match["hour"]) % 12 + 12 * (match["half"] in "pP")
    return f"{match['before']}{hour}:{match['minute'] or '00'}{match['rest']}"


def _said(match: re.Match[str]) -> str | None:
    is_say = match["word"] in ("say", "log", "send", "utter_message") or "say" in OTHER_WORDS.get(match["word"], ())
    return f"say {_one_text(match['parts'])}" if is_say else None


def _one_text(parts: str) -> str:
    """`"Hello " + name`, `"Hello", name`, `f"Hello {name}"`: one text with its values."""
    whole, gap = "", ""
    for part, sign in re.findall(rf"(f?{_PIECES['PART']})( ?[+,&]| ?\.\.| |$)", parts):
        value = re.sub(r"^str\((.*)\)$", r"\1", part)
        is_text = part.removeprefix("f").startswith('"')
        whole += gap + (part[part.index('"') + 1:-1] if is_text else "{" + value.replace('"', "'") + "}")
        gap = " " if sign.strip() in ("", ",") and not whole.endswith(" ") else ""
    return f'"{whole}"'


def _joined(match: re.Match[str]) -> str:
    return f"{match['before']}{_one_text(match['parts'])}{match['after']}"


def _function(match: re.Match[str]) -> str:
    name = {"toUpperCase": "upper", "toLowerCase": "lower", "length": "len", "size": "len"}.get(match["name"])
    return f"{match['before']}{name or match['name']}({match['of']}){match['rest']}"


def _texts(match: re.Match[str]) -> str:
    """Texts, one behind the other, with commas between."""
    return ", ".join(re.findall(_PIECES["TEXT"], match["texts"]))


def _also(match: re.Match[str]) -> str:
    return f"- {match['title']} also {_texts(match)}{match['rest']}"


def _filled(match: re.Match[str]) -> str | None:
    """`"Hello %s" % name`, `"Hello {}".format(name)`: the values in their places."""
    values = [value.strip() for value in match["values"].split(",")]
    places = re.split(r"%[sdif]|%\.\d+f|\{\d?\}", match["text"])
    if len(values) != len(places) - 1:
        return None
    return match["before"] + "".join(map("{}{{{}}}".format, places, values)) + places[-1] + match["after"]


HABITS = (
    *_habits(
        "loop",
        (r"while (?P<test>.+?)(?: do)?:?", "if {test}"),
        (r"until (?P<test>.+?)(?: do)?:?", "if not ({test})"),
        why="A turn has an end: to ask once more there is `again`, to begin once more `->`.",
        certainty=Certainty.MAYBE),
    *_habits(
        "loop",
        (r"(?:(?:repeat|loop|do) (?:for )?)?(?P<high>\d{1,3})(?: times)?(?: do)?:?", _numbers),
        (r"for (?:each )?(?P<name>NAME) (?:in|from|=) (?P<low>\d{1,3}) ?(?:\.\.\.?|to|until|-) ?(?P<high>\d{1,3}):?",
         _numbers),
        (r"for ?\((?:let |var |int )?(?P<name>NAME) ?= ?(?P<low>\d{1,3}); ?NAME ?(?P<below><) ?(?P<high>\d{1,3});.*\)",
         _numbers),
        (r"for ?\((?:let |var |int )?(?P<name>NAME) ?= ?(?P<low>\d{1,3}); ?NAME ?<= ?(?P<high>\d{1,3});.*\)", _numbers),
        (r"for ?\(?(?:each |const |let |var )*(?P<name>NAME) (?:of|in) (?P<items>[^()]+)\)?(?: do)?:?",
         "for {name} in {items}"),
        (r"for (?P<name>NAME) ?, ?NAME in (?P<items>.+)", "for {name} in {items}"),
        (r"foreach ?\(?(?P<items>PATH) as (?P<name>NAME)\)?:?", "for {name} in {items}")),
    *_habits(
        "keep an answer",
        (r"SET(?P<name>NAME) ?:?= ?(?:await )?(?:input|prompt|ask) ?\(?(?P<text>TEXT)\)?", "ask {name} {text}"),
        (r"SET(?P<name>NAME) ?:?= ?(?:await )?(?P<word>call|do) (?P<what>.+)", "{word} {what} into {name}"),
        (r"SET(?P<name>NAME) ?:?= ?await (?P<what>.+)", "call {what} into {name}"),
        (r"(?P<call>(?:call|do) .*?) ?(?:->|as|to|=>|=) ?(?P<name>NAME)", "{call} into {name}"),
        (r"(?P<ask>ask|need) (?P<text>TEXT) ?(?:into|as|in|to|=|:|->|save as|store in) ?(?P<name>NAME)",
         "{ask} {name} {text}"),
        (r"(?P<ask>ask|need) (?:for|the user for|user for|user) (?P<rest>.+)", "{ask} {rest}")),
    *_habits(
        "set a value",
        (r"(?:set )?(?P<name>NAME) ?(?P<sign>[-+*/])= ?(?P<value>.+)", "set {name} = {name} {sign} {value}"),
        (r"(?:set )?(?P<name>NAME) ?(?P<sign>[-+])(?P=sign)", "set {name} = {name} {sign} 1"),
        (r"(?P<sign>[-+])(?P=sign)(?P<name>NAME)", "set {name} = {name} {sign} 1"),
        (r"set (?P<name>NAME) ?= ?(?P<of>NAME) ?(?P<sign>[-+])(?P=sign)", "set {name} = {of} {sign} 1"),
        (r"(?:increment|increase) (?P<name>NAME)", "set {name} = {name} + 1"),
        (r"(?:decrement|decrease) (?P<name>NAME)", "set {name} = {name} - 1"),
        (r"(?:increment|increase) (?P<name>NAME) by (?P<by>.+)", "set {name} = {name} + {by}"),
        (r"(?:decrement|decrease) (?P<name>NAME) by (?P<by>.+)", "set {name} = {name} - {by}"),
        (r"(?P<name>NAME)\.(?:append|push|add)\((?P<value>.+)\)", "set {name} = {name} + [{value}]"),
        (r"SET(?!set )(?P<name>NAME)(?: ?: ?NAME)? ?:?= ?(?P<value>[^=].*)", "set {name} = {value}"),
        (r"set (?P<name>NAME) ?(?:to|as|be|:) ?(?P<value>.+)", "set {name} = {value}"),
        (r"(?:del|delete) (?P<name>NAME)", "clear {name}")),
    *_habits(
        "choose between two values",
        (r"(?P<before>.*[=(,] ?)(?P<test>[^?]+?) ?\? ?(?P<then>[^:]+?) ?: ?(?P<other>.+)",
         "{before}{then} if {test} else {other}")),
    *_habits(
        "write a date or a time",
        (r"(?P<before>.* )(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?P<rest>.*)", _day),
        (r"(?P<before>.* )(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>[aApP])\.?[mM]\.?(?P<rest>.*)", _hour),
        (r"(?P<before>.* \d{4}-\d\d-\d\d),? (?:at )?(?P<hour>\d{1,2})(?P<minutes>:\d\d)(?P<rest>.*)",
         lambda match: f"{match['before']}T{match['hour']:0>2}{match['minutes']}{match['rest']}")),
    *_habits(
        "say something",
        (r"send (?P<text>TEXT)", "say {text}"),
        (r"(?:NAME\.)*(?P<word>NAME)\((?:text ?= ?)?(?P<parts>f?PART(?: ?[+&,] ?PART)*)\)", _said)),
    *_habits(
        "put values into a text",
        (r'(?P<before>[^"]*)f(?P<rest>TEXT.*)', "{before}{rest}"),
        (r"(?P<before>.*?)(?P<text>TEXT) ?% ?\(?(?P<values>[^()]+?)\)?(?P<after>)", _filled),
        (r"(?P<before>.*?)(?P<text>TEXT)\.format\((?P<values>[^()]+)\)(?P<after>.*)", _filled),
        (r'(?P<before>[^"]* )(?P<parts>PART(?: ?(?:[+&]|\.\.) ?PART)+)(?P<after>(?: .*)?)', _joined),
        (r"(?P<before>say )(?P<parts>PART(?:, ?PART)+|TEXT(?: TEXT)+)(?P<after>)", _joined)),
    *_habits(
        "put texts into values",
        (r'(?P<before>.*"[^"]*\{[^"{}]*)"(?P<inner>[^"{}]*)"(?P<rest>[^"{}]*\}.*)', "{before}'{inner}'{rest}"),
        why="Inside braces, quotes are single."),
    *_habits(
        "bound an answer",
        (r"ASK (?:from )?(?:min|minimum|>=) ?(?P<low>BOUND),? (?:and |to )?(?:max|maximum|<=) ?(?P<high>BOUND)"
         r"(?P<rest> .*)", _bounds),
        (r"ASK (?:from |in |range )?(?P<low>BOUND) ?(?:\.\.\.?|-|until|till|through) ?(?P<high>BOUND)(?P<rest> .*)",
         _bounds),
        (r"ASK between (?P<low>BOUND) (?:and|to) (?P<high>BOUND)(?P<rest> .*)", _bounds),
        (r"ASK (?:min|minimum|>=) ?(?P<low>BOUND)(?P<rest> .*)", _bounds),
        (r"ASK (?:max|maximum|<=|up to|at most) ?(?P<high>BOUND)(?P<rest> .*)", _bounds),
        (r"ASK (?:max |maximum )?length (?:max |at most |up to |<= ?)?(?P<high>\d+)(?P<rest> .*)",
         "{ask} length 1..{high}{rest}")),
    *_habits(
        "list what can be chosen",
        (r"ASK(?: from| options| choices)? (?P<texts>TEXT(?:ORTEXT)+)(?P<rest> TEXT.*)",
         lambda match: f"{match['ask']} from [{_texts(match)}]{match['rest']}"),
        (r'(?:[*+·]|\d+[.)]|[a-zA-Z][.)]) ?(?P<rest>"?\w.*)', "- {rest}"),
        (r"- ?(?:title|text|label|option|button) ?: ?(?P<rest>.+)", "- {rest}"),
        (r"- ?\[ ?(?P<title>TEXT)OR(?P<texts>TEXT(?:ORTEXT)*) ?\](?P<rest>.*)", _also),
        (r"- ?(?P<title>TEXT)OR(?P<texts>TEXT(?:ORTEXT)*)(?P<rest>.*)", _also)),
    *_habits(
        "make a list of a list",
        (r"(?P<before>.*)\[[^\[\]]+ for NAME in (?P<items>PATH)(?: if [^\[\]]+)?\](?P<rest>.*)",
         "{before}{items}{rest}"),
        why="There is no such thing here: give the whole list to the action, or go through it with `for`.",
        certainty=Certainty.MAYBE),
    *_habits(
        "test something",
        (r"unless (?P<test>.+?):?", "if not ({test})"),
        (r'(?P<before>.*?) (?:is not|is different from) (?P<rest>(?:[\d"-]|true|false).*)', "{before} != {rest}"),
        (r'(?P<before>.*?) (?:is|equals|is equal to|eq) (?P<rest>(?:[\d"-]|true|false).*)', "{before} == {rest}"),
        (r"(?P<before>.*?)(?P<of>PATH) contains (?P<part>TEXT|PATH)(?P<rest>.*)", "{before}{part} in {of}{rest}"),
        (r"(?P<before>(?:.* )?)(?P<low>BOUND) ?(?P<one><=?) ?(?P<of>PATH) ?(?P<two><=?) ?(?P<rest>.+)",
         "{before}{low} {one} {of} and {of} {two} {rest}"),
        (r"(?P<before>.*? )(?P<of>PATH) (?:is )?between (?P<low>BOUND) and (?P<high>BOUND)(?P<rest>.*)",
         "{before}{of} >= {low} and {of} <= {high}{rest}")),
    *_habits(
        "give values to a call",
        (r"call (?P<action>PATH)(?: with)? (?!into |@)(?P<given>[^(].*?)(?P<rest>(?: into NAME)?)",
         "call {action}({given}){rest}"),
        (r"await (?:call )?(?P<what>.+)", "call {what}"),
        (r"(?P<before>(?:.* )?(?:call|do|track) .*?)(?P<name>NAME) ?= ?(?P<rest>[^=].*)", "{before}{name}: {rest}")),
    *_habits(
        "catch several failures",
        (r"on (?:timeout|failure|error)OR(?:timeout|failure|error)(?P<rest>\b.*)", "on failure{rest}"),
        (r"on (?:any|anything|else|otherwise)(?: error| failure)?(?P<rest>\b.*)", "on failure{rest}"),
        why="`on failure` takes whatever has no clause of its own."),
    *_habits(
        "call a function",
        (r"(?P<before>.*?)(?P<of>PATH)\.(?P<name>upper|lower|title|length|len|size|toUpperCase|toLowerCase)\(\)(?P<rest>.*)",
         _function)),
    *_habits(
        "say how long",
        (r"(?P<before>(?:.* )?)(?P<n>\d+) ?(?:min|mins|minutos?)(?P<rest>\b.*)", "{before}{n}m{rest}"),
        (r"(?P<before>(?:.* )?)(?P<n>\d+) ?(?:sec|secs|seg|segundos?)(?P<rest>\b.*)", "{before}{n}s{rest}"),
        (r"(?P<before>(?:.* )?)(?P<n>\d+) ?(?:hr|hrs|horas?)(?P<rest>\b.*)", "{before}{n}h{rest}"),
        (r"(?P<before>(?:.* )?)(?P<n>\d+) ?(?:dias?)(?P<rest>\b.*)", "{before}{n}d{rest}"),
        (r"(?P<before>(?:.* )?)(?P<n>\d+)\.5 ?(?:h|hours?|hr|hrs)(?P<rest>\b.*)",
         lambda match: f"{match['before']}{int(match['n']) * 60 + 30}m{match['rest']}")),
    *_habits("say how long", (r"after (?P<n>\d+)(?P<rest> .*)", "after {n}m{rest}"), certainty=Certainty.MAYBE),
    *_habits(
        "say it",
        (r"(?:opt[-_]?|un)(?P<way>in|out)(?:subscribe)?", "opt {way}"), (r"unsubscribe", "opt out"),
        (r"handover to (?P<rest>.+)", "handover {rest}")),
    *_habits(
        "go elsewhere",
        (r"(?P<before>.*?)(?:-> ?)?(?:go|goto|jump|continue|redirect|return|move|proceed|back|switch|head) ?to:? "
         r"(?:the )?(?:flow |menu )?(?P<name>PATH)", "{before}-> {name}"),
        (r"(?P<before>.*?)(?:->|goto) ?(?:flow |menu )?(?P<name>PATH)(?:\(\))?", "{before}-> {name}")),
)


def _formatted(match: re.Match[str]) -> str:
    """`items|join(', ')`, `price|round(2)`: a filter with arguments is a function or a format."""
    of, name, given = match["of"], match["name"], match["given"].replace("'", "").replace('"', "")
    if name == "join":
        return f"join({of}, '{given}')"
    return f"{of}|{ {'round': 'number', 'format': 'date', 'strftime': 'date'}.get(name, name)} {given}".replace(
        "|date " + given, "|date")


_ANY, _QUOTED = r"[^\s|?:!](?:[^|?!]*[^\s|?:!])?", r"'[^']*'"
_VALUES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (rf"(?P<of>{_ANY})\.(?P<name>upper|lower|title)\(\)", "{of}|{name}"),
    (rf"(?P<of>{_ANY})\.toUpperCase\(\)", "{of}|upper"), (rf"(?P<of>{_ANY})\.toLowerCase\(\)", "{of}|lower"),
    (rf"(?P<of>{_ANY})\.(?:length|size|count)(?:\(\))?", "len({of})"), (r"len (?P<of>[\w.]+)", "len({of})"),
    (rf"(?P<of>{_ANY}):,?\.(?P<places>\d)f", "{of}|number {places}"), (rf"(?P<of>{_ANY}):,d?", "{of}|number"),
    (rf"(?P<of>{_ANY}):\.(?P<places>\d)%", "{of}|percent {places}"), (rf"(?P<of>{_ANY}):(?:[ds]|>?\d+)", "{of}"),
    (rf"(?P<of>{_ANY})![rsa]", "{of}"), (r"[$@#](?P<of>[\w.]+)", "{of}"), (r"(?P<of>[\w.]+)[?!]", "{of}"),
    (rf"(?P<of>{_ANY}) ?\|\|? ?(?:default ?[:(] ?)?(?P<other>{_QUOTED}|\d+) ?\)?", "{of} or {other}"),
    (rf"(?P<of>{_ANY}) ?\?\? ?(?P<other>{_ANY})", "{of} or {other}"),
    (rf"(?P<test>{_ANY}) ?\? ?(?P<then>{_ANY}) ?: ?(?P<other>{_ANY})", "{then} if {test} else {other}"),
    (rf"(?P<of>{_ANY}) ?\| ?(?P<name>\w+)\((?P<given>[^()|]*)\)", _formatted),
    (rf"(?P<of>{_ANY}) ?\| ?(?:length|count|size)", "len({of})"),
)
