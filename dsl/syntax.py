"""The syntax tree of a `.flow` file: one frozen class per grammar rule, each with its span.

A name that appears in `grammar.lark` keeps that name here, in the table, the diagnostics and the docs. Nothing
in here is resolved: a `Name` is what the author wrote, whatever it may turn out to name.
"""

from dataclasses import dataclass
from typing import TypeAlias

from dsl.source import Span

# --- names, texts, expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    text: str                                # dotted where the language allows it: `system.failed`
    span: Span


@dataclass(frozen=True, slots=True)
class TypeRef:
    """`text`, `visit`, `list of visit`; a rule's name stands here too in `ask name as full_name`."""

    name: Name
    of: "TypeRef | None" = None              # only when `name` is `list`


@dataclass(frozen=True, slots=True)
class Format:
    """One `|name args` of an interpolation: `|date long`, `|plural 'visit' 'visits'`, `|money USD`."""

    name: Name
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interpolation:
    """`{expr|format}` inside a text."""

    value: "Expr"
    formats: tuple[Format, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text. `raw` is what stands between the quotes (dedented for `\"\"\"`), the key of translations: `\\"` is
    a quote in it and `\\n` a new line, so that it reads the same however the text was written; `\\\\` and `\\{` stay."""

    parts: tuple["str | Interpolation", ...]
    raw: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    value: str                               # as written: `18`, `1.5`
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """`30s`, `5m`, `2h`, `1d`, `1w`, or words: `18 years`, `7 days`."""

    amount: int
    unit: str                                # second minute hour day week month year
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Url:
    """A bare `https://…`."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple["Expr", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Ref:
    """A bare name used as a value: a slot, a local, `it`, `today`, `now`."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    of: "Expr"
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    of: "Expr"
    at: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the language: `len(x)`."""

    function: Name
    args: tuple["Expr", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    op: str                                  # - not
    of: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    op: str                                  # + - * / % == != < <= > >= and or in
    left: "Expr"
    right: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Is:
    """`x is empty`, `x is not known`, `it is iban`, `it is national_id("CO")`."""

    of: "Expr"
    what: Name                               # empty known iban card national_id postcode …
    args: tuple["Expr", ...]
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`X if C else Y`."""

    then: "Expr"
    test: "Expr"
    otherwise: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Reveal:
    """`reveal EXPR`: lets personal data out of an argument, on purpose."""

    of: "Expr"
    span: Span


Expr: TypeAlias = (
    Text | Number | Duration | Truth | Url | ListOf | Ref | Attribute | Index | Apply | Unary | Binary | Is
    | Conditional | Reveal
)

# --- patterns -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """`"words"`: the whole reply, after normalising; in every language of the bot."""

    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Regex:
    """`/…/` without its slashes, searched."""

    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class OfKind:
    """text image video audio document sticker location contact order ad anything."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reaction:
    emoji: str | None                        # None: any reaction
    span: Span


@dataclass(frozen=True, slots=True)
class OfEvent:
    """`event NAME`."""

    name: Name
    span: Span


Pattern: TypeAlias = Words | Regex | OfKind | Reaction | OfEvent

# --- clauses ------------------------------------------------------------------------------------------------

Block: TypeAlias = tuple["Statement", ...]    # `-> x` and `do x` on the same line are blocks of one statement


@dataclass(frozen=True, slots=True)
class Footer:
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Header:
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Image:
    url: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    title: Text
    url: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Hint:
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Invalid:
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Check:
    test: Expr
    otherwise: Text | None                   # None only inside a rule, where a later `else` line closes it
    span: Span


@dataclass(frozen=True, slots=True)
class Tries:
    count: int
    then: Block
    span: Span


@dataclass(frozen=True, slots=True)
class After:
    wait: Duration
    then: Block
    span: Span


@dataclass(frozen=True, slots=True)
class On:
    patterns: tuple[Pattern, ...]
    then: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Otherwise:
    """`otherwise 2 times -> nurse`, only in `anywhere`."""

    times: int
    then: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Suggest:
    texts: tuple[Text, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Skip:
    title: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Private:
    span: Span


@dataclass(frozen=True, slots=True)
class TitleOf:
    """`title it.name`: what an item of `ask … from LIST` or `send list` is called."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class DetailOf:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ValueOf:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a `call` may come to: `on "taken"`, `on timeout`, `on failure`."""

    kind: str                                # reason timeout failure
    reason: str | None                       # only of kind `reason`
    then: Block
    span: Span


Clause: TypeAlias = (
    Footer | Header | Image | Link | Hint | Invalid | Check | Tries | After | On | Suggest | Skip | Private
    | TitleOf | DetailOf | ValueOf
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """At `as TYPE`: `after X`, `before X`, `from A to B`, `at least N`, `at most N`, `length A..B`."""

    kind: str                                # after before from at_least at_most length
    args: tuple[Expr, ...]                   # `length` has two Numbers
    span: Span


@dataclass(frozen=True, slots=True)
class Tag:
    """What may end the first line of a step: `@second`, `was old`."""

    name: Name | None = None                 # the name after @
    was: tuple[Name, ...] = ()


# --- statements ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    message: Text | Name                     # a Name is a response of the domain
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SendMedia:
    kind: str                                # image video audio document sticker
    url: Expr
    caption: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class SendLocation:
    """`send location POSITION [name EXPR] [address EXPR]`."""

    position: Expr
    name: Expr | None
    address: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class SendContact:
    """`send contact NAME phone NUMBER`, or a value of type `contact` alone."""

    name: Expr
    phone: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class SendTemplate:
    name: Name
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SendList:
    """`send list LIST [TEXT]` with `title`, `detail`: the items as lines of one message."""

    items: Expr
    text: Text | None
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Ask:
    slot: Name
    is_need: bool                            # `need`: only when the slot has no value yet
    type: TypeRef | None                     # after `as`: a type or a rule
    constraints: tuple[Constraint, ...]
    source: Expr | None                      # `from LIST`
    shape: str | None                        # buttons list
    text: Text
    tag: Tag
    clauses: tuple[Clause, ...]
    span: Span                               # the first line


@dataclass(frozen=True, slots=True)
class Option:
    title: Text
    description: Text | None
    also: tuple[Pattern, ...]                # Words and Regex only
    when: Expr | None
    value: Expr | None
    tag: Tag
    then: Block                              # empty: goes on after the choice
    span: Span


@dataclass(frozen=True, slots=True)
class Choose:
    name: Name
    shape: str | None
    text: Text
    tag: Tag
    clauses: tuple[Clause, ...]
    options: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SetSlot:
    slot: Name
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ClearSlot:
    slot: Name
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Expr, Block], ...]   # `if` and every `elif`
    otherwise: Block
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    name: Name
    items: Expr
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    name: Name | None                        # `track booked(clinic: clinic.id)`; None: by position
    value: Expr


@dataclass(frozen=True, slots=True)
class CallAction:
    action: Name
    args: tuple[Argument, ...]
    into: Name | None
    tag: Tag
    outcomes: tuple[Outcome, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Do:
    flow: Name
    args: tuple[Argument, ...]
    into: Name | None
    tag: Tag
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Jump:
    """`-> TARGET`."""

    target: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Again:
    """`again`, `again SLOT`, `again @tag`."""

    slot: Name | None
    tag: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Handover:
    team: Text
    text: Text | None
    tag: Tag
    clauses: tuple[Clause, ...]              # After and On
    span: Span


@dataclass(frozen=True, slots=True)
class Track:
    event: Name
    args: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Opt:
    direction: str                           # in out
    span: Span


@dataclass(frozen=True, slots=True)
class End:
    span: Span


Statement: TypeAlias = (
    Say | SendMedia | SendLocation | SendContact | SendTemplate | SendList | Ask | Choose | SetSlot | ClearSlot
    | If | For | CallAction | Do | Return | Jump | Again | Handover | Track | Opt | End
)

# --- top level ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Param:
    name: Name
    type: TypeRef


@dataclass(frozen=True, slots=True)
class Lost:
    """`lost -> target`: where people go whose step vanished in a newer version."""

    target: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Flow:
    name: Name
    title: Text | None
    params: tuple[Param, ...]
    returns: TypeRef | None
    tag: Tag                                 # only `was`
    starts_on: tuple[Pattern, ...]           # of all its `starts on` lines, in order
    lost: Lost | None
    body: Block
    span: Span                               # the first line


@dataclass(frozen=True, slots=True)
class Menu:
    name: Name
    shape: str | None
    text: Text
    tag: Tag
    starts_on: tuple[Pattern, ...]
    clauses: tuple[Clause, ...]
    options: tuple[Option, ...]
    lost: Lost | None
    span: Span


@dataclass(frozen=True, slots=True)
class RuleLine:
    """`trim`, `collapse spaces`, `upper`, `lower`, `length A..B`, `from A to B`, `matches /…/`, `one of […]`,
    `it is iban`, `check EXPR`, and `else TEXT`, which closes the lines since the last `else`."""

    kind: str                                # trim collapse upper lower length from matches one_of check else
    args: tuple["Expr | Regex", ...]         # `check` and `it is` (a check of an `Is`) have one Expr, `else` a Text,
                                             # `one of` a ListOf
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    name: Name
    type: TypeRef
    lines: tuple[RuleLine, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Anywhere:
    clauses: tuple["On | Otherwise", ...]
    span: Span


Item: TypeAlias = Flow | Menu | Rule | Anywhere


@dataclass(frozen=True, slots=True)
class Comment:
    """A `#` comment; `allow F402: reason` in one silences that code on its own line and the next."""

    text: str                                # without the `#`
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """One `.flow` file as it was read.

    `broken` holds every name in a line that could not be read, and `?`, the name of what stands in for one: whether
    they name anything is no news.
    """

    name: str
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = ()
    broken: tuple[str, ...] = ()
