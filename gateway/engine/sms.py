"""A text as it goes out by SMS: what it costs in parts, and never more of them than allowed."""

from dataclasses import dataclass

from gateway.engine.cuts import split
from gateway.engine.text import ESCAPE, GSM7_SINGLE, fold, sms_parts

MOST_PARTS = 3
"""Parts that an answer may cost; a menu that needs more is refused when it is checked."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A text ready to be sent, and the parts that will be paid for."""

    text: str
    parts: int


def as_sms(text: str, most: int = MOST_PARTS) -> Sms:
    """Return the text as it is sent, shortened at a safe place where a value made it longer than was proved."""
    whole = fold(text.replace(ESCAPE, ""))
    if _parts(whole[: most * GSM7_SINGLE + 1]) <= most:
        return Sms(whole, _parts(whole))
    first = split(whole[: most * GSM7_SINGLE + 1], most, _parts)[0].rstrip()
    return Sms(first, _parts(first))


def _parts(text: str) -> int:
    return len(sms_parts(text))
