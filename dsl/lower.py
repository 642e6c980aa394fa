"""Lowering: what the author wrote becomes the table, and the source map beside it.

It never fails: a name that names nothing becomes `?`, so that what is there can still be checked. All that is wrong
with names, types and personal data is said on the way.

Elsewhere: blocks and steps (`lower_blocks`, `lower_steps`), texts (`lower_texts`), rules (`lower_rules`), what holds
of the table as a whole (`check`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.domain import Domain, Field, Slot
from dsl.domain import Template as DomainTemplate
from dsl.expressions import Expressions
from dsl.frames import Binding
from dsl.limits import limits
from dsl.locales import Locale
from dsl.lower_blocks import Blocks
from dsl.lower_bot import RETURNS, Bot
from dsl.lower_questions import lower_menu
from dsl.lower_rows import Rows, event, on
from dsl.lower_rules import lower_rule
from dsl.lower_steps import lower_step
from dsl.lower_texts import Texts, Translatable
from dsl.pools import Places, Pools
from dsl.privacy import Privacy
from dsl.renames import Renames
from dsl.resolve import Names
from dsl.scope import Frame, Local, Scope
from dsl.source import Source, Span
from dsl.syntax import Anywhere, File, Flow, Menu, On, Otherwise
from dsl.system import FALLBACK, PREFIX, system_texts
from dsl.table import UNDELIVERED, UNKNOWN, Action, Delivery, Http, Place, Row, Session, SourceMap, Table, Template, Var
from dsl.table import Flow as LoweredFlow
from dsl.typed import Variable, plain

TWO_OTHERWISE = Kind("F424", Severity.ERROR, "a bot has one `otherwise`, this is a second one")


class Lowered(NamedTuple):
    table: Table
    map: SourceMap
    found: tuple[Diagnostic, ...]
    texts: tuple[Translatable, ...]          # what translators translate, in the order it is read


def lower(domain: Domain, files: Sequence[File], locales: Mapping[str, Locale], sources: Mapping[str, Source],
          broken: Iterable[str] = ()) -> Lowered:
    """The table of a bot, where its parts come from, and what is wrong with names and types.

    Args:
        locales: by language; a text that one lacks is shown in the first language.
        sources: every file of the bot, the domain first.
        broken: names that what could not be read would have defined.
    """
    return _Lowering(domain, files, locales, sources, broken).run()


class _Lowering:
    def __init__(self, domain: Domain, files: Sequence[File], locales: Mapping[str, Locale],
                 sources: Mapping[str, Source], broken: Iterable[str]) -> None:
        if not domain.languages:             # said where they are read
            domain = replace(domain, languages=(FALLBACK,))
        self.domain = domain
        self.names = Names(domain, files, broken)
        self.expressions = Expressions(self.names)
        self.places = Places(sources)
        self.pools = Pools(self.places)
        self.anywhere_items = [item for file in files for item in file.items if isinstance(item, Anywhere)]
        self.anywhere = self.names.anywhere
        self.nowhere = Scope(Frame("domain"), "domain")              # what stands in domain.yml reads slots only
        self._bind()
        self.bot = Bot(self.names, self.expressions, Texts(self.expressions, self.pools, domain.languages, locales),
                       self.pools, self.places, Privacy(), limits())

    def _bind(self) -> None:
        Texts(self.expressions, Pools(self.places), self.domain.languages, {})      # what binding reads is read again
        frames = {name: Frame(name) for name in self.names.flows}
        for name, flow in self.names.flows.items():
            binding = Binding(self.expressions, frames[name])
            if isinstance(flow, Flow):
                binding.flow(flow)
            else:
                binding.menu(flow)
        Binding(self.expressions, self.anywhere).anywhere(self.anywhere_items)
        self.names.frames = frames

    def run(self) -> Lowered:
        bot, domain = self.bot, self.domain
        slots = self._slots()
        for name, response in domain.responses.items():
            if not name.startswith(PREFIX):
                scope = replace(self.nowhere, context=name)
                bot.responses[name] = [bot.texts.text(text, scope) for text in response.variants]
        rules = {name: lower_rule(bot, rule) for name, rule in self.names.rules.items()}
        starts, flow_places = Rows(), {}
        flows = {}
        for name, flow in self.names.flows.items():
            flow_places[name] = self.places.place(flow.span)
            flows[name] = self._flow(flow, starts)
        anywhere, otherwise = self._anywhere()
        templates = {name: self._template(template) for name, template in domain.templates.items()}
        system = self._system()
        marked: dict[Variable, Span] = {("slot", slot.name): slot.span for slot in domain.slots.values() if slot.pii}
        held = bot.privacy.holders(marked)
        renames = Renames({name: flow.tag.was for name, flow in self.names.flows.items()}, self.names.frames)
        self.names.found += [*bot.privacy.found(held, marked), *renames.found, *self.names.unused()]
        table = Table(
            domain.bot, list(domain.languages), domain.timezone,
            domain.start if domain.start in flows else UNKNOWN, bot.limits, region=domain.region,
            session=Session(domain.expires_s, domain.on_return), pin=domain.pin_s,
            retention=domain.retention, delivery=Delivery(domain.in_doubt),
            records={name: {each.name: self._var(each) for each in fields} for name, fields in domain.records.items()},
            slots={name: self._held(("slot", name), var, held) for name, var in slots.items()},
            flows={name: self._with_locals(flow, held) for name, flow in flows.items()},
            steps=bot.steps, runs={name: run.ops for name, run in bot.runs.items()}, anywhere=anywhere.rows,
            anywhere_locals=self._locals(self.anywhere, held), otherwise=otherwise, starts=starts.rows, rules=rules,
            actions=self._actions(), templates=templates, media=bot.media,
            events={name: self._types(event.params) for name, event in self.names.events.items()
                    if name != UNDELIVERED or ("event", name) in self.names.used}, system=system,
            texts=self.pools.texts, exprs=self.pools.exprs, patterns=self.pools.patterns, was=renames.now,
        )
        return Lowered(table, self._map(flow_places, anywhere, starts), tuple(self.names.found),
                       tuple(bot.texts.translatable))

    # --- flows ----------------------------------------------------------------------------------------------

    def _blocks(self, frame: Frame) -> Blocks:
        return Blocks(self.bot, frame, lower_step)

    def _flow(self, flow: Flow | Menu, starts: Rows) -> LoweredFlow:
        name = flow.name.text
        frame = self.names.frames[name]
        blocks = self._blocks(frame)
        if flow.starts_on:
            self.names.can_enter(flow, flow.starts_on[0].span)
        for pattern in flow.starts_on:
            starts.add(event(self.bot, pattern, blocks.scope), [], name, self.places.place(pattern.span))
        entry = blocks.run(name)
        title = None
        if isinstance(flow, Menu):
            lower_menu(blocks, flow, entry)
        else:
            title = None if flow.title is None else self.bot.texts.text(flow.title, blocks.scope)
            blocks.block(flow.body, entry, RETURNS, flow.span)
        lost = None
        if flow.lost is not None:
            lost = self.names.entered(flow.lost.target) or UNKNOWN
        return LoweredFlow(entry.name, [list(param) for param in frame.params], {}, frame.returns, title,
                           isinstance(flow, Menu), lost)

    def _anywhere(self) -> tuple[Rows, tuple[int, Row] | None]:
        """The rows of every `anywhere`, and the one `otherwise`; two in one `anywhere` are the parser's to say."""
        blocks = self._blocks(self.anywhere)
        rows = Rows()
        counts: list[tuple[Otherwise, Row]] = []
        for item in self.anywhere_items:
            for clause in item.clauses:
                if isinstance(clause, On):
                    on(blocks, rows, clause)
            if otherwise := next((clause for clause in item.clauses if isinstance(clause, Otherwise)), None):
                ops, target = blocks.interrupting(otherwise.then, "again", otherwise.span)
                counts.append((otherwise, Row("otherwise", None, ops, target)))
        for second, _ in counts[1:]:
            there = Label(counts[0][0].span, "the first")
            self.expressions.say(TWO_OTHERWISE.at(second.span, Fix("remove one of them"), label="a second one",
                                                  others=(there,)))
        return rows, (counts[0][0].times, counts[0][1]) if counts else None

    # --- the domain -----------------------------------------------------------------------------------------

    def _slots(self) -> dict[str, Var]:
        slots = {name: self._slot(slot) for name, slot in self.domain.slots.items()}
        return {"language": Var("language"), **slots}

    def _slot(self, slot: Slot) -> Var:
        scope = replace(self.nowhere, context=slot.name)
        most = self.bot.limits.row_title
        values = [[value, self.bot.texts.text(title, scope, most=most)] for value, title in slot.values]
        return Var(self.names.known_type(slot.type), slot.max, slot.default, slot.keep, values=values or None)

    def _held(self, variable: Variable, var: Var, held: Mapping[Variable, Variable]) -> Var:
        """The variable with what only the whole bot tells: personal data, and answers in private."""
        return replace(var, pii=variable in held, private=variable in self.bot.private)

    def _with_locals(self, flow: LoweredFlow, held: Mapping[Variable, Variable]) -> LoweredFlow:
        return replace(flow, locals=self._locals(self.names.frames[flow.entry], held))

    def _locals(self, frame: Frame, held: Mapping[Variable, Variable]) -> dict[str, Var]:
        return {name: self._local(frame, name, local, held) for name, local in frame.locals.items()}

    def _local(self, frame: Frame, name: str, local: Local, held: Mapping[Variable, Variable]) -> Var:
        variable = ("local", frame.name, name)
        values = self.bot.titles.get(variable) if local.values else None
        return self._held(variable, Var(local.type, local.max, values=values), held)

    def _var(self, field: Field) -> Var:
        return Var(self.names.known_type(field.type), field.max)

    def _types(self, fields: Iterable[Field]) -> dict[str, str]:
        return {field.name: self.names.known_type(field.type) for field in fields}

    def _actions(self) -> dict[str, Action]:
        return {
            name: Action(
                self._types(action.params), None if action.returns is None else self.names.known_type(action.returns),
                list(action.reasons),
                None if action.http is None else Http(action.http.method, action.http.url, dict(action.http.headers)),
                action.python, action.timeout_s, action.retry, action.cache_s,
            )
            for name, action in self.domain.actions.items()
        }

    def _template(self, template: DomainTemplate) -> Template:
        given = self._types(template.params)
        scope = replace(self.nowhere, given=given, template=template.name)
        text, header, footer = (self.bot.texts.written(dict(texts), scope)
                                for texts in (template.text, template.header, template.footer))
        buttons = [plain(button) or button.raw for button in template.buttons]
        params = {param.name: self._var(param) for param in template.params}
        return Template(params, text, buttons, header or None, footer or None)

    def _system(self) -> dict[str, int | list[int]]:
        texts: dict[str, int | list[int]] = {}
        for name, said in system_texts().items():
            scope = replace(self.nowhere, context=PREFIX + name, given=dict.fromkeys(said.shows, "text"))
            own = self.domain.responses.get(PREFIX + name)
            if own is not None:
                variants = [self.bot.texts.text(text, scope, most=said.most) for text in own.variants]
                texts[name] = variants[0] if len(variants) == 1 else variants
            else:
                by_language = {language: said.text(language) for language in self.domain.languages}
                texts[name] = self.bot.texts.of_machine(by_language, scope, by_language[self.domain.languages[0]].span)
        return texts

    # --- the source map -------------------------------------------------------------------------------------

    def _map(self, flows: dict[str, Place], anywhere: Rows, starts: Rows) -> SourceMap:
        bot = self.bot
        return SourceMap(
            self.places.files, flows, bot.step_places,
            {**bot.rows, "anywhere": anywhere.places, "starts": starts.places}, bot.options,
            {name: run.places for name, run in bot.runs.items()}, self.pools.text_places, self.pools.expr_places,
            self.pools.pattern_places, bot.responses,
        )
