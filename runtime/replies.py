"""Which option a typed reply names: a ladder that never guesses.

`named` is exact: a title, an alias, an `also` pattern, a number. `nearly` is for what no row of the step or of
`anywhere` took: ordinals and number words, all words of the reply in exactly one option, a yes or a no in other words
where one option begins with it, one typo (two from 8 letters).
Where that leaves two or three options, they are the doubt that `system.did_you_mean` offers; where it leaves more, or
none, the reply is no choice.

Number words, ordinals and the small words that say nothing are known in English, Spanish and Portuguese, all three at
once: people mix them, and where a word of one is a number in another (`segunda`, Monday and second) the option that has
the word is in doubt with the one at that place.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dsl.words import bare_number, normalise, numbers, osa
from runtime.regex import found

LONGEST = 200                                # characters; more than any title WhatsApp shows, and no choice
MOST_IN_DOUBT = 3


class Choice(msgspec.Struct, frozen=True):
    """One option as it is shown, in the order it is shown."""

    id: str
    words: tuple[str, ...]                   # normalised: its title (in every language), then its aliases
    patterns: tuple[str, ...] = ()           # RE2 sources


class Near(msgspec.Struct, frozen=True):
    """What a reply nearly says: one id, or up to three that it may mean; none of them: no choice."""

    id: str | None = None
    doubt: tuple[str, ...] = ()


NO_CHOICE = Near()


def named(reply: str, choices: Sequence[Choice]) -> str | None:
    """Id of the option that the reply names exactly; None if there is none, or more than one.

    >>> menu = [Choice("book", ("book a visit", "book")), Choice("hours", ("opening hours",))]
    >>> named("BOOK!", menu), named("2", menu), named("the second", menu)
    ('book', 'hours', None)
    """
    words = normalise(reply) if len(reply) <= LONGEST else ""
    by_words = [choice.id for choice in choices if words and words in choice.words]
    if by_words:
        return by_words[0] if len(by_words) == 1 else None
    for choice in choices:
        if any(found(pattern, reply) for pattern in choice.patterns):
            return choice.id
    number = bare_number(words)
    return _by_number(number, choices) if number else None


def _by_number(number: str, choices: Sequence[Choice]) -> str | None:
    if any(_held(choice) for choice in choices):
        holders = [choice.id for choice in choices if number in _held(choice)]
        return holders[0] if len(holders) == 1 else None
    return _at(number, choices)


def _held(choice: Choice) -> frozenset[str]:
    return frozenset().union(*map(numbers, choice.words))


def _at(number: str, choices: Sequence[Choice]) -> str | None:
    place = int(number) if number.isdecimal() and len(number) <= 4 else 0
    return choices[place - 1].id if 0 < place <= len(choices) else None


def nearly(reply: str, choices: Sequence[Choice]) -> Near:
    """What the reply nearly says, when nothing took it as it is.

    >>> menu = [Choice("book", ("book a visit",)), Choice("hours", ("opening hours",)), Choice("x", ("see a visit",))]
    >>> nearly("the second", menu), nearly("visit", menu), nearly("openig hours", menu)
    (Near(id='hours', doubt=()), Near(id=None, doubt=('book', 'x')), Near(id='hours', doubt=()))
    """
    if len(reply) > LONGEST or not choices:
        return NO_CHOICE
    words = normalise(_drawn_out.sub(r"\1", reply))
    named_then = [choice.id for choice in choices if words in choice.words]
    if named_then:                           # `noooo`, or the same words twice
        return _one_of(named_then)
    said = [word for word in words.split() if any(map(str.isalnum, word))] or words.split()
    ids = [*_by_ordinal(said, choices), *_by_words(said, choices)]
    return _one_of(ids or _by_yes_or_no(reply, choices) or _by_typo(" ".join(said), choices))


_drawn_out = re.compile(r"([^\W\d_])\1{2,}")     # siii, noooo: no word has a letter three times in a row


def _one_of(ids: Iterable[str]) -> Near:
    different = tuple(dict.fromkeys(ids))
    if len(different) == 1:
        return Near(different[0])
    return Near(doubt=different) if len(different) <= MOST_IN_DOUBT else NO_CHOICE


def _by_ordinal(said: Sequence[str], choices: Sequence[Choice]) -> list[str]:
    """The option at the place that an ordinal or a number word names, and the one whose title holds that number."""
    place = _place(said, len(choices))
    if place is None:
        return []
    number, is_ordinal = place
    holders = [choice.id for choice in choices if number in _held(choice)]
    if not is_ordinal:
        exact = _by_number(number, choices)
        return holders or ([exact] if exact else [])
    there = _at(number, choices)
    return ([there] if there else []) + holders


def _place(said: Sequence[str], count: int) -> tuple[str, bool] | None:
    """The number that the reply says in words, and whether as an ordinal; None if it says more, or none."""
    telling = [word for word in said if word not in _EMPTY_WORDS]
    if not telling and said and said[-1] in _CARDINALS:      # `one` alone, `option one`
        telling = [said[-1]]
    if len(telling) != 1:
        return None
    word = telling[0]
    if word in _LAST:
        return str(count), True
    if word in _ORDINALS:
        return _ORDINALS[word], True
    if match := _ordinal_digits.fullmatch(word):
        return match[1], True
    if word in _CARDINALS:
        return _CARDINALS[word], False
    number = bare_number(word)               # `option 2`; a bare number alone was `named`, or is none
    return (number, False) if number and len(said) > 1 else None


def _by_words(said: Sequence[str], choices: Sequence[Choice]) -> list[str]:
    """Options that have all words of the reply, else those that have all its words but the empty ones."""
    everything = {choice.id: {word for words in choice.words for word in words.split()} for choice in choices}
    telling = {word for word in said if word not in _EMPTY_WORDS}
    if not telling:
        return []
    complete = [id for id, words in everything.items() if words.issuperset(said)]
    return complete or [id for id, words in everything.items() if words >= telling]


def _by_yes_or_no(reply: str, choices: Sequence[Choice]) -> list[str]:
    """Options that begin with a yes, of a reply that says yes; or with a no."""
    heads = {choice.id: {words.split(" ", 1)[0] for words in choice.words} for choice in choices}
    if not any(words & _YES_OR_NO.keys() for words in heads.values()) or normalise(reply) == "not":
        return []                            # `not` alone has lost what it is about
    from runtime.answers.words import read_boolean  # few questions are of yes or no

    said = read_boolean(reply)
    return [] if said is None else [id for id, words in heads.items()
                                    if any(_YES_OR_NO.get(word) is said for word in words)]


def _by_typo(words: str, choices: Sequence[Choice]) -> list[str]:
    """Options whose title or alias is a typo away; the nearest alone, if it is nearer than all others."""
    if any(map(str.isdigit, words)):
        return []
    distances: dict[str, int] = {}
    for choice in choices:
        for title in choice.words:
            limit = _typos(words, title)
            if limit and (distance := osa(words, title, limit)) <= limit:
                distances[choice.id] = min(distance, distances.get(choice.id, distance))
    best = min(distances.values(), default=0)
    return [id for id, distance in distances.items() if distance == best]


def _typos(words: str, title: str) -> int:
    """How many typos may lie between the two: none where one letter makes another word (`no`, `sun`, `Room B`)."""
    shorter = min(len(words), len(title))
    if any(map(str.isdigit, title)) or max(len(words), len(title)) < 4 or shorter < 3:
        return 0
    left, right = _short_words(words), _short_words(title)
    if left - right and right - left:
        return 0
    return 2 if shorter >= 8 else 1


def _short_words(words: str) -> frozenset[str]:
    return frozenset(word for word in words.split() if len(word) <= 2)


def _each(*lists: str) -> Mapping[str, str]:
    return {word: str(place) for words in lists for place, group in enumerate(words.split(), 1)
            for word in group.split("/")}


_CARDINALS = _each(
    "one two three four five six seven eight nine ten eleven twelve",
    "uno/una/un dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "um/uma dois/duas tres quatro cinco seis sete oito nove dez onze doze",
)
_ORDINALS = _each(
    "first second third fourth fifth sixth seventh eighth ninth tenth",
    "primero/primera/primer segundo/segunda tercero/tercera/tercer cuarto/cuarta quinto/quinta sexto/sexta "
    "septimo/septima octavo/octava noveno/novena decimo/decima",
    "primeiro/primeira segundo/segunda terceiro/terceira quarto/quarta quinto/quinta sexto/sexta setimo/setima "
    "oitavo/oitava nono/nona decimo/decima",
)
_YES_OR_NO = {"yes": True, "si": True, "sim": True, "no": False, "nao": False}
_LAST = frozenset(["last", "ultimo", "ultima"])
_ordinal_digits = re.compile(r"(\d{1,4})(?:st|nd|rd|th|o|a|ro|ra|do|da|to|ta|mo|ma|vo|va|no|na|er)")
_empty_words = """
    the a an one ones option choice number nr num please pls i id want would like ill me with for to of it its that this
    is my and or in on at
    el la lo los las un una uno opcion numero por favor porfavor porfa quiero quisiera de del al en y o para con mi que
    es
    os as um uma opcao quero queria gostaria do da dos das na nas em e com meu minha eu
"""
_EMPTY_WORDS = frozenset(_empty_words.split())
