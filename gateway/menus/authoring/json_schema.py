"""Build JSON Schema (2020-12) for editors from the tables by which menu files and tests are checked."""

from collections.abc import Mapping
from typing import Any

from gateway.menus.authoring.conversation_files import CASE, MUST, STEP
from gateway.menus.authoring.schema.about import ABOUT_TESTS, list_about
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.engine.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a menu file."""
    return {"$schema": DIALECT, "title": "A file of a menu", **_build_schema(FILE)}


def build_tests_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of conversation tests, where unquoted values are allowed."""
    effect = {"type": "object", "minProperties": 1, "maxProperties": 1}
    effects = {"type": "array", "items": {"anyOf": [{"type": "string"}, effect]}}
    step = _as_written(_build_record(STEP, ABOUT_TESTS))
    step["properties"]["effects"] = {**effects, "description": ABOUT_TESTS["effects"]}
    asserts = [{"required": [name]} for name in MUST]
    step["allOf"] = [{"anyOf": step.pop("anyOf")}, {"anyOf": asserts}]
    case = _as_written(_build_record(CASE, ABOUT_TESTS))
    case["properties"]["steps"] = {"type": "array", "items": step, "description": ABOUT_TESTS["steps"]}
    return {
        "$schema": DIALECT,
        "title": "Conversations that a menu must pass",
        "type": "array",
        "items": case,
    }


def _as_written(schema: Any) -> Any:
    """Allow unquoted numbers and booleans wherever a text is allowed."""
    found = {name: _as_written(each) if isinstance(each, dict) else each for name, each in schema.items()}
    if found.get("type") == "string":
        found["type"] = ["string", "number", "boolean"]
        if "enum" in found:
            found["enum"] = [
                *found["enum"],
                *(each == "true" for each in found["enum"] if each in {"true", "false"}),
            ]
    if "anyOf" in found:
        found["anyOf"] = [_as_written(each) for each in found["anyOf"]]
    return found


def _build_schema(shape: Shape) -> dict[str, Any]:
    match shape:
        case Word():
            return _build_word(shape)
        case Day():
            return _build_day(shape)
        case Several():
            several = {
                "type": "array",
                "items": _build_schema(shape.of),
                **({"minItems": shape.least} if shape.least else {}),
            }
            return {"anyOf": [several, _build_schema(shape.of)]} if shape.or_one else several
        case Named():
            least = {"minProperties": shape.least} if shape.least else {}
            return {"type": "object", "additionalProperties": _build_schema(shape.of), **least}
        case Record():
            return _build_record(shape)
        case ByKind():
            return _by_kind(shape)
        case Either():
            return _build_either(shape)


def _build_either(shape: Either) -> dict[str, Any]:
    """Choose by the keys of the long form, so that an editor reports problems of the form in use only."""
    is_long = {"anyOf": [{"required": [name]} for name in shape.long.fields]}
    return {"if": is_long, "then": _build_schema(shape.long), "else": _build_schema(shape.short)}


def _build_day(shape: Day) -> dict[str, Any]:
    if shape.coarse:
        return {"type": ["string", "integer"], "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
    return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def _build_word(shape: Word) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "integer"] if shape.numeric else "string"}
    if shape.values and shape.numeric:
        schema["enum"] = [*shape.values, *(int(value) for value in shape.values)]
    elif shape.values:
        schema["enum"] = [str(value) for value in shape.values]
    if shape.usual:
        schema["examples"] = list(shape.usual)
    if shape.pattern:
        schema["pattern"] = f"^({shape.pattern})$"
    elif not shape.values and not shape.may_be_empty:
        schema |= {"minLength": 1, "pattern": r"\S"}
    return schema


def _build_record(shape: Record, about: Mapping[str, str] | None = None) -> dict[str, Any]:
    about = about or list_about()
    schema: dict[str, Any] = {
        "type": "object",
        "description": shape.what,
        "properties": {name: _describe_key(name, field, about) for name, field in shape.fields.items()},
        "additionalProperties": False,
    }
    if shape.required:
        schema["required"] = list(shape.required)
    if shape.one_of:
        schema["anyOf"] = [{"required": [name]} for name in shape.one_of]
    return schema


def _describe_key(name: str, shape: Shape, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema of a key with its description, which editors show."""
    schema = _build_schema(shape)
    example = f" For example {shape.example}." if isinstance(shape, Word) and shape.example else ""
    return {**schema, "description": f"{about[name]}{example}"}


def _by_kind(shape: ByKind) -> dict[str, Any]:
    """Choose by the discriminating key, so that an editor offers the keys of this kind only."""
    cases = []
    for kind, record in shape.kinds.items():
        one = _build_record(record)
        description = one["properties"][shape.key]["description"]
        one["properties"] = {**one["properties"], shape.key: {"const": kind, "description": description}}
        if kind != shape.default:
            one["required"] = [shape.key, *one.get("required", [])]
        cases.append(one)
    return {"oneOf": cases}
