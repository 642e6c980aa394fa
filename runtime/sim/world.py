"""Who there is: users, our number, its account and tokens, and how fast anybody may be written to.

Values and look-ups, nothing else: what a business may do with them is `graph`'s affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from dsl.limits import data
from runtime.sim.media import Shelf
from runtime.sim.templates import Templates

RATES, WINDOW = data()["rates"], data()["window"]
WINDOW_MS = WINDOW["customer_service_hours"] * 3_600_000


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket: `room` at once, then one every `each_us` microseconds.

    Kept as the time at which the bucket would be full again, so that it is whole numbers all the way.
    """

    room: int
    each_us: int
    full_at_us: int = 0

    def taken(self, now: int) -> Pace | None:
        """The bucket with one taken out at `now` (milliseconds); none: it is empty."""
        full_at = max(self.full_at_us, now * 1_000) + self.each_us
        return replace(self, full_at_us=full_at) if full_at - now * 1_000 <= self.room * self.each_us else None


# One user: 1 message in 6 s, 45 of them borrowed from the time to come. One number: 80 a second, in and out together.
PAIR = Pace(RATES["pair"]["burst_messages"], RATES["pair"]["sustained_seconds_per_message"] * 1_000_000)
THROUGHPUT = RATES["throughput_mps"]["default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a telephone. `phone` is digits only, as in `wa_id`."""

    phone: str
    bsuid: str = ""                          # made of the phone if not given
    name: str = "Asha"
    username: str = ""
    tells_phone: bool = True                 # False: webhooks name the business-scoped id only
    on_whatsapp: bool = True
    reads: bool = True                       # read receipts are on
    blocked: bool = False                    # by the business
    opted_out: bool = False                  # of marketing
    wrote_at: int | None = None              # milliseconds
    pace: Pace = field(default=PAIR, repr=False)


_NOT_DIGITS = re.compile("[^0-9]+")


def digits(phone: str) -> str:
    """A phone number as in `wa_id`; empty if it is none.

    >>> digits("+1 (555) 777-0001"), digits("US.1555")
    ('15557770001', '')
    """
    return "" if phone[:1].isalpha() else _NOT_DIGITS.sub("", phone)


def bsuid_of(phone: str) -> str:
    return "US." + str(int.from_bytes(blake2b(phone.encode(), digest_size=7).digest()))


# What an account or a number can suffer from, and what every send is then refused with.
TROUBLES = {"locked": 131031, "unpaid": 131042, "blocked": 368, "restricted": 131048, "maintenance": 131057,
            "unregistered": 133010, "name not approved": 131037, "rate limited": 80007}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The business's number."""

    id: str = "100200300"                    # phone_number_id
    display: str = "15550001111"
    account: str = "200300400"               # of the WhatsApp Business Account it belongs to
    trouble: str = ""                        # one of `TROUBLES`
    pace: Pace = field(default=Pace(THROUGHPUT, 1_000_000 // THROUGHPUT), repr=False)


class World:
    """Everything there is, now. Users are found by any of their names."""

    def __init__(self, number: Number, token: str) -> None:
        self.number = number
        self.tokens: dict[str, int | None] = {token: None}       # when it expires, milliseconds
        self.templates = Templates()
        self.shelf = Shelf()
        self._users: dict[str, User] = {}
        self._by_bsuid: dict[str, str] = {}  # to their phones

    @property
    def users(self) -> list[User]:
        return list(self._users.values())

    def put(self, user: User) -> User:
        """Add a user, or change who has this phone."""
        whole = user if user.bsuid else replace(user, bsuid=bsuid_of(user.phone))
        self._users[user.phone] = whole
        self._by_bsuid[whole.bsuid] = user.phone
        return whole

    def move(self, phone: str, user: User) -> None:
        """`user` is who had this phone until now."""
        del self._users[phone]
        self.put(user)

    def user(self, name: str) -> User | None:
        """Who is reached under a phone (with its plus or without, spaces between) or a business-scoped id."""
        return self._users.get(self._by_bsuid.get(name) or digits(name))

    def is_open(self, user: User, now: int) -> bool:
        """Whether the user wrote within the last 24 hours."""
        return user.wrote_at is not None and now - user.wrote_at < WINDOW_MS
