"""What tests share is made once, in nobody's time."""

import signal

import pytest

from tests.support import house


def test_what_is_made_for_all_is_in_no_test_s_time() -> None:
    before, _ = signal.getitimer(signal.ITIMER_REAL)
    with house.off_the_clock():
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    after, _ = signal.getitimer(signal.ITIMER_REAL)
    assert 0 < after <= before, "the limit of this test holds again"


def test_the_limit_holds_again_where_the_making_fails() -> None:
    with pytest.raises(ZeroDivisionError), house.off_the_clock():
        _ = 1 / 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
