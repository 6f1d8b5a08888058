"""Which digits may be her code: none that others would guess or that her number gives away."""

from collections.abc import Collection, Iterable

_RUNS = "01234567890123456789"


def pick(candidates: Iterable[str], *, last_four: str, taken: Collection[str]) -> str | None:
    """Return the first candidate that may be hers, or None."""
    for code in candidates:
        if last_four not in code and code not in taken and not is_simple(code):
            return code
    return None


def is_simple(code: str) -> bool:
    """Say whether the digits are one digit repeated or a run up or down."""
    return len(set(code)) == 1 or code in _RUNS or code in _RUNS[::-1]
