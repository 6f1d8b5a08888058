"""The screens on which every page is looked at: the hardest each time, the others by `make slow`."""

import pytest

_SLOW = [(1280, "en"), (360, "en"), (1280, "lo"), (360, "th")]
LOOKS = pytest.mark.parametrize(
    ("width", "language"),
    [(360, "lo"), *(pytest.param(*look, marks=pytest.mark.slow) for look in _SLOW)],
)
