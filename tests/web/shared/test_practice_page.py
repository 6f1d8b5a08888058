"""The page on how the centre works: what was typed stays, a fault stands beside its field, and when it was saved."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import delete

from gateway.channels.contract import ChannelConfig
from gateway.domain.permissions import Role
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.staff import centre_policy
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import outbox
from gateway.storage.tables import sign_ins
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

HERE = "/admin/how-we-work"


@pytest.fixture
def parts(parts):
    def line(name):
        contract = SimpleNamespace(real=True, carries_texts=True, silent_after=None, guide="")
        config = ChannelConfig(name=name, provider="none", menu="helpline")
        return SimpleNamespace(contract=contract, config=config)

    return replace(parts, channels={name: line(name) for name in ("africastalking", "android")})


@pytest.fixture
def app(parts):
    return pages_of(parts)


def came_in(parts, app, role=Role.SUPERVISOR):
    own = somebody(parts, "Boss", role, number="+8562055500111")
    browser = Browser(app.test_client()).carry(token_of(parts, "Boss"))
    browser.get("/me")
    return own, browser


@pytest.fixture
def boss(parts, app):
    return came_in(parts, app)[1]


def text_of(answer):
    return answer.get_data(as_text=True)


def test_the_policy_is_saved_and_the_page_says_when_and_by_whom(parts, boss, clock):
    answer = boss.post(f"{HERE}/policy", policy="Tell the supervisor.\r\nPromise nothing.")
    assert (answer.status_code, answer.location) == (303, f"{HERE}#policy")
    page = text_of(boss.get(HERE))
    assert "Saved 14:05." in page
    assert "Saved 14:05 by Boss." in page
    assert "Tell the supervisor.\nPromise nothing.</textarea>" in page
    assert referrals.read_policy(parts) == "Tell the supervisor.\nPromise nothing."
    clock.forward(hours=24)
    with parts.store.write() as tx:
        tx.execute(delete(sign_ins))
    boss.carry(token_of(parts, "Boss"))
    assert "Saved yesterday 14:05 by Boss." in text_of(boss.get(HERE))


def test_too_long_a_policy_is_said_beside_its_field_and_stays_typed(parts, boss):
    typed = "word " * 300
    answer = boss.post(f"{HERE}/policy", policy=typed)
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'id="policy-fault"' in page
    assert "This is too long" in page
    assert "policy-hint policy-fault" in page
    assert typed in page
    assert referrals.read_policy(parts) == ""


def test_the_order_of_the_lines_is_kept(parts, boss):
    data = {"road": ["android", "", "android"], "csrf_token": boss.csrf}
    assert boss.client.post(f"{HERE}/roads", data=data).location == f"{HERE}#roads"
    page = text_of(boss.get(HERE))
    assert page.count('<option value="android" selected>') == 1
    assert centre_policy.show_policy(parts, OWNER).order == ("android",)
    assert "by android" in page


def test_a_line_that_there_is_not_is_said_beside_the_field(parts, boss):
    answer = boss.post(f"{HERE}/roads", road="carrier pigeon")
    assert answer.status_code == 422
    assert 'id="roads-fault"' in text_of(answer)
    assert centre_policy.show_policy(parts, OWNER).order == ()


def test_without_a_line_the_page_says_who_helps(parts):
    bare = pages_of(replace(parts, channels={}))
    _, browser = came_in(parts, bare)
    page = text_of(browser.get(HERE))
    assert "No line is set up" in page
    assert "by no line" in page


def test_a_test_text_goes_from_here_and_leads_back_here(parts, app):
    own, browser = came_in(parts, app)
    mute = somebody(parts, "Mute")
    page = text_of(browser.get(HERE))
    assert f'action="/admin/people/{own}/test"' in page
    assert f"/admin/people/{mute}/test" not in page
    assert "no phone entered" in page
    answer = browser.post(f"/admin/people/{own}/test", back=HERE)
    assert (answer.status_code, answer.location) == (303, HERE)
    page = text_of(browser.get(HERE))
    assert "A test text is on its way" in page
    assert "waits to leave" in page
    with parts.store.read() as tx:
        row = outbox.find_latest_of_person(tx, own, once="test:")
    assert row is not None
    assert row.channel == "africastalking"


def test_the_way_back_of_a_test_is_only_ours(parts, app):
    own, browser = came_in(parts, app)
    answer = browser.post(f"/admin/people/{own}/test", back="https://evil.example/")
    assert answer.location == f"/admin/people#{own}"


def test_what_was_typed_is_shown_as_text(boss):
    boss.post(f"{HERE}/policy", policy="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in text_of(boss.get(HERE))


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_does_not_set_it(parts, app, role):
    _, browser = came_in(parts, app, role)
    assert browser.get(HERE).status_code == 403
    assert browser.post(f"{HERE}/policy", policy="mine").status_code == 403
    assert browser.post(f"{HERE}/roads").status_code == 403
