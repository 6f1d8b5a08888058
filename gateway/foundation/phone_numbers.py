"""Read phone numbers in any written form as E.164, and say which must never be called.

Numbering plans are those of libphonenumber (``phonenumbers``); the form is ITU-T E.164, at most 15 digits.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberDesc, PhoneNumberFormat, PhoneNumberType

from gateway.foundation.bounded_table import BoundedTable
from gateway.foundation.time_and_chance import make_random_bytes

_EXPENSIVE = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})
_NEVER_CALLED = _EXPENSIVE | {
    PhoneNumberType.PERSONAL_NUMBER,  # forwarded anywhere at any price, as 070 in Britain
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
}
_SATELLITE_AND_GLOBAL = (800, 808, 870, 878, 881, 882, 883, 888, 979)
"""Country codes of satellite and global services, which ITU-T E.164 assigns to no country."""
_DROPPED = frozenset({"Zs", "Zl", "Zp", "Cf", "Mn", "Pd", "Ps", "Pe"})
"""Unicode general categories (UAX #44) to ignore: spaces, format and variation characters, dashes, brackets."""
_SIGNS = frozenset("._·/~\u2024\uff0e\u2212\u2043\uff0f\t")
_PLUS = frozenset("+\uff0b\ufe62\u207a\u2795")
_LABEL = re.compile(r"[^\W\d_][^\d+\uff0b]{0,19}[:./\s]\s*(?=[(+\uff0b\d])")
"""A label before a copied number: ``Tel.``, ``ໂທ:``, ``เบอร์``, ``callto:``, ``wa.me/``."""

_DIALS_OUT = "00"
"""The international prefix recommended by ITU-T E.123; used in Laos and Thailand (there 001 is one carrier's)."""


def to_e164(written: str, regions: Sequence[str] = ()) -> str | None:
    """Return the number in E.164, or None where it is not a possible number.

    For numbers in providers' posts: they exist, whatever the known numbering plans say. A number without a country
    code is read in each of ``regions`` (ISO 3166-1 alpha-2) in order; the first in which it is valid is used.
    """
    if _find_plain_country(written) is not None:
        return written
    name = _name_number(written)
    if _PLAIN.find_value(name) is not None:
        return written
    number = next(iter(_list_possible(written, regions)), None)
    if number is None:
        return None
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if found == written:
        _PLAIN.put_value(name, phonenumbers.region_code_for_number(number) or "")
    return found


_PLAIN: BoundedTable[bytes, str] = BoundedTable(4_000)
"""The countries of numbers that stood in E.164 already, by a keyed hash, where the plan alone does not tell."""

_HASH_KEY = make_random_bytes(32)


def _name_number(written: str) -> bytes:
    return blake2b(written.encode("utf-8", "surrogatepass"), key=_HASH_KEY, digest_size=16).digest()


# A number that stands in E.164 already, of a country that shares its country code with no other: what libphonenumber
# says of it follows from its length and its first digits, and asking it costs a third of a first dial. Whatever is
# unusual is left to libphonenumber.


class _Plan(NamedTuple):
    """What of a numbering plan decides how a plain number is read.

    Attributes:
        country: ISO 3166-1 alpha-2; 001 for the codes of satellite and global services (UN M.49).
        begins: place in the written number where the country code ends.
        lengths: possible lengths of the number behind the country code.
        trunk: national prefix, with which a number is not plain.
        every: what every number of the plan looks like.
        mobile: what its mobile numbers look like; None where it has none.
    """

    country: str
    begins: int
    lengths: frozenset[int]
    trunk: re.Pattern[str] | None
    every: PhoneNumberDesc
    mobile: PhoneNumberDesc | None

    def has_mobile(self, own: str) -> bool:
        """Say whether a mobile number looks like this; to libphonenumber it is then valid."""
        return self.mobile is not None and all(
            len(own) in kind.possible_length and _compile_plan(kind.national_number_pattern).fullmatch(own)
            for kind in (self.every, self.mobile)
        )


_compile_plan = cache(re.compile)


@cache
def _find_plan(digits: str) -> _Plan | None:
    """Return the plan of numbers that begin with these three digits; None for that of several countries or of none."""
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    starts = () if digits[0] == "0" else (int(digits[:end]) for end in (1, 2, 3))
    code = next((start for start in starts if start in known), 0)
    countries = known.get(code, ())
    if len(countries) != 1:
        return None
    plan = (
        PhoneMetadata.metadata_for_nongeo_region(code, None)
        if code in _SATELLITE_AND_GLOBAL
        else PhoneMetadata.metadata_for_region(countries[0], None)
    )
    if plan is None or plan.general_desc is None:
        return None
    trunk = plan.national_prefix_for_parsing
    return _Plan(
        country=countries[0],
        begins=1 + len(str(code)),
        lengths=frozenset(plan.general_desc.possible_length),
        trunk=_compile_plan(trunk) if trunk else None,
        every=plan.general_desc,
        mobile=plan.mobile,
    )


def _split_plain(written: str) -> tuple[_Plan, str] | None:
    """Return plan and national part of a plain number; None where libphonenumber must read it."""
    if written[:1] != "+" or not (written.isascii() and written[1:].isdigit()):
        return None
    plan = _find_plan(written[1:4])
    if plan is None:
        return None
    own = written[plan.begins :]
    if len(own) not in plan.lengths:
        return None
    if plan.trunk is not None and (own[0] == "0" or plan.trunk.match(own)):
        return None
    return plan, own


def _find_plain_country(written: str) -> str | None:
    """Return the country of a plain number; None where libphonenumber must read it."""
    found = _split_plain(written)
    return found[0].country if found is not None else None


def list_possible_readings(written: str, regions: Sequence[str] = ()) -> tuple[str, ...]:
    """Return every E.164 number that this may mean, for a look-up; with a country code, being possible is enough."""
    return _as_e164(_list_possible(written, regions))


def _list_possible(written: str, regions: Sequence[str]) -> list[PhoneNumber]:
    parsed = _parse_number(written, regions)
    holds = (
        phonenumbers.is_possible_number
        if _plain_digits(written).startswith("+")
        else phonenumbers.is_valid_number
    )
    return [number for number in parsed if holds(number)]


def list_valid_readings(written: str, regions: Sequence[str] = ()) -> tuple[str, ...]:
    """Return every E.164 number that a person may have meant; several where it is valid in several regions.

    Only numbers valid in a numbering plan, because typed numbers contain mistakes, and a wrong one rings a stranger.
    With a country code there is one reading, without one there is a reading in each of ``regions`` where it is valid.
    """
    return _as_e164(
        [number for number in _parse_number(written, regions) if phonenumbers.is_valid_number(number)]
    )


# Numbers as providers post them: with a plus, without one, encoded twice, or with the prefix 00.

FEWEST_DIGITS = 7
"""Digits of the shortest number that a person can have; anything shorter is a short code."""

_POSTED_PLUS = re.compile(r"\s*(?:tel:)?\s*(?:\+|%2b|00(?=[1-9]))+", re.IGNORECASE)
"""Start of an international number: some senders encode the plus twice, some use the prefix 00 (ITU-T E.123)."""


def read_posted_number(written: str) -> str | None:
    """Return the number in E.164, or None for a name, a short code or anything else that cannot be called.

    An unencoded plus arrives as a space (form encoding, WHATWG URL Standard), with which no other number begins. Test
    tools and some networks omit it: digits alone are accepted where they are valid with their country code.
    """
    begins, plain = _POSTED_PLUS.match(written), written.strip()
    if begins or written.startswith(" "):
        return to_e164("+" + (written[begins.end() :] if begins else plain))
    if not (plain.isascii() and plain.isdigit()):
        return None
    number = f"+{plain}"
    split = _split_plain(number)
    if split is not None and split[0].has_mobile(split[1]):
        return number
    name = _name_number(number)
    if _VALID.find_value(name):
        return number
    found = next(iter(list_valid_readings(number)), None)
    if found == number:
        _VALID.put_value(name, True)
    return found


_VALID: BoundedTable[bytes, bool] = BoundedTable(4_000)
"""Numbers that were posted as digits alone and are valid, by the same hash."""


def find_sender(own: str, written: str) -> str:
    """Return the sender of a text, in E.164 where the number itself or the country of the line decides it.

    Empty for a name, a short code and the line's ``own`` number, whose texts would loop. Operators write their own
    subscribers in national form; what no country decides stays as written, for the regions of the settings.
    """
    digits = re.sub(r"[\s()+.-]", "", written)
    if not (digits.isascii() and digits.isdigit() and len(digits) >= FEWEST_DIGITS):
        return ""
    here = find_region(own) if own.startswith("+") else ""
    number = read_posted_number(written) or to_e164(written, (here,) if here else ()) or written.strip()
    return "" if number == own else number


def _plain_digits(written: str) -> str:
    """Return the digits as 0 to 9 after at most one plus, or an empty string where other characters occur."""
    if written[:1] == "+" and written.isascii() and written[1:].isdigit():
        return written  # as most providers write it
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
    """Say whether a call to this number is ordinary: not premium rate, shared cost, personal or satellite.

    A number that is invalid in its numbering plan is not called either: a mistake, a forged sender or a disguised
    premium number. In the ``home`` regions it is, unless a premium number differs by one digit only: the known plans
    may lack an operator's newest range, and the caller did reach us from it.
    """
    parsed = _parse_plain(e164)
    if parsed is None:
        return False
    if parsed.country_code in _SATELLITE_AND_GLOBAL:
        return False
    kind = phonenumbers.number_type(parsed)
    if kind != PhoneNumberType.UNKNOWN:  # valid in its numbering plan
        return kind not in _NEVER_CALLED
    codes = {phonenumbers.country_code_for_region(region) for region in home}
    return parsed.country_code in codes and not _is_near_expensive_number(parsed)


def _parse_plain(e164: str) -> PhoneNumber | None:
    """Return a number in E.164 as libphonenumber parses it; a plain one is taken apart by its plan alone."""
    split = _split_plain(e164)
    if split is not None and split[1][0] != "0":  # which a number would lose
        plan, own = split
        return PhoneNumber(country_code=int(e164[1 : plan.begins]), national_number=int(own))
    try:
        return phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None


def _is_near_expensive_number(number: PhoneNumber) -> bool:
    digits = str(number.national_number)
    nearby = {digits[:-1], *(digits + end for end in "0123456789")}
    nearby |= {digits[:at] + other + digits[at + 1 :] for at in range(len(digits)) for other in "0123456789"}
    return any(
        phonenumbers.number_type(PhoneNumber(country_code=number.country_code, national_number=int(one)))
        in _EXPENSIVE
        for one in nearby
        if one
    )


def find_region(e164: str) -> str:
    """Return the country of the number (ISO 3166-1 alpha-2), or an empty string where it has none."""
    known = _find_plain_country(e164)
    if known is None:
        known = _PLAIN.find_value(_name_number(e164))
    if known is not None:
        return known
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def mask_number(e164: str) -> str:
    """Return the number as it may be shown: country code, dots and the last three digits."""
    try:
        country = f"+{phonenumbers.parse(e164, None).country_code}"
    except phonenumbers.NumberParseException:
        country = "+"
    return f"{country}•••••{e164[-3:]}"
