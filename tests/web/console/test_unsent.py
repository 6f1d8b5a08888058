"""What a person typed and could not send: kept for them alone, or on the screen to be copied, and never told as kept."""

import re
from html import unescape

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people, sign_in
from gateway.helpdesk.staff.people import find_actor
from gateway.storage import sign_ins
from gateway.storage.tables import kept_forms as table
from tests.support.desk_rig import HER
from tests.support.house import publish
from tests.support.web_surroundings import Browser

NOTE = "she asked for the papers, he has them"
ADD = {
    "how": "visitor",
    "number": "+85620 555 77 001",
    "consented": "yes",
    "danger": "no",
    "phone_seen": "sometimes",
    "when": "now",
    "language": "th",
    "form": "once",
}


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def signed_out(parts, name: str) -> None:
    person = people.find_person(parts, name)
    people.end_sign_ins(parts, people.OWNER, person.id)


def again(browser: Browser, parts, name: str) -> None:
    with parts.store.write() as tx:
        sign_in._open_sign_in(tx, people.find_person(parts, name).id, f"again {name}", parts.clock.now())
    browser.carry(f"again {name}")


def way_on(page: str) -> str:
    """Where the page that says that one was signed out leads to after signing in."""
    found = re.search(r'href="/sign-in\?back=([^"]+)"', page)
    return found.group(1).replace("%2F", "/").replace("%3F", "?").replace("%3D", "=") if found else ""


@pytest.mark.fault("C2")
class TestTheSignInEnded:
    FORMS = (
        ("/add", ADD, Role.COUNSELLOR, "/add"),
        (
            "/admin/referrals",
            {"name": "Legal aid, second floor", "number": "1191"},
            Role.SUPERVISOR,
            "/admin/referrals",
        ),
        (
            "/admin/how-we-work/policy",
            {"policy": "Ask a supervisor before anything else."},
            Role.SUPERVISOR,
            "/admin/how-we-work",
        ),
    )

    @pytest.mark.parametrize(("action", "fields", "role", "page"), FORMS)
    def test_after_signing_in_again_the_form_is_there_with_its_words(
        self, signed, parts, action, fields, role, page
    ):
        publish(parts)  # what may be chosen comes from the live menu
        noy = signed("Noy", role)
        noy.get(page)
        signed_out(parts, "Noy")
        out = noy.post(action, **fields)
        assert out.status_code == 401
        told = text_of(out)
        assert "What you typed is kept for you" in told
        assert not any(value in told for value in fields.values() if len(value) > 5), (
            "nothing for who sits there now"
        )
        back = way_on(told)
        assert back.startswith(f"{page}?kept=")
        again(noy, parts, "Noy")
        shown = text_of(noy.get(back))
        for name, value in fields.items():
            typed = unescape(re.sub(r"<[^>]+>", "", shown)) + unescape(shown)
            assert value in typed, name
        assert noy.post(action, **fields).status_code == 303
        with parts.store.read() as tx:
            assert tx.execute(table.select()).first() is None, "sent once, it is not kept any more"

    def test_somebody_else_who_signs_in_there_sees_nothing_of_it(self, signed, parts):
        noy = signed()
        noy.get("/add")
        signed_out(parts, "Noy")
        back = way_on(text_of(noy.post("/add", **ADD)))
        signed("Dao")
        again(noy, parts, "Dao")
        assert ADD["number"] not in text_of(noy.get(back))

    def test_what_lies_there_is_sealed_and_goes_with_her(self, signed, parts, line):
        noy = signed()
        line.requested("+8562055577001", when="evening")
        noy.get("/add")
        signed_out(parts, "Noy")
        noy.post("/add", **ADD)
        with parts.store.write() as tx:
            (row,) = tx.execute(table.select()).all()
            assert b"77 001" not in row.fields
            sign_ins.drop_forms_about(tx, "nobody", "+8562055577001")
            assert tx.execute(table.select()).all() == []

    def test_secrets_are_never_kept(self, signed, parts):
        noy = signed()
        signed_out(parts, "Noy")
        answer = noy.post("/me/password", old="the old password", new="a new password that is long")
        assert answer.status_code == 401
        with parts.store.read() as tx:
            assert tx.execute(table.select()).all() == []

    def test_a_browser_in_which_nobody_was_signed_in_keeps_nothing(self, app):
        stranger = Browser(app.test_client())
        stranger.get("/sign-in")
        answer = stranger.post("/add", **ADD)
        assert answer.status_code == 401
        assert "Nothing was changed" in text_of(answer)

    def test_one_person_has_ten_at_most(self, signed, parts):
        noy = signed()
        noy.get("/add")
        signed_out(parts, "Noy")
        for _ in range(12):
            noy.post("/add", **ADD)
        with parts.store.read() as tx:
            assert len(tx.execute(table.select()).all()) == sign_ins.MOST


@pytest.mark.fault("C1")
class TestTheFormIsOfAnEarlierSignIn:
    def test_the_words_are_one_press_away(self, signed):
        noy = signed()
        noy.get("/add")
        answer = noy.post("/add", csrf="of an earlier sign-in", **ADD)
        assert answer.status_code == 400
        back = unescape(re.search(r'href="(/add\?kept=\w+)"', text_of(answer)).group(1))
        assert ADD["number"] in text_of(noy.get(back))

    def test_a_form_that_another_person_filled_in_is_not_theirs(self, signed, parts):
        noy = signed()
        noy.get("/add")
        as_noy = people.find_person(parts, "Noy").id
        signed("Dao")
        again(noy, parts, "Dao")
        noy.get("/me")
        answer = noy.post("/add", csrf="of an earlier sign-in", **{**ADD, "as": as_noy})
        assert answer.status_code == 400
        assert "kept=" not in text_of(answer)

    def test_a_page_gets_a_fresh_token_for_its_own_person_only(self, signed, parts):
        noy = signed()
        mine, other = people.find_person(parts, "Noy").id, "somebody else"
        fresh = noy.client.get(f"/form-token?as={mine}")
        assert noy.post("/me/duty", csrf=text_of(fresh), on="yes").status_code == 303
        refused = noy.client.get(f"/form-token?as={other}")
        assert (refused.status_code, "Noy is signed in here now" in text_of(refused)) == (409, True)


@pytest.fixture
def taken(signed, parts, line):
    """Noy writes about a request that a supervisor takes over: her browser and its address."""
    noy, _boss = signed(), signed("Boss", Role.SUPERVISOR)
    wanted = line.requested(HER, when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.get(f"/callbacks/{wanted}")
    claim.claim_callback(parts, find_actor(parts, "Boss"), wanted, take_over=True)
    return noy, f"/callbacks/{wanted}"


@pytest.mark.fault("C1")
class TestTakenOver:
    def test_a_draft_is_refused_by_name(self, taken):
        noy, at = taken
        data = {"csrf_token": noy.csrf, "text": NOTE}
        answer = noy.client.post(f"{at}/draft", data=data, headers={"X-Draft": "yes"})
        assert answer.status_code == 409
        assert text_of(answer) == "Boss has this one now. Your words are not kept: copy them."

    @pytest.mark.parametrize("deed", ["note", "draft"])
    def test_without_scripts_the_words_come_back_with_the_name(self, taken, deed):
        noy, at = taken
        answer = noy.post(f"{at}/{deed}", text=NOTE)
        assert answer.status_code == 409
        page = text_of(answer)
        assert "Boss has this one" in page
        assert re.search(rf"<textarea readonly[^>]*>\n{NOTE}</textarea>", page)
        assert "Draft kept" not in page

    def test_a_request_that_ended_meanwhile_gives_them_back_too(self, taken, parts):
        noy, at = taken
        boss = find_actor(parts, "Boss")
        claim.release_callback(parts, boss, at.rpartition("/")[2])
        answer = noy.post(f"{at}/note", text=NOTE)
        assert answer.status_code == 409
        assert NOTE in text_of(answer)


@pytest.mark.fault("C1")
def test_signed_out_a_draft_says_sign_in_and_not_no_contact(signed, parts, line):
    noy = signed()
    wanted = line.requested(HER, when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    signed_out(parts, "Noy")
    data = {"csrf_token": noy.csrf, "text": NOTE}
    answer = noy.client.post(f"/callbacks/{wanted}/draft", data=data, headers={"X-Draft": "yes"})
    assert answer.status_code == 401
    assert "sign in" in text_of(answer)
