"""Write the post that a provider makes of one input of a phone, and show it beside the answer of the same adapter.

An adapter that has ``write_post`` can be chosen on the phone page. Its post is read by its own ``parse`` and answered
by its own ``answer``, so what an administrator sees is what a line of that provider takes and gives. Ids and accounts
in a post are made up, where a provider has some of its own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlencode

import gateway.channels
from gateway.channels import find_channel
from gateway.channels.contract import Answer, Channel, ChannelConfig, Request
from gateway.channels.post_fields import narrow_request
from gateway.domain.events import Inbound, Reply

OUR_NAME = "OURNAME"
"""Stands for the provider's name of our account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneTurn:
    """One input of a phone, as a network sees it.

    Attributes:
        session: the id of the session.
        number: the caller's, in E.164.
        code: the code as it was dialled.
        inputs: all inputs of the session so far; empty for the dial.
    """

    session: str
    number: str
    code: str
    inputs: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        """The number without its plus, as most providers write it."""
        return self.number.removeprefix("+")

    @property
    def latest(self) -> str:
        """The latest input; of a dial the code."""
        return self.inputs[-1] if self.inputs else self.code


def show_http_answer(answer: Answer) -> str:
    """Return status, headers and body of an answer."""
    headers = {"Content-Type": answer.content_type, **answer.headers}
    return "\n".join(
        [str(answer.status), *(f"{name}: {value}" for name, value in headers.items()), "", answer.body]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPost:
    """A post of a provider.

    Attributes:
        request: it, as the channel reads it.
        shown: it, as a person reads it.
        show_answer: returns our answer as a person reads it.
    """

    request: Request
    shown: str
    show_answer: Callable[[Answer], str] = show_http_answer


@runtime_checkable
class WritesPosts(Protocol):
    """A channel that can write its provider's posts."""

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write the provider's post of one input."""
        ...


def write_form_post(fields: Mapping[str, str]) -> OperatorPost:
    """Return a post of a form."""
    return _make_post("POST", "application/x-www-form-urlencoded", urlencode(fields), fields)


def write_query_post(fields: Mapping[str, str]) -> OperatorPost:
    """Return a GET with its query."""
    query = urlencode(fields)
    return OperatorPost(request=_make_request(query, fields), shown=f"GET …/ussd?{query}")


def write_json_post(values: Mapping[str, Any]) -> OperatorPost:
    """Return a post of a JSON object."""
    return _make_post("POST", "application/json", json.dumps(values, ensure_ascii=False, indent=1), values)


def write_xml_post(body: str) -> OperatorPost:
    """Return a post of an XML document."""
    return _make_post("POST", "text/xml", body, {})


def _make_post(method: str, content_type: str, body: str, values: Mapping[str, Any]) -> OperatorPost:
    shown = f"{method} …/ussd\nContent-Type: {content_type}\n\n{body}"
    return OperatorPost(request=_make_request(body, values), shown=shown)


def _make_request(body: str, values: Mapping[str, Any]) -> Request:
    return narrow_request(Request(event="ussd", fields={}, body=body.encode()), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderExchange:
    """A post of a provider and our answer, as a person reads them; ``limit`` is the provider's page."""

    posted: str
    answered: str
    limit: tuple[int, int]


@cache
def list_dialects() -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Return name → provider and options of every dialect; a provider's folder names its own in ``SPOKEN_AS``."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for folder in iter_modules(gateway.channels.__path__):
        if folder.ispkg:
            names = getattr(import_module(f"gateway.channels.{folder.name}"), "SPOKEN_AS", {})
            found |= {name: (folder.name, options) for name, options in names.items()}
    return dict(sorted(found.items(), key=lambda each: each[0].casefold()))


@lru_cache(maxsize=32)
def find_dialect(name: str, code: str) -> Channel:
    """Return a line of this dialect with this code, which reaches nobody.

    Raises:
        KeyError: there is no such dialect.
    """
    provider, options = list_dialects()[name]
    return find_channel(
        ChannelConfig(name=provider, provider=provider, menu="", service_codes=(code,), options=options)
    )


def write_exchange(name: str, turn: PhoneTurn, reply: Reply) -> ProviderExchange:
    """Return what a provider of this dialect would post of the turn, and what we would answer.

    Raises:
        KeyError: there is no such dialect.
    """
    channel = find_dialect(name, turn.code)
    if not isinstance(channel, WritesPosts):
        raise KeyError(name)
    post = channel.write_post(turn)
    answer = channel.answer(reply, find_inbound(channel.parse(post.request)))
    limits = channel.contract.ussd
    return ProviderExchange(
        posted=post.shown, answered=post.show_answer(answer), limit=(limits.gsm7_stop, limits.ucs2_stop)
    )


def find_inbound(events: Sequence[object]) -> Inbound | None:
    """Return the input among the events of a post; None where there is none."""
    return next((each for each in events if isinstance(each, Inbound)), None)
