"""A name that a request could not keep is refused where it is written, not when somebody asks for a call."""

from datetime import date

import pytest

from config.settings import File
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.folder import read_folder
from tests.support.house import MENUS

CHANNEL = {"provider": "simulator"}


@pytest.mark.fault("K16")
@pytest.mark.parametrize(
    "channels", [{"c" * 41: CHANNEL}, {"simulator": CHANNEL | {"menu": "m" * 41}}], ids=["channel", "menu"]
)
def test_a_long_name_of_a_line_is_refused(channels):
    with pytest.raises(ValueError, match="at most 40"):
        File.model_validate({"channels": channels})
    assert File.model_validate({"channels": {"c" * 40: CHANNEL | {"menu": "m" * 40}}})


@pytest.mark.fault("K16")
@pytest.mark.parametrize(
    ("old", "new"),
    [("lo-Latn", "lo-Latn-x-romanised"), ("menu: helpline", f"menu: {'m' * 41}")],
    ids=["tag", "menu"],
)
def test_a_long_name_of_a_menu_is_an_error(old, new):
    files = {name: text.replace(old.encode(), new.encode()) for name, text in read_folder(MENUS).items()}
    assert check_menu(files, CheckContext(today=date(2026, 11, 24))).menu is None
