"""Slows guessing of passwords by name and by address, and never locks out somebody who signed in from there before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.desk.declined import Declined, Why
from gateway.ip_addresses import find_subscriber
from gateway.store import tries

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.parts import Parts
    from gateway.store.engines import Tx

WINDOW = timedelta(hours=1)
REMEMBERED = timedelta(days=30)
LONGEST_WAIT = timedelta(minutes=2)
_NAME_FREE, _PAIR_FREE, _ADDRESS_FREE = 5, 5, 20


class _Scope(NamedTuple):
    key: bytes
    free: int


def take_a_try(parts: Parts, name_key: str, address: str) -> None:
    """Count a try before the password is looked at, so that a thousand at once are a thousand.

    Raises:
        Declined: it is too soon after the last wrong one; a declined try is not counted.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        scopes = _scopes(tx, name_key, find_subscriber(address), now)
        wait = max(
            _wait(tries.attempts(tx, scope.key, now=now, window=WINDOW), scope, now) for scope in scopes
        )
        if wait > timedelta():
            raise Declined(Why.SLOW_DOWN, seconds=int(wait.total_seconds()) + 1)
        for scope in scopes:
            tries.add(tx, scope.key, now, WINDOW)

    parts.store.run(work)


def secret_of(person_id: str) -> str:
    """Return the name under which all secrets of a person are counted: two doors would be twice the tries."""
    return f"secret {person_id}"


def forget(parts: Parts, name_key: str, address: str) -> None:
    """Forget the tries of somebody who got in, and those of their address: an office signs in from one; remember it."""
    now, place = parts.clock.now(), find_subscriber(address)

    def work(tx: Tx) -> None:
        for scope in ("name", name_key), ("pair", name_key, place), ("address", place):
            tries.clear(tx, tx.ring.lookup("tries", *scope))
        tries.add(tx, tx.ring.lookup("tries", "was-here", name_key, place), now, REMEMBERED)

    parts.store.run(work)


def _scopes(tx: Tx, name_key: str, place: str, now: datetime) -> list[_Scope]:
    by_pair = _Scope(tx.ring.lookup("tries", "pair", name_key, place), _PAIR_FREE)
    by_address = _Scope(tx.ring.lookup("tries", "address", place), _ADDRESS_FREE)
    by_name = _Scope(tx.ring.lookup("tries", "name", name_key), _NAME_FREE)
    was_here = tries.attempts(
        tx, tx.ring.lookup("tries", "was-here", name_key, place), now=now, window=REMEMBERED
    )
    # A stranger who hammers at a name must not keep its owner out of the place where the owner works.
    return [by_pair, by_address] if was_here.n else [by_pair, by_address, by_name]


def _wait(found: tries.Tries, scope: _Scope, now: datetime) -> timedelta:
    if found.n < scope.free or found.last_at is None:
        return timedelta()
    pause = min(timedelta(seconds=2 ** min(found.n - scope.free + 1, 10)), LONGEST_WAIT)
    return found.last_at + pause - now
