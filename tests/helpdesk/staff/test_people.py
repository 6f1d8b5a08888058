"""People: names, roles, the last administrator, links, numbers, duty; on both databases where rows matter."""

from datetime import date

import pytest

from gateway.domain.permissions import NotPermitted, Role
from gateway.foundation.services import DeskConfig
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import passwords, people, shifts, sign_in
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import audit
from gateway.storage import people as rows
from tests.support import house
from tests.support.web_surroundings import PASSWORD, parts_around, somebody, token_of


@pytest.fixture
def desk(store, clock, tmp_path):
    return parts_around(store, clock, tmp_path)


@pytest.fixture
def light(sqlite_store, clock, tmp_path):
    return parts_around(sqlite_store, clock, tmp_path)


def why(declined) -> Why:
    return declined.value.why


def person(parts, person_id):
    with parts.store.read() as tx:
        return rows.by_id(tx, person_id)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Noy", "Noy"),
        ("  Noy   Vong ", "Noy Vong"),
        ("ນາງ ນ້ອຍ", "ນາງ ນ້ອຍ"),
        ("สมหญิง ใจดี", "สมหญิง ใจดี"),
        ("Đặng Thị Hoa", "Đặng Thị Hoa"),
        ("x" * 40, "x" * 40),
        ("No\u202ey", "Noy"),
        ("A", None),
        ("x" * 41, None),
        ("12", None),
        ("", None),
        ("\u200b\u200b\u200b", None),
        ("\ufdfa" * 40, None),
    ],
)
def test_a_name_is_of_any_script_and_2_to_40_characters(written, name):
    assert passwords.tidy_name(written) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Noy", "NOY"),
        ("Noy Vong", "noy  vong"),
        ("Đặng", "Đ\u0103\u0323ng"),
        ("Straße", "STRASSE"),
        ("ນ\u0eb3", "ນ\u0ecd\u0eb2"),
        ("N\u200boy", "Noy"),
        ("Noy", "Noy"),
    ],
)
def test_two_spellings_of_a_name_are_one_name(one, other):
    assert passwords.name_key(one) == passwords.name_key(other)


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaa", "noy vong", "x y" * 100])
def test_a_weak_password_is_declined(light, weak):
    with pytest.raises(Rejected) as declined:
        people.add_person(light, OWNER, name="Noy Vong", role="counsellor", password=weak)
    assert why(declined) is Why.PASSWORD


def test_a_password_is_kept_as_a_slow_hash_only(desk):
    person_id = somebody(desk)
    with desk.store.read() as tx:
        stored = rows.read_password_hash(tx, person_id)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert passwords.matches_password(PASSWORD, stored)
    assert not passwords.matches_password(PASSWORD + "x", stored)
    assert not passwords.matches_password(PASSWORD, None)
    assert not passwords.matches_password(PASSWORD, "no hash at all")


def test_a_name_is_had_once_and_free_again_after_removal(desk):
    first = somebody(desk, "Noy")
    with pytest.raises(Rejected) as declined:
        people.add_person(desk, OWNER, name="NOY", role="reader")
    assert why(declined) is Why.NAME_TAKEN
    people.disable_person(desk, OWNER, first)
    assert people.add_person(desk, OWNER, name="Noy", role="reader") != first
    assert person(desk, first).name == "Noy"


@pytest.mark.parametrize("role", ["", "boss", "Administrator "])
def test_there_are_five_roles(light, role):
    with pytest.raises(Rejected) as declined:
        people.add_person(light, OWNER, name="Noy", role=role)
    assert why(declined) is Why.ROLE


CHANGES = {
    "add": lambda parts, actor, _: people.add_person(parts, actor, name="New One", role="reader"),
    "invite": people.invite_person,
    "set_role": lambda parts, actor, i: people.set_role(parts, actor, i, "reader"),
    "disable": people.disable_person,
    "end_sign_ins": people.end_sign_ins,
    "set_details": lambda parts, actor, i: people.set_details(parts, actor, i, languages=(), gender=""),
    "set_number": lambda parts, actor, i: people.set_number(parts, actor, i, "+8562055500111"),
    "set_duty": lambda parts, actor, i: people.set_duty(parts, actor, i, on=True),
    "everybody": lambda parts, actor, _: people.list_people(parts, actor),
}
MAY = {
    "counsellor": set(),
    "supervisor": {"set_duty", "everybody"},
    "administrator": set(CHANGES),
    "reader": set(),
    "translator": set(),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("change", CHANGES)
def test_who_may_change_somebody_else(light, role, change):
    people.add_person(light, OWNER, name="Actor", role=role)
    other = people.add_person(light, OWNER, name="Other", role="counsellor")
    actor = people.find_actor(light, "Actor")
    if change in MAY[role]:
        CHANGES[change](light, actor, other)
    else:
        with pytest.raises(NotPermitted):
            CHANGES[change](light, actor, other)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sets_their_own_duty_and_helpline_phone(light, role):
    own = people.add_person(light, OWNER, name="Own", role=role)
    actor = people.find_actor(light, "Own")
    people.set_duty(light, actor, own, on=True)
    people.set_number(light, actor, own, "020 55 500 111")
    found = person(light, own)
    assert found.on_duty
    assert found.number == "+8562055500111"
    people.set_number(light, actor, own, " ")
    assert person(light, own).number is None


@pytest.mark.parametrize("written", ["123", "nonsense", "+881612345678", "+66 1900 000 000"])
def test_a_helpline_phone_is_a_number_that_can_be_called(light, written):
    own = people.add_person(light, OWNER, name="Own", role="counsellor")
    with pytest.raises(Rejected) as declined:
        people.set_number(light, people.find_actor(light, "Own"), own, written)
    assert why(declined) is Why.NUMBER


def test_the_last_administrator_stays(desk):
    one = somebody(desk, "One", "administrator")
    people.add_person(desk, OWNER, name="Invited Only", role="administrator")
    for change in (people.disable_person, lambda p, a, i: people.set_role(p, a, i, "reader")):
        with pytest.raises(Rejected) as declined:
            change(desk, OWNER, one)
        assert why(declined) is Why.LAST_ADMINISTRATOR
    somebody(desk, "Two", "administrator")
    people.set_role(desk, OWNER, one, "reader")
    assert person(desk, one).role == "reader"


@pytest.mark.parametrize("change", ["role", "removal", "reset", "sign-out"])
def test_what_ends_every_sign_in(desk, change):
    somebody(desk, "Boss", "administrator")
    own = somebody(desk, "Noy")
    token = token_of(desk, "Noy")
    assert sign_in.find_signed_in(desk, token).actor.name == "Noy"
    act = {
        "role": lambda: people.set_role(desk, OWNER, own, "supervisor"),
        "removal": lambda: people.disable_person(desk, OWNER, own),
        "reset": lambda: people.invite_person(desk, OWNER, own),
        "sign-out": lambda: people.end_sign_ins(desk, OWNER, own),
    }
    act[change]()
    assert sign_in.find_signed_in(desk, token) is None


def test_a_reset_ends_the_old_password_too(desk):
    own = somebody(desk, "Noy")
    people.invite_person(desk, OWNER, own)
    assert sign_in.sign_in(desk, "Noy", PASSWORD, "192.0.2.1") is None


def test_nobody_acts_on_the_removed_or_the_unknown(light):
    own = somebody(light, "Noy")
    people.disable_person(light, OWNER, own)
    for person_id in (own, "no-such-person"):
        with pytest.raises(Rejected) as declined:
            people.set_duty(light, OWNER, person_id, on=True)
        assert why(declined) is Why.NOBODY
    with pytest.raises(Rejected):
        people.find_actor(light, "Noy")
    with pytest.raises(Rejected):
        people.find_actor(light, "-")


def test_every_change_is_on_record_without_personal_data(desk, clock):
    own = somebody(desk, "Noy")
    clock.forward(seconds=1)
    people.set_number(desk, OWNER, own, "+8562055500111")
    clock.forward(seconds=1)
    people.set_duty(desk, OWNER, own, on=True)
    clock.forward(seconds=1)
    people.disable_person(desk, OWNER, own)
    with desk.store.read() as tx:
        acts = audit.list_about(tx, "person", own)
    assert [(entry.act, entry.detail) for entry in acts] == [
        ("person.add", "counsellor"),
        ("person.number", ""),
        ("person.duty", "on"),
        ("person.remove", ""),
    ]


def test_languages_are_those_we_know_and_in_our_order(sqlite_store, clock, tmp_path):
    """Those of the live menu come first, then those that the settings name beside them."""
    desk = DeskConfig(languages={"km": "ភាសាខ្មែរ", "vi": "Tiếng Việt", "th": "ไทย"})
    light = parts_around(sqlite_store, clock, tmp_path, desk=desk)
    own = people.add_person(light, OWNER, name="Noy", role="counsellor")
    given = ("vi", "th", "xx", "km", "lo", "lo-Latn")
    people.set_details(light, OWNER, own, languages=given, gender="other")
    assert (person(light, own).languages, person(light, own).gender) == (("km", "vi", "th"), "")
    house.publish(light)
    people.set_details(light, OWNER, own, languages=given, gender="other")
    assert person(light, own).languages == ("lo", "th", "km", "vi")


def test_who_is_on_duty_is_asked_by_team_and_role(desk):
    a, b = somebody(desk, "A One"), somebody(desk, "B Two", "reader")
    for one in (a, b):
        people.set_duty(desk, OWNER, one, on=True)
    with desk.store.read() as tx:
        assert [p.id for p in rows.list_on_duty(tx, "main", ("counsellor", "supervisor"))] == [a]
        assert rows.list_on_duty(tx, "elsewhere", ("counsellor",)) == ()


MONDAY = date(2026, 12, 7)
TWICE = {
    "role": lambda parts, own: people.set_role(parts, OWNER, own, "supervisor"),
    "languages": lambda parts, own: people.set_details(parts, OWNER, own, languages=(), gender="woman"),
    "number": lambda parts, own: people.set_number(parts, OWNER, own, "+8562055500111"),
    "duty": lambda parts, own: people.set_duty(parts, OWNER, own, on=True),
    "capacity": lambda parts, own: people.set_capacity(parts, OWNER, own, 3),
    "by text": lambda parts, own: people.set_by_text(parts, OWNER, own, on=True),
    "back again": lambda parts, own: shifts.cancel_absence(parts, OWNER, own, MONDAY),
    "no holiday": lambda parts, _own: shifts.drop_holiday(parts, OWNER, MONDAY),
}


@pytest.mark.fault("Q13")
@pytest.mark.parametrize("name", TWICE)
def test_what_changed_nothing_is_not_on_record_as_a_change(desk, name):
    """A second press, and what a colleague was quicker to do."""
    own = somebody(desk, "Noy")
    shifts.set_away(desk, OWNER, own, MONDAY, MONDAY)
    shifts.set_holiday(desk, OWNER, MONDAY, "x")
    before = count_entries(desk)
    for _ in range(3):
        TWICE[name](desk, own)
    assert count_entries(desk) == before + 1


def count_entries(parts):
    with parts.store.read() as tx:
        return len(audit.list_page(tx, limit=100))
