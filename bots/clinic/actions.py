"""The clinic's booking system, as the bot sees it.

The real one is reached over the network; this one keeps its diary in memory, so that the bot can be tried on any
machine. What it refuses, it refuses for the real one's reasons.
"""

import hashlib
from datetime import datetime
from typing import Any

from runtime.actions import Refused

CLINICS = {
    "bogota": [
        {"id": "norte", "name": "Norte", "address": "Calle 127 # 14-54", "km": 1.2,
         "position": {"latitude": 4.7059, "longitude": -74.0425}},
        {"id": "chapinero", "name": "Chapinero", "address": "Carrera 13 # 63-20", "km": 4.8,
         "position": {"latitude": 4.6486, "longitude": -74.0628}},
        {"id": "centro", "name": "Centro", "address": "Avenida Jiménez # 7-65", "km": 8.5,
         "position": {"latitude": 4.6016, "longitude": -74.0723}},
    ],
    "medellin": [
        {"id": "poblado", "name": "El Poblado", "address": "Calle 10 # 43E-31", "km": 2.1,
         "position": {"latitude": 6.2088, "longitude": -75.5681}},
    ],
}
_ACCENTS = str.maketrans("áéíóúü", "aeiouu")
_diary: dict[tuple[str, datetime], str] = {}     # clinic and time to the id of the visit


async def clinics_near(city: str) -> list[dict[str, Any]]:
    """The clinics of a city, the nearest first."""
    return CLINICS.get(city.strip().casefold().translate(_ACCENTS), [])


async def book(clinic: str, at: datetime) -> dict[str, Any]:
    """Book the time, if the clinic is open then and nobody else has it."""
    if not _is_open(at):
        raise Refused("closed")
    if (clinic, at) in _diary:
        raise Refused("taken")
    place = next(place for near in CLINICS.values() for place in near if place["id"] == clinic)
    visit = hashlib.sha256(f"{clinic} {at.isoformat()}".encode()).hexdigest()[:8]
    _diary[clinic, at] = visit
    return {"id": visit, "at": at.isoformat(), "clinic": place["name"], "address": place["address"]}


async def cancel(visit: str) -> None:
    """Give the time free again."""
    for key, booked in list(_diary.items()):
        if booked == visit:
            del _diary[key]


def _is_open(when: datetime) -> bool:
    opens, closes = (8, 13) if when.weekday() == 5 else (7, 19)
    return when.weekday() < 6 and opens <= when.hour < closes
