"""Why something about a callback cannot be done: answers of the product that pages and commands put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.callbacks.model import HELD, IllegalMove
from gateway.store import callbacks, people

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.access import Actor
    from gateway.callbacks.model import Event
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx


class NoSuchCallback(LookupError):
    """There is no callback with this id, or none that this person works with."""


class Held(Exception):
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


def found(tx: Tx, actor: Actor, callback_id: str) -> Callback:
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
        Held: somebody else has it.
        Refused: nobody has it, so this person sees only its row.
    """
    if callback.holder_id == actor.person_id or actor.may(Permission.SEE_OTHERS):
        return
    if callback.state in HELD:
        raise Held(name_of(tx, callback.holder_id))
    permit(actor, Permission.SEE_OTHERS)


def name_of(tx: Tx, person_id: str | None) -> str:
    """Return the name of a person, or an empty one."""
    person = people.by_id(tx, person_id) if person_id else None
    return person.name if person is not None else ""


def refusal(tx: Tx, actor: Actor, callback: Callback, event: Event) -> Held | IllegalMove:
    """Return why the event cannot happen: somebody else has it, or its state does not take the event."""
    if callback.state in HELD and callback.holder_id != actor.person_id:
        return Held(name_of(tx, callback.holder_id))
    return IllegalMove(callback.state, event)
