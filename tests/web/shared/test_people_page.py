"""The people page: who may do what on it, and that the link to pass on is shown once."""

import re

import pytest

from gateway.domain.callbacks.windows import DAYS
from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people, shifts, sign_in
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import people as rows
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import PASSWORD, Browser, somebody, token_of


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def boss(parts, app):
    somebody(parts, "Boss", "administrator")
    browser = Browser(app.test_client()).carry(token_of(parts, "Boss"))
    browser.get("/admin/people")
    return browser


def person(parts, person_id):
    with parts.store.read() as tx:
        return rows.by_id(tx, person_id)


def test_adding_somebody_shows_a_link_that_lets_them_in(parts, app, boss):
    page = boss.post("/admin/people", name="ນາງ ນ້ອຍ", role="counsellor").get_data(as_text=True)
    link = re.search(r"http://localhost(/invitation/[\w-]+)", page).group(1)
    assert 'data-copies="Copy"' in page
    assert 'data-shares="Share…"' in page
    assert "copy.js" in page
    again = boss.get("/admin/people").get_data(as_text=True)
    assert link not in again
    assert "copy.js" not in again
    noy = Browser(app.test_client())
    assert "ນາງ ນ້ອຍ" in noy.get(link).get_data(as_text=True)
    assert noy.post(link, name="ignored", password=PASSWORD).location == "/me/second-factor"
    assert people.find_person(parts, "ນາງ ນ້ອຍ").role == "counsellor"


@pytest.mark.parametrize(("name", "words"), [("x", "2 to 40 characters"), ("BOSS", "already has this name")])
def test_a_name_that_cannot_be_used_is_said_beside_its_field(boss, name, words):
    answer = boss.post("/admin/people", name=name, role="reader")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert f'value="{name}"' in page
    assert '<option value="reader" selected>' in page


@pytest.mark.fault("N2")
def test_a_helpline_phone_that_exists_in_two_countries_is_asked_about(parts, boss):
    own = people.add_person(parts, OWNER, name="Noy", role="counsellor")
    answer = boss.post(f"/admin/people/{own}/number", number="074 212 345")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="074 212 345"' in page
    assert 'name="number_meant" value="+6674212345"' in page


def test_everything_of_a_person_is_set(parts, boss):
    publish(parts)
    own = people.add_person(parts, OWNER, name="Noy", role="counsellor")
    at = f"/admin/people/{own}"
    assert boss.post(f"{at}/number", number="020 55500111").status_code == 303
    assert (
        boss.client.post(
            f"{at}/details", data={"language": ["th", "lo"], "gender": "woman", "csrf_token": boss.csrf}
        ).status_code
        == 303
    )
    assert boss.post(f"{at}/duty", on="yes").status_code == 303
    assert boss.post(f"{at}/role", role="supervisor").status_code == 303
    found = person(parts, own)
    assert (found.number, found.languages, found.gender, found.on_duty, found.role) == (
        "+8562055500111",
        ("lo", "th"),
        "woman",
        True,
        "supervisor",
    )


def test_reset_sign_out_and_removal(parts, boss):
    own = somebody(parts, "Noy")
    for act in ("sign-out", "link", "remove"):
        token = token_of(parts, "Noy")
        assert boss.post(f"/admin/people/{own}/{act}").status_code in {200, 303}
        assert sign_in.find_signed_in(parts, token) is None
    assert person(parts, own).disabled
    assert "Noy" not in boss.get("/admin/people").get_data(as_text=True).split("</form>")[-1]


def test_the_last_administrator_cannot_leave_by_mistake(parts, boss):
    own = people.find_person(parts, "Boss").id
    for act, fields in (("remove", {}), ("role", {"role": "reader"})):
        answer = boss.post(f"/admin/people/{own}/{act}", **fields)
        assert answer.status_code == 422
        assert "only administrator" in answer.get_data(as_text=True)
    assert boss.get("/admin/people").status_code == 200


def test_an_unknown_person_is_said_in_words(boss):
    for act in ("link", "duty", "remove", "role", "number", "details", "sign-out"):
        answer = boss.post(f"/admin/people/nobody/{act}", role="reader")
        assert answer.status_code == 422
        assert "nobody of that name" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_a_counsellor_never_sees_the_people_page(parts, app, role):
    somebody(parts, "Noy", role)
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    answer = browser.get("/admin/people")
    assert answer.status_code == 403
    assert "not for your role" in answer.get_data(as_text=True)


def test_a_supervisor_sets_duty_and_nothing_else(parts, app):
    own = somebody(parts, "Noy", "counsellor", number="+8562055500111")
    somebody(parts, "Super", "supervisor")
    browser = Browser(app.test_client()).carry(token_of(parts, "Super"))
    page = browser.get("/admin/people").get_data(as_text=True)
    assert "Add somebody" not in page
    assert "5500111" not in page
    assert browser.post(f"/admin/people/{own}/duty", on="yes").status_code == 303
    assert person(parts, own).on_duty
    for act in ("link", "remove", "role", "number", "details", "sign-out"):
        assert browser.post(f"/admin/people/{own}/{act}", role="reader").status_code == 403
    assert browser.post("/admin/people", name="New", role="reader").status_code == 403


@pytest.mark.fault("Q9")
@pytest.mark.parametrize(("deed", "fields"), [("remove", {}), ("role", {"role": "reader"})])
def test_before_a_time_disappears_with_a_person_it_is_asked(parts, boss, deed, fields):
    publish(parts)
    own = people.add_person(parts, OWNER, name="Noy", role="counsellor")
    shifts.set_week(parts, OWNER, own, {day: ["18:00-21:00"] for day in DAYS})
    dao = people.add_person(parts, OWNER, name="Dao", role="counsellor")
    shifts.set_week(parts, OWNER, dao, {"sun": ["09:00-18:00"]})
    answer = boss.post(f"/admin/people/{own}/{deed}", **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "callers are no longer offered: <b>Evening 18-21</b>" in page
    assert not person(parts, own).disabled
    assert person(parts, own).role == "counsellor"
    for name, value in fields.items():
        assert f'name="{name}" value="{value}"' in page
    assert boss.post(f"/admin/people/{own}/{deed}", **fields, agreed="evening").status_code == 303
    assert person(parts, own).disabled or person(parts, own).role == "reader"


ENTRY = {"name": "Labour office", "number": "1362"}
SAVES = {
    "own phone": ("administrator", "/me/number", {"number": "+8562055500123"}),
    "own password": ("counsellor", "/me/password", {"old": PASSWORD, "new": "another long password"}),
    "phone": ("administrator", "/admin/people/{own}/number", {"number": "+8562055500124"}),
    "languages": ("administrator", "/admin/people/{own}/details", {"language": "lo", "gender": "woman"}),
    "role": ("administrator", "/admin/people/{own}/role", {"role": "reader"}),
    "duty": ("supervisor", "/admin/people/{own}/duty", {"on": "yes"}),
    "ways of work": ("supervisor", "/admin/people/{own}/work", {"by_text": "yes", "capacity": "3"}),
    "week": ("supervisor", "/admin/shifts/{own}/week", {"mon": "08:00-12:00"}),
    "days away": ("supervisor", "/admin/shifts/{own}/away", {"first": "2026-12-01", "last": "2026-12-02"}),
    "holiday": ("supervisor", "/admin/holidays", {"day": "2026-12-02", "name": "National Day"}),
    "whom to call for help": ("supervisor", "/admin/help-list", {"person": "{own}"}),
    "referral": ("supervisor", "/admin/referrals", ENTRY),
    "rule of the centre": ("supervisor", "/admin/how-we-work/policy", {"policy": "Tell Dao."}),
    "order of lines": ("supervisor", "/admin/how-we-work/roads", {}),
    "removal": ("administrator", "/admin/people/{own}/remove", {}),
}


@pytest.mark.fault("Q24")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if nth % 3 == 0 else pytest.mark.slow) for nth, name in enumerate(SAVES)],
)
def test_whatever_is_saved_is_said_with_the_time(parts, app, name):
    role, address, fields = SAVES[name]
    own = somebody(parts, "Noy")
    somebody(parts, "Chief", "administrator")
    somebody(parts, "Saver", role)
    browser = Browser(app.test_client()).carry(token_of(parts, "Saver"))
    browser.get("/me")
    filled = {key: value.format(own=own) for key, value in fields.items()}
    answer = browser.post(address.format(own=own), **filled, agreed="now")
    assert answer.status_code == 303, answer.get_data(as_text=True)[-2000:]
    page = browser.get(answer.location).get_data(as_text=True)
    said = re.sub(r"<[^>]+>", "", page.split('class="notice good" role="status"')[1].split("</p>")[0])
    assert said.count("14:05") == 1
    assert "14:05" not in re.sub(
        r"<[^>]+>", "", browser.get(answer.location).get_data(as_text=True).split("<main")[0]
    )
