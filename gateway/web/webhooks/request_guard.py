"""Verifies a webhook post and parses its body, or refuses it with a message that repeats nothing of its content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from gateway.channels.contract import Answer, BadRequest, Channel, Contract, Request, is_signed
from gateway.foundation.time_and_chance import matches_secret

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
    if content_type == JSON:
        return _parse_json(text)
    return _split_plain_form(text) or _collect_pairs(_parse_form(text))


def _split_plain_form(text: str) -> dict[str, Any] | None:
    """Return the fields of a form as providers post them; None for one with anything to be read with more care.

    ``parse_qsl`` reads it the same and takes ten times as long, which is as much as the rest of a hop before its save.
    """
    if not text.isascii() or "+" in text or "\0" in text or text.count("&") >= MOST_FIELDS:
        return None
    plain = text.replace("%2B", "+").replace("%2A", "*").replace("%23", "#")
    if "%" in plain:
        return None
    pairs = plain.split("&")
    try:
        fields = dict([pair.split("=", 1) for pair in pairs])
    except ValueError:  # a name without a value
        return None
    return fields if len(fields) == len(pairs) else None


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


HEADERS = {
    "Cache-Control": "no-store",
    # What is no page needs these two alone (OWASP Secure Headers Project).
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What each answer carries beside its own headers."""


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


class RawPost(NamedTuple):
    """A post as it came, of a WSGI environment or read whole by the front.

    Attributes:
        method: the HTTP method.
        path: the path, percent-decoded.
        query: the query as sent, one character a byte.
        headers: header in lower case → value.
        read_body: returns the body, or refuses it; asked once all else is right.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]


def open_environ(environ: WSGIEnvironment) -> RawPost:
    """Return the post of a WSGI environment (PEP 3333), which passes bytes as Latin-1."""
    return RawPost(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace"),
        query=environ.get("QUERY_STRING", ""),
        headers=PostHeaders(environ),
        read_body=lambda: _read_body(environ),
    )


def check_size(body: bytes) -> bytes:
    """Return a body that was read whole; raises Refusal where it is too long."""
    if len(body) > MOST_BYTES:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size")
    return body


def verify_signature(
    post: RawPost, channel: Channel, event: str, *, now: datetime, tail: Sequence[str] = ()
) -> Request:
    """Return the post as the channel reads it, with its signature checked where the provider signs.

    Raises:
        Refusal: as ``strip_post`` does.
        NotSigned: the signature is missing, wrong or too old.
    """
    stripped = strip_post(post, channel.contract, event, tail)
    if is_signed(channel):
        channel.verify(stripped, now=now)
    return stripped


def strip_post(post: RawPost, contract: Contract, event: str, tail: Sequence[str] = ()) -> Request:
    """Return the post as the channel reads it, with the parts that the provider added to the address as fields.

    Raises:
        Refusal: unknown event (404), method (405), media type (415), size (413) or body (400), as in RFC 9110, 15.5.
    """
    if event not in contract.events:
        known = ", ".join(sorted(contract.events))
        raise Refusal(contract.refusal, f"No such event; this line takes: {known}", why="event")
    ends = _name_tail(contract, tail) if tail or contract.tail else {}
    if post.method not in contract.methods:
        raise _refuse_method(contract)
    if post.method == "GET":
        return _strip_query(post, contract, event, ends)
    headers = post.headers
    media_type, charset = _read_type(headers.get("content-type", ""))
    encoding = headers.get("content-encoding", "identity").lower()
    if media_type not in contract.types or charset not in _UTF8 or encoding != "identity":
        raise Refusal(415, f"Only UTF-8 in {' or '.join(sorted(contract.types))} is taken here", why="type")
    body = post.read_body()
    try:
        found = {} if contract.reads_body or not body else read_fields(body, media_type)
    except BadRequest as error:
        raise Refusal(400, str(error), why="form") from None
    texts, typed = found, {}
    if media_type == JSON:
        texts = {name: value for name, value in found.items() if isinstance(value, str)}
        typed = {name: value for name, value in found.items() if name not in texts}
    return Request(
        event=event,
        fields={**texts, **ends} if ends else texts,
        typed=typed,
        headers=headers,
        body=body,
        path=_find_path(post),
    )


def _refuse_method(contract: Contract) -> Refusal:
    allowed = sorted(contract.methods)
    words = f"Only {' or '.join(allowed)} is taken here"
    return Refusal(405, words, why="method", headers={"Allow": ", ".join(allowed)})


def _name_tail(contract: Contract, tail: Sequence[str]) -> dict[str, str]:
    if len(tail) != len(contract.tail):
        words = f"behind the event stands {''.join(contract.tail) or 'nothing'}"
        raise Refusal(contract.refusal, f"No such address; {words}", why="event")
    return dict(zip(contract.tail, tail, strict=True))


def _strip_query(post: RawPost, contract: Contract, event: str, ends: Mapping[str, str]) -> Request:
    query = post.query.encode("latin-1")
    if len(query) > MOST_BYTES:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size")
    try:
        fields = {} if contract.reads_body else read_fields(query, FORM)
    except BadRequest as error:
        raise Refusal(400, str(error).replace("body", "query"), why="form") from None
    found = {**fields, **ends}
    return Request(event=event, fields=found, headers=post.headers, body=query, path=_find_path(post))


_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


def _find_path(post: RawPost) -> str:
    """Return path and query as the provider signed them."""
    path = "/" + post.path.lstrip("/")
    return f"{path}?{post.query}" if post.query else path


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
