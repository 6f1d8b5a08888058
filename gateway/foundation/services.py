"""Define the services that every use case gets, and the settings they carry; bootstrap builds them once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.foundation.bounded_table import BoundedTable
from gateway.foundation.display_values import DisplayValues

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gateway.channels.contract import Channel, Pushes, Sender, SendResult
    from gateway.domain.callbacks.windows import Hours
    from gateway.domain.outbox.states import OutboxEvent
    from gateway.foundation.time_and_chance import Clock
    from gateway.storage.counts import Counters
    from gateway.storage.database import Store, Tx
    from gateway.storage.duty import DutyHours
    from gateway.storage.live_menus import Versions
    from gateway.storage.outbox import OutboxRow
    from gateway.storage.sessions import Sessions
    from gateway.storage.spool import Spool

    Applied = Callable[[Mapping[tuple[str, ...], Any], Collection[str]], "LineState"]

REQUIRED_NUMBERS = ("helpline",)
"""Numbers that pages and apologies name whatever the menu says; without them no real channel starts."""

MOVES = 1_500
"""Moves that a process remembers, of a few kilobytes each."""

NUMBERS_OF_TEXTS = ("helpline", "mrc")
"""Numbers that texts may name; a menu that names an unset one is not shown on real channels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelplineConfig:
    """Settings of the helpline.

    Attributes:
        zone: IANA time zone of windows and facts.
        regions: countries (ISO 3166-1 alpha-2) by which numbers without a country code are read, in this order.
        helpline: the number for callers; empty while not set.
        mrc: the centre's number; empty where there is none, and then no text may name it.
        embassy: how to reach the embassy, as text; may be empty.
        price: the price of a dial, as text; may be empty.
        days: days for which a closed request is kept.
        hours: opening hours.
        reveals: numbers that one person may be shown in an hour.
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
        """Names of the numbers that are not set, which no text may name."""
        return frozenset(name for name in NUMBERS_OF_TEXTS if not getattr(self, name))

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the required numbers that are not set."""
        return tuple(name for name in REQUIRED_NUMBERS if not getattr(self, name))

    def for_engine(self) -> DisplayValues:
        """Return the zone and placeholder → value for the engine."""
        names = ("helpline", "mrc", "embassy", "price")
        return DisplayValues(
            zone=self.zone, values={name: getattr(self, name) for name in names} | {"days": str(self.days)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBounds:
    """Limits of automatic SMS replies, so that nobody can spend the channel's money or keep a machine talking.

    Attributes:
        equal_texts: replies to the same text of a number in 30 minutes; more come from a machine.
        number_a_day: replies to one number in a day.
        strangers_an_hour: replies of a channel in an hour to unknown numbers.
        known_an_hour: separate share for numbers that gave consent before.
        code_an_hour: separate share for replies that contain a code.
        danger_an_hour: separate share for danger words.
        ours_an_hour: separate share for staff.
    """

    equal_texts: int = 5
    number_a_day: int = 40
    strangers_an_hour: int = 600
    known_an_hour: int = 600
    code_an_hour: int = 200
    danger_an_hour: int = 200
    ours_an_hour: int = 200

    def find_share(self, share: str) -> int:
        """Return the hourly limit of this share; the empty one is that of strangers."""
        found: int = getattr(self, f"{share or 'strangers'}_an_hour")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOutcome:
    """An outcome defined by the centre: the built-in outcome it stands for, and page language → label."""

    means: str
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """Settings of the centre's desk.

    Attributes:
        languages: tag → own name of languages spoken beside those of the menus.
        lists: field of the case record → word → page language → label.
        outcomes: outcomes that the centre adds or renames, by word.
    """

    languages: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    outcomes: Mapping[str, OwnOutcome] = field(default_factory=dict)

    @property
    def own_outcomes(self) -> tuple[str, ...]:
        """Words of the added outcomes, without those that only rename a built-in one."""
        return tuple(word for word, row in self.outcomes.items() if word != row.means)


@dataclass(frozen=True, slots=True)
class StatedSetting:
    """One setting as the pages may show it; no secret is in it.

    Attributes:
        block: ``env``, a block of ``gateway.toml``, ``options`` of a provider, or what lies in the database.
        owner: the channel; empty where a setting has none.
        name: as it is written there.
        value: what may be shown; empty for a secret, and where nothing is set.
        is_set: it has a value.
        source: ``environment``, ``file``, ``default`` or ``database``.
    """

    block: str
    owner: str
    name: str
    value: str
    is_set: bool
    source: str


class BadSetting(ValueError):
    """A value that the file of settings would refuse; the message does not repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """What follows from the settings of the file and those that pages changed.

    Attributes:
        line: settings of the helpline.
        answers: limits of SMS replies.
        channels: the channels that were asked for, by name, as they would be built now.
    """

    line: HelplineConfig
    answers: AnswerBounds
    channels: Mapping[str, Channel] = field(default_factory=dict)


def refuse_changes(changes: Mapping[tuple[str, ...], Any], _channels: Collection[str]) -> LineState:
    """Refuse every change: the settings of services that were put together without a file.

    Raises:
        BadSetting: always.
    """
    raise BadSetting(f"no file of settings to change: {len(changes)}")


@dataclass(slots=True, kw_only=True)
class Services:
    """Everything that a use case may use.

    Only ``line``, ``answers`` and ``own`` change, where an administrator changed a setting (``operations.refresh``);
    whoever needs one value twice reads it once.

    Attributes:
        store: the ledger.
        sessions: the USSD sessions.
        spool: turns stored while SQL is down.
        channels: name → configured channel.
        versions: the menus of this process.
        duty: copy of the rota for outages.
        clock: the time.
        line: settings of the helpline.
        count: counters of this process.
        nudge: tells workers that an outbox row is due; True where that succeeded. Never raises.
        data_dir: the data folder.
        inside: kind of outbox row → function that works it inside one transaction.
        after: kind → what follows in the transaction that writes the result of sending.
        opted_out: handles a recipient's opt-out that the provider reported, in the same transaction.
        desk: settings of the desk.
        answers: limits of SMS replies.
        set_right: corrects instants of a wrong clock, once staff have confirmed the clock.
        lease_seconds: seconds that a claimed outbox row may be in flight before it counts as unclear.
        public_url: base address of pages and webhooks.
        push: sends push messages to browsers of staff; None where there is none.
        asks_second_factor: whether staff who see callers, and administrators, need a second factor.
        moves: where keys lead, as this process computed it (``conversations.remembered_moves``).
        stated: the operator's settings as they were read at the start, for the page of settings.
        apply: checks changes of settings as the file is checked, and returns what follows, some channels built anew
            with it; raises BadSetting.
        own: key → value that pages changed, as this process took it up.
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
    push: Pushes | None = None
    asks_second_factor: bool = True
    moves: BoundedTable[Hashable, Any] = field(default_factory=lambda: BoundedTable(MOVES))
    stated: tuple[StatedSetting, ...] = ()
    apply: Applied = refuse_changes
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def senders(self) -> Mapping[str, Sender]:
        """Everything that outbox rows leave through, by the name in their column ``channel``."""
        return self.channels if self.push is None else {**self.channels, self.push.config.name: self.push}

    def is_trial(self, line: str) -> bool:
        """Say whether the channel's phones are simulators; a channel no longer configured counts as one."""
        channel = self.channels.get(line)
        return channel is None or not channel.contract.real

    @property
    def reaches_real_phones(self) -> bool:
        """Whether any channel is real."""
        return any(channel.contract.real for channel in self.channels.values())
