"""What a kind of screen gives to the page cutter: its lines, and the rules of its pages."""

from dataclasses import dataclass

from gateway.messages import Piece, PieceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text of a screen before it is cut into pages.

    Attributes:
        lines: its text, a piece a line.
        whole: text and options must stand on one page.
        asks: a question: ``0 Back`` is shown only where room is left, because the answers come first.
        leads_on: whether any navigation is shown at all.
    """

    lines: tuple[Piece, ...]
    whole: bool = False
    asks: bool = False
    leads_on: bool = True


def heading(text: str) -> tuple[Piece, ...]:
    """Return the lines of a text that stands above options."""
    return _lines(PieceKind.HEADING, text)


def prose(text: str) -> tuple[Piece, ...]:
    """Return the lines of a text that is to be read."""
    return _lines(PieceKind.TEXT, text)


def _lines(kind: PieceKind, text: str) -> tuple[Piece, ...]:
    return tuple(Piece(kind, line.strip()) for line in text.splitlines() if line.strip())
