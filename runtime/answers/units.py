"""Numbers said with what is counted, and with words that say nothing more: `20 kg`, `4 people`, `about 30, please`.

A word beside the number is passed over if it is small talk, a unit, or a word of the question itself, whatever its
language. Where the question names a unit, another one is no answer: 20 lb are not 20 kilos. Words that change a number
(`not`, `more than`, `or`) are never passed over.
"""

from __future__ import annotations

import re
from functools import cache

from dsl.words import normalise

MOST_WORDS = 12                              # of an answer that is a number with words around it

# What is small talk around a number, and what never is, in the languages whose number words are known.
_PASSED_OVER = frozenset(normalise("""
    i am i'm we are we're us of for just only about around approximately roughly nearly please thanks thank you it it's
    is there the all in total old exactly
    soy somos son es tengo tenemos seran para solo solamente unos unas aproximadamente alrededor de como casi por favor
    gracias en el los las de edad exactamente
    sou tenho temos serao so apenas uns umas cerca aproximadamente obrigado obrigada ao todo de idade exatamente
""").split())
_CHANGES = frozenset(normalise("""
    not no nor or and than more less over under between to per half dozen hundred thousand million
    ni o u y e que mas menos sobre bajo entre sin media medio docena mil millon
    nem ou mais menos sem entre meia meio duzia milhao
""").split())
_GROUPS = """
    kg kgs kilo kilos kilogram kilograms kilogramo kilogramos quilo quilos quilograma quilogramas
    g gr grs gram grams gramme grammes gramo gramos grama gramas
    lb lbs pound pounds libra libras
    oz ounce ounces onza onzas onca oncas
    l lt lts liter liters litre litres litro litros
    ml milliliter milliliters millilitre millilitres mililitro mililitros
    km kms kilometer kilometers kilometre kilometres kilometro kilometros quilometro quilometros
    mi mile miles milla millas milha milhas
    m mt mts meter meters metre metres metro metros
    cm cms centimeter centimeters centimetre centimetres centimetro centimetros
    mm millimeter millimeters millimetre millimetres milimetro milimetros
    ft foot feet pie pies
    in inch inches pulgada pulgadas polegada polegadas
    m2 sqm
    year years yr yrs ano anos
    month months mes meses
    week weeks wk wks semana semanas
    day days dia dias
    night nights noche noches noite noites
    hour hours hr hrs h hora horas
    minute minutes min mins minuto minutos
    people person persons pax guest guests adult adults persona personas gente huespedes adulto adultos pessoa pessoas
    child children kid kids nino ninos hijo hijos crianca criancas filho filhos
    ticket tickets entrada entradas boleto boletos ingresso ingressos bilhete bilhetes
    seat seats asiento asientos lugar lugares
    table tables mesa mesas
    room rooms habitacion habitaciones quarto quartos
    piece pieces pc pcs unit units item items pieza piezas unidad unidades peca pecas unidade unidades
    time times vez veces vezes
    bag bags bolsa bolsas
    box boxes caja cajas caixa caixas
    bottle bottles botella botellas garrafa garrafas
    cup cups taza tazas xicara xicaras
    star stars estrella estrellas estrela estrelas
    point points punto puntos ponto pontos
"""
_DOUBTFUL = frozenset({"m", "in", "l", "h"})  # these are units only where the question asks for them
_JOINING = frozenset({"and", "y", "e"})
_digits = re.compile(r"[-+]?[.,]?\d")
_parts = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+|[23](?!\d))?|[-+]?[.,]?\d[\d.,' ]*|\S")


@cache
def _units() -> dict[str, int]:
    """Every unit, by the number of its group."""
    return {word: number for number, group in enumerate(_GROUPS.strip().splitlines()) for word in group.split()}


def without_words(said: str, counts: frozenset[str], question: str) -> str | None:
    """The number of an answer, in digits or words, without the words around it; None if they may matter.

    Args:
        said: as `spoken` gives it.
        counts: the words that are numbers in the user's language.
        question: what the user was asked, as it was shown.

    >>> without_words("about 20kg", frozenset(), "How many kilos?"), without_words("4 or 5", frozenset(), "How many?")
    ('20', None)
    """
    parts = _parts.findall(said)
    if len(parts) > MOST_WORDS:
        return None
    numbers = [at for at, part in enumerate(parts) if part in counts or _digits.match(part)]
    if not numbers:
        return None
    first, last = numbers[0], numbers[-1]
    asked = frozenset(normalise(question).split())
    wanted = frozenset(_units()[word] for word in asked if word in _units())
    is_one = all(at in numbers or parts[at] in _JOINING for at in range(first, last))
    if not is_one or not all(_is_passed_over(word, asked, wanted) for word in parts[:first] + parts[last + 1:]):
        return None
    return " ".join(parts[first:last + 1]).strip(" ,.")


def _is_passed_over(said: str, asked: frozenset[str], wanted: frozenset[int]) -> bool:
    word = said.replace("'", "")
    if word in _CHANGES:
        return False
    unit = _units().get(word)
    if unit is not None and (wanted or word in _DOUBTFUL):
        return unit in wanted or word in _PASSED_OVER
    return unit is not None or word in _PASSED_OVER or word in asked or word in ",!"
