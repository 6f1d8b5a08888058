"""Read typed fields of a JSON post, or of a form that writes them as text: ids, yes or no, objects within.

The types are those of RFC 8259. Providers document ids as numbers and post them as text, and the other way round.
"""

import json
from collections.abc import Mapping
from typing import Any

from gateway.channels.contract import Answer, BadRequest, Request

JSON = frozenset({"application/json"})
"""The content type of JSON providers."""

YES, NO = frozenset({"true", "1"}), frozenset({"false", "0"})


def read_id(request: Request, name: str) -> str:
    """Return a required id, sequence or number as text, whether it was posted as text or as a whole number.

    Raises:
        BadRequest: it is missing, empty, or of another type.
    """
    value = request.typed.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return request.need(name)


def find_id(request: Request, name: str) -> str:
    """Return an optional id as ``read_id`` does; empty where it is missing or null.

    Raises:
        BadRequest: it is of another type.
    """
    if not request.fields.get(name) and request.typed.get(name) is None:
        return ""
    return read_id(request, name)


def read_flag(request: Request, name: str) -> bool:
    """Return a required yes or no, whether it was posted as a JSON boolean, as 1 or 0, or as a word in any case.

    Raises:
        BadRequest: it is missing, or neither yes nor no.
    """
    value = request.typed.get(name)
    written = (
        str(value).casefold() if isinstance(value, bool | int) else request.need(name).strip().casefold()
    )
    if written not in YES | NO:
        raise BadRequest(f"field {name} is neither true nor false")
    return written in YES


def open_object(request: Request, name: str) -> Request:
    """Return the request whose fields are those of an object inside the post.

    Raises:
        BadRequest: it is missing or no object.
    """
    inner = request.typed.get(name)
    if inner is None:
        raise BadRequest(f"field {name} is {'not an object' if name in request.fields else 'missing'}")
    if not isinstance(inner, dict):
        raise BadRequest(f"field {name} is not an object")
    return narrow_request(request, inner)


def narrow_request(request: Request, values: Mapping[str, Any]) -> Request:
    """Return the request with these JSON values as its fields."""
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    typed = {name: value for name, value in values.items() if name not in texts}
    return Request(event=request.event, fields=texts, typed=typed, headers=request.headers, body=request.body)


def write_json(value: Mapping[str, Any]) -> Answer:
    """Return an object as the answer to a post, with the letters of the text as they are (RFC 8259, section 8.1)."""
    return Answer(body=json.dumps(value, ensure_ascii=False), content_type="application/json")
