"""Defines the errors of the help desk, as codes and values that pages and commands put into words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.states import HELD, IllegalMove
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.phone_numbers import list_valid_readings, may_be_called
from gateway.menus.engine.dates import find_odd_year
from gateway.storage import callbacks, people

if TYPE_CHECKING:
    from gateway.domain.callbacks.states import CallbackEvent
    from gateway.domain.permissions import Actor
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


class Why(StrEnum):
    """What is wrong with a rejected change."""

    NAME = "name"
    NAME_TAKEN = "name-taken"
    PASSWORD = "password"  # noqa: S105 - the name of a fault, not a password
    WRONG = "wrong"
    LINK = "link"
    NUMBER = "number"
    WHICH_NUMBER = "which-number"
    ROLE = "role"
    LAST_ADMINISTRATOR = "last-administrator"
    NOBODY = "nobody"
    SLOW_DOWN = "slow-down"
    DAYS = "days"
    YEAR = "year"
    HOURS = "hours"
    CODE = "code"
    FIELD = "field"
    LONG = "long"


class Rejected(Exception):
    """The change was not made; ``why`` names the field or rule, ``seconds`` the wait where waiting helps (else 0)."""

    def __init__(self, why: Why, *, seconds: int = 0) -> None:
        super().__init__(why.value)
        self.why = why
        self.seconds = seconds


class AmbiguousNumber(Rejected):
    """The typed number is valid in several countries of the helpline; ``readings`` holds all of them in E.164."""

    def __init__(self, readings: tuple[str, ...]) -> None:
        super().__init__(Why.WHICH_NUMBER)
        self.readings = readings


def read_typed_number(written: str, regions: Sequence[str]) -> str:
    """Return the typed number in E.164 (ITU-T E.164: a plus sign and at most 15 digits).

    Args:
        written: as typed, with or without a country code.
        regions: ISO 3166 country codes by which a number without a country code is read.

    Raises:
        Rejected: no numbering plan contains it, or calls to it are not ordinary ones (premium, emergency).
        AmbiguousNumber: it is valid in several regions.
    """
    readings = list_valid_readings(written, regions)
    if len(readings) > 1:
        raise AmbiguousNumber(readings)
    if not readings or not may_be_called(readings[0]):
        raise Rejected(Why.NUMBER)
    return readings[0]


# Dates typed by staff: Buddhist-era years (2569 for 2026) and years more than 20 away are mistakes.


def refuse_odd_year(day: date | str, now: datetime) -> None:
    """Check that the year of a day is plausible.

    Raises:
        Rejected: it is a Buddhist-era year or more than 20 years away.
    """
    if find_odd_year(str(day), now.date()):
        raise Rejected(Why.YEAR)


# Why an action on a callback cannot be done.


class NoSuchCallback(LookupError):
    """There is no callback with this id in the actor's team."""


class ClaimedByOther(Exception):
    """Somebody else holds this callback; ``name`` is that person's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has it")
        self.name = name


class AlreadyCalling(Exception):
    """A call to this number has no outcome yet; ``name`` is the person who made it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is calling")
        self.name = name


class NotSafe(Exception):
    """The caller's phone must not ring now; ``until`` is when it may, None if that is not known."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("her phone must not ring now")
        self.until = until


class Withheld(NotSafe):
    """The caller has refused calls and not asked again; ``how`` is the kind of refusal, as a code."""

    def __init__(self, how: str) -> None:
        super().__init__(None)
        self.how = how


class Full(Exception):
    """The person holds as many callbacks as their agreed ``capacity``."""

    def __init__(self, capacity: int) -> None:
        super().__init__(f"{capacity} in hand is the most that was agreed")
        self.capacity = capacity


class NoBridge(Exception):
    """No provider can call both phones now; ``why`` is off, no_number, used_up, paused or live.

    ``live`` means that an earlier call of this person has not ended yet.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"no bridge: {why}")
        self.why = why


class NoPhone(Exception):
    """The person has no helpline phone entered; calls are made from helpline phones only."""


class TooManyShown(Exception):
    """The hourly limit of ``most`` shown numbers is reached; the next may be shown at ``until``."""

    def __init__(self, most: int, until: datetime) -> None:
        super().__init__(f"{most} numbers were shown within an hour")
        self.most = most
        self.until = until


class ClockStopped(Exception):
    """The clock was found wrong, so open windows cannot be known; a supervisor must confirm it first."""


def find_callback(tx: Tx, actor: Actor, callback_id: str) -> Callback:
    """Return the callback with its row locked until the transaction ends.

    Raises:
        NoSuchCallback: there is none in the actor's team.
    """
    callback = callbacks.by_id(tx, callback_id, lock=True)
    if callback is None or callback.team != actor.team:
        raise NoSuchCallback(callback_id)
    return callback


def permit_writing(tx: Tx, actor: Actor, callback: Callback) -> None:
    """Check that the actor may write about a callback: its holder, or a role that sees callbacks of others.

    Raises:
        ClaimedByOther: somebody else holds it.
        NotPermitted: it is free, so the actor sees only its row.
    """
    if callback.holder_id == actor.person_id or actor.may(Permission.SEE_OTHERS):
        return
    if callback.state in HELD:
        raise ClaimedByOther(name_of(tx, callback.holder_id))
    check_permission(actor, Permission.SEE_OTHERS)


def name_of(tx: Tx, person_id: str | None) -> str:
    """Return the name of a person; empty if there is none."""
    person = people.by_id(tx, person_id) if person_id else None
    return person.name if person is not None else ""


def explain_refusal(
    tx: Tx, actor: Actor, callback: Callback, event: CallbackEvent
) -> ClaimedByOther | IllegalMove:
    """Return the error for an event that did not apply: another holder, or a state that refuses the event."""
    if callback.state in HELD and callback.holder_id != actor.person_id:
        return ClaimedByOther(name_of(tx, callback.holder_id))
    return IllegalMove(callback.state, event)
