"""Why a change to people or a sign-in was declined, as a word that pages and the command line put into their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.states import HELD, IllegalMove
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.phone_numbers import may_be_called, valid_readings
from gateway.menus.engine.dates import find_odd_year
from gateway.storage import callbacks, people

if TYPE_CHECKING:
    from gateway.domain.callbacks.states import CallbackEvent
    from gateway.domain.permissions import Actor
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


class Why(StrEnum):
    """What stands in the way."""

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
    """The change was not made; ``why`` says what to mend, ``seconds`` how long to wait where that helps."""

    def __init__(self, why: Why, *, seconds: int = 0) -> None:
        super().__init__(why.value)
        self.why = why
        self.seconds = seconds


class AmbiguousNumber(Rejected):
    """What was typed is a number in more than one country of the line; ``readings`` are all of them, in E.164."""

    def __init__(self, readings: tuple[str, ...]) -> None:
        super().__init__(Why.WHICH_NUMBER)
        self.readings = readings


def read_typed_number(written: str, regions: Sequence[str]) -> str:
    """Return the number that a person typed, in E.164.

    Raises:
        Rejected: no numbering plan has it, or a call to it is no ordinary one.
        AmbiguousNumber: several countries of the line have it; only who typed it knows which is meant.
    """
    readings = valid_readings(written, regions)
    if len(readings) > 1:
        raise AmbiguousNumber(readings)
    if not readings or not may_be_called(readings[0]):
        raise Rejected(Why.NUMBER)
    return readings[0]


# Declines days that nobody can mean: a year of the Buddhist calendar, or one more than 20 years off.


def refuse_odd_year(day: date | str, now: datetime) -> None:
    """Pass a day whose year can be meant.

    Raises:
        Rejected: it cannot.
    """
    if find_odd_year(str(day), now.date()):
        raise Rejected(Why.YEAR)


# Why something about a callback cannot be done: answers of the product that pages and commands put into
# words.


class NoSuchCallback(LookupError):
    """There is no callback with this id, or none that this person works with."""


class HeldByOther(Exception):
    """Somebody else has this callback; ``name`` is theirs."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has it")
        self.name = name


class AlreadyCalling(Exception):
    """A call to this number has no outcome yet; ``name`` knows what became of it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is calling")
        self.name = name


class NotSafe(Exception):
    """Her phone must not ring now; ``until`` says from when it may, None that nobody can say."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("her phone must not ring now")
        self.until = until


class Withheld(NotSafe):
    """She said since that she does not want to be called, and has not asked again; ``how`` says in which way."""

    def __init__(self, how: str) -> None:
        super().__init__(None)
        self.how = how


class Full(Exception):
    """The person has as many callbacks in hand as were agreed; ``capacity`` says how many."""

    def __init__(self, capacity: int) -> None:
        super().__init__(f"{capacity} in hand is the most that was agreed")
        self.capacity = capacity


class NoBridge(Exception):
    """No provider can ring both phones now; ``why`` is a word: off, no_number, used_up, paused or live.

    ``live`` says that a call which this person began has not ended yet.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"no bridge: {why}")
        self.why = why


class NoPhone(Exception):
    """The person has no helpline phone entered, and calls are made from helpline phones only."""


class TooManyShown(Exception):
    """This person was shown as many numbers in an hour as anybody may be; ``until`` says when the next may come."""

    def __init__(self, most: int, until: datetime) -> None:
        super().__init__(f"{most} numbers were shown within an hour")
        self.most = most
        self.until = until


class ClockStopped(Exception):
    """The clock was found wrong, so nobody knows whose window is open; a supervisor must confirm it first."""


def find_callback(tx: Tx, actor: Actor, callback_id: str) -> Callback:
    """Return the callback, locked until the transaction ends.

    Raises:
        NoSuchCallback: there is none in this person's team.
    """
    callback = callbacks.by_id(tx, callback_id, lock=True)
    if callback is None or callback.team != actor.team:
        raise NoSuchCallback(callback_id)
    return callback


def permit_writing(tx: Tx, actor: Actor, callback: Callback) -> None:
    """Let those write about a callback who have it, or see the callbacks of others.

    Raises:
        HeldByOther: somebody else has it.
        Refused: nobody has it, so this person sees only its row.
    """
    if callback.holder_id == actor.person_id or actor.may(Permission.SEE_OTHERS):
        return
    if callback.state in HELD:
        raise HeldByOther(name_of(tx, callback.holder_id))
    check_permission(actor, Permission.SEE_OTHERS)


def name_of(tx: Tx, person_id: str | None) -> str:
    """Return the name of a person, or an empty one."""
    person = people.by_id(tx, person_id) if person_id else None
    return person.name if person is not None else ""


def explain_refusal(
    tx: Tx, actor: Actor, callback: Callback, event: CallbackEvent
) -> HeldByOther | IllegalMove:
    """Return why the event cannot happen: somebody else has it, or its state does not take the event."""
    if callback.state in HELD and callback.holder_id != actor.person_id:
        return HeldByOther(name_of(tx, callback.holder_id))
    return IllegalMove(callback.state, event)
