"""Keys, tokens and passwords that stand in a bot's files, where everyone who works on it reads them.

Only what is hardly anything else: marks that issuers put in front of their keys, headers that carry credentials,
addresses with a password, long values named as secrets. What comes from the environment (`${NAME}`) is as it should be.
"""

import re
from collections.abc import Iterator, Mapping

from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.source import Source

SECRET = Kind("F720", Severity.WARNING, "this looks like {what}",
              why="Whoever reads the bot's files could use it, and it stays in their history.")

# Prefixes and lengths as their issuers document them; each group is one kind.
_ISSUED = {
    "an access token of Meta": r"EAA[A-Za-z0-9]{40,}",
    "an access key of AWS": r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    "a secret key of a payment service": r"[sr]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "an API key": r"sk-(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}",
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}",
    "a token of GitLab": r"glpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"xox[baprs]-[A-Za-z0-9-]{10,}",
    "a key of Google": r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}",
    "a key of SendGrid": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "a signed token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
}
_KEY = r"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----"
_CREDENTIALS = r"(?:[Bb]earer [A-Za-z0-9._~+/-]{20,}|[Bb]asic [A-Za-z0-9+/]{16,}={0,2})"
_IN_ADDRESS = r"https?://[^\s/:@\"'{}$]{1,100}:[^\s/@\"'{}$]{3,100}@[A-Za-z0-9]"
_NAMED = (r"(?i:password|passwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret)"
          r"(?:\"|')?(?: ?[:=] ?)(?:\"|')?"
          r"(?=[A-Za-z_+/.-]{0,60}[0-9])(?=[0-9_+/.-]{0,60}[A-Za-z])[A-Za-z0-9_+/.=-]{16,}")

KINDS = (*_ISSUED, "a private key", "credentials", "a password in an address", "a password or key")
_ALL = re.compile("|".join(
    rf"(?<![A-Za-z0-9])({pattern})" for pattern in (*_ISSUED.values(), _KEY, _CREDENTIALS, _IN_ADDRESS, _NAMED)))


def secrets(sources: Mapping[str, Source]) -> Iterator[Diagnostic]:
    """Everything in a bot's files that looks like a secret."""
    fix = Fix("make a new one, keep it in the environment, and write `${NAME}` in domain.yml")
    for source in sources.values():
        for found in _ALL.finditer(source.text):
            if found.lastindex is not None:
                yield SECRET.at(source.span(*found.span()), fix, label="known to all who read this",
                                what=KINDS[found.lastindex - 1])
