"""What the tests of sending and of the workers stand on: real parts on a real ledger, and a line that keeps what it got."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.channels.contract import Answer, ChannelConfig, Contract, Request, SendOutcome, SendResult
from gateway.delivery.nudge import skip_nudge
from gateway.domain.callbacks.windows import ALWAYS
from gateway.domain.contact_safety import SafeContact
from gateway.domain.events import Event, Inbound, Outgoing, Reply
from gateway.domain.outbox.states import KINDS
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock, new_id
from gateway.storage import callers, outbox, people
from gateway.storage.database import Store
from gateway.storage.outbox import OutboxRow
from tests.support import house

LINE = replace(house.LINE, helpline="+85620555000000", mrc="", hours=ALWAYS)
HER = "+8562055512345"
Answers = deque[SendResult | Callable[[Outgoing], SendResult]]


def sent(number: int = 0) -> SendResult:
    return SendResult(outcome=SendOutcome.SENT, provider_id=f"p-{number}" if number else "", cost=80)


class Phone:
    """A channel in memory. It answers what was queued, else that the text was accepted; and it watches for two at once."""

    def __init__(self, name: str = "phone", *, rate: int = 0, takes_our_id: bool = False, **options: str):
        self.config = ChannelConfig(name=name, provider="none", menu="helpline", rate=rate, options=options)
        self.contract = Contract(
            events=frozenset(),
            accumulates=True,
            has_turn_id=False,
            takes_our_id=takes_our_id,
            can_ask=False,
        )
        self.got: list[Outgoing] = []
        self.answers: Answers = deque()
        self.together: set[str] = set()
        self._in_flight: list[str] = []
        self._lock = threading.Lock()

    def parse(self, request: Request) -> Sequence[Event]:
        raise NotImplementedError

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        raise NotImplementedError

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:  # noqa: ARG002 - the contract has it
        with self._lock:
            if message.number in self._in_flight:
                self.together.add(message.own_id)
            self._in_flight.append(message.number)
            self.got.append(message)
            count = len(self.got)
            answer = self.answers.popleft() if self.answers else sent(count)
        try:
            return answer if isinstance(answer, SendResult) else answer(message)
        finally:
            with self._lock:
                self._in_flight.remove(message.number)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.got]


def made_parts(store: Store, clock: Clock, folder: Path, *channels: Phone, **more: Any) -> Services:
    """Real parts around this store; the channels are the given ones, one phone without limits if there is none."""
    named = {channel.config.name: channel for channel in channels or (Phone(),)}
    usual: dict[str, Any] = {"channels": named, "line": LINE, "nudge": skip_nudge, "inside": {}}
    return house.made_parts(store, clock, folder, **(usual | more))


class Rows:
    """Writes rows and reads them back."""

    def __init__(self, parts: Services) -> None:
        self.parts = parts
        self._made = 0

    def caller(self, number: str = HER, *, contact: SafeContact | None = None, stopped: bool = False) -> str:
        now = self.parts.clock.now()
        with self.parts.store.write() as tx:
            caller = callers.upsert_caller(tx, number, now=now)
            if contact is not None:
                callers.set_contact(tx, caller.id, contact, now=now)
            if stopped:
                callers.set_stopped(tx, caller.id, stopped_at=now, now=now)
        return caller.id

    def person(self, name: str, number: str | None) -> str:
        now = self.parts.clock.now()
        made = new_id(now)
        with self.parts.store.write() as tx:
            people.add_person(tx, made, name=name, name_key=name.casefold(), role="counsellor", now=now)
            people.set_number(tx, made, number)
        return made

    def add(self, kind: str = "answer", *, text: str = "", to: str | None = None, **more: Any) -> str:
        """Add a due row to a caller (a new one unless named) or, for an alert, to a person."""
        self._made += 1
        n = self._made
        now = self.parts.clock.now()
        if KINDS[kind].to == "person":
            more.setdefault("person_id", to)
        elif not KINDS[kind].inside:
            more.setdefault("caller_id", to or self.caller(f"+85620555{n:05d}"))
        owner = more.get("caller_id") or more.get("person_id") or "inside"
        channel = "" if KINDS[kind].inside else next(iter(self.parts.channels))
        with self.parts.store.write() as tx:
            made = outbox.add_row(
                tx,
                kind=kind,
                channel=more.pop("channel", channel),
                lane=more.pop("lane", f"{channel}:{owner}"),
                due_at=more.pop("due_at", now),
                expires_at=more.pop("expires_at", now + KINDS[kind].lasts),
                once=more.pop("once", f"row {n}"),
                payload=more.pop("payload", {"text": text or f"text {n}"}),
                priority=more.pop("priority", KINDS[kind].priority),
                now=now,
                **more,
            )
        assert made is not None
        return made

    def get(self, row_id: str) -> OutboxRow:
        with self.parts.store.read() as tx:
            row = outbox.by_id(tx, row_id)
        assert row is not None
        return row

    def state(self, row_id: str) -> str:
        return self.get(row_id).state

    def after(self, row_id: str) -> float:
        """Seconds until the row is due."""
        return (self.get(row_id).due_at - self.parts.clock.now()).total_seconds()


def soon(seconds: float, clock: Clock) -> datetime:
    return clock.now().astimezone(UTC) + timedelta(seconds=seconds)
