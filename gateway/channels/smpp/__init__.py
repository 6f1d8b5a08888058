"""SMPP 3.4 straight to an operator's message centre: texts both ways with delivery reports, and USSD sessions.

``gateway links`` keeps the connection (``link``); workers hand texts to it, and what comes it posts to this channel's
webhook as JSON, where it is parsed here like any provider's post. So a message is on disk before the centre reads that
it was taken.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from gateway.channels.contract import (
    Answer,
    BadAccount,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    LinkDoors,
    Request,
    SendResult,
    keep_message,
)
from gateway.channels.operator_posts import OperatorPost, PhoneTurn
from gateway.channels.post_fields import JSON, find_id, write_json
from gateway.channels.smpp.account import ACCOUNT, SmppAccount, read_account, read_text
from gateway.channels.smpp.link_lines import count_binds, hand_over
from gateway.channels.smpp.pdus import BEGIN, END, write_input
from gateway.channels.ussd_only import find_digits_behind
from gateway.domain.events import (
    ChannelSeen,
    Delivery,
    Event,
    Inbound,
    Kind,
    NotANumber,
    Outgoing,
    Reply,
    TextPart,
)
from gateway.foundation.network_addresses import find_socket_path
from gateway.foundation.phone_numbers import find_sender

__all__ = ["ACCOUNT", "build"]

STATES: Mapping[str, str] = {
    "DELIVRD": "delivered",
    "DELIVERED": "delivered",
    "EXPIRED": "failed",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "UNDELIVERABLE": "failed",
    "REJECTD": "failed",
    "REJECTED": "failed",
    "FAILED": "failed",
}
"""States of a receipt (SMPP 3.4, appendix B), as centres write them; every other is on its way."""

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"SMPP": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""

SILENT_AFTER = timedelta(minutes=3)
"""The clock asks the link each minute."""


class SmppChannel:
    """A channel at an operator's message centre; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig, account: SmppAccount | None) -> None:
        self.config = config
        self.contract = Contract(
            events=frozenset({"sms", "delivery", "ussd"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=account is None,
            can_ask=False,
            real=account is not None,
            types=JSON,
            silent_after=SILENT_AFTER if account else None,
            guide="docs/how-to/connect-smpp.md",
        )
        self._account = account
        self._alphabet = account.alphabet if account else config.options.get("alphabet", "gsm7")

    @property
    def has_link(self) -> bool:
        """Whether it has an account to connect with."""
        return self._account is not None

    def parse(self, request: Request) -> Sequence[Event]:
        """Read what the link posts: a text or a part of one, a delivery report, an input of a session."""
        if request.event == "delivery":
            status = request.need("stat")
            return (
                Delivery(
                    channel=self.config.name,
                    provider_id=request.need("id"),
                    state=STATES.get(status.upper(), "moving"),
                    status=status[:40],
                ),
            )
        return self._parse_input(request) if request.event == "ussd" else self._parse_text(request)

    def _parse_text(self, request: Request) -> Sequence[Event]:
        turn, sender = (
            request.need("id"),
            find_sender(self.config.sms_number, request.need("from", empty=True)),
        )
        text = self._read_octets(request)
        if not sender:
            return (
                NotANumber(channel=self.config.name, turn=turn, sender=request.fields["from"], text=text),
            )
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.SMS,
                number=sender,
                text=text,
                turn=turn,
                service=request.fields.get("to", ""),
                part=_read_part(request),
            ),
        )

    def _parse_input(self, request: Request) -> Sequence[Event]:
        kind = request.need("kind")
        if kind == END:
            return ()  # nothing is to be shown any more; the session ends by itself
        text, first = self._read_octets(request), kind == BEGIN
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.USSD,
                number=request.need_phone("from"),
                session=request.need("session"),
                text=find_digits_behind(text, self.config.service_codes) if first else text,
                turn=request.need("id"),
                first=first,
                service=request.fields.get("to", ""),
            ),
        )

    def _read_octets(self, request: Request) -> str:
        coding = request.need("coding")
        if not (coding.isascii() and coding.isdigit() and int(coding) <= 255):  # noqa: PLR2004 - one octet
            raise BadRequest("field coding is no data coding")
        written = request.need("octets", empty=True)
        try:
            octets = bytes.fromhex(written)
        except ValueError:
            raise BadRequest("field octets is not hexadecimal") from None
        return read_text(octets, int(coding), self._alphabet)

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as the centre delivers it."""
        return write_input(turn, self.config.sms_number, self._account)

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - the link knows the session
        """Return a page for the link, which submits it."""
        return write_json({"text": reply.text, "ends": reply.ends})

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Hand one text to the link; without an account it is kept for the simulator."""
        if self._account is None:
            return keep_message(message)
        return hand_over(self._find_socket(), message, now=now)

    def look(self, *, now: datetime) -> ChannelSeen | None:  # noqa: ARG002 - it is asked now
        """Say whether the link is bound."""
        if self._account is None or not count_binds(self._find_socket()):
            return None
        return ChannelSeen(channel=self.config.name)

    def keep_link(self, doors: LinkDoors) -> None:
        """Keep it connected until it must stop."""
        if self._account is None:
            return
        from gateway.channels.smpp.link import CentreLink
        from gateway.channels.smpp.session import Redelivery
        from gateway.foundation.time_and_chance import Clock

        folder = Path(self.config.run_dir)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket = self._find_socket()
        while count_binds(socket) and not doors.stopping():
            Clock().sleep(1.0)  # another process keeps it
        socket.unlink(missing_ok=True)
        key = hashlib.sha256(self._account.password.encode()).digest()
        redelivery = Redelivery(folder / f"{self.config.name}.answered", key, Clock())
        try:
            asyncio.run(CentreLink(self.config, self._account, doors, redelivery).run(socket))
        finally:
            socket.unlink(missing_ok=True)

    def _find_socket(self) -> Path:
        return find_socket_path(Path(self.config.run_dir), self.config.name)


def _read_part(request: Request) -> TextPart | None:
    """Return which part of a long text it is; None for a whole one."""
    written = [find_id(request, name) for name in ("reference", "total", "part")]
    if not any(written):
        return None
    if not all(each.isascii() and each.isdigit() and len(each) < 6 for each in written):  # noqa: PLR2004
        raise BadRequest("field part is no part of a text")
    reference, total, number = map(int, written)
    if not (1 <= number <= total <= 255):  # noqa: PLR2004 - one octet
        raise BadRequest("field part is no part of a text")
    return TextPart(reference=str(reference), number=number, total=total)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator.

    Raises:
        BadAccount: the account cannot be used, or nobody could hand texts to its link.
    """
    account = read_account(config)
    if account is not None and not config.run_dir:
        raise BadAccount(f"channel {config.name}: there is no folder for its link")
    return SmppChannel(config, account)
