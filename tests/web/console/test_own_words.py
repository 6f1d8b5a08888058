"""What a centre names for itself: outcomes of its own, further questions of its menu, and trial phones that are told apart."""

import re
from dataclasses import replace

import pytest

from config.desk import MEANINGS, DeskSettings
from gateway.bootstrap import read_desk
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState
from gateway.helpdesk.alerts import alert_answers
from gateway.menus.engine import serialization
from gateway.menus.engine.model import Choice, Field
from gateway.menus.engine.screens import Question
from tests.support.desk_rig import HER, OTHER
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser

ROWS = {
    "child_answered": {"means": "someone_else", "label": {"en": "A child answered", "lo": "ເດັກນ້ອຍຮັບ"}},
    "busy": {"means": "busy", "label": {"en": "Engaged"}},
}


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def parts(parts):
    return replace(parts, desk=read_desk(DeskSettings.model_validate({"outcomes": ROWS})))


@pytest.fixture
def noy(signed):
    return signed()


@pytest.mark.fault("H2")
def test_an_outcome_of_the_centre_is_a_button_and_follows_the_table_of_what_it_means(signed, line):
    line.clock.set("2026-11-24T18:05:00+07:00")
    noy, wanted = signed(), line.requested(HER, when="evening")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.post(f"/callbacks/{wanted}/call")
    page = text_of(noy.get(f"/callbacks/{wanted}"))
    assert ">A child answered <small>" in page
    assert ">Engaged <small>" in page
    assert ">Busy" not in page
    form = re.search(r'name="form" value="([\w-]{16,})"', page)[1]
    noy.post(f"/callbacks/{wanted}/outcome", outcome="child_answered", form=form)
    callback = line.callback(wanted)
    assert (callback.state, callback.attempts) == (CallbackState.WAITING, 1)
    assert (callback.due_at - line.clock.now()).total_seconds() >= 23 * 3600  # as after "someone else"
    noy.post("/language", language="lo")
    assert "ເດັກນ້ອຍຮັບ" in text_of(noy.get(f"/callbacks/{wanted}"))
    assert line.rows("SELECT outcome FROM attempts") == [("someone_else",)]  # figures count what it means


@pytest.mark.fault("H2")
def test_an_outcome_of_the_centre_is_a_button_of_the_page_behind_a_link_too(parts, signed, line):
    """One press from the alert to the record: the same button, the same rule, the same word in the history."""
    line.clock.set("2026-11-24T18:05:00+07:00")
    wanted, noy = line.requested(HER, when="evening"), line.person("Noy")
    with parts.store.write() as tx:
        where = "/" + alert_answers.make_link(parts, tx, noy.person_id, wanted).partition("/")[2].lstrip("/")
    phone = Browser(pages_of(parts).test_client())
    phone.get(where)
    phone.post(where)
    phone.post("/tapped/call")
    page = text_of(phone.get("/tapped"))
    assert ">A child answered <small>" in page
    assert ">Engaged <small>" in page
    assert ">Busy" not in page
    form = re.search(r'name="form" value="([\w-]{16,})"', page)[1]
    assert phone.post("/tapped/outcome", outcome="child_answered", form=form).location == "/tapped"
    callback = line.callback(wanted)
    assert (callback.state, callback.attempts) == (CallbackState.WAITING, 1)
    assert (callback.due_at - line.clock.now()).total_seconds() >= 23 * 3600
    assert line.rows("SELECT outcome FROM attempts") == [("someone_else",)]
    history = text_of(signed("Keo").get(f"/callbacks/{wanted}"))
    assert "A child answered" in history
    assert "Someone else" not in history.partition("History")[2]


@pytest.mark.fault("H2")
def test_without_rows_the_page_behind_a_link_has_the_houses_buttons_alone(parts, line):
    assert replace(parts.desk, outcomes={}).own_outcomes == ()
    assert parts.desk.own_outcomes == ("child_answered",)


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    "rows",
    [
        {"gone": {"means": "forgotten", "label": {"en": "Gone"}}},
        {"not_safe": {"means": "no_answer", "label": {"en": "Not safe"}}},
        {"gone": {"label": {"en": "Gone"}}},
        {"gone": {"means": "busy", "label": {}}},
        {"Gone!": {"means": "busy", "label": {"en": "Gone"}}},
        {"gone": {"means": "busy", "label": {"en": "Gone"}, "counts": "no"}},
    ],
)
def test_a_row_changes_no_meaning(rows):
    with pytest.raises(ValueError):
        DeskSettings.model_validate({"outcomes": rows})


def test_the_settings_know_the_meanings_of_the_table():
    assert tuple(Outcome) == MEANINGS


@pytest.mark.fault("H2")
def test_the_answer_to_a_further_question_stands_on_the_page_in_the_language_of_the_reader(parts, noy, line):
    _version, menu = parts.versions.live("helpline")
    yes = Choice(key="1", answer="yes", label={"en": "Yes", "lo": "ແມ່ນ"})
    no = Choice(key="2", answer="no", label={"en": "No", "lo": "ບໍ່"})
    further = replace(
        menu,
        fields={"children": Field(label={"en": "Children with her", "lo": "ມີເດັກນຳ"}, values=("yes", "no"))},
        screens={**menu.screens, "children": Question(id="children", asks="children", choices=(yes, no))},
    )
    publish(parts, serialization.dump_menu(further))
    wanted = line.requested(HER, children="yes", unknown_word="secret")
    page = text_of(noy.get(f"/callbacks/{wanted}"))
    assert "<li>Children with her: <bdi>Yes</bdi></li>" in page
    assert "secret" not in page
    noy.post("/language", language="lo")
    assert "<li>ມີເດັກນຳ: <bdi>ແມ່ນ</bdi></li>" in text_of(noy.get(f"/callbacks/{wanted}"))


def test_a_request_of_a_trial_phone_is_marked_in_the_list_and_on_its_page(parts, noy, line):
    real = line.requested(OTHER, when="now")
    trial = line.requested(HER, when="now", trial=True)
    queue = text_of(noy.get("/"))
    rows = {part.partition('"')[0]: part.partition("</li>")[0] for part in queue.split('id="row-')[1:]}
    assert ("Trial phone" in rows[trial], "Trial phone" in rows[real]) == (True, False)
    assert "Trial phone" in text_of(noy.get(f"/callbacks/{trial}")).partition("<article")[2]
    assert "Trial phone" not in text_of(noy.get(f"/callbacks/{real}")).partition("<article")[2]
