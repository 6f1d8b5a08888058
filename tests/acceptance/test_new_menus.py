"""A new version of the menu: every process has it within two seconds, and whoever is inside an older one stays there."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reviewed import review_folder
from tests.support.running import REPOSITORY, Running, wait
from tests.support.trial_phones import LANGUAGES, Phone

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("house")]

WITHIN = 2.0
OLD, NEW = "My pay", "My wages"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The sample menu with one label changed."""
    folder = tmp_path / "menus"
    shutil.copytree(REPOSITORY / "menus", folder, ignore=shutil.ignore_patterns("tests"))
    start = folder / "start.yaml"
    words = start.read_text(encoding="utf-8")
    assert OLD in words
    start.write_text(words.replace(OLD, NEW), encoding="utf-8")
    return review_folder(folder)


@pytest.fixture
def restored(house: Running) -> Iterator[None]:
    """What is live goes back to what it was."""
    before = house.ready()["versions"]["helpline"]
    yield
    house.command("menus", "rollback")
    wait(lambda: _everywhere(house, before), 5, "the old version is live again")


def test_every_process_takes_a_new_version_up_within_two_seconds(
    house: Running, changed: Path, restored: None
) -> None:
    provider = house.provider()
    inside = Phone(provider)
    assert OLD in inside.walk(LANGUAGES["en"])
    before, said = house.ready()["versions"]["helpline"], len(house.said())

    house.command("menus", "publish", str(changed))
    published = time.monotonic()
    seen: dict[int, str] = {}

    def webs() -> bool:
        ready = house.ready()
        seen[ready["pid"]] = ready["versions"]["helpline"]
        return set(seen) == set(house.webs) and before not in seen.values() and len(set(seen.values())) == 1

    wait(webs, WITHIN, f"both web processes have it, not {seen}")
    took = time.monotonic() - published
    version = next(iter(seen.values()))
    line = re.compile(f"menu helpline: version {version} is taken up")
    wait(
        lambda: len(line.findall(house.said()[said:])) == 2, WITHIN, "worker and clock say that they have it"
    )
    assert time.monotonic() - published < WITHIN
    assert NEW in Phone(provider).walk(LANGUAGES["en"])
    inside.press("1")
    assert OLD in inside.press("00"), "she who was inside stays on the version she began with"
    print(
        f"{len(seen)} web processes after {took:.1f} s, worker and clock after {time.monotonic() - published:.1f} s"
    )


def _everywhere(house: Running, version: str) -> bool:
    return all(house.ready()["versions"]["helpline"] == version for _ in range(8))
