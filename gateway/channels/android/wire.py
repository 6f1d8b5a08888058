"""Speaks JSON over HTTP with the app on the phone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

from gateway.channels.android.account import Account
from gateway.over_http import CONNECT, READ, OverHttp


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An answer as it came; ``found`` is its JSON object, or None where it is none or came only in part."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Any] | None = field(default=None, repr=False)


class Wire:
    """The way to one phone."""

    def __init__(self, account: Account) -> None:
        self._url = account.api_url
        self._headers = {
            **urllib3.make_headers(basic_auth=f"{account.username}:{account.password}"),
            "Accept": "application/json",
        }
        self._http = OverHttp()

    def ask(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, *, read: float = READ
    ) -> HttpReply:
        """Make one request.

        Raises:
            NoAnswer: there is no answer.
        """
        written = b"" if content is None else json.dumps(content).encode()
        kind = {} if content is None else {"Content-Type": "application/json; charset=utf-8"}
        headers = {**self._headers, **kind}
        reply = self._http.ask(method, self._url + path, body=written, headers=headers, times=(CONNECT, read))
        found = None if reply.cut else _object(reply.body)
        return HttpReply(status=reply.status, headers=reply.headers, found=found)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
