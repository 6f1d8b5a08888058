"""Five hundred live sessions over two web processes while two versions are published: no hop fails, no leaf is wrong."""

import time
from pathlib import Path

import pytest

from tests.support.menus_rig import GONE, folder_without
from tests.support.running import Running, wait
from tests.support.trial_phones import Phone

pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("house")]

SESSIONS, STANDING, WITHIN = 500, 100, 2.0
LABEL = "My pay"
MARKS = (LABEL, "My wages", "My money")
LEAF = ("4", "1", "1", "1")
"""The keys to the screen that the second new version does not have any more."""


def taken_up(house: Running, before: str) -> float:
    """Wait until every web process, asked by its pid, has another version; return the seconds."""
    seen: dict[int, str] = {}

    def everywhere() -> bool:
        ready = house.ready()
        seen[ready["pid"]] = ready["versions"]["helpline"]
        return set(seen) == set(house.webs) and before not in seen.values()

    return wait(everywhere, 10, f"every web process has the new version: {seen}")


def published(house: Running, folder: Path) -> float:
    before = house.ready()["versions"]["helpline"]
    house.command("menus", "publish", str(folder))
    began = time.monotonic()
    taken_up(house, before)
    return time.monotonic() - began


def test_two_versions_under_five_hundred_sessions(tmp_path: Path) -> None:
    first = folder_without(tmp_path / "first", without="", label=(LABEL, MARKS[1]))
    second = folder_without(tmp_path / "second", without=GONE, label=(LABEL, MARKS[2]))
    with Running(tmp_path / "house") as house:
        provider = house.provider()
        phones = [Phone(provider) for _ in range(SESSIONS)]
        for n, phone in enumerate(phones):
            phone.walk(LEAF if n < STANDING else ("4",))
        leaf = phones[0].pages[-1]
        took = [published(house, first)]
        for phone in phones[STANDING : SESSIONS // 2]:
            assert MARKS[0] in phone.press("00")
        took.append(published(house, second))
        for phone in phones[:STANDING]:
            assert MARKS[0] in phone.press("00")
            for key in LEAF[1:]:
                page = phone.press(key)
            assert page == leaf
        for phone in phones[STANDING:]:
            assert MARKS[0] in phone.press("00")
        fresh = [Phone(provider).walk(("4",)) for _ in range(20)]
        assert all(MARKS[2] in page for page in fresh)
        hops = sum(len(phone.pages) for phone in phones) + 40
        print(f"\n{hops} hops, 0 failed, 0 wrong leaves; taken up after {took[0]:.1f} and {took[1]:.1f} s")
        assert max(took) < WITHIN
        inside, before = Phone(provider), house.ready()["versions"]["helpline"]
        assert MARKS[2] in inside.walk(("4",))
        house.command("menus", "rollback", "--withdraw")
        taken_up(house, before)
        assert "We begin again" in inside.press("1")
        assert MARKS[1] in inside.press("4")
