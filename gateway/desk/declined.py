"""Why a change to people or a sign-in was declined, as a word that pages and the command line put into their own."""

from collections.abc import Sequence
from enum import StrEnum

from gateway.numbers import may_be_called, valid_readings


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


class Declined(Exception):
    """The change was not made; ``why`` says what to mend, ``seconds`` how long to wait where that helps."""

    def __init__(self, why: Why, *, seconds: int = 0) -> None:
        super().__init__(why.value)
        self.why = why
        self.seconds = seconds


class AmbiguousNumber(Declined):
    """What was typed is a number in more than one country of the line; ``readings`` are all of them, in E.164."""

    def __init__(self, readings: tuple[str, ...]) -> None:
        super().__init__(Why.WHICH_NUMBER)
        self.readings = readings


def read_typed_number(written: str, regions: Sequence[str]) -> str:
    """Return the number that a person typed, in E.164.

    Raises:
        Declined: no numbering plan has it, or a call to it is no ordinary one.
        AmbiguousNumber: several countries of the line have it; only who typed it knows which is meant.
    """
    readings = valid_readings(written, regions)
    if len(readings) > 1:
        raise AmbiguousNumber(readings)
    if not readings or not may_be_called(readings[0]):
        raise Declined(Why.NUMBER)
    return readings[0]
