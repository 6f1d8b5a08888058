"""Simulate a phone: post to the simulator's addresses and return what it shows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from gateway.channels.contract import ChannelConfig, NoGateway, NotTaken
from gateway.channels.simulator.channel import SCREEN
from gateway.foundation.ids import new_token

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
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False), repr=False)

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
