"""What a text of hers is answered with, and how it was understood."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one text; an empty ``text`` says that nothing leaves."""

    text: str
    understood: str
    language: str = ""
    version: str = ""
