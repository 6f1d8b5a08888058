"""Serves the webhooks on a real socket, with use cases behind them that write down what they were given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask

from gateway.channels.contract import Channel
from gateway.domain.events import (
    CallEvent,
    CallStep,
    ChannelSeen,
    Delivery,
    Ended,
    Event,
    Inbound,
    MissedCall,
    NotANumber,
    OptOut,
    Piece,
    PieceKind,
    Reply,
    Silence,
    ThreadAsked,
)
from gateway.foundation.time_and_chance import Clock, Serials
from gateway.storage.callers import SentText
from gateway.storage.counts import Counters
from gateway.web.webhooks.views import Doors, Gate, list_addresses, mount_webhooks
from tests.support.serving import serve_app

KEY = b"k" * 32
DOWN = "It failed here. Call +856 21 000 000."
PAGE = "Info line. Choose:\n1 Phasa Lao\n4 English"


@dataclass(frozen=True)
class Page:
    """What the turn behind tells."""

    text: str = PAGE
    ends: bool = False
    screen: str = "language"
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def reply(self) -> Reply:
        return page_of(self.text, ends=self.ends, screen=self.screen)


def page_of(text: str, *, ends: bool = False, screen: str = "") -> Reply:
    """A reply of one piece."""
    return Reply(pieces=(Piece(PieceKind.TEXT, text),), ends=ends, screen=screen)


@dataclass
class Behind:
    """The use cases; each notes its event, then does what ``fails`` says."""

    taken: list[Event] = field(default_factory=list)
    page: Page = field(default_factory=Page)
    pages: dict[str, Page] = field(default_factory=dict)  # by what was typed so far
    kept: bool = True
    step: CallStep = field(default_factory=Silence)
    thread: Sequence[SentText] = ()
    fails: Callable[[Event], None] = lambda _: None

    def doors(self) -> Doors:
        return Doors(
            turn=self._turn,
            text=self._keep,
            ended=self._keep,
            opt_out=self._keep,
            delivery=self._deliver,
            thread=self._thread,
            missed=self._keep,
            seen=self._see,
            call=self._call,
            notice=self._keep,
        )

    def _turn(self, event: Inbound) -> Page:
        self._keep(event)
        return self.pages.get(event.text, self.page)

    def _keep(
        self, event: Inbound | Ended | Delivery | OptOut | MissedCall | ChannelSeen | CallEvent | NotANumber
    ) -> bool:
        self.taken.append(event)
        self.fails(event)
        return self.kept

    def _deliver(self, event: Delivery) -> None:
        self._keep(event)

    def _see(self, event: ChannelSeen) -> None:
        self._keep(event)

    def _call(self, event: CallEvent) -> CallStep:
        self._keep(event)
        return self.step

    def _thread(self, event: ThreadAsked) -> Sequence[SentText]:
        self._keep(event)
        return self.thread


@dataclass
class House:
    """A running web server and what stands behind it."""

    url: str
    behind: Behind
    count: Counters
    serials: Serials
    channels: dict[str, Channel]
    settings: dict[str, object]

    def addresses(self, channel: str) -> dict[str, str]:
        """Return event → address of one line."""
        return list_addresses(self.url, self.channels, self.serials.secrets)[channel]

    def counted(self, what: str) -> dict[str, int]:
        """Return how often each item of a figure was counted."""
        return {key.item: n for key, n in self.count._counts.items() if key.what == what}


@contextmanager
def served(*channels: Channel, key: bytes = KEY) -> Iterator[House]:
    """Serve these lines."""
    named = {channel.config.name: channel for channel in channels}
    settings: dict[str, object] = {}
    house = House(
        "", Behind(), Counters(Clock()), Serials(named, key=lambda: key, read=settings.get), named, settings
    )
    app = Flask("webhooks")
    gate = Gate(
        channels=named,
        secrets=house.serials.secrets,
        doors=house.behind.doors(),
        count=house.count,
        clock=Clock(),
        down=DOWN,
    )
    mount_webhooks(app, gate, most_bytes=64 * 1024)
    with serve_app(app) as house.url:
        yield house
