"""What flows become: golden tables, and what no single table shows."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsl.diagnostics import Severity
from dsl.domain import read_domain
from dsl.locales import read_locale
from dsl.lower import Lowered, lower
from dsl.parser import parse
from dsl.source import Source
from dsl.table import Table, dump, load

GOLDEN = Path(__file__).parent / "golden"
DOMAIN = "bot: example\nlanguages: [en]\nstart: main\n"
SHOWN = ("flows", "steps", "runs", "anywhere", "anywhere_locals", "otherwise", "starts", "rules", "actions", "records",
         "templates", "slots", "events", "exprs", "patterns", "was")


def lowered(flow: str, domain: str = DOMAIN, **locales: str) -> Lowered:
    """The bot without the checks of its whole: what is lowered is what is asked here."""
    source = Source("main.flow", flow)
    file, faults = parse(source)
    known, more = read_domain(Source("domain.yml", domain))
    assert known is not None
    assert not [*faults, *more]
    translations = {tag: read_locale(Source(f"{tag}.po", text), tag)[0] for tag, text in locales.items()}
    return lower(known, [file], translations, {"domain.yml": Source("domain.yml", domain), "main.flow": source})


def table(flow: str, domain: str = "", **locales: str) -> Table:
    made = lowered(flow, domain if "bot:" in domain else DOMAIN + domain, **locales)
    assert not [each for each in made.found if each.severity is Severity.ERROR]
    return made.table


def shown(table: Table) -> str:
    """A table as people read it, one part a line, without what every bot has: the machine's own texts."""
    plain = json.loads(dump(table))
    own = min(t for name, t in plain["system"].items() if name != "more")
    plain["texts"] = plain["texts"][:own]
    lines = []
    for part in (*SHOWN, "texts"):
        content = plain.get(part) or {}
        items = content.items() if isinstance(content, dict) else enumerate(content)
        lines += [f"{part} {name}: {json.dumps(each, ensure_ascii=False)}" for name, each in items]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("flow", sorted(GOLDEN.glob("*.flow")), ids=lambda path: path.stem)
def test_a_flow_compiles_to_the_table_on_record(flow, golden):
    domain, spanish = (GOLDEN / "domain.yml").read_text(), (GOLDEN / "es.po").read_text()

    golden(flow.with_suffix(".table.json"), shown(table(flow.read_text(), domain, es=spanish)))


def test_a_table_is_read_back_as_it_was_written():
    made = table((GOLDEN / "call.flow").read_text(), (GOLDEN / "domain.yml").read_text())

    assert load(dump(made)) == made


PRINT_TABLE = """
import hashlib, sys
from pathlib import Path
from dsl.build import build_sources
from dsl.table import dump
folder = Path(sys.argv[1])
names = ("domain.yml", "choose.flow", "call.flow")
built = build_sources({name: (folder / name).read_text() for name in names if name != sys.argv[2]})
print([repr(each) for each in built.diagnostics], built.table and hashlib.sha256(dump(built.table)).hexdigest())
"""


@pytest.mark.parametrize("left_out", ["call.flow", ""])
def test_the_same_sources_give_the_same_bytes_and_words_whatever_the_hash_seed(left_out):
    said = {subprocess.run([sys.executable, "-c", PRINT_TABLE, str(GOLDEN), left_out], capture_output=True, text=True,
                           check=True, env={"PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")}

    assert len(said) == 1


def test_every_part_of_a_table_has_its_place():
    flow = (GOLDEN / "choose.flow").read_text()
    made = lowered(flow, (GOLDEN / "domain.yml").read_text())
    places = made.map

    assert places.files == ["domain.yml", "main.flow"]
    assert {name: len(rows) for name, rows in places.rows.items() if name in made.table.steps} == {
        name: len(step.on) for name, step in made.table.steps.items()}
    assert {name: len(ops) for name, ops in places.ops.items()} == {
        name: len(ops) for name, ops in made.table.runs.items()}
    assert {name: len(options) for name, options in places.options.items()} == {
        name: len(step.options) for name, step in made.table.steps.items() if step.options}
    assert len(places.rows["anywhere"]) == len(made.table.anywhere)
    assert len(places.rows["starts"]) == len(made.table.starts)
    assert [len(each) for each in (places.texts, places.exprs, places.patterns)] == [
        len(each) for each in (made.table.texts, made.table.exprs, made.table.patterns)]
    book = places.flows["book"]
    assert flow[book.start:book.end].startswith("flow book")


def test_what_names_nothing_becomes_a_question_mark_and_the_rest_is_there():
    made = lowered('flow main\n  call nope(1) into x\n    on "no" -> nowhere\n  say sorry\n  say "{x} {y}"\n'
                   '  do nothing\n  send template none()\n  again z\n')

    assert made.table.steps["main.nope"].name == "?"
    assert made.table.steps["main.nothing"].name == "?"
    assert ["jump", "?"] in made.table.runs["main#2"]
    assert ["template", "?", []] in [op for run in made.table.runs.values() for op in run]
    assert ["again", "?"] in [op for run in made.table.runs.values() for op in run]
    assert sorted(each.code for each in made.found) == ["F101", "F101", "F102", "F103", "F105", "F106", "F112"]


def test_a_text_that_shows_no_words_is_the_same_in_every_language():
    made = table('flow main\n  ask n as integer "How many?"\n  say "{n}: 12"\n  end\n',
                 "bot: b\nlanguages: [en, es]\nstart: main\n")

    parts = [["show", "integer", [], ["local", "n", "integer"]], ": 12"]
    assert {"en": parts, "es": parts} in made.texts


def test_a_translation_is_read_in_the_names_of_its_place():
    made = lowered('flow main\n  ask n as integer "Count?"\n  say "You {n}"\n  end\n',
                   "bot: b\nlanguages: [en, es]\nstart: main\n", es='msgid "You {n}"\nmsgstr "Usted {n}"\n')

    assert made.table.texts[1]["es"] == ["Usted ", ["show", "integer", [], ["local", "n", "integer"]]]


def test_plural_words_go_to_the_categories_of_their_language():
    made = table('flow main\n  ask n as integer "?"\n  say "{n|plural \'a\' \'b\' \'c\'}{n|plural \'x\'}"\n  end\n',
                 "bot: b\nlanguages: [pl]\nstart: main\n")

    n = ["local", "n", "integer"]
    assert made.texts[1]["pl"] == [["plural", n, {"one": "a", "few": "b", "many": "c", "other": "c"}],
                                   ["plural", n, {"other": "x"}]]


def test_words_of_patterns_keep_places_of_their_own():
    made = lowered('anywhere\n  on "book", "book" -> main\nflow main\n  say "book"\n  end\n')

    assert [row.event for row in made.table.anywhere] == ["reply:1", "reply:2"]
    assert [place.column for place in made.map.texts[1:3]] == [6, 14]


def test_an_empty_team_or_title_still_has_a_name():
    made = table('flow main\n  handover "!"\n  choose x "?"\n    - "…"\n    - "👍"\n  end\n')

    assert set(made.steps) == {"main.u21", "main.x"}


def test_options_are_named_by_tag_target_value_or_title():
    made = table('flow main\n  choose x "?"\n    - "A" = true\n    - "B" = false @b\n  choose y "?"\n'
                 '    - "To Main" -> main\n    - "Say it"\n      say "Hi."\n    - "{1 + 1} a"\n  end\n')

    assert [option.id for option in made.steps["main.x"].options] == ["true", "b"]
    assert [option.id for option in made.steps["main.y"].options] == ["main", "say_it", "1_1_a"]


def test_a_choice_made_in_place_knows_its_titles():
    made = table('flow main\n  choose size "?"\n    - "Small" = "s"\n    - "Large" = "l"\n  say "{size}"\n  end\n')

    assert made.flows["main"].locals["size"].values == [["s", 1], ["l", 2]]


def test_what_is_asked_in_private_is_private_wherever_it_is_kept():
    made = table('flow main\n  ask pin as text "Pin?"\n    private\n  choose ok "Ok?"\n    private\n'
                 '    - "Yes" = true\n    - "No" = false\n  end\n')

    assert {name: var.private for name, var in made.flows["main"].locals.items()} == {"pin": True, "ok": True}


def test_what_is_made_of_personal_data_is_personal_data():
    made = table('flow main\n  ask name as text "Name?"\n  set copy = "Dr {name}"\n  do greet(copy) into said\n  end\n'
                 'flow greet(who: text) -> text\n  return upper(who)\n',
                 "slots:\n  name: {type: text, pii: true}\n  copy: text\n")

    assert made.slots["copy"].pii
    assert made.flows["greet"].locals["who"].pii
    assert made.flows["main"].locals["said"].pii


def test_a_local_is_as_long_as_its_questions_let_it_be():
    made = table('rule short for text\n  length 1..5\n  else "!"\nflow main\n  ask a as text length 2..60 "?"\n'
                 '  ask b as short "?"\n  ask b as text length 1..9 "?" @again\n  ask c as short "?"\n'
                 '  ask c as text "?" @more\n  say "{a}{b}{c}"\n  end\n')

    assert {name: var.max for name, var in made.flows["main"].locals.items()} == {"a": 60, "b": 9, "c": None}


def test_system_texts_are_the_machines_unless_a_response_says_them():
    made = table("flow main\n  end\n", 'responses:\n  system.more: "Others…"\n  system.yes: ["Yes!", "Sure."]\n')

    assert made.texts[made.system["more"]] == {"en": ["Others…"]}
    assert [made.texts[each] for each in made.system["yes"]] == [{"en": ["Yes!"]}, {"en": ["Sure."]}]
    assert made.texts[made.system["no"]] == {"en": ["No"]}


def test_a_loop_around_a_question_has_a_name_that_survives_edits():
    made = table('flow main\n  for x in [1]\n    for x in [2]\n      ask y as text "{x}?"\n  end\n')

    assert [op[1] for run in made.runs.values() for op in run if op[0] == "each"] == ["for.x", "for.x.2"]


def test_ten_times_the_steps_take_ten_times_the_time():
    def cpu_s(flows: int) -> float:
        text = "".join(f'flow f{n}\n  ask a{n} as text "Name {n}?"\n    hint "Hint"\n  if a{n} == "x"\n'
                       f'    ask b{n} as date "When, {{a{n}}}?"\n  choose c{n} "Sure?"\n    - "Yes"\n    - "No" -> f0\n'
                       for n in range(flows))
        source = Source("main.flow", text)
        file, _ = parse(source)
        domain, _ = read_domain(Source("domain.yml", DOMAIN.replace("main", "f0")))
        assert domain is not None
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            made = lower(domain, [file], {}, {"domain.yml": Source("domain.yml", ""), "main.flow": source})
            best = min(best, time.process_time() - start)
            assert len(made.table.steps) == 3 * flows
        return best

    assert cpu_s(1_000) < 30 * cpu_s(100)
