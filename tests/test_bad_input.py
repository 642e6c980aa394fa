"""Whatever bytes stand in a bot's files: diagnostics and exit 1, never a traceback, in linear time.

The real commands are called as a person calls them. A file of 1 MB may take one second of CPU; here it is a quarter
of that, which leaves room for a slow machine, and none for work that grows with the square of the length.
"""

import gc
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsl.build import build_sources
from dsl.format import format_source
from dsl.render import text
from dsl.table import Table, dump, load
from runtime.__main__ import main
from runtime.conversation import Conversation
from runtime.effects import Call, Handover, Message, Offer
from runtime.events import Answered, Chose, Event, Failed, Happened, Resumed, Said, Sent
from runtime.machine import advance
from runtime.state import Frame, State

SIZE = 250_000
OF_LINES = 100_000                           # of a file full of things that are really compiled
LONGEST_S = 1.0                              # CPU

GOOD = {
    "domain.yml": b"bot: toy\nlanguages: [en, es]\nstart: main\n",
    "main.flow": b'flow main\n  say "Hi"\n  ask x as text length 1..9 "Name?"\n  track met(x)\n  end\n',
    "locales/es.po": b'msgid "Hi"\nmsgstr "Hola"\n\nmsgid "Name?"\nmsgstr "Nombre?"\n',
    "stories/main.yml": b"bot: toy\nstories:\n  - story: one\n    steps: [{user: hi}, {bot: Hi}, {bot: Name?}]\n",
}
FILES = sorted(GOOD)
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", "toy"), "fmt": ("fmt", "toy"), "test": ("test", "toy"), "graph": ("graph", "toy"),
    "build": ("build", "toy", "-o", "toy.json"), "locales": ("locales", "update", "toy"),
}


def much(piece: bytes, size: int = SIZE) -> bytes:
    return piece * (size // len(piece))


def numbered(line: str, size: int = OF_LINES) -> bytes:
    """Lines with a number in each."""
    return "".join(line.replace("#", str(number)) for number in range(size // (len(line) + 4))).encode()


ANY_FILE = {
    "nothing": b"", "nul": b"\0" * 1000, "noise": random.Random(1).randbytes(SIZE),
    "a byte order mark": b"\xef\xbb\xbf",
    **{f"much of {piece!r}": much(piece) for piece in (
        b"(", b'"', b"'", b"{", b"[", b"[]", b"a", b"a.", b"a ", b" ", b"\t", b"\n", b"\r\n", b"\r", b"  - ", b"  - \n",
        b": ", b"a: ", b"? ", b"|\n", b">\n", b"#", b"%", b"\\", b"&a ", b"*a\n", b"!x ", b"---\n", b"-", b"not ",
        b"\xef\xbb\xbf", b"\xe2\x80\x8f", b"\xf0\x9f\x98\x80")},
}
ONE_FILE = {
    "main.flow": {
        "lone surrogate": b'flow main\n  say "\\ud800 \xed\xa0\x80"\n  end\n',
        "brackets in brackets": b"flow main\n  set x = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b"\n",
        "not not": b"flow main\n  set x = " + much(b"not ") + b"true\n",
        "minus": b"flow main\n  set x = " + much(b"-") + b"1\n",
        "plus": b"flow main\n  set x = 1" + much(b"+1") + b"\n",
        "attributes": b"flow main\n  set x = a" + much(b".a") + b"\n",
        "indices": b"flow main\n  set x = a" + much(b"[0]") + b"\n",
        "conditionals": b"flow main\n  set x = " + much(b"1 if 1 else ") + b"1\n",
        "ors": b"flow main\n  set x = a" + much(b" or a") + b"\n",
        "list of lists": b"flow main\n  set x = " + much(b"[") + b"\n",
        "blocks in blocks": b"flow main\n" + b"".join(b"  " * (depth + 1) + b"if x\n" for depth in range(480)),
        "values in a text": b'flow main\n  say "' + much(b"{x}", OF_LINES) + b'"\n  end\n',
        "values in values": b'flow main\n  say "' + much(b"{x or '{x or '") + b'"\n  end\n',
        "quotes in a value": b'flow main\n  say "' + much(b"{x '") + b'"\n  end\n',
        "an open text of blanks": b'flow main\n  say "' + much(b" ") + b"x\n  end\n",
        "an open text of words": b'flow main\n  say "' + much(b" do x") + b"\n  end\n",
        "backslashes": b'flow main\n  say "' + much(b"\\") + b'"\n  end\n',
        "an open block text": b'flow main\n  say """' + much(b'" "'),
        "lines of a block text": b'flow main\n  say """\n' + much(b"    x\n") + b'    """\n  end\n',
        "flows": b"flow main\n  end\n" + numbered("flow f#\n  end\n"),
        "flows of one name": much(b"flow main\n  end\n", OF_LINES),
        "unknown names": b"flow main\n" + numbered("  -> x#\n"),
        "unknown slots": b"flow main\n" + numbered('  say "{x#}"\n') + b"  end\n",
        "unknown statements": b"flow main\n" + much(b"  flibber jabber\n"),
        "options": b'menu main "x"\n' + numbered('  - "o#" -> main\n'),
        "aliases": b'menu main "x"\n  - "a" also ' + numbered('"o#", ') + b'"z" -> main\n',
        "patterns": b"anywhere\n" + numbered("  on /a#.*b/ -> main\n") + b'menu main "x"\n  - "y" -> main\n',
        "open groups": b"anywhere\n  on /" + much(b"(a|") + b"/ -> main\n",
        "stars in stars": b"anywhere\n  on /" + b"(a*)*" * 300 + b'/ -> main\nmenu main "x"\n  - "y" -> main\n',
        "counts in counts": b'anywhere\n  on /((a{999}){999}){999}/ -> main\nmenu main "x"\n  - "y" -> main\n',
        "tabs for blanks": b'flow main\n\tsay "Hi"\n\tend\n',
        "slots set": b"flow main\n" + numbered("  set x# = #\n") + b"  end\n",
        "loops in loops": b"flow main\n" + b"".join(b"  " * (n + 1) + b"for x%d in [1, 2]\n" % n for n in range(40)),
        "an endless number": b"flow main\n  set x = " + much(b"9") + b"\n  end\n",
        "an endless duration": b'flow main\n  ask x as text "x"\n    after ' + b"9" * 400 + b"d -> main\n  end\n",
        "a length beyond all": b'flow main\n  ask x as text length 1..' + b"9" * 5000 + b' "x"\n  end\n',
    },
    "domain.yml": {
        "lone surrogate": b'bot: "\\ud800"\nlanguages: ["\\udfff"]\nstart: main\n',
        "nul": b'bot: "\\0"\nlanguages: [en]\nstart: main\n',
        "keys in keys": b"".join(b" " * depth + b"a:\n" for depth in range(700)),
        "maps in maps": much(b"{a: "),
        "keys": numbered("k#: 1\n"), "one key": much(b"bot: a\n"),
        "binary": b"bot: !!binary |\n  aaaa\n", "merge": much(b"<<: a\n"),
        "slots": GOOD["domain.yml"] + b"slots:\n" + numbered("  s#: text\n"),
        "slots of no type": GOOD["domain.yml"] + b"slots:\n" + numbered("  s#: txet\n"),
        "lists of lists": GOOD["domain.yml"] + b"slots:\n  s: " + much(b"list of ") + b"text\n",
        "languages": b"bot: toy\nlanguages: [" + much(b"en, ") + b"]\nstart: main\n",
        "languages that are none": b"bot: toy\nlanguages: [" + numbered("a#, ") + b"]\nstart: main\n",
        "languages that are paths": b"bot: toy\nlanguages: [en, '../../etc', 'a/b', \"a\\0b\"]\nstart: main\n",
        "zones that are paths": GOOD["domain.yml"] + b"timezone: ../../etc/passwd\nregion: '\xe2\x80\x8f'\n",
        "records of each other": GOOD["domain.yml"] + b"records: {a: {b: b}, b: {a: a}}\nslots: {s: a}\n",
        "an endless number": GOOD["domain.yml"] + b"slots: {s: {type: text, max: " + much(b"9") + b"}}\n",
        "a list": b"- bot\n- toy\n", "a word": b"bot\n", "two documents": GOOD["domain.yml"] + b"---\nbot: x\n",
    },
    "locales/es.po": {
        "messages": numbered('msgid "x#"\nmsgstr "y"\n\n'), "one message": much(b'msgid "x"\nmsgstr "y"\n\n'),
        "a long text": b'msgid "' + much(b"x") + b'"\nmsgstr ""\n', "a text in pieces": b'msgid ""\n' + much(b'"a"\n'),
        "plurals beyond all": b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=999999999; plural=n*n;\\n"\n\n'
                              b'msgid "Hi"\nmsgid_plural "Hi"\nmsgstr[99999999999] "x"\n',
        "a plural rule in brackets": b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural='
                                     + much(b"(") + b'n;\\n"\n',
        "another encoding": b'msgid ""\nmsgstr "Content-Type: text/plain; charset=latin-99\\n"\n',
        "keywords that are none": much(b"msgfoo\n"), "flags": much(b"#, fuzzy\n"),
        "values": b'msgid "Hi"\nmsgstr "' + much(b"{x") + b'"\n',
    },
    "stories/main.yml": {
        "stories": b"bot: toy\nstories:\n" + numbered("  - story: a#\n    steps: [{user: hi}]\n", 20_000),
        "steps": b"bot: toy\nstories:\n  - story: a\n    steps:\n" + much(b"      - user: hi\n      - bot:\n", 60_000),
        "lists of lists": b"bot: toy\nstories:\n  - story: a\n    given: {slots: {x: "
                          + b"[" * 5000 + b"]" * 5000 + b"}}\n",
        "no such time": b"bot: toy\nstories:\n  - {story: a, given: {now: 99999-99-99T99:99}, steps: [{user: a}]}\n",
        "the end of time": b"bot: toy\nstories:\n  - {story: a, given: {now: 9999-12-31T23:59}, "
                           b"steps: [{user: a}, {bot: }, {wait: 3d}, {user: b}, {bot: }]}\n",
        "the first of days": b"bot: toy\nstories:\n  - {story: a, given: {now: 0001-01-01T00:00}, "
                             b"steps: [{user: a}, {bot: }, {user: tomorrow}, {bot: }]}\n",
        "long waits": b"bot: toy\nstories:\n  - story: a\n    steps: [{user: a}, {bot: }, "
                      + b"{wait: 900000w}, " * 50 + b"]\n",
        "a wait beyond all": b"bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {wait: " + b"9" * 400 + b"d}]}\n",
        "an open pattern": b"bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {bot: '/((/'}]}\n",
        "many stars": b"bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {bot: '" + much(b"*a") + b"b'}]}\n",
        "steps of no shape": b"bot: toy\nstories:\n  - {story: a, steps: [{sends: {image: 3}}, {sends: []}, {tap: 3}, "
                             b"{event: {x: y}}, {expect: {at: [1]}}, {user: {a: b}}, "
                             b"3, [], null, {fails: x}, {again: 3}]}\n",
        "given of no shape": b"bot: toy\nstories:\n  - {story: a, given: [1], actions: 3, steps: {a: b}}\n",
    },
}
CASES = [pytest.param(file, data, id=f"{file}: {name}")
         for file in FILES for name, data in {**ANY_FILE, **ONE_FILE[file]}.items()]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good bot, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, data in GOOD.items():
        write(tmp_path / "toy" / name, data)
    return tmp_path / "toy"


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def said(*command: str) -> tuple[int, str]:
    """The exit code of a command and what it says; nothing but an orderly end will do."""
    gc.collect()
    gc.freeze()                              # a command of its own has nothing of six thousand tests to look through
    before = time.process_time()
    result = CliRunner().invoke(main, command)
    took = time.process_time() - before
    gc.unfreeze()
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "our fault" not in result.output, Path(result.output.split()[-1]).read_text()
    assert took < LONGEST_S
    return result.exit_code, result.output


def test_the_bot_they_are_put_into_is_a_good_one(toy: Path):
    assert [said(*COMMANDS[name])[0] for name in ("check", "test", "graph", "build", "locales")] == [0] * 5


@pytest.mark.parametrize(("file", "data"), CASES)
def test_any_file_is_read_in_good_time_and_told(toy: Path, file: str, data: bytes):
    write(toy / file, data)

    code, output = said(*COMMANDS["test" if file.startswith("stories") else "check"])

    assert code in (0, 1)
    assert output
    assert len(output) < 4 * SIZE


SHORT = {name: data for name, data in ANY_FILE.items() if name in ("nothing", "nul", "noise", "much of b'{'")}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"check"}))
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("data", SHORT.values(), ids=SHORT)
def test_no_command_stumbles_over_a_bad_file(toy: Path, command: str, file: str, data: bytes):
    write(toy / file, data)

    code, _ = said(*COMMANDS[command])

    assert code in (0, 1)


@pytest.mark.parametrize("data", ONE_FILE["main.flow"].values(), ids=ONE_FILE["main.flow"])
def test_fmt_reads_any_file_in_good_time(toy: Path, data: bytes):
    write(toy / "main.flow", data)

    assert said("fmt", "--check", "toy")[0] in (0, 1)


@pytest.mark.parametrize("data", ONE_FILE["locales/es.po"].values(), ids=ONE_FILE["locales/es.po"])
def test_a_bad_translation_is_never_written_over(toy: Path, data: bytes):
    write(toy / "locales/es.po", data)

    code, _ = said(*COMMANDS["locales"])

    assert code == 0 or (toy / "locales/es.po").read_bytes() == data


def test_line_ends_and_a_byte_order_mark_of_another_system_do_not_matter(toy: Path):
    for name, data in GOOD.items():
        write(toy / name, b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))

    assert said("check", "toy") == (0, "no errors in toy\n")
    assert said("test", "toy")[0] == 0


# --- files that are none ----------------------------------------------------------------------------------------


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def as_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone")


def as_secret(path: Path) -> None:
    path.chmod(0)


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("become", [as_folder, as_loop, as_nowhere, as_secret, as_pipe])
def test_what_is_no_file_is_told(toy: Path, file: str, command: str, become: Callable[[Path], None]):
    become(toy / file)

    code, output = said(*COMMANDS[command])

    assert code in (0, 1, 2, 3)
    assert output or command == "fmt"


@pytest.mark.parametrize("folder", ["locales", "stories"])
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_folder_that_contains_itself_ends(toy: Path, folder: str, command: str):
    (toy / folder / "again").symlink_to(toy, target_is_directory=True)

    assert said(*COMMANDS[command])[0] in (0, 1)


@pytest.mark.parametrize("arguments", [
    ("check", "nowhere"), ("check", ""), ("check", "a\nb"), ("fmt", "nowhere"), ("test", "nowhere"),
    ("graph", "nowhere"),
    ("build", "toy"), ("build", "toy", "-o", "nowhere/toy.json"), ("graph", "toy", "-o", "nowhere/toy.svg"),
    ("test", "toy", "--junit", "nowhere/out.xml"), ("locales", "update", "nowhere"), ("locales", "updaet", "toy"),
    ("explain", "F999"), ("explain", ""), ("explain", "../F001"), ("explain", "\0"), ("new", "toy"),
    ("new", "nowhere/A"),
    ("new", "toy/main.flow/cafe"), ("chat", "nowhere"), ("run", "nowhere"), ("check", "toy", "--format", "xml"),
    ("test", "toy", "-k", "("),
])
def test_wrong_usage_ends_with_a_line(toy: Path, arguments: tuple[str, ...]):
    code, output = said(*arguments)

    assert code in (1, 2, 3)
    assert output


# --- bots with a slip of the pen --------------------------------------------------------------------------------

BOTS = Path(__file__).parent.parent / "bots"
SHIPPED = {
    folder.name: {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
                  for path in sorted([folder / "domain.yml", *folder.glob("*.flow"), *folder.glob("locales/*.po")])}
    for folder in sorted(BOTS.iterdir()) if (folder / "domain.yml").exists()}
SIGNS = "\"{}()[]|:-#'\n \t\\/0aé\0>,"


def slipped(sources: dict[str, str], chance: random.Random) -> dict[str, str]:
    """The same files with one to three lines or characters doubled, swapped, indented, misplaced or gone."""
    changed = dict(sources)
    for _ in range(chance.choice([1, 1, 2, 3])):
        name = chance.choice(sorted(changed))
        changed[name] = _slip(changed[name], changed[chance.choice(sorted(changed))].split("\n"), chance)
    return changed


def _slip(text: str, others: list[str], chance: random.Random) -> str:
    lines = text.split("\n")
    here, there, at = chance.randrange(len(lines)), chance.randrange(len(lines)), chance.randrange(len(text) + 1)
    match chance.randrange(9):
        case 0:
            del lines[here]
        case 1:
            lines.insert(there, lines[here])
        case 2:
            lines[here], lines[there] = lines[there], lines[here]
        case 3:
            return text[:at] + text[at + 1:]
        case 4:
            return text[:at] + chance.choice(SIGNS) + text[at:]
        case 5:
            lines[here] = "  " + lines[here]
        case 6:
            lines[here] = lines[here][2:]
        case 7:
            lines.insert(here, chance.choice(others))
        case _:
            words = lines[here].split(" ")
            words[chance.randrange(len(words))] = chance.choice(chance.choice(others).split(" "))
            lines[here] = " ".join(words)
    return "\n".join(lines)


@given(seed=st.integers(0, 2**32), bot=st.sampled_from(sorted(SHIPPED)))
@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_a_bot_with_a_slip_is_told_or_works(seed: int, bot: str):
    chance = random.Random(seed)
    sources = slipped(SHIPPED[bot], chance)

    built = build_sources(sources)

    assert text(built.diagnostics, built.sources, bot)
    for report in built.diagnostics:
        assert 0 <= report.span.start <= report.span.end <= len(built.sources[report.span.file].text)
    laid_out = {name: format_source(source) if name.endswith(".flow") else source for name, source in sources.items()}
    assert all(source is None or not name.endswith(".flow") or format_source(source) == source
               for name, source in laid_out.items())
    if built.table is None:
        assert built.diagnostics
    else:
        assert None not in laid_out.values()
        again = build_sources({name: source or "" for name, source in laid_out.items()}).table
        assert again is not None
        assert dump(again) == dump(built.table)
        converse(load(dump(built.table)), chance)


RESULTS: list[Any] = [None, [], {}, "x", 3, [{"id": str(n), "name": f"N{n}", "km": 1, "price": "3"} for n in range(25)],
                      {"id": "1", "at": "2026-03-02T09:00", "total": 3, "lines": []}]
REPLIES = ["hi", "yes", "no", "1", "2", "menu", "stop", "help", "tomorrow at 9", "Ana Lima", "24 March 1990", "9",
           "more", "a@b.co", "Bogota", "1e999", "31/02/2020", "shop", "book", "", "\0", "\u202eabc", "\u200b",
           "x" * 10_000]
THINGS: list[tuple[str, dict[str, Any]]] = [
    ("image", {"id": "1", "mime": "image/png"}), ("audio", {}), ("location", {"latitude": 1, "longitude": 2}),
    ("contact", {"name": 3}), ("order", {}), ("unsupported", {}), ("sticker", {"id": None})]


def converse(table: Table, chance: random.Random) -> None:
    """A dozen events; nothing may be thrown, and a state that rests is one that somebody will move on."""
    talk = Conversation(table, 1_772_000_000_000)
    offered: list[Offer] = []
    for _ in range(12):
        talk.now += chance.choice([1000, 60_000, 90_000_000])
        turn = talk.happens(_event(talk, offered, chance))
        offered += [effect for effect in turn.effects if isinstance(effect, Offer)]


def _event(talk: Conversation, offered: list[Offer], chance: random.Random) -> Event:
    when: Any = {"at": talk.now, "seed": talk.seed}
    kind = chance.random()
    if talk.calls and kind < 0.6:
        failed = Failed(call=talk.calls[0].id, kind="failure", **when)
        return chance.choice([failed, Answered(call=talk.calls[0].id, result=chance.choice(RESULTS), **when)])
    if offered and kind < 0.4:
        offer = chance.choice(offered)
        return Chose(step=offer.step, option=chance.choice(offer.options).id, **when)
    if kind < 0.7:
        return Said(text=chance.choice(REPLIES), **when)
    if kind < 0.8:
        thing, value = chance.choice(THINGS)
        return Sent(kind=thing, value=value, **when)
    if kind < 0.9 and talk.table.events:
        name = chance.choice(sorted(talk.table.events))
        return Happened(name=name, params=chance.choice([{}, {"store": "X"}]), **when)
    return talk.next_due(talk.now + 90_000_000) or Resumed(**when)


# --- users ------------------------------------------------------------------------------------------------------

TEXTS = {
    "nothing": "", "nul": "\0", "emoji": "👩‍👩‍👧‍👦🏽",
    "right to left": "\u202eשלום", "of no width": "\u200b\u200d\ufeff",
    "long": "x" * 100_000, "long words": "yes " * 25_000, "long digits": "1" * 100_000, "long dates": "1/" * 50_000,
    "long blanks": " " * 100_000, "long marks": "a" + "\u0301" * 100_000,
    "long emoji": "😀" * 50_000,
    "long address": "a@" + "a." * 50_000, "long numbers": "twenty " * 15_000,
    "braces": "{name}", "lines": "\n" * 100_000,
    "hours": "at 5 " * 20_000,
    "other scripts": "٢٠٢٦/٣/١ 九", "markup": "<b>'; DROP TABLE x;--",
}


@pytest.mark.parametrize("said", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("bot", SHIPPED)
def test_any_text_is_answered_at_every_step_in_good_time(bot: str, said: str):
    table = build_sources(SHIPPED[bot]).table
    assert table is not None
    at_ms = 1_772_000_000_000
    for name, step in table.steps.items():
        if step.kind in ("call", "handover", "do"):
            continue
        state = State(frames=(Frame(flow=step.flow, step=name),), heard=at_ms)
        before = time.process_time()
        turn = advance(table, state, Said(text=said, at=at_ms + 1000))
        took = time.process_time() - before

        is_answered = any(isinstance(effect, Message | Call | Handover) for effect in turn.effects)
        assert is_answered or not turn.state.frames, name
        assert took < LONGEST_S, name
