"""Read the fields of an XML post, without entities and document types, and escape what goes into an answer.

Only elements that hold text and no elements are fields; their names are matched in any case, because operators write
them as they like. Expat reads (XML 1.0); a document type is refused, and with it every entity of its own.
"""

import re
from collections.abc import Collection
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from gateway.channels.contract import BadRequest, Request

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
