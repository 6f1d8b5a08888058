"""How many examples hypothesis makes: each run of `make test` a quarter of them, `make slow` all.

The examples differ from run to run, so that the many runs of a week see what one long run would.
"""

import os

_ALL = os.environ.get("EXAMPLES") == "all"
_LEAST = 25
"""Fewer would hardly leave the small values that hypothesis begins with."""


def count_examples(whole: int) -> int:
    """Return how many examples this run makes of a law that deserves ``whole`` of them."""
    return whole if _ALL else min(whole, max(_LEAST, whole // 4))
