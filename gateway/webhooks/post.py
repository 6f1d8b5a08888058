"""Strips the transport off a post, or refuses it in words that never repeat what it held."""

from collections.abc import Mapping

from flask import Request as HttpRequest
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.channel import Answer, BadRequest, Contract, Request
from gateway.webhooks.form import fields_of

MOST_BYTES = 16 * 1024


class Refusal(Exception):
    """The post is not taken; the words are for the provider's engineer, ``why`` is for the figures."""

    def __init__(
        self, status: int, words: str, *, why: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.why = why
        self.answer = Answer(body=words, status=status, headers=headers or {})


def strip(posted: HttpRequest, contract: Contract, event: str) -> Request:
    """Return the post as the channel reads it.

    Raises:
        Refusal: the event, the method, the type, the size or the form of the body is not what the line takes.
    """
    if event not in contract.events:
        known = ", ".join(sorted(contract.events))
        raise Refusal(404, f"No such event; this line takes: {known}", why="event")
    if posted.method != "POST":
        raise Refusal(405, "Only POST is taken here", why="method", headers={"Allow": "POST"})
    if not _is_readable(posted, contract):
        raise Refusal(415, f"Only UTF-8 in {' or '.join(sorted(contract.types))} is taken here", why="type")
    body = _body(posted)
    try:
        fields = {} if contract.reads_body else fields_of(body, posted.mimetype)
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


def _body(posted: HttpRequest) -> bytes:
    posted.max_content_length = MOST_BYTES
    try:
        return posted.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refusal(413, f"Only {MOST_BYTES} bytes are taken here", why="size") from None
    except HTTPException:
        raise Refusal(400, "The body is shorter than announced", why="body") from None
