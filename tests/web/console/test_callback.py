"""One callback from claim to close: the number is hidden until Call, the outcome is written once, refusals are in words."""

import re

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.requests import self_service
from gateway.menus.engine.effects import CancelCallback
from tests.support.desk_rig import HER, OTHER

SPACED = "+856 20 55 512 345"


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def form_of(page: str) -> str:
    return re.search(r'name="form" value="([\w-]{16,})"', page).group(1)


@pytest.fixture
def evening(line, clock):
    """A request for the evening, at a quarter past six."""
    wanted = line.requested(when="evening")
    clock.set("2026-11-24T18:15:00+07:00")
    return wanted


def reveals(line, callback_id) -> int:
    return len(line.rows(f"SELECT 1 FROM audit WHERE act = 'reveal' AND subject = '{callback_id}'"))


class TestTheNumber:
    def test_it_is_in_no_page_before_call_and_on_record_before_it_is_seen(self, signed, line, evening):
        browser, at = signed(), f"/callbacks/{evening}"
        pages = [text_of(browser.get(at))]
        browser.post(f"{at}/claim")
        pages += [text_of(browser.get(at)), text_of(browser.get(f"{at}/look")), text_of(browser.get("/mine"))]
        for page in pages:
            assert not any(number in page for number in (HER, HER[1:], HER[-7:], SPACED))
            assert "+856•••••345" in page or "row-" in page
        assert reveals(line, evening) == 0
        browser.post(f"{at}/call")
        page = text_of(browser.get(at))
        assert f'href="tel:{HER}"' in page
        assert SPACED in page
        assert reveals(line, evening) == 1

    def test_a_reload_and_a_second_tab_show_it_and_write_nothing_more(self, signed, line, evening):
        browser, at = signed(), f"/callbacks/{evening}"
        browser.post(f"{at}/claim")
        for _ in range(3):
            assert browser.post(f"{at}/call").status_code == 303
            assert f"tel:{HER}" in text_of(browser.get(at))
        assert reveals(line, evening) == 1
        assert len(line.rows("SELECT 1 FROM attempts")) == 1

    def test_nobody_else_sees_it_while_the_call_runs(self, signed, evening):
        noy, at = signed("Noy"), f"/callbacks/{evening}"
        noy.post(f"{at}/claim")
        noy.post(f"{at}/call")
        for other in (signed("Dao"), signed("Chief", Role.SUPERVISOR)):
            assert HER not in text_of(other.get(at))
            assert other.post(f"{at}/call").status_code == 409
            assert HER not in text_of(other.get(at))

    def test_the_page_says_which_number_she_will_see(self, signed, evening):
        browser = signed(number="+8562055590001")
        browser.post(f"/callbacks/{evening}/claim")
        assert "She will see +856 20 55 590 001" in text_of(browser.get(f"/callbacks/{evening}"))

    def test_without_a_helpline_phone_there_is_no_call(self, signed, line, evening):
        browser, at = signed(number=None), f"/callbacks/{evening}"
        browser.post(f"{at}/claim")
        page = text_of(browser.get(at))
        assert "Enter your helpline phone first" in page
        assert f"{at}/call" not in page
        assert browser.post(f"{at}/call").status_code == 409
        assert reveals(line, evening) == 0


class TestItsTime:
    def test_call_is_off_outside_her_window_and_says_when(self, signed, line):
        wanted = line.requested(when="evening")
        browser, at = signed(), f"/callbacks/{wanted}"
        browser.post(f"{at}/claim")
        page = text_of(browser.get(at))
        assert 'Not safe to call now. Safe <span class="nowrap">18:00–21:00</span>' in page
        assert "disabled" in page
        refused = browser.post(f"{at}/call")
        assert refused.status_code == 409
        assert "must not ring before 18:00" in text_of(refused)
        assert reveals(line, wanted) == 0

    def test_a_supervisor_calls_outside_it_only_right_after_her_own_contact(self, signed, line, clock):
        wanted = line.requested(when="evening")
        browser, at = signed("Chief", Role.SUPERVISOR), f"/callbacks/{wanted}"
        browser.post(f"{at}/claim")
        assert "Call outside her window" in text_of(browser.get(at))
        assert browser.post(f"{at}/call").status_code == 409
        clock.forward(minutes=31)
        assert browser.post(f"{at}/call", reason="she texted").status_code == 409
        clock.forward(minutes=-30)
        assert browser.post(f"{at}/call", reason="she texted").status_code == 303
        page = text_of(browser.get(at))
        assert HER in page
        assert "she texted" in page

    def test_a_counsellor_is_not_offered_that(self, signed, line):
        wanted = line.requested(when="evening")
        browser = signed()
        browser.post(f"/callbacks/{wanted}/claim")
        assert "outside her window" not in text_of(browser.get(f"/callbacks/{wanted}"))
        assert browser.post(f"/callbacks/{wanted}/call", reason="please").status_code == 409


class TestTheOutcome:
    @pytest.fixture
    def calling(self, signed, evening):
        browser = signed()
        browser.post(f"/callbacks/{evening}/claim")
        browser.post(f"/callbacks/{evening}/call")
        self.at = f"/callbacks/{evening}"
        self.form = form_of(text_of(browser.get(self.at)))
        return browser

    def test_no_answer_puts_her_back_in_the_next_window(self, calling, line, evening):
        answer = calling.post(f"{self.at}/outcome", outcome="no_answer", form=self.form)
        assert answer.location == "/"
        said = re.sub("</?span[^>]*>", "", text_of(calling.get("/")))
        assert "Recorded: No answer. She is called again tomorrow 18:00–21:00." in said
        assert line.callback(evening).state is CallbackState.WAITING

    def test_reached_then_closed(self, calling, line, evening):
        assert calling.post(f"{self.at}/outcome", outcome="reached", form=self.form).location == self.at
        page = text_of(calling.get(self.at))
        assert "After the call" in page
        assert HER not in page
        assert calling.post(f"{self.at}/close", reason="helped").location == "/"
        assert line.callback(evening).state is CallbackState.CLOSED

    def test_the_same_form_from_a_reload_or_a_second_tab_counts_once(self, calling, line, evening):
        for outcome in ("no_answer", "no_answer", "busy"):
            assert calling.post(f"{self.at}/outcome", outcome=outcome, form=self.form).status_code == 303
        assert "Recorded: No answer." in text_of(calling.get("/"))
        assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]
        assert line.callback(evening).attempts == 1

    def test_she_names_a_time(self, calling, line, evening):
        calling.post(f"{self.at}/outcome", outcome="asked_later", form=self.form, named_at="2026-11-25T19:00")
        assert line.callback(evening).due_at.isoformat() == "2026-11-25T12:00:00+00:00"

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"outcome": "nonsense"}, 422),
            ({"outcome": "asked_later", "named_at": "soon"}, 422),
            ({"outcome": "reached", "form": "somebody else's form"}, 404),
        ],
    )
    def test_nonsense_writes_nothing(self, calling, line, fields, status):
        answer = calling.post(f"{self.at}/outcome", **{"form": self.form} | fields)
        assert answer.status_code == status
        assert line.rows("SELECT outcome FROM attempts") == [("",)]

    @pytest.mark.usefixtures("calling")
    def test_a_colleague_cannot_write_it(self, signed, line):
        other = signed("Dao")
        answer = other.post(f"{self.at}/outcome", outcome="reached", form=self.form)
        assert answer.status_code == 409
        assert line.rows("SELECT outcome FROM attempts") == [("",)]

    def test_every_outcome_has_a_button(self, calling):
        from gateway.domain.callbacks.outcomes import Outcome

        page = text_of(calling.get(self.at))
        assert {*re.findall(r'name="outcome" value="(\w+)"', page)} == {one.value for one in Outcome}

    def test_she_cancels_meanwhile_and_the_page_says_so(self, calling, line, evening):
        mark = calling.get(f"{self.at}/look").headers["ETag"]
        line.does(self_service.cancel_request, effect=CancelCallback(callback=evening))
        fresh = calling.client.get(f"{self.at}/look", headers={"If-None-Match": mark})
        assert fresh.status_code == 200
        assert "She cancelled. Do not call." in text_of(fresh)
        assert HER not in text_of(fresh)


class TestNotes:
    def test_a_note_is_written_once_and_shown_as_text(self, signed, evening):
        browser, at = signed(), f"/callbacks/{evening}"
        browser.post(f"{at}/claim")
        form = form_of(text_of(browser.get(at)))
        for _ in range(2):
            browser.post(f"{at}/note", text="<b>owes</b> 3 months", form=form)
        page = text_of(browser.get(at))
        assert page.count("&lt;b&gt;owes&lt;/b&gt; 3 months") == 1
        assert "Saved 18:15." in page

    @pytest.mark.parametrize("text", ["", " ", "x" * 501])
    def test_what_cannot_be_saved_stays_typed(self, signed, line, evening, text):
        browser, at = signed(), f"/callbacks/{evening}"
        browser.post(f"{at}/claim")
        answer = browser.post(f"{at}/note", text=text)
        assert answer.status_code == 422
        assert "1 to 500 characters" in text_of(answer)
        assert text.strip() in text_of(answer)
        assert line.rows("SELECT 1 FROM notes") == []

    def test_a_colleagues_callback_shows_its_row_only(self, signed, evening):
        noy, dao, at = signed("Noy"), signed("Dao"), f"/callbacks/{evening}"
        noy.post(f"{at}/claim")
        noy.post(f"{at}/note", text="a secret of hers")
        page = text_of(dao.get(at))
        assert "you see only its row" in page
        assert "a secret of hers" not in page
        assert "Only she uses this phone" not in page
        assert dao.post(f"{at}/note", text="mine").status_code == 409, "and it says who has it"


class TestReview:
    def test_a_call_without_an_outcome_is_decided_by_a_supervisor(self, signed, line, evening, clock):
        noy, at = signed("Noy"), f"/callbacks/{evening}"
        noy.post(f"{at}/claim")
        noy.post(f"{at}/call")
        clock.forward(hours=2, minutes=1)
        timers.release_leases(line.parts)
        chief = signed("Chief", Role.SUPERVISOR)
        page = text_of(chief.get(at))
        assert "Decide" in page
        assert "Noy" in page
        dao = signed("Dao")
        assert dao.post(f"{at}/decide", decision="waiting", reason="other").status_code == 403
        assert chief.post(f"{at}/decide", decision="given_up", reason="other").location == "/review"
        assert line.callback(evening).state is CallbackState.GIVEN_UP

    def test_a_supervisor_takes_over_and_a_counsellor_does_not(self, signed, evening):
        noy, dao, chief = signed("Noy"), signed("Dao"), signed("Chief", Role.SUPERVISOR)
        at = f"/callbacks/{evening}"
        noy.post(f"{at}/claim")
        assert dao.post(f"{at}/claim", take_over="yes").status_code == 403
        assert "Take over" in text_of(chief.get(at))
        assert chief.post(f"{at}/claim", take_over="yes").status_code == 303
        assert noy.post(f"{at}/call").status_code == 409


def test_giving_back_keeps_her_place(signed, line, evening):
    browser, at = signed(), f"/callbacks/{evening}"
    browser.post(f"{at}/claim")
    assert browser.post(f"{at}/release").location == "/"
    assert line.callback(evening).state is CallbackState.WAITING


def test_an_open_page_renews_the_claim(signed, line, clock, evening):
    browser, at = signed(), f"/callbacks/{evening}"
    browser.post(f"{at}/claim")
    before = line.callback(evening).held_until
    clock.forward(minutes=4)
    assert browser.post(f"{at}/here").status_code == 204
    assert line.callback(evening).held_until > before


def test_what_to_say_first_is_in_her_language_then_english(signed, line, clock):
    thai = line.requested(OTHER, when="now", language="th")
    code = line.callback(thai).code
    page = text_of(signed().get(f"/callbacks/{thai}"))
    assert f"เบอร์นี้ลงท้ายด้วย {code}" in page
    assert page.index('<q lang="th">') < page.index('<q lang="en">')


def test_an_unknown_callback_is_said_in_words(signed):
    answer = signed().get("/callbacks/no-such")
    assert answer.status_code == 404
    assert "There is nothing here" in text_of(answer)


def test_a_claim_that_is_not_ours_any_more(signed, line, evening, parts):
    browser, at = signed(), f"/callbacks/{evening}"
    answer = browser.post(f"{at}/release")
    assert answer.status_code == 409
    assert "changed in the meantime" in text_of(answer)
    claim.claim_callback(parts, line.person("Dao"), evening)
    assert browser.post(f"{at}/outcome", outcome="reached").status_code == 409


@pytest.mark.fault("Q15")
@pytest.mark.parametrize(
    ("wants", "gender", "told"),
    [("yes", "man", True), ("yes", "", True), ("yes", "woman", False), (None, "man", False)],
)
def test_whoever_calls_a_woman_who_asked_for_a_woman_is_told_to_say_so(signed, line, wants, gender, told):
    callback = line.requested(when="now", **({"woman": wants} if wants else {}))
    browser = signed("Noy", gender=gender)
    browser.post("/take-next")
    say = text_of(browser.get(f"/callbacks/{callback}")).split('class="say"')[1].split("</section>")[0]
    assert ("She asked for a woman" in say) is told
