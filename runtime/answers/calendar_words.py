"""The words that dates, times and durations are made of, in English, Spanish and Portuguese at once.

They hardly collide, and people mix them; where a word means two things (`mañana`, `segundo`, `once`) the grammar in
`dates` tells them apart by what stands around them. Months and weekdays of other languages come from CLDR.
"""

import re
from functools import lru_cache

from runtime.answers.numbers import WORDS

OWN = frozenset({"en", "es", "pt"})


def _placed(*lists: str) -> dict[str, int]:
    return {word: place for words in lists for place, group in enumerate(words.split(), 1)
            for word in group.split("/")}


_MONTHS = _placed(
    "january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept october/oct "
    "november/nov december/dec",
    "enero/ene febrero/feb marzo/mar abril/abr mayo junio/jun julio/jul agosto/ago septiembre/setiembre/sep/set/sept "
    "octubre/oct noviembre/nov diciembre/dic",
    "janeiro/jan fevereiro/fev marco/mar abril/abr maio/mai junho/jun julho/jul agosto/ago setembro/set outubro/out "
    "novembro/nov dezembro/dez",
)
_WEEKDAYS = _placed(                         # Monday is 1, as in date.isoweekday
    "monday/mon tuesday/tue/tues wednesday/wed thursday/thu/thur/thurs friday/fri saturday/sat sunday/sun",
    "lunes/lun martes miercoles/mie jueves/jue viernes/vie sabado/sab domingo/dom",
    "segunda/seg terca/ter quarta/qua quinta/qui sexta/sex sabado/sab domingo/dom",
)

# Days from today. The longer phrases first: they hold the shorter ones.
NEAR_DAYS = {
    "the day after tomorrow": 2, "day after tomorrow": 2, "pasado manana": 2, "depois de amanha": 2,
    "the day before yesterday": -2, "day before yesterday": -2, "antes de ayer": -2, "antier": -2, "anteayer": -2,
    "anteontem": -2, "antes de ontem": -2, "today": 0, "hoy": 0, "hoje": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1,
    "tomorow": 1, "tommorow": 1, "tommorrow": 1, "manana": 1, "amanha": 1, "yesterday": -1, "ayer": -1, "ontem": -1,
}

# Duration units by every word for them: the unit's name in the language of flows, and what that is in its base.
UNITS: dict[str, str] = {
    word: unit
    for unit, words in {
        "second": "s sec secs second seconds seg segs segundo segundos",
        "minute": "m min mins minute minutes minuto minutos",
        "hour": "h hr hrs hs hour hours hora horas",
        "day": "d day days dia dias",
        "week": "w wk wks week weeks semana semanas sem",
        "month": "month months mes meses",
        "year": "y yr yrs year years ano anos",
    }.items()
    for word in words.split()
}


# What else dateparser knows in these languages; a test holds all of its words against these.
_ELSEWHERE = ("mo tu we th fr sa su lu mi ju vi do septembro mons morning afternoon evening night tonight noon "
              "midnight madrugada now ahora agora date fortnight fortnights decade decades century centuries")
_PHRASES = " ".join((_ELSEWHERE, *_MONTHS, *_WEEKDAYS, *UNITS, *NEAR_DAYS))
_OF_TIME = frozenset(word for word in _PHRASES.split() if len(word) > 1)     # a letter, `h`, stands beside a number


def may_name_a_day(said: str) -> bool:
    """Whether anything in it is a number or a word of time, in our own languages: without, nobody reads a day in it.

    >>> may_name_a_day("whenever you like"), may_name_a_day("a fortnight from now")
    (False, True)
    """
    return any(map(str.isdigit, said)) or not _OF_TIME.isdisjoint(re.findall("[a-z]+", said))


@lru_cache(64)
def months(tongue: str) -> dict[str, int]:
    """Number of the month by its names, without accents."""
    return _MONTHS if tongue in OWN else {**_MONTHS, **_from_cldr(tongue, "months", 0)}


@lru_cache(64)
def weekdays(tongue: str) -> dict[str, int]:
    """Number of the weekday, 1 for Monday, by its names."""
    return _WEEKDAYS if tongue in OWN else {**_WEEKDAYS, **_from_cldr(tongue, "days", 1)}


def _from_cldr(tongue: str, what: str, shift: int) -> dict[str, int]:
    from runtime.answers.language import spoken
    from runtime.texts import locale_of

    contexts = getattr(locale_of(tongue, None), what)
    return {
        spoken(str(name)).rstrip("."): number + shift
        for context in ("format", "stand-alone") for width in ("wide", "abbreviated")
        for number, name in contexts[context][width].items()
    }


@lru_cache(8)
def small_numbers(tongue: str) -> dict[str, int]:
    """Numbers in words from 1 to 50, to be written in digits before a date is read."""
    return {word: number for word, number in WORDS.get(tongue, {}).items() if 1 <= number <= 50}
