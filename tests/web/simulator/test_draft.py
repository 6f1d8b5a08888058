"""The phone of the page pinned to the menus folder: all of it can be dialled, nothing of it is kept or met by a caller."""

import html
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.domain.permissions import NotPermitted, Role
from gateway.foundation.services import Services
from gateway.helpdesk.staff.people import find_actor
from gateway.operations.publishing import draft_checks, menu_drafts
from gateway.operations.publishing.draft_files import hash_text, save_text
from gateway.operations.publishing.menu_drafts import UnknownDraft
from gateway.operations.publishing.publish import publish_first
from gateway.storage.database import Store
from gateway.web.simulator.draft import DraftFolder, NoDraft, answer_draft
from tests.support import phone_rig
from tests.support.clocks import SetClock
from tests.support.house import HER, MENUS, Phone, made_parts
from tests.support.web_surroundings import Browser, somebody, token_of

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
        answer_draft(parts, DraftFolder(parts, tmp_path / "none").read(), NUMBER, ())


def test_the_folder_that_is_live_is_said_to_be(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    assert publish_first(parts, SMALL) == ()
    assert DraftFolder(parts, SMALL).read().is_live
    other = Path(shutil.copytree(SMALL, tmp_path / "other"))
    (other / "head.yaml").write_text(
        (SMALL / "head.yaml").read_text(encoding="utf-8") + "# mended\n", encoding="utf-8"
    )
    assert not DraftFolder(parts, other).read().is_live


# A draft of the database: dialled by who works on menus, and by a colleague who has a link.


@pytest.fixture
def stored(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    """The small menu is live in a house whose simulator is switched off."""
    parts = made_parts(sqlite_store, clock, tmp_path)
    assert publish_first(parts, SMALL) == ()
    return parts


def come(parts: Services, name: str, role: Role) -> Browser:
    somebody(parts, name, role)
    app = phone_rig.app_of(parts, phone="off")
    browser = Browser(app.test_client()).carry(token_of(parts, name))
    browser.get("/me")
    return browser


def write_draft(parts: Services, before: str, after: str) -> str:
    """Open a draft and replace words in its screens."""
    noy = find_actor(parts, "Noy")
    draft_id = menu_drafts.open_draft(parts, noy, "helpline", "Calls")
    text = menu_drafts.read_draft(parts, noy, draft_id).files["screens.yaml"]
    assert before in text
    after_all = text.replace(before, after)
    save_text(parts, noy, draft_id, "screens.yaml", after_all, seen=hash_text(text), shown=text)
    return draft_id


def dial(browser: Browser, base: str, typed: str):
    fields = {"sessionId": "SIMid_1", "phoneNumber": NUMBER, "networkCode": "SIM", "serviceCode": "*123*4#"}
    return browser.post(base, **fields, text=typed.replace(",", "*"))


def test_a_stored_draft_is_dialled_where_the_simulator_is_off_and_leaves_nothing(stored: Services) -> None:
    noy = come(stored, "Noy", Role.ADMINISTRATOR)
    draft_id = write_draft(stored, "Call me back", "Ring me back")
    assert noy.get("/phone/draft").status_code == 404  # the switch holds for everything else
    before = count_rows(stored)
    page = html.unescape(noy.get(f"/phone/drafts/{draft_id}").get_data(as_text=True))
    assert "DRAFT: no caller reads this</b> · Calls" in page
    assert "data-house" not in page
    answer = dial(noy, f"/phone/drafts/{draft_id}/ussd", "4")
    assert "Ring me back" in answer.get_data(as_text=True)
    assert "Call me back" in Phone(stored, HER).dial("4").text
    assert dial(noy, f"/phone/drafts/{draft_id}/ussd", "4,7,2,2,3,1").headers["X-Screen"] == "code"
    assert noy.post(f"/phone/drafts/{draft_id}/end").status_code == 200
    assert "Ring me back" in noy.get(f"/phone/drafts/{draft_id}/yaml/main").get_data(as_text=True)
    assert noy.get(f"/phone/drafts/{draft_id}/yaml/nowhere").status_code == 404
    assert noy.get("/phone/drafts/nothing").status_code == 404
    plain = html.unescape(noy.get(f"/phone/drafts/{draft_id}?keys=4").get_data(as_text=True))
    assert "Ring me back" in plain  # without JavaScript
    assert "session was over" in noy.get(f"/phone/drafts/{draft_id}?keys=4*7*2*2*3*1*1*1*1").get_data(
        as_text=True
    )
    after = count_rows(stored)
    assert {name: n for name, n in after.items() if n != before[name]} in (
        {},
        {"sessions": 1},
    )  # her own dial


def test_a_stored_draft_is_dialled_on_the_day_from_which_its_number_holds(stored: Services) -> None:
    noy = come(stored, "Noy", Role.ADMINISTRATOR)
    form = {"sort": "change", "value": "420", "valid_from": "2027-03-01", "source": "Royal Gazette"}
    fresh = {"checked_on": "2026-11-24", "expires_on": "2027-12-31", "seen": "400"}
    draft = noy.post("/admin/facts/th.wage", **form, **fresh).headers["Location"]
    page = html.unescape(noy.get(draft).get_data(as_text=True))
    here = draft.replace("/admin/", "/phone/")
    assert f'href="{here}?day=2027-03-01"' in page
    assert f"{here}/ussd?day=2027-03-01" in noy.get(f"{here}?day=2027-03-01").get_data(as_text=True)
    assert "At least 400 baht a day." in dial(noy, f"{here}/ussd", "4,1").get_data(as_text=True)
    for day, value in {"2027-02-28": "410", "2027-03-01": "420", "never": "400", "9999-01-01": "400"}.items():
        answer = dial(noy, f"{here}/ussd?day={day}", "4,1").get_data(as_text=True)
        assert f"At least {value} baht a day." in answer, day


def test_a_link_opens_the_phone_of_one_draft_for_a_week_and_nothing_else(
    stored: Services, clock: SetClock
) -> None:
    noy = come(stored, "Noy", Role.ADMINISTRATOR)
    draft_id = write_draft(stored, "Call me back", "Ring me back")
    page = html.unescape(noy.get(f"/admin/drafts/{draft_id}").get_data(as_text=True))
    assert re.search(r'value="https?://[^"]+/phone/shared/', page)  # whole, to be sent to somebody
    here = page.split("/phone/shared/")[1].split('"')[0].split("?")[0]
    guest = Browser(phone_rig.app_of(stored, phone="off").test_client())
    assert guest.get(f"/phone/drafts/{draft_id}").status_code == 302  # to the sign-in
    assert "DRAFT" in guest.get(f"/phone/shared/{here}").get_data(as_text=True)
    assert "Ring me back" in dial(guest, f"/phone/shared/{here}/ussd", "4").get_data(as_text=True)
    for way in ("", "/files", "/parts", "/folder.zip"):
        assert guest.get(f"/admin/drafts/{draft_id}{way}").status_code == 302
    other = write_draft(stored, "Call me back", "Phone me back")
    sign = here.split(".", 1)[1]
    forged = (
        f"{other}.{sign}",
        here[:-1] + "g",
        f"{draft_id}.99999999999.{sign[-32:]}",
        draft_id,
        f"{draft_id}..",
        "..",
    )
    for token in forged:
        assert guest.get(f"/phone/shared/{token}").status_code == 404, token
    clock.forward(days=7)
    assert guest.get(f"/phone/shared/{here}").status_code == 404


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_has_nothing_to_do_with_menus_dials_no_draft(stored: Services, role: Role) -> None:
    come(stored, "Noy", Role.ADMINISTRATOR)
    draft_id = write_draft(stored, "Call me back", "Ring me back")
    other = come(stored, "Keo", role)
    assert other.get(f"/phone/drafts/{draft_id}").status_code == 403
    assert dial(other, f"/phone/drafts/{draft_id}/ussd", "4").status_code == 403
    with pytest.raises(NotPermitted):
        draft_checks.make_draft_link(stored, find_actor(stored, "Keo"), draft_id)


def test_a_link_ends_with_its_draft_and_errors_are_named(stored: Services) -> None:
    come(stored, "Noy", Role.ADMINISTRATOR)
    noy = find_actor(stored, "Noy")
    draft_id = write_draft(stored, "screens:", "screenz:")
    token = draft_checks.make_draft_link(stored, noy, draft_id)
    guest = Browser(phone_rig.app_of(stored, phone="off").test_client())
    page = guest.get(f"/phone/shared/{token}").get_data(as_text=True)
    assert "The draft cannot be dialled yet" in page
    assert dial(guest, f"/phone/shared/{token}/ussd", "4").status_code == 422
    menu_drafts.drop_draft(stored, noy, draft_id)
    assert guest.get(f"/phone/shared/{token}").status_code == 404
    with pytest.raises(UnknownDraft):
        draft_checks.make_draft_link(stored, noy, draft_id)
