"""Knows the numbers that are our own: a call to one of them rings us, and takes the turn of somebody who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.numbers import possible_readings
from gateway.store import people

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.store.engines import Tx

_VOICE = "voice_number"
"""The option of a channel that holds the number from which its provider calls."""


def is_line_number(parts: Parts, number: str) -> bool:
    """Say whether this number, in E.164, is the helpline's, the centre's, or one of a channel."""
    configs = [one.config for one in parts.channels.values()]
    written = [parts.line.helpline, parts.line.mrc]
    written += [one for config in configs for one in (config.sms_number, config.options.get(_VOICE, ""))]
    return any(number in possible_readings(one, parts.line.regions) for one in written if one)


def is_own_number(parts: Parts, tx: Tx, number: str, *, trial: bool = False) -> bool:
    """Say whether this number is the line's or a helpline phone of somebody who works here.

    A trial phone shows any number it likes and rings nobody: there whoever learns the work may use their own.
    """
    return is_line_number(parts, number) or (not trial and bool(people.ids_of_number(tx, number)))
