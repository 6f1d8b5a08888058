"""Read the fields of a post that is no plain form: typed fields of JSON, and the elements of an XML document.

The types of JSON are those of RFC 8259. Providers document ids as numbers and post them as text, and the other way
round.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

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


# Fields of an XML post: elements that hold text and no elements, their names in any case, because operators write them
# as they like. Expat reads (XML 1.0); a document type is refused, and with it every entity of its own.

XML = frozenset({"text/xml", "application/xml"})
"""The content types of XML providers (RFC 7303)."""

DEEPEST = 8

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")


class _ElementReader:
    """Collects the fields of one document."""

    def __init__(self, names: Collection[str]) -> None:
        self.found: dict[str, str] = {}
        self._names = {name.casefold(): name for name in names}
        self._open: list[list[str]] = []  # the text of each open element; an element within makes it no field
        self._nested: list[bool] = []

    def begin(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise BadRequest("the body is nested too deep")
        if self._nested:
            self._nested[-1] = True
        self._open.append([])
        self._nested.append(False)
        for attribute, value in attributes.items():
            if len(self._open) == 1:
                self._add(f"@{attribute}", value)

    def read(self, text: str) -> None:
        self._open[-1].append(text)

    def end(self, name: str) -> None:
        text = "".join(self._open.pop())
        if not self._nested.pop():
            self._add(name, text)

    def _add(self, written: str, value: str) -> None:
        name = self._names.get(written.casefold())
        if name is None:
            return
        if name in self.found:
            raise BadRequest(f"field {name} has more than one value")
        self.found[name] = value


def open_xml(request: Request, names: Collection[str]) -> Request:
    """Return the request with the elements of these names as its fields; ``@type`` is an attribute of the root.

    Raises:
        BadRequest: it is no XML, has a document type, or an element of these names occurs twice.
    """
    fields = _ElementReader(names)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = fields.begin
    parser.EndElementHandler = fields.end
    parser.CharacterDataHandler = fields.read
    try:
        parser.Parse(request.body, True)
    except BadRequest:
        raise
    except (expat.ExpatError, LookupError, ValueError):  # an encoding that is unknown, or of several bytes
        raise BadRequest("the body is not XML") from None
    return Request(event=request.event, fields=fields.found, headers=request.headers, body=request.body)


def _refuse_doctype(*_: object) -> NoReturn:
    raise BadRequest("the body has a document type")


def format_text(text: str) -> str:
    """Return a text as the content of an element; control characters that XML 1.0 (2.2) cannot hold are dropped."""
    return escape(_CONTROLS.sub("", text))
