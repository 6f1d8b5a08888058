"""The pages as an app on a phone: manifest, service worker, a page for a lost line, and alerts switched on and off."""

import json
import re
from dataclasses import replace

import pytest

from gateway.channels.web_push import PushService
from gateway.domain.permissions import Role
from gateway.helpdesk.alerts import push_alerts
from gateway.helpdesk.staff import people
from gateway.storage import outbox
from tests.support.standin_push import PushedBrowser, text_of
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, parts_around, somebody, token_of


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    return replace(parts_around(sqlite_store, clock, tmp_path), push=PushService())


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def noy(app, parts):
    somebody(parts, "Noy")
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    browser.get("/me")
    return browser


def fields(endpoint="https://push.example/x"):
    browser = PushedBrowser()
    return {"endpoint": endpoint, "p256dh": text_of(browser.point), "auth": text_of(browser.auth)}


def listed(parts, name="Noy"):
    return push_alerts.list_subscriptions(parts, people.make_actor(people.find_person(parts, name)))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/sw.js", "text/javascript"),
        ("/offline", "text/html"),
    ],
)
def test_the_files_of_the_app_are_for_anyone_and_hold_nothing_of_anybody(app, address, kind):
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert "Set-Cookie" not in answer.headers


def test_the_page_for_a_lost_line_speaks_every_language_of_the_pages(app):
    page = app.test_client().get("/offline").get_data(as_text=True)
    for language, words in (("en", "No contact"), ("lo", "ບໍ່ມີການຕິດຕໍ່"), ("th", "ขาดการติดต่อ")):
        assert re.search(rf'lang="{language}">{words}<', page), language


def test_the_manifest_names_what_a_browser_needs(app):
    client = app.test_client()
    found = json.loads(client.get("/manifest.webmanifest").get_data())
    assert {"name", "start_url", "display", "icons", "id", "scope"} <= set(found)
    assert client.get(found["icons"][0]["src"], buffered=True).status_code == 200
    page = client.get("/sign-in")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page.get_data(as_text=True)
    assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_worker_keeps_one_page_and_its_styles(app):
    client = app.test_client()
    worker = client.get("/sw.js").get_data(as_text=True)
    (kept,) = re.findall(r"const STYLES = (\[.*?\]);", worker)
    for address in [*json.loads(kept), "/offline"]:
        assert client.get(address, buffered=True).status_code == 200
    assert worker.count("addAll") == 1
    assert ".put(" not in worker, "no page is kept as it comes"


def test_alerts_are_switched_on_listed_and_off_for_one_person(noy, app, parts):
    page = noy.get("/me").get_data(as_text=True)
    (key,) = re.findall(r'data-push="([\w-]{87})"', page)
    assert key
    answer = noy.client.post(
        "/me/push",
        data=fields() | {"csrf_token": noy.csrf},
        headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14)"},
    )
    assert answer.headers["Location"] == "/me#push"
    page = noy.get("/me").get_data(as_text=True)
    assert "Alerts are on for this browser." in page
    (one,) = listed(parts)
    assert one.device == "Android"
    assert "push.example" not in page
    somebody(parts, "Dao")
    dao = Browser(app.test_client()).carry(token_of(parts, "Dao"))
    assert one.id not in dao.get("/me").get_data(as_text=True)
    dao.post(f"/me/push/{one.id}/off")
    assert listed(parts) == (one,)
    noy.get("/me")
    noy.post("/me/push/test")
    with parts.store.read() as tx:
        assert [row.kind for row in outbox.list_rows(tx)] == ["push"]
    noy.post(f"/me/push/{one.id}/off")
    assert listed(parts) == ()
    assert "Alerts are off for that browser." in noy.get("/me").get_data(as_text=True)


@pytest.mark.parametrize(
    "change",
    [{"endpoint": "https://127.0.0.1/x"}, {"endpoint": ""}, {"p256dh": "x"}, {"auth": "x" * 999}],
)
def test_a_browser_that_cannot_is_said(noy, parts, change):
    noy.post("/me/push", **(fields() | change))
    assert listed(parts) == ()
    assert "This browser cannot take alerts." in noy.get("/me").get_data(as_text=True)


def test_signing_out_everywhere_ends_the_alerts_too(noy, parts):
    noy.post("/me/push", **fields())
    noy.post("/me/sign-out-everywhere")
    assert listed(parts) == ()


def test_who_does_not_work_the_queue_is_not_asked(app, parts):
    somebody(parts, "Anna", Role.READER)
    anna = Browser(app.test_client()).carry(token_of(parts, "Anna"))
    assert "data-push" not in anna.get("/me").get_data(as_text=True)
    assert anna.post("/me/push", **fields()).status_code == 403
