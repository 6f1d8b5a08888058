"""What the settings say of the centre's desk: what its people speak, count, and call the outcomes of their calls."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

MEANINGS = (
    "reached", "cut_off", "no_answer", "voicemail", "busy", "switched_off", "someone_else", "asked_later",
    "wrong_number", "not_safe", "silent", "prank",
)  # fmt: skip
"""What an outcome can mean: the words of the house's table of outcomes (a test compares)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Word = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,29}$")]
_Tag = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]
_List = Mapping[_Word, Mapping[_Tag, str]]


class OutcomeSettings(_Strict):
    """``[desk.outcomes.WORD]``: a button of the centre's own, or another name of one that the house has.

    ``means`` is one of the outcomes that have rules: what follows from a call is law and is not set here.
    """

    means: Annotated[str, Field(pattern=f"^({'|'.join(MEANINGS)})$")]
    label: Annotated[Mapping[_Tag, Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1)]


class DeskSettings(_Strict):
    """``[desk]``: what the centre's people speak, and the lists of their figures form, with labels by page language."""

    languages: Mapping[_Tag, str] = {}
    country: _List = {}
    sector: _List = {}
    complaint: _List = {}
    lodged: _List = {}
    currency: _List = {}
    outcomes: Mapping[_Word, OutcomeSettings] = {}

    @field_validator("outcomes")
    @classmethod
    def _keeps_meanings(cls, rows: Mapping[str, OutcomeSettings]) -> Mapping[str, OutcomeSettings]:
        for word, row in rows.items():
            if word in MEANINGS and word != row.means:
                raise ValueError(f"{word} means {word}; a row of its own name may only call it otherwise")
        return rows
