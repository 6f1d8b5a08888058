"""The sample helpline, whose words the tables are about."""

from pathlib import Path

import pytest

from gateway.menus.authoring.schema.build import build_menu
from gateway.menus.authoring.schema.conform import merge_files
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.engine.model import Menu

MENUS = Path(__file__).parents[3] / "menus"


class Held:
    """The menu behind a short name, so that a failing example is not printed with all its screens."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu

    def __repr__(self) -> str:
        return "the sample"


@pytest.fixture(scope="session")
def menu() -> Menu:
    files = {path.name: path.read_bytes() for path in MENUS.glob("*.yaml")}
    return build_menu(merge_files(load_all(files)).root)


@pytest.fixture(scope="session")
def sample(menu: Menu) -> Held:
    return Held(menu)
