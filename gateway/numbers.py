"""Turns any form in which people write a phone number into E.164, and says which numbers are never called."""

from collections.abc import Sequence

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_NEVER_CALLED = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
}
_SATELLITE_AND_GLOBAL = (870, 878, 881, 882, 883, 979)
_SEPARATORS = str.maketrans("", "", " -().\u00a0\u200b\u200e\u200f\u202a\u202c")


def to_e164(written: str, regions: Sequence[str] = ()) -> str | None:
    """Return the number in E.164, or None where it is no possible number.

    A number without a country code is read in each of ``regions`` in order; the first in which it is valid wins.
    """
    cleaned = written.strip().translate(_SEPARATORS)
    if cleaned.startswith("00"):
        cleaned = "+" + cleaned[2:]
    for region in [None] if cleaned.startswith("+") else list(regions):
        try:
            parsed = phonenumbers.parse(cleaned, region)
        except phonenumbers.NumberParseException:
            continue
        if region is None and phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        if region is not None and phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return None


def may_be_called(e164: str) -> bool:
    """Say whether a call to this number is an ordinary one: not premium, not shared cost, not satellite."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    if parsed.country_code in _SATELLITE_AND_GLOBAL:
        return False
    return phonenumbers.number_type(parsed) not in _NEVER_CALLED


def region_of(e164: str) -> str:
    """Return the country of the number as two letters, or an empty string where it has none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def masked(e164: str) -> str:
    """Return the number as everybody may see it: country code, dots, last three digits."""
    try:
        country = f"+{phonenumbers.parse(e164, None).country_code}"
    except phonenumbers.NumberParseException:
        country = "+"
    return f"{country}•••••{e164[-3:]}"
