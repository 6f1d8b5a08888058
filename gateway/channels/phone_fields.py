"""Read phone numbers as providers post them: with a plus, without one, encoded twice, or with the prefix 00.

Numbers are E.164; what cannot be called (a name, a short code, a withheld number) is none.
"""

import re

from gateway.channels.contract import BadRequest, ChannelConfig, Request
from gateway.foundation.phone_numbers import find_region, list_valid_readings, to_e164

FEWEST_DIGITS = 7
"""Digits of the shortest number that a person can have; anything shorter is a short code."""

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


def find_sender(config: ChannelConfig, written: str) -> str:
    """Return the sender of a text, in E.164 where the number itself or the channel's country decides it.

    Empty for a name, a short code and the channel's own number, whose texts would loop. Operators write their own
    subscribers in national form; what no country decides stays as written, for the regions of the settings.
    """
    digits = re.sub(r"[\s()+.-]", "", written)
    if not (digits.isascii() and digits.isdigit() and len(digits) >= FEWEST_DIGITS):
        return ""
    here = find_region(config.sms_number) if config.sms_number.startswith("+") else ""
    number = parse_number(written) or to_e164(written, (here,) if here else ()) or written.strip()
    return "" if number == config.sms_number else number
