"""What an adapter's table of cases is made of, and how the tables are found: by the folders of the providers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

import gateway.channels
from gateway.channels import find_channel
from gateway.channels.contract import BadRequest, Channel, ChannelConfig, Request
from gateway.domain.events import Event
from gateway.web.webhooks.request_guard import read_fields

PROVIDERS = sorted(
    folder.name
    for root in gateway.channels.__path__
    for folder in Path(root).iterdir()
    if (folder / "__init__.py").exists()
    and hasattr(import_module(f"gateway.channels.{folder.name}"), "build")
)
"""A folder is a provider's where it builds a channel; ``web_push`` reaches staff only."""


Fields = Mapping[str, str] | Sequence[tuple[str, str]]


def split_tail(fields: Fields) -> tuple[str, list[tuple[str, str]]]:
    """Return what the provider adds to our address, and the other fields; names of its parts begin with a slash."""
    pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
    tail = "".join(f"/{quote(value, safe='')}" for name, value in pairs if name[:1] == "/")
    return tail, [(name, value) for name, value in pairs if name[:1] != "/"]


def as_form(fields: Fields) -> bytes:
    """Write fields as most providers do."""
    return urlencode(fields).encode()


def as_json(*typed: str) -> Callable[[Fields], bytes]:
    """Return how a JSON provider writes fields: the named ones unquoted, ``a.b`` as member b of an object a."""

    def write(fields: Fields) -> bytes:
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        return _as_object("", pairs, typed).encode()

    return write


def _as_object(path: str, pairs: list[tuple[str, str]], typed: tuple[str, ...]) -> str:
    members: dict[str, list[tuple[str, str]]] = {}
    for name, value in pairs:
        first, _, rest = name.partition(".")
        members.setdefault(first, []).append((rest, value))
    written = []
    for first, inner in members.items():
        whole = f"{path}.{first}".strip(".")
        plain = [value for rest, value in inner if not rest]  # more than one where a test doubles the field
        if len(plain) < len(inner):
            written.append(f"{json.dumps(first)}: {_as_object(whole, [p for p in inner if p[0]], typed)}")
        written += [
            f"{json.dumps(first)}: {value if whole in typed and value else json.dumps(value)}"
            for value in plain
        ]
    return "{" + ", ".join(written) + "}"


def as_xml(root: str) -> Callable[[Fields], bytes]:
    """Return how an XML provider writes fields: as elements of the root, ``@type`` as its attribute."""

    def write(fields: Fields) -> bytes:
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        marks = "".join(f" {name[1:]}={quoteattr(value)}" for name, value in pairs if name[0] == "@")
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in pairs if name[0] != "@")
        return f'<?xml version="1.0"?><{root}{marks}>{inner}</{root}>'.encode()

    return write


def read_body(body: bytes, content_type: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the texts and the typed values of a body, as the webhook does; nothing of what it cannot read."""
    try:
        found = read_fields(body, content_type)
    except BadRequest:
        return {}, {}
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    return texts, {name: value for name, value in found.items() if name not in texts}


@dataclass(frozen=True)
class ShownPage:
    """How a provider wants a page: the body, a mapping where it is a JSON object, and what stands in the head."""

    body: str | Mapping[str, Any]
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def is_in(self, body: str) -> bool:
        """Say whether this body is that page."""
        return (body if isinstance(self.body, str) else json.loads(body)) == self.body


def as_con_or_end(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page behind the word CON or END, as Africa's Talking and its clones want it."""
    return ShownPage(("END " if ends else "CON ") + text)


@dataclass(frozen=True)
class Dialect:
    """How a provider writes its posts, and how it signs them; which pages it wants.

    ``options`` are those of a line that takes nothing unsigned; ``sign`` makes the headers of a body at a second, to an
    address; ``is_timed`` says that the second is signed too, ``signs_address`` that the address is where the second is not, ``signs_in_body`` that the signature is a field and no header.
    ``write_with`` writes the named fields as numbers, where posts are JSON. ``page`` gives a page of this text that ends the session or not, as the answer to a post of these fields; they are
    empty where the post could not be read. ``codes`` and ``settings`` are the service codes and options of the line.
    """

    content_type: str = "application/x-www-form-urlencoded"
    method: str = "POST"
    write: Callable[[Fields], bytes] = as_form
    write_with: Callable[..., Callable[[Fields], bytes]] = as_json
    page: Callable[[str, bool, Mapping[str, str]], ShownPage] = as_con_or_end
    codes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes, int, str], Mapping[str, str]] | None = None
    is_timed: bool = True
    signs_address: bool = True
    signs_in_body: bool = False


@dataclass(frozen=True)
class Case:
    """One post as the provider makes it, and the events in it.

    ``optional`` names the fields that it may leave out; without any other the post is refused, by that field's name.
    ``private`` names the fields whose values must never be seen in a log.
    """

    name: str
    event: str
    fields: Mapping[str, str]
    gives: tuple[Event, ...]
    optional: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """All that is known of one adapter.

    ``refused`` holds posts that are no event: name, event, fields, and the words that answer them.
    ``statuses`` holds every delivery status that the provider documents, with what it comes to; ``status`` names its
    field. ``dialect`` says how it posts.
    """

    cases: tuple[Case, ...]
    refused: tuple[tuple[str, str, Mapping[str, str], str], ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    status: str = "status"
    dialect: Dialect = Dialect()

    def request(self, event: str, fields: Fields) -> Request:
        """Return a post as the channel reads it: the fields by themselves, and the body that they came in."""
        _, rest = split_tail(fields)
        body = self.dialect.write(rest)
        texts, typed = read_body(body, self.dialect.content_type)
        tail = {name: value for name, value in dict(fields).items() if name[:1] == "/"}
        return Request(event=event, fields=texts | tail, typed=typed, body=body)


def table_of(provider: str) -> Table:
    """Return the table that lies beside the tests of this provider."""
    table = import_module(f"tests.channels.{provider}.cases").TABLE
    assert isinstance(table, Table)
    return table


def line_of(provider: str, name: str = "", **options: str) -> Channel:
    """Build a line of this provider."""
    config = ChannelConfig(
        name=name or f"{provider}-1",
        provider=provider,
        menu="helpline",
        service_codes=table_of(provider).dialect.codes,
        sms_number="22384",
        options={**table_of(provider).dialect.settings, **options},
    )
    return find_channel(config)
