"""The JSON Schemas say what the readers say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dsl.domain import read_domain
from dsl.schema import DOMAIN_SCHEMA, STORIES_SCHEMA, schemas, write
from dsl.source import Source
from dsl.story import read_stories
from dsl.yaml import Mapping, Node, Scalar, read_yaml

SCHEMA = Path(__file__).parent.parent.parent / "schema"

DOMAIN = json.loads(schemas()[DOMAIN_SCHEMA])
STORIES = json.loads(schemas()[STORIES_SCHEMA])
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None), "array": list,
         "object": dict}
KEYWORDS = {"$schema", "title", "description", "type", "enum", "pattern", "minimum", "maximum", "items", "minItems",
            "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
            "anyOf"}


def fits(value: Any, schema: Any) -> bool:
    """Whether a value is valid, by as much of JSON Schema as ours use."""
    if isinstance(schema, bool):
        return schema
    assert schema.keys() <= KEYWORDS
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, TYPES[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))
               for kind in kinds):
        return False
    if value not in schema.get("enum", [value]) or not all(fits_any(value, schema.get(key)) for key in ("anyOf",)):
        return False
    if isinstance(value, str) and "pattern" in schema:
        letters = schema["pattern"].replace(r"[\p{L}_][\p{L}\p{M}\p{N}_]*", r"[^\W\d]\w*")
        return re.search(letters, value) is not None
    if isinstance(value, int) and not isinstance(value, bool):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(item, schema.get("items", {})) for item in value)
    return fits_object(value, schema) if isinstance(value, dict) else True


def fits_any(value: Any, ways: list[Any] | None) -> bool:
    return ways is None or any(fits(value, way) for way in ways)


def fits_object(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known = schema.get("properties", {})
    return (set(schema.get("required", ())) <= value.keys()
            and schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value))
            and all(fits(key, schema.get("propertyNames", {})) for key in value)
            and all(fits(item, known.get(key, schema.get("additionalProperties", {}))) for key, item in value.items()))


def typed(node: Node) -> Any:
    """A node as an editor sees it: numbers, truths and nothing are such."""
    if isinstance(node, Scalar):
        return _typed_scalar(node)
    if isinstance(node, Mapping):
        return {entry.key.value: typed(entry.value) for entry in node.entries}
    return [typed(item) for item in node.items]


def _typed_scalar(node: Scalar) -> Any:
    if not node.style and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?|true|false|null|~|", node.value):
        return json.loads({"": "null", "~": "null"}.get(node.value, node.value.lstrip("0") or "0"))
    return node.value


def tree(text: str) -> Any:
    node, faults = read_yaml(Source("x.yml", text))
    assert not faults
    return typed(node)


HEAD = "bot: a\nlanguages: [en]\nstart: main\n"
GOOD_DOMAINS = [HEAD + body for body in (
    "",
    "timezone: America/Bogota\nregion: CO\nsession: {expires: 2 hours, on_return: ask, pin: 7d}\n",
    "retention: {keys: 8d, journal: forever, messages: 12 weeks}\ndelivery: {in_doubt: set aside}\n",
    "slots: {a: text, b: {type: list, of: visit, default: [], keep: user}, c: {type: choice, values: {x: 1}}}\n",
    "slots: {a: {type: text, max: 10, pii: true, default: 007}, d: {type: choice, values: [s, l], default: s}}\n",
    "records: {r: {a: text, b: {type: list of text}, é_1: number}}\n",
    "actions: {a: {params: {b: text}, returns: list of r, python: m.f, timeout: 5s, retry: 3, cache: 10m}}\n",
    "actions: {a: {http: {post: 'https://x.y', headers: {X-A: b}}, reasons: [taken]}}\n",
    "templates: {t: {params: {a: date}, text: {en: hi}, buttons: [x]}, u: {text: hi, footer: bye}}\n",
    "responses: {a: x, b: [y, 12], system.invalid: 'no: {reason}'}\nevents: {e: , f: {params: {a: text}}}\n",
)]
BAD_DOMAINS = [HEAD + body for body in (
    "slots: [a]", "slots: {a: {typ: text}}", "slots: {1a: text}", "slots: {a: {type: text, max: 0}}", "slots: {a: }",
    "slots: {a: {type: text, pii: 'yes'}}", "session: {expires: 5}", "session: {on_return: go}", "responses: {a: []}",
    "retention: {keys: 30}", "retention: {dead: 30d}", "delivery: {in_doubt: drop}",
    "actions: {a: {retry: 99, python: a.b}}", "actions: {a: {http: {get: 'http://x'}}}", "actions: {a: {python: f}}",
    "templates: {t: {}}", "intents: []", "region: Colombia",
)] + [
    "[]", "languages: [en]\nstart: main\n", "bot: A\nlanguages: [en]\nstart: main\n",
    "bot: a\nlanguages: []\nstart: main\n",
]
STORY = "bot: a\nstories:\n- story: s\n  steps:\n"
GOOD_STORIES = [STORY + steps for steps in (
    "  - user: hi\n  - bot\n  - bot:\n  - bot: Hi*\n  - tap: 12\n",
    "  - bot: {text: a, menu: m, options: [x], shape: list, image: }\n  - bot: {video: , text: c}\n",
    "  - sends: {image: }\n  - sends: {document: {id: x}}\n  - sends: {location: {latitude: 1.5, longitude: 2}}\n",
    "  - called: a\n  - called: {a: }\n  - called: {a: {b: [1]}}\n  - event: {e: {f: 1}}\n",
    "  - expect: {at: , slots: {a: null}}\n  - fails: {a: timeout}\n  - again: duplicate\n  - late: 10m\n",
    "  - wait: 30s\n  - staff: resume\n  - pending: a\n  - answers: a\n",
)] + [
    "bot: a\nstories:\n- {story: s, given: {now: 2026-03-01, language: en, at: m.x, slots: {a: 1}}, "
    "actions: {a: {results: [1]}}, steps: [bot]}\n",
]
BAD_STORIES = [f"{STORY}  - {step}\n" for step in (
    "usr: hi", "user: hi\n    bot: x", "user:", "user: [a]", "wait: soon", "bot: {txt: a}", "hello", "{}",
    "called: {a: , b: }", "again: twice", "sends: {location: {}}", "bot: {shape: grid}",
)] + ["bot: a\n", "bot: a\nstories: []\n", "bot: a\nstories: [{steps: [bot]}]\n"]


@pytest.mark.parametrize("text", GOOD_DOMAINS)
def test_a_good_domain_is_good_to_both(text):
    assert not read_domain(Source("domain.yml", text))[1]
    assert fits(tree(text), DOMAIN)


@pytest.mark.parametrize("text", BAD_DOMAINS)
def test_a_bad_domain_is_bad_to_both(text):
    assert read_domain(Source("domain.yml", text))[1]
    assert not fits(tree(text), DOMAIN)


@pytest.mark.parametrize("text", GOOD_STORIES)
def test_good_stories_are_good_to_both(text):
    assert not read_stories(Source("s.yml", text))[1]
    assert fits(tree(text), STORIES)


@pytest.mark.parametrize("text", BAD_STORIES)
def test_bad_stories_are_bad_to_both(text):
    assert read_stories(Source("s.yml", text))[1]
    assert not fits(tree(text), STORIES)


@pytest.mark.parametrize("name", [DOMAIN_SCHEMA, STORIES_SCHEMA])
def test_the_schemas_on_record_are_up_to_date(name, golden):
    golden(SCHEMA / name, schemas()[name])


def test_every_key_is_explained():
    def unexplained(schema: dict[str, Any]) -> list[str]:
        own = [key for key, value in schema.get("properties", {}).items() if not value.get("description")]
        inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
        inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
        return own + [key for each in inner for key in unexplained(each)]

    assert not unexplained(DOMAIN)
    assert not unexplained(STORIES)


def test_the_schemas_can_be_written(tmp_path):
    write(tmp_path / "schema")

    assert {path.name for path in (tmp_path / "schema").iterdir()} == {DOMAIN_SCHEMA, STORIES_SCHEMA}
