"""A setting is what was last said of it."""

import pytest

from gateway.storage import settings
from gateway.storage.database import Store
from tests.support.clocks import SetClock


def test_a_name_that_nobody_set_has_the_default(store: Store) -> None:
    with store.read() as tx:
        assert settings.get_setting(tx, "days") is None
        assert settings.get_setting(tx, "days", 90) == 90


@pytest.mark.parametrize("value", [0, "", "ລາວ", [1, "2"], {"mon": ["08:00-12:00"]}, True])
def test_what_was_put_is_got(store: Store, clock: SetClock, value: object) -> None:
    with store.write() as tx:
        settings.save_setting(tx, "name", value, by="Noy", now=clock.now())
    with store.read() as tx:
        assert settings.get_setting(tx, "name", "default") == value


def test_each_change_is_counted(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        assert [settings.save_setting(tx, "days", n, by="Noy", now=clock.now()) for n in (30, 60, 90)] == [
            0,
            1,
            2,
        ]
        assert settings.get_setting(tx, "days") == 90


def test_the_first_of_two_stays(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        assert settings.put_if_new(tx, "sheet", "one", by="", now=clock.now())
        assert not settings.put_if_new(tx, "sheet", "two", by="", now=clock.now())
        assert settings.get_setting(tx, "sheet") == "one"


def test_nothing_is_no_value(store: Store, clock: SetClock) -> None:
    with store.write() as tx, pytest.raises(ValueError, match="has a value"):
        settings.save_setting(tx, "days", None, by="Noy", now=clock.now())
