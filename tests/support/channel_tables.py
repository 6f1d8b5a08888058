"""What an adapter's table of cases is made of, and how the tables are found: by the folders of the providers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from urllib.parse import urlencode

import gateway.channels
from gateway.channels.contract import Channel, ChannelConfig, Request, find_channel
from gateway.domain.events import Event

PROVIDERS = sorted(
    folder.name
    for root in gateway.channels.__path__
    for folder in Path(root).iterdir()
    if (folder / "__init__.py").exists()
)


Fields = Mapping[str, str] | Sequence[tuple[str, str]]


def as_form(fields: Fields) -> bytes:
    """Write fields as most providers do."""
    return urlencode(fields).encode()


@dataclass(frozen=True)
class Dialect:
    """How a provider writes its posts, and how it signs them.

    ``options`` are those of a line that takes nothing unsigned; ``sign`` makes the headers of a body at a second.
    """

    content_type: str = "application/x-www-form-urlencoded"
    write: Callable[[Fields], bytes] = as_form
    options: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes, int], Mapping[str, str]] | None = None


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
        return Request(event=event, fields=dict(fields), body=self.dialect.write(fields))


def table_of(provider: str) -> Table:
    """Return the table that lies beside the tests of this provider."""
    table = import_module(f"tests.channels.{provider}.cases").TABLE
    assert isinstance(table, Table)
    return table


def line_of(provider: str, name: str = "", **options: str) -> Channel:
    """Build a line of this provider."""
    config = ChannelConfig(
        name=name or f"{provider}-1", provider=provider, menu="helpline", sms_number="22384", options=options
    )
    return find_channel(config)
