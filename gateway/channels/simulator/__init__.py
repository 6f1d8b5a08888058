"""A phone without a network, for browser, terminal and tests; what is sent to it stays in the outbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gateway.channels.contract import (
    FORM,
    Answer,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    NoGateway,
    NotTaken,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.operator_posts import PhoneTurn, list_dialects, write_exchange
from gateway.domain.events import Ended, Event, Inbound, Kind, MissedCall, Outgoing, Reply, ThreadAsked
from gateway.foundation.fault_injection import PROVIDER, Outages
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.time_and_chance import new_token

if TYPE_CHECKING:
    import urllib3

SCREEN = "X-Screen"
"""Header with the id of the screen, for authors of menus and tests."""

FACTS = "X-Facts"
"""Header with further facts about the page, as JSON in ASCII."""

EXCHANGE = "X-Exchange"
"""Header with what a provider of the chosen dialect would post, and what we would answer, as JSON in ASCII."""

_write_compact = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps makes one each time

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
        headers = {**answer.headers, FACTS: _write_compact(facts)}
        return Answer(
            body=answer.body, status=answer.status, content_type=answer.content_type, headers=headers
        )

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


# One simulated phone: it posts to the simulator's addresses and returns what it shows.

NETWORK = "SIM"
SECONDS = 15
ON_THE_PHONE = "sent"


@dataclass(frozen=True, slots=True)
class HandsetPage:
    """The page on the display."""

    text: str
    ends: bool
    screen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One text on the phone; ``channel`` is the channel that would have delivered it."""

    id: str
    channel: str
    text: str
    at: str
    state: str = ON_THE_PHONE


def _open_pool() -> urllib3.PoolManager:
    import urllib3  # late: the web process, which has this channel too, calls nobody

    return urllib3.PoolManager(retries=False)


@dataclass
class Handset:
    """One phone with one number.

    Attributes:
        addresses: event → URL of the simulator's channel.
        number: its own number (E.164).
        session: id of the open session, or empty.
        typed: inputs of that session.
        code: the dialled service code.
    """

    addresses: Mapping[str, str]
    number: str
    session: str = ""
    typed: tuple[str, ...] = ()
    code: str = ""
    _pool: urllib3.PoolManager = field(default_factory=_open_pool, repr=False)

    def dial(self, code: str) -> HandsetPage:
        """Dial a service code.

        Raises:
            NoGateway: no response.
            NotTaken: the gateway refused the post.
        """
        self.session, self.typed, self.code = f"SIMid_{new_token(16)}", (), code
        return self._hop()

    def press(self, keys: str) -> HandsetPage:
        """Send an input in the open session; raises as ``dial`` does."""
        self.typed = (*self.typed, keys)
        return self._hop()

    def hang_up(self) -> None:
        """End the open session; raises as ``dial`` does."""
        if self.session:
            self._end("incomplete")

    def drop(self) -> None:
        """Lose the network: the session ends without a post to the gateway."""
        self.session = ""

    def time_out(self) -> None:
        """Let the network end the session, and post that; raises as ``dial`` does."""
        if self.session:
            self._end("failed")

    def text(self, to: str, words: str) -> None:
        """Send a text; raises as ``dial`` does."""
        message_id = f"SIMsms_{new_token(16)}"
        self._post("sms", {"from": self.number, "to": to, "id": message_id, "text": words})

    def thread(self) -> tuple[Received, ...]:
        """Return the texts that reached the phone, oldest first; raises as ``dial`` does."""
        return tuple(each for each in self.written() if each.state == ON_THE_PHONE)

    def written(self) -> tuple[Received, ...]:
        """Return all texts, also those that have not reached the phone or never will; raises as ``dial`` does."""
        answer = self._post("thread", {"phoneNumber": self.number})
        names = [each.name for each in fields(Received)]
        return tuple(Received(**{name: each[name] for name in names}) for each in json.loads(answer.data))

    def _hop(self) -> HandsetPage:
        answer = self._post(
            "ussd",
            {
                "sessionId": self.session,
                "phoneNumber": self.number,
                "networkCode": NETWORK,
                "serviceCode": self.code,
                "text": "*".join(self.typed),
            },
        )
        word, _, text = answer.data.decode().partition(" ")
        shown = HandsetPage(text, word == "END", answer.headers.get(SCREEN, ""))
        if shown.ends:
            self._end("success")
        return shown

    def _end(self, status: str) -> None:
        session, self.session = self.session, ""
        self._post("ussd-end", {"sessionId": session, "phoneNumber": self.number, "status": status})

    def _post(self, event: str, fields: Mapping[str, str]) -> Any:
        from urllib3.exceptions import HTTPError

        try:
            answer = self._pool.request(
                "POST",
                self.addresses[event],
                body=urlencode(fields),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=SECONDS,
                redirect=False,
            )
        except HTTPError as error:
            raise NoGateway("no gateway answers") from error
        if answer.status != 200:  # noqa: PLR2004
            raise NotTaken(f"{answer.status}: {answer.data[:200].decode(errors='replace')}")
        return answer


def make_texter(
    config: ChannelConfig,  # noqa: ARG001 - every provider's handset has this signature
    addresses: Mapping[str, str],
    number: str,
) -> Callable[[str, str], None]:
    """Return a function (to, text) that sends a text from this number."""
    return Handset(addresses, number).text


def build(config: ChannelConfig) -> Channel:
    """Build the channel; the option ``outages`` names the folder of simulated outages, where they are allowed."""
    folder = config.options.get("outages")
    return SimulatorChannel(config, Outages(Path(folder)) if folder else None)
