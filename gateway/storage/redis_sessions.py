"""Store USSD sessions in Redis: in one trip where this process saved the session last, else in two.

Connecting, TLS, authentication, time limits and the reading of RESP (by hiredis) are redis-py's. Left out are the
pool's bookkeeping, options, metrics and retries of each command, which cost twice what the trip itself does.
"""

import asyncio
import hashlib
import os
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import hiredis
import redis

from gateway.foundation.bounded_table import BoundedTable
from gateway.foundation.loop_turns import NeedsThread, is_on_loop, take_answer
from gateway.storage.encryption import NotUnsealed, Ring
from gateway.storage.session_backends import (
    HEAD,
    MARK,
    Address,
    LastSaved,
    Saving,
    Seal,
    Stored,
    does_replace,
    read_head,
    write_head,
)

Answer = bytes | int | None


class RedisLink:
    """Idle connections of one process, each used by one request at a time; the one used last is used next.

    Errors are redis-py's: ``redis.ResponseError`` where the server refused a command, ``redis.ConnectionError`` and
    ``redis.TimeoutError`` where it could not be asked.
    """

    def __init__(self, client: redis.Redis) -> None:
        pool: Any = client.connection_pool
        self._make: Callable[[], Any] = lambda: pool.connection_class(**pool.connection_kwargs)
        self._idle: deque[Any] = deque()
        self._process = os.getpid()
        self._on_loop = LoopLink(self._make, _LOOP_WITHIN)

    def ask(self, *words: bytes) -> Answer:
        """Send one command and return its answer, within the time limits of the client.

        A connection that the server has closed since its last use is replaced once, so the command must be safe to
        repeat: a server that dies may have done it.

        Raises:
            NeedsThread: on an event loop whose own connection cannot tell the answer.
        """
        packed = hiredis.pack_command(words)  # type: ignore[arg-type]  # its stub knows tuples of one word
        if is_on_loop():
            return self._on_loop.ask(packed)
        idle = self._list_idle()
        with suppress(IndexError):
            connection = idle.pop()
            try:
                return self._exchange(connection, packed)
            except redis.ConnectionError:
                idle.clear()  # the others are as old
        return self._exchange(self._make(), packed)

    def _exchange(self, connection: Any, packed: bytes) -> Answer:
        try:
            connection.send_packed_command([packed], check_health=False)
            answer: Answer = connection.read_response()
        except redis.ResponseError:
            self._idle.append(connection)
            raise
        except BaseException:
            connection.disconnect()  # an answer that is still under way must not be read as the next one's
            raise
        self._idle.append(connection)
        return answer

    def _list_idle(self) -> deque[Any]:
        if self._process != os.getpid():
            # A forked child must not share its parent's sockets: two would read one stream of answers.
            self._idle, self._process = deque(), os.getpid()
        return self._idle


_LOOP_WITHIN = 0.15
"""Seconds for an answer on the loop, half of what a thread then waits."""

_LAST_LOOK = 0.02
"""Seconds more for an answer that may have come while this process did not run."""

_OPEN_AGAIN = 0.25
"""Seconds between two attempts to connect the loop."""


class LoopLink:
    """The one connection of an event loop, which all turns on it share: what many callers ask leaves in one write.

    While it is not connected, after any fault, where the server refuses a command, and over TLS, the work is begun
    again in a thread, whose connection is redis-py's.

    Args:
        make: makes a connection of redis-py, which connects, authenticates and chooses the database.
        within: seconds for an answer; in a thread it has its own time once more.
    """

    def __init__(self, make: Callable[[], Any], within: float) -> None:
        self._make = make
        self._within = within
        self._wire: _Wire | None = None
        self._opening: asyncio.Task[None] | None = None
        self._open_at = 0.0

    def ask(self, packed: bytes) -> Answer:
        """Send one packed command and wait for its answer.

        Raises:
            NeedsThread: it cannot be asked from here, or there was no answer in time. In a thread the same command
                decides what a fault means; a save that was done after all is then found as a repeat.
        """
        loop = asyncio.get_running_loop()
        wire = self._wire
        if wire is None or wire.is_shut or wire.loop is not loop:
            self._open(loop)
            raise NeedsThread
        answer: Any = take_answer(wire.send(packed))
        if answer is None or isinstance(answer, bytes | int):
            return answer
        raise NeedsThread  # an error, whose meaning redis-py knows

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        if (self._opening is None or self._opening.done()) and loop.time() >= self._open_at:
            self._open_at = loop.time() + _OPEN_AGAIN
            self._opening = loop.create_task(self._connect(loop))

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        connection = self._make()
        with suppress(redis.RedisError, OSError):
            await loop.run_in_executor(None, connection.connect)
            plain: socket.socket = connection._sock  # noqa: SLF001 - redis-py has no other way to its socket
            if isinstance(plain, ssl.SSLSocket):
                connection.disconnect()
                self._open_at = float("inf")  # asyncio takes no socket that speaks TLS already
                return
            plain.setblocking(False)
            wire = _Wire(loop, connection, self._within)
            is_unix = plain.family == socket.AF_UNIX
            create: Any = loop.create_unix_connection if is_unix else loop.create_connection
            await create(lambda: wire, sock=plain)
            self._wire = wire


class _Wire(asyncio.Protocol):
    """An open connection: answers come in the order of the commands (RESP, request-response model)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: Any, within: float) -> None:
        self.loop = loop
        self.is_shut = False
        self._connection = connection  # holds the socket
        self._within = within
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._unsent: list[bytes] = []
        self._transport: Any = None
        self._is_watched = False
        self._suspect: tuple[asyncio.Future[Any], float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def send(self, packed: bytes) -> asyncio.Future[Any]:
        """Send a command with all others of this round of the loop; return its answer to come."""
        future = self.loop.create_future()
        self._waiting.append((future, self.loop.time()))
        if not self._unsent:
            self.loop.call_soon(self._flush)
        self._unsent.append(packed)
        if not self._is_watched:
            self._is_watched = True
            self.loop.call_later(self._within, self._watch)
        return future

    def data_received(self, data: bytes) -> None:
        """Give each answer to the turn that waits for it."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            if not isinstance(answer, hiredis.PushNotification):
                future, _ = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let every turn that waits begin again in a thread."""
        del exc
        self.is_shut = True
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(NeedsThread())
        self._connection.disconnect()

    def _flush(self) -> None:
        packed, self._unsent = b"".join(self._unsent), []
        if not self.is_shut:  # else all that waited were told so already
            self._transport.write(packed)

    def _watch(self) -> None:
        """Give up the connection where the oldest command waits too long: one timer for all of them.

        An answer may lie unread where this process itself was kept from running, so it gets one more look.
        """
        oldest = self._waiting[0] if self._waiting else None
        if oldest is None or self.is_shut:
            self._is_watched, self._suspect = False, None
            return
        left = oldest[1] + self._within - self.loop.time()
        if left <= 0 and oldest is self._suspect:
            self._transport.abort()  # which calls ``connection_lost``
            return
        self._suspect = oldest if left <= 0 else None
        self.loop.call_later(left if left > 0 else _LAST_LOOK, self._watch)


_SAVE = b"""
local held = redis.call('GET', KEYS[1])
if held then
  local mark, hop = string.sub(held, 1, 8), tonumber(string.sub(held, 9, 11))
  if mark == ARGV[1] then
    -- A repeat, or a hop that was overtaken: what is further stays.
    if hop and hop >= tonumber(ARGV[2]) then return held end
  elseif mark ~= ARGV[5] and ARGV[2] ~= '000' then
    -- A late hop of an older call, which never saw this one: the newer call stays.
    return held
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2] .. ARGV[3], 'EX', ARGV[4])
return 1
"""
_SAVE_SHA = hashlib.sha1(_SAVE, usedforsecurity=False).hexdigest().encode()
"""The name by which EVALSHA finds the script (Redis, EVALSHA)."""

_KNOWN = 2_000
"""Saved values that a process remembers, with their places: those it saved last, of about 600 bytes."""


class InRedis:
    """Sessions in Redis: one key each, read by GET, saved by ``SET … IFEQ`` where the server has it, else by a script.

    IFEQ (Valkey 8.1, Redis 8.4) replaces exactly the value that the request had read; whatever it finds instead is
    left to the script, which Redis runs atomically (Redis, EVAL) and which alone decides between two saves.
    Errors of the client are raised unchanged.
    """

    def __init__(self, client: redis.Redis, ring: Ring, lifetime: timedelta) -> None:
        self._client = client
        self._link = RedisLink(client)
        self._seal = Seal(ring)
        self._seconds = b"%d" % int(lifetime.total_seconds())
        self._saved: BoundedTable[bytes, LastSaved] = BoundedTable(_KNOWN)
        self._compares = True

    def load(self, address: Address) -> tuple[Stored | None, bytes]:
        """Return the session, if any, and the value as stored; empty where there is none.

        A value that cannot be read is deleted, as it would refuse every later save.
        """
        raw = self._link.ask(b"GET", _name_key(address))
        if not isinstance(raw, bytes):
            return None, b""
        stored = self._read(address, raw)
        if stored is None:
            self._link.ask(b"DEL", _name_key(address))
            return None, b""
        return stored, raw

    def recall(self, address: Address, mark: str, hop: int | None) -> LastSaved | None:
        """Return what this process saved last, where it is this hop, or any, of this provider session; asks nobody.

        Only ``replace`` shows whether it still stands: another process, a wipe or an erasure may have come between.
        """
        last = self._saved.find_value(address.key) if self._compares else None
        if last is None:
            return None
        is_this = (
            last.raw[:MARK] == mark.encode() if hop is None else last.raw[:HEAD] == write_head(mark, hop)
        )
        return last if is_this else None

    def answers(self) -> bool:
        """Say whether Redis responds to a PING."""
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def left(self, address: Address) -> timedelta:
        """Return the remaining lifetime of the key."""
        milliseconds = self._link.ask(b"PTTL", _name_key(address))
        return timedelta(milliseconds=max(0, int(milliseconds or 0)))

    def save(
        self, address: Address, saving: Saving, over: bytes | None = None, place: Any = None
    ) -> Stored | None:
        """Save and return None; or return the stored session that won.

        ``over`` is the value that this request read: empty where there was none, None where it did not ask.
        ``place`` is noted for ``recall``; without one nothing is.
        """
        wanted = saving.stored
        value = self._write(address, wanted.mark, wanted.hop, wanted.state)
        if (
            over is not None
            and does_replace(saving, over=_read_stored(over))
            and self._swap(address, over, value, place)
        ):
            return None
        raw = self._run_script(address, value, saving.read_mark.encode())
        if isinstance(raw, bytes):
            return self._read(address, raw)
        self._note(address, value, place)
        return None

    def replace(self, last: LastSaved, mark: str, hop: int, state: str, place: Any) -> bool:
        """Save where exactly the last value still stands; else change nothing and return False."""
        address = last.address
        return self._swap(address, last.raw, self._write(address, mark, hop, state), place)

    def drop(self, address: Address) -> None:
        """Delete the session."""
        self._saved.drop_value(address.key)
        self._link.ask(b"DEL", _name_key(address))

    def _write(self, address: Address, mark: str, hop: int, state: str) -> bytes:
        return write_head(mark, hop) + self._seal.close(address, state)

    def _note(self, address: Address, value: bytes, place: Any) -> None:
        if place is None:
            self._saved.drop_value(address.key)
        else:
            self._saved.put_value(address.key, LastSaved(address, value, place))

    def _swap(self, address: Address, over: bytes, value: bytes, place: Any) -> bool:
        if not self._compares:
            return False
        condition = (b"IFEQ", over) if over else (b"NX",)
        try:
            done = self._link.ask(b"SET", _name_key(address), value, b"EX", self._seconds, *condition)
        except redis.ResponseError as error:
            if "syntax" not in str(error):
                raise
            self._compares = False  # an older server, which does not know IFEQ
            return False
        if done is not None:
            self._note(address, value, place)
        return done is not None

    def _run_script(self, address: Address, value: bytes, read_mark: bytes) -> Answer:
        parts = (value[:MARK], value[MARK:HEAD], value[HEAD:], self._seconds, read_mark)
        words = (b"1", _name_key(address), *parts)
        try:
            return self._link.ask(b"EVALSHA", _SAVE_SHA, *words)
        except redis.exceptions.NoScriptError:  # a server that was restarted, or emptied of its scripts
            return self._link.ask(b"EVAL", _SAVE, *words)

    def _read(self, address: Address, raw: bytes) -> Stored | None:
        try:
            return Stored(*read_head(raw), self._seal.open(address, raw[HEAD:]))
        except (NotUnsealed, ValueError):
            return None


def _name_key(address: Address) -> bytes:
    return f"u:{address.channel}:{address.row}".encode()


def _read_stored(raw: bytes) -> Stored | None:
    return Stored(*read_head(raw), "") if raw else None
