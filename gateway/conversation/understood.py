"""What a text of hers is answered with, and how it was understood."""

from dataclasses import dataclass

from gateway.engine.texted import COPY, NOT_UNDERSTOOD, REFUSED
from gateway.engine.words import Match

_LONGEST = 60
READ_BY_A_PERSON = frozenset({REFUSED, COPY, NOT_UNDERSTOOD})
"""What no answer of ours ends: a refusal that was read out of a sentence, and what a phone sent back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one text; an empty ``text`` says that nothing leaves.

    ``understood`` is a word of ours that figures count; ``match`` is the word of the menu that it was, if it was one;
    ``code`` is her code where the answer holds it.
    ``facts`` are the names of the facts that she reads, on ``screen`` or in the message of that name.
    """

    text: str
    understood: str
    language: str = ""
    version: str = ""
    match: Match | None = None
    screen: str = ""
    facts: tuple[str, ...] = ()
    code: str = ""

    @property
    def kept(self) -> str:
        """What stands beside her text for the counsellor: as what it was understood, and why.

        Nothing stands there where a person is to read it.
        """
        if self.understood in READ_BY_A_PERSON:
            return NOT_UNDERSTOOD
        if self.match is None:
            return self.understood
        word = self.match.why.partition(": ")[2]
        return f"{self.understood} ({self.match.language}): {word}"[:_LONGEST]
