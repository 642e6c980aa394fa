"""The commands as a person calls them, each in a folder of its own."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runtime.__main__ import COMMANDS, main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cafe(here: Path) -> Path:
    """A new bot, as `talktable new` makes it."""
    assert call("new", "bots/cafe").exit_code == 0
    return here / "bots" / "cafe"


def call(*args: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, list(args), input=typed, catch_exceptions=False)


def test_help_names_every_command():
    shown = call("--help").output

    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str):
    assert "Usage:" in call(name, "--help").output


def test_a_fault_of_ours_is_one_line_and_a_file(cafe: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(folder: Path) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("dsl.build.build", fail)

    failed = call("check", "bots/cafe")

    assert failed.exit_code == 3
    assert "Traceback" not in failed.output
    assert "RuntimeError: inside" in Path(failed.output.split()[-1]).read_text()


def test_an_unknown_command_is_wrong_usage():
    assert call("chekc").exit_code == 2


def test_a_new_bot_checks_without_a_word(cafe: Path):
    checked = call("check", "bots/cafe")

    assert (checked.exit_code, checked.output) == (0, "no errors in bots/cafe\n")


def test_a_new_bot_is_laid_out(cafe: Path):
    assert call("fmt", "--check", "bots/cafe").exit_code == 0


def test_a_new_bot_passes_its_stories(cafe: Path):
    tested = call("test", "bots/cafe")

    assert tested.exit_code == 0
    assert tested.stderr == "2 stories in 1 file, of cafe\n"
    assert tested.stdout.startswith("2 passed, 0 failed")


def test_a_new_bot_names_its_schemas_in_its_first_lines(cafe: Path):
    for file in ("domain.yml", "stories/main.yml"):
        first = (cafe / file).read_text().splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((cafe / file).parent.joinpath(schema).read_text())["$schema"]


def test_a_new_bot_holds_a_conversation(cafe: Path):
    held = call("chat", "bots/cafe", "--plain", typed="hi\nAna\nOpening hours\n").output.splitlines()

    assert held == ["> hi", "Hi! I'm cafe.", "What is your name?", "> Ana", "What can I do for you, Ana?",
                    "1. Opening hours", "2. Goodbye", "> Opening hours", "We are open from nine to five.",
                    "What can I do for you, Ana?", "1. Opening hours", "2. Goodbye"]


def test_a_folder_that_exists_is_never_written_over(cafe: Path):
    again = call("new", "bots/cafe")

    assert again.exit_code == 3
    assert "exists already" in again.output


def test_a_bot_needs_a_plain_name(here: Path):
    assert call("new", "bots/My-Bot").exit_code == 2


def broken(cafe: Path) -> None:
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace("-> goodbye", "-> godbye"))


def test_an_error_leaves_with_one_and_shows_place_and_fix(cafe: Path):
    broken(cafe)

    checked = call("check", "bots/cafe")

    assert checked.exit_code == 1
    assert "error[F101]" in checked.output
    assert "bots/cafe/main.flow:" in checked.output
    assert "goodbye" in checked.output.split("fix:")[1]


@pytest.mark.parametrize("shape", ["json", "github", "sarif"])
def test_reports_come_in_the_shape_programs_want(cafe: Path, shape: str):
    broken(cafe)

    shown = call("check", "bots/cafe", "--format", shape)

    assert shown.exit_code == 1
    assert "F101" in shown.output


def test_a_broken_bot_is_neither_played_nor_drawn_nor_built(cafe: Path):
    broken(cafe)

    for command in (["test", "bots/cafe"], ["graph", "bots/cafe"], ["build", "bots/cafe", "-o", "x.json"],
                    ["chat", "bots/cafe", "--plain"]):
        refused = call(*command)
        assert refused.exit_code == 1
        assert "F101" in refused.output


def test_explain_shows_a_page_and_lists_all():
    assert call("explain", "f101").output.startswith("# F101: ")
    assert "F101" in call("explain").output


def test_explain_of_no_code_says_which_are_near():
    unknown = call("explain", "F10")

    assert unknown.exit_code == 2
    assert "did you mean" in unknown.output


def test_fmt_lays_out_and_is_then_content(cafe: Path):
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace('  say "Hi!', '      say    "Hi!', 1).replace("-> main", "->   main"))

    assert call("fmt", "bots/cafe", "--check").exit_code in (0, 1)
    call("fmt", "bots/cafe")
    assert call("fmt", "bots/cafe", "--check").exit_code in (0, 1)


def test_fmt_leaves_a_broken_file_alone(cafe: Path):
    flow = cafe / "main.flow"
    flow.write_text('menu main "Hi\n  - -> -> ')
    before = flow.read_bytes()

    formatted = call("fmt", "bots/cafe")

    assert formatted.exit_code == 1
    assert "left alone" in formatted.output
    assert flow.read_bytes() == before


def test_build_writes_the_table_and_its_map(cafe: Path):
    built = call("build", "bots/cafe", "-o", "cafe.table.json")

    assert built.exit_code == 0
    assert json.loads(Path("cafe.table.json").read_bytes())["bot"] == "cafe"
    assert "bots/cafe/main.flow" in json.loads(Path("cafe.table.map.json").read_bytes())["files"]


def test_changing_a_reply_fails_exactly_the_stories_that_see_it(cafe: Path):
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace("We are open from nine to five.", "We are closed."))

    tested = call("test", "bots/cafe", "--junit", "out.xml")

    assert tested.exit_code == 1
    assert "1 passed, 1 failed" in tested.output
    assert "bots/cafe/stories/main.yml:12  tells its opening hours" in tested.output
    assert "- told  We are open from nine to five." in tested.output
    assert "+ sent  We are closed." in tested.output
    assert "main option Opening hours  bots/cafe/main.flow:" in tested.output
    assert "Traceback" not in tested.output
    suite = ElementTree.parse("out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_a_bad_answer_points_at_its_question(cafe: Path):
    story = cafe / "stories" / "main.yml"
    story.write_text(story.read_text().replace('- bot: "*"', "- bot: Something else."))

    assert "fired   welcome.name invalid  bots/cafe/main.flow:8" in call("test", "bots/cafe").output


def test_a_long_text_of_a_broken_story_is_shown_where_it_differs(cafe: Path):
    long, pattern = "y" * 3_000, "ab?" * 600
    story = cafe / "stories" / "long.yml"
    story.write_text("bot: cafe\nstories:\n"
                     f"  - {{story: a, steps: [{{user: '{long}'}}, {{bot: '/{pattern}/'}}]}}\n"
                     f"  - {{story: b, steps: [{{user: hi}}, {{bot: {{menu: main, options: ['{long}z']}}}}]}}\n")

    output = call("test", "bots/cafe/stories/long.yml").output

    assert "…" in output
    assert "(3,000 characters)" in output
    assert "(1,802 characters)" in output
    assert max(map(len, output.splitlines())) < 1_100


def test_stories_can_be_picked_by_name_and_told_as_json(cafe: Path):
    rows = json.loads(call("test", "bots/cafe", "-k", "too short", "--format", "json").output)

    assert [(row["story"], row["outcome"]) for row in rows] == [("asks again when the name is too short", "passed")]


def test_through_whatsapp_the_reports_are_the_same(cafe: Path):
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace("We are open from nine to five.", "We are closed."))

    def report(*how: str) -> list[dict[str, str]]:
        tested = call("test", "bots/cafe", "--format", "json", *how)
        assert tested.exit_code == 1
        return [{key: value for key, value in row.items() if key != "seconds"} for row in json.loads(tested.output)]

    assert report("--through", "whatsapp") == report()


def test_no_stories_is_a_failure(here: Path):
    (here / "empty").mkdir()

    tested = call("test", "empty")

    assert tested.exit_code == 1
    assert "no stories were found" in tested.output


def test_coverage_names_the_rows_that_no_story_takes(cafe: Path):
    shown = call("test", "bots/cafe", "--coverage").output

    assert "rows are taken by a story" in shown
    assert "never taken: anywhere reply stop" in shown


@pytest.mark.parametrize("text", ["stories: 1", "bot: x\nstories:\n - story: a\n   steps: [user]",
                                  "bot: cafe\nstories: [", "\x00stories:",
                                  "bot: nobody\nstories:\n  - {story: a, steps: [{user: hi}]}"])
def test_a_story_file_nobody_can_read_is_said_not_thrown(cafe: Path, text: str):
    (cafe / "stories" / "bad.yml").write_text(text)

    tested = call("test", "bots/cafe/stories/bad.yml")

    assert tested.exit_code == 1
    assert "Traceback" not in tested.output


def test_pictures_come_in_three_shapes(cafe: Path):
    assert call("graph", "bots/cafe").output.startswith("<svg")
    assert "flowchart TD" in call("graph", "bots/cafe", "--format", "mermaid").output
    assert call("graph", "bots/cafe", "--format", "dot", "-o", "cafe.dot").exit_code == 0
    assert Path("cafe.dot").read_text().startswith("digraph")


def test_run_refuses_to_start_without_its_secrets(cafe: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN", "PHONE_NUMBER_ID"):
        monkeypatch.delenv(f"TALKTABLE_WHATSAPP_{name}", raising=False)

    refused = call("run", "bots/cafe")

    assert refused.exit_code == 3
    assert all(f"TALKTABLE_WHATSAPP_{name}" in refused.output for name in ("APP_SECRET", "VERIFY_TOKEN"))


def test_certain_fixes_are_applied_and_checked_again(cafe: Path):
    flow = cafe / "main.flow"
    before = flow.read_text()
    flow.write_text(before.replace('"We are open from nine to five."', "'We are open from nine to five.'"))

    fixed = call("check", "bots/cafe", "--fix")

    assert fixed.exit_code == 0
    assert "fixed bots/cafe/main.flow" in fixed.output
    assert flow.read_text() == before


def test_a_folder_of_bots_is_checked_bot_by_bot(cafe: Path):
    call("new", "bots/bar")

    assert call("check", "bots").output == "no errors in bots/bar\nno errors in bots/cafe\n"
    assert call("check", "bots/cafe/main.flow").output == "no errors in bots/cafe\n"


def test_locales_update_finds_what_is_new(cafe: Path):
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace("nine to five", "ten to six"))

    updated = call("locales", "update", "bots/cafe")

    assert updated.output.startswith("bots/cafe/locales/es.po: ")
    assert "1 to look at again" in updated.output
    assert 'msgid "We are open from ten to six."' in (cafe / "locales" / "es.po").read_text()


def test_stories_are_collected_by_pytest_too(cafe: Path):
    def run(*options: str) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "bots/cafe/stories", *options]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    assert "2 passed" in run()
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace("nine to five", "ten to six"))
    failed = run("-k", "hours")
    assert "1 failed, 1 deselected" in failed
    assert "- told  We are open from nine to five." in failed
    assert "Traceback" not in failed
