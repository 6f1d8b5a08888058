"""A wage entered in December, read on 1 January by whoever is awake: real processes, whose clock passes midnight."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.foundation.time_and_chance import Clock
from tests.support.reviewed import review_folder
from tests.support.running import REPOSITORY, Running, wait
from tests.support.trial_phones import LANGUAGES, Phone

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("house"), pytest.mark.timeout(240)]

WAGE = "th.wage.bangkok"
TO_WAGE = (*LANGUAGES["en"], "1", "1", "1")
OLD, NEW = "Bangkok: 400 baht a day", "Bangkok: 437 baht a day"
MIDNIGHT = datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Vientiane"))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def december(tmp_path: Path) -> Path:
    """The sample menu with the wage of January in it."""
    folder = tmp_path / "menus"
    shutil.copytree(REPOSITORY / "menus", folder)
    lines = (folder / "facts.yaml").read_text(encoding="utf-8").splitlines()
    at = lines.index(f"  {WAGE}:") + 1
    lines.insert(at + 1, lines[at].replace('"400"', '"437"').replace("2025-07-01", "2027-01-01"))
    (folder / "facts.yaml").write_text("\n".join(lines), encoding="utf-8")
    return review_folder(folder)


@pytest.fixture
def night(tmp_path: Path, december: Path) -> Iterator[Running]:
    """A gateway of its own, at two minutes to midnight."""
    more = {"GATEWAY_TEST_CLOCK": "1", "GATEWAY_MENUS_DIR": str(december)}
    running = Running(tmp_path / "house", more)
    running.data.mkdir()
    moved(running, MIDNIGHT - 2 * MINUTE)
    with running:
        yield running


def moved(running: Running, to: datetime) -> None:
    Clock(running.data / "clock").move(to)


@pytest.mark.slow  # the same midnight is walked on both databases in tests/conversations
def test_nobody_is_told_the_wage_of_last_year(night: Running) -> None:
    provider = night.provider()
    inside = Phone(provider)
    assert OLD in inside.walk(TO_WAGE)
    assert inside.press("0").startswith("CON Where do you work?")
    version = night.ready()["versions"]["helpline"]
    before = night.command("text", "1234", "wage", "--from", inside.number)
    assert "My pay" in before

    moved(night, MIDNIGHT + 2 * MINUTE)
    assert NEW in inside.press("1"), "who was inside at midnight"
    pids = set()
    for _ in range(40):
        assert NEW in Phone(provider).walk(TO_WAGE), "whoever dials, whichever process answers"
        pids.add(night.ready()["pid"])
        if pids == set(night.webs):
            break
    assert len(pids) == 2
    night.command("text", "1234", "1", "--from", inside.number)
    assert NEW in night.command("text", "1234", "1", "--from", inside.number), (
        "the thread of last year goes on"
    )
    assert night.ready()["versions"]["helpline"] == version, "nobody published anything"

    span = ("--from", "2026-12-31", "--to", "2027-01-01")
    wait(lambda: len(night.asked("menus", "seen", WAGE, *span)["reads"]) == 2, 30, "figures of both days")
    found = night.asked("menus", "seen", WAGE, *span)
    told = [(read["day"], read["screen"], read["value"]) for read in found["reads"]]
    assert told == [("2026-12-31", "wage_bangkok", "400"), ("2027-01-01", "wage_bangkok", "437")]
    print(f"read {found['n']} times, by two processes: {told}")
