"""Everything the compiler may say: a kind with a permanent code, at a place, with a fix where one is known.

An author's mistake is a value. Kinds are module constants of the modules that raise them
(`UNKNOWN_STEP = Kind("F102", ...)`); every code has a page `dsl/codes/F102.md`, which feeds `talktable explain`,
the documentation and a test in both directions. How diagnostics look is `render.py`.
"""

from enum import Enum
from typing import Any

import msgspec

from dsl.source import Span


class Severity(Enum):
    ERROR = "error"          # the bot would fail or lie to a user
    WARNING = "warning"      # likely wrong
    HINT = "hint"            # style


class Certainty(Enum):
    SAFE = "safe"            # `check --fix` applies it
    MAYBE = "maybe"          # offered in the editor, never applied by itself
    SHAPE = "shape"          # holds a placeholder the author must fill


class Edit(msgspec.Struct, frozen=True):
    """Replace what stands at `span` by `text`."""

    span: Span
    text: str


class Fix(msgspec.Struct, frozen=True):
    """One concrete thing to do, imperative, in the author's words; with edits where it can be done by a machine."""

    text: str
    edits: tuple[Edit, ...] = ()
    certainty: Certainty = Certainty.MAYBE


class Label(msgspec.Struct, frozen=True):
    """At most eight words at a place: the squiggle's text, or the other half of the story ("first used here")."""

    span: Span
    text: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One remark of the compiler at one place."""

    code: str
    severity: Severity
    message: str                             # lower case, no full stop, true without the snippet
    span: Span
    label: str = ""                          # at most eight words that say what is there
    others: tuple[Label, ...] = ()           # in the order the story is told
    why: str = ""                            # what the user on WhatsApp would see, one sentence
    fixes: tuple[Fix, ...] = ()              # the best first


MOST_ERRORS = 1_000                          # of one bot: whoever has that many asks again before they are all mended

KINDS: dict[str, "Kind"] = {}


class Kind(msgspec.Struct, frozen=True):
    """A thing the compiler may say: permanent code, severity, message with `{names}` to fill.

    `fix` is what to do where nothing better is known at the place; its names are the message's.
    """

    code: str
    severity: Severity
    message: str
    why: str = ""
    fix: str = ""

    def __post_init__(self) -> None:
        if KINDS.setdefault(self.code, self) != self:
            raise ValueError(f"two kinds have the code {self.code}")

    def at(self, span: Span, *fixes: Fix, label: str = "", others: tuple[Label, ...] = (), **names: Any) -> Diagnostic:
        """This kind at `span`; `names` fill the message's placeholders."""
        if not fixes and self.fix:
            fixes = (Fix(self.fix.format(**names)),)
        return Diagnostic(self.code, self.severity, self.message.format(**names), span, label, others,
                          self.why.format(**names), fixes)
