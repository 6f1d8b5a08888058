"""Turns any form in which people write a phone number into E.164, and says which numbers are never called."""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})
_NEVER_CALLED = _DEAR | {
    PhoneNumberType.PERSONAL_NUMBER,  # follows its owner anywhere, at any price: 070 in Britain
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
}
_SATELLITE_AND_GLOBAL = (800, 808, 870, 878, 881, 882, 883, 979)
_DROPPED = frozenset({"Zs", "Zl", "Zp", "Cf", "Mn", "Pd", "Ps", "Pe"})
"""Unicode categories that carry nothing of a number: spaces, joiners and marks of direction, variation signs, dashes
of every width, brackets. They come along when a number is copied out of a page, a chat or a document."""
_SIGNS = frozenset("._·/~\u2024\uff0e\u2212\u2043\uff0f\t")
_PLUS = frozenset("+\uff0b\ufe62\u207a\u2795")
_LABEL = re.compile(r"[^\W\d_][^\d+\uff0b]{0,19}[:./\s]\s*(?=[(+\uff0b\d])")
"""What stands before a number that was copied with its label: ``Tel.``, ``ໂທ:``, ``เบอร์``, ``callto:``, ``wa.me/``."""

_DIALS_OUT = "00"
"""The prefix for calls abroad that ITU-T E.123 recommends; Laos and Thailand (001 is a carrier's) take it."""


def to_e164(written: str, regions: Sequence[str] = ()) -> str | None:
    """Return the number in E.164, or None where it is no possible number.

    For what a provider posts: its number exists, whatever the numbering plans that we know of say.
    A number without a country code is read in each of ``regions`` in order; the first in which it is valid wins.
    """
    return next(iter(list_possible_readings(written, regions)), None)


def list_possible_readings(written: str, regions: Sequence[str] = ()) -> tuple[str, ...]:
    """Return every number in E.164 that this may stand for, to look one up; a number abroad need only be possible."""
    parsed = _parse_number(written, regions)
    if _plain_digits(written).startswith("+"):
        parsed = [number for number in parsed if phonenumbers.is_possible_number(number)]
    else:
        parsed = [number for number in parsed if phonenumbers.is_valid_number(number)]
    return _as_e164(parsed)


def list_valid_readings(written: str, regions: Sequence[str] = ()) -> tuple[str, ...]:
    """Return every number in E.164 that a person may have meant; more than one where several countries know it.

    Only numbers that a numbering plan has: what is typed by hand holds slips, and whatever is dialled then rings
    a stranger. One with a country code has one reading, one without a reading in each of ``regions`` that fits.
    """
    return _as_e164(
        [number for number in _parse_number(written, regions) if phonenumbers.is_valid_number(number)]
    )


def _plain_digits(written: str) -> str:
    """Return the digits as 0 to 9 behind at most one plus, or nothing where anything else is written there."""
    letters = []
    for letter in _LABEL.sub("", written.strip(), count=1).rstrip(",;"):
        if unicodedata.category(letter) in _DROPPED or letter in _SIGNS:
            continue
        letters.append("+" if letter in _PLUS else _read_digit(letter))
    plain = "".join(letters)
    if plain.startswith(_DIALS_OUT):
        plain = "+" + plain[len(_DIALS_OUT) :]
    digits = plain.removeprefix("+")
    return plain if digits.isascii() and digits.isdigit() else ""


def _read_digit(letter: str) -> str:
    found = unicodedata.decimal(letter, None)
    return letter if found is None else str(found)


def _parse_number(written: str, regions: Sequence[str]) -> list[PhoneNumber]:
    plain = _plain_digits(written)
    found = []
    for region in [None] if plain.startswith("+") else list(regions):
        with suppress(phonenumbers.NumberParseException):
            found.append(phonenumbers.parse(plain, region))
    return found


def _as_e164(numbers: Sequence[PhoneNumber]) -> tuple[str, ...]:
    formatted = (phonenumbers.format_number(number, PhoneNumberFormat.E164) for number in numbers)
    return tuple(dict.fromkeys(formatted))


def may_be_called(e164: str, home: Sequence[str] = ()) -> bool:
    """Say whether a call to this number is an ordinary one: not premium, not shared cost, not satellite.

    A number that no numbering plan has is not dialled either: it is a slip, a forged sender, or a dear number in
    disguise. In the ``home`` countries of the line it is, unless a dear number lies one digit away: an operator's
    newest range may be missing in the plans that we know of, and she did reach us from it.
    """
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    if parsed.country_code in _SATELLITE_AND_GLOBAL:
        return False
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.number_type(parsed) not in _NEVER_CALLED
    codes = {phonenumbers.country_code_for_region(region) for region in home}
    return parsed.country_code in codes and not _is_near_a_dear_number(parsed)


def _is_near_a_dear_number(number: PhoneNumber) -> bool:
    digits = str(number.national_number)
    nearby = {digits[:-1], *(digits + end for end in "0123456789")}
    nearby |= {digits[:at] + other + digits[at + 1 :] for at in range(len(digits)) for other in "0123456789"}
    return any(
        phonenumbers.number_type(PhoneNumber(country_code=number.country_code, national_number=int(one)))
        in _DEAR
        for one in nearby
        if one
    )


def find_region(e164: str) -> str:
    """Return the country of the number as two letters, or an empty string where it has none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def mask_number(e164: str) -> str:
    """Return the number as everybody may see it: country code, dots, last three digits."""
    try:
        country = f"+{phonenumbers.parse(e164, None).country_code}"
    except phonenumbers.NumberParseException:
        country = "+"
    return f"{country}•••••{e164[-3:]}"
