"""What a text of hers is answered with, and how it was understood."""

from dataclasses import dataclass

from gateway.engine.words import Match

_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one text; an empty ``text`` says that nothing leaves.

    ``understood`` is a word of ours that figures count; ``match`` is the word of the menu that it was, if it was one;
    ``facts`` are the names of the facts that she reads, on ``screen`` or in the message of that name.
    """

    text: str
    understood: str
    language: str = ""
    version: str = ""
    match: Match | None = None
    screen: str = ""
    facts: tuple[str, ...] = ()

    @property
    def kept(self) -> str:
        """What stands beside her text for the counsellor: how it was understood, and why."""
        if self.match is None:
            return self.understood
        word = self.match.why.partition(": ")[2]
        return f"{self.understood} ({self.match.language}): {word}"[:_LONGEST]
