"""Parses the body of a webhook post, or refuses it with a message that repeats nothing of its content."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request as HttpRequest
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.channels.contract import Answer, BadRequest, Contract, Request

# Parsing of a body into fields with exactly one value each (pure functions).

MOST_FIELDS = 64
JSON = "application/json"


def read_fields(body: bytes, content_type: str) -> dict[str, str]:
    """Return field name → value of a form-encoded or JSON body.

    Raises:
        BadRequest: it is malformed, or a field occurs twice; the message holds no value.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    pairs = _parse_json(text) if content_type == JSON else _parse_form(text)
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadRequest(f"field {_show_name(name)} has more than one value")
        if "\0" in value:
            raise BadRequest(f"field {_show_name(name)} holds a NUL")
        fields[name] = value
    return fields


def _parse_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except ValueError:
        raise BadRequest(f"the body has more than {MOST_FIELDS} fields") from None


def _parse_json(text: str) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(pairs, _Pairs):
        raise BadRequest("the body is not a JSON object")
    for name, value in pairs:
        if not isinstance(value, str):
            raise BadRequest(f"field {_show_name(name)} is not text")
        if not _is_unicode(name + value):
            raise BadRequest(f"field {_show_name(name)} is not Unicode")
    return pairs


def _is_unicode(text: str) -> bool:
    # JSON can escape a lone surrogate (RFC 8259, 8.2), which no database stores.
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


class _Pairs(list[tuple[str, str]]):
    """The (name, value) pairs of a JSON object, so that repeated names are noticed (RFC 8259, 4)."""


def _show_name(name: str) -> str:
    # A provider's field name is a short identifier; anything else could be a value in the wrong place.
    return name if name.isascii() and name.isidentifier() and len(name) <= 30 else "?"  # noqa: PLR2004


MOST_BYTES = 16 * 1024


class Refusal(Exception):
    """The post is refused; the message is for the provider's engineer, ``why`` for the metrics."""

    def __init__(
        self, status: int, words: str, *, why: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.why = why
        self.answer = Answer(body=words, status=status, headers=headers or {})


def strip_post(posted: HttpRequest, contract: Contract, event: str) -> Request:
    """Return the post as the channel reads it.

    Raises:
        Refusal: unknown event (404), method (405), media type (415), size (413) or body (400), as in RFC 9110, 15.5.
    """
    if event not in contract.events:
        known = ", ".join(sorted(contract.events))
        raise Refusal(404, f"No such event; this line takes: {known}", why="event")
    if posted.method != "POST":
        raise Refusal(405, "Only POST is taken here", why="method", headers={"Allow": "POST"})
    if not _is_readable(posted, contract):
        raise Refusal(415, f"Only UTF-8 in {' or '.join(sorted(contract.types))} is taken here", why="type")
    body = _read_body(posted)
    try:
        fields = {} if contract.reads_body else read_fields(body, posted.mimetype)
    except BadRequest as error:
        raise Refusal(400, str(error), why="form") from None
    headers = {name.lower(): value for name, value in posted.headers.items()}
    return Request(event=event, fields=fields, headers=headers, body=body)


def _is_readable(posted: HttpRequest, contract: Contract) -> bool:
    charset = posted.mimetype_params.get("charset", "utf-8").lower()
    encoding = posted.headers.get("Content-Encoding", "identity").lower()
    return (
        posted.mimetype in contract.types
        and charset in ("utf-8", "utf8", "us-ascii")
        and encoding == "identity"
    )


def _read_body(posted: HttpRequest) -> bytes:
    posted.max_content_length = MOST_BYTES
    try:
        return posted.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size") from None
    except HTTPException:
        raise Refusal(400, "The body is shorter than announced", why="body") from None
