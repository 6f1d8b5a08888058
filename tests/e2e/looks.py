"""The screens on which every page is looked at: two each time, the others by `make slow`."""

import pytest

_SLOW = [(360, "en"), (1280, "lo"), (360, "th")]
LOOKS = pytest.mark.parametrize(
    ("width", "language"),
    [(360, "lo"), (1280, "en"), *(pytest.param(*look, marks=pytest.mark.slow) for look in _SLOW)],
)
