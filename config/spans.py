"""Says what is wrong with hours of duty as somebody typed them: the slip itself, not what follows from it."""

import re
from collections.abc import Callable

_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u301c~\uff5e"
_COLONS = "\uff1a\ufe55\ua789\u2236\u02d0"
_LIKE = "write it like 08:00-12:00"


def check_span(span: str) -> str:
    """Return the hours as they are, where they are such.

    Raises:
        ValueError: they are none; the words name the slip.
    """
    if _SPAN.fullmatch(span):
        begins, _, ends = span.partition("-")
        if ends == "00:00":
            raise ValueError("midnight at the end of a day is written 24:00")
        if ends <= begins:
            raise ValueError("ends before it begins; write hours over midnight as two, on two days")
        return span
    raise ValueError(_name_slip(span))


def _name_slip(span: str) -> str:
    """Return what is told of the first slip that is found."""
    return next((words for slipped, words in _SLIPS if slipped(span)), f"{_TWO_DIGITS}; {_LIKE}")


def _is_more_than_one(span: str) -> bool:
    return bool(re.search(r"[,;]|\d\s+\d", span)) or span.count("-") > 1


def _is_no_time(span: str) -> bool:
    return bool(re.search(r"(?:^|-)(?:2[4-9]|[3-9]\d):?|:[6-9]\d", span))


_TWO_DIGITS = "needs two digits for the hour, a colon and two for the minute"
_SLIPS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda span: any(sign in span for sign in _COLONS), f"this is not the colon of the keyboard; {_LIKE}"),
    (lambda span: any(sign in span for sign in _DASHES), f"this is not the dash of the keyboard; {_LIKE}"),
    (
        _is_more_than_one,
        'holds more than one span; give each its own quotes, like ["08:00-12:00", "13:00-21:00"]',
    ),
    (
        lambda span: bool(re.search(r"[ap]\.?m", span, re.IGNORECASE)),
        f"hours are counted to 24, without am and pm; {_LIKE}",
    ),
    (lambda span: " " in span, f"holds a space; {_LIKE}"),
    (lambda span: "-" not in span, f"lacks the end; {_LIKE}"),
    (lambda span: not span.isascii(), f"holds a sign that is no digit of the keyboard; {_LIKE}"),
    (_is_no_time, f"is no time of day; {_LIKE}"),
)
