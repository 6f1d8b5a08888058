"""Sign-ins and links: rows that end, guesses that slow down, and nothing that tells a name from a password."""

from datetime import timedelta

import pytest
from argon2 import Type, extract_parameters

from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import passwords, people, sign_in
from gateway.helpdesk.staff.people import OWNER
from tests.support.cheap_hashes import hash_as_in_use
from tests.support.web_surroundings import PASSWORD, parts_around, somebody, token_of

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def desk(store, clock, tmp_path):
    return parts_around(store, clock, tmp_path)


@pytest.fixture
def light(sqlite_store, clock, tmp_path):
    return parts_around(sqlite_store, clock, tmp_path)


def guess(parts, name="Noy", address=HERE):
    """One wrong guess; the slow hash is left out, the counting is the real one."""
    passwords.take_a_try(parts, name.casefold(), address)


def declined_for(parts, name="Noy", address=HERE) -> int:
    try:
        guess(parts, name, address)
    except Rejected as declined:
        return declined.seconds if declined.why is Why.SLOW_DOWN else -1
    return 0


def test_name_and_password_let_in(desk):
    somebody(desk, "ນາງ ນ້ອຍ")
    token = sign_in.sign_in(desk, " ນາງ  ນ້ອຍ", PASSWORD, HERE)
    who = sign_in.find_signed_in(desk, token)
    assert (who.actor.name, who.actor.role) == ("ນາງ ນ້ອຍ", "counsellor")
    assert who.person.name == who.actor.name


@pytest.mark.parametrize(("name", "password"), [("Noy", "wrong password"), ("Nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_one_answer(light, name, password):
    somebody(light, "Noy")
    assert sign_in.sign_in(light, name, password, HERE) is None


def test_a_wrong_name_takes_the_time_of_a_wrong_password(light, monkeypatch):
    somebody(light, "Noy")
    looked_at = []
    real = sign_in.passwords.matches_password
    monkeypatch.setattr(
        sign_in.passwords,
        "matches_password",
        lambda password, stored: looked_at.append(stored) or real(password, stored),
    )
    for name in ("Noy", "Nobody"):
        assert sign_in.sign_in(light, name, "wrong password", HERE) is None
    assert len(looked_at) == 2


def test_the_removed_do_not_get_in(light):
    people.disable_person(light, OWNER, somebody(light, "Noy"))
    assert sign_in.sign_in(light, "Noy", PASSWORD, HERE) is None


def test_a_sign_in_is_a_row_that_sign_out_ends(desk):
    somebody(desk, "Noy")
    token = token_of(desk, "Noy")
    sign_in.sign_out(desk, token)
    assert sign_in.find_signed_in(desk, token) is None


def test_the_token_is_not_in_the_database(light, tmp_path):
    somebody(light, "Noy")
    token = sign_in.sign_in(light, "Noy", PASSWORD, HERE)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.db*"))
    assert token.encode() not in raw


def test_an_idle_sign_in_ends_and_polling_does_not_keep_it(desk, clock):
    somebody(desk, "Noy")
    token = token_of(desk, "Noy")
    clock.forward(minutes=100)
    assert sign_in.find_signed_in(desk, token, acts=False)
    clock.forward(minutes=21)
    assert sign_in.find_signed_in(desk, token) is None


def test_acting_keeps_a_sign_in_until_twelve_hours(desk, clock):
    somebody(desk, "Noy")
    token = token_of(desk, "Noy")
    for _ in range(11):
        clock.forward(hours=1)
        assert sign_in.find_signed_in(desk, token)
    clock.forward(hours=1)
    assert sign_in.find_signed_in(desk, token) is None


def test_a_new_password_ends_every_sign_in_and_opens_one(light):
    somebody(light, "Noy")
    old = token_of(light, "Noy")
    actor = sign_in.find_signed_in(light, old).actor
    with pytest.raises(Rejected) as declined:
        sign_in.set_password(light, actor, old="not it", new="another long password")
    assert declined.value.why is Why.WRONG
    new = sign_in.set_password(light, actor, old=PASSWORD, new="another long password")
    assert sign_in.find_signed_in(light, old) is None
    assert sign_in.find_signed_in(light, new).actor == actor


class TestGuessing:
    def test_a_few_wrong_tries_are_free_then_each_waits_longer(self, desk, clock):
        waits = []
        for _ in range(9):
            while wait := declined_for(desk):
                waits.append(wait)
                clock.forward(seconds=wait)
        assert waits == [3, 5, 9, 17]

    def test_ten_thousand_guesses_get_fewer_than_fifty_looks_an_hour(self, light, clock):
        looked, end = 0, clock.now() + timedelta(hours=1)
        while clock.now() < end:
            wait = declined_for(light)
            looked += not wait
            clock.forward(seconds=wait or 0.1)
        assert 10 < looked < 50

    def test_many_addresses_do_not_help(self, light):
        waits = [declined_for(light, address=f"203.0.113.{n}") for n in range(20)]
        assert waits.count(0) == 5

    def test_many_names_from_one_address_do_not_help(self, light):
        waits = [declined_for(light, name=f"name {n}") for n in range(40)]
        assert waits.count(0) == 20

    def test_an_ipv6_subscriber_is_one_address(self, light):
        waits = [declined_for(light, name=f"name {n}", address=f"2001:db8:1:2::{n:x}") for n in range(40)]
        assert waits.count(0) == 20

    @pytest.mark.fault("K13")
    def test_ipv4_shown_inside_ipv6_is_not_one_address(self, light):
        waits = [declined_for(light, name=f"name {n}", address=f"::ffff:203.0.113.{n}") for n in range(40)]
        assert waits.count(0) == 40
        waits = [declined_for(light, name=f"name {n}", address=f"203.0.113.7:{n}") for n in range(60, 100)]
        assert waits.count(0) == 19

    def test_a_stranger_does_not_keep_the_owner_out(self, light):
        somebody(light, "Noy")
        sign_in.sign_in(light, "Noy", PASSWORD, HERE)
        for n in range(30):
            declined_for(light, address=f"203.0.113.{n}")
        assert sign_in.sign_in(light, "Noy", PASSWORD, HERE)

    def test_getting_in_forgets_the_tries(self, light):
        somebody(light, "Noy")
        for _ in range(4):
            guess(light)
        assert sign_in.sign_in(light, "Noy", PASSWORD, HERE)
        assert [declined_for(light) for _ in range(5)] == [0] * 5

    def test_while_slowed_even_the_right_password_waits(self, light):
        somebody(light, "Noy")
        for _ in range(5):
            guess(light, address=THERE)
        with pytest.raises(Rejected):
            sign_in.sign_in(light, "Noy", PASSWORD, THERE)


class TestLinks:
    def test_the_first_link_makes_the_first_administrator_once(self, desk):
        token = people.invite_first_administrator(desk)
        signed = sign_in.accept_invitation(desk, token, name="Boss Lady", password=PASSWORD)
        assert sign_in.find_signed_in(desk, signed).actor.role == "administrator"
        assert people.invite_first_administrator(desk) is None
        with pytest.raises(Rejected) as declined:
            sign_in.accept_invitation(desk, token, name="Another", password=PASSWORD)
        assert declined.value.why is Why.LINK

    def test_a_newer_first_link_kills_the_older(self, desk):
        old, new = people.invite_first_administrator(desk), people.invite_first_administrator(desk)
        assert sign_in.find_invited(desk, old) is None
        assert sign_in.find_invited(desk, new) is not None

    def test_the_first_link_is_good_for_half_an_hour(self, desk, clock):
        token = people.invite_first_administrator(desk)
        clock.forward(minutes=29)
        assert sign_in.find_invited(desk, token)
        clock.forward(minutes=1)
        assert sign_in.find_invited(desk, token) is None
        assert people.invite_first_administrator(desk)

    def test_a_wrong_choice_does_not_use_the_link_up(self, desk):
        somebody(desk, "Noy")
        token = people.invite_first_administrator(desk)
        for name, password, reason in [
            ("x", PASSWORD, Why.NAME),
            ("noy", PASSWORD, Why.NAME_TAKEN),
            ("Boss", "short", Why.PASSWORD),
        ]:
            with pytest.raises(Rejected) as declined:
                sign_in.accept_invitation(desk, token, name=name, password=password)
            assert declined.value.why is reason
        assert sign_in.accept_invitation(desk, token, name="Boss", password=PASSWORD)

    def test_an_invited_person_keeps_the_name_they_were_given(self, desk):
        own = people.add_person(desk, OWNER, name="Noy", role="counsellor")
        token = people.invite_person(desk, OWNER, own)
        signed = sign_in.accept_invitation(desk, token, name="Somebody Else", password=PASSWORD)
        assert sign_in.find_signed_in(desk, signed).actor.name == "Noy"

    def test_removal_kills_the_link(self, desk):
        own = people.add_person(desk, OWNER, name="Noy", role="counsellor")
        token = people.invite_person(desk, OWNER, own)
        people.disable_person(desk, OWNER, own)
        assert sign_in.find_invited(desk, token) is None


def test_the_products_own_hash_costs_what_it_should(monkeypatch):
    """The other tests hash cheaply; this one as in use: OWASP asks for Argon2id, 46 MiB and one pass at least."""
    hash_as_in_use(monkeypatch)
    stored = passwords.hash_password("made up for a test")
    cost = extract_parameters(stored)
    assert (cost.type, cost.parallelism) == (Type.ID, 1)
    assert cost.memory_cost >= 46 * 1024
    assert cost.time_cost >= 2
    assert cost.salt_len >= 16
    assert passwords.matches_password("made up for a test", stored)
    assert not passwords.matches_password("made up for another", stored)
    assert extract_parameters(passwords.NOBODY) == cost


def test_a_name_that_nobody_bears_costs_a_hash_of_todays_settings(monkeypatch):
    """Else the time of an answer would tell whether there is such a person."""
    hash_as_in_use(monkeypatch)
    assert not passwords.is_dated(passwords.NOBODY)
    assert not passwords.is_dated(passwords.hash_password("made up for a test")), (
        "the settings that it is compared with"
    )
