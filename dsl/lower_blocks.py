"""Blocks of statements become runs: straight-line operations, with branches, loops, and steps to rest at between them.

A block is lowered with a `Continuation`: what happens when it falls through. Steps are `lower_steps.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dsl import operations, others, types
from dsl.arguments import Arguments, Wanted
from dsl.diagnostics import Certainty, Edit, Fix, Kind, Severity
from dsl.files import is_path, mime_of
from dsl.lower_bot import RETURNS, Bot, Continuation, Run, goes
from dsl.scope import ANYWHERE, STEPS, Frame, Scope
from dsl.source import Span
from dsl.syntax import (
    Again,
    Apply,
    Block,
    Clause,
    ClearSlot,
    DetailOf,
    End,
    Expr,
    Flow,
    Footer,
    For,
    Header,
    If,
    Image,
    Jump,
    Link,
    Name,
    Opt,
    Return,
    Say,
    SendContact,
    SendList,
    SendLocation,
    SendMedia,
    SendTemplate,
    SetSlot,
    Statement,
    Text,
    TitleOf,
    Track,
)
from dsl.table import UNKNOWN, Op
from dsl.typed import a

NOTHING_AGAIN = Kind("F112", Severity.ERROR, "there is no question `{name}` in this flow to ask again",
                     fix="name a question of this flow, or go there with `->`")
NO_QUESTION = Kind("F113", Severity.ERROR, "there is no question before this to ask again",
                   fix="put the question before it, or go there with `->`")
RETURNS_UNSAID = Kind("F421", Severity.ERROR, "flow `{name}` does not say that it returns {given}")
RETURNS_NONE = Kind("F422", Severity.ERROR, "flow `{name}` returns {wanted}, here it returns nothing")
NO_TITLE = Kind("F423", Severity.ERROR, "it is not said how {given} is shown")


class Blocks:
    """Lowers the blocks of one frame: a flow, a menu, or all of `anywhere`."""

    def __init__(self, bot: Bot, frame: Frame, step: Callable[["Blocks", Any, Run, Continuation], None]) -> None:
        self.bot = bot
        self.frame = frame
        self.scope = Scope(frame, frame.name)
        self.question: str | None = None     # the nearest one before, in the order it is written
        self.pushed = 0                      # blocks made by `push` around the statement
        self.arguments = Arguments(bot.expressions)
        self._step = step
        self._numbers = 0
        self._loops: dict[str, int] = {}

    # --- runs -----------------------------------------------------------------------------------------------

    def run(self, name: str | None = None) -> Run:
        if name is None:
            self._numbers += 1
            name = f"{self.frame.name}#{self._numbers}"
        run = Run(name, [], [])
        self.bot.runs[name] = run
        return run

    def emit(self, run: Run, span: Span, *op: Any) -> None:
        run.ops.append(list(op))
        run.places.append(self.bot.places.place(span))

    def close(self, run: Run, after: Continuation, span: Span) -> None:
        for op in after.ops:
            self.emit(run, span, *op)

    def target(self, after: Continuation, span: Span) -> str:
        """A run that does what `after` says."""
        if len(after.ops) == 1 and after.ops[0][0] == "go":
            return str(after.ops[0][1])
        run = self.run()
        self.close(run, after, span)
        return run.name

    def block_run(self, block: Block, after: Continuation, span: Span) -> str:
        """A run that does the block and then `after`."""
        if not block:
            return self.target(after, span)
        run = self.run()
        self.block(block, run, after, span)
        return run.name

    def interrupting(self, block: Block, back: str, span: Span) -> tuple[list[Op], str]:
        """Operations and target of a row whose block runs over the step, unless it only leaves it."""
        if len(block) == 1 and type(block[0]) in (Jump, End):
            return [], self.block_run(block, RETURNS, span)
        self.pushed += 1
        target = self.block_run(block, RETURNS, span)
        self.pushed -= 1
        return [["push", back, self.frame.name != ANYWHERE or self.pushed > 0]], target

    def block(self, block: Block, run: Run, after: Continuation, span: Span) -> None:
        """Writes the block to `run`, which it ends; `span` is where a block would stand that is empty."""
        for statement in block[:-1]:
            if self.bot.names.is_full:
                break
            run = self._go_on(statement, run)
        last = block[-1] if block else None
        if last is not None and type(last) in _LEADING:
            self._lead(last, run, after)
        elif last is None or not self._simple(last, run):
            self.close(run, after, span if last is None else last.span)

    def _go_on(self, statement: Statement, run: Run) -> Run:
        """Writes a statement that others follow; the run in which these go on."""
        if type(statement) in _LEADING:
            following = self.run()
            self._lead(statement, run, goes(following.name))
            return following
        return self.run() if self._simple(statement, run) else run

    def _lead(self, statement: Statement, run: Run, after: Continuation) -> None:
        if type(statement) is If:
            self._if(statement, run, after)
        elif type(statement) is For:
            self._for(statement, run, after)
        else:
            self._step(self, statement, run, after)

    def _if(self, statement: If, run: Run, after: Continuation) -> None:
        for test, block in statement.branches:
            then = self.run()
            code = self.bot.expressions.condition(test, self.scope)
            self.emit(run, test.span, "branch", self.bot.pools.expr(code, test.span), then.name)
            self.block(block, then, after, test.span)
        self.block(statement.otherwise, run, after, statement.span)

    def _for(self, statement: For, run: Run, after: Continuation) -> None:
        name = statement.name.text
        self._loops[name] = self._loops.get(name, 0) + 1
        key = f"for.{name}" if self._loops[name] == 1 else f"for.{name}.{self._loops[name]}"
        items = self.bot.expressions.items(statement.items, self.scope, "`for`")
        self.bot.privacy.flows(items.reads, ("local", self.frame.name, name))
        self.emit(run, statement.span, "each", key, self.bot.pools.expr(items.code, statement.items.span))
        head = self.run()
        self.emit(run, statement.span, "go", head.name)
        done = self.target(after, statement.span)
        self.emit(head, statement.span, "next", key, ["local", name], done)
        self.block(statement.body, head, goes(head.name), statement.span)

    # --- statements without rest ----------------------------------------------------------------------------

    def _simple(self, statement: Statement, run: Run) -> bool:
        """Writes a statement; whether it ends the run."""
        return bool(_SIMPLE[type(statement)](self, statement, run))

    def _say(self, say: Say, run: Run) -> None:
        clauses = self.clauses(say.clauses)
        text: int | list[int]
        if isinstance(say.message, Text):
            text = self.bot.texts.text(say.message, self.scope)
        else:
            response = self.bot.names.response(say.message, self._quoted(say.message))
            variants = self.bot.responses.get(say.message.text, []) if response is not None else []
            text = variants[0] if len(variants) == 1 else variants
        if text != []:
            self.emit(run, say.span, "say", {"text": text, **self.decoration(clauses, self.scope)})

    def _quoted(self, name: Name) -> Fix:
        """`say name`: a value is shown in a text, anything else is one."""
        is_value = name.text in self.frame.locals or name.text in self.bot.names.domain.slots
        if not is_value:
            return Fix("write the text here in quotes, or add it to `responses` in domain.yml")
        shown = f'"{{{name.text}}}"'
        return Fix(f"show the value: `{shown}`", (Edit(name.span, shown),), Certainty.SAFE)

    def _media(self, send: SendMedia, run: Run) -> None:
        url = self._medium(send.url, send.kind, f"`send {send.kind}`")
        caption = None
        if send.caption is not None:
            caption = self.bot.texts.text(send.caption, self.scope, most=self.bot.limits.caption)
        self.emit(run, send.span, "media", send.kind, url, caption)

    def _location(self, send: SendLocation, run: Run) -> None:
        position = self._value(send.position, ("location",), "`send location`")
        texts = [None if text is None else self._shown(text, self.scope, f"`{what}`")
                 for what, text in (("name", send.name), ("address", send.address))]
        self.emit(run, send.span, "location", position, *texts)

    def _contact(self, send: SendContact, run: Run) -> None:
        phone = None if send.phone is None else self._value(send.phone, ("phone",), "`phone`")
        if phone is None:
            name = self._value(send.name, ("contact",), "`send contact`")
        else:
            name = self._shown(send.name, self.scope, "`send contact`")
        self.emit(run, send.span, "contact", name, phone)

    def _template(self, send: SendTemplate, run: Run) -> None:
        template = self.bot.names.template(send.name)
        params = None if template is None else [Wanted(param.name, param.type) for param in template.params]
        what = f"template `{send.name.text}`"
        values = self.arguments.by_position(send.args, self.scope, params, what, send.name.span)
        codes = [self.bot.pools.expr(value.code, value.span) for value in values]
        self.emit(run, send.span, "template", UNKNOWN if template is None else send.name.text, codes)

    def _list(self, send: SendList, run: Run) -> None:
        clauses = self.clauses(send.clauses)
        items = self.bot.expressions.items(send.items, self.scope, "`send list`")
        code = self.bot.pools.expr(items.code, send.items.span)
        text = None if send.text is None else self.bot.texts.text(send.text, self.scope)
        title, detail = self.item(items.type, clauses, send.items)
        self.emit(run, send.span, "list", code, text, title, detail)

    def item(self, type: str, clauses: dict[type, Any], items: Expr) -> tuple[int, int | None]:
        """E of title and detail of an item; without a `title` the item itself, which must be one that can be shown."""
        scope = Scope(self.frame, self.scope.context, it=type)
        title, detail = clauses.get(TitleOf), clauses.get(DetailOf)
        if title is None and type not in types.PLAIN and type != types.UNKNOWN:
            fix = Fix("add a line `title it.name` with what the user reads")
            self.bot.expressions.say(NO_TITLE.at(items.span, fix, label=f"a list of {type}", given=a(type)))
        if title is None:
            code = self.bot.pools.expr(["it", type], items.span)
        else:
            code = self._shown(title.value, scope, "`title`")
        return code, None if detail is None else self._shown(detail.value, scope, "`detail`")

    def _shown(self, expr: Expr, scope: Scope, what: str) -> int:
        return self.bot.pools.expr(self.bot.texts.shown(expr, scope, what).code, expr.span)

    def _set(self, statement: SetSlot, run: Run) -> None:
        if self.bot.expressions.is_nothing(statement.value, self.scope, lambda: others.set_to_nothing(statement)):
            return
        word = operations.calls(self.bot.expressions, statement.value)
        if isinstance(statement.value, Apply) and word:
            self.bot.names.function(statement.value.function, others.set_to_call(statement, statement.value, word))
            self.bot.names.broken.add(statement.slot.text)
            return
        name = statement.slot.text
        if not self.bot.expressions.is_variable(statement.slot, self.scope):
            typed = self.bot.expressions.value(statement.value, self.scope)
            is_known = types.base_of(typed.type) != types.UNKNOWN
            declared = f"{name}: {typed.type if is_known else typed.type.removesuffix(types.UNKNOWN) + '…'}"
            fix = Fix(f"declare it in domain.yml, under `slots`: `{declared}`")
            self.bot.expressions.no_slot(statement.slot, self.scope, fix)
            code = self.bot.pools.expr(typed.code, statement.value.span)
            self.emit(run, statement.span, "set", ["slot", UNKNOWN], code)
            return
        variable = self.bot.expressions.variable(statement.slot, self.scope)
        assert variable is not None
        target, type = variable
        values = self.bot.expressions.values_of(name, self.scope)
        typed = self.bot.expressions.wanted(statement.value, self.scope, type, f"`{name}`", values)
        self.bot.privacy.flows(typed.reads, self.key(target))
        self.emit(run, statement.span, "set", target, self.bot.pools.expr(typed.code, statement.value.span))

    def _clear(self, statement: ClearSlot, run: Run) -> None:
        variable = self.bot.expressions.variable(statement.slot, self.scope)
        if variable is not None:
            self.emit(run, statement.span, "clear", variable[0])

    def _jump(self, jump: Jump, run: Run) -> bool:
        self.emit(run, jump.span, "jump", self.bot.names.entered(jump.target) or UNKNOWN)
        return True

    def _again(self, again: Again, run: Run) -> bool:
        if self.pushed:
            self.emit(run, again.span, "leave")
        self.emit(run, again.span, "again", self._again_step(again))
        return True

    def _again_step(self, again: Again) -> str:
        if again.slot is None and again.tag is None:
            if self.question is None:
                self.bot.expressions.say(NO_QUESTION.at(again.span, label="asks nothing"))
            return self.question or UNKNOWN
        name = again.slot.text if again.slot is not None else f"@{again.tag.text}" if again.tag is not None else ""
        step = self.frame.questions.get(name)
        if step is None:
            written = again.slot or again.tag
            assert written is not None
            self.bot.names.unknown(NOTHING_AGAIN, Name(name, written.span), lambda: self._questions(again.slot is None),
                                   "asked nowhere in this flow")
        return step or UNKNOWN

    def _questions(self, tagged: bool) -> list[str]:
        return [question for question in self.frame.questions if question.startswith("@") == tagged]

    def _return(self, statement: Return, run: Run) -> bool:
        code = None
        returns = self.frame.returns
        if statement.value is not None and returns is None:
            typed = self.bot.expressions.value(statement.value, self.scope)
            is_flow = isinstance(self.bot.names.flows.get(self.frame.name), Flow)
            fix = Fix(f"say it in its first line: `-> {typed.type}`" if is_flow else "only a flow returns a value")
            self.bot.expressions.say(RETURNS_UNSAID.at(statement.value.span, fix, label=a(typed.type),
                                                       name=self.frame.name, given=a(typed.type)))
        elif statement.value is not None and returns is not None:
            what = f"what `{self.frame.name}` returns"
            typed = self.bot.expressions.wanted(statement.value, self.scope, returns, what)
            self.bot.privacy.flows(typed.reads, ("return", self.frame.name))
            code = self.bot.pools.expr(typed.code, statement.value.span)
        elif returns is not None:
            self.bot.expressions.say(RETURNS_NONE.at(statement.span, Fix("return a value: `return …`"),
                                                     label="nothing", name=self.frame.name, wanted=a(returns)))
        if self.pushed:
            self.emit(run, statement.span, "leave")
        self.emit(run, statement.span, "return", code)
        return True

    def _track(self, track: Track, run: Run) -> None:
        declared = self.bot.names.domain.events.get(track.event.text)
        params = None if declared is None else [Wanted(param.name, param.type) for param in declared.params]
        values = self.arguments.named(track.args, self.scope, params, f"event `{track.event.text}`", track.event.span)
        for value in values:
            self.bot.privacy.leaves(value.span, value.reads, f"track {track.event.text}")
        self.emit(run, track.span, "track", track.event.text,
                  [[value.name, self.bot.pools.expr(value.code, value.span)] for value in values])

    def _opt(self, opt: Opt, run: Run) -> None:
        self.emit(run, opt.span, "opt", opt.direction)

    def _end(self, end: End, run: Run) -> bool:
        self.emit(run, end.span, "end")
        return True

    # --- parts of statements --------------------------------------------------------------------------------

    def _value(self, expr: Expr, accepted: Sequence[str], what: str) -> int:
        return self.bot.pools.expr(self.bot.expressions.one_of(expr, self.scope, accepted, what).code, expr.span)

    def key(self, variable: Sequence[str]) -> tuple[str, ...]:
        """The variable as one of the whole bot."""
        return ("slot", variable[1]) if variable[0] == "slot" else ("local", self.frame.name, variable[1])

    def clauses(self, clauses: Iterable[Clause]) -> dict[type, Any]:
        """Clauses by their class, the first of each."""
        found: dict[type, Any] = {}
        for clause in clauses:
            found.setdefault(type(clause), clause)
        return found

    def _medium(self, expr: Expr, kind: str, what: str) -> int:
        """An address, a file that a user sent, or one beside the bot."""
        index = self._value(expr, ("url", "text", kind), what)
        written = self.bot.pools.exprs[index]
        if isinstance(written, str) and is_path(written):
            self.bot.media[written] = mime_of(written) or UNKNOWN
        return index

    def decoration(self, clauses: dict[type, Any], scope: Scope) -> dict[str, Any]:
        """header, image, footer and link of a message, those there are."""
        parts: dict[str, Any] = {}
        limits = self.bot.limits
        for kind, name, most in ((Header, "header", limits.header), (Footer, "footer", limits.footer)):
            if kind in clauses:
                parts[name] = self.bot.texts.text(clauses[kind].text, scope, most=most)
        if Image in clauses:
            parts["image"] = self._medium(clauses[Image].url, "image", "`image`")
        if Link in clauses:
            link = clauses[Link]
            title = self.bot.texts.text(link.title, scope, most=limits.link_title)
            parts["link"] = [title, self._value(link.url, ("url", "text"), "`link`")]
        return parts


_LEADING = STEPS | {If, For}                 # statements that end the run they stand in
_SIMPLE: dict[type, Callable[[Blocks, Any, Run], bool | None]] = {
    Say: Blocks._say, SendMedia: Blocks._media, SendLocation: Blocks._location, SendContact: Blocks._contact,
    SendTemplate: Blocks._template, SendList: Blocks._list, SetSlot: Blocks._set, ClearSlot: Blocks._clear,
    Jump: Blocks._jump, Again: Blocks._again, Return: Blocks._return, Track: Blocks._track, Opt: Blocks._opt,
    End: Blocks._end,
}
