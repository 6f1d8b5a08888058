"""Knows the signs that a phone's keyboard or a word processor puts where YAML wants those of the plain keyboard."""

import unicodedata

_SIGNS = frozenset(":,{}[]\"'#-&*!|>?%@`=;()")
_CURLY = {
    **dict.fromkeys("“”„‟«»〝〞❝❞", '"'),
    **dict.fromkeys("‘’‚‛‹›`´ʼʹ′", "'"),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("꞉∶ː։׃：︓﹕", ":"),
    **dict.fromkeys("、،，﹐︐", ","),
}


def plain_sign(character: str) -> str:
    """Return the sign of the keyboard that a character only looks like, a space for a strange one, or nothing."""
    if character.isascii():
        return ""
    if unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character) == "Cf":
        return ""
    folded = _CURLY.get(character) or unicodedata.normalize("NFKC", character)
    return folded if folded in _SIGNS else ""


def is_invisible(character: str) -> bool:
    """Say whether nobody can see a character, so that nobody can have meant it in a key."""
    return unicodedata.category(character) == "Cf"


def find_strange_sign(text: str) -> tuple[int, str] | None:
    """Return where the first such character stands, and what to do about it; None where there is none."""
    for at, character in enumerate(text):
        plain = plain_sign(character)
        if plain == " ":
            return (
                at,
                f"a space that is none of the keyboard (U+{ord(character):04X}) stands here: type it again",
            )
        if plain:
            return at, f"'{character}' is not the {plain} of the keyboard: type {plain} in its place"
        if is_invisible(character):
            return (
                at,
                f"a character that nobody sees (U+{ord(character):04X}) stands here: type the word again",
            )
    return None


def is_blank(text: str) -> bool:
    """Say whether nothing that anybody could read stands in a text: no sign, or spaces and invisible ones alone."""
    return all(each.isspace() or is_invisible(each) for each in text)
