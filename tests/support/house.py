"""The whole house for a test, real parts and the sample menu: what a phone sees, what the ledger holds."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import redis

from config import list_settings
from config.settings import load_settings
from gateway.bootstrap import apply_changed_settings, read_desk
from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.conversations import one_shot, ussd
from gateway.conversations.ussd import RenderedPage
from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Inbound, Kind
from gateway.foundation.services import HelplineConfig, Services, StatedSetting
from gateway.foundation.time_and_chance import Clock
from gateway.helpdesk.alerts.announce import announce_request, tell_bundle, tell_of_danger
from gateway.helpdesk.queue.clock_righting import set_right
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.checks.context import CheckContext
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.pages import add_pages
from gateway.menus.engine import serialization
from gateway.menus.engine.model import FORMAT
from gateway.storage import callbacks, callers, outbox, versions
from gateway.storage.callbacks import Callback
from gateway.storage.counts import Counters
from gateway.storage.database import Store
from gateway.storage.duty import DutyHours
from gateway.storage.live_menus import Versions
from gateway.storage.outbox import OutboxRow
from gateway.storage.sessions import Sessions
from gateway.storage.spool import Spool
from tests.support.reviewed import reviewed
from tests.support.shared import make_once

HER = "+8562055512345"
DESK = read_desk(load_settings({}).file.desk)
MENUS = Path(__file__).parents[2] / "menus"
LINE = HelplineConfig(
    zone="Asia/Vientiane",
    regions=("LA", "TH"),
    helpline="+85620555000",
    mrc="+85620555001",
    embassy="",
    price="",
    days=90,
    hours=Hours.parse({day: ["06:00-21:00"] for day in DAYS}),
)


@contextmanager
def off_the_clock() -> Iterator[None]:
    """Let what one test makes for all of a process not count as that test's own time.

    On a busy machine it takes longer than a test may: the first one then failed in its set-up, and the next, for nothing
    was made yet, failed alike.
    """
    left, _every = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


@cache
def sample() -> str:
    """The sample menu, read by a test's reviewer, checked, cut into pages and compiled once for all tests."""
    with off_the_clock():
        return make_once("sample", _compile_sample).decode()


def _compile_sample() -> bytes:
    asked = CheckContext(
        today=date(2026, 11, 24), limits=(USSD_LIMITS, SMS_LIMITS), settings=LINE.for_engine().values
    )
    checked = check_menu(reviewed(read_folder(MENUS)), asked)
    assert checked.menu is not None, checked.problems
    cut = add_pages(checked.menu, (USSD_LIMITS, SMS_LIMITS), LINE.for_engine().values)
    return serialization.dump_menu(cut).encode()


def made_parts(
    store: Store, clock: Clock, folder: Path, client: redis.Redis | None = None, **more: Any
) -> Services:
    """Real parts around this store, with the two shipped channels; what a test names takes their place.

    The one place where tests put parts together.
    """
    store.mark = clock.mark
    lines = [("africastalking", "*384*12345#", "22384"), ("simulator", "*123*4#", "1234")]
    configs = [
        ChannelConfig(name=name, provider=name, menu="helpline", service_codes=(code,), sms_number=number)
        for name, code, number in lines
    ]
    usual = {
        "store": store,
        "sessions": Sessions(client, store, clock),
        "spool": Spool(folder / "spool", store.ring),
        "channels": {config.name: find_channel(config) for config in configs},
        "versions": Versions(store, folder / "live"),
        "duty": DutyHours(store, folder / "live", clock),
        "clock": clock,
        "line": LINE,
        "count": Counters(clock, LINE.zone),
        "nudge": lambda _row: True,
        "set_right": set_right,
        "data_dir": folder,
        "desk": DESK,
        "inside": {"announce": announce_request, "danger_text": tell_of_danger, "bundle": tell_bundle},
    }
    return Services(**(usual | more))


def apply_over(parts: Services, **environ: str) -> Services:
    """The same parts with a file of settings behind them: changes are checked as the product checks them."""
    settings = load_settings(environ)
    line = settings.file.line.model_copy(
        update={name: getattr(parts.line, name) for name in ("helpline", "mrc", "embassy", "price")}
    )
    hours = {
        day: tuple("-".join(f"{m // 60:02}:{m % 60:02}" for m in span) for span in spans)
        for day, spans in zip(DAYS, parts.line.hours.days, strict=True)
    }
    file = settings.file.model_copy(update={"line": line, "hours": hours})
    settings = settings.model_copy(update={"file": file})
    parts.stated = tuple(StatedSetting(*one) for one in list_settings(settings))
    parts.apply = partial(apply_changed_settings, settings)
    return parts


def publish(parts: Services, text: str = "", source: Mapping[str, str] | None = None) -> str:
    """Make a compiled menu the live version and return its id; ``source`` are its files, where a test needs them."""
    now = parts.clock.now()
    with parts.store.write() as tx:
        seen = versions.find_live_id(tx, "helpline")
        made = versions.add_version(
            tx,
            menu="helpline",
            source=source or {},
            compiled=text or sample(),
            format=FORMAT,
            hash="0" * 64,
            author="",
            why="",
            now=now,
        )
        assert versions.point_live(tx, "helpline", made.id, seen=seen, now=now)
    parts.versions.refresh()
    return made.id


@dataclass
class Phone:
    """Her phone: dials, presses keys and texts as the provider posts it, and shows what came back."""

    parts: Services
    number: str = HER
    channel: str = "africastalking"
    session: str = ""
    text: str = ""
    shown: list[RenderedPage] = field(default_factory=list)
    _made: int = 0

    def dial(self, keys: str = "") -> RenderedPage:
        """Begin a session and press keys, separated by spaces."""
        self._made += 1
        self.session, self.text = f"ATUid_{self.number}_{self._made}", ""
        self.post("")
        return self.press(keys) if keys else self.shown[-1]

    def press(self, keys: str) -> RenderedPage:
        """Press keys, one post each; return the last page."""
        for key in keys.split():
            self.post(f"{self.text}*{key}" if self.text else key)
        return self.shown[-1]

    def post(self, text: str) -> RenderedPage:
        """Post a text of this session as the provider would."""
        self.text = text
        self.shown.append(ussd.answer_turn(self.parts, self.inbound(text)))
        return self.shown[-1]

    def inbound(self, text: str) -> Inbound:
        return Inbound(
            channel=self.channel,
            kind=Kind.USSD,
            number=self.number,
            session=self.session,
            text=text,
            first=not text,
        )

    def texts(self, words: str, *, message: str = "") -> list[str]:
        """Send a text and return what is due to her because of it."""
        self._made += 1
        before = {row.id for row in rows(self.parts)}
        message = message or f"message {self.number} {self._made}"
        inbound = Inbound(channel=self.channel, kind=Kind.SMS, number=self.number, text=words, turn=message)
        assert one_shot.TEXTS.take(self.parts, inbound)
        return [
            payload_text(self.parts, row)
            for row in rows(self.parts)
            if row.id not in before and row.kind == "answer"
        ]


def rows(parts: Services) -> list[OutboxRow]:
    """Every outbox row, oldest first."""
    with parts.store.read() as tx:
        return sorted(outbox.list_rows(tx), key=lambda row: row.id)


def payload_text(parts: Services, row: OutboxRow) -> str:
    """What a row would send."""
    with parts.store.read() as tx:
        payload = outbox.open_row(tx, row).payload
    return str(payload["text"]) if payload else ""


def requests(parts: Services, number: str = HER) -> list[Callback]:
    """Every request of this number that is open."""
    with parts.store.read() as tx:
        caller = callers.find_caller(tx, number)
        return list(callbacks.open_of(tx, caller.id)) if caller else []
