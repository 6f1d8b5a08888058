"""Loads a web server with USSD sessions: one process, raw sockets and epoll, every reply compared byte for byte.

    echo '{"port": …}' | python -m bench.load

It costs a fraction of what threads over ``http.client`` do, and waits for no interpreter lock, so that what it measures
is the server. Requests stand ready but for the session and the caller's number, which are of one width. Each session
has a caller of its own, under +888 where nothing else is said: the ITU has taken this code back, and nobody has such a
number.
"""

import gc
import json
import select
import socket
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

SLOT = 1e-4
"""Seconds of one slot of the table of times: a percentile is exact to a tenth of a millisecond."""
SLOTS = 100_000
MOST_POSTS = 1_000
"""Posts over one connection, then another is opened, as nginx does (``keepalive_requests``).

Else the connections that each process of a server accepted by chance at the beginning would decide its share for an
hour, which was up to three of five.
"""
LOOK_EVERY = 1e-3
"""Seconds between two looks of a paced client: a time is too long by at most so much, never too short."""
GIVE_UP_AFTER = 10.0
"""Seconds after which a hop counts as never answered."""


@dataclass(frozen=True)
class Order:
    """What a client is to do.

    Args:
        walks: the texts of each session, hop by hop: ``["", "1", "1*2"]``.
        expected: text → the body that must come; one that begins with ``~`` must only be in it.
        keeps: whether the server keeps a connection open after a reply.
        number: the caller's number, with the place of the session's number in it.
        first: the number of the first session, so that none is met twice.
        rate: hops a second in all; without it each connection goes on as soon as it is answered.
        every: seconds after which the times so far are told, and counted anew.
    """

    port: int
    path: str
    walks: Sequence[Sequence[str]]
    expected: Mapping[str, str]
    keeps: bool = True
    number: str = "+888%011d"
    first: int = 1
    connections: int = 16
    seconds: float = 1.5
    rate: float | None = None
    every: float = 3600.0


@dataclass
class Told:
    """What came of some seconds: counts, and hops by tenths of a millisecond from when each was due."""

    seconds: float = 0.0
    hops: int = 0
    sessions: int = 0
    wrong: int = 0
    samples: list[str] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)
    longest: float = 0.0
    above_a_second: int = 0
    late: float = 0.0
    """Seconds that the client itself began a hop late, the longest."""
    client_cpu: float = 0.0


def write_posts(order: Order) -> list[list[tuple[bytes, bytes]]]:
    """Return for each walk its posts, without the session's number in them, each with the end of the right reply."""
    return [
        [(_write_post(order, text), order.expected[text].encode()) for text in walk] for walk in order.walks
    ]


def _write_post(order: Order, text: str) -> bytes:
    rest = urlencode({"networkCode": "99999", "serviceCode": "*384*12345#", "text": text})
    body = f"sessionId=bench%015d&phoneNumber={order.number.replace('+', '%%2B')}&{rest.replace('%', '%%')}"
    length = len(body % (0, 0))
    head = [
        f"POST {order.path.replace('%', '%%')} HTTP/1.1",
        f"Host: 127.0.0.1:{order.port}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*head, "", body]).encode()


def find_body(reply: bytes) -> bytes | None:
    """Return the body of a whole reply to a kept connection, None while some of it has not come.

    By Content-Length, or in chunks (RFC 9112, 6.3 and 7.1).
    """
    head, between, body = reply.partition(b"\r\n\r\n")
    if not between:
        return None
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
        return _join_chunks(body)
    length = int(fields.get(b"content-length", b"0"))
    return body[:length] if len(body) >= length else None


def _join_chunks(body: bytes) -> bytes | None:
    whole = b""
    while True:
        size, between, rest = body.partition(b"\r\n")
        if not between:
            return None
        length = int(size.partition(b";")[0], 16)
        if len(rest) < length + 2:
            return None
        if not length:
            return whole
        whole, body = whole + rest[:length], rest[length + 2 :]


def is_right(reply: bytes, right: bytes) -> bool | None:
    """Say whether this is the right reply; None while some of it has not come."""
    if (
        reply.endswith(right)
        and reply.startswith(b"HTTP/1.1 200")
        and reply[-len(right) - 4 :].startswith(b"\r\n\r\n")
    ):
        return True  # the common case, without reading the head
    body = find_body(reply)
    if body is None:
        return None
    if not reply.startswith(b"HTTP/1.1 200"):
        return False
    return right[1:] in body if right.startswith(b"~") else body == right


class Line:
    """One connection and the session that goes over it."""

    __slots__ = (
        "_address", "_keeps", "at", "due", "free", "left", "posts", "reply", "session", "socket",
    )  # fmt: skip

    def __init__(self, order: Order) -> None:
        self._address, self._keeps = ("127.0.0.1", order.port), order.keeps
        self.at, self.session, self.due, self.free, self.reply = 0, 0, 0.0, 0.0, b""
        self.posts: list[tuple[bytes, bytes]] = []
        self.connect()

    def connect(self) -> None:
        """Open the connection anew."""
        self.left = MOST_POSTS
        self.socket = socket.create_connection(self._address, timeout=GIVE_UP_AFTER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def send(self) -> None:
        """Send the next post of the session."""
        self.reply, self.left = b"", self.left - 1
        with suppress(OSError):  # what was closed under us shows as a reply that never came
            self.socket.send(self.posts[self.at][0] % (self.session, self.session))

    def take(self) -> bool | None:
        """Read what has come; say whether the reply is right, None while it is not whole."""
        try:
            come = self.socket.recv(16384)
        except BlockingIOError:
            return None
        except OSError:
            come = b""
        self.reply += come
        if not come:
            return False  # closed in the middle
        return is_right(self.reply, self.posts[self.at][1])

    def stays(self, *, right: bool) -> bool:
        """Say whether the connection can bear another post."""
        return right and self._keeps and self.left > 0


class Client:
    """Walks sessions over many connections and keeps the times."""

    def __init__(self, order: Order) -> None:
        self.order, self.posts, self.made = order, write_posts(order), order.first
        self.told, self.slots = Told(), array("Q", bytes(8 * (SLOTS + 1)))
        self.poll = select.epoll()
        self.lines: dict[int, Line] = {}
        for _ in range(order.connections):
            self._add(Line(order))
        self.under_way, self.cpu = 0, time.process_time()

    def _add(self, line: Line) -> None:
        self.lines[line.socket.fileno()] = line
        self.poll.register(line.socket.fileno(), select.EPOLLIN)

    def _reconnect(self, line: Line) -> None:
        del self.lines[line.socket.fileno()]
        line.socket.close()  # which takes it out of the epoll set too
        line.connect()
        self._add(line)

    def begin(self, line: Line, due: float) -> None:
        """Send the next post of a line, the first of a new session where the one before is over."""
        if line.at == 0:
            line.session, line.posts = self.made, self.posts[self.made % len(self.posts)]
            self.made += 1
        line.due = due
        line.send()
        self.under_way += 1

    def end(self, line: Line, now: float, *, right: bool) -> None:
        """Count a reply, and prepare the line for its next post."""
        self.under_way -= 1
        told, took = self.told, now - line.due
        told.hops += 1
        self.slots[min(SLOTS, int(took / SLOT))] += 1
        told.longest = max(told.longest, took)
        line.at += 1
        if not right:
            told.wrong += 1
            if len(told.samples) < 5:
                told.samples.append(line.reply[-200:].decode(errors="replace") or "closed without a reply")
            line.at = 0
        elif line.at == len(line.posts):
            told.sessions += 1
            line.at = 0
        if not line.stays(right=right):
            self._reconnect(line)
        line.free = now

    def close(self) -> None:
        """Close every connection."""
        for line in self.lines.values():
            line.socket.close()
        self.poll.close()

    def read(self, wait: float) -> list[Line]:
        """Wait for replies at most so long and count them; return the lines that are free again."""
        free = []
        for number, _ in self.poll.poll(wait):
            line = self.lines[number]
            right = line.take()
            if right is not None:
                self.end(line, time.perf_counter(), right=right)
                free.append(line)
        return free

    def run_closed(self) -> Iterator[Told]:
        """Let each connection go on as soon as it is answered; yield what came of it."""
        began = time.perf_counter()
        until = began + self.order.seconds
        for line in list(self.lines.values()):
            self.begin(line, time.perf_counter())
        while self.under_way:
            for line in self.read(1.0):
                now = time.perf_counter()
                if now < until:
                    self.begin(line, now)
            if time.perf_counter() > until + GIVE_UP_AFTER:
                break
        yield self._tell(began, self.under_way)

    def run_paced(self) -> Iterator[Told]:
        """Ask for so many hops a second, each counted from when it was due; yield what came of each stretch.

        A hop goes over the connection that has been free for the longest, as in a provider's pool. One that finds none
        free counts from when it was due, so that a pause of the server shows in all that it delayed (coordinated
        omission). The client looks at the clock and its connections each millisecond: woken by each reply it would take
        as much of the processors as a third of the server, which no caller's phone does.
        """
        order, free, waiting = self.order, deque(self.lines.values()), deque[float]()
        assert order.rate is not None
        every, nth = 1 / order.rate, 0
        began = stretch = time.perf_counter() + 0.05
        count = int(order.seconds * order.rate)
        while nth < count or self.under_way:
            now = time.perf_counter()
            while nth < count and began + nth * every <= now:
                waiting.append(began + nth * every)
                nth += 1
            while waiting and free:
                self._begin_late(free.popleft(), waiting.popleft(), now)
            time.sleep(max(0.0, now + LOOK_EVERY - time.perf_counter()))
            free.extend(self.read(0))
            if now > stretch + order.every:
                yield self._tell(stretch)
                stretch = now
            if now > began + order.seconds + GIVE_UP_AFTER:
                break
        yield self._tell(stretch, self.under_way)

    def _begin_late(self, line: Line, due: float, now: float) -> None:
        self.told.late = max(self.told.late, now - max(due, line.free))
        self.begin(line, due)

    def _tell(self, since: float, unanswered: int = 0) -> Told:
        """Return what came of a stretch, and begin to count anew; what was never answered is wrong."""
        told, self.told = self.told, Told()
        told.seconds, told.client_cpu = time.perf_counter() - since, time.process_time() - self.cpu
        self.cpu = time.process_time()
        told.wrong += unanswered
        told.slots = {slot: many for slot, many in enumerate(self.slots) if many}
        told.above_a_second = sum(many for slot, many in told.slots.items() if slot >= 1 / SLOT)
        self.slots = array("Q", bytes(8 * (SLOTS + 1)))
        return told


def find_percentile(slots: Mapping[int, int], share: float) -> float:
    """Return the seconds within which this share of the hops was answered."""
    many, seen = sum(slots.values()), 0
    for slot in sorted(slots):
        seen += slots[slot]
        if seen >= share * many:
            return (slot + 1) * SLOT
    return 0.0


def join_times(stretches: Sequence[Told]) -> dict[int, int]:
    """Return the times of several stretches in one table."""
    whole: Counter[int] = Counter()
    for told in stretches:
        whole.update(told.slots)
    return dict(whole)


def read_told(line: str) -> Told:
    """Read one line that a client printed."""
    found: dict[str, Any] = json.loads(line)
    return Told(**{**found, "slots": {int(slot): many for slot, many in found["slots"].items()}})


def main() -> None:
    """Do what stands on the standard input, and print a line of JSON for each stretch."""
    client = Client(Order(**json.load(sys.stdin)))
    gc.disable()  # it makes no cycles, and a collection would show as a pause of the server
    for told in client.run_paced() if client.order.rate else client.run_closed():
        print(json.dumps(asdict(told)), flush=True)


if __name__ == "__main__":
    main()
