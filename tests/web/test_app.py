"""The last words of a hop that nothing of ours could answer: with numbers to call, and without a gap in them.

And the addresses of the pages, of which only those that are named are prepared for it.
"""

import sys
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Map, Rule

from gateway.domain.events import USSD_LIMITS
from gateway.menus.engine.text_size import measure_text
from gateway.storage.database import Store
from gateway.web import app
from tests.support.clocks import SetClock
from tests.support.house import made_parts, publish
from tests.support.phone_rig import app_of


def test_they_come_from_the_live_menu_and_fit_a_page(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    publish(parts)
    down = app._find_last_words(parts)
    assert down
    assert "{" not in down
    assert any(character.isdigit() for character in down)
    assert measure_text(down).units <= USSD_LIMITS.gsm7
    assert down.isascii()


def test_without_a_menu_they_are_plain_english_and_no_number_of_another_country(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    assert app._find_last_words(parts) == f"Sorry, try again later. {parts.line.helpline}"


def list_compiled(work) -> list[object]:
    """The results of the functions that Werkzeug writes and compiles to build addresses, while this works."""
    wanted, found = Rule._compile_builder.__code__, []

    def note(frame, event, arg):
        if event == "return" and frame.f_code is wanted:
            found.append(arg)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


@pytest.fixture
def site() -> Flask:
    site = Flask("site", static_folder=None)
    site.url_rule_class = app._LateRule
    for rule in ("/", "/queue/<int:number>", "/files/<path:name>"):
        site.add_url_rule(rule, endpoint=rule)
    return site


def test_the_addresses_of_pages_are_prepared_when_they_are_first_named(site: Flask) -> None:
    assert list_compiled(site.url_map.update) == []
    adapter = site.url_map.bind("host")
    values = {"number": 7, "list": "open"}
    assert len(list_compiled(lambda: adapter.build("/queue/<int:number>", values))) == 1
    assert list_compiled(lambda: adapter.build("/queue/<int:number>", values)) == []


def test_they_are_those_that_werkzeug_builds(site: Flask) -> None:
    rules = [Rule(each.rule, endpoint=each.endpoint) for each in site.url_map.iter_rules()]
    adapter, plain = site.url_map.bind("host"), Map(rules).bind("host")
    for endpoint, values in (
        ("/", {}),
        ("/", {"a b": "ກ"}),
        ("/queue/<int:number>", {"number": 7}),
        ("/queue/<int:number>", {"number": 7, "list": "open"}),
        ("/files/<path:name>", {"name": "a/ກ?.csv"}),
    ):
        for unknown in (True, False):
            built = [each.build(endpoint, values, append_unknown=unknown) for each in (adapter, plain) * 2]
            assert len(set(built)) == 1, built
    with pytest.raises(BuildError):
        adapter.build("/queue/<int:number>", {})


def test_making_the_application_prepares_none(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    made: list[Flask] = []
    compiled = list_compiled(lambda: made.append(app_of(parts)))
    assert len(list(made[0].url_map.iter_rules())) > 100
    assert len(compiled) <= 6, "the webhooks' own three rules"
