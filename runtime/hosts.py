"""Where actions may call. Decides; what connects is in `outgoing`.

- The host is what the domain and the environment name: it ends before the first `{param}`, so no user can change it.
- Over `https`; plain `http` only to this very machine, or in development.
- At a public address, whatever the name leads to: not a private network, not a link-local address (there clouds keep
  their credentials), not this machine unless it is named as such.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_ORIGIN = re.compile(r"(?P<scheme>https?)://[^/?#\\\s]+(?P<end>[/?#]?)")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")               # RFC 6052: an IPv4 address in its last 32 bits


class NotAllowed(Exception):
    """An action's address that is not called; the message says why, and nothing of the address that may be secret."""


def why_not(named: str, is_whole: bool, development: bool) -> str | None:
    """Why an action's address must not be called; None: it may be.

    Args:
        named: what stands before the first `{param}`, the environment filled in.
        is_whole: there is no `{param}`.

    >>> why_not("https://api.example.com/clinics/", False, False)
    >>> why_not("https://api.example.com", False, False)
    'a parameter could change its host: write `/` before it'
    >>> why_not("http://api.example.com/", True, False)
    '`api.example.com` is not called over `https`'
    >>> why_not("https://[::ffff:169.254.169.254]/", True, True)
    '`::ffff:169.254.169.254` is not a public address'
    """
    from yarl import URL  # a bot without HTTP needs none

    origin = _ORIGIN.match(named)
    try:
        host = URL(named, encoded=True).host
    except ValueError:
        host = None
    if origin is None or not host:
        return "it does not begin with `https://` and a host"
    if not (origin["end"] or is_whole):
        return "a parameter could change its host: write `/` before it"
    may_be_here = development or names_this_machine(host)
    if origin["scheme"] == "http" and not may_be_here:
        return f"`{host}` is not called over `https`"
    if _address(host) and not may_reach(host, may_be_here):
        return f"`{host}` is not a public address"
    return None


def names_this_machine(host: str) -> bool:
    """Whether a host is loopback by what is written, not by what a resolver makes of it.

    >>> [names_this_machine(host) for host in ("localhost", "api.localhost", "127.0.0.1", "::1", "localhost.evil.com")]
    [True, True, True, True, False]
    """
    name = host.lower().rstrip(".")
    address = _address(name)
    # RFC 6761, 6.3: `localhost.` and all names below it are loopback.
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def may_reach(address: str, may_be_here: bool) -> bool:
    """Whether an action may be connected to a numeric address.

    >>> [may_reach(one, False) for one in ("93.184.216.34", "10.0.0.1", "127.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False]
    """
    found = _address(address)
    if found is None:
        return False
    if found.is_loopback:
        return may_be_here
    return found.is_global and not (found.is_multicast or found.is_reserved
                                    or (isinstance(found, ipaddress.IPv6Address) and found.is_site_local))


def _address(text: str) -> Address | None:
    """The address, or the IPv4 address that is carried in an IPv6 one: there the packets end."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]) or address
