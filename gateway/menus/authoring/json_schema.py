"""Build JSON Schema (2020-12) for editors from the tables by which menu files and tests are checked.

Each key is described in one sentence, as editors show it.
"""

from collections.abc import Mapping
from typing import Any

from gateway.menus.authoring.conversation_files import CASE, MUST, STEP
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.engine.screens import SCREEN_KINDS
from gateway.menus.engine.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word

_ABOUT: Mapping[str, str] = {
    "about": "What may stand beside STOP and START and changes nothing: me, messages, now.",
    "answer": "The value that this choice gives to the field which the question asks.",
    "answers": "Other fields of the callback form that this choice sets.",
    "back": 'Write "no" to show no 0 Back on this screen.',
    "between": "What stands between the parts of a date; without it a stroke.",
    "automatic": "Whole texts that phones and operators write by themselves; no answer goes out to one.",
    "bridges": "What may stand between a refusal and what it is about: want, to, anybody.",
    "calendar": "How each language tells the days of the week, and dates.",
    "call_me": "The form that leads to a callback.",
    "checked_on": "The day on which somebody last looked whether the value is right.",
    "choices": "The lines that she can choose by their keys; the engine writes key and label.",
    "clock": "Words that mean the hour of a clock when a number follows.",
    "contact": "What a refusal is about: call, ring, talk.",
    "counted": "What behind a number shows that it counts something and is no hour: times, people.",
    "countries": "For each country, in two letters, its name in each language: danger numbers stand beside it.",
    "courtesy": "What may stand beside a command, a number or an answer without changing it: please, particles.",
    "danger": "These words mean danger: they come before all others and are matched whole.",
    "date": "A day, month or year instead of a value; each language tells it in its own words and calendar.",
    "days": "The days of the week on which the window falls, such as mon; without them every day.",
    "declines": "Whole texts that mean no while the questions of the callback are open.",
    "does": "What is asked for beside moving on.",
    "drafts": "Languages in which no text counts as read, whatever the reviews say.",
    "era": "How many years the calendar of this language is ahead.",
    "expires_on": "The day after which nobody should trust the value any more.",
    "facts": "Figures, phone numbers and dates of the world outside; texts name them in braces.",
    "fallback": "For each language those whose text stands in where one is missing, in order.",
    "fields": "Further questions of the form, each by the word that a question asks.",
    "harmless": "Longer words and phrases that hold a word of danger, or of a refusal, and do not say it.",
    "home": "The screen to which 00 leads.",
    "hours": "From when until when her phone may ring, in the zone of the line; labels name them by {hours}.",
    "if": "Shown only to those of whom all this is true.",
    "key": "What she types: 1 to 97, in quotes. 0, 00 and 98 mean the same everywhere.",
    "keywords": "Words that a text may hold, and where they lead.",
    "kind": "What sort of screen this is; without it a list of choices.",
    "label": "What the line says, in each language; without it the screen's text names the key.",
    "language": "The language that she speaks from here on.",
    "languages": "Each language tag with the language's own name.",
    "menu": "The name by which channels are configured with this menu.",
    "messages": "Lines that are no screens, such as the label of key 0; those for texts may have variants by region.",
    "months": "The short names of the months; without them a month is its number.",
    "negations": "What takes a wish away without refusing it: did not, why not.",
    "numbering": "What may stand before the number of a choice: no, option, answer.",
    "numbers": "Numbers in words.",
    "offer": "The screen after three wrong keys.",
    "page": "This page of the screen begins here, in every language.",
    "reaction": "What the words lead to instead of a screen.",
    "refusals": "What before a word of contact refuses it: do not, never.",
    "review": "Write draft while no translation counts as read, whatever the reviews say.",
    "reviews": "For each language its texts, by hash, and who read them when; `gateway menus reviews` writes it.",
    "schema": "The number of this grammar: 1.",
    "screens": "Every screen by its name.",
    "script": "The language tag of the texts from here on.",
    "sensitive": 'Write "yes" where nobody should land by picking up an old session.',
    "sos": "The screen with the danger numbers.",
    "source": "Where the value is known from.",
    "speech": "How people who write these languages talk around the keywords.",
    "start": "The first screen of a dial.",
    "rests_on": "Facts without which the text does not hold, though it names no figure of theirs: a section of law.",
    "struck": "What before a word of the clock shows that it is none: was hit.",
    "text": "What the screen says, in each language; {name} is filled by a fact, a setting or a result.",
    "to": "The screen that follows.",
    "topic": "What a callback from here on is about: a word of topics.",
    "topics": "What a callback may be about, each with the name that staff read.",
    "units": "Words of money and time in each language: a number beside one belongs into a fact.",
    "valid_from": "The day from which this value is shown.",
    "value": "The figure, number or words.",
    "values": "The words that this answer may have; without them it is open.",
    "variants": "Other texts of this screen; the first whose condition holds is shown.",
    "when_old": "What stands in for the value after expires_on, in each language; the next value goes on with it.",
    "lists": "Lists of words by name, each of which may stand for {name} in a danger word.",
    "who": "Persons, each of which may stand for {who} in a keyword.",
    "windows": "When her phone may ring, each by the word that its choice answers with; now and never need no row.",
    "words": "The words in each language, in every spelling that people use.",
    "written_in": "The language from which the others are translated.",
}


def list_about() -> Mapping[str, str]:
    """Return each key of menu files with what it is for: those of this module, and those that a kind of screen adds."""
    return {**_ABOUT, **{key: words for kind in SCREEN_KINDS.values() for key, words in kind.about.items()}}


ABOUT_TESTS: Mapping[str, str] = {
    "it": "What the conversation shows, in a sentence.",
    "from": "The number that the caller has; its country decides what she reads.",
    "at": "When it begins, by the clock of the line.",
    "region": "The country of the caller in two letters, where no number says it.",
    "language": "The language that is remembered of her when she dials.",
    "script": "The script that is remembered of her when she dials.",
    "phone_seen": "Whether somebody else holds or sees this phone, as she said before.",
    "offers": "The windows in which somebody is on duty; without it all of them.",
    "opens": "When somebody is on duty next; without it nobody knows.",
    "steps": "What she does, one step after the other, and what must follow.",
    "dial": "She dials this code.",
    "sends": "She sends this in the open session.",
    "texts": "She sends this as a text message.",
    "after": "How long she waits before it.",
    "sees": "Exactly what stands on her phone.",
    "contains": "A part of what stands on her phone.",
    "screen": "The screen of the menu on which she stands then.",
    "ends": "Whether the session is over.",
    "effects": "What is asked for by it; a step without effects asserts that there are none.",
}
"""What each key of a conversation is for."""


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
