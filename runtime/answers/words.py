"""Answers that are one of a few words: yes and no, a choice's value, a language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dsl.words import normalise
from runtime.texts import formats, locale_of

_LONGEST = 60
_drawn_out = re.compile(r"([^\W\d_])\1{2,}")
_courtesy = frozenset(normalise("please thanks thank you por favor gracias muchas obrigado obrigada").split())
_yes_words = """
    yes y yeah yea yep yup ya sure ok okay okey okei k right correct true definitely absolutely affirmative indeed fine
    si s claro dale vale correcto cierto verdadero listo bueno supuesto desde luego obvio simon sip afirmativo confirmo
    sim ss isso certo certeza beleza blz pode uhum aham positivo verdade exato
    👍 👌 ✅ ✔ 🆗 💯
"""
_no_words = """
    no n nope nah not never false negative nay
    nunca jamas falso negativo para nada nop tampoco
    nao nn nem negativo falso
    👎 ❌ ✖ 🚫
"""
_yes, _no = frozenset(_yes_words.split()), frozenset(_no_words.split())
_phrases = {"of course": True, "por supuesto": True, "con gusto": True, "com certeza": True, "de acuerdo": True,
            "esta bien": True, "tudo bem": True, "thats right": True, "not really": False, "not now": False,
            "no way": False, "ahora no": False, "agora nao": False, "de jeito nenhum": False, "not yet": False,
            "todavia no": False, "ainda nao": False}


def read_boolean(text: str, yes: Iterable[str] = (), no: Iterable[str] = ()) -> bool | None:
    """Yes or no in English, Spanish, Portuguese and in the bot's own normalised words for them; None for both or none.

    >>> read_boolean("Sííí, claro"), read_boolean("no thanks"), read_boolean("yes and no"), read_boolean("maybe")
    (True, False, None, None)
    """
    if len(text) > _LONGEST:
        return None
    said = normalise(_drawn_out.sub(r"\1", text))
    if said in yes or said in no:
        return said in yes
    if said in _phrases:
        return _phrases[said]
    words = {word for word in said.split() if word not in _courtesy}
    if words and words <= _yes:
        return True
    return False if words and words <= _no else None


def read_language(text: str, tags: Iterable[str], language: str) -> str | None:
    """The one of `tags` (all of CLDR's languages if there are none) that is named: by its tag, by its own name, in
    English or in the user's language. Of all of CLDR's, only the most spoken are known by their own names.

    >>> read_language("Français", ["en", "fr"], "es"), read_language("alemán", [], "es"), read_language("x", [], "es")
    ('fr', 'de', None)
    """
    return _language_names(tuple(tags), language).get(normalise(text)) if len(text) <= _LONGEST else None


# Ethnologue, "What are the top 200 most spoken languages?", those of them that have a locale.
_spoken = "en zh hi es ar fr bn pt ru ur id de ja mr te tr ta vi ko it th gu fa pl uk nl ro el he sv ca"


@lru_cache(32)
def _language_names(tags: tuple[str, ...], language: str) -> dict[str, str]:
    everywhere = tags or tuple(sorted(map(str, locale_of("en", None).languages)))
    names: dict[str, str] = {}
    for tag in tags or _spoken.split():
        names.setdefault(normalise(formats(tag, None).language_name(tag)), tag)
    for written in (formats(language, None), formats("en", None)):
        for tag in everywhere:
            names.setdefault(normalise(written.language_name(tag)), tag)
    return names | {normalise(tag): tag for tag in everywhere}
