"""Choose the coding of a text, and read a text that came as raw letters of an operator (3GPP TS 23.038).

A gateway is told the coding of each text: one that guesses sends Lao as question marks.
"""

GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet by its codes 0 to 127 (3GPP TS 23.038, section 6.2.1); 27 escapes to the extension table."""

EXTENSION = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
"""The extension table by its codes (section 6.2.1.1)."""

ESCAPE = 27

_LETTERS = frozenset(GSM7) - {"\x1b"} | frozenset(EXTENSION.values())

_CODES = {letter: bytes((code,)) for code, letter in enumerate(GSM7) if code != ESCAPE} | {
    letter: bytes((ESCAPE, code)) for code, letter in EXTENSION.items()
}


def is_gsm7(text: str) -> bool:
    """Say whether the default alphabet holds this text; else it goes as UCS-2."""
    return _LETTERS.issuperset(text)


def read_gsm7(codes: bytes) -> str:
    """Return the text of unpacked codes of the default alphabet, one an octet; an unknown escape is a space."""
    letters, escaped = [], False
    for code in (octet & 0x7F for octet in codes):  # septets
        if escaped:
            letters.append(EXTENSION.get(code, " "))
        elif code != ESCAPE:
            letters.append(GSM7[code])
        escaped = not escaped and code == ESCAPE
    return "".join(letters)


def write_gsm7(text: str) -> bytes:
    """Return the codes of a text in the default alphabet, one an octet; a letter of the extension takes two.

    Raises:
        KeyError: the alphabet does not hold the text.
    """
    return b"".join(_CODES[letter] for letter in text)


def read_octets(raw: bytes, charset: str) -> str:
    """Return a text in this charset; what it does not hold becomes a sign that a person sees, and nothing is refused.

    A text that was refused would be lost. NUL and lone surrogates, which no database stores, are replaced too.
    """
    try:
        text = raw.decode(charset, errors="replace")
    except LookupError:
        text = raw.decode(errors="replace")
    return text.replace("\0", "").encode("utf-8", "replace").decode()
