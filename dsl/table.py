"""The table: the whole contract between `dsl/` and `runtime/`, one canonical JSON value.

Two kinds of thing are in it. *Steps* are where a conversation can rest; only they have identity, and a live
conversation is stored by their names. *Runs* are straight-line operations between them. Nothing else of a bot is
read at run time. Texts, expressions and patterns stand in pools and are named by their index, in source order.

Structs rather than dataclasses because they cross a border as JSON: reading them checks every type.

Rows
----
A row is `[event, guard, ops, target]`: what happened, an expression that must hold (or null), operations, and the
run to go on with (null: nothing more, the conversation stays where it is). Rows of a step, in the order written:

    reply:3,7        the whole reply is one of these texts, in any language of the bot, after normalising
    pattern:2        pattern 2 is found in the reply
    kind:image       the message is of that kind: text image video audio document sticker location contact order ad
                     anything
    reaction:👍      that reaction; `reaction:` is any
    event:NAME       an event from outside (its parameters become locals of the frame entered), or `undelivered`
    option:ID        that option was chosen, by tap or by words (menu, choose)
    answer           a valid answer was given and stored (ask)
    skip             the `skip` option (ask)
    tries            the last of `Step.tries` bad answers
    after:SECONDS    that long after the first asking of this visit
    return           a `do` came back (do), its value already stored in `Step.into`
    result           the action answered (call), its value already stored in `Step.into`
    reason:TAKEN     the action refused with that reason (call)
    timeout          (call)
    failure          all else that can go wrong (call), and `reason`/`timeout` where they have no row
    resume           the team gave the conversation back (handover)

Rows of `Table.anywhere` and `Table.starts` are of the kinds reply, pattern, kind, reaction, event.

Operations
----------
A run ends with one of: rest again jump go return end; `branch`, `next` may leave it earlier.
M is a message `{"text": T | [T, …] (variants), "header": T, "image": E, "footer": T, "link": [T, E]}` (all but text
optional), T an index into `texts`, E an index into `exprs`, V a variable: `["slot", name]` or `["local", name]`.

    ["say", M]
    ["media", kind, E url, T caption | null]
    ["location", E position, E name | null, E address | null]
    ["contact", E name, E phone | null]
    ["template", name, [E, …]]                 parameters by position
    ["list", E items, T text | null, E title, E detail | null]   `it` is bound in title and detail
    ["set", V, E]     ["clear", V]
    ["branch", E, run]                         if E holds, go on with `run`, else with the next operation
    ["go", run]                                go on with `run`, same frame
    ["jump", flow]                             `->`: leave every frame, enter `flow`
    ["rest", step]                             a new visit of the step: ask (menu, choose, ask), call (call), push the
                                               flow (do), hand over (handover)
    ["again", step]                            the same, on behalf of `again`: for a step that `need` would pass over
    ["push", back, shares]                     only in `Row.ops`, last: the row's target runs in a frame of its own,
                                               over the step, which is asked again (`back` = "again") or left
                                               resting ("quiet") when it returns; `shares`: with the locals of the
                                               step's frame
    ["leave"]                                  drop the frames made by `push` down to the flow's own
    ["return", E | null]                       leave the frame, give E to the `do` below or go back to the step below
    ["each", key, E]                           copy the list E for the loop `key`
    ["next", key, V, run]                      bind the next item to V, or go on with `run` when there is none
    ["track", event, [[name, E], …]]
    ["opt", "in" | "out"]
    ["end"]

Expressions
-----------
JSON prefix lists; strings, integers, booleans and null stand for themselves. Evaluation is total: what has no value
is null, and null goes through every operator. Values are those of `Var.type`, in plain JSON form wherever they are
stored: numbers as JSON integers or decimal strings, dates and times in ISO form, durations as seconds (with months
in them as `P18M`).

    ["num", "1.5"]  ["slot", n]  ["local", n, type]  ["it", type]  ["given", n]  ["today"]  ["now"]  ["list", e, …]
    ["duration", amount, unit]   unit: second minute hour day week month year (month and year by the calendar)
    ["get", e, field, type]      type of the field, "unknown" if not declared; of a date or time: year month day
                                 weekday hour minute
    ["index", e, i]   ["as", type, e]          convert; null if it cannot be
    ["+", a, b] - * / % == != < <= > >= in     ["or", a, b]   a, unless it has no value, is false or is empty
    ["and", a, b]  ["not", a]  ["neg", a]  ["if", test, then, else]  ["empty", e]  ["known", e]
    ["is", check, e, arg | null]               iban card national_id postcode
    ["len", e] lower upper title round min max sum first last join split contains: functions, by name
    ["text", T]                                text T, filled

`["given", n]`: what the machine supplies to a system text (`reason`, `kind`) or to a constraint's text (`limit`).

Texts
-----
`texts[T]` is `{language: parts}`; a language that is missing takes the first of `languages`. A part is a string or
`["show", type, formats, e]` with formats `[[name, arg, …], …]` (`[]`: as the type is shown), or
`["plural", e, {"one": …, "other": …}]` (CLDR category of e in that language).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

FORMAT = 1

Json = Any                                   # plain JSON: str, int, float, bool, None, list, dict
Op = list[Any]
Expr = Any                                   # a JSON prefix list or a literal
Part = Any
Text = dict[str, list[Part]]
Variable = list[str]                         # ["slot", name] or ["local", name]

UNDELIVERED = "undelivered"                  # the event of every bot: what it said did not reach the user
UNKNOWN = "?"                                # a name the author got wrong; never in a table that is released


class Struct(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class Row(Struct, array_like=True, frozen=True):
    event: str
    guard: int | None
    ops: list[Op]
    target: str | None


class Var(Struct, frozen=True):
    """A slot, a local, a record's field: its type and what bounds it."""

    type: str                                # `text`, `list of visit`, `visit`, `unknown`
    max: int | None = None                   # longest text, in characters
    default: Json = None
    keep: bool = False                       # `keep: user`: outlives the session
    pii: bool = False
    private: bool = False                    # some `ask` of it is `private`
    values: list[list[Any]] | None = None    # of a choice: [value, T title]


class Message(Struct, frozen=True):
    text: int | list[int]
    header: int | None = None
    image: int | None = None                 # E
    footer: int | None = None
    link: list[int] | None = None            # [T title, E url]


class Option(Struct, frozen=True):
    """One choice of a menu or choose. Its row is `option:ID`; storing a value is an operation of that row."""

    id: str                                  # target or value, else a slug of the first title; or its tag
    title: int                               # T
    description: int | None = None
    also: list[str] = []                     # `reply:3,7` and `pattern:2`, as in rows
    when: int | None = None                  # E


class Step(Struct, frozen=True):
    """A place where a conversation rests."""

    kind: str                                # menu choose ask call do handover
    flow: str
    on: list[Row]
    message: Message | None = None           # menu, choose, ask, handover (its text)
    shape: str | None = None                 # buttons list: the author insists
    # menu, choose
    options: list[Option] = []
    # ask
    slot: Variable | None = None             # also of a choose whose options have values
    type: str | None = None
    rule: str | None = None
    constraints: list[list[Any]] = []        # [after|before|at_least|at_most, E], [from, E, E], [length, min, max]
    checks: list[list[int]] = []             # [E, T]
    hint: int | None = None
    invalid: int | None = None
    tries: int | None = None
    suggest: list[int] = []                  # T
    skip: int | None = None                  # T
    private: bool = False
    items: int | None = None                 # E of `from LIST`; `it` is bound in the next three
    title: int | None = None                 # E
    detail: int | None = None                # E
    value: int | None = None                 # E; null: the item itself
    # call, do
    name: str | None = None                  # the action, the flow
    args: list[list[Any]] = []               # [name, E]
    into: Variable | None = None
    # handover
    team: int | None = None                  # T


class Flow(Struct, frozen=True):
    """A flow or menu by name; `entry` is the run it starts with."""

    entry: str
    params: list[list[str]] = []             # [name, type]
    locals: dict[str, Var] = {}              # parameters too
    returns: str | None = None
    title: int | None = None                 # T
    menu: bool = False
    lost: str | None = None                  # flow or menu for people whose step vanished


class Rule(Struct, frozen=True):
    """`lines` are [kind, args, T | null]: the text is what is said when the line refuses.

    Kinds: trim collapse upper lower, length [min, max], from [E, E], matches [pattern], one_of [E],
    check [E], is [check, arg | null].
    """

    type: str
    lines: list[list[Any]]


class Http(Struct, frozen=True):
    method: str                              # GET POST PUT PATCH DELETE
    url: str                                 # with ${ENVIRONMENT} and {param}, filled by the runtime
    headers: dict[str, str] = {}


class Action(Struct, frozen=True):
    params: dict[str, str] = {}
    returns: str | None = None
    reasons: list[str] = []
    http: Http | None = None
    python: str | None = None                # `actions.book`: module of the bot's folder, function
    timeout: int = 10                        # seconds
    retry: int = 0
    cache: int = 0                           # seconds


class Template(Struct, frozen=True):
    params: dict[str, Var]
    text: dict[str, list[Part]]              # what stories and the simulator show; parameters are ["given", name]
    buttons: list[str] = []
    header: dict[str, list[Part]] | None = None
    footer: dict[str, list[Part]] | None = None


class Session(Struct, frozen=True):
    expires: int = 86_400                    # seconds of silence
    on_return: str = "resume"                # ask resume restart


class Retention(Struct, frozen=True):
    """How long what is stored is kept, by class, in seconds; 0: for ever."""

    keys: int = 1_209_600                    # ids of messages, by which a repeat is known: 14 days
    statuses: int = 7_776_000                # what became of a message: 90 days, as the next three
    messages: int = 7_776_000                # what was sent or dropped
    dead_letters: int = 7_776_000
    journal: int = 7_776_000                 # of turns
    conversations: int = 31_536_000          # that ended, with all that is of them: 365 days


class Delivery(Struct, frozen=True):
    """What the author decides about messages that do not simply go out."""

    in_doubt: str = "resend"                 # or `set aside`: a message that may have been sent, and was not heard of


class Limits(Struct, frozen=True):
    """What the channel can show, from `whatsapp_limits.json`; lengths in characters."""

    text: int
    body: int
    header: int
    footer: int
    caption: int
    buttons: int
    button_title: int
    rows: int
    row_title: int
    row_description: int
    list_button: int
    link_title: int


class Table(Struct, frozen=True):
    """The compiled bot."""

    bot: str
    languages: list[str]
    timezone: str
    start: str                               # a flow or menu
    limits: Limits
    format: int = FORMAT
    region: str | None = None
    session: Session = Session()
    pin: int = 604_800                       # seconds a conversation may stay on an older table
    retention: Retention = Retention()
    delivery: Delivery = Delivery()
    records: dict[str, dict[str, Var]] = {}
    slots: dict[str, Var] = {}               # `language` is always there
    flows: dict[str, Flow] = {}
    steps: dict[str, Step] = {}
    runs: dict[str, list[Op]] = {}
    anywhere: list[Row] = []
    anywhere_locals: dict[str, Var] = {}     # of the frame an `anywhere` row pushes, named `anywhere`
    otherwise: tuple[int, Row] | None = None # bad answers in a row; a row with the event `otherwise`
    starts: list[Row] = []                   # `starts on` of every flow, targets are their entries
    rules: dict[str, Rule] = {}
    actions: dict[str, Action] = {}
    templates: dict[str, Template] = {}
    media: dict[str, str] = {}               # files beside the bot that it sends: their paths and MIME types
    events: dict[str, dict[str, str]] = {}   # parameters and their types
    system: dict[str, int | list[int]] = {}  # T of every system text: `invalid`, `stale_tap`, `reason.date` …
    texts: list[Text] = []
    exprs: list[Expr] = []
    patterns: list[str] = []                 # RE2 source as the runtime compiles it
    was: dict[str, str] = {}                 # old name of a step or flow: its name now


class Place(Struct, array_like=True, frozen=True):
    """Where something is written: index into `SourceMap.files`, line and column from 1, character offsets."""

    file: int
    line: int
    column: int
    start: int
    end: int


class SourceMap(Struct, frozen=True):
    """Where each part of a table comes from; kept beside it and not hashed: a comment changes no version."""

    files: list[str]
    flows: dict[str, Place] = {}
    steps: dict[str, Place] = {}
    rows: dict[str, list[Place]] = {}        # by step; also `anywhere`, `starts`
    options: dict[str, list[Place]] = {}     # by step
    ops: dict[str, list[Place]] = {}         # by run, one for each operation
    texts: list[Place] = []
    exprs: list[Place] = []
    patterns: list[Place] = []
    responses: dict[str, list[int]] = {}     # T of every variant of a response, for stories


_encoder = msgspec.json.Encoder(order="sorted", decimal_format="string")
@cache
def _decoder() -> msgspec.json.Decoder[Table]:
    """Not made by a start that only compiles."""
    return msgspec.json.Decoder(Table)


def dump(table: Table) -> bytes:
    """The canonical bytes: sorted keys, no spaces, UTF-8."""
    return _encoder.encode(table)


def load(data: bytes) -> Table:
    """The table of these bytes.

    Raises:
        ValueError: not a table of this format; the message says where.
    """
    try:
        table = _decoder().decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise ValueError(f"not a table: {fault}") from fault
    if table.format != FORMAT:
        raise ValueError(f"a table of format {table.format}, this program reads format {FORMAT}")
    return table


def version(table: Table) -> str:
    """The hash that names a version of the bot: sha256 of the canonical bytes, hex."""
    import hashlib  # brings OpenSSL, 3 ms, and most starts ask for no version

    return hashlib.sha256(dump(table)).hexdigest()
