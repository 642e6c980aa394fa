"""JSON Schemas of domain.yml and of story files, for editors: made from the very tables that read them.

`python -m dsl.schema` writes them to `schema/`; a test sees to it that they are up to date.
"""

import json
from pathlib import Path
from typing import Any

from dsl.domain_reader import DOMAIN
from dsl.shape import Anything, Either, ListOf, MapOf, Naming, OneOf, Plain, Record, Shape, Text, Value
from dsl.story_reader import STORIES, Bare
from dsl.story_texts import Matched

DOMAIN_SCHEMA = "domain.schema.json"
STORIES_SCHEMA = "stories.schema.json"

# A text may look like a number or a truth to YAML; the readers take it as it is written.
_ANY_SCALAR = {"type": ["string", "number", "boolean"]}
_NOTHING = {"type": "null"}


def schemas() -> dict[str, str]:
    """The text of each schema by the name of its file."""
    return {
        DOMAIN_SCHEMA: _document("domain.yml: what a talktable bot knows", DOMAIN),
        STORIES_SCHEMA: _document("Stories: conversations with a talktable bot that must go as written", STORIES),
    }


def _document(title: str, shape: Record) -> str:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": title, **schema_of(shape)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_of(shape: Shape) -> dict[str, Any]:
    """The JSON Schema of a shape."""
    match shape:
        case Naming(shape=inner):
            return schema_of(inner)
        case Value(schema=schema):
            return {"type": "string", **schema} if schema.keys() <= {"pattern"} else dict(schema)
        case Text() | Plain() | Matched():
            return dict(_ANY_SCALAR)
        case Anything():
            return {}
        case Bare(shape=inner):
            return {"anyOf": [_NOTHING, schema_of(inner)]}
        case ListOf(item=item, may_be_empty=may_be_empty):
            return {"type": "array", "items": schema_of(item), **({} if may_be_empty else {"minItems": 1})}
        case Either(scalar=scalar, sequence=sequence, mapping=mapping):
            return {"anyOf": [schema_of(way) for way in (scalar, sequence, mapping) if way is not None]}
        case MapOf():
            return _map(shape)
        case Record():
            return _record(shape)
        case OneOf(keys=keys):
            return _one_of(keys)
    raise TypeError(f"no schema for {type(shape).__name__}")


def _map(shape: MapOf) -> dict[str, Any]:
    item = schema_of(shape.item)
    return {
        "type": "object",
        "propertyNames": schema_of(shape.key),
        "additionalProperties": {"anyOf": [_NOTHING, item]} if shape.item_may_be_empty and item else item,
        **({"minProperties": 1, "maxProperties": 1} if shape.exactly_one else {}),
    }


def _record(shape: Record) -> dict[str, Any]:
    required = [key for key, field in shape.fields.items() if field.required]
    return {
        "type": "object",
        "properties": {key: {"description": field.about, **schema_of(field.shape)}
                       for key, field in shape.fields.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _one_of(keys: Record) -> dict[str, Any]:
    bare = [key for key, field in keys.fields.items() if isinstance(field.shape, Bare)]
    one = {**_record(keys), "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"enum": bare}, one]} if bare else one


def write(folder: Path) -> None:
    """Write both schemas into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent.parent / "schema")
