"""Read phone numbers as providers post them: with a plus, without one, encoded twice, or with the prefix 00.

Numbers are E.164; what cannot be called (a name, a short code, a withheld number) is none.
"""

import re

from gateway.channels.contract import BadRequest, Request
from gateway.foundation.phone_numbers import list_valid_readings, to_e164

_PLUS = re.compile(r"\s*(?:tel:)?\s*(?:\+|%2b|00(?=[1-9]))+", re.IGNORECASE)
"""Start of an international number: some senders encode the plus twice, some use the prefix 00 (ITU-T E.123)."""


def parse_number(written: str) -> str | None:
    """Return the number in E.164, or None for a name, a short code or anything else that cannot be called.

    An unencoded plus arrives as a space (form encoding, WHATWG URL Standard), with which no other number begins. Test
    tools and some networks omit it: digits alone are accepted where they are valid with their country code.
    """
    begins, plain = _PLUS.match(written), written.strip()
    if begins or written.startswith(" "):
        return to_e164("+" + (written[begins.end() :] if begins else plain))
    return next(iter(list_valid_readings("+" + plain)), None) if plain.isascii() and plain.isdigit() else None


def read_phone(request: Request, name: str) -> str:
    """Return the number in this field, in E.164.

    Raises:
        BadRequest: there is none.
    """
    found = parse_number(request.need(name))
    if found is None:
        raise BadRequest(f"field {name} is not a phone number with its country code")
    return found
