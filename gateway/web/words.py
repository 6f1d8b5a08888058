"""The words of pages for what use cases say in codes; each is in the catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.access import Role
from gateway.callbacks.model import State
from gateway.desk.declined import Why
from gateway.web.translate import later

if TYPE_CHECKING:
    from enum import StrEnum

STATES: dict[State, Any] = {
    State.WAITING: later("waiting"),
    State.CLAIMED: later("claimed"),
    State.CALLING: later("calling"),
    State.REVIEW: later("unclear"),
    State.REACHED: later("reached"),
    State.GIVEN_UP: later("given up"),
    State.CLOSED: later("closed"),
    State.CANCELLED: later("cancelled by her"),
    State.EXPIRED: later("expired"),
}
_WORDS: dict[type[StrEnum], dict[Any, Any]] = {
    Role: {
        Role.COUNSELLOR: later("Counsellor"),
        Role.SUPERVISOR: later("Supervisor"),
        Role.ADMINISTRATOR: later("Administrator"),
        Role.READER: later("Reader"),
    },
    Why: {
        Why.NAME: later("A name has 2 to 40 characters and at least one letter."),
        Why.NAME_TAKEN: later("Somebody already has this name. Add a second name or a letter."),
        Why.PASSWORD: later(
            "Use at least 8 characters that nobody guesses, no common word or name. Three or four words are good."
        ),
        Why.WRONG: later("This is not your present password."),
        Why.LINK: later("This link was used already or is too old. Ask for a new one."),
        Why.NUMBER: later(
            "This is no phone number that can be called. Write it with its country code, like +856…"
        ),
        Why.WHICH_NUMBER: later("This number exists in more than one country. Which one is meant?"),
        Why.ROLE: later("Choose a role."),
        Why.LAST_ADMINISTRATOR: later(
            "This is the only administrator. Make somebody else administrator first."
        ),
        Why.NOBODY: later("There is nobody of that name. They may have been removed."),
        Why.SLOW_DOWN: later("Too many tries. Wait a little, then try again."),
        Why.YEAR: later("Write the year of the common calendar, like 2026, not more than 20 years off."),
        Why.DAYS: later("Choose a first and a last day; the last one is not before the first."),
        Why.HOURS: later("Write hours like 08:00-12:00, several parted by a comma."),
        Why.CODE: later("This code is wrong or was used before. Wait for the next one."),
        Why.FIELD: later("Something is missing here, or it is not one of the choices."),
        Why.LONG: later("This is too long. Shorten it."),
    },
    State: STATES,
}


def word(code: StrEnum) -> str:
    """Return the word of the page for a role, a reason or the state of a request."""
    return str(_WORDS[type(code)][code])
