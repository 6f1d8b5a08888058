"""After a call there is one sheet: nothing preset but her topic, one save, and nothing typed is lost on the way."""

import re

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.alerts import alert_answers
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.requests.referrals import Referral
from tests.support.desk_rig import HER
from tests.support.web_surroundings import Browser


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def sheet_of(page: str) -> str:
    return page.split('id="sheet"')[1].split("</form>", maxsplit=1)[0]


@pytest.fixture
def noy(signed):
    return signed()


@pytest.fixture
def reached(line, noy):
    """A request of hers, safe for texts, that Noy has just reached."""
    wanted = line.requested(HER, sms_safe="yes", when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.post(f"/callbacks/{wanted}/call")
    form = re.search(r'name="form" value="([\w-]{16,})"', text_of(noy.get(f"/callbacks/{wanted}"))).group(1)
    noy.post(f"/callbacks/{wanted}/outcome", outcome="reached", form=form)
    return wanted


@pytest.fixture
def entry(line):
    boss = line.person("Boss", Role.SUPERVISOR)
    made = Referral(id="", team="main", name="Labour office", number="1362")
    return referrals.save_entry(line.parts, boss, made)


@pytest.mark.fault("Q30")
def test_no_ending_is_preset_and_there_is_one_form_with_one_save(noy, reached):
    page = text_of(noy.get(f"/callbacks/{reached}"))
    sheet = sheet_of(page)
    assert not re.search(r'name="reason"[^>]*checked', sheet)
    assert re.search(r'name="topics" value="pay" checked', sheet)
    assert sheet.count(">Save and close<") == 1
    assert page.count('class="primary') == 1, "to save it, and not to call her again"
    assert re.findall(r'<(?:textarea|input(?! type="hidden"))[^>]* name="(\w+)"', sheet)[0] == "text", (
        "the note is on top"
    )
    for other in ("/figures", '/note"', "/close", "/follow-up"):
        assert f"/callbacks/{reached}{other}" not in page


@pytest.mark.fault("Q5")
def test_one_save_writes_note_figures_ending_and_referral_at_once(noy, line, reached, entry):
    at = f"/callbacks/{reached}"
    answer = noy.post(
        f"{at}/sheet",
        text="she will ask again",
        reason="referred",
        person="woman",
        topics="pay",
        referral=entry,
    )
    assert answer.location == "/"
    assert "Saved and closed." in text_of(noy.get("/"))
    closed = line.callback(reached)
    assert (closed.state, closed.reason) == (CallbackState.CLOSED, "referred")
    assert "she will ask again" in text_of(noy.get(at))
    assert line.rows("SELECT count(*) FROM outbox WHERE kind = 'ours'") == [(1,)]
    assert line.rows("SELECT count(*) FROM records") == [(0,)], "it is counted once and deleted"
    assert noy.post(f"{at}/sheet", text="again", reason="helped").status_code == 409
    assert line.rows("SELECT count(*) FROM notes") == [(1,)]


def test_without_an_ending_nothing_is_closed_and_nothing_is_lost(noy, line, reached):
    at = f"/callbacks/{reached}"
    answer = noy.post(f"{at}/sheet", text="half a note", person="man", topics="hours", on="2026-11-27")
    assert answer.status_code == 422
    for page in (text_of(answer), text_of(noy.get(at))):
        sheet = sheet_of(page)
        assert "half a note" in sheet
        assert 'name="person" value="man" checked' in sheet
        assert 'name="topics" value="hours" checked' in sheet
        assert 'name="topics" value="pay" checked' not in sheet
        assert 'value="2026-11-27"' in sheet
    assert 'id="fault-reason" role="alert">Choose how it ended.' in text_of(answer)
    assert line.callback(reached).state is CallbackState.REACHED
    assert line.rows("SELECT count(*) FROM notes") == [(0,)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": "soon"}, "on"),
        ({"on": "2027-11-27"}, "on"),
        ({"person": "queen"}, "figures"),
        ({"text": "x" * 501}, "text"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_saved(noy, line, reached, wrong, field):
    answer = noy.post(f"/callbacks/{reached}/sheet", **{"reason": "helped", "text": "kept", **wrong})
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in text_of(answer)
    assert line.callback(reached).state is CallbackState.REACHED
    assert line.rows("SELECT count(*) FROM notes") == [(0,)]


def test_what_is_ticked_is_kept_while_it_is_not_saved(noy, line, reached):
    at, data = f"/callbacks/{reached}", {"csrf_token": noy.csrf, "sheet": "yes", "reason": "informed"}
    answer = noy.client.post(f"{at}/draft", data=data | {"text": "so far"}, headers={"X-Draft": "yes"})
    assert (answer.status_code, text_of(answer)) == (200, "Draft kept 14:05")
    sheet = sheet_of(text_of(noy.get(at)))
    assert re.search(r'value="informed" required checked', sheet)
    assert "so far" in sheet
    noy.post(f"{at}/sheet", text="", reason="helped")
    late = noy.client.post(f"{at}/draft", data=data, headers={"X-Draft": "yes"})
    assert late.status_code == 409, "a draft that comes late writes nothing"
    assert line.rows("SELECT count(*) FROM records") == [(0,)]


def test_an_agreed_call_is_planned_with_the_ending_that_was_chosen(noy, line, reached):
    noy.post(f"/callbacks/{reached}/sheet", reason="helped", on="2026-11-27", when="evening")
    closed = line.callback(reached)
    assert (closed.state, closed.reason) == (CallbackState.CLOSED, "helped")
    [(fresh,)] = line.rows("SELECT id FROM callbacks WHERE state = 'waiting'")
    assert line.callback(fresh).window == "evening"


def test_a_colleague_has_no_sheet_and_cannot_send_one(signed, line, reached):
    dao = signed("Dao")
    assert 'id="sheet"' not in text_of(dao.get(f"/callbacks/{reached}"))
    assert dao.post(f"/callbacks/{reached}/sheet", reason="helped").status_code in (403, 409)
    assert line.callback(reached).state is CallbackState.REACHED


@pytest.mark.fault("Q35")
def test_the_same_sheet_stands_on_the_page_of_a_link(app, parts, line, clock):
    wanted, keo = line.requested(HER, when="now", danger="yes"), line.person("Keo")
    with parts.store.write() as tx:
        where = alert_answers.make_link(parts, tx, keo.person_id, wanted)
    phone = Browser(app.test_client())
    assert "DANGER" in text_of(phone.get(where))
    phone.post(where)
    assert "DANGER" in text_of(phone.get("/tapped"))
    phone.post("/tapped/call")
    page = text_of(phone.get("/tapped"))
    form = re.search(r'name="form" value="([\w-]{16,})"', page).group(1)
    phone.post("/tapped/outcome", outcome="reached", form=form)
    assert "DANGER" in text_of(phone.get("/tapped"))
    assert "Choose how it ended." in text_of(phone.post("/tapped/sheet", text="typed on the phone"))
    assert "typed on the phone" in text_of(phone.get("/tapped"))
    assert phone.post("/tapped/sheet", text="typed on the phone", reason="helped").location == "/tapped"
    assert line.callback(wanted).state is CallbackState.CLOSED
    assert "Thank you" in text_of(phone.get("/tapped"))


@pytest.mark.fault("Q6")
def test_cut_off_asks_whether_she_agreed_before_it_is_recorded(signed, line, clock):
    wanted = line.requested(HER, when="evening")
    clock.set("2026-11-24T18:29:00+07:00")
    noy = signed("Noy")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.post(f"/callbacks/{wanted}/call")
    page = text_of(noy.get(f"/callbacks/{wanted}"))
    form = re.search(r'name="form" value="([\w-]{16,})"', page).group(1)
    cut_off = page.split('class="agreeing"')[1].split("</details>")[0]
    assert re.findall(r'value="([\w:]+)"', cut_off) == ["cut_off:agreed", "cut_off"]
    assert "call again now, until 21:00" in cut_off
    assert 'tomorrow <span class="nowrap">18:00–21:00</span>' in cut_off
    noy.post(f"/callbacks/{wanted}/outcome", outcome="cut_off:agreed", form=form)
    assert 'She is called again <span class="nowrap">18:29–21:00</span>' in text_of(noy.get("/"))


@pytest.mark.parametrize("outcome", ["no_answer", "voicemail", "busy", "someone_else"])
@pytest.mark.fault("Q3")
def test_no_page_names_an_empty_window(noy, line, clock, outcome):
    wanted = line.requested(when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.post(f"/callbacks/{wanted}/call")
    clock.forward(minutes=15)
    form = re.search(r'name="form" value="([\w-]{16,})"', text_of(noy.get(f"/callbacks/{wanted}"))).group(1)
    noy.post(f"/callbacks/{wanted}/outcome", outcome=outcome, form=form)
    pages = [text_of(noy.get(at)) for at in ("/later", "/", f"/callbacks/{wanted}")]
    assert "She asked for now only: it ends at 14:35 unless she asks again." in pages[0]
    assert "ends at 14:35, not called again" in pages[0]
    for page in pages:
        assert "14:35–14:35" not in page
    clock.forward(minutes=30)
    for at in ("/", f"/callbacks/{wanted}"):
        assert "14:35–14:35" not in text_of(noy.get(at))


def test_a_claim_whose_time_has_passed_says_so(noy, line, clock):
    wanted = line.requested(when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    clock.forward(minutes=31)
    page = text_of(noy.get(f"/callbacks/{wanted}"))
    assert "Her safe time is over (14:35)." in page
    assert "14:05–14:35" not in page
