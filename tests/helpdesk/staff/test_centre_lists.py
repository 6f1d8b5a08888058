"""What the centre counts, speaks and is asked about are rows: of its settings, and of its menus; the code knows none."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import SettingsError, load_settings
from gateway.bootstrap import read_desk
from gateway.domain.permissions import Role
from gateway.foundation.services import DeskConfig
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.requests import case_record, referrals
from gateway.helpdesk.staff import people
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics, list_words, name_word
from gateway.storage import people as rows
from gateway.storage.notes import Referral
from tests.support.desk_rig import Desk
from tests.support.house import publish

KHMER = DeskConfig(
    languages={"km": "ខ្មែរ", "cja": "Cham"},
    lists={
        "country": {"cambodia": {"en": "Cambodia", "km": "កម្ពុជា"}},
        "sector": {"brick_kiln": {"en": "Brick kilns"}},
    },
)


@pytest.fixture
def desk(light: Desk) -> Desk:
    publish(light.parts)
    return Desk(replace(light.parts, desk=KHMER), light.clock)


@pytest.mark.fault("H5")
@pytest.mark.parametrize("tag", ["kjg", "hmn", "vi", "lo", "th", "en"])
def test_a_counsellor_may_speak_whatever_the_shipped_settings_and_the_menus_name(
    light: Desk, tag: str
) -> None:
    publish(light.parts)
    chief, noy = light.person("Chief", Role.ADMINISTRATOR), light.person("Noy")
    people.set_details(light.parts, chief, noy.person_id, languages=(tag, "xx"), gender="")
    with light.parts.store.read() as tx:
        kept = rows.by_id(tx, noy.person_id)
    assert kept is not None
    assert kept.languages == (tag,)
    assert name_word(light.parts, "language", tag, "en")


@pytest.mark.fault("H5")
def test_the_lists_are_those_of_the_settings_and_nothing_of_another_country(desk: Desk) -> None:
    words = list_words(desk.parts)
    assert words["country"] == ("cambodia", "other")
    assert words["sector"] == ("brick_kiln", "other")
    assert words["complaint"] == ("other",)
    assert words["currency"] == ()
    assert name_word(desk.parts, "tick", "cambodia", "km") == "កម្ពុជា"
    assert name_word(desk.parts, "tick", "brick_kiln", "lo") == "Brick kilns"
    assert list(list_languages(desk.parts)) == ["lo", "th", "en", "km", "cja"]


@pytest.mark.fault("H5")
def test_a_word_that_no_row_has_is_declined_and_one_that_was_kept_before_stays_readable(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.asks()
    with pytest.raises(Rejected):
        case_record.save_form(desk.parts, noy, callback, {"country": "thailand"})
    assert name_word(desk.parts, "tick", "thailand", "en") == ""


@pytest.mark.fault("H2")
def test_topics_are_those_of_the_live_menus(desk: Desk) -> None:
    assert list_topics(desk.parts) == (
        "pay",
        "hours",
        "papers",
        "injury",
        "going",
        "money",
        "danger",
        "other",
    )
    assert name_word(desk.parts, "topic", "pay", "lo") == "ຄ່າແຮງ"
    assert name_word(desk.parts, "topic", "dropped_since", "lo") == ""
    boss = desk.person("Boss", Role.SUPERVISOR)
    entry = Referral(
        id="", team="", name="Union", number="1546", topics=("pay", "violence"), languages=("cja", "lo")
    )
    made = referrals.save_entry(desk.parts, boss, entry)
    [kept] = [one for one in referrals.list_entries(desk.parts, boss) if one.id == made]
    assert (kept.topics, kept.languages) == (("pay",), ("lo", "cja"))


@pytest.mark.fault("H5")
def test_a_slip_in_the_lists_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[desk.languages]\n"Khmu language" = "x"\n[desk.countries]\nlaos = {en = "Laos"}\n')
    with pytest.raises(SettingsError) as error:
        load_settings({"GATEWAY_CONFIG": str(file)})
    assert len(error.value.faults) == 2
    assert any("did you mean 'country'" in fault for fault in error.value.faults)


def test_without_rows_there_is_only_something_else(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("")
    assert read_desk(load_settings({"GATEWAY_CONFIG": str(file)}).file.desk).languages == {}
