"""A small sound menu, and the many ways in which it is broken here: one folder each, with the words expected."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path

from gateway.domain.contact_safety import When
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.folder import read_folder
from tests.support.reviewed import reviewed

HERE = Path(__file__).parents[1] / "menus/authoring"
BROKEN = sorted(path for path in (HERE / "broken").iterdir() if path.is_dir())
TODAY = date(2026, 11, 24)
SETTINGS = {"helpline": "+85620000000", "mrc": "", "price": "", "days": "90"}


def asked(**others: object) -> CheckContext:
    """What the small menu is checked for: one day, both kinds of channel, an evening and a Sunday on duty."""
    usual: dict[str, object] = {
        "today": TODAY,
        "limits": (USSD_LIMITS, SMS_LIMITS),
        "settings": SETTINGS,
        "staffed": staffed("morning", "evening", "sunday"),
        "tells_drafts": False,
    }
    return CheckContext(**(usual | others))  # type: ignore[arg-type]


def staffed(*words: str) -> Callable[[Iterable[When]], frozenset[str]]:
    """Somebody is on duty in these windows."""
    return lambda windows: frozenset(words).intersection(windows)


def base() -> dict[str, bytes]:
    """The files of the sound menu."""
    return read_folder(HERE / "base")


ABOUT_REVIEWS = ("unreviewed", "translation-", "review-")
"""Folders of these names are asked about their drafts; in all others every text counts as it stands."""


def broken(folder: Path) -> dict[str, bytes]:
    """The files of the sound menu with those of this folder in their place."""
    changed = read_folder(folder)
    if not folder.name.startswith(ABOUT_REVIEWS):
        return base() | changed
    # All was read but for the one line of the folder, whatever the sound menu holds by now.
    files = reviewed(base())
    (line,) = [line for line in changed["reviews/lo.yaml"].decode().splitlines() if line.startswith("    ")]
    key = line.split(":")[0]
    lines = files["reviews/lo.yaml"].decode().splitlines()
    kept = [old for old in lines if not old.startswith(f"{key}:")]
    files["reviews/lo.yaml"] = "\n".join([*kept[:4], line, *kept[4:], ""]).encode()
    return files


def of_folder(folder: Path) -> dict[str, object]:
    """What a broken folder is checked for beside the usual."""
    if folder.name.startswith("key-moved"):
        live = checked(base()).menu
        assert live is not None
        return {"live": {live.id: live}}
    return {"tells_drafts": True} if folder.name.startswith(ABOUT_REVIEWS) else {}


@cache
def checked_broken(folder: Path) -> Checked:
    """What the check says of a broken folder, asked once."""
    return checked(broken(folder), **of_folder(folder))


def checked(files: dict[str, bytes], **others: object) -> Checked:
    return check_menu(files, asked(**others))


def with_change(file: str, old: str, new: str) -> dict[str, bytes]:
    """The sound menu with one change."""
    text = base()[file].decode()
    assert text.count(old) >= 1, f"{old} is not in {file}"
    return base() | {file: text.replace(old, new, 1).encode()}
