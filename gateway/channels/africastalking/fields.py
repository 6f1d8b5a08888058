"""Reads the fields that all of the provider's posts share."""

from gateway.channel import BadRequest, Request
from gateway.numbers import to_e164, valid_readings


def number(written: str) -> str | None:
    """Return the number in E.164, or None for a name, a short code or anything else that cannot be phoned.

    A plus that nobody encoded arrives as a space; no other number begins with one. Test tools and some networks leave
    it out: digits alone are a number where a numbering plan has it with its country code.
    """
    plain = written.strip()
    if plain.startswith("+") or written.startswith(" "):
        return to_e164("+" + plain.removeprefix("+"))
    return next(iter(valid_readings("+" + plain)), None) if plain.isascii() and plain.isdigit() else None


def phone(request: Request, name: str = "phoneNumber") -> str:
    """Return the number in this field.

    Raises:
        BadRequest: there is none.
    """
    found = number(request.need(name))
    if found is None:
        raise BadRequest(f"field {name} is not a phone number with its country code")
    return found


def count(request: Request, name: str) -> int:
    """Return a whole number that is nice to have; 0 where it is missing or unreadable."""
    written = request.fields.get(name, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0  # noqa: PLR2004 - fits any store
