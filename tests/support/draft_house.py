"""A house whose small sound menu is live and can be drafted, and people who come in to its pages."""

import html
from pathlib import Path
from types import MappingProxyType

from flask import Flask
from werkzeug.test import TestResponse

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.operations.publishing import stored
from gateway.operations.publishing.publish import publish_menu
from gateway.storage.database import Store
from gateway.storage.live_menus import Versions
from tests.support.clocks import SetClock
from tests.support.menu_folders import HERE
from tests.support.web_surroundings import Browser, parts_around, somebody, token_of

BASE = MappingProxyType(stored.read_whole_folder(HERE / "base"))


def empty_house(store: Store, clock: SetClock, folder: Path) -> Services:
    """A simulator is the channel, and nothing is published."""
    simulator = find_channel(ChannelConfig(name="simulator", provider="simulator", menu="helpline"))
    versions = Versions(store, folder / "live")
    return parts_around(store, clock, folder, versions=versions, channels={"simulator": simulator})


def draft_house(store: Store, clock: SetClock, folder: Path) -> Services:
    """The small menu is live."""
    made = empty_house(store, clock, folder)
    publish_menu(made, BASE, author="Noy", why="first")
    return made


def come_in(parts: Services, app: Flask, name: str = "Noy", role: str = Role.ADMINISTRATOR) -> Browser:
    """Add a person, signed in on the page of menus."""
    somebody(parts, name, role)
    browser = Browser(app.test_client()).carry(token_of(parts, name))
    browser.get("/admin/menus")
    return browser


def begin_draft(browser: Browser, name: str) -> str:
    """Begin a draft and return its address."""
    return browser.post("/admin/drafts", name=name, menu="helpline").headers["Location"]


def text_of(answer: TestResponse) -> str:
    """A page as it is read."""
    return html.unescape(answer.get_data(as_text=True))
