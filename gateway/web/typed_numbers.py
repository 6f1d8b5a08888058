"""Asks which country is meant where a number that somebody typed is one in several, instead of guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import phonenumbers
from babel import Locale
from phonenumbers import PhoneNumberFormat

from gateway.numbers import region_of, valid_readings
from gateway.web.forms import field
from gateway.web.languages import language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

MEANT = "_meant"
"""What the name of the buttons ends with by which one reading is chosen."""


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One number that was perhaps meant: in E.164, as it is read out, and its country in the page's language."""

    number: str
    shown: str
    country: str


def install(app: Flask, regions: Sequence[str]) -> None:
    """Let templates list the readings of what was typed."""
    app.jinja_env.globals.update(list_readings=lambda written: list_readings(written, regions))
    app.jinja_env.filters.update(spaced=group_digits)


def read_number_field(name: str) -> str:
    """Return what was typed into a field of a number, or the reading that was chosen by its button."""
    return field(name + MEANT) or field(name)


def list_readings(written: str, regions: Sequence[str]) -> list[NumberReading]:
    """Return what the typed number may stand for, in the order of the line's countries."""
    return [
        NumberReading(number, group_digits(number), _name_country(region_of(number)))
        for number in valid_readings(written, regions)
    ]


def group_digits(number: str) -> str:
    """Return a number in the groups in which people read it out."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def _name_country(region: str) -> str:
    names = Locale.parse(language()).territories
    return str(names.get(region, region))
