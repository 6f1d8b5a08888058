"""Five hundred live sessions over two web processes while versions come and go: no hop fails, no leaf is wrong."""

import re
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from gateway.bootstrap import open_parts
from gateway.domain.permissions import Role
from tests.support.menus_rig import GONE, folder_without
from tests.support.running import Running, wait
from tests.support.standin import Provider
from tests.support.trial_phones import Phone
from tests.support.web_surroundings import somebody, token_of

pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("house")]

SESSIONS, STANDING, WITHIN = 500, 100, 2.0
RATE, BACK_WITHIN = 100, 5.0
"""Hops a second while a version is taken back, and the seconds after which every process has the one before."""

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


class Hops:
    """Callers who dial, read two pages and hang up, so that some hundred hops a second arrive.

    The pace is a plan and not a pause: whoever is late posts the next hop at once.
    """

    def __init__(self, provider: Provider, threads: int = 8) -> None:
        self.faults: list[str] = []
        self.pages: list[tuple[float, str]] = []
        self._provider = provider
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n, threads)) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, first: int, threads: int) -> None:
        began, made = time.monotonic(), 0
        while not self._over.is_set():
            phone = Phone(self._provider)
            try:
                page = phone.walk(("4",))
            except Exception as fault:  # noqa: BLE001 - whatever a caller meets is a failed hop
                self.faults.append(repr(fault))
                continue
            made += len(phone.pages)
            self.pages.append((time.monotonic(), page))
            due = began + (made * threads + first) / RATE
            self._over.wait(max(0.0, due - time.monotonic()))


class Press:
    """An administrator in a browser, who goes back to a version by one press of *Menu*."""

    def __init__(self, house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in house.environment.items():
            monkeypatch.setenv(name, value)
        parts = open_parts()
        somebody(parts, "Boss", Role.ADMINISTRATOR)
        self._house = house
        self._sign_in = f"sign-in={token_of(parts, 'Boss')}"
        self._session = ""
        self._csrf = re.findall(r'name="csrf_token" value="([^"]+)"', self._open("/admin/menus"))[0]

    def _open(self, path: str, **fields: str) -> str:
        cookies = "; ".join(filter(None, (self._sign_in, self._session)))
        asked = Request(self._house.url(path), headers={"Cookie": cookies})
        with urlopen(asked, urlencode(fields).encode() if fields else None, timeout=15) as answer:
            given = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie", [])]
            self._session = next((one for one in given if not one.startswith("sign-in=")), self._session)
            return str(answer.read().decode())

    def go_back(self, number: int) -> None:
        self._open(f"/admin/menus/helpline/{number}/back", csrf_token=self._csrf, why="wrong number")


def test_a_press_takes_a_version_back_in_every_process_under_a_hundred_hops_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the press to the last process less than five seconds, and no hop fails meanwhile."""
    folder = folder_without(tmp_path / "second", without="", label=(LABEL, MARKS[1]))
    with Running(tmp_path / "house") as house:
        published(house, folder)
        boss, wrong = Press(house, monkeypatch), house.ready()["versions"]["helpline"]
        with Hops(house.provider()) as hops:
            wait(lambda: len(hops.pages) > RATE, 60, "hops arrive")
            counted, began = len(hops.pages), time.monotonic()
            boss.go_back(1)
            answered = time.monotonic()
            taken_up(house, wrong)
            back = time.monotonic()
            wait(lambda: sum(at > back for at, _page in hops.pages) > RATE, 60, "hops after it")
            ended = time.monotonic()
        assert not hops.faults, hops.faults[:3]
        assert all(MARKS[0] in page for at, page in hops.pages if at > back + 1)
        rate = 2 * (len(hops.pages) - counted) / (ended - began)
        print(
            f"\nfrom the press {answered - began:.1f} s to its answer, {back - began:.1f} s to the last process; "
            f"{rate:.0f} hops a second, {len(hops.faults)} failed"
        )
        assert back - began < BACK_WITHIN


def test_a_rollback_reaches_every_process_under_a_hundred_hops_a_second(tmp_path: Path) -> None:
    folder = folder_without(tmp_path / "second", without="", label=(LABEL, MARKS[1]))
    with Running(tmp_path / "house") as house:
        published(house, folder)
        wrong = house.ready()["versions"]["helpline"]
        with Hops(house.provider()) as hops:
            wait(lambda: len(hops.pages) > RATE, 60, "hops arrive")
            counted, began = len(hops.pages), time.monotonic()
            house.command("menus", "rollback")
            done = time.monotonic()
            taken_up(house, wrong)
            back = time.monotonic()
            # Callers who dial from now on read the old version, whichever process answers.
            wait(lambda: sum(at > back for at, _page in hops.pages) > RATE, 60, "hops after it")
            ended = time.monotonic()
        assert not hops.faults, hops.faults[:3]
        before = [page for at, page in hops.pages if at < began]
        after = [page for at, page in hops.pages if at > back + 1]
        assert before
        assert all(MARKS[1] in page for page in before)
        assert all(MARKS[0] in page for page in after)
        rate = 2 * (len(hops.pages) - counted) / (ended - began)
        took = f"{back - done:.1f} s after the command, which took {done - began:.1f} s"
        print(f"\nrolled back in every process {took}; {rate:.0f} hops a second, {len(hops.faults)} failed")
        assert back - done < BACK_WITHIN


def test_a_damaged_newest_version_is_told_and_callers_read_the_last_good_one(tmp_path: Path) -> None:
    folder = folder_without(tmp_path / "second", without="", label=(LABEL, MARKS[1]))
    with Running(tmp_path / "house") as house:
        provider = house.provider()
        inside = Phone(provider)
        assert MARKS[0] in inside.walk(("4",))
        published(house, folder)
        assert MARKS[1] in Phone(provider).walk(("4",))
        house.stop()
        with closing(sqlite3.connect(house.data / "gateway.sqlite3")) as ledger, ledger:
            ledger.execute("UPDATE versions SET compiled = substr(compiled, 1, 9000) WHERE number = 2")
        (house.data / "live" / "helpline.json").write_text("{")
        house.start()
        assert MARKS[0] in Phone(provider).walk(("4",)), "calls go on on the last good version"
        assert "cannot be read" in house.ready()["degraded"]["menu_version"]
        assert "red    menu_version" in house.said_by("doctor")
        house.command("menus", "rollback")
        wait(lambda: "menu_version" not in house.ready()["degraded"], 10, "nothing is damaged any more")
        assert MARKS[0] in Phone(provider).walk(("4",))
