"""Declines days that nobody can mean: a year of the Buddhist calendar, or one more than 20 years off."""

from datetime import date, datetime

from gateway.desk.declined import Declined, Why
from gateway.engine.years import find_odd_year


def refuse_odd_year(day: date | str, now: datetime) -> None:
    """Pass a day whose year can be meant.

    Raises:
        Declined: it cannot.
    """
    if find_odd_year(str(day), now.date()):
        raise Declined(Why.YEAR)
