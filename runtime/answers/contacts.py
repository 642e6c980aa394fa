"""Phone numbers, e-mail addresses and web addresses, alone or with a few words around them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_PHONE = 60
LONGEST_EMAIL = 320                          # RFC 3696, erratum 1690: 254 of them make an address
LONGEST_URL = 2000                           # WhatsApp: link buttons


def read_phone(text: str, region: str | None) -> str | None:
    """The number as E.164, `+573001234567`; without a country code it is one of the bot's region.

    >>> read_phone("300 123 4567", "CO"), read_phone("+34 600 123 456", "CO"), read_phone("12345", "CO")
    ('+573001234567', '+34600123456', None)
    """
    if len(text) > LONGEST_PHONE:
        return None
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

    digits = "".join(sign for sign in text if sign.isdecimal())
    for written, country in ((text, region), (f"+{digits}", None)):
        try:
            number = parse(written, country)
        except NumberParseException:
            continue
        if is_valid_number(number):
            return str(format_number(number, PhoneNumberFormat.E164))
    return None


def read_email(text: str) -> str | None:
    """The one address in the text, its domain in lower case; whether it exists is not asked.

    >>> read_email("it's Ana@Example.com."), read_email("ana@example"), read_email("a@b.co or c@d.co")
    ('Ana@example.com', None, None)
    """
    words = [word.strip(".,;:<>()[]\"'¡!¿?") for word in text.split() if "@" in word] if len(text) < 1000 else []
    if len(words) != 1 or len(words[0]) > LONGEST_EMAIL:
        return None
    from email_validator import EmailNotValidError, validate_email

    try:
        return str(validate_email(words[0].removeprefix("mailto:"), check_deliverability=False).normalized)
    except EmailNotValidError:
        return None


_host = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")


def read_url(text: str) -> str | None:
    """A web address, `https://` put before it where it is missing.

    >>> read_url("www.example.com/a?b=1"), read_url("http://example.com"), read_url("hello"), read_url("a.b c.d")
    ('https://www.example.com/a?b=1', 'http://example.com', None, None)
    """
    url = text.strip()
    if len(url) > LONGEST_URL or any(sign.isspace() or not sign.isprintable() for sign in url):
        return None
    url = url if re.match(r"https?://", url, re.IGNORECASE) else f"https://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    is_fine = parts.hostname is not None and _host.fullmatch(parts.hostname) and not parts.username and port != 0
    return url if is_fine else None
