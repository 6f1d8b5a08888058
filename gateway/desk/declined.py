"""Why a change to people or a sign-in was declined, as a word that pages and the command line put into their own."""

from enum import StrEnum


class Why(StrEnum):
    """What stands in the way."""

    NAME = "name"
    NAME_TAKEN = "name-taken"
    PASSWORD = "password"  # noqa: S105 - the name of a fault, not a password
    WRONG = "wrong"
    LINK = "link"
    NUMBER = "number"
    ROLE = "role"
    LAST_ADMINISTRATOR = "last-administrator"
    NOBODY = "nobody"
    SLOW_DOWN = "slow-down"
    DAYS = "days"
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
