"""Reads the body of a post into fields with exactly one value each; pure."""

import json
from urllib.parse import parse_qsl

from gateway.channel import BadRequest

MOST_FIELDS = 64
JSON = "application/json"


def fields_of(body: bytes, content_type: str) -> dict[str, str]:
    """Return the fields.

    Raises:
        BadRequest: it cannot be read, or a field has more than one value; the words hold no value.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    pairs = _json(text) if content_type == JSON else _form(text)
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadRequest(f"field {_shown(name)} has more than one value")
        if "\0" in value:
            raise BadRequest(f"field {_shown(name)} holds a NUL")
        fields[name] = value
    return fields


def _form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except ValueError:
        raise BadRequest(f"the body has more than {MOST_FIELDS} fields") from None


def _json(text: str) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(pairs, _Pairs):
        raise BadRequest("the body is not a JSON object")
    for name, value in pairs:
        if not isinstance(value, str):
            raise BadRequest(f"field {_shown(name)} is not text")
        if not _is_unicode(name + value):
            raise BadRequest(f"field {_shown(name)} is not Unicode")
    return pairs


def _is_unicode(text: str) -> bool:
    # JSON can spell half a character, which no database takes.
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


class _Pairs(list[tuple[str, str]]):
    """A JSON object as it was written, so that a repeated name is seen."""


def _shown(name: str) -> str:
    # A provider's field is a short plain word; anything else could be a value in the wrong place.
    return name if name.isascii() and name.isidentifier() and len(name) <= 30 else "?"  # noqa: PLR2004
