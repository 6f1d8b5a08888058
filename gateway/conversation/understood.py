"""What a text of hers is answered with, and how it was understood."""

from dataclasses import dataclass

from gateway.engine.words import Match

NOT_UNDERSTOOD = ""
"""Texts with this word are the list that a person reads."""

_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one text; an empty ``text`` says that nothing leaves.

    ``understood`` is a word of ours that figures count; ``match`` is the word of the menu that it was, if it was one.
    """

    text: str
    understood: str
    language: str = ""
    version: str = ""
    match: Match | None = None

    @property
    def kept(self) -> str:
        """What stands beside her text for the counsellor: how it was understood, and why."""
        if self.match is None:
            return self.understood
        word = self.match.why.partition(": ")[2]
        return f"{self.understood} ({self.match.language}): {word}"[:_LONGEST]
