"""An operator's message centre that nobody here wrote: the server of ``smpp34``, with a ledger of what it took."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import smpp34

from tests.support.running import free_port


@dataclass(frozen=True)
class Took:
    """One submit_sm that was accepted."""

    id: str
    to: str
    sender: str
    octets: bytes
    coding: int
    esm_class: int
    receipt: int
    tlvs: dict[int, bytes]
    service: str

    @property
    def text(self) -> str:
        """The words, without their header."""
        octets = self.octets or self.tlvs.get(0x0424, b"")
        octets = octets[octets[0] + 1 :] if self.esm_class & 0x40 else octets
        return octets.decode("utf-16-be") if self.coding in (8, 72) else octets.decode("latin-1")

    @property
    def part(self) -> tuple[int, int, int] | None:
        """Reference, total, number of a part."""
        if not self.esm_class & 0x40:
            return None
        assert self.octets[:3] == b"\x06\x08\x04", "a header of a 16-bit reference"
        return int.from_bytes(self.octets[3:5]), self.octets[5], self.octets[6]


@dataclass
class Centre:
    """The centre, in a thread with a loop of its own.

    ``statuses`` answers the next requests, one each, 0 to accept; ``hold`` keeps requests back ``before`` they are
    taken or their answers ``after``.
    """

    port: int = 0
    took: list[Took] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    hold: str = ""
    held: list[Any] = field(default_factory=list)
    receipts: bool = True
    on_took: Callable[[Took], None] = lambda _: None
    _made: int = 0

    def __enter__(self) -> Self:
        self.port = self.port or free_port()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    def start(self) -> None:
        """Listen."""
        self.server = smpp34.Server("127.0.0.1", self.port, system_id="centre")
        self.esmes: dict[str, smpp34.Esme] = {}
        self._run(self._begin())

    def stop(self) -> None:
        """End every connection and listen no more."""
        self._run(self._end())

    async def _begin(self) -> None:
        await self.server.start()
        self._task = asyncio.ensure_future(self._serve(self.server))

    async def _end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for esme in list(self.esmes.values()):
            with suppress(Exception):  # it may be gone
                await asyncio.wait_for(esme.unbind(), 0.5)
        self.esmes.clear()
        await self.server.stop()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(15)

    async def _serve(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.esmes[event.session_id] = event
            elif isinstance(event, smpp34.Unbound):
                self.esmes.pop(event.session_id, None)
            elif isinstance(event, smpp34.SubmitSmEvent):
                await self._answer(event)

    async def _answer(self, event: smpp34.SubmitSmEvent) -> None:
        status = self.statuses.pop(0) if self.statuses else 0
        if status:
            self.refused.append(status)
            event.reject(status)
        elif self.hold == "before":
            self.held.append(event)
        else:
            took = self._take(event)
            if self.hold == "after":
                self.held.append((event, took))
                return
            event.accept(took.id)
            if took.receipt and self.receipts:
                self.loop.create_task(self._report(took.id))

    def _take(self, event: smpp34.SubmitSmEvent) -> Took:
        self._made += 1
        took = Took(
            f"{self._made:010d}",
            event.destination_addr,
            event.source_addr,
            bytes(event.short_message),
            event.data_coding,
            event.esm_class,
            event.registered_delivery,
            {tlv.tag: bytes(tlv.value) for tlv in event.tlvs},
            event.service_type,
        )
        self.took.append(took)
        self.on_took(took)
        return took

    def release(self) -> None:
        """Answer what was held after it was taken; what was held before is dropped with its connection."""
        self.hold = ""
        self.held.clear()

    async def _report(self, own_id: str) -> None:
        words = f"id:{own_id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:"
        with suppress(smpp34.SmppError, ValueError):  # the link is gone
            await self._deliver("1", words.encode(), 0x04, 0, {})

    def report(self, own_id: str, *, state: int) -> int:
        """Send a receipt by its parameters alone."""
        tlvs = {0x001E: own_id.encode() + b"\0", 0x0427: bytes((state,))}
        return self._run(self._deliver("1", b"", 0x04, 0, tlvs))

    def deliver(
        self, number: str, octets: bytes, *, coding: int = 8, esm: int = 0, service: str = "", **tlvs: bytes
    ) -> int:
        """Deliver a text of a phone and return the status of the answer."""
        named = {int(tag.removeprefix("x"), 16): value for tag, value in tlvs.items()}
        return self._run(self._deliver(number, octets, esm, coding, named, service))

    def deliver_and_leave(self, number: str, octets: bytes) -> None:
        """Deliver a text without waiting: this server misses the answers of a receiver."""
        asyncio.run_coroutine_threadsafe(self._deliver(number, octets, 0, 8, {}), self.loop)

    async def _deliver(
        self, number: str, octets: bytes, esm: int, coding: int, tlvs: dict[int, bytes], service: str = ""
    ) -> int:
        [esme, *_] = [each for each in self.esmes.values() if each.can_receive]
        answer = await esme.deliver_sm(
            "1444",
            octets,
            source_addr=number,
            esm_class=esm,
            data_coding=coding,
            service_type=service,
            tlvs=[smpp34.Tlv(tag, value) for tag, value in tlvs.items()],
        )
        return int(answer.command_status)

    def wait_bound(self, binds: int = 1) -> None:
        """Wait until somebody is bound."""
        until(lambda: len(self.esmes) >= binds)

    def texts(self) -> list[str]:
        """What was taken, each text whole."""
        found: list[str] = []
        parts: dict[tuple[str, int], dict[int, str]] = {}
        for each in self.took:
            if each.part is None:
                found.append(each.text)
                continue
            reference, total, number = each.part
            known = parts.setdefault((each.to, reference), {})
            known[number] = each.text
            if len(known) == total:
                found.append("".join(known[n] for n in sorted(known)))
        return found


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for another thread or process."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
