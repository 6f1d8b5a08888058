"""The parts that every use case works with, put together once by bootstrap and handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.foundation.display_values import DisplayValues

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gateway.channels.contract import Channel, SendResult
    from gateway.domain.callbacks.windows import Hours
    from gateway.domain.outbox.states import OutboxEvent
    from gateway.foundation.clock import Clock
    from gateway.operations.reporting.metrics import Counters
    from gateway.storage.database import Store, Tx
    from gateway.storage.duty import DutyHours
    from gateway.storage.live_menus import Versions
    from gateway.storage.outbox import OutboxRow
    from gateway.storage.sessions import Sessions
    from gateway.storage.spool import Spool

REQUIRED_NUMBERS = ("helpline",)
"""What pages and the last words send people to, whatever the menus say: without it no line reaches real phones."""

NUMBERS_OF_TEXTS = ("helpline", "mrc")
"""What texts may send people to: where a live text names one, nobody may be sent to a number that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelplineConfig:
    """What whoever runs the server says of the line.

    Attributes:
        zone: the zone in which windows and facts are read.
        regions: how numbers without a country code are read, in this order.
        helpline: the number that callers may phone; empty while it is not set.
        mrc: the centre's number; empty where there is none, and then no text may name it.
        embassy: how to reach the embassy, in words; empty says nothing.
        price: what a dial costs, in words; empty says nothing.
        days: how long a closed request is kept.
        hours: when somebody is on duty.
        reveals: how many numbers one person may be shown in an hour.
    """

    zone: str
    regions: tuple[str, ...]
    helpline: str
    mrc: str
    embassy: str
    price: str
    days: int
    hours: Hours
    reveals: int = 15

    @property
    def unset(self) -> frozenset[str]:
        """Which numbers no text may name, for they are not set."""
        return frozenset(name for name in NUMBERS_OF_TEXTS if not getattr(self, name))

    @property
    def missing(self) -> tuple[str, ...]:
        """Which numbers are not set without which no line reaches real phones."""
        return tuple(name for name in REQUIRED_NUMBERS if not getattr(self, name))

    def for_engine(self) -> DisplayValues:
        """Return what the engine fills its line placeholders with; it says which number is missing."""
        names = ("helpline", "mrc", "embassy", "price")
        return DisplayValues(
            zone=self.zone, values={name: getattr(self, name) for name in names} | {"days": str(self.days)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBounds:
    """How much a line answers by text, so that nobody can spend its money or talk to it without end.

    Attributes:
        equal_texts: answers to one and the same text of a number in half an hour; more come from a machine.
        number_a_day: answers that one number gets in a day.
        strangers_an_hour: answers of a line in an hour to numbers that nobody knows.
        known_an_hour: answers that strangers never use up, to numbers that agreed to be called before.
        code_an_hour: the like, to texts that ask for a call or hold its code.
        danger_an_hour: the like, to words of danger.
        ours_an_hour: the like, to our own people.
    """

    equal_texts: int = 5
    number_a_day: int = 40
    strangers_an_hour: int = 600
    known_an_hour: int = 600
    code_an_hour: int = 200
    danger_an_hour: int = 200
    ours_an_hour: int = 200

    def find_share(self, share: str) -> int:
        """Return how many answers of an hour this share has; the empty one is that of strangers."""
        found: int = getattr(self, f"{share or 'strangers'}_an_hour")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOutcome:
    """A button of the centre's own: what it means by the table of outcomes, and its label by page language."""

    means: str
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """What whoever runs the server says of the centre's desk.

    Attributes:
        languages: what people and places may speak beside the languages of the menus, by tag, as each calls itself.
        lists: the lists of the figures form, by field: word → label by page language.
        outcomes: outcomes that the centre has beside the house's, or calls otherwise, by word.
    """

    languages: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    outcomes: Mapping[str, OwnOutcome] = field(default_factory=dict)

    @property
    def own_outcomes(self) -> tuple[str, ...]:
        """The outcomes that the house has no button for; a row of a word that it has only calls that otherwise."""
        return tuple(word for word, row in self.outcomes.items() if word != row.means)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a use case may touch.

    Attributes:
        nudge: says to the workers that an outbox row is due; True where the word got through. Never raises.
        inside: the functions of the inside kinds of outbox rows, by kind.
        after: what follows, by kind, in the transaction that writes what came of sending an outside row.
        opted_out: takes a provider's word that whom a row is for wants no texts, in the transaction that writes it.
        desk: what the centre's people speak and count.
        answers: how much is answered by text.
        set_right: sets right what a wrong clock wrote, once a person has confirmed the clock.
        lease_seconds: how long a claimed outbox row may stay in flight before it counts as unclear.
        public_url: where pages and webhooks are reached from outside.
        asks_second_factor: whether those who see callers, and administrators, get nowhere without a second factor.
    """

    store: Store
    sessions: Sessions
    spool: Spool
    channels: Mapping[str, Channel]
    versions: Versions
    duty: DutyHours
    clock: Clock
    line: HelplineConfig
    count: Counters
    nudge: Callable[[str], bool]
    data_dir: Path
    inside: Mapping[str, Callable[[Services, Tx, OutboxRow], None]] = field(default_factory=dict)
    after: Mapping[str, Callable[[Services, Tx, OutboxRow, SendResult, OutboxEvent], None]] = field(
        default_factory=dict
    )
    opted_out: Callable[[Services, Tx, OutboxRow], None] = lambda *_: None
    desk: DeskConfig = field(default_factory=DeskConfig)
    answers: AnswerBounds = field(default_factory=AnswerBounds)
    set_right: Callable[[Services, Tx, Mapping[str, object], datetime], None] = lambda *_: None
    lease_seconds: int = 120
    public_url: str = ""
    asks_second_factor: bool = True

    def is_trial(self, line: str) -> bool:
        """Say whether the phones of this line are trial phones; one that was taken out of the file reaches nobody."""
        channel = self.channels.get(line)
        return channel is None or not channel.contract.real

    @property
    def reaches_real_phones(self) -> bool:
        """Whether any line does."""
        return any(channel.contract.real for channel in self.channels.values())
