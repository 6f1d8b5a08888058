"""Says which dates of an author cannot be meant: a year of another calendar, a slip, a check that is still to come."""

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.catalogue.nodes import MapNode, Scalar, items_in, pairs_in
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.schema.conform import as_day
from gateway.engine.dates import is_date
from gateway.engine.years import find_odd_year

_DAYS = ("valid_from", "checked_on", "expires_on", "date")
_LONG_AGO = 200
"""Years: a law that a text dates may be old; since when a value holds, and its check, may not."""


def years(root: MapNode, today: date) -> Iterator[Problem]:
    """Yield every date of a fact whose year is not that of the common calendar, or whose check lies ahead."""
    for fact, values in pairs_in(root, "facts"):
        for value in items_in(values):
            for key, written in pairs_in(value):
                if key.text in _DAYS and isinstance(written, Scalar):
                    yield from _day(fact.text, key.text, written, today)


def _day(fact: str, key: str, written: Scalar, today: date) -> Iterator[Problem]:
    if not is_date(written.text):  # told where its shape is read
        return
    odd = find_odd_year(written.text, today, **({"back": _LONG_AGO} if key == "date" else {}))
    if odd:
        yield Problem(
            code="wrong-year",
            place=written.place,
            message=f"'{key}' of '{fact}': {odd.message}",
            hint=odd.hint,
        )
        return
    day = as_day(written.text)
    # An author may sit a zone ahead of the line: tomorrow there is today here.
    if key == "checked_on" and day is not None and day > today + timedelta(days=1):
        yield Problem(
            code="checked-in-future",
            place=written.place,
            level=Level.WARNING,
            message=f"'{fact}' was checked on {day}, which is still to come",
            hint="write the day on which somebody looked",
        )
