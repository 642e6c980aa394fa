"""From grammar rule to syntax tree: what each rule of grammar.lark makes of its parts.

Every maker takes the parts of the rule in order (`None` for an optional part that is not there) and, last, the span
of its first line. Where the class of `dsl.syntax` has its fields in that order, the class itself is the maker.
The rules that read characters (`text`, `number` …) are made by the reader, which has the source.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dsl import syntax as s
from dsl.source import Span

Maker = Callable[..., Any]


def _group(*parts: Any) -> tuple[Any, ...]:
    """All parts but those left out, without the span."""
    return tuple([part for part in parts[:-1] if part is not None])


def _word(word: str, _: Span) -> str:
    return word


def _file(*parts: Any) -> tuple[s.Item, ...]:
    return parts[:-1]


def _flow(name: s.Name, params: tuple[s.Param, ...] | None, returns: s.TypeRef | None, title: s.Text | None,
          was: tuple[s.Name, ...] | None, *lines: Any) -> s.Flow:
    starts_on, lost, body = _sorted_lines(lines[:-1])
    return s.Flow(name, title, params or (), returns, s.Tag(None, was or ()), starts_on, lost, body, lines[-1])


def _sorted_lines(lines: tuple[Any, ...]) -> tuple[tuple[s.Pattern, ...], s.Lost | None, tuple[Any, ...]]:
    """What starts a flow or menu, where its lost people go, and all its other lines in order."""
    starts_on = tuple(pattern for line in lines if type(line) is tuple for pattern in line)
    lost = next((line for line in lines if type(line) is s.Lost), None)
    return starts_on, lost, tuple([line for line in lines if type(line) is not tuple and type(line) is not s.Lost])


def _menu(name: s.Name, shape: str | None, text: s.Text, tag: s.Tag | None, *lines: Any) -> s.Menu:
    starts_on, lost, rest = _sorted_lines(lines[:-1])
    clauses, options = _clauses_and_options(rest)
    return s.Menu(name, shape, text, tag or s.Tag(), starts_on, clauses, options, lost, lines[-1])


def _choose(name: s.Name, shape: str | None, text: s.Text, tag: s.Tag | None, *lines: Any) -> s.Choose:
    clauses, options = _clauses_and_options(lines[:-1])
    return s.Choose(name, shape, text, tag or s.Tag(), clauses, options, lines[-1])


def _clauses_and_options(lines: tuple[Any, ...]) -> tuple[tuple[s.Clause, ...], tuple[s.Option, ...]]:
    return (tuple([line for line in lines if type(line) is not s.Option]),
            tuple([line for line in lines if type(line) is s.Option]))


def _option(title: s.Text, description: s.Text | None, also: tuple[s.Pattern, ...] | None, when: s.Expr | None,
            value: s.Expr | None, tag: s.Tag | None, then: s.Block, span: Span) -> s.Option:
    return s.Option(title, description, also or (), when, value, tag or s.Tag(), then, span)


def _ask(word: str, slot: s.Name, type_: s.TypeRef | None, *parts: Any) -> s.Ask:
    *constraints, source, shape, text, tag, clauses, span = parts
    return s.Ask(slot, word == "need", type_, tuple(constraints), source, shape, text, tag or s.Tag(), clauses or (),
                 span)


def _rule(name: s.Name, type_: s.TypeRef, *lines: Any) -> s.Rule:
    return s.Rule(name, type_, lines[:-1], lines[-1])


def _rule_line(kind: str) -> Maker:
    return lambda *parts: s.RuleLine(kind, parts[:-1], parts[-1])


def _it_is(negated: bool) -> Maker:
    def make(what: tuple[s.Name, tuple[s.Expr, ...]], span: Span) -> s.RuleLine:
        it = s.Name("it", Span(span.file, span.start, span.start + 2))
        return s.RuleLine("check", (s.Is(s.Ref(it, it.span), *what, negated, span),), span)
    return make


def _constraint(kind: str) -> Maker:
    return lambda *parts: s.Constraint(kind, parts[:-1], parts[-1])


def _if(test: s.Expr, then: s.Block, *rest: Any) -> s.If:
    *branches, otherwise, span = rest
    return s.If(((test, then), *branches), otherwise or (), span)


def _call_action(action: s.Name, args: tuple[s.Argument, ...] | None, into: s.Name | None, tag: s.Tag | None,
                 outcomes: tuple[s.Outcome, ...] | None, span: Span) -> s.CallAction:
    return s.CallAction(action, args or (), into, tag or s.Tag(), outcomes or (), span)


def _do(flow: s.Name, args: tuple[s.Argument, ...] | None, into: s.Name | None, tag: s.Tag | None,
        span: Span) -> s.Do:
    return s.Do(flow, args or (), into, tag or s.Tag(), span)


def _outcome(why: s.Text | str, then: s.Block, span: Span) -> s.Outcome:
    return s.Outcome(why, None, then, span) if isinstance(why, str) else s.Outcome("reason", why.raw, then, span)


def _dotted(*parts: Any) -> s.Name:
    return s.Name(".".join(parts[:-1]), parts[-1])


def _type_ref(*parts: Any) -> s.TypeRef:
    inner, span = parts
    if isinstance(inner, s.Name):
        return s.TypeRef(inner)
    return s.TypeRef(s.Name("list", Span(span.file, span.start, span.start + 4)), inner)


def _tag(*parts: Any) -> s.Tag:
    *names, was, _ = parts
    return s.Tag(names[0] if names else None, was or ())


def _is(negated: bool) -> Maker:
    def make(of: s.Expr, *rest: Any) -> s.Is:
        what, args = rest[-2]
        return s.Is(of, what, args, negated, rest[-1])
    return make


def _not_in(left: s.Expr, _: str, __: str, right: s.Expr, span: Span) -> s.Unary:
    return s.Unary("not", s.Binary("in", left, right, span), span)


def _grouped(inner: Any, span: Span) -> Any:
    """What stands in brackets is itself; the brackets are not part of its place."""
    return inner


MAKERS: Mapping[str, Maker] = MappingProxyType({
    "file": _file,
    "flow": _flow,
    "params": _group,
    "param": lambda name, type_, _: s.Param(name, type_),
    "starts_on": _group,
    "lost": s.Lost,
    "menu": _menu,
    "rule": _rule,
    "anywhere": lambda *parts: s.Anywhere(parts[:-1], parts[-1]),
    "otherwise": lambda times, then, span: s.Otherwise(times, then, span),

    "trim": _rule_line("trim"),
    "collapse": _rule_line("collapse"),
    "upper": _rule_line("upper"),
    "lower": _rule_line("lower"),
    "length": _rule_line("length"),
    "from_to": _rule_line("from"),
    "matches": _rule_line("matches"),
    "one_of": _rule_line("one_of"),
    "it_is": _it_is(negated=False),
    "it_is_not": _it_is(negated=True),
    "check_line": _rule_line("check"),
    "else_line": _rule_line("else"),

    "block": _group,
    "then_one": _group,
    "nothing": lambda _: (),
    "say": lambda message, clauses, span: s.Say(message, clauses or (), span),
    "say_clauses": _group,
    "send_media": s.SendMedia,
    "media": _word,
    "send_location": s.SendLocation,
    "send_contact": s.SendContact,
    "send_template": lambda name, args, span: s.SendTemplate(name, args or (), span),
    "send_list": lambda items, text, clauses, span: s.SendList(items, text, clauses or (), span),
    "list_clauses": _group,
    "ask": _ask,
    "asking": _word,
    "after_value": _constraint("after"),
    "before_value": _constraint("before"),
    "between": _constraint("from"),
    "at_least": _constraint("at_least"),
    "at_most": _constraint("at_most"),
    "length_between": _constraint("length"),
    "ask_clauses": _group,
    "choose": _choose,
    "option": _option,
    "also": _group,
    "shape": lambda _, word, __: word,
    "set_slot": s.SetSlot,
    "clear_slot": s.ClearSlot,
    "if": _if,
    "elif": lambda test, then, _: (test, then),
    "else": lambda then, _: then,
    "for": s.For,
    "call_action": _call_action,
    "outcomes": _group,
    "outcome": _outcome,
    "timeout": _word,
    "failure": _word,
    "do": _do,
    "return": s.Return,
    "jump": s.Jump,
    "again": s.Again,
    "handover": lambda team, text, tag, clauses, span: s.Handover(team, text, tag or s.Tag(), clauses or (), span),
    "handover_clauses": _group,
    "track": lambda event, args, span: s.Track(event, args or (), span),
    "opt": s.Opt,
    "direction": _word,
    "end": s.End,

    "footer": s.Footer,
    "header": s.Header,
    "image": s.Image,
    "link": s.Link,
    "hint": s.Hint,
    "invalid": s.Invalid,
    "check": s.Check,
    "tries": lambda count, then, span: s.Tries(count, then, span),
    "after": s.After,
    "on": s.On,
    "suggest": lambda *parts: s.Suggest(parts[:-1], parts[-1]),
    "skip": s.Skip,
    "private": s.Private,
    "title_of": s.TitleOf,
    "detail_of": s.DetailOf,
    "value_of": s.ValueOf,

    "patterns": _group,
    "words": s.Words,
    "of_kind": s.OfKind,
    "reaction": lambda emoji, span: s.Reaction(emoji and emoji.raw, span),
    "of_event": s.OfEvent,

    "name": s.Name,
    "dotted": _dotted,
    "type_ref": _type_ref,
    "tag": _tag,
    "was": _group,
    "interpolation": lambda value, *rest: s.Interpolation(value, rest[:-1], rest[-1]),
    "format": lambda name, *rest: s.Format(name, rest[:-1]),

    "reveal": s.Reveal,
    "conditional": s.Conditional,
    "binary": lambda left, op, right, span: s.Binary(op, left, right, span),
    "unary": s.Unary,
    "not_in": _not_in,
    "is": _is(negated=False),
    "is_not": _is(negated=True),
    "is_what": lambda name, args, _: (name, args or ()),
    "attribute": s.Attribute,
    "index": s.Index,
    "grouped": _grouped,
    "ref": lambda name, span: s.Ref(name, span),
    "apply": s.Apply,
    "truth": lambda word, span: s.Truth(word == "true", span),
    "unit": lambda word, _: word.removesuffix("s"),
    "list_of": lambda *parts: s.ListOf(_group(*parts), parts[-1]),
    "arguments_given": _group,
    "arguments": _group,
    "argument": lambda name, value, _: s.Argument(name, value),
})

# Rules whose characters the reader itself reads.
READ_BY_THE_READER = frozenset({"text", "number", "moment", "duration", "url", "regex", "format_arg", "count"})
