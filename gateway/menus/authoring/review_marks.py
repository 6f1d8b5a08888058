"""The line in which a review is written: hashes of a text and of its source, who read it, and on which day."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway.menus.authoring.schema.conform import as_day

HASH_LETTERS = 10
"""Forty bits: enough to see that a text changed, short enough to be read out on the phone."""

LONGEST_NAME = 40
_HASH = rf"[0-9a-f]{{{HASH_LETTERS}}}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MARK = rf"({_HASH})(?: of ({_HASH}))?(?:, read ({_DAY}) by (\S.{{0,{LONGEST_NAME - 1}}}))?"
"""A mark as it is written: the text, the text it was made from, and who read it when."""

EXAMPLE = "3fa2b41c07 of 91bc0d22e4, read 2026-12-01 by Noy"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of one text: hashes of its words and of those it was made from; ``by`` is empty for a draft."""

    words: str
    of: str = ""
    by: str = ""
    on: date | None = None

    def __str__(self) -> str:
        made = f" of {self.of}" if self.of else ""
        read = f", read {self.on} by {self.by}" if self.by else ""
        return f"{self.words}{made}{read}"


Marks = Mapping[str, Mapping[str, Mark]]
"""Language → id of the text → its mark."""


def parse_mark(written: str) -> Mark | None:
    """Return the mark that is written so; None where it is none, or names a day that does not exist."""
    found = re.fullmatch(MARK, written)
    if found is None:
        return None
    words, of, day, by = found.groups(default="")
    on = as_day(day) if day else None
    return None if day and on is None else Mark(words, of, by, on)
