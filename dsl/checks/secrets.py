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

# What it looks like, its pattern, and marks without which it is not there: looking for those first is what keeps a
# large bot cheap. Prefixes and lengths as their issuers document them.
_NAMES = ("password", "passwd", "secret", "token", "key")
_LOOKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("an access token of Meta", r"EAA[A-Za-z0-9]{40,}", ("EAA",)),
    ("an access key of AWS", r"(?:AKIA|ASIA)[0-9A-Z]{16}", ("AKIA", "ASIA")),
    ("a secret key of a payment service", r"[sr]k_(?:live|test)_[0-9A-Za-z]{16,}", ("k_live_", "k_test_")),
    ("an API key", r"sk-(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}", ("sk-",)),
    ("a token of GitHub", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}",
     ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")),
    ("a token of GitLab", r"glpat-[A-Za-z0-9_-]{20,}", ("glpat-",)),
    ("a token of Slack", r"xox[baprs]-[A-Za-z0-9-]{10,}", ("xox",)),
    ("a key of Google", r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}", ("AIza", "ya29.")),
    ("a key of SendGrid", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", ("SG.",)),
    ("a signed token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", ("eyJ",)),
    ("a private key", r"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----", ("PRIVATE KEY-----",)),
    ("credentials", r"(?:[Bb]earer [A-Za-z0-9._~+/-]{20,}|[Bb]asic [A-Za-z0-9+/]{16,}={0,2})", ("earer ", "asic ")),
    ("a password in an address", r"https?://[^\s/:@\"'{}$]{1,100}:[^\s/@\"'{}$]{3,100}@[A-Za-z0-9]", ("://",)),
    ("a password or key",
     r"(?i:password|passwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret)"
     r"(?:\"|')?(?: ?[:=] ?)(?:\"|')?"
     r"(?=[A-Za-z_+/.-]{0,60}[0-9])(?=[0-9_+/.-]{0,60}[A-Za-z])[A-Za-z0-9_+/.=-]{16,}", _NAMES),
)


def secrets(sources: Mapping[str, Source]) -> Iterator[Diagnostic]:
    """Everything in a bot's files that looks like a secret."""
    fix = Fix("make a new one, keep it in the environment, and write `${NAME}` in domain.yml")
    for source in sources.values():
        told = 0                             # up to here it is said already: a named token is one secret
        for start, end, what in sorted(_found(source.text)):
            if start >= told:
                told = end
                yield SECRET.at(source.span(start, end), fix, label="known to all who read this", what=what)


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    folded = text.lower()
    for what, pattern, marks in _LOOKS:
        if any(mark in (folded if marks is _NAMES else text) for mark in marks):
            for found in re.finditer(rf"(?<![A-Za-z0-9])(?:{pattern})", text):
                yield *found.span(), what
