"""By text she is offered only what can be promised when she asks, whatever the hour and the language."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.callbacks.windows import DAYS, Hours
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.house import LINE, Phone, made_parts, publish, requests

LUNCH = Hours.parse({day: ["08:00-12:00", "13:00-21:00"] for day in DAYS})
OFFICE = Hours.parse({day: ["08:00-12:00", "13:00-16:00"] for day in DAYS[:5]})
NOBODY = Hours.parse({})
ASKED = {
    "en": "call me",
    "lo": "ໂທຫາຂ້ອຍ",
    "lo-Latn": "tho ha khoy",
    "th": "โทรหาฉัน",
}


def phone_at(store: Store, clock: SetClock, folder: Path, hours: Hours, instant: str) -> Phone:
    clock.set(instant)
    parts = made_parts(store, clock, folder, line=replace(LINE, hours=hours))
    publish(parts)
    return Phone(parts)


def keys_of(text: str) -> list[str]:
    """The numbers of the times, one at the beginning of each line."""
    return re.findall(r"^(\d) ", text.partition("\n")[2], flags=re.MULTILINE)


def example_of(text: str) -> str:
    """The answer that the text itself gives as an example."""
    found = re.search(r"(\d \d) =", text)
    assert found, text
    return found[1]


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("hours", "instant", "keys"),
    [
        pytest.param(LUNCH, "2026-11-24T14:05:00+07:00", "13456", id="nobody at noon"),
        pytest.param(LUNCH, "2026-11-24T12:15:00+07:00", "1346", id="lunch break"),
        pytest.param(LUNCH, "2026-11-24T21:10:00+07:00", "1346", id="at night"),
        pytest.param(OFFICE, "2026-11-24T09:00:00+07:00", "156", id="no evening, no Sunday"),
        pytest.param(OFFICE, "2026-11-24T15:55:00+07:00", "16", id="five minutes left"),
        pytest.param(NOBODY, "2026-11-24T09:00:00+07:00", "6", id="nobody for two weeks"),
    ],
)
@pytest.mark.parametrize("language", ASKED)
def test_the_questions_list_what_can_be_promised_and_their_example_is_one_of_it(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, language: str, hours: Hours, instant: str, keys: str
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, hours, instant)
    (asked,) = phone.texts(ASKED[language])
    assert "".join(keys_of(asked)) == keys
    assert example_of(asked)[-1] == keys[0]
    if keys[0] != "6":
        phone.texts(example_of(asked))
        assert len(requests(phone.parts)) == 1
