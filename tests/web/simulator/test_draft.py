"""The phone of the page pinned to the menus folder: all of it can be dialled, nothing of it is kept or met by a caller."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.foundation.services import Services
from gateway.operations.publishing.publish import publish_first
from gateway.storage.database import Store
from gateway.web.simulator.draft import DraftFolder, NoDraft
from tests.support import phone_rig
from tests.support.clocks import SetClock
from tests.support.house import HER, MENUS, Phone, made_parts
from tests.support.web_surroundings import Browser

pytestmark = pytest.mark.fault("D7")
SMALL = Path("tests/menus/authoring/base").absolute()
NUMBER = "+8562055500001"
TABLES = ("callbacks", "callers", "sessions", "turns", "outbox", "texts")
FIRST = {"lo": "1,1", "lo-Latn": "1,2", "th": "3,1", "en": "4"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small menu of which one word was changed; the sample is live."""
    made = Path(shutil.copytree(SMALL, tmp_path / "draft"))
    for path in made.glob("*.yaml"):
        written = path.read_text(encoding="utf-8")
        path.write_text(written.replace("Call me back", "Ring me back"), encoding="utf-8")
    return made


def open_browser(parts: Services, folder: Path) -> Browser:
    """A browser that has loaded the phone's page, whose form has its token."""
    browser = Browser(phone_rig.app_of(parts, GATEWAY_MENUS_DIR=str(folder)).test_client())
    browser.get("/phone/")
    return browser


@pytest.fixture
def browser(parts: Services, folder: Path) -> Browser:
    return open_browser(parts, folder)


def post(browser: Browser, typed: str, **more: str):
    fields = {"sessionId": "SIMid_1", "phoneNumber": NUMBER, "networkCode": "SIM", "serviceCode": "*123*4#"}
    return browser.post("/phone/draft/ussd", **(fields | {"text": typed.replace(",", "*")} | more))


def count_rows(parts: Services) -> dict[str, int]:
    with parts.store.read() as tx:
        return {name: tx.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES}


def test_a_draft_is_walked_in_each_language_and_leaves_nothing_behind(parts: Services) -> None:
    browser = open_browser(parts, MENUS)
    before = count_rows(parts)
    page = browser.get("/phone/draft").get_data(as_text=True)
    assert "DRAFT: no caller reads this" in page
    for language, keys in FIRST.items():
        answers = [post(browser, ",".join([keys, *"7221311"[:n]])) for n in range(8)]
        assert {each.status_code for each in answers} == {200}
        screens = [each.headers["X-Screen"] for each in answers]
        assert screens[-2:] == ["code", "thanks"], (language, screens)
        assert "4821" in answers[-2].get_data(as_text=True)
        assert [each.get_data(as_text=True)[:4] for each in answers] == ["CON "] * 7 + ["END "]
        assert f'"language":"{language}"' in answers[-2].headers["X-Facts"]
        assert '"version":"draft"' in answers[-2].headers["X-Facts"]
        assert '"is":"RequestCallback"' in answers[-2].headers["X-Facts"]
    assert count_rows(parts) == before


def test_callers_and_trial_phones_go_on_reading_what_is_live(parts: Services, browser: Browser) -> None:
    assert "Ring me back" in post(browser, "4").get_data(as_text=True)
    for channel in ("africastalking", "simulator"):
        assert "Call me back" in Phone(parts, HER, channel=channel).dial("4").text
    assert "/phone/draft" in browser.get("/phone/").get_data(as_text=True)


def test_a_screen_of_the_draft_leads_to_its_lines(browser: Browser) -> None:
    page = browser.get("/phone/yaml/draft/main").get_data(as_text=True)
    assert "Ring me back" in page
    assert browser.get("/phone/yaml/draft/nowhere").status_code == 404


def test_a_walk_on_the_draft_becomes_a_test_of_the_draft(browser: Browser) -> None:
    walk = (
        '{"it": "reads it", "number": "+8562055500001", "dial": "*123*4#", "keys": ["4"], "seen": ["language", "main"],'
        ' "language": "", "script": "", "offers": ["evening"]}'
    )
    answer = browser.post("/phone/draft/test", walk=walk)
    assert answer.json["differences"] == []
    assert browser.post("/phone/draft/test", walk="[]").status_code == 422


def test_what_leads_nowhere_is_refused_in_words(browser: Browser) -> None:
    assert post(browser, "4", phoneNumber="nobody").status_code == 422
    assert (
        post(browser, "9,00,4,7,2,1,3,1,1,1,1,1,1,1,1,1").status_code == 422
    )  # the session is over before that
    assert post(browser, ",".join(["4"] * 102)).status_code == 422
    assert post(browser, "x" * 183).status_code == 422
    assert browser.client.post("/phone/draft/ussd", data={"text": "4"}).status_code == 400  # no token


def test_a_folder_with_errors_names_them_and_is_taken_again_once_mended(
    browser: Browser, folder: Path
) -> None:
    head = (folder / "screens.yaml").read_text(encoding="utf-8")
    (folder / "screens.yaml").write_text(head.replace("screens:", "screenz:", 1), encoding="utf-8")
    page = browser.get("/phone/draft").get_data(as_text=True)
    assert "cannot be dialled yet" in page
    assert "screens.yaml:" in page
    assert "data-phones" not in page
    assert post(browser, "4").status_code == 422
    (folder / "screens.yaml").write_text(head, encoding="utf-8")
    assert "data-phones" in browser.get("/phone/draft").get_data(as_text=True)


def test_an_empty_folder_is_said(parts: Services, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    browser = open_browser(parts, tmp_path / "none")
    assert "name the folder that holds the menu" in browser.get("/phone/draft").get_data(as_text=True)
    with pytest.raises(NoDraft):
        DraftFolder(parts, tmp_path / "none").answer(NUMBER, ())


def test_the_folder_that_is_live_is_said_to_be(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    assert publish_first(parts, SMALL) == ()
    assert DraftFolder(parts, SMALL).read().is_live
    other = Path(shutil.copytree(SMALL, tmp_path / "other"))
    (other / "head.yaml").write_text(
        (SMALL / "head.yaml").read_text(encoding="utf-8") + "# mended\n", encoding="utf-8"
    )
    assert not DraftFolder(parts, other).read().is_live
