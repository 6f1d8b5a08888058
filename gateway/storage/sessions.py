"""Where a caller is in the menu: kept in Redis, and while Redis cannot be asked in SQL."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import redis

from gateway.foundation.clock import Clock
from gateway.storage.database import Store, Unavailable
from gateway.storage.encryption import Ring
from gateway.storage.session_backends import Address, InMemory, InRedis, InSql, Saving, Stored

__all__ = ["Stored"]

# Stops asking a server that does not answer, so that one slow part does not slow every caller.

FAULTS = 3
"""So many faults in a row open it."""
SECONDS = 5.0
"""So long it stays open; then one request tries for all."""


class Breaker:
    """Closed while the server answers; open after some faults in a row; closed again by one request that tries."""

    def __init__(self, clock: Clock, *, faults: int = FAULTS, seconds: float = SECONDS) -> None:
        self._clock = clock
        self._limit = faults
        self._seconds = seconds
        self._lock = threading.Lock()
        self._faults = 0
        self._try_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether the server answered when it was last asked often enough to know."""
        return self._faults < self._limit

    def allows(self) -> bool:
        """Return whether this request may ask. While open one request in each span may, and its word counts."""
        if self.closed:
            return True
        with self._lock:
            now = self._clock.monotonic()
            if self._faults >= self._limit and now < self._try_at:
                return False
            # Whoever comes while this one tries is still refused.
            self._try_at = now + self._seconds
            return True

    def answered(self) -> None:
        """Note that the server answered."""
        if self._faults:
            with self._lock:
                self._faults = 0

    def failed(self) -> None:
        """Note that it did not."""
        with self._lock:
            self._faults += 1
            self._try_at = self._clock.monotonic() + self._seconds


T = TypeVar("T")
LIFETIME = timedelta(minutes=30)


class Outage:
    """What one process knows of Redis being away: whether to ask it, and whether some sessions lie in SQL."""

    def __init__(self, clock: Clock) -> None:
        self.breaker = Breaker(clock)
        self._clock = clock
        self._until = 0.0

    @property
    def left_some_in_sql(self) -> bool:
        """Whether a session saved in SQL may still be under way."""
        return self._clock.monotonic() < self._until

    def lasts(self, seconds: float) -> None:
        """Note that for so long SQL may hold a session that is further than the one in Redis."""
        self._until = max(self._until, self._clock.monotonic() + seconds)


class Sessions:
    """The sessions of all callers by USSD; `ask` once for each request."""

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
        """Whether Redis answers, as far as this process knows."""
        return self._redis is not None and self._outage.breaker.closed

    def ask(self) -> "Asking":
        """Return the sessions as one request sees them: after one fault of Redis it asks SQL for the rest."""
        kept = _Kept(self._redis, self._sql, self._outage, self._clock, self._lifetime)
        return Asking(kept, self._ring, self._memory, self._clock)

    def answers(self) -> bool:
        """Ask Redis for a sign of life; costs at most the client's time limit."""
        return self._redis is not None and self._redis.answers()

    def refresh(self) -> None:
        """Look whether another process keeps sessions in SQL, so that this one looks there too.

        Raises:
            Unavailable: SQL cannot be asked.
        """
        until = self._sql.kept_until()
        if until is not None:
            self._outage.lasts((until - self._clock.now()).total_seconds())


class Asking:
    """The sessions during one request."""

    def __init__(self, kept: "_Kept", ring: Ring, memory: InMemory | None, clock: Clock) -> None:
        self._kept = kept
        self._ring = ring
        self._memory = memory
        self._clock = clock

    def load(self, channel: str, number: str, *, begun: bool = False) -> Stored | None:
        """Return the session of this number, from Redis or else from SQL, or from memory where it lies there alone.

        Args:
            channel: the line by which she dials.
            number: her number.
            begun: she is in the midst of one, so that it must lie somewhere: where SQL has none, a Redis that is
                left in peace is asked after all.

        Raises:
            Unavailable: neither can be asked, and memory has none.
        """
        address = Address.of(self._ring, channel, number)
        try:
            found = self._kept.load(address, begun=begun)
        except Unavailable:
            remembered = self._remembered(address)
            if remembered is None:
                raise
            return remembered
        there = self._remembered(address) if begun else None
        if there is None or (found is not None and (there.mark != found.mark or there.hop <= found.hop)):
            return found
        return there

    def save(
        self, channel: str, number: str, *, mark: str, hop: int, state: str, read_mark: str
    ) -> Stored | None:
        """Keep the session and return None, or return the one that had won: further, or of a newer call.

        Args:
            channel: the line by which she dials.
            number: her number.
            mark: eight characters that stand for the provider's session.
            hop: how many inputs she has made in it.
            state: the session in words of the caller of this function; it is sealed here.
            read_mark: the mark of what this request had loaded, or "" where nothing was there.

        Raises:
            Unavailable: it could be kept in no place.
        """
        address = Address.of(self._ring, channel, number)
        saving = Saving(Stored(mark, hop, state), read_mark)
        try:
            return self._kept.save(address, saving)
        except Unavailable:
            if self._memory is None:
                raise
            return self._memory.save(address, saving, self._clock.now().timestamp())

    def drop(self, channel: str, number: str) -> None:
        """Forget the session of this number wherever it lies, as far as that can be asked.

        Raises:
            Unavailable: SQL cannot be asked.
        """
        address = Address.of(self._ring, channel, number)
        if self._memory is not None:
            self._memory.drop(address)
        self._kept.drop(address)

    def _remembered(self, address: Address) -> Stored | None:
        return None if self._memory is None else self._memory.load(address, self._clock.now().timestamp())


class _Kept:
    """Redis and SQL, as one request asks them."""

    def __init__(
        self,
        in_redis: InRedis | None,
        in_sql: InSql,
        outage: Outage,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        self._spared = in_redis  # left in peace as long as SQL answers
        self._redis = in_redis if outage.breaker.allows() else None
        self._sql = in_sql
        self._outage = outage
        self._clock = clock
        self._lifetime = lifetime

    def load(self, address: Address, *, begun: bool) -> Stored | None:
        """Return the session from Redis or else from SQL; raises Unavailable where neither can be asked."""
        here, answered = self._of_redis(lambda place: place.load(address))
        if not answered:
            return self._without_redis(address, begun=begun)
        if here is not None and not self._outage.left_some_in_sql:
            return here
        return self._later(address, here)

    def save(self, address: Address, saving: Saving) -> Stored | None:
        """Keep the session in Redis or else in SQL; raises Unavailable where neither takes it."""
        won, answered = self._of_redis(lambda place: place.save(address, saving))
        if answered:
            return won
        self._outage.lasts(self._lifetime.total_seconds())
        try:
            return self._sql.save(address, saving, self._clock.now())
        except Unavailable:
            won, answered = self._after_all(lambda place: place.save(address, saving))
            if not answered:
                raise
            return won

    def drop(self, address: Address) -> None:
        """Forget the session in both places; raises Unavailable where SQL cannot be asked."""
        self._of_redis(lambda place: place.drop(address))
        self._sql.drop(address)

    def _without_redis(self, address: Address, *, begun: bool) -> Stored | None:
        try:
            found = self._sql.load(address, self._clock.now())
        except Unavailable:
            here, answered = self._after_all(lambda place: place.load(address))
            if not answered:
                raise
            return here
        if found is not None:
            return found[0]
        return self._after_all(lambda place: place.load(address))[0] if begun else None

    def _after_all(self, question: Callable[[InRedis], T]) -> tuple[T | None, bool]:
        """Ask Redis where only the breaker kept this request from it, and she would else lose her place."""
        self._redis = self._spared
        return self._of_redis(question)

    def _later(self, address: Address, here: Stored | None) -> Stored | None:
        """Return what was saved later, in Redis or during its outage in SQL; SQL being away leaves Redis' word."""
        try:
            found = self._sql.load(address, self._clock.now())
        except Unavailable:
            return here
        if found is None or here is None:
            return here if found is None else found[0]
        there, left = found
        if there.mark == here.mark:
            return max(here, there, key=lambda stored: stored.hop)
        in_redis, answered = self._of_redis(lambda place: place.left(address))
        return there if answered and in_redis is not None and left > in_redis else here

    def _of_redis(self, question: Callable[[InRedis], T]) -> tuple[T | None, bool]:
        """Return Redis' answer and whether there was one; after one fault this request asks it no more."""
        if self._redis is None:
            return None, False
        try:
            answer = question(self._redis)
        except (redis.RedisError, OSError):
            self._outage.breaker.failed()
            self._redis = self._spared = None
            return None, False
        self._outage.breaker.answered()
        return answer, True
