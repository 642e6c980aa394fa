"""Files with faults in them: what slips of the finger do to a file that can be read, from a seed.

Each slip changes one line and leaves a file that no reader could take for correct, as far as a line alone can tell.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Slip = Callable[[random.Random, str], str | None]


@dataclass(frozen=True, slots=True)
class Faulty:
    text: str
    lines: tuple[int, ...]                   # from 1, the lines that were changed
    slips: tuple[str, ...]                   # what was done to each of them


def _one(chance: random.Random, pattern: str, line: str, by: Callable[[re.Match[str]], str]) -> str | None:
    """The line with one of the places that match changed; None if there is none."""
    places = list(re.finditer(pattern, line))
    if not places:
        return None
    place = chance.choice(places)
    return line[:place.start()] + by(place) + line[place.end():]


def lost_closing_quote(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'(?<=\w)[.?!]?"(?=\s|$|,)', line, lambda place: place[0][:-1])


def lost_opening_quote(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'(?<= )"(?=\w)', line, lambda place: "")


def stray_quote(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"(?<=\w) (?=\w)", line, lambda place: ' " ')


def lost_bracket(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"(?<=\w)\(|\)", line, lambda place: "")


def second_bracket(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"(?<=\w)\)", line, lambda place: "))")


def lost_arrow(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"-> ", line, lambda place: "")


def lost_target(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"-> \w+$", line, lambda place: "->")


def misspelt(chance: random.Random, line: str) -> str | None:
    def swap(place: re.Match[str]) -> str:
        word = place[0]
        at = chance.randrange(len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2:] if word[at] != word[at + 1] else word[1:]
    words = ("flow|menu|rule|anywhere|choose|handover|tries|after|suggest|hint|footer|call|send|track|clear|into|from|"
             "also|when|otherwise|starts|detail|title")
    return _one(chance, rf'\b(?:{words})\b(?=[^"]*(?:"[^"]*"[^"]*)*$)', line, swap)


def deeper(chance: random.Random, line: str) -> str | None:
    return "  " + line if line.strip() else None


def one_space_more(chance: random.Random, line: str) -> str | None:
    return " " + line if line.strip() else None


def one_space_less(chance: random.Random, line: str) -> str | None:
    return line[1:] if line.startswith("  ") else None


def less_deep(chance: random.Random, line: str) -> str | None:
    return line[2:] if line.startswith("  ") else None


def colon_at_end(chance: random.Random, line: str) -> str | None:
    return line + ":" if re.match(r" *(if|for|else|choose|flow|ask|menu)\b", line) else None


def semicolon(chance: random.Random, line: str) -> str | None:
    return line + ";" if line.strip() else None


def other_word(chance: random.Random, line: str) -> str | None:
    words = {"say": "print", "->": "goto", "-": "button", "ask": "input", "elif": "else if", "set": "let",
             "flow": "def"}
    return _one(chance, r"(?<=^)(?: *)(say|->|-|ask|elif|set|flow)(?= )", line,
                lambda place: place[0].replace(place[1], words[place[1]]))


def lost_text(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'(?<=ask |eed |ose |say ).*"[^"]*"$', line, lambda place: place[0][:place[0].index('"')])


def lost_comma(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'(?<="), (?=")', line, lambda place: " ")


def second_comma(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'(?<="), (?=")', line, lambda place: ",, ")


def broken_value(chance: random.Random, line: str) -> str | None:
    def broken(place: re.Match[str]) -> str:
        return chance.choice([place[0][:-1], place[0][:-1] + " or}", "{}"])
    return _one(chance, r"\{\w+[^}\"]*\}", line, broken)


def word_in_place_of_text(chance: random.Random, line: str) -> str | None:
    return _one(chance, r'"[A-Za-z ,.!?]+ [A-Za-z ,.!?]+"', line, lambda place: place[0][1:-1])


def prose(chance: random.Random, line: str) -> str | None:
    indent = line[:len(line) - len(line.lstrip())]
    return indent + chance.choice(["TODO write this part", "here the user is greeted", "???", "= = ="])


def assignment(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"(?<=if \w) = | == ", line, lambda place: " = ") if re.match(r" *(if|elif)", line) else None


def doubled_word(chance: random.Random, line: str) -> str | None:
    return _one(chance, r"^ *(\w+) ", line, lambda place: f"{place[0]}{place[1]} ")


SLIPS: tuple[Slip, ...] = (
    lost_closing_quote, lost_opening_quote, stray_quote, lost_bracket, second_bracket, lost_arrow, lost_target,
    misspelt, deeper, one_space_more, one_space_less, less_deep, colon_at_end, semicolon, other_word, lost_text,
    lost_comma, second_comma, broken_value, word_in_place_of_text, prose, assignment, doubled_word,
)


def faulty(text: str, seed: int, faults: int) -> Faulty:
    """`text` with this many slips in lines that do not touch."""
    chance = random.Random(seed)
    lines = text.split("\n")
    done: dict[int, str] = {}
    while len(done) < faults:
        slip = chance.choice(SLIPS)
        at = chance.randrange(len(lines))
        if any(abs(at - other) < 3 for other in done) or '"""' in lines[at] or not lines[at].split("#")[0].strip():
            continue
        changed = slip(chance, lines[at])
        if changed is not None and changed != lines[at]:
            lines[at] = changed
            done[at] = slip.__name__
    places = sorted(done)
    return Faulty("\n".join(lines), tuple(at + 1 for at in places), tuple(done[at] for at in places))
