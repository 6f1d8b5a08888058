"""Values of the helpline that screens and texts show; below the engine and the services, since both need them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayValues:
    """What ``tell`` needs to know of the line: its zone and the values of its settings, by placeholder."""

    zone: str
    values: Mapping[str, str] = field(default_factory=dict)
