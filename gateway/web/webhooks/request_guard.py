"""Verifies a webhook post and parses its body, or refuses it with a message that repeats nothing of its content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from gateway.channels.contract import Answer, BadRequest, Channel, Contract, Request, is_signed
from gateway.foundation.ids import matches_secret

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed.wsgi import WSGIEnvironment

# Parsing of a body into fields with exactly one value each (pure functions).

MOST_FIELDS = 64
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def read_fields(body: bytes, content_type: str) -> dict[str, Any]:
    """Return field name → value of a form-encoded or JSON body; the values of a form are text.

    Raises:
        BadRequest: it is malformed, or a field occurs twice, at any depth; the message holds no value.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    return _parse_json(text) if content_type == JSON else _collect_pairs(_parse_form(text))


def _parse_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except ValueError:
        raise BadRequest(f"the body has more than {MOST_FIELDS} fields") from None


def _parse_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_collect_pairs, parse_constant=_refuse_constant)
    except BadRequest:
        raise
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("the body is not a JSON object")
    return found


def _refuse_constant(written: str) -> NoReturn:
    raise ValueError(f"{written} is no number in JSON (RFC 8259, section 6)")


def _collect_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a form or of a JSON object; a repeated name is ambiguous (RFC 8259, section 4)."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise BadRequest(f"field {_show_name(name)} has more than one value")
        for text in _list_texts(value):
            if "\0" in text:
                raise BadRequest(f"field {_show_name(name)} holds a NUL")
            if not _is_unicode(name + text):
                raise BadRequest(f"field {_show_name(name)} is not Unicode")
        fields[name] = value
    return fields


def _list_texts(value: object) -> list[str]:
    """Return the texts of a value, in lists too; inner objects have been checked already."""
    if isinstance(value, list):
        return [text for each in value for text in _list_texts(each)]
    return [value if isinstance(value, str) else ""]


def _is_unicode(text: str) -> bool:
    # JSON can escape a lone surrogate (RFC 8259, 8.2), which no database stores.
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _show_name(name: str) -> str:
    # A provider's field name is a short identifier; anything else could be a value in the wrong place.
    is_name = name.isascii() and name.replace("-", "_").isidentifier() and len(name) <= 30  # noqa: PLR2004
    return name if is_name else "?"


MOST_BYTES = 16 * 1024


class Refusal(Exception):
    """The post is refused; the message is for the provider's engineer, ``why`` for the metrics."""

    def __init__(
        self, status: int, words: str, *, why: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.why = why
        self.answer = Answer(body=words, status=status, headers=headers or {})


class PostHeaders(Mapping[str, str]):
    """The headers of a post by their names in lower case, taken from the WSGI environment (PEP 3333) when asked for."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in _WITHOUT_PREFIX else f"HTTP_{key}"]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key in _WITHOUT_PREFIX or key.startswith("HTTP_"):
                yield key.removeprefix("HTTP_").replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


_WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")


def verify_channel(
    channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]], name: str, secret: str
) -> Channel:
    """Return the channel of an address.

    Raises:
        Refusal: there is none of this name, or the secret is not one of its own.
    """
    channel = channels.get(name)
    if channel is None:
        raise Refusal(404, "Not found", why="channel")
    if not matches_secret(secret, secrets(name)):
        raise Refusal(channel.contract.refusal, "Not found", why="secret")
    return channel


def verify_signature(
    environ: WSGIEnvironment, channel: Channel, event: str, *, now: datetime, tail: Sequence[str] = ()
) -> Request:
    """Return the post as the channel reads it, with its signature checked where the provider signs.

    Raises:
        Refusal: as ``strip_post`` does.
        NotSigned: the signature is missing, wrong or too old.
    """
    stripped = strip_post(environ, channel.contract, event, tail)
    if is_signed(channel):
        channel.verify(stripped, now=now)
    return stripped


def strip_post(environ: WSGIEnvironment, contract: Contract, event: str, tail: Sequence[str] = ()) -> Request:
    """Return the post as the channel reads it, with the parts that the provider added to the address as fields.

    Raises:
        Refusal: unknown event (404), method (405), media type (415), size (413) or body (400), as in RFC 9110, 15.5.
    """
    if event not in contract.events:
        known = ", ".join(sorted(contract.events))
        raise Refusal(contract.refusal, f"No such event; this line takes: {known}", why="event")
    if len(tail) != len(contract.tail):
        raise Refusal(contract.refusal, _describe_tail(contract), why="event")
    ends = dict(zip(contract.tail, tail, strict=True))
    method = environ["REQUEST_METHOD"]
    if method not in contract.methods:
        allowed = sorted(contract.methods)
        raise Refusal(
            405,
            f"Only {' or '.join(allowed)} is taken here",
            why="method",
            headers={"Allow": ", ".join(allowed)},
        )
    if method == "GET":
        return _strip_query(environ, contract, event, ends)
    media_type, charset = _read_type(environ.get("CONTENT_TYPE", ""))
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if media_type not in contract.types or charset not in _UTF8 or encoding != "identity":
        raise Refusal(415, f"Only UTF-8 in {' or '.join(sorted(contract.types))} is taken here", why="type")
    body = _read_body(environ)
    try:
        found = {} if contract.reads_body or not body else read_fields(body, media_type)
    except BadRequest as error:
        raise Refusal(400, str(error), why="form") from None
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    typed = {name: value for name, value in found.items() if name not in texts}
    return Request(
        event=event,
        fields=texts | ends,
        typed=typed,
        headers=PostHeaders(environ),
        body=body,
        path=_find_path(environ),
    )


def _describe_tail(contract: Contract) -> str:
    return (
        f"No such address; behind the event stands {''.join(contract.tail)}" if contract.tail else "Not found"
    )


def _strip_query(
    environ: WSGIEnvironment, contract: Contract, event: str, ends: Mapping[str, str]
) -> Request:
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    if len(query) > MOST_BYTES:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size")
    try:
        fields = {} if contract.reads_body else read_fields(query, FORM)
    except BadRequest as error:
        raise Refusal(400, str(error).replace("body", "query"), why="form") from None
    return Request(
        event=event,
        fields={**fields, **ends},
        headers=PostHeaders(environ),
        body=query,
        path=_find_path(environ),
    )


_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


def _find_path(environ: WSGIEnvironment) -> str:
    """Return path and query as the provider signed them; WSGI passes bytes as Latin-1 (PEP 3333)."""
    path = "/" + environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace").lstrip("/")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=64)
def _read_type(written: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type (RFC 9110, 8.3); a provider always writes the same one."""
    media_type, options = parse_options_header(written)
    return media_type.lower(), options.get("charset", "utf-8").lower()


def _read_body(environ: WSGIEnvironment) -> bytes:
    try:
        return get_input_stream(environ, max_content_length=MOST_BYTES).read()
    except RequestEntityTooLarge:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size") from None
    except HTTPException:
        raise Refusal(400, "The body is shorter than announced", why="body") from None
