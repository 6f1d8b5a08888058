"""Versions of the sample menu for the tests of publishing: each says on every page which one it is."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.foundation.services import Services
from gateway.menus.engine.serialization import dump_menu, load_menu
from gateway.operations.publishing.draft_checks import cut_draft, open_talk
from gateway.operations.publishing.publish import make_check_context
from tests.support.house import MENUS, sample
from tests.support.reviewed import review_folder

GONE = "wage_bangkok"
"""The screen that the third version does not have any more."""

STANDS = "4 1 1 1"
"""The keys that lead there."""


def marked(mark: str, *, without: str = "") -> str:
    """The sample menu, compiled, with a mark in front of every line of every choice and without one screen."""
    menu = load_menu(sample())
    screens = {
        name: _without(replace(screen, choices=tuple(_marked(one, mark) for one in screen.choices)), without)
        for name, screen in menu.screens.items()
        if name != without
    }
    keywords = tuple(word for word in menu.keywords if not without or word.to != without)
    return dump_menu(replace(menu, screens=screens, keywords=keywords, pages={}))


def _marked(choice: Any, mark: str) -> Any:
    return replace(choice, label={language: f"{mark}{text}"[:18] for language, text in choice.label.items()})


def _without(screen: Any, gone: str) -> Any:
    return replace(
        screen, choices=tuple(choice for choice in screen.choices if not gone or choice.to != gone)
    )


def folder_without(folder: Path, *, without: str, label: tuple[str, str]) -> Path:
    """The files of the sample menu with one label changed and, where named, one screen and the way to it taken out."""
    shutil.copytree(MENUS, folder, ignore=shutil.ignore_patterns("tests"))
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace(*label)
        path.write_text(_cut(text, without) if without else text, encoding="utf-8")
    return review_folder(folder)


def _cut(text: str, screen: str) -> str:
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith(f"  {screen}:"):
            inside = True
        elif inside and line.strip() and not line.startswith("   "):
            inside = False
        if not inside and f"to: {screen}," not in line and f"to: {screen}}}" not in line:
            kept.append(line)
    return "".join(kept)


def dial(parts: Services, *keys: str) -> str:
    """What a phone reads of the live menu behind these keys, on the day of the clock."""
    asked = make_check_context(parts)
    menu = cut_draft(parts.versions.live("helpline")[1], asked)
    talk = open_talk(menu, "+8562055500001", asked, parts.clock.now())
    moved = talk.move(None)
    for key in keys:
        moved = talk.move(key)
    return moved.reply.text
