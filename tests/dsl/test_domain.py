"""domain.yml as values."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.domain import Domain, Http, read_domain
from dsl.nearest import nearest
from dsl.scalars import LANGUAGE
from dsl.source import Source
from dsl.syntax import Interpolation
from dsl.table import Retention

CLINIC = """\
# bots/clinic/domain.yml
bot: clinic
languages: [en, es]            # first = the language of the .flow files
timezone: America/Bogota
region: CO
start: welcome

slots:
  name:    {type: text, max: 60, pii: true}
  born:    date
  visits:  {type: list, of: visit, default: [], keep: user}
  plan:    {type: choice, values: {basic: "Basic plan", full: "Full plan"}, default: basic}
  size:    {type: choice, values: [small, large]}

records:
  clinic: {id: text, name: {type: text, max: 24}, km: number, position: location}
  visit:  {id: text, at: datetime}

actions:
  clinics_near:
    params: {city: text}
    returns: list of clinic
    http: {get: "${CLINIC_API}/clinics"}
    timeout: 5s
    retry: 3
    cache: 10m
  book:
    params: {clinic: text, at: datetime}
    returns: visit
    reasons: [taken, too late]
    http: {post: https://clinic.example/visits, headers: {X-Key: "${KEY}"}}
  count: {python: actions.count}

templates:
  cancelled:
    params: {at: datetime}
    text: {en: "Your visit on {at|date}.", es: "Su cita del {at|date}."}
    buttons: [Book again]
  reminder: {text: "Come back.", header: Hello, footer: {en: Bye, es: Adiós}}

responses:
  apology: "Sorry, something went wrong."
  goodbye: ["Bye, {name or 'friend'}!", "See you soon."]
  system.invalid: "No: {reason}"

session: {expires: 12h, on_return: ask, pin: 2 days}
delivery: {in_doubt: set aside}
retention: {keys: 10d, statuses: 12w, messages: 12 hours, dead_letters: forever, journal: 36500d, conversations: 10d}
events:
  cancelled: {params: {visit: visit}}
  woken:
"""
DAY = 86_400
HEAD = "bot: a\nlanguages: [en]\nstart: main\n"


def read(text: str):
    return read_domain(Source("domain.yml", text))


def clinic() -> Domain:
    domain, faults = read(CLINIC)
    assert not faults
    return domain


def marked(text: str) -> list[tuple[str, str]]:
    """Each fault's code and what it points at."""
    return [(fault.code, text[fault.span.start:fault.span.end]) for fault in read(text)[1]]


def first(text: str):
    return read(HEAD + text)[1][0]


def test_the_bot_itself():
    domain = clinic()

    assert (domain.bot, domain.languages, domain.timezone, domain.region, domain.start) == (
        "clinic", ("en", "es"), "America/Bogota", "CO", "welcome")
    assert (domain.expires_s, domain.on_return, domain.pin_s) == (43_200, "ask", 172_800)
    assert domain.in_doubt == "set aside"
    assert domain.retention == Retention(
        keys=10 * DAY, statuses=84 * DAY, messages=DAY // 2, dead_letters=0, journal=36_500 * DAY,
        conversations=10 * DAY)
    assert CLINIC[domain.spans["start"].start:domain.spans["start"].end] == "welcome"


def test_what_is_not_written_has_a_default():
    domain, faults = read(HEAD)

    assert not faults
    assert (domain.timezone, domain.region, domain.expires_s, domain.on_return, domain.pin_s) == (
        "UTC", None, 86_400, "resume", 604_800)
    assert domain.in_doubt == "resend"
    assert domain.retention == Retention(keys=14 * DAY, statuses=90 * DAY, messages=90 * DAY, dead_letters=90 * DAY,
                                         journal=90 * DAY, conversations=365 * DAY)
    assert [domain.slots, domain.records, domain.actions, domain.templates, domain.responses, domain.events] == [{}] * 6


def test_slots_in_short_and_in_full():
    slots = clinic().slots

    assert {name: slot.type for name, slot in slots.items()} == {
        "name": "text", "born": "date", "visits": "list of visit", "plan": "choice", "size": "choice"}
    assert (slots["name"].max, slots["name"].pii, slots["name"].keep) == (60, True, False)
    assert (slots["visits"].default, slots["visits"].keep) == ([], True)
    assert CLINIC[slots["born"].span.start:slots["born"].span.end] == "born"


def test_the_values_of_a_choice_have_titles_or_are_their_own():
    slots = clinic().slots

    assert [(value, title.raw) for value, title in slots["plan"].values] == [
        ("basic", "Basic plan"), ("full", "Full plan")]
    assert [(value, title.raw) for value, title in slots["size"].values] == [("small", "small"), ("large", "large")]


def test_records_and_parameters_have_fields():
    domain = clinic()

    assert [(field.name, field.type, field.max) for field in domain.records["clinic"]] == [
        ("id", "text", None), ("name", "text", 24), ("km", "number", None), ("position", "location", None)]
    assert set(domain.record_spans) == {"clinic", "visit"}
    assert [(field.name, field.type) for field in domain.actions["book"].params] == [
        ("clinic", "text"), ("at", "datetime")]


def test_actions():
    actions = clinic().actions

    near, book, count = actions["clinics_near"], actions["book"], actions["count"]
    assert near.http == Http("GET", "${CLINIC_API}/clinics")
    assert (near.returns, near.timeout_s, near.retry, near.cache_s) == ("list of clinic", 5, 3, 600)
    assert book.http == Http("POST", "https://clinic.example/visits", (("X-Key", "${KEY}"),))
    assert book.reasons == ("taken", "too late")
    assert (count.python, count.http, count.returns, count.timeout_s, count.retry) == (
        "actions.count", None, None, 10, 0)


@pytest.mark.parametrize(("written", "tag"), [
    ("pt-BR", "pt-BR"), ("PT-br", "pt-BR"), ("zh-TW", "zh-Hant-TW"), ("eng", None), ("root", None), ("qq", None),
    ("en_US", None),
])
def test_a_language_is_known_by_its_tag_however_that_is_spelt(written, tag):
    assert LANGUAGE.parse(written) == tag


def test_templates_have_a_text_for_each_language():
    templates = clinic().templates

    assert [(language, text.raw) for language, text in templates["cancelled"].text] == [
        ("en", "Your visit on {at|date}."), ("es", "Su cita del {at|date}.")]
    assert [button.raw for button in templates["cancelled"].buttons] == ["Book again"]
    assert [(language, text.raw) for language, text in templates["reminder"].text] == [("en", "Come back.")]
    assert [language for language, _ in templates["reminder"].footer] == ["en", "es"]


def test_responses_are_one_text_or_variants():
    responses = clinic().responses

    assert [text.raw for text in responses["apology"].variants] == ["Sorry, something went wrong."]
    assert [text.raw for text in responses["goodbye"].variants] == ["Bye, {name or 'friend'}!", "See you soon."]
    shown = responses["system.invalid"].variants[0].parts[1]
    assert isinstance(shown, Interpolation)
    assert CLINIC[shown.span.start:shown.span.end] == "{reason}"


def test_an_event_may_have_no_parameters():
    events = clinic().events

    assert [field.type for field in events["cancelled"].params] == ["visit"]
    assert events["woken"].params == ()


def test_a_text_may_be_written_in_any_way_that_yaml_knows():
    domain, faults = read(HEAD + """responses:
  a: |
    one {1}
    two
  b: "x\\ty \\u00e9"
  c: 'it''s'
  d: 12
""")

    assert not faults
    assert [response.variants[0].raw for response in domain.responses.values()] == [
        "one {1}\ntwo\n", "x\ty é", "it's", "12"]


@pytest.mark.parametrize(("text", "expected"), [
    ("a: {type: integer, default: 2}", 2),
    ("a: {type: number, default: 2}", 2),
    ("a: {type: number, default: -1.50}", "-1.50"),
    ("a: {type: text, default: 007}", "007"),
    ("a: {type: text, default: ''}", ""),
    ("a: {type: boolean, default: true}", True),
    ("a: {type: date, default: 2026-03-01}", "2026-03-01"),
    ("a: {type: time, default: '14:30'}", "14:30"),
    ("a: {type: datetime, default: 2026-03-01T14:30}", "2026-03-01T14:30"),
    ("a: {type: duration, default: 5m}", 300),
    ("a: {type: language, default: es}", "es"),
    ("a: {type: list of integer, default: [1, 2]}", [1, 2]),
    ("a: {type: visit, default: {id: v1, n: 3}}", {"id": "v1", "n": 3}),
    ("a: {type: location, default: {latitude: 1.5, longitude: 2}}", {"latitude": "1.5", "longitude": 2}),
])
def test_a_default_is_a_plain_value_of_its_type(text, expected):
    domain, faults = read(f"{HEAD}slots:\n  {text}\n")

    assert not faults
    assert domain.slots["a"].default == expected


@pytest.mark.parametrize(("text", "points_at"), [
    ("a: {type: integer, default: 1.5}", "1.5"), ("a: {type: number, default: 1e3}", "1e3"),
    ("a: {type: boolean, default: yes}", "yes"), ("a: {type: date, default: 2026-02-30}", "2026-02-30"),
    ("a: {type: text, default: [x]}", "[x]"), ("a: {type: list of integer, default: [1, x]}", "x"),
    ("a: {type: list of text, default: x}", "x"), ("a: {type: visit, default: x}", "x"),
    ("a: {type: choice, values: [s, l], default: m}", "m"), ("a: {type: text, default: }", ""),
])
def test_a_default_of_another_type_is_refused_where_it_stands(text, points_at):
    assert marked(f"{HEAD}slots:\n  {text}\n") == [("F075", points_at)]


@pytest.mark.parametrize(("text", "expected"), [
    ("bot: Clinic\nlanguages: [en]\nstart: main", [("F067", "Clinic")]),
    ("languages: [en]\nstart: main", [("F061", "languages")]),
    ("bot: a\nlangauges: [en]\nstart: main", [("F060", "langauges")]),
    ("bot: a\nlanguages: en\nstart: main", [("F062", "en")]),
    ("bot: a\nlanguages: []\nstart: main", [("F062", "[]")]),
    ("bot: a\nlanguages: [en, english]\nstart: main", [("F068", "english")]),
    ("bot: a\nlanguages: [en, 'es', en]\nstart: main", [("F078", "en")]),
    ("bot: a\nlanguages: [en]\nstart: [x]", [("F062", "x")]),
    ("- a", [("F062", "a")]),
    ("a", [("F062", "a")]),
    ("# nothing", [("F059", "")]),
    (HEAD + "timezone: Bogota", [("F069", "Bogota")]),
    (HEAD + "timezone: ../../etc/passwd", [("F069", "../../etc/passwd")]),
    (HEAD + "region: co", [("F070", "co")]),
    (HEAD + "session: {expires: 1s}", [("F065", "1s")]),
    (HEAD + "session: {expires: 5 months}", [("F065", "5 months")]),
    (HEAD + "session: {on_return: aks}", [("F063", "aks")]),
    (HEAD + "retention: {keys: 7d}", [("F082", "7d")]),
    (HEAD + "retention: {statuses: 1h, keys: 191h}", [("F082", "191h"), ("F082", "1h")]),
    (HEAD + "retention: {conversations: 13d}", [("F082", "13d")]),
    (HEAD + "retention: {conversations: 13d, keys: 13d}", []),
    (HEAD + "retention: {conversations: 36500d, keys: forever}", [("F082", "36500d")]),
    (HEAD + "retention: {conversations: forever, keys: forever}", []),
    (HEAD + "retention: {journal: 59m}", [("F065", "59m")]),
    (HEAD + "retention: {journal: 36501d}", [("F065", "36501d")]),
    (HEAD + "retention: {journal: 0}", [("F065", "0")]),
    (HEAD + "retention: {jurnal: 1d}", [("F060", "jurnal")]),
    (HEAD + "retention: 30d", [("F062", "30d")]),
    (HEAD + "delivery: {in_doubt: drop}", [("F063", "drop")]),
    (HEAD + "retention: {}", []),
    (HEAD + "slots: {2nd: text}", [("F067", "2nd")]),
    (HEAD + "slots: {a: }", [("F062", "")]),
    (HEAD + "slots: {a: text%}", [("F066", "text%")]),
    (HEAD + "slots: {a: {}}", [("F061", "{}")]),
    (HEAD + "slots: {a: {typ: text}}", [("F060", "typ")]),
    (HEAD + "slots: {a: {type: text, max: 0}}", [("F064", "0")]),
    (HEAD + "slots: {a: {type: text, pii: yes}}", [("F063", "yes")]),
    (HEAD + "slots: {a: {type: text, keep: session}}", [("F063", "session")]),
    (HEAD + "slots: {a: list}", [("F077", "list")]),
    (HEAD + "slots: {a: {type: list}}", [("F077", "list")]),
    (HEAD + "slots: {a: {type: text, of: text}}", [("F077", "of")]),
    (HEAD + "slots: {a: choice}", [("F074", "choice")]),
    (HEAD + "slots: {a: {type: choice}}", [("F074", "a")]),
    (HEAD + "slots: {a: {type: text, values: [x]}}", [("F074", "values")]),
    (HEAD + "slots: {a: {type: choice, values: [x, y, x]}}", [("F074", "x")]),
    (HEAD + "slots: {a: {type: choice, values: {x: [y]}}}", [("F062", "y")]),
    (HEAD + "records: {r: {a: list}}", [("F077", "list")]),
    (HEAD + "records: {r: text}", [("F062", "text")]),
    (HEAD + "actions: {a: {}}", [("F073", "a")]),
    (HEAD + "actions: {a: x}", [("F062", "x")]),
    (HEAD + "actions: {a: {python: actions}}", [("F072", "actions")]),
    (HEAD + "actions: {a: {python: a.b, http: {get: 'https://x.y'}}}", [("F073", "a")]),
    (HEAD + "actions: {a: {http: {get: 'http://x.y'}}}", [("F071", "http://x.y")]),
    (HEAD + "actions: {a: {http: {url: 'https://x.y'}}}", [("F060", "url")]),
    (HEAD + "actions: {a: {http: {headers: {A: b}}}}", [("F073", "http")]),
    (HEAD + "actions: {a: {http: {get: 'https://x', put: 'https://x'}}}", [("F073", "http")]),
    (HEAD + "actions: {a: {http: x}}", [("F062", "x")]),
    (HEAD + "actions: {a: {htpp: {get: 'https://x'}}}", [("F060", "htpp")]),
    (HEAD + "actions: {a: {python: a.b, timeout: 5}}", [("F065", "5")]),
    (HEAD + "actions: {a: {python: a.b, timeout: 10m}}", [("F065", "10m")]),
    (HEAD + "actions: {a: {python: a.b, retry: 11}}", [("F064", "11")]),
    (HEAD + "actions: {a: {python: a.b, returns: [x]}}", [("F062", "x")]),
    (HEAD + "templates: {t: {text: {en: a, fr: b}}}", [("F079", "fr")]),
    (HEAD + "templates: {t: {params: {a: text}}}", [("F061", "params")]),
    (HEAD + "templates: {t: x}", [("F062", "x")]),
    (HEAD + "responses: {a: []}", [("F062", "[]")]),
    (HEAD + "responses: {a: {b: c}}", [("F062", "b")]),
    (HEAD + "responses: {system.invald: x}", [("F080", "system.invald")]),
    (HEAD + "events: {e: {param: {}}}", [("F060", "param")]),
    (HEAD + "intents: [greet]", [("F060", "intents")]),
])
def test_each_mistake_is_said_once_where_it_is(text, expected):
    assert marked(text) == expected


def test_a_template_without_a_text_in_one_language_is_a_warning():
    text = "bot: a\nlanguages: [en, es]\nstart: main\ntemplates: {t: {text: {en: hi}}}\n"

    assert marked(text) == [("F600", "text")]


def test_all_mistakes_are_reported_in_one_run():
    text = ("bot: A\nlanguages: [en]\nslots: {a: {type: text, max: x}, a: text, b: {kind: text}}\n"
            "actions: {a: {}, b: {timeout: 1}}\nstart: main\n")

    assert [code for code, _ in marked(text)] == ["F054", "F067", "F064", "F060", "F061", "F065", "F073", "F073"]


def test_what_was_refused_keeps_its_name():
    domain, _ = read(HEAD + "slots: {a: {typ: text}, b: list}\nactions: {c: x}\nrecords: {r: x}\ntemplates: {t: x}\n")

    assert {name: slot.type for name, slot in domain.slots.items()} == {"a": "unknown", "b": "unknown"}
    assert domain.actions["c"].returns == "unknown"
    assert domain.records["r"] == ()
    assert domain.templates["t"].text == ()


def test_a_bot_without_a_name_or_start_is_read_all_the_same():
    domain, faults = read("slots: {a: text}\n")

    assert (domain.bot, domain.start, domain.languages) == ("?", "?", ("en",))
    assert [fault.message for fault in faults] == [f"domain.yml needs the key `{key}`"
                                                   for key in ("bot", "languages", "start")]


def test_nothing_is_read_of_what_is_not_yaml():
    assert read("a: [")[0] is None


@pytest.mark.parametrize(("text", "fix"), [
    ("sesion: {}", "did you mean `session`?"),
    ("session: {on_return: resme}", "did you mean `resume`?"),
    ("retention: {keys: for ever}", "did you mean `forever`?"),
    ("retention: {jurnal: 1d}", "did you mean `journal`?"),
    ("retention: {dead: 1d}", "write `dead_letters`"),
    ("retention: {keys: 1w}", "write `8d`"),
    ("retention: {keys: 200h, conversations: 199h}", "write `9d`"),
    ("retention: {keys: forever, conversations: 1w}", "write `forever`"),
    ("timezone: america/bogota", "did you mean `America/Bogota`?"),
    ("region: co", "did you mean `CO`?"),
    ("intents: []", "there are none: a flow `starts on` patterns"),
    ("slots: {a: {type: text, zzzzzz: 1}}", "known keys are `type`, `of`, `max`, `default`, `pii`, `keep`, `values`"),
    ("slots: {a: {type: choice, values: [small], default: smal}}", "did you mean `small`?"),
    ("responses: {system.invald: x}", "did you mean `system.invalid`?"),
])
def test_a_fix_is_offered(text, fix):
    assert first(text).fixes[0].text == fix


def test_a_guess_replaces_exactly_the_word():
    fault = first("slots: {a: {tpye: text}}")

    (edit,) = fault.fixes[0].edits
    assert (edit.span, edit.text) == (fault.span, "type")


def test_a_text_that_is_broken_is_reported_inside_its_quotes():
    text = HEAD + 'responses: {a: "Hi, {name"}\n'

    ((_, points_at),) = marked(text)
    assert points_at.startswith("{")


def test_a_hundred_faults_are_enough():
    text = HEAD + "slots:\n" + "".join(f"  s{n}: {{typ: text}}\n" for n in range(5_000))

    assert len(read(text)[1]) == 100


def test_names_close_by_are_found_whatever_their_case():
    assert nearest("LANGUAGES", ["languages", "language", "start"]) == ("languages", "language")
    assert nearest("xyz", ["abc"]) == ()


@pytest.mark.parametrize("text", [
    HEAD + "slots:\n" + "".join(f"  s{n}: {{type: text, max: {n}}}\n" for n in range(30_000)),
    HEAD + "slots:\n" + "".join(f"  {'x' * 200}{n}: !t\n" for n in range(4_000)),
    HEAD + "x" * 1_000_000 + ": 1\n",
    HEAD + "timezone: " + "x" * 1_000_000,
    HEAD + "responses: {a: '" + "{" * 1_000_000 + "'}",
], ids=range(5))
def test_a_megabyte_is_read_in_time(text):
    read(HEAD + "responses: {a: '{b}'}")       # the grammar is there
    began = time.process_time()
    read(text)

    assert time.process_time() - began < 6     # a second or two, and room for a busy machine


WORD = st.sampled_from(["bot", "slots", "type", "text", "actions", "http", "get", "a", "1", "", "null", "list of x",
                        "{a}"])
TREE = st.recursive(WORD | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    WORD | st.sampled_from(["languages", "templates", "responses", "events", "session", "records", "start"]), inner,
    max_size=4), max_leaves=20)


@settings(max_examples=100, deadline=None)
@given(TREE)
def test_whatever_stands_in_the_file_is_answered(tree):
    text = json.dumps(tree)
    domain, faults = read(text)
    assert domain is not None or faults
    assert all(0 <= fault.span.start <= fault.span.end <= len(text) for fault in faults)


def test_a_key_of_another_tool_is_replaced_by_ours():
    text = "bot: a\nlanguages: [en]\nstart: main\nslots:\n  name: {type: text, max_length: 40}\n"
    fault, = read_domain(Source("domain.yml", text))[1]

    assert (fault.code, fault.fixes[0].edits[0].text) == ("F060", "max")
