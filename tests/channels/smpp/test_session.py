"""One connection against a centre that misbehaves, octet by octet: refused binds, silence, garbage, its own requests."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import smpp34

from gateway.channels.smpp import pdus, session
from gateway.channels.smpp.account import ShortMessage, SmppAccount
from gateway.channels.smpp.session import BoundConnection, NotBound, Unanswered

MESSAGE = pdus.Submission(
    source="1444",
    target="+8562055500001",
    message=ShortMessage(octets=b"hi", coding=0),
    receipt=True,
    seconds=3_700,
)
Play = Callable[["Wire"], Awaitable[None]]


class Wire:
    """The centre's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.got: list[tuple[int, int, bytes]] = []

    async def read(self) -> tuple[int, int, bytes]:
        """Read one PDU: command, sequence, body."""
        length, command, _status, number = struct.unpack("!IIII", await self.reader.readexactly(16))
        found = (command, number, await self.reader.readexactly(length - 16))
        self.got.append(found)
        return found

    def say(self, command: int, status: int, number: int, body: bytes = b"") -> None:
        self.writer.write(pdus.write_pdu(command, status, number, body))

    async def accept_bind(self, status: int = 0) -> None:
        command, number, _ = await self.read()
        self.say(command | pdus.ANSWER, status, number, b"centre\0")


def play(
    work: Play, use: Callable[[BoundConnection, int], Coroutine[Any, Any, None]], **options: Any
) -> list[bytes]:
    """Let a centre do this and a connection that; return what the connection kept."""
    kept: list[bytes] = []

    async def take(pdu: smpp34.DeliverSm) -> int:
        kept.append(bytes(pdu.short_message))
        if kept[-1] == b"a fault":
            raise RuntimeError(kept[-1])
        return 0

    async def run() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with suppress(asyncio.IncompleteReadError, ConnectionError):
                    await work(Wire(reader, writer))
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        account = SmppAccount(
            hosts=(("127.0.0.1", port),), system_id="gateway", password="secret08", **options
        )
        line = BoundConnection(account, pdus.BIND_TRANSCEIVER, take)
        async with server:
            await asyncio.wait_for(use(line, port), 10)
            await line.end()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0.01)

    # In a thread of its own: a browser of other tests keeps a loop running in the main one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    return kept


async def begin() -> None:
    """Nobody listens."""


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F, 0x05])
def test_a_refused_bind_says_why(status: int) -> None:
    async def use(line: BoundConnection, port: int) -> None:
        with pytest.raises(NotBound) as error:
            await line.bind("127.0.0.1", port)
        assert error.value.status == status
        assert not line.can_send

    play(lambda wire: wire.accept_bind(status), use)


def test_a_centre_that_hangs_up_before_it_answers_is_not_bound_and_a_closed_port_neither() -> None:
    async def use(line: BoundConnection, port: int) -> None:
        for where in (port, 1):
            with pytest.raises(NotBound):
                await line.bind("127.0.0.1", where)

    async def hang_up(wire: Wire) -> None:
        await wire.read()

    play(hang_up, use)


def test_the_bind_names_us_and_a_text_goes_as_it_is_written() -> None:
    wires: list[Wire] = []

    async def work(wire: Wire) -> None:
        wires.append(wire)
        await wire.accept_bind()
        _, number, _ = await wire.read()
        wire.say(pdus.SUBMIT_SM | pdus.ANSWER, 0, number, b"00a7\0")
        await wire.read()

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)
        answered = await line.submit(MESSAGE, begin)
        assert (answered.status, pdus.read_answer_id(answered.body)) == (0, "00a7")
        await line.end()

    play(work, use)
    bind, text, unbind = wires[0].got
    assert bind[2] == b"gateway\0secret08\0\0\x34\0\0\0"
    sent = smpp34.decode(pdus.write_pdu(*text[:1], 0, *text[1:]))
    assert isinstance(sent, smpp34.SubmitSm)
    assert (sent.source_addr, sent.destination_addr, sent.short_message) == ("1444", "8562055500001", b"hi")
    assert (sent.validity_period, sent.registered_delivery) == ("000000010140000R", 1)
    assert unbind[0] == pdus.UNBIND


@pytest.mark.parametrize("garbage", [b"\xff" * 20, b"\x00\x00\x00\x05x", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_stream_that_has_lost_its_frame_ends_the_connection_and_what_was_asked_is_unanswered(
    garbage: bytes,
) -> None:
    async def work(wire: Wire) -> None:
        await wire.accept_bind()
        await wire.read()
        wire.writer.write(garbage)
        await asyncio.sleep(5)

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)
        with pytest.raises(Unanswered):
            await line.submit(MESSAGE, begin)
        with pytest.raises(NotBound):
            await line.submit(MESSAGE, begin)

    play(work, use)


def test_a_silent_centre_is_asked_whether_it_lives_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.2)
    asked: list[int] = []

    async def work(wire: Wire) -> None:
        await wire.accept_bind()
        command, number, _ = await wire.read()
        asked.append(command)
        wire.say(command | pdus.ANSWER, 0, number)
        asked.append((await wire.read())[0])
        await asyncio.sleep(5)

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)
        await line.run()
        assert not line.can_send

    play(work, use)
    assert asked == [pdus.ENQUIRE_LINK] * 2


def test_what_the_centre_asks_is_answered_and_a_message_is_kept_before_its_answer() -> None:
    answers: list[tuple[int, int, bytes]] = []

    async def work(wire: Wire) -> None:
        await wire.accept_bind()
        wire.say(pdus.ENQUIRE_LINK, 0, 7)
        wire.say(0x0103, 0, 8, b"data_sm")
        wire.writer.write(pdus.write_pdu(pdus.DELIVER_SM, 0, 9, b"cut"))
        wire.writer.write(smpp34.DeliverSm("856", "1444", b"hello", sequence_number=10).encode())
        wire.say(pdus.SUBMIT_SM | pdus.ANSWER, 0, 999, b"nobody asked\0")
        answers.extend([await wire.read() for _ in range(4)])
        wire.say(pdus.UNBIND, 0, 11)
        answers.append(await wire.read())

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)
        await line.run()

    assert play(work, use) == [b"hello"]
    assert {(command, number) for command, number, _ in answers} == {
        (pdus.ENQUIRE_LINK | pdus.ANSWER, 7),
        (pdus.GENERIC_NACK, 8),
        (pdus.DELIVER_SM | pdus.ANSWER, 9),
        (pdus.DELIVER_SM | pdus.ANSWER, 10),
        (pdus.UNBIND | pdus.ANSWER, 11),
    }


def test_a_message_that_meets_a_fault_of_ours_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    statuses: list[int] = []

    async def work(wire: Wire) -> None:
        await wire.accept_bind()
        for n, text in enumerate((b"a fault", b"hello"), 10):
            wire.writer.write(smpp34.DeliverSm("856", "1444", text, sequence_number=n).encode())
            statuses.append(struct.unpack("!IIII", await wire.reader.readexactly(16))[2])
            await wire.reader.readexactly(1)
        wire.say(pdus.UNBIND, 0, 12)
        await wire.read()

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)
        await line.run()

    assert play(work, use) == [b"a fault", b"hello"]
    assert statuses == [pdus.TRY_AGAIN, pdus.OK]
    assert "RuntimeError" in caplog.text
    assert "a fault" not in caplog.text


def test_no_more_requests_than_the_window_holds_are_without_an_answer() -> None:
    most: list[int] = []

    async def work(wire: Wire) -> None:
        await wire.accept_bind()
        waiting: list[int] = []
        for _ in range(6):
            _, number, _ = await wire.read()
            waiting.append(number)
            if len(waiting) == 2:
                await asyncio.sleep(0.02)
                wire.say(pdus.SUBMIT_SM | pdus.ANSWER, 0, waiting.pop(), b"1\0")  # the later one first
                wire.say(pdus.SUBMIT_SM | pdus.ANSWER, 0, waiting.pop(), b"1\0")

    async def use(line: BoundConnection, port: int) -> None:
        await line.bind("127.0.0.1", port)

        async def submit() -> None:
            await line.submit(MESSAGE, begin)
            most.append(line.outstanding)

        await asyncio.gather(*(submit() for _ in range(6)))

    play(work, use, window=2)
    assert max(most) <= 2
