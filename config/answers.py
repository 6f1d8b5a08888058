"""What the settings say of texts that are answered: how many, to whom, before a line falls silent."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_OfANumber = Annotated[int, Field(ge=1, le=1000)]
_OfALine = Annotated[int, Field(ge=1, le=100_000)]


class AnswerSettings(BaseModel):
    """``[answers]``: the brakes. None can be 0: a line that shall not answer is taken out of the file instead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    equal_texts: _OfANumber = 5
    number_a_day: _OfANumber = 40
    strangers_an_hour: _OfALine = 600
    known_an_hour: _OfALine = 600
    code_an_hour: _OfALine = 200
    danger_an_hour: _OfALine = 200
    ours_an_hour: _OfALine = 200
