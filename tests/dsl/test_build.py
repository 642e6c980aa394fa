"""From a folder of any bytes to a table or diagnostics, never to a traceback."""

import gc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.build import Build, build, build_sources, translatables
from dsl.diagnostics import MOST_ERRORS, Severity

DOMAIN = "bot: example\nlanguages: [en]\nstart: main\n"
FLOW = 'flow main\n  say "Hello."\n  end\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "domain.yml").write_text(DOMAIN)
    (tmp_path / "main.flow").write_text(FLOW)
    return tmp_path


def codes(built: Build) -> list[str]:
    return [diagnostic.code for diagnostic in built.diagnostics]


def test_a_folder_becomes_a_table_with_its_places(folder):
    built = build(folder)

    assert built.diagnostics == ()
    assert built.table is not None
    assert built.map is not None
    assert built.domain is not None
    assert list(built.sources) == [f"{folder.as_posix()}/{name}" for name in ("domain.yml", "main.flow")]
    assert [file.name for file in built.files] == [f"{folder.as_posix()}/main.flow"]


def test_all_files_of_a_folder_are_one_bot(folder):
    (folder / "domain.yml").write_text(DOMAIN.replace("[en]", "[en, es]"))
    (folder / "other.flow").write_text('flow other\n  say "Bye."\n  end\n')
    (folder / "main.flow").write_text('flow main\n  say "Hello."\n  -> other\n')
    (folder / "locales").mkdir()
    (folder / "locales" / "es.po").write_text('msgid "Hello."\nmsgstr "Hola."\n\nmsgid "Bye."\nmsgstr "Adiós."\n')
    built = build(folder)

    assert codes(built) == []
    assert built.table is not None
    assert {"en": ["Bye."], "es": ["Adiós."]} in built.table.texts


def test_a_path_where_there_is_no_folder_is_said(tmp_path):
    built = build(tmp_path / "gone")

    assert codes(built) == ["F090"]
    assert built.diagnostics[0].span.file in built.sources


def test_a_folder_without_a_domain_is_said(tmp_path):
    assert codes(build(tmp_path)) == ["F091"]


def test_bytes_that_are_not_utf8_are_said_with_their_place(folder):
    (folder / "main.flow").write_bytes(b"\xef\xbb\xbfflow main\n  say \"\xe1\xff\"\n  end\n")
    built = build(folder)

    assert codes(built) == ["F092"]
    assert built.diagnostics[0].message == "this file is not UTF-8: byte 18 is 0xe1"
    span = built.diagnostics[0].span
    assert built.sources[span.file].position(span.start) == (2, 8)
    assert built.table is None


def test_a_file_that_cannot_be_opened_is_said(folder):
    (folder / "other.flow").mkdir()

    assert codes(build(folder)) == ["F093"]


def test_a_byte_order_mark_is_no_character(folder):
    (folder / "main.flow").write_bytes(b"\xef\xbb\xbf" + FLOW.encode())

    assert codes(build(folder)) == []


def test_there_is_a_table_only_without_errors(folder):
    (folder / "main.flow").write_text('flow main\n  say "{gone}"\n  end\n')
    built = build(folder)

    assert codes(built) == ["F102"]
    assert (built.table, built.map) == (None, None)


def test_warnings_leave_the_table(folder):
    (folder / "domain.yml").write_text(DOMAIN + "slots:\n  city: text\n")
    built = build(folder)

    assert [diagnostic.severity for diagnostic in built.diagnostics] == [Severity.WARNING]
    assert built.table is not None


def test_diagnostics_come_by_file_and_place():
    flow = 'flow main\n  say "{b}"\n  say "{a}"\n  end\n'
    domain = DOMAIN + "slots:\n  x: gone\n"
    built = build_sources({"z.flow": flow.replace("main", "other"), "a.flow": flow, "domain.yml": domain})
    places = [(each.span.file, each.span.start) for each in built.diagnostics if each.severity is Severity.ERROR]

    assert places == sorted(places, key=lambda place: (place[0] != "domain.yml", place))
    assert len(places) == 5


def test_what_only_a_whole_bot_shows_waits_until_it_can_be_read():
    flow = 'flow main\n  say "Hello."\n  -> othr "\n\nflow other\n  say "Bye."\n  end\n'

    assert not [code for code in codes(build_sources({"domain.yml": DOMAIN, "main.flow": flow})) if code >= "F100"]


def test_what_is_allowed_is_not_in_vain_while_a_line_cannot_be_read():
    flow = 'flow main\n  say "Hello."\n  -> othr "\n\n# allow F301: only by hand\nflow other\n  end\n'

    assert "F901" not in codes(build_sources({"domain.yml": DOMAIN, "main.flow": flow}))


def test_a_domain_that_cannot_be_read_is_all_that_is_said_besides_writing():
    found = codes(build_sources({"domain.yml": "bot: [", "main.flow": 'flow main\n  say "{x}\n  end\n'}))

    assert found
    assert all(code < "F100" for code in found)


@pytest.mark.parametrize("comment", ["# allow F102: it comes later", "#allow F102"])
def test_a_comment_allows_a_code_on_its_own_line_and_the_next(comment):
    above = f'flow main\n  {comment}\n  say "{{gone}}"\n  end\n'
    beside = f'flow main\n  say "{{gone}}" {comment}\n  end\n'

    assert codes(build_sources({"domain.yml": DOMAIN, "main.flow": above})) == []
    assert codes(build_sources({"domain.yml": DOMAIN, "main.flow": beside})) == []


def test_what_is_allowed_elsewhere_is_said_and_the_comment_too():
    flow = 'flow main\n  # allow F102: no\n  say "Hello."\n  say "{gone}"\n  end\n'
    built = build_sources({"domain.yml": DOMAIN, "main.flow": flow})

    assert codes(built) == ["F901", "F102"]
    assert built.diagnostics[0].fixes[0].edits[0].text == ""


def test_translators_are_told_every_text_with_its_place_and_room():
    flow = ('menu main "What?"\n  footer "Small"\n  - "A" also "b" -> bye\n'
            'flow bye\n  say "Bye {1}."\n  say "{2}"\n  end\n')
    texts = translatables(build_sources({"domain.yml": DOMAIN, "main.flow": flow}))

    assert [(text.context, text.raw, text.most) for text in texts] == [
        ("main", "What?", None), ("main", "Small", 60), ("main", "A", 20), ("main", "b", None),
        ("bye", "Bye {1}.", None)]


def test_past_a_thousand_mistakes_no_more_are_looked_for():
    domain = DOMAIN + "slots:\n  unused: text\n"
    many = "".join(f"  -> gone_{number}\n" for number in range(MOST_ERRORS + 500))
    built = build_sources({"domain.yml": domain, "main.flow": f"flow main\n{many}"})

    assert len(built.diagnostics) <= MOST_ERRORS + 10
    assert codes(built)[0] == "F094"
    assert built.diagnostics[0].message == "1,000 mistakes are told, and no more are looked for"
    assert built.table is None


@pytest.mark.parametrize("flow", [
    'menu main "?"\n' + '  - "a" -> main\n' * 1_500,
    'menu main "?"\n  - "a" -> main\nanywhere\n' + "".join(f"  on event e{n} -> main\n" for n in range(1_500)),
    "flow main\n" + '  ask name as text "?"\n' * 1_500,
])
def test_a_thousand_mistakes_are_enough_wherever_they_stand(flow):
    built = build_sources({"domain.yml": DOMAIN, "main.flow": flow})

    assert "F094" in codes(built)
    assert sum(one.severity is Severity.ERROR for one in built.diagnostics) <= MOST_ERRORS + 2


def test_a_thousand_warnings_keep_nobody_from_building():
    flow = "".join(f'flow f{number}\n  say "{number}"\n  end\n' for number in range(MOST_ERRORS + 500))
    built = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW, "others.flow": flow})

    assert set(codes(built)) == {"F301"}
    assert built.table is not None


def test_of_a_file_too_long_to_be_read_nothing_further_is_said(monkeypatch):
    monkeypatch.setattr("dsl.lexer.MOST_TOKENS", 20)
    built = build_sources({"domain.yml": DOMAIN, "main.flow": FLOW + 'flow other\n  say "{gone}"\n  end\n' * 3})

    assert codes(built) == ["F021"]


def test_a_build_leaves_the_collector_as_it_was():
    build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
    assert gc.isenabled()

    gc.disable()
    try:
        build_sources({"domain.yml": DOMAIN, "main.flow": FLOW})
        assert not gc.isenabled()
    finally:
        gc.enable()


PIECES = st.sampled_from([
    "flow ", "menu ", "main", "rule r for text", "anywhere", "\n", "\n  ", "\n    ", "ask x as text ", "need ",
    '"a {x}"', '"', "{", "}", " -> main", "say ", "choose c ", "- ", "if x", "else", "end", "again", "@t", "was y",
    " = ", "1", "x.y[0]", "call book(", ")", "into x", "on ", "/a(b/", "tries 2", "after 5m", "for x in ", "[", "]",
    "|date", "return ", "do main", "set x = ", "or 'a'", "is empty", "reveal ", "handover ", "otherwise 2 times",
    "starts on ", "event e", "\0", "é", "👍", "#",
])
LINES = st.lists(PIECES, max_size=40).map("".join)


@settings(max_examples=100, deadline=None)
@given(flow=LINES, domain=st.sampled_from(["", "slots:\n  x: text\n", "slots:\n  x: list of y\n"]))
def test_whatever_is_written_gives_a_table_or_diagnostics(flow, domain):
    built = build_sources({"domain.yml": DOMAIN + domain, "main.flow": "flow main\n  end\n" + flow})

    assert (built.table is None) == any(each.severity is Severity.ERROR for each in built.diagnostics)


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from(["domain.yml", "main.flow", "locales/es.po"]))
def test_any_bytes_in_any_file_are_read_without_a_traceback(tmp_path_factory, data, name):
    folder = tmp_path_factory.mktemp("bot")
    (folder / "locales").mkdir()
    (folder / "domain.yml").write_text(DOMAIN)
    (folder / name).write_bytes(data)

    assert build(folder).diagnostics


def test_of_a_line_that_could_not_be_read_nothing_further_is_said(folder):
    (folder / "main.flow").write_text('flow main\n  ask n as integer from 1 perhaps nobody "How many?"\n  -> nowhere\n')

    assert codes(build(folder)) == ["F026", "F101"]
