"""Rules of the queue: codes, escalation, the order of calling, and which request "next" hands to whom.

A code is given out where no open request has it; a request that waits is escalated to the next person in time; staff
are matched with requests by language, by who may call, and by whom the caller asked for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.domain.callbacks.states import CallbackState

# Codes.

_RUNS = "01234567890123456789"


def pick_code(candidates: Iterable[str], *, last_four: str, taken: Collection[str]) -> str | None:
    """Return the first candidate that is free, not simple and not the end of the caller's number; None without one."""
    for code in candidates:
        if last_four not in code and code not in taken and not is_simple(code):
            return code
    return None


def is_simple(code: str) -> bool:
    """Say whether the digits are one digit repeated, or a run up or down."""
    return len(set(code)) == 1 or code in _RUNS or code in _RUNS[::-1]


# Escalation of requests that nobody takes.

REVIEW_AFTER = timedelta(minutes=30)
DANGER_AFTER = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=4)

P = TypeVar("P")


def plan_first_alert(
    state: CallbackState, *, danger: bool, due_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when staff must be alerted, counted from a change at ``now``; None where they need not be.

    A danger request waits from the start of its window, because nobody may call before.
    """
    if state is CallbackState.REVIEW:
        return now + (DANGER_AFTER if danger else REVIEW_AFTER)
    if state is CallbackState.WAITING and danger and due_at is not None:
        return max(now, due_at) + DANGER_AFTER
    return None


def plan_next_alert(*, danger: bool, now: datetime) -> datetime:
    """Return when staff are alerted again if the request is still not taken; danger repeats until it is."""
    return now + (DANGER_AFTER if danger else AGAIN_AFTER)


def choose_alerted(listed: Sequence[P], on_duty: Sequence[P], round_: int) -> tuple[P, ...]:
    """Return who is alerted in this round (from 0): staff on duty, and one more of the escalation list each round.

    Where nobody is on duty the first of the list is alerted in round 0.
    """
    reached = listed[: round_ + (0 if on_duty else 1)]
    return tuple(dict.fromkeys([*on_duty, *reached]))


# Order of the queue: danger, then due now with the earliest end of its window, then time of the request.

DANGER, NORMAL = 0, 1
NAMES = {DANGER: "danger", NORMAL: "normal"}
LONG_ENOUGH = timedelta(minutes=10)
"""What must be left of a window for a request to be handed out by "next"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """What decides the position of a waiting request."""

    priority: int
    due_at: datetime
    due_until: datetime
    asked_at: datetime
    id: str

    def is_due(self, now: datetime) -> bool:
        """Say whether the window is open."""
        return self.due_at <= now < self.due_until


def sort_key(place: QueuePlace, now: datetime) -> tuple[int, int, datetime, datetime, str]:
    """Return the sort key: due requests first, then the others by the start of their window."""
    if place.is_due(now):
        return place.priority, 0, place.due_until, place.asked_at, place.id
    return place.priority, 1, place.due_at, place.asked_at, place.id


def is_worth_handing_out(place: QueuePlace, now: datetime) -> bool:
    """Say whether the window leaves time to read the request and to call."""
    return place.is_due(now) and place.due_until - now >= LONG_ENOUGH


WOMAN = "woman"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a request needs of the person who calls."""

    language: str
    wants_woman: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What a person on duty offers; no languages means that none are recorded."""

    languages: tuple[str, ...] = ()
    gender: str = ""


def can_call(needs: Needs, offers: Offers) -> bool:
    """Say whether this person is suitable."""
    if needs.wants_woman and offers.gender != WOMAN:
        return False
    return speaks_language(needs, offers)


def speaks_language(needs: Needs, offers: Offers) -> bool:
    """Say whether this person speaks the language; assumed where no languages are recorded."""
    return not offers.languages or find_spoken_language(needs.language) in {
        find_spoken_language(tag) for tag in offers.languages
    }


def may_be_given(needs: Needs, offers: Offers, others: Sequence[Offers]) -> bool:
    """Say whether the request may be handed to the person who asked for the next one.

    Never in a language that the person does not speak. A request for a woman waits while a suitable woman is on duty;
    otherwise a man, who says so to the caller, is better than no call.
    """
    if not speaks_language(needs, offers):
        return False
    return can_call(needs, offers) or not any(can_call(needs, other) for other in others)


def find_scarce_languages(offers: Offers, everybody: Sequence[Offers]) -> frozenset[str]:
    """Return the languages that only this person of all on duty speaks."""
    speakers = Counter(
        tag for one in everybody for tag in {find_spoken_language(tag) for tag in one.languages}
    )
    if any(not one.languages for one in everybody):
        return frozenset()
    return frozenset(
        tag for tag in {find_spoken_language(tag) for tag in offers.languages} if speakers[tag] == 1
    )


def find_spoken_language(tag: str) -> str:
    """Return the primary subtag of a language tag (BCP 47): the script does not matter for speech."""
    return tag.partition("-")[0]


def fit_or_all(needs: Needs, people: Sequence[tuple[P, Offers]]) -> tuple[P, ...]:
    """Return the suitable people, or all where none is: a call in the wrong language is better than none."""
    fit = tuple(person for person, offers in people if can_call(needs, offers))
    return fit or tuple(person for person, _ in people)
