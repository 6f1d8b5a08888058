"""Implement the simulator's channel: phones that dial and text without a provider."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from gateway.channels.contract import (
    FORM,
    Answer,
    BadRequest,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.operator_posts import PhoneTurn, list_dialects, write_exchange
from gateway.domain.events import Ended, Event, Inbound, Kind, MissedCall, Outgoing, Reply, ThreadAsked
from gateway.foundation.fault_injection import PROVIDER, Outages
from gateway.foundation.phone_numbers import to_e164

SCREEN = "X-Screen"
"""Header with the id of the screen, for authors of menus and tests."""

FACTS = "X-Facts"
"""Header with further facts about the page, as JSON in ASCII."""

EXCHANGE = "X-Exchange"
"""Header with what a provider of the chosen dialect would post, and what we would answer, as JSON in ASCII."""

DIALECT = "dialect"
"""Field of a post that chooses it."""


class SimulatorChannel:
    """A channel of the simulator; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig, outages: Outages | None = None) -> None:
        self.config = config
        self._outages = outages
        self.contract = Contract(
            events=frozenset(READERS),
            accumulates=True,
            has_turn_id=False,
            takes_our_id=True,
            can_ask=False,
            real=False,
            shows_facts=True,
            types=FORM | {"application/json"},
        )

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its single event."""
        reader = READERS.get(request.event)
        if reader is None:
            raise BadRequest("this line has no such event")
        return (reader(self.config.name, request),)

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page, with its screen in a header, and in another how the chosen dialect has both."""
        headers = {SCREEN: reply.screen} if reply.screen else {}
        if inbound is not None and inbound.echo:
            headers[EXCHANGE] = _describe_exchange(reply, inbound)
        return Answer(body=("END " if reply.ends else "CON ") + reply.text, headers=headers)

    def add_facts(self, answer: Answer, facts: Mapping[str, Any]) -> Answer:
        """Add the facts as a header."""
        return replace(answer, headers={**answer.headers, FACTS: json.dumps(facts, separators=(",", ":"))})

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Keep the text for the simulator's thread; during a simulated outage the channel is down."""
        if self._outages is not None and self._outages.until(PROVIDER, now=now):
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection", down=True)
        return keep_message(message)


def _describe_exchange(reply: Reply, inbound: Inbound) -> str:
    turn = PhoneTurn(
        session=inbound.session,
        number=inbound.number,
        code=inbound.service,
        inputs=tuple(inbound.text.split("*")) if inbound.text else (),
    )
    return json.dumps(asdict(write_exchange(dict(inbound.echo)[DIALECT], turn, reply)))


def read_hop(channel: str, request: Request) -> Inbound:
    """Read one post of a session; ``text`` has all inputs joined by ``*``."""
    text, dialect = request.need("text", empty=True), request.fields.get(DIALECT, "")
    if dialect and dialect not in list_dialects():
        raise BadRequest("field dialect is no dialect of a provider")
    return Inbound(
        channel=channel,
        kind=Kind.USSD,
        number=_read_number(request, "phoneNumber"),
        session=request.need("sessionId"),
        text=text,
        first=not text,
        service=request.need("serviceCode"),
        network=request.need("networkCode"),
        echo=((DIALECT, dialect),) if dialect else (),
    )


def read_end(channel: str, request: Request) -> Ended:
    """Read the end of a session."""
    status = request.need("status")
    if status not in ("success", "incomplete", "failed"):
        raise BadRequest("field status is none of success, incomplete, failed")
    return Ended(
        channel=channel,
        session=request.need("sessionId"),
        number=_read_number(request, "phoneNumber"),
        status=status,
    )


def read_text(channel: str, request: Request) -> Inbound:
    """Read a text."""
    return Inbound(
        channel=channel,
        kind=Kind.SMS,
        number=_read_number(request, "from"),
        text=request.need("text", empty=True),
        turn=request.need("id"),
        service=request.need("to"),
    )


def read_ring(channel: str, request: Request) -> MissedCall:
    """Read a missed call."""
    return MissedCall(channel=channel, number=_read_number(request, "phoneNumber"), turn=request.need("id"))


def read_thread_question(channel: str, request: Request) -> ThreadAsked:
    """Read the request for the texts sent to a number."""
    written = request.fields.get("since", "")
    try:
        since = datetime.fromisoformat(written) if written else None
    except ValueError:
        raise BadRequest("field since is not an instant like 2026-11-24T07:05:00Z") from None
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return ThreadAsked(channel=channel, number=_read_number(request, "phoneNumber"), since=since)


def _read_number(request: Request, name: str) -> str:
    number = to_e164(request.need(name))
    if number is None:
        raise BadRequest(f"field {name} is not a phone number with its country code")
    return number


READERS: dict[str, Callable[[str, Request], Event]] = {
    "ussd": read_hop,
    "ussd-end": read_end,
    "sms": read_text,
    "voice": read_ring,
    "thread": read_thread_question,
}
