"""What an adapter's table of cases is made of, and how the tables are found: by the folders of the providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import gateway.channels
from gateway.channel import Channel, ChannelConfig, find
from gateway.messages import Event

PROVIDERS = sorted(
    folder.name
    for root in gateway.channels.__path__
    for folder in Path(root).iterdir()
    if (folder / "__init__.py").exists()
)


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
    ``statuses`` holds every delivery status that the provider documents, with what it comes to.
    """

    cases: tuple[Case, ...]
    refused: tuple[tuple[str, str, Mapping[str, str], str], ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)


def table_of(provider: str) -> Table:
    """Return the table that lies beside the tests of this provider."""
    table = import_module(f"tests.channels.{provider}.cases").TABLE
    assert isinstance(table, Table)
    return table


def line_of(provider: str, **options: str) -> Channel:
    """Build a line of this provider."""
    config = ChannelConfig(
        name=f"{provider}-1", provider=provider, menu="helpline", sms_number="22384", options=options
    )
    return find(config)
