"""How much room a text takes on a phone: the GSM-7 alphabet, UTF-16 units, and the parts of a long SMS."""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters that cost two septets: an escape and a code."""

_ALPHABET = BASIC | EXTENSION

ESCAPE = "\x1b"

GSM7 = "gsm7"
UCS2 = "ucs2"

GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

_PLAIN: dict[str, str] = {
    **dict.fromkeys("‘’‚‛`´ʹʻʼʽˈ′‵＇", "'"),
    **dict.fromkeys("“”„‟«»″‶〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃⸺⸻﹘﹣－·•‧∙⋅●◦▪", "-"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("∶꞉：", ":"),
    **dict.fromkeys("×✕", "x"),
    "\t": " ",
    "\u0085": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "¨": "",
}
"""Signs that have a plain form in the alphabet of phones, beside those that Unicode itself takes apart."""


class _Folding(dict[int, str]):
    """What each character is sent as where that makes a text GSM-7; found once for each, as ``str.translate`` asks.

    Unicode knows most of it: the compatibility form (NFKC) of wide letters, ligatures, dots and spaces, and which
    characters nobody sees (category Cf), which come along with numbers that are pasted.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = plain = _plain_form(character)
        return plain


def _plain_form(character: str) -> str:
    if character in BASIC or character in EXTENSION or character == ESCAPE:
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Zs":
        return " "
    folded = "".join(_PLAIN.get(each, each) for each in unicodedata.normalize("NFKC", character))
    return folded if all(each in BASIC or each in EXTENSION for each in folded) else character


_FOLDING = _Folding()


class EscapeNotAllowed(ValueError):
    """The escape of the alphabet is no character of its own, so no text may hold it."""


class NotGsm7(ValueError):
    """A character of the text is not in the basic alphabet or its extension."""


@dataclass(frozen=True, slots=True)
class Size:
    """The coding that a text needs, and its septets (``gsm7``) or UTF-16 units (``ucs2``)."""

    coding: str
    units: int


def find_coding(text: str) -> str:
    """Return ``gsm7`` when every character is in that alphabet, else ``ucs2``.

    Raises:
        EscapeNotAllowed: the text holds U+001B.
    """
    if ESCAPE in text:
        raise EscapeNotAllowed("a text may not hold U+001B")
    return GSM7 if _ALPHABET.issuperset(text) else UCS2


def count_septets(text: str) -> int:
    """Count septets; a character of the extension costs two.

    Raises:
        NotGsm7: the text needs another alphabet.
        EscapeNotAllowed: the text holds U+001B.
    """
    if find_coding(text) != GSM7:
        raise NotGsm7("the text is not in the basic alphabet")
    return _septets(text)


def _septets(text: str) -> int:
    return len(text) + sum(map(text.count, EXTENSION))


def count_units(text: str) -> int:
    """Count UTF-16 units; a character above U+FFFF costs two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def measure_text(text: str) -> Size:
    """Return the size of a text in the coding that it needs.

    Raises:
        EscapeNotAllowed: the text holds U+001B.
    """
    if find_coding(text) == GSM7:
        return Size(GSM7, _septets(text))
    return Size(UCS2, count_units(text))


def fold(text: str) -> str:
    """Replace what has a plain form, or what nobody sees, where that alone makes a text GSM-7; else leave it as it is.

    A Lao or Thai text is UCS-2 in any case, so its typography stays.
    """
    folded = text.translate(_FOLDING)
    return folded if folded != text and find_coding(folded) == GSM7 else text


def sms_parts(text: str) -> tuple[str, ...]:
    """Cut a text into the parts that carry it as one long SMS; one part where it fits alone.

    No part ends inside an escape pair, a surrogate pair or CR LF.

    Raises:
        EscapeNotAllowed: the text holds U+001B.
    """
    gsm7 = find_coding(text) == GSM7
    single, room = (GSM7_SINGLE, GSM7_PART) if gsm7 else (UCS2_SINGLE, UCS2_PART)
    costs = [_find_cost(character, gsm7=gsm7) for character in text]
    if sum(costs) <= single:
        return (text,)
    parts: list[str] = []
    start = used = 0
    for place, cost in enumerate(costs):
        if used + cost > room:
            end = place - 1 if text[place - 1 : place + 1] == "\r\n" else place
            parts.append(text[start:end])
            start, used = end, sum(costs[end:place])
        used += cost
    return (*parts, text[start:])


def _find_cost(character: str, *, gsm7: bool) -> int:
    return 1 + (character in EXTENSION if gsm7 else character > "\uffff")
