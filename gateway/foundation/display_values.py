"""Values of the helpline shown on screens and in texts; a module of its own, since engine and services both need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayValues:
    """The helpline's time zone (IANA name), and placeholder → value of its settings."""

    zone: str
    values: Mapping[str, str] = field(default_factory=dict)
