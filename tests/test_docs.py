"""What the documentation says is true: every example compiles, every story in it goes as written, every link leads
somewhere, and nothing the language has is left out.

A page is read block by block. No block is passed over; what a block holds is said by the word after its fence:

    domain          a domain.yml; what it leaves out of `bot`, `languages` and `start` is added
    flow            a .flow file, whole; the domain above it, if there is one, belongs to it
    flow fragment   statements, which become the flow `main`
    po es           the translations of that bot
    story           a file of stories, one story without its name, or only its steps; played on the bot above it
    report          what the runner says of the story above, which is not as written
    diagnostic      what the compiler says of the bot above
    python          a module of a bot's folder
    toml            a file of settings
    sh              commands
    json, url       a document; an address

`<!-- expects F204 -->` before a block says which codes it gives; without it an example has no errors.
"""

import importlib
import io
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from loguru import logger

import dsl
from dsl import syntax, types
from dsl.build import Build, build_sources
from dsl.diagnostics import KINDS, Severity
from dsl.domain_reader import DOMAIN
from dsl.expected import STATEMENTS, UNITS
from dsl.format import format_source
from dsl.pages import pages
from dsl.render import text as rendered
from dsl.shape import Record
from dsl.source import Source
from dsl.story import Story, read_stories
from dsl.story_names import unknown_names
from dsl.story_reader import STEP, STORIES
from dsl.system import system_texts
from runtime.__main__ import COMMANDS, main
from runtime.rehearsal.road import in_memory
from runtime.settings import PREFIX, Settings, read_settings
from runtime.store.port import Conversation, Entry, Handled, Inbound, Outcome
from runtime.stories import Broken, play
from runtime.story_files import Opened, report
from runtime.telemetry import log_to, turns_taken

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LANGUAGE, STORY_PAGE, RUNNING = DOCS / "language.md", DOCS / "stories.md", DOCS / "running.md"

KNOWN = {"domain", "flow", "po", "story", "report", "diagnostic", "python", "toml", "sh", "json", "url"}
USUAL = {"bot": "example", "languages": "[en]", "start": "main"}

_PIECE = re.compile(r"^<!-- expects (?P<codes>F\d{3}(?: F\d{3})*) -->$"
                    r"|^(?P<fence>`{3,})(?P<kind>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S)


# --- reading a page -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    line: int                                # of the page, from 1
    kind: str
    tag: str
    body: str
    expects: frozenset[str] = frozenset()


@dataclass
class Example:
    """One bot of a page, with what the page says of it."""

    page: str
    line: int
    files: dict[str, str] = field(default_factory=dict)
    expects: frozenset[str] = frozenset()
    told: list[Block] = field(default_factory=list)          # stories, reports, diagnostics

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text, expects = page.read_text(encoding="utf-8"), frozenset[str]()
    for piece in _PIECE.finditer(text):
        if piece["codes"]:
            expects = frozenset(piece["codes"].split())
            continue
        kind, _, tag = piece["kind"].strip().partition(" ")
        if kind == "yaml":                   # README, where editors are to know it
            kind = "story" if "\nstories:" in piece["body"] else "domain"
        yield Block(text.count("\n", 0, piece.start()) + 1, kind, tag, piece["body"], expects)
        expects = frozenset()


def examples(page: Path) -> Iterator[Example]:
    """The bots of a page: each begins with a domain, or with a flow that has none right before it."""
    example: Example | None = None
    for block in blocks(page):
        has_flow = example is None or "main.flow" in example.files
        if block.kind == "domain" or (block.kind == "flow" and has_flow):
            if example is not None:
                yield example
            example = Example(page.name, block.line)
        if block.kind not in {"domain", "flow", "po", "story", "report", "diagnostic"}:
            continue
        assert example is not None, f"{page.name}:{block.line}: no bot stands above this"
        match block.kind:
            case "domain":
                example.files["domain.yml"] = block.body
                example.expects |= block.expects
            case "flow":
                example.files["main.flow"] = _flows(block)
                example.expects |= block.expects
            case "po":
                example.files[f"locales/{block.tag}.po"] = block.body
            case _:
                example.told.append(block)
    if example is not None:
        yield example


def _flows(block: Block) -> str:
    if block.tag != "fragment":
        return block.body
    body = "".join(f"  {line}" if line.strip() else line for line in block.body.splitlines(keepends=True))
    last = [line for line in block.body.splitlines() if line and not line.startswith((" ", "#"))][-1]
    return f"flow main\n{body}" + ("" if last == "end" or last.startswith(("->", "return")) else "  end\n")


def bot_files(example: Example) -> dict[str, str]:
    written = example.files.get("domain.yml", "")
    missing = "".join(f"{key}: {value}\n" for key, value in USUAL.items() if not re.search(rf"^{key}:", written, re.M))
    return {"main.flow": "flow main\n  end\n", **example.files, "domain.yml": missing + written}


def story_file(body: str, bot: str) -> str:
    """The file of a story that stands there short."""
    if re.search(r"^stories:", body, re.M):
        return body
    if body.startswith("- "):
        body = "steps:\n" + "".join(f"  {line}" for line in body.splitlines(keepends=True))
    return f"bot: {bot}\nstories:\n  - story: as the page says\n" + "".join(
        f"    {line}" for line in body.splitlines(keepends=True))


EXAMPLES = [example for page in PAGES for example in examples(page)]


# --- examples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_checked(page):
    assert [(block.line, block.kind) for block in blocks(page) if block.kind not in KNOWN] == []
    assert page.read_text(encoding="utf-8").count("\n```") == 2 * len(list(blocks(page)))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_compiles_and_its_stories_go_as_written(example):
    built = build_sources(bot_files(example))
    found = {one.code for one in built.diagnostics}
    errors = {one.code for one in built.diagnostics if one.severity is Severity.ERROR}
    shown = rendered(built.diagnostics, built.sources, "example")

    assert errors <= example.expects <= found, shown
    for place, block in enumerate(example.told):
        after = example.told[place + 1] if place + 1 < len(example.told) else None
        match block.kind:
            case "diagnostic":
                assert block.body == rendered(built.diagnostics, built.sources, "example")
            case "story":
                _goes(built, block, after.body if after is not None and after.kind == "report" else None)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if not example.expects], ids=str)
def test_an_example_is_laid_out(example):
    written = bot_files(example)["main.flow"]

    assert format_source(written) == written


def _goes(built: Build, block: Block, expected: str | None) -> None:
    """The stories of a block are as written, or, where a report follows, are not, in just that way."""
    assert built.table is not None
    assert built.map is not None
    source = Source("story.yml", story_file(block.body, built.table.bot))
    told, faults = read_stories(source)
    faults = (*faults, *unknown_names(told, built.table, built.map))
    assert {one.code for one in faults} == block.expects, rendered(faults, {source.name: source}, source.name)
    if faults:
        return
    said = "".join(_said(built, source, story) for story in told.stories)
    assert said == (expected or ""), f"line {block.line} of the page\n{said}"


def _said(built: Build, source: Source, story: Story) -> str:
    assert built.table is not None
    assert built.map is not None
    played = play(built.table, built.map, story)
    assert play(built.table, built.map, story, in_memory).transcript == played.transcript, "through WhatsApp"
    if not isinstance(played.broken, Broken):
        return ""
    return report(Opened(Path(source.name), source, (story,), built), played)


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.kind == "python"],
                         ids=lambda block: str(block.line))
def test_an_example_in_python_can_be_loaded(block):
    space: dict[str, Any] = {}
    exec(compile(block.body, "actions.py", "exec"), space)

    assert any(callable(value) for value in space.values())


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.kind == "toml"],
                         ids=lambda block: str(block.line))
def test_an_example_of_settings_can_be_read(block, tmp_path):
    assert tomllib.loads(block.body)
    file = tmp_path / "talktable.toml"
    file.write_text(block.body)

    read_settings({}, file=file, secrets_needed=False)


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.kind == "json"],
                         ids=lambda block: str(block.line))
def test_an_example_of_json_can_be_read(block):
    assert [json.loads(line) for line in block.body.splitlines() if line.startswith("{")]


# --- commands -----------------------------------------------------------------------------------------------


def _commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", command.commands[below]) for below in command.commands)


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.kind == "sh"],
                         ids=lambda block: str(block.line))
def test_commands_that_are_shown_exist_with_their_options(block):
    known = dict(_commands())
    for line in block.body.splitlines():
        called = re.search(r"(?:\btalktable|\./talk) (?!pytest)(\w+)([^#|<>]*)", line)
        if not called:
            continue
        assert called[1] in known, line
        options = {option for name, command in known.items() if name.split()[0] == called[1]
                   for param in command.params for option in param.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", called[2])) <= options, line


def test_every_command_and_option_is_in_the_manual():
    page = "".join(page.read_text(encoding="utf-8") for page in (RUNNING, STORY_PAGE, DOCS / "simulator.md"))
    options = {option for _, command in _commands() for param in command.params
               if isinstance(param, click.Option) for option in param.opts}

    assert [name for name, _ in _commands() if f"`talktable {name}" not in page] == []
    assert [option for option in sorted(options - {"--help", "-h"}) if f"`{option}" not in page] == []


def test_every_setting_is_in_the_manual_with_its_default():
    page = RUNNING.read_text(encoding="utf-8")
    for one in fields(Settings):
        row = re.search(rf"^\| `{PREFIX}{one.name.upper()}` \|([^|]*)\|", page, re.M)
        assert row, one.name
        assert row[1].strip().strip("`") == (str(one.default).lower() or "none"), one.name


# --- nothing is left out of the manual ----------------------------------------------------------------------


def test_every_part_of_the_language_has_an_example():
    seen = {type(node) for example in examples(LANGUAGE) for file in build_sources(bot_files(example)).files
            for node in syntax.nodes(file)}
    kinds = {kind for kind in vars(syntax).values() if isinstance(kind, type) and issubclass(kind, syntax.Node)}

    assert {kind.__name__ for kind in kinds - seen - {syntax.Node}} == set()


def test_every_word_of_the_grammar_stands_in_an_example():
    grammar = re.sub(r"//.*|/(?:[^/\\\n]|\\.)+/", "", (ROOT / "grammar.lark").read_text(encoding="utf-8"))
    shown = " ".join(block.body for block in blocks(LANGUAGE) if block.kind == "flow")
    words = set(re.findall(r'"(\w+)"', grammar)) - {f"{unit}s" for unit in UNITS} - UNITS

    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", shown)] == []


def test_every_name_of_the_language_is_in_the_manual():
    page = LANGUAGE.read_text(encoding="utf-8")
    names = {*types.FUNCTIONS, *types.CHECKS, *types.BUILT_IN, *STATEMENTS,
             *(f"|{name}" for name in types.FORMATS), *system_texts()}

    def is_told(name: str) -> bool:
        return re.search(rf"`[^`]*(?<!\w){re.escape(name)}(?!\w)", page) is not None

    assert [name for name in sorted(names - {"unknown"}) if not is_told(name)] == []


def _keys(shape: Any) -> Iterator[str]:
    """Every key of a file of this shape, however deep."""
    if isinstance(shape, Record):
        for key, known in shape.fields.items():
            yield key
            yield from _keys(known.shape)
    elif isinstance(shape, msgspec.Struct):
        for name in shape.__struct_fields__:
            yield from _keys(getattr(shape, name))


@pytest.mark.parametrize(("page", "shape"), [(LANGUAGE, DOMAIN), (STORY_PAGE, STORIES)], ids=["domain", "stories"])
def test_every_key_of_a_file_is_in_the_manual(page, shape):
    text = page.read_text(encoding="utf-8")

    assert [key for key in sorted(set(_keys(shape))) if not re.search(rf"`[^`\n]*\b{key}\b", text)] == []


def test_every_step_of_a_story_has_an_example():
    shown = "".join(block.body for block in blocks(STORY_PAGE) if block.kind == "story")

    assert [step for step in STEP.keys.fields if f"- {step}:" not in shown] == []


# --- diagnostics, links -------------------------------------------------------------------------------------


def test_the_list_of_diagnostics_is_up_to_date(golden):
    for module in pkgutil.walk_packages(dsl.__path__, "dsl."):
        importlib.import_module(module.name)
    rows = [f"| [{code}](../dsl/codes/{code}.md) | {KINDS[code].severity.value} | {page.title} |"
            for code, page in pages().items()]
    head = ("# Everything the compiler says\n\n"
            "Each code has a page: what it means, why it matters, and an example before and after; `talktable explain "
            "F204` shows\nit. Errors stop a build, warnings do not. A warning that is meant is silenced where it "
            "stands: `# allow F402: why` on its\nline, or on the line above.\n\n"
            "F0 is about writing, F1 names, F2 what WhatsApp can show, F3 the shape of flows, F4 values and types, F5 "
            "what users may\nsend, F6 texts and languages, F7 privacy and secrets, F8 stories.\n\n"
            "| code | | what it is about |\n| --- | --- | --- |\n")

    golden(DOCS / "diagnostics.md", head + "\n".join(rows) + "\n")


def _headings(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    text = re.sub(r"^(`{3,}).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"^(`{3,}).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), target
        if heading:
            assert heading in _headings(there), target


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")

    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


def test_the_line_of_a_turn_is_as_the_manual_shows_it():
    shown = next(json.loads(block.body) for block in blocks(RUNNING) if block.kind == "json")
    entry = Entry(table="", kind="said", event=None, step_from="book.born", step_to="book.city", trace="[]",
                  effects='[{"type": "say"}]', error=None, took_us=800)
    outcome = Outcome(state="", contact="", entry=entry)
    written = io.StringIO()
    logger.remove()
    log_to(written)
    turns_taken([Handled(Conversation("whatsapp:1:2", "k3v9q2"), Inbound("whatsapp:1:2", "m1", "{}"), outcome)])
    logger.remove()

    assert list(json.loads(written.getvalue())) == list(shown)
