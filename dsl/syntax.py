"""The syntax tree of a `.flow` file: one frozen class per grammar rule, each with its span.

A name that appears in `grammar.lark` keeps that name here, in the table, the diagnostics and the docs. Nothing
in here is resolved: a `Name` is what the author wrote, whatever it may turn out to name.
"""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from dsl.source import Span


class Node(msgspec.Struct, frozen=True, gc=False):
    """A struct rather than a dataclass: sixty classes are made at every start, thousands of nodes for every file. A
    tree has no cycles, so the collector need not know of it."""


def nodes(tree: object) -> Iterator[Node]:
    """Every node of a tree; without recursion, for there is no telling how deep a value goes."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) is tuple:                        # not a span, which is one too
            waiting.extend(node)
        elif isinstance(node, Node):
            yield node
            if type(node) is Text:
                waiting.extend(node.parts)
            elif type(node) is not Name:               # half of all, and it holds none
                waiting.extend(msgspec.structs.astuple(node))


# --- names, texts, expressions ------------------------------------------------------------------------------


class Name(Node, frozen=True):
    text: str                                # dotted where the language allows it: `system.failed`
    span: Span


class TypeRef(Node, frozen=True):
    """`text`, `visit`, `list of visit`; a rule's name stands here too in `ask name as full_name`."""

    name: Name
    of: "TypeRef | None" = None              # only when `name` is `list`


class Format(Node, frozen=True):
    """One `|name args` of an interpolation: `|date long`, `|plural 'visit' 'visits'`, `|money USD`."""

    name: Name
    args: tuple[str, ...]


class Interpolation(Node, frozen=True):
    """`{expr|format}` inside a text."""

    value: "Expr"
    formats: tuple[Format, ...]
    span: Span


class Text(Node, frozen=True):
    """A quoted text. `raw` is what stands between the quotes (dedented for `\"\"\"`), the key of translations: `\\"`
    is a quote in it and `\\n` a new line, so that it reads the same however it was written; `\\\\` and `\\{` stay."""

    parts: tuple["str | Interpolation", ...]
    raw: str
    span: Span


class Number(Node, frozen=True):
    value: str                               # as written: `18`, `1.5`
    span: Span


class Moment(Node, frozen=True):
    """`2026-12-31`, `9:00`, `2026-12-31T09:00`."""

    type: str                                # date time datetime
    value: str                               # in ISO form; as written if there is no such moment
    span: Span


class Duration(Node, frozen=True):
    """`30s`, `5m`, `2h`, `1d`, `1w`, or words: `18 years`, `7 days`."""

    amount: int
    unit: str                                # second minute hour day week month year
    span: Span


class Truth(Node, frozen=True):
    value: bool
    span: Span


class Url(Node, frozen=True):
    """A bare `https://…`."""

    value: str
    span: Span


class ListOf(Node, frozen=True):
    items: tuple["Expr", ...]
    span: Span


class Ref(Node, frozen=True):
    """A bare name used as a value: a slot, a local, `it`, `today`, `now`."""

    name: Name
    span: Span


class Attribute(Node, frozen=True):
    of: "Expr"
    name: Name
    span: Span


class Index(Node, frozen=True):
    of: "Expr"
    at: "Expr"
    span: Span


class Apply(Node, frozen=True):
    """A function of the language: `len(x)`."""

    function: Name
    args: tuple["Expr", ...]
    span: Span


class Unary(Node, frozen=True):
    op: str                                  # - not
    of: "Expr"
    span: Span


class Binary(Node, frozen=True):
    op: str                                  # + - * / % == != < <= > >= and or in
    left: "Expr"
    right: "Expr"
    span: Span


class Is(Node, frozen=True):
    """`x is empty`, `x is not known`, `it is iban`, `it is national_id("CO")`."""

    of: "Expr"
    what: Name                               # empty known iban card national_id postcode …
    args: tuple["Expr", ...]
    negated: bool
    span: Span


class Conditional(Node, frozen=True):
    """`X if C else Y`."""

    then: "Expr"
    test: "Expr"
    otherwise: "Expr"
    span: Span


class Reveal(Node, frozen=True):
    """`reveal EXPR`: lets personal data out of an argument, on purpose."""

    of: "Expr"
    span: Span


Expr: TypeAlias = (
    Text | Number | Moment | Duration | Truth | Url | ListOf | Ref | Attribute | Index | Apply | Unary | Binary | Is
    | Conditional | Reveal
)

# --- patterns -----------------------------------------------------------------------------------------------


class Words(Node, frozen=True):
    """`"words"`: the whole reply, after normalising; in every language of the bot."""

    text: Text
    span: Span


class Regex(Node, frozen=True):
    """`/…/` without its slashes, searched."""

    source: str
    span: Span


class OfKind(Node, frozen=True):
    """text image video audio document sticker location contact order ad anything."""

    kind: str
    span: Span


class Reaction(Node, frozen=True):
    emoji: str | None                        # None: any reaction
    span: Span


class OfEvent(Node, frozen=True):
    """`event NAME`."""

    name: Name
    span: Span


Pattern: TypeAlias = Words | Regex | OfKind | Reaction | OfEvent

# --- clauses ------------------------------------------------------------------------------------------------

Block: TypeAlias = tuple["Statement", ...]    # `-> x` and `do x` on the same line are blocks of one statement


class Footer(Node, frozen=True):
    text: Text
    span: Span


class Header(Node, frozen=True):
    text: Text
    span: Span


class Image(Node, frozen=True):
    url: Expr
    span: Span


class Link(Node, frozen=True):
    title: Text
    url: Expr
    span: Span


class Hint(Node, frozen=True):
    text: Text
    span: Span


class Invalid(Node, frozen=True):
    text: Text
    span: Span


class Check(Node, frozen=True):
    test: Expr
    otherwise: Text | None                   # None only inside a rule, where a later `else` line closes it
    span: Span


class Tries(Node, frozen=True):
    count: int
    then: Block
    span: Span


class After(Node, frozen=True):
    wait: Duration
    then: Block
    span: Span


class On(Node, frozen=True):
    patterns: tuple[Pattern, ...]
    then: Block
    span: Span


class Otherwise(Node, frozen=True):
    """`otherwise 2 times -> nurse`, only in `anywhere`."""

    times: int
    then: Block
    span: Span


class Suggest(Node, frozen=True):
    texts: tuple[Text, ...]
    span: Span


class Skip(Node, frozen=True):
    title: Text
    span: Span


class Private(Node, frozen=True):
    span: Span


class TitleOf(Node, frozen=True):
    """`title it.name`: what an item of `ask … from LIST` or `send list` is called."""

    value: Expr
    span: Span


class DetailOf(Node, frozen=True):
    value: Expr
    span: Span


class ValueOf(Node, frozen=True):
    value: Expr
    span: Span


class Outcome(Node, frozen=True):
    """What a `call` may come to: `on "taken"`, `on timeout`, `on failure`."""

    kind: str                                # reason timeout failure
    reason: str | None                       # only of kind `reason`
    then: Block
    span: Span


Clause: TypeAlias = (
    Footer | Header | Image | Link | Hint | Invalid | Check | Tries | After | On | Suggest | Skip | Private
    | TitleOf | DetailOf | ValueOf
)


class Constraint(Node, frozen=True):
    """At `as TYPE`: `after X`, `before X`, `from A to B`, `at least N`, `at most N`, `length A..B`."""

    kind: str                                # after before from at_least at_most length
    args: tuple[Expr, ...]                   # `length` has two Numbers
    span: Span


class Tag(Node, frozen=True):
    """What may end the first line of a step: `@second`, `was old`."""

    name: Name | None = None                 # the name after @
    was: tuple[Name, ...] = ()


# --- statements ---------------------------------------------------------------------------------------------


class Say(Node, frozen=True):
    message: Text | Name                     # a Name is a response of the domain
    clauses: tuple[Clause, ...]
    span: Span


class SendMedia(Node, frozen=True):
    kind: str                                # image video audio document sticker
    url: Expr
    caption: Text | None
    span: Span


class SendLocation(Node, frozen=True):
    """`send location POSITION [name EXPR] [address EXPR]`."""

    position: Expr
    name: Expr | None
    address: Expr | None
    span: Span


class SendContact(Node, frozen=True):
    """`send contact NAME phone NUMBER`, or a value of type `contact` alone."""

    name: Expr
    phone: Expr | None
    span: Span


class SendTemplate(Node, frozen=True):
    name: Name
    args: tuple[Expr, ...]
    span: Span


class SendList(Node, frozen=True):
    """`send list LIST [TEXT]` with `title`, `detail`: the items as lines of one message."""

    items: Expr
    text: Text | None
    clauses: tuple[Clause, ...]
    span: Span


class Ask(Node, frozen=True):
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


class Option(Node, frozen=True):
    title: Text
    description: Text | None
    also: tuple[Pattern, ...]                # Words and Regex only
    when: Expr | None
    value: Expr | None
    tag: Tag
    then: Block                              # empty: goes on after the choice
    span: Span


class Choose(Node, frozen=True):
    name: Name
    shape: str | None
    text: Text
    tag: Tag
    clauses: tuple[Clause, ...]
    options: tuple[Option, ...]
    span: Span


class SetSlot(Node, frozen=True):
    slot: Name
    value: Expr
    span: Span


class ClearSlot(Node, frozen=True):
    slot: Name
    span: Span


class If(Node, frozen=True):
    branches: tuple[tuple[Expr, Block], ...]   # `if` and every `elif`
    otherwise: Block
    span: Span


class For(Node, frozen=True):
    name: Name
    items: Expr
    body: Block
    span: Span


class Argument(Node, frozen=True):
    name: Name | None                        # `track booked(clinic: clinic.id)`; None: by position
    value: Expr


class CallAction(Node, frozen=True):
    action: Name
    args: tuple[Argument, ...]
    into: Name | None
    tag: Tag
    outcomes: tuple[Outcome, ...]
    span: Span


class Do(Node, frozen=True):
    flow: Name
    args: tuple[Argument, ...]
    into: Name | None
    tag: Tag
    span: Span


class Return(Node, frozen=True):
    value: Expr | None
    span: Span


class Jump(Node, frozen=True):
    """`-> TARGET`."""

    target: Name
    span: Span


class Again(Node, frozen=True):
    """`again`, `again SLOT`, `again @tag`."""

    slot: Name | None
    tag: Name | None
    span: Span


class Handover(Node, frozen=True):
    team: Text
    text: Text | None
    tag: Tag
    clauses: tuple[Clause, ...]              # After and On
    span: Span


class Track(Node, frozen=True):
    event: Name
    args: tuple[Argument, ...]
    span: Span


class Opt(Node, frozen=True):
    direction: str                           # in out
    span: Span


class End(Node, frozen=True):
    span: Span


Statement: TypeAlias = (
    Say | SendMedia | SendLocation | SendContact | SendTemplate | SendList | Ask | Choose | SetSlot | ClearSlot
    | If | For | CallAction | Do | Return | Jump | Again | Handover | Track | Opt | End
)

# --- top level ----------------------------------------------------------------------------------------------


class Param(Node, frozen=True):
    name: Name
    type: TypeRef


class Lost(Node, frozen=True):
    """`lost -> target`: where people go whose step vanished in a newer version."""

    target: Name
    span: Span


class Flow(Node, frozen=True):
    name: Name
    title: Text | None
    params: tuple[Param, ...]
    returns: TypeRef | None
    tag: Tag                                 # only `was`
    starts_on: tuple[Pattern, ...]           # of all its `starts on` lines, in order
    lost: Lost | None
    body: Block
    span: Span                               # the first line


class Menu(Node, frozen=True):
    name: Name
    shape: str | None
    text: Text
    tag: Tag
    starts_on: tuple[Pattern, ...]
    clauses: tuple[Clause, ...]
    options: tuple[Option, ...]
    lost: Lost | None
    span: Span


class RuleLine(Node, frozen=True):
    """`trim`, `collapse spaces`, `upper`, `lower`, `length A..B`, `from A to B`, `matches /…/`, `one of […]`,
    `it is iban`, `check EXPR`, and `else TEXT`, which closes the lines since the last `else`."""

    kind: str                                # trim collapse upper lower length from matches one_of check else
    args: tuple["Expr | Regex", ...]         # `check` and `it is` (a check of an `Is`) have one Expr, `else` a Text,
                                             # `one of` a ListOf
    span: Span


class Rule(Node, frozen=True):
    name: Name
    type: TypeRef
    lines: tuple[RuleLine, ...]
    span: Span


class Anywhere(Node, frozen=True):
    clauses: tuple["On | Otherwise", ...]
    span: Span


Item: TypeAlias = Flow | Menu | Rule | Anywhere


class Comment(Node, frozen=True):
    """A `#` comment; `allow F402: reason` in one silences that code on its own line and the next."""

    text: str                                # without the `#`
    span: Span


class File(Node, frozen=True):
    """One `.flow` file as it was read.

    `broken` holds every name in a line that could not be read, and `?`, the name of what stands in for one: whether
    they name anything is no news.
    """

    name: str
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = ()
    broken: tuple[str, ...] = ()
