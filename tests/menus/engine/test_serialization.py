"""A published menu is one text that gives the same menu back."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from gateway.domain.events import USSD_LIMITS
from gateway.menus.engine.model import FORMAT, Fact, Variant, make_page_key
from gateway.menus.engine.paging import cut_screen
from gateway.menus.engine.screens import SCREEN_KINDS
from gateway.menus.engine.serialization import (
    WHOLE_LANGUAGE,
    UnreadableMenu,
    dump_menu,
    load_menu,
)
from gateway.menus.engine.wording import find_longest_values
from tests.support.examples import count_examples
from tests.support.house import sample
from tests.support.menu_builders import small_menu
from tests.support.menu_strategies import menus

MENU = small_menu(source="en", waiting={"lo": ("main", "sos.key7"), "th": ("main",)})


def test_round_trip_of_a_menu_with_stored_pages():
    pages = {
        make_page_key("ussd", "lo", name, -1): cut_screen(
            MENU, screen, -1, "lo", USSD_LIMITS, find_longest_values(MENU, "lo")
        )
        for name, screen in MENU.screens.items()
    }
    stored = replace(MENU, pages=pages)
    assert load_menu(dump_menu(stored)) == stored


def test_the_same_menu_is_the_same_text():
    assert dump_menu(MENU) == dump_menu(load_menu(dump_menu(MENU)))


def test_says_its_format():
    assert json.loads(dump_menu(MENU))["format"] == FORMAT


def test_a_menu_that_was_published_before_dates_and_old_facts_is_read_as_it_was():
    fields = json.loads(dump_menu(MENU))
    for fact in fields["facts"].values():
        for value in fact["values"]:
            del value["is_date"], value["when_old"]
    assert load_menu(json.dumps(fields | {"format": 1})) == MENU


def test_a_menu_that_was_published_before_messages_had_variants_is_read_as_it_was():
    fields = json.loads(dump_menu(MENU))
    del fields["message_variants"]
    assert load_menu(json.dumps(fields | {"format": 2})) == MENU


def test_the_wordings_of_a_message_come_back():
    variant = Variant(only_if={"region": ("LA",)}, text={"en": "In Laos", "lo": "ໃນລາວ"})
    told = replace(MENU, message_variants={"down": (variant,)})
    assert load_menu(dump_menu(told)) == told


@pytest.mark.fault("D1")
def test_what_an_earlier_release_called_a_draft_waits_as_a_whole():
    fields = json.loads(dump_menu(MENU))
    del fields["waiting"], fields["source"]
    old = load_menu(json.dumps(fields | {"format": 2, "drafts": ["lo", "th"]}))
    assert old.waiting == {"lo": (WHOLE_LANGUAGE,), "th": (WHOLE_LANGUAGE,)}


def test_dates_and_what_stands_in_for_old_facts_come_back():
    value = replace(
        MENU.facts["th.wage"].values[0],
        value="2025-07",
        is_date=True,
        when_old={"en": "ask us", "lo": "ຖາມພວກເຮົາ"},
    )
    told = replace(MENU, facts={"th.wage": Fact(id="th.wage", values=(value,))})
    again = load_menu(dump_menu(told))
    assert again == told
    assert again.facts["th.wage"].values[0] == value


def test_every_kind_has_a_word():
    assert {screen.kind for screen in MENU.screens.values()} == set(SCREEN_KINDS)


@settings(max_examples=count_examples(20), suppress_health_check=[HealthCheck.too_slow])
@given(menus())
def test_round_trip_of_any_sound_menu(menu):
    assert load_menu(dump_menu(menu)) == menu


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(format=FORMAT + 1),
        lambda fields: fields.pop("format"),
        lambda fields: fields.pop("screens"),
        lambda fields: fields.update(surprise=1),
        lambda fields: fields["screens"]["main"].update(kind="riddle"),
        lambda fields: fields["screens"]["main"].pop("choices"),
        lambda fields: fields["facts"]["th.wage"]["values"][0].update(valid_from="soon"),
        lambda fields: fields.update(keywords=[{"words": {}}]),
    ],
)
def test_what_is_no_menu_of_this_release_is_refused(change):
    fields = json.loads(dump_menu(MENU))
    change(fields)
    with pytest.raises(UnreadableMenu):
        load_menu(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(UnreadableMenu):
        load_menu(text)


def test_equal_pieces_are_held_once() -> None:
    pieces = [piece for pages in load_menu(sample()).pages.values() for page in pages for piece in page]
    assert len(set(map(id, pieces))) == len(set(pieces)) < len(pieces) / 2
