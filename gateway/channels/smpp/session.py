"""Keep one connection to a message centre: bind, submit within a window, answer what comes, look whether it lives.

A request whose answer was not seen raises ``Unanswered``: whether the centre took it is unknown, so it is never sent
again here. What comes is answered only after it has been kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.channels.smpp import pdus
from gateway.channels.smpp.account import SmppAccount
from gateway.foundation.time_and_chance import Clock, new_token

if TYPE_CHECKING:
    from smpp34 import DeliverSm


CONNECT_SECONDS, ANSWER_SECONDS, QUIET_SECONDS, LAST_SECONDS = 5.0, 12.0, 30.0, 3.0
"""For a connection, for an answer, between two looks at a silent link, and for answers at the end."""

MOST_WAITING = 100
"""Messages of the centre that wait to be kept; more are refused, and come again."""

LAST_SEQUENCE = 0x7FFF_FFFF

_log = logging.getLogger(__name__)


class Unanswered(Exception):
    """A request left, and no answer was seen."""


class NotBound(Exception):
    """The centre did not take the bind; ``status`` is its reason, 0 where nobody answered."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(f"status {status:#x}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request."""

    status: int
    body: bytes = b""


class BoundConnection:
    """One bound connection."""

    def __init__(
        self, account: SmppAccount, command: int, take: Callable[[DeliverSm], Awaitable[int]]
    ) -> None:
        """Prepare it.

        Args:
            account: the account.
            command: the request to bind with.
            take: keeps one message and returns the status of its answer.
        """
        self._account = account
        self._command = command
        self._take = take
        self._open: dict[int, asyncio.Future[Answered]] = {}
        self._sequence = 0
        self._room = asyncio.Semaphore(account.window)
        self._in_turn: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._heard = asyncio.Event()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @property
    def can_send(self) -> bool:
        """Whether a request may be submitted now."""
        return self._command != pdus.BIND_RECEIVER and not self._over.is_set()

    @property
    def outstanding(self) -> int:
        """Number of requests without an answer."""
        return len(self._open)

    async def bind(self, host: str, port: int) -> None:
        """Connect and bind.

        Raises:
            NotBound: it did not work.
        """
        trust = ssl.create_default_context() if self._account.tls else None
        try:
            opened = asyncio.open_connection(host, port, ssl=trust)
            self._reader, self._writer = await asyncio.wait_for(opened, CONNECT_SECONDS)
        except (OSError, TimeoutError):
            raise NotBound from None
        self._spawn(self._read_all())
        try:
            found = await self._ask(lambda n: pdus.write_bind(self._command, self._account, n))
        except Unanswered:
            await self._close()
            raise NotBound from None
        if found.status != pdus.OK:
            await self._close()
            raise NotBound(found.status)

    async def run(self) -> None:
        """Look after the connection until it is lost."""
        while not self._over.is_set():
            self._heard.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wait_for_word(), QUIET_SECONDS)
                continue
            try:
                await self._ask(lambda n: pdus.write_pdu(pdus.ENQUIRE_LINK, pdus.OK, n))
            except Unanswered:
                break
        await self._close()

    async def submit(self, submission: pdus.Submission, begun: Callable[[], Awaitable[None]]) -> Answered:
        """Submit one message as soon as the window has room, and return the answer.

        Args:
            submission: the message.
            begun: called right before the first octet leaves.

        Raises:
            NotBound: the connection is lost and nothing left.
            Unanswered: it left, and no answer was seen.
        """
        async with self._room:
            if not self.can_send:
                raise NotBound
            await begun()
            return await self._ask(lambda n: pdus.write_submission(submission, self._account, n))

    async def end(self) -> None:
        """Wait for the answers that are due, unbind and close."""
        if self._open:
            await asyncio.wait(list(self._open.values()), timeout=LAST_SECONDS)
        with suppress(Unanswered, TimeoutError):
            await asyncio.wait_for(self._ask(lambda n: pdus.write_pdu(pdus.UNBIND, pdus.OK, n)), 1.0)
        await self._close()

    async def _wait_for_word(self) -> None:
        over, heard = asyncio.ensure_future(self._over.wait()), asyncio.ensure_future(self._heard.wait())
        try:
            await asyncio.wait((over, heard), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            heard.cancel()

    async def _ask(self, write: Callable[[int], bytes]) -> Answered:
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        number = self._sequence
        answer = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            if self._over.is_set():
                raise Unanswered
            self._writer.write(write(number))
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except (TimeoutError, OSError):
            raise Unanswered from None
        finally:
            self._open.pop(number, None)

    async def _read_all(self) -> None:
        try:
            while True:
                length = int.from_bytes(await self._reader.readexactly(4))
                if not pdus.HEADER <= length <= pdus.LONGEST:
                    break  # the stream has lost its frame, and nothing behind can be trusted
                self._read_one(length.to_bytes(4) + await self._reader.readexactly(length - 4))
        except (OSError, asyncio.IncompleteReadError):
            pass
        await self._close()

    def _read_one(self, octets: bytes) -> None:
        import smpp34

        self._heard.set()
        command, status, number = (int.from_bytes(octets[at : at + 4]) for at in (4, 8, 12))
        if command & pdus.ANSWER:
            found = self._open.get(number)
            if found is not None and not found.done():
                found.set_result(Answered(status, octets[pdus.HEADER :]))
        elif command == pdus.DELIVER_SM:
            try:
                pdu = smpp34.decode(octets)
            except smpp34.SmppError:
                self._say(command | pdus.ANSWER, pdus.BAD_LENGTH, number, b"\0")
                return
            if isinstance(pdu, smpp34.DeliverSm):
                self._take_in_turn(pdu, number)
        elif command in (pdus.ENQUIRE_LINK, pdus.UNBIND):
            self._say(command | pdus.ANSWER, pdus.OK, number)
            if command == pdus.UNBIND:
                self._spawn(self._close())
        else:
            self._say(pdus.GENERIC_NACK, pdus.BAD_COMMAND, number)

    def _take_in_turn(self, pdu: DeliverSm, number: int) -> None:
        """Keep a message behind those of the same phone, then answer it."""
        if len(self._tasks) > MOST_WAITING:
            self._say(pdus.DELIVER_SM | pdus.ANSWER, pdus.TRY_AGAIN, number, b"\0")
            return
        lock = self._in_turn.setdefault(pdu.source_addr, asyncio.Lock())

        async def take() -> None:
            status = pdus.TRY_AGAIN
            async with lock:
                try:
                    status = await self._take(pdu)
                finally:  # a fault of ours is answered too, or the message would fill the centre's window for ever
                    self._say(pdus.DELIVER_SM | pdus.ANSWER, status, number, b"\0")

        self._spawn(take())

    def _say(self, command: int, status: int, number: int, body: bytes = b"") -> None:
        if not self._over.is_set():
            self._writer.write(pdus.write_pdu(command, status, number, body))

    async def _close(self) -> None:
        if self._over.is_set():
            return
        self._over.set()
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(Unanswered())
        self._writer.close()
        with suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # Without the traceback, which may quote a text (OWASP Logging Cheat Sheet).
            _log.error("a link's task ended with %s", type(task.exception()).__name__)


# Messages that a centre delivers a second time. SMPP has no id of a message on its way to us: after a lost answer the
# centre delivers the same octets again, and only that the answer was, or may have been, lost tells them from a woman
# who sends the same word twice. What was kept lies in a file too, so that a killed process knows it again; it holds
# keyed hashes alone.

UNSURE_SECONDS = 10.0
"""An answer this young when its connection was lost may not have arrived."""

UNSURE_FOR, UNANSWERED_FOR = 300.0, 86_400.0
"""Seconds for which the same octets count as the same message, after an unsure answer and after none."""

MOST_LINES = 2_000


@dataclass(slots=True)
class _TakenMessage:
    """A message that was handed on: its turn, its session, when it came, when it was answered (0: not yet)."""

    turn: str
    session: int
    came: float
    answered: float = 0.0
    lost: float = 0.0


class Redelivery:
    """What one channel was handed lately, and what of it may come again."""

    def __init__(self, file: Path, key: bytes, clock: Clock) -> None:
        self._file = file
        self._key = key
        self._clock = clock
        self._kept: dict[str, _TakenMessage] = {}
        self._ended: set[int] = set()
        self._lines = 0
        self._load()

    def name_turn(self, octets: bytes, session: int) -> tuple[str, str]:
        """Return (mark, turn id) of a message by its octets without their sequence number."""
        mark, now = hmac.new(self._key, octets, hashlib.sha256).hexdigest()[:32], self._now()
        known = self._kept.get(mark)
        again = known is not None and known.lost and now - known.lost < self._span(known)
        turn = known.turn if known is not None and again else new_token(12)
        self._kept[mark] = _TakenMessage(turn, session, now)
        self._write(mark)
        return mark, turn

    def note_answer(self, mark: str, session: int) -> None:
        """Note that the message was kept and its answer written."""
        known = self._kept.get(mark)
        if known is not None and known.session == session:
            known.answered = 0.0 if session in self._ended else self._now()
            self._write(mark)

    def note_refusal(self, mark: str) -> None:
        """Note that the centre was told to deliver the message again: it may have been kept before that was known."""
        known = self._kept.get(mark)
        if known is not None:
            known.lost = self._now()

    def note_end(self, session: int) -> None:
        """Note that the connection is lost: what it did not answer, or just now, may come again."""
        now = self._now()
        self._ended.add(session)
        for known in self._kept.values():
            if known.session == session and not (known.answered and now - known.answered > UNSURE_SECONDS):
                known.lost = now
        self._forget(now)

    def _span(self, known: _TakenMessage) -> float:
        return UNSURE_FOR if known.answered else UNANSWERED_FOR

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _forget(self, now: float) -> None:
        self._kept = {
            mark: known
            for mark, known in self._kept.items()
            if (known.lost and now - known.lost < self._span(known)) or not known.answered
        }

    def _write(self, mark: str) -> None:
        """Append what is known of a message; a full disk costs the knowledge, never the message."""
        known = self._kept[mark]
        line = json.dumps([mark, known.turn, known.came, known.answered])
        with suppress(OSError):
            if self._lines >= MOST_LINES:
                self._rewrite()
            with self._file.open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
            self._lines += 1

    def _rewrite(self) -> None:
        self._lines = 0
        now = self._now()
        self._kept = {
            mark: known
            for mark, known in self._kept.items()
            if known.lost or not known.answered or now - known.answered < UNSURE_SECONDS
        }
        lines = [json.dumps([mark, each.turn, each.came, each.answered]) for mark, each in self._kept.items()]
        self._file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")

    def _load(self) -> None:
        """Read what the process before was handed; its end is the last thing that it wrote."""
        with suppress(OSError, ValueError):
            for line in self._file.read_text(encoding="ascii").splitlines():
                mark, turn, came, answered = json.loads(line)
                self._kept[mark] = _TakenMessage(turn, 0, came, answered)
        last = max((max(each.came, each.answered) for each in self._kept.values()), default=0.0)
        for known in self._kept.values():
            if not known.answered or last - known.answered <= UNSURE_SECONDS:
                known.lost = last
        self._forget(self._now())
        with suppress(OSError):
            self._rewrite()
