"""The sample helpline, whose words the tables are about."""

from pathlib import Path

import pytest

from gateway.catalogue.load import load_all
from gateway.catalogue.schema.build import build
from gateway.catalogue.schema.merge import merge
from gateway.engine.menu import Menu

MENUS = Path(__file__).parents[2] / "menus"


class Held:
    """The menu behind a short name, so that a failing example is not printed with all its screens."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu

    def __repr__(self) -> str:
        return "the sample"


@pytest.fixture(scope="session")
def menu() -> Menu:
    files = {path.name: path.read_bytes() for path in MENUS.glob("*.yaml")}
    return build(merge(load_all(files)).root)


@pytest.fixture(scope="session")
def sample(menu: Menu) -> Held:
    return Held(menu)
