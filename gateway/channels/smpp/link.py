"""Keep the binds of one channel, submit what the workers hand over, and post what the centre delivers to our webhook.

A worker hands over one text a connection, over a Unix socket, as a line of JSON. It reads ``begun`` right before the
first octet leaves, then the result: so a process that was killed before ``begun`` surely sent nothing, and after it
nobody knows.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import ChannelConfig, LinkDoors, SendOutcome, SendResult
from gateway.channels.smpp import link_lines, pdus
from gateway.channels.smpp.account import SmppAccount, split_text
from gateway.channels.smpp.pdus import Delivered
from gateway.channels.smpp.session import BoundConnection, NotBound, Redelivery, Unanswered
from gateway.foundation.time_and_chance import Clock, add_jitter

if TYPE_CHECKING:
    from smpp34 import DeliverSm

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
REST_SECONDS = 5.0
"""For the further parts of a text that were throttled: then the text is unclear, for some parts have left."""

WRONG_ACCOUNT = frozenset({0x04, 0x0D, 0x0E, 0x0F})

_log = logging.getLogger(__name__)

Say = Callable[[Mapping[str, Any]], Awaitable[None]]


class CentreLink:
    """The connections of one channel to its centre."""

    def __init__(
        self, config: ChannelConfig, account: SmppAccount, doors: LinkDoors, redelivery: Redelivery
    ) -> None:
        self._config = config
        self._account = account
        self._doors = doors
        self._redelivery = redelivery
        self._clock = Clock()
        self._sessions: list[BoundConnection] = []
        self._numbers = itertools.count(1)
        self._throttled = 0
        self._quiet_until = 0.0
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self, socket: Path) -> None:
        """Serve the workers and keep the binds, until it must stop."""
        server = await asyncio.start_unix_server(self._serve, socket)
        commands = self._list_commands()
        binds = [asyncio.ensure_future(self._keep_bound(command)) for command in commands]
        try:
            while not self._doors.stopping():  # noqa: ASYNC110 - a flag that another thread sets
                await asyncio.sleep(0.1)
        finally:
            server.close()
            for bind in binds:
                bind.cancel()
            await asyncio.gather(*(session.end() for session in self._sessions), return_exceptions=True)
            await asyncio.gather(*self._busy, return_exceptions=True)

    def _list_commands(self) -> list[int]:
        each = [pdus.BIND_TRANSMITTER, pdus.BIND_RECEIVER] if self._account.split else [pdus.BIND_TRANSCEIVER]
        return each * self._account.binds

    async def _keep_bound(self, command: int) -> None:
        """Bind, stay bound, and bind again, to the next host each time, after a growing wait."""
        wait = FIRST_WAIT
        for host, port in itertools.cycle(self._account.hosts):
            number = next(self._numbers)
            session = BoundConnection(self._account, command, lambda pdu, n=number: self._take(pdu, n))  # type: ignore[misc]
            try:
                await session.bind(host, port)
            except NotBound as error:
                level = logging.ERROR if error.status in WRONG_ACCOUNT else logging.WARNING
                _log.log(level, "line %s: not bound (status %#x)", self._config.name, error.status)
                await asyncio.sleep(add_jitter(LONGEST_WAIT if error.status in WRONG_ACCOUNT else wait))
                wait = min(LONGEST_WAIT, wait * 2)
                continue
            wait = FIRST_WAIT
            self._sessions.append(session)
            _log.info("line %s: bound", self._config.name)
            try:
                await session.run()
            finally:
                if not self._doors.stopping():
                    self._sessions.remove(session)
                self._redelivery.note_end(number)
            _log.warning("line %s: the link was lost", self._config.name)
            await asyncio.sleep(add_jitter(wait))

    # What workers hand over.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

        async def say(line: Mapping[str, Any]) -> None:
            writer.write(json.dumps(line).encode() + b"\n")
            await writer.drain()

        try:
            asked = json.loads(await reader.readline())
            if "text" in asked:
                await say(link_lines.write_result(await self._send(asked, say)))
            else:
                await say({"bound": sum(session.can_send for session in self._sessions)})
        except (OSError, ValueError):
            pass  # the worker is gone; its row becomes unclear when its lease ends
        finally:
            with suppress(OSError):
                writer.close()

    async def _send(self, asked: Mapping[str, Any], say: Say) -> SendResult:
        """Submit a text: its first part alone, and the others once that was taken."""
        messages = split_text(asked["text"], self._account, asked["id"])
        submissions = [
            pdus.Submission(
                source=self._config.sms_number,
                target=asked["number"],
                message=message,
                receipt=self._account.receipts and message.number == message.total,
                seconds=asked["seconds"],
            )
            for message in messages
        ]
        said = asyncio.Event()

        async def begin() -> None:
            if not said.is_set():
                await say({"begun": True})
                said.set()

        first = await self._submit(submissions[0], begin)
        if first.outcome is not SendOutcome.SENT or len(submissions) == 1:
            return first
        found = await asyncio.gather(*(self._submit_rest(each, begin) for each in submissions[1:]))
        if any(each.outcome is not SendOutcome.SENT for each in found):
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="some-parts", alarm=True)
        return found[-1]

    async def _submit_rest(
        self, submission: pdus.Submission, begin: Callable[[], Awaitable[None]]
    ) -> SendResult:
        """Submit a further part; where it is throttled, wait and try again for some seconds."""
        until = self._clock.monotonic() + REST_SECONDS
        while True:
            result = await self._submit(submission, begin)
            if result.outcome is not SendOutcome.NOT_SENT or self._clock.monotonic() > until:
                return result
            await asyncio.sleep(0.5)

    async def _submit(self, submission: pdus.Submission, begin: Callable[[], Awaitable[None]]) -> SendResult:
        quiet = self._quiet_until - self._clock.monotonic()
        if quiet > 0:
            return link_lines.read_status(0x58, "", now=self._clock.now(), pause=quiet)
        session = min(
            (each for each in self._sessions if each.can_send), key=lambda s: s.outstanding, default=None
        )
        if session is None:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="not-bound", down=True)
        try:
            answered = await session.submit(submission, begin)
        except NotBound:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="not-bound", down=True)
        except Unanswered:
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")
        if answered.status in link_lines.THROTTLED:
            self._throttled += 1
            self._quiet_until = self._clock.monotonic() + link_lines.find_pause(self._throttled)
        else:
            self._throttled = 0
        return link_lines.read_status(
            answered.status,
            tidy_id(pdus.read_answer_id(answered.body), is_hex=self._account.hex_ids == "answers"),
            now=self._clock.now(),
            pause=link_lines.find_pause(self._throttled),
        )

    # What the centre delivers.

    async def _take(self, pdu: DeliverSm, session: int) -> int:
        """Keep one message of the centre and return the status of its answer."""
        found = pdus.read_delivered(pdu)
        octets = bytes(pdu.encode())
        mark, turn = self._redelivery.name_turn(octets[:12] + octets[16:], session)
        event, fields = self._describe(found, turn)
        status, body = await asyncio.to_thread(self._doors.post, event, fields)
        if status == 200 and fields.get("kind", pdus.END) != pdus.END:  # noqa: PLR2004
            page = pdus.write_page(body, found, self._account, self._config.sms_number)
            if page is not None:
                task = asyncio.ensure_future(self._show(page))
                self._busy.add(task)
                task.add_done_callback(self._busy.discard)
        if status not in (200, 400):
            # Nobody said that it was kept, so the centre delivers it again; by the same turn, since somebody may have.
            self._redelivery.note_refusal(mark)
            return pdus.TRY_AGAIN
        self._redelivery.note_answer(mark, session)
        if status == 400:  # noqa: PLR2004 - it would be refused for ever
            _log.error("line %s: a message could not be read", self._config.name)
            return pdus.REFUSED
        return pdus.OK

    async def _show(self, page: pdus.Submission) -> None:
        """Submit a page of a USSD session; one that did not arrive ends with the session."""

        async def begin() -> None:
            """Nobody waits to hear that it begins."""

        result = await self._submit(page, begin)
        if result.outcome is not SendOutcome.SENT:
            _log.warning("line %s: a page was not taken (%s)", self._config.name, result.reason)

    def _describe(self, found: Delivered, turn: str) -> tuple[str, Mapping[str, str]]:
        """Return the event of our webhook that it is, and its fields."""
        if found.is_ussd:
            return "ussd", pdus.describe_input(found, turn)
        own_id, state = pdus.read_receipt(found)
        if found.is_receipt:  # without an id too: our own report must never stand among a caller's texts
            is_hex = self._account.hex_ids == "receipts"
            return "delivery", {"id": tidy_id(own_id, is_hex=is_hex), "stat": state or "UNKNOWN"}
        fields = {
            "id": turn,
            "from": found.source,
            "to": found.target,
            "coding": str(found.coding),
            "octets": found.octets.hex(),
        }
        if found.part:
            fields |= dict(zip(("reference", "total", "part"), map(str, found.part), strict=True))
        return "sms", fields


def tidy_id(own_id: str, *, is_hex: bool) -> str:
    """Return a message id as it is compared: a number without zeros before it, a hexadecimal one as decimal.

    Centres answer a submit_sm with ``0000A3`` and report on ``163``.
    """
    try:
        return str(int(own_id, 16 if is_hex else 10))
    except ValueError:
        return own_id.lower()
