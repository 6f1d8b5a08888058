"""Reads the fields that all of the provider's posts share."""

import re

from gateway.channels.contract import BadRequest, Request
from gateway.foundation.phone_numbers import to_e164, valid_readings

_PLUS = re.compile(r"\s*(?:tel:)?\s*(?:\+|%2b|00(?=[1-9]))+", re.IGNORECASE)
"""How a number with its country code begins: some senders encode the plus twice, some dial out by 00 (ITU-T E.123)."""


def parse_number(written: str) -> str | None:
    """Return the number in E.164, or None for a name, a short code or anything else that cannot be phoned.

    A plus that nobody encoded arrives as a space; no other number begins with one. Test tools and some networks leave
    it out: digits alone are a number where a numbering plan has it with its country code.
    """
    begins, plain = _PLUS.match(written), written.strip()
    if begins or written.startswith(" "):
        return to_e164("+" + (written[begins.end() :] if begins else plain))
    return next(iter(valid_readings("+" + plain)), None) if plain.isascii() and plain.isdigit() else None


def letters(written: str) -> str:
    """Return the letters of a word of the provider, in small: its documents and its posts spell them otherwise."""
    return "".join(each for each in written.casefold() if each.isalpha())


def read_phone(request: Request, name: str = "phoneNumber") -> str:
    """Return the number in this field.

    Raises:
        BadRequest: there is none.
    """
    found = parse_number(request.need(name))
    if found is None:
        raise BadRequest(f"field {name} is not a phone number with its country code")
    return found


def read_count(request: Request, name: str) -> int:
    """Return a whole number that is nice to have; 0 where it is missing or unreadable."""
    written = request.fields.get(name, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0  # noqa: PLR2004 - fits any store
