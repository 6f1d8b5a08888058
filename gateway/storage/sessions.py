"""Load and save USSD sessions: in Redis, while Redis is down in SQL, and as a last resort in memory.

| Redis        | SQL  | load                                   | save                          |
|--------------|------|----------------------------------------|-------------------------------|
| up           | any  | Redis; in mid-session without one, and after an outage, the later of both | Redis |
| down or open | up   | SQL; in mid-session also Redis         | SQL                           |
| down         | down | memory, else ``Unavailable``           | memory, else ``Unavailable``  |

A hop whose session this process saved last needs no load: ``recall`` and ``replace`` are one trip, past ``Asking``.
"Open" means that the circuit breaker keeps requests from Redis; it is bypassed where a session would else be lost.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import redis

from gateway.foundation.time_and_chance import Clock
from gateway.storage.database import Store, Unavailable
from gateway.storage.encryption import Ring
from gateway.storage.redis_sessions import InRedis
from gateway.storage.session_backends import Address, InMemory, InSql, LastSaved, Saving, Stored

__all__ = ["LastSaved", "Stored"]

# Circuit breaker: skips a server that does not respond, so that its time limit does not delay every caller.

FAULTS = 3
"""Consecutive faults that open the breaker."""
SECONDS = 5.0
"""Seconds that it stays open; then a single request tries."""


class Breaker:
    """Closed while the server responds; opens after consecutive faults; one request at a time tries to close it."""

    def __init__(self, clock: Clock, *, faults: int = FAULTS, seconds: float = SECONDS) -> None:
        self._clock = clock
        self._limit = faults
        self._seconds = seconds
        self._lock = threading.Lock()
        self._faults = 0
        self._try_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether fewer than the limit of consecutive faults have occurred."""
        return self._faults < self._limit

    def allows(self) -> bool:
        """Return whether this request may use the server; while open, one request in each span may."""
        if self.closed:
            return True
        with self._lock:
            now = self._clock.monotonic()
            if self._faults >= self._limit and now < self._try_at:
                return False
            # Other requests are refused while this one tries.
            self._try_at = now + self._seconds
            return True

    def answered(self) -> None:
        """Record a response."""
        if self._faults:
            with self._lock:
                self._faults = 0

    def failed(self) -> None:
        """Record a fault."""
        with self._lock:
            self._faults += 1
            self._try_at = self._clock.monotonic() + self._seconds


T = TypeVar("T")
LIFETIME = timedelta(minutes=30)


class Outage:
    """What one process knows about an outage of Redis: whether to use it, and whether SQL may have sessions."""

    def __init__(self, clock: Clock) -> None:
        self.breaker = Breaker(clock)
        self._clock = clock
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        """Whether Redis may be used and has every session, as far as this process knows."""
        return self.breaker.closed and not self.left_some_in_sql

    @property
    def left_some_in_sql(self) -> bool:
        """Whether a session saved in SQL may still be in use."""
        return self._clock.monotonic() < self._until

    def lasts(self, seconds: float) -> None:
        """Record that for this many seconds SQL may have a session that is further than the one in Redis."""
        self._until = max(self._until, self._clock.monotonic() + seconds)


class Sessions:
    """The USSD sessions of all callers; call ``ask`` once per request that cannot be answered in one trip."""

    def __init__(
        self,
        client: redis.Redis | None,
        store: Store,
        clock: Clock,
        *,
        lifetime: timedelta = LIFETIME,
        memory: Path | None = None,
    ) -> None:
        self._ring = store.ring
        self._redis = None if client is None else InRedis(client, store.ring, lifetime)
        self._sql = InSql(store, lifetime)
        self._memory = None if memory is None else InMemory(memory, store.ring, lifetime)
        self._clock = clock
        self._lifetime = lifetime
        self._outage = Outage(clock)

    @property
    def healthy(self) -> bool:
        """Whether Redis responds, as far as this process knows."""
        return self._redis is not None and self._outage.breaker.closed

    def ask(self) -> "Asking":
        """Return the sessions for one request; after one fault of Redis the request uses SQL only."""
        kept = _Backends(self._redis, self._sql, self._outage, self._clock, self._lifetime)
        return Asking(kept, self._ring, self._memory, self._clock)

    # One trip: what this process saved last is replaced without having been loaded.

    def recall(self, channel: str, number: str, *, mark: str, hop: int | None) -> LastSaved | None:
        """Return the session as this process saved it last, without asking; None where it is not at this hop.

        It may be out of date, so nothing may be done because of it but ``replace``. During an outage, and while one
        may have left sessions elsewhere, nothing is recalled.

        Args:
            channel: name of the channel.
            number: caller's number (E.164).
            mark: mark of the provider session.
            hop: number of inputs that the session must have; None for any.
        """
        address = self._find_address(channel, number)
        return self._redis.recall(address, mark, hop) if self._redis and address else None

    def assume_none(self, channel: str, number: str) -> LastSaved | None:
        """Take it that this number has no session, which ``replace`` then asks; None where one may be elsewhere."""
        address = self._find_address(channel, number)
        return LastSaved(address, b"") if address else None

    def replace(self, last: LastSaved, *, mark: str, hop: int, state: str, place: Any) -> bool:
        """Save over what ``recall`` returned, or where ``assume_none`` took it that nothing is.

        The arguments are those of ``Asking.save``. Returns False where another value stands there, and nothing was
        changed. A fault of Redis leaves open whether it was saved, so the session then goes on in SQL.

        Raises:
            Unavailable: it could not be saved anywhere.
        """
        if self._redis is None:  # then nothing was recalled either
            return False
        try:
            done = self._redis.replace(last, mark, hop, state, place)
        except (redis.RedisError, OSError):
            self._outage.breaker.failed()
            without = _Backends(None, self._sql, self._outage, self._clock, self._lifetime)
            asking = Asking(without, self._ring, self._memory, self._clock)
            asking.save_elsewhere(last.address, Saving(Stored(mark, hop, state), mark))
            return True
        self._outage.breaker.answered()
        return done

    def _find_address(self, channel: str, number: str) -> Address | None:
        """Return the address of this number; None where its session may be elsewhere than in Redis."""
        if self._redis is None or not self._outage.is_over:
            return None
        address = Address.of(self._ring, channel, number)
        return None if self._memory is not None and self._memory.has(address) else address

    def answers(self) -> bool:
        """Ping Redis; takes at most the client's time limit."""
        return self._redis is not None and self._redis.answers()

    def refresh(self) -> None:
        """Check whether another process saved sessions in SQL, so that this one looks there too.

        Raises:
            Unavailable: SQL cannot be used.
        """
        until = self._sql.find_latest_expiry()
        if until is not None:
            self._outage.lasts((until - self._clock.now()).total_seconds())


class Asking:
    """The sessions during one request."""

    def __init__(self, kept: "_Backends", ring: Ring, memory: InMemory | None, clock: Clock) -> None:
        self._kept = kept
        self._ring = ring
        self._memory = memory
        self._clock = clock
        self._address: tuple[str, str, Address] | None = None

    def load(self, channel: str, number: str, *, begun: bool = False) -> Stored | None:
        """Return the session of this number from Redis, else from SQL, else from memory.

        Args:
            channel: name of the channel.
            number: caller's number (E.164).
            begun: the caller is in mid-session, so it must exist: where SQL has none, Redis is asked despite an open
                breaker.

        Raises:
            Unavailable: neither can be used, and memory has none.
        """
        address = self._find_address(channel, number)
        try:
            found = self._kept.load(address, begun=begun)
        except Unavailable:
            remembered = self._recall(address)
            if remembered is None:
                raise
            return remembered
        there = self._recall(address) if begun else None
        if there is None or (found is not None and (there.mark != found.mark or there.hop <= found.hop)):
            return found
        return there

    def save(
        self,
        channel: str,
        number: str,
        *,
        mark: str,
        hop: int,
        state: str,
        read_mark: str,
        place: Any = None,
    ) -> Stored | None:
        """Save the session and return None, or return the stored one that won: further, or of a newer call.

        Args:
            channel: name of the channel.
            number: caller's number (E.164).
            mark: eight characters that identify the provider session.
            hop: number of inputs so far.
            state: the session as text; sealed here.
            read_mark: mark of the session that this request had loaded; empty where there was none.
            place: what ``Sessions.recall`` shall return with it; None where it may not be recalled.

        Raises:
            Unavailable: it could not be saved anywhere.
        """
        address = self._find_address(channel, number)
        saving = Saving(Stored(mark, hop, state), read_mark)
        won, answered = self._kept.save(address, saving, place)
        return won if answered else self.save_elsewhere(address, saving)

    def drop(self, channel: str, number: str) -> None:
        """Delete the session of this number everywhere.

        Raises:
            Unavailable: SQL cannot be used.
        """
        address = self._find_address(channel, number)
        if self._memory is not None:
            self._memory.drop(address)
        self._kept.drop(address)

    def save_elsewhere(self, address: Address, saving: Saving) -> Stored | None:
        """Save in SQL, else in memory, for Redis did not answer.

        Raises:
            Unavailable: neither can be used.
        """
        try:
            return self._kept.save_besides(address, saving)
        except Unavailable:
            if self._memory is None:
                raise
            return self._memory.save(address, saving, self._clock.now().timestamp())

    def _find_address(self, channel: str, number: str) -> Address:
        known = self._address
        if known is None or known[0] != channel or known[1] != number:
            known = self._address = channel, number, Address.of(self._ring, channel, number)
        return known[2]

    def _recall(self, address: Address) -> Stored | None:
        if self._memory is None or not self._memory.has(address):
            return None
        return self._memory.load(address, self._clock.now().timestamp())


class _Backends:
    """Redis and SQL during one request."""

    def __init__(
        self,
        in_redis: InRedis | None,
        in_sql: InSql,
        outage: Outage,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        self._spared = in_redis  # not queried while SQL responds
        self._redis = in_redis if outage.breaker.allows() else None
        self._sql = in_sql
        self._outage = outage
        self._clock = clock
        self._lifetime = lifetime
        self._seen: dict[bytes, bytes] = {}

    def load(self, address: Address, *, begun: bool) -> Stored | None:
        """Return the session from Redis, else from SQL; raises Unavailable where neither can be used."""
        here, answered = self._of_redis(lambda server: self._load_here(server, address))
        if not answered:
            return self._without_redis(address, begun=begun)
        # A first dial needs no session, so without a known outage SQL is not asked for one.
        if not self._outage.left_some_in_sql and (here is not None or not begun):
            return here
        return self._later(address, here)

    def save(self, address: Address, saving: Saving, place: Any) -> tuple[Stored | None, bool]:
        """Save the session in Redis; return the session that won, if another did, and whether Redis answered."""
        over = self._seen.get(address.key)
        return self._of_redis(lambda server: server.save(address, saving, over, place))

    def save_besides(self, address: Address, saving: Saving) -> Stored | None:
        """Save the session in SQL, for Redis did not answer; raises Unavailable where neither can be used."""
        self._outage.lasts(self._lifetime.total_seconds())
        try:
            return self._sql.save(address, saving, self._clock.now())
        except Unavailable:
            won, answered = self._after_all(lambda server: server.save(address, saving))
            if not answered:
                raise
            return won

    def drop(self, address: Address) -> None:
        """Delete the session in both; raises Unavailable where SQL cannot be used."""
        self._seen.pop(address.key, None)
        self._of_redis(lambda server: server.drop(address))
        self._sql.drop(address)

    def _without_redis(self, address: Address, *, begun: bool) -> Stored | None:
        try:
            found = self._sql.load(address, self._clock.now())
        except Unavailable:
            here, answered = self._after_all(lambda server: self._load_here(server, address))
            if not answered:
                raise
            return here
        if found is not None:
            return found[0]
        return self._after_all(lambda server: self._load_here(server, address))[0] if begun else None

    def _load_here(self, server: InRedis, address: Address) -> Stored | None:
        stored, self._seen[address.key] = server.load(address)
        return stored

    def _after_all(self, question: Callable[[InRedis], T]) -> tuple[T | None, bool]:
        """Use Redis although the breaker is open, because the session would otherwise be lost."""
        self._redis = self._spared
        return self._of_redis(question)

    def _later(self, address: Address, here: Stored | None) -> Stored | None:
        """Return the session that was saved later, in Redis or during its outage in SQL; without SQL, that of Redis."""
        try:
            found = self._sql.load(address, self._clock.now())
        except Unavailable:
            return here
        if found is None or here is None:
            return here if found is None else found[0]
        there, left = found
        if there.mark == here.mark:
            return max(here, there, key=lambda stored: stored.hop)
        in_redis, answered = self._of_redis(lambda server: server.left(address))
        return there if answered and in_redis is not None and left > in_redis else here

    def _of_redis(self, question: Callable[[InRedis], T]) -> tuple[T | None, bool]:
        """Return the answer of Redis and whether there was one; after one fault this request skips Redis."""
        if self._redis is None:
            return None, False
        try:
            answer = question(self._redis)
        except (redis.RedisError, OSError):
            self._outage.breaker.failed()
            self._redis = self._spared = None
            self._seen.clear()
            return None, False
        self._outage.breaker.answered()
        return answer, True
