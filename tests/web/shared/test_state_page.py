"""What is wrong stands on every page of administrators, and on the one that is left while the database is away."""

import html
from dataclasses import replace

import pytest
from sqlalchemy import text

from gateway.domain.permissions import Role
from gateway.storage.database import DiskFull
from gateway.storage.live_menus import Versions
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

DATABASE = "<b>The database</b> Callers still read the menu"


@pytest.fixture
def come(parts):
    publish(parts)

    def come(name="Boss", role=Role.ADMINISTRATOR, **changed):
        around = replace(parts, **changed)
        somebody(around, name, role)
        return Browser(pages_of(around).test_client()).carry(token_of(around, name))

    return come


def said(browser, where="/admin/people"):
    answer = browser.get(where)
    return answer.status_code, html.unescape(answer.get_data(as_text=True))


def test_without_a_database_an_administrator_is_told_which_part_is_down(parts, come):
    boss = come()
    assert said(boss)[0] == 200
    parts.store.shut()
    status, page = said(boss)
    assert status == 503
    assert DATABASE in page
    assert "Whoever runs the server starts the database" in page
    parts.store.reopen()
    assert DATABASE not in said(boss)[1]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_is_told(parts, come, role):
    noy = come("Noy", role)
    noy.get("/me")
    parts.store.shut()
    status, page = said(noy, "/me")
    assert status == 503
    assert DATABASE not in page


def test_whoever_signed_out_or_is_a_stranger_is_not_told(parts, come):
    boss = come()
    boss.get("/admin/people")
    boss.post("/sign-out")
    stranger = Browser(boss.client.application.test_client()).carry("x" * 64)
    parts.store.shut()
    for one in (boss.carry("x" * 64), stranger):
        status, page = said(one)
        assert status == 503
        assert DATABASE not in page


def test_it_ends_twelve_hours_after_the_last_page(parts, come, clock):
    boss = come()
    boss.get("/admin/people")
    clock.forward(hours=12, minutes=1)
    parts.store.shut()
    assert DATABASE not in said(boss)[1]


def test_a_sign_in_that_was_ended_elsewhere_ends_it_at_the_next_page(parts, come):
    boss = come()
    boss.get("/admin/people")
    parts.store.run(lambda tx: tx.execute(text("DELETE FROM sign_ins")))
    assert said(boss)[0] == 302
    parts.store.shut()
    assert DATABASE not in said(boss)[1]


def test_a_damaged_version_stands_on_every_page_of_administrators_and_on_no_other(parts, come):
    boss, noy = come(), come("Noy", Role.SUPERVISOR)
    publish(parts)
    parts.store.run(
        lambda tx: tx.execute(
            text("UPDATE versions SET compiled='{' WHERE number=(SELECT max(number) FROM versions)")
        )
    )
    for copy in parts.versions._folder.glob("*.json"):
        copy.unlink()
    parts.versions._held = Versions(parts.store, parts.versions._folder)._held  # as after a restart
    parts.versions.refresh()
    for where in ("/admin/people", "/admin/settings", "/admin/menus", "/admin/state"):
        status, page = said(boss, where)
        assert status == 200
        assert "<b>The newest version of the menu</b>" in page, where
    assert "The newest version of the menu</b>" not in said(noy)[1]


def test_a_disk_that_cannot_be_used_stands_on_every_page(parts, come, tmp_path):
    boss = come(data_dir=tmp_path / "gone")
    for where in ("/admin/people", "/admin/begin", "/admin/state"):
        assert "<b>The disk of the server</b>" in said(boss, where)[1]


def test_on_a_full_disk_the_page_that_is_refused_names_it_too(parts, come, tmp_path, monkeypatch):
    boss = come(data_dir=tmp_path / "gone")
    boss.get("/admin/people")

    def refuse(*_args):
        raise DiskFull("full")

    monkeypatch.setattr(parts.store, "run", refuse)
    answer = boss.post("/admin/how-we-work/policy", policy="call the head")
    assert answer.status_code == 503
    page = answer.get_data(as_text=True)
    assert "The disk of the server is full" in page
    assert "<b>The disk of the server</b>" in page
    assert "call the head" in page, "what was typed is shown for copying"


def test_when_all_is_well_it_says_so_and_no_notice_stands_anywhere(parts, come):
    boss = come()
    page = said(boss)[1]
    assert "What is wrong, and what to do" not in page
