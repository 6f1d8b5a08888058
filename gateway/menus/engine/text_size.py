"""Measure the room of a text on a phone: GSM-7 septets, UCS-2 units, and the parts of a concatenated SMS.

Sources: 3GPP TS 23.038 section 6.2.1 (default alphabet and extension table), 3GPP TS 23.040 section 9.2.3.24.1
(concatenation by an 8-bit reference: 6 octets of header leave 153 septets or 67 UCS-2 units in a part).
"""

import re
import unicodedata
from dataclasses import dataclass

from gateway.domain.events import Limits

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM 7-bit default alphabet (3GPP TS 23.038, section 6.2.1), without its escape."""
EXTENSION = frozenset("\f^{}\\[~]|€")
"""The extension table (3GPP TS 23.038, section 6.2.1.1); each costs two septets, escape and code."""

ALPHABET = BASIC | EXTENSION
"""The characters of a text that needs no UCS-2."""

ESCAPE = "\x1b"

GSM7 = "gsm7"
UCS2 = "ucs2"

GSM7_SINGLE, GSM7_PART = 160, 153
"""Septets in a single SMS, and in each part of a long one (3GPP TS 23.040)."""
UCS2_SINGLE, UCS2_PART = 70, 67
"""UTF-16 units in a single SMS, and in each part of a long one (3GPP TS 23.040)."""

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
"""Characters with a plain form in GSM-7, beside those that NFKC decomposes."""


class _Folding(dict[int, str]):
    """Character → replacement that is in GSM-7, computed once each, as ``str.translate`` looks them up.

    Most come from Unicode: the compatibility form NFKC (UAX #15) of wide letters, ligatures, dots and spaces; format
    characters (category Cf), which arrive with pasted numbers, are removed.
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

_NEVER_GSM7 = re.compile("[\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17b3]")
"""Thai, Lao, Burmese and Khmer letters: none has a form in the alphabet, so a text with one stays as it is."""


class EscapeNotAllowed(ValueError):
    """The text contains U+001B, which in GSM-7 is the escape to the extension table and no character."""


class NotGsm7(ValueError):
    """A character of the text is neither in the default alphabet nor in its extension table."""


@dataclass(frozen=True, slots=True)
class Size:
    """The coding that a text needs, and its length in septets (``gsm7``) or UTF-16 units (``ucs2``)."""

    coding: str
    units: int


def find_coding(text: str) -> str:
    """Return ``gsm7`` when every character is in that alphabet, else ``ucs2``.

    Raises:
        EscapeNotAllowed: the text contains U+001B.
    """
    if ESCAPE in text:
        raise EscapeNotAllowed("a text may not hold U+001B")
    return GSM7 if ALPHABET.issuperset(text) else UCS2


def count_septets(text: str) -> int:
    """Return the number of septets; a character of the extension table counts two.

    Raises:
        NotGsm7: the text needs UCS-2.
        EscapeNotAllowed: the text contains U+001B.
    """
    if find_coding(text) != GSM7:
        raise NotGsm7("the text is not in the basic alphabet")
    return _septets(text)


def _septets(text: str) -> int:
    return len(text) + sum(map(text.count, EXTENSION))


def count_units(text: str) -> int:
    """Return the number of UTF-16 units; a character above U+FFFF counts two.

    3GPP TS 23.038 names UCS-2, but phones send and show UTF-16 surrogate pairs in it.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def measure_text(text: str) -> Size:
    """Return the size of a text in the coding that it needs.

    Raises:
        EscapeNotAllowed: the text contains U+001B.
    """
    if find_coding(text) == GSM7:
        return Size(GSM7, _septets(text))
    return Size(UCS2, count_units(text))


def fold_to_gsm7(text: str) -> str:
    """Replace typographic and invisible characters where that alone makes the text GSM-7; else return it unchanged.

    A Lao or Thai text is UCS-2 in any case, so its typography stays.
    """
    if ALPHABET.issuperset(text) or (_NEVER_GSM7.search(text) and ESCAPE not in text):
        return text  # as most are: nothing to replace, or no hope
    folded = text.translate(_FOLDING)
    return folded if folded != text and find_coding(folded) == GSM7 else text


def split_parts(text: str) -> tuple[str, ...]:
    """Cut a text into the parts of one concatenated SMS; a single part where it fits without concatenation.

    No part ends inside an escape sequence, a surrogate pair or CR LF (3GPP TS 23.038, section 6.2.1: an escape and
    its code belong together).

    Raises:
        EscapeNotAllowed: the text contains U+001B.
    """
    gsm7 = find_coding(text) == GSM7
    single, room = (GSM7_SINGLE, GSM7_PART) if gsm7 else (UCS2_SINGLE, UCS2_PART)
    if (_septets(text) if gsm7 else count_units(text)) <= single:
        return (text,)
    costs = [_find_cost(character, gsm7=gsm7) for character in text]
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


def fits_page(text: str, limits: Limits, *, stop: bool = False) -> bool:
    """Say whether a text fits one page, or, with ``stop``, at least the hard stop of the channel."""
    return has_room(text, measure_text(text), limits, stop=stop)


def has_room(text: str, size: Size, limits: Limits, *, stop: bool = False) -> bool:
    """Say whether a text of this size fits one page, as ``fits_page`` does."""
    if size.coding == GSM7:
        room = limits.gsm7_stop if stop else limits.gsm7
    else:
        room = limits.ucs2_stop if stop else limits.ucs2
    # The sum may fit, and a pair that may not be cut waste room at the end of a part.
    return size.units <= room and (limits.parts <= 1 or len(split_parts(text)) <= limits.parts)
