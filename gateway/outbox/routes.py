"""Which line a text to one of our own people takes: by how the number begins, and another while that is down."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What a line says of the numbers that it is for; no prefix means any number, when no other line is nearer."""

    prefixes: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()


def order(number: str, ways: Mapping[str, Way], *, otherwise: str) -> tuple[str, ...]:
    """Return the lines to try for this number, the best first: the longest prefix, then what that line falls back to.

    Args:
        number: in E.164.
        ways: the lines that there are, in the order of the configuration.
        otherwise: the line to take for a number that none is for; it is also the last resort.
    """
    nearest = max(ways, key=lambda name: _fit(number, ways[name]), default=otherwise)
    first = nearest if nearest in ways and _fit(number, ways[nearest]) else otherwise
    found: list[str] = []
    waiting = [first]
    while waiting:
        name = waiting.pop(0)
        if name in ways and name not in found:
            found.append(name)
            waiting += ways[name].fallback
    return tuple(dict.fromkeys([*found, otherwise]))


def _fit(number: str, way: Way) -> int:
    """Return how well a line fits: the length of the prefix, and 0 where it is for other numbers or for any."""
    return max((len(prefix) for prefix in way.prefixes if number.startswith(prefix)), default=0)
