"""Passwords that are guessed early, one brake for every secret, what is on record, and the brake on numbers."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import Rejected, TooManyShown, Why
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import passwords, people, sign_in, two_factor
from gateway.storage import audit
from tests.support.desk_rig import Desk

PASSWORD, HERE, THERE = "a good long password", "192.0.2.1", "192.0.2.77"


def acts(desk: Desk) -> list[str]:
    with desk.parts.store.read() as tx:
        return [one.act for one in reversed(audit.list_latest(tx))]


def declined(deed) -> Why:
    with pytest.raises(Rejected) as found:
        deed()
    return found.value.why


def signed(desk: Desk, name: str = "Noy", role: Role = Role.COUNSELLOR):
    desk.person(name, role)
    owner = people.OWNER
    person = people.find_person(desk.parts, name)
    with desk.parts.store.write() as tx:
        people.people.set_password(tx, person.id, passwords.hash_password(PASSWORD))
    assert owner.person_id == ""
    return replace(people.make_actor(person), proved_at=desk.clock.now())


@pytest.mark.fault("K7")
class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "password123", "P@ssw0rd!", "Helpline2026!", "helplinehelpline", "qwertyuiop", "1q2w3e4r5t", "12345678",
            "87654321", "11112222", "iloveyou2026", "Vientiane2026", "Champasak1", "letmein99", "Sommai1234",
            "sommai sommai", "iammos2026", "24112026", "abcdefgh1", "aaaaaaaaaaaa", "supervisor1", "sabaidee2",
            "ສະບາຍດີ1", "สวัสดี2569", "рassword"[:0] + "PASSWORD", "Counsellor!", "short",
        ],
    )  # fmt: skip
    def test_what_is_guessed_early_is_declined(self, password):
        assert passwords.is_weak(password, "Sommai")

    @pytest.mark.parametrize(
        "password",
        ["a good long password", "bamboo river 47 kites", "ຂ້ອຍມັກກິນເຂົ້າໜຽວກັບປາ", "ไก่สามตัวข้ามสะพานไม้", "kV7#rrp2Lq", "x" * 3 + "correct horse battery"],
    )  # fmt: skip
    def test_length_and_words_of_ones_own_are_enough(self, password):
        assert not passwords.is_weak(password, "Sommai")

    def test_a_very_long_one_is_judged_in_no_time(self):
        assert not passwords.is_weak("two words and more " * 10, "Noy")


@pytest.mark.fault("K12")
class TestOneBrake:
    def guesses(self, deed, n: int = 30) -> list[Why]:
        return [declined(deed) for _ in range(n)]

    @pytest.mark.parametrize("door", ["off", "password", "prove", "confirm"])
    def test_every_secret_behind_the_door_is_slowed(self, light: Desk, door):
        actor = signed(light)
        if door != "password":
            setup = two_factor.set_up(light.parts, actor)
        if door == "off":
            code = pyotp.TOTP(setup.secret).at(int(light.clock.now().timestamp()))
            two_factor.confirm_factor(light.parts, actor, code)
        token = sign_in.sign_in(light.parts, "Noy", PASSWORD, HERE)
        deeds = {
            "off": lambda: two_factor.take_away(light.parts, actor, "000000", address=HERE),
            "confirm": lambda: two_factor.confirm_factor(light.parts, actor, "000000", address=HERE),
            "password": lambda: sign_in.set_password(
                light.parts, actor, old="guess", new="a wholly other password", address=HERE
            ),
            "prove": lambda: two_factor.prove_identity(
                light.parts, actor, token, password="guess", address=HERE
            ),
        }
        found = self.guesses(deeds[door])
        assert found.count(Why.SLOW_DOWN) >= 24
        assert found[-1] is Why.SLOW_DOWN

    def test_two_doors_are_not_twice_the_tries(self, light: Desk):
        actor = signed(light)
        self.guesses(lambda: sign_in.set_password(light.parts, actor, old="x", new=PASSWORD, address=HERE), 6)
        found = declined(lambda: two_factor.take_away(light.parts, actor, "000000", address=HERE))
        assert found is Why.SLOW_DOWN

    def test_a_change_of_the_helpline_phone_and_of_the_second_factor_asks_who_it_is(self, light: Desk):
        actor = signed(light)
        old = replace(actor, proved_at=light.clock.now() - two_factor.FRESH)
        for stale in (old, replace(actor, proved_at=None)):
            with pytest.raises(two_factor.NotFresh):
                people.set_number(light.parts, stale, stale.person_id, "+8562055500111")
            with pytest.raises(two_factor.NotFresh):
                two_factor.set_up(light.parts, stale)
        people.set_number(light.parts, actor, actor.person_id, "+8562055500111")


@pytest.mark.fault("K13")
def test_thirty_people_sign_in_from_one_office(light: Desk):
    signed(light)
    for _ in range(30):
        assert sign_in.sign_in(light.parts, "Noy", PASSWORD, HERE)


@pytest.mark.fault("K13")
def test_wrong_ones_from_an_address_are_still_slowed(light: Desk):
    for n in range(20):
        passwords.take_a_try(light.parts, f"name {n}", HERE)
    assert declined(lambda: passwords.take_a_try(light.parts, "name 21", HERE)) is Why.SLOW_DOWN
    passwords.take_a_try(light.parts, "name 21", THERE)


@pytest.mark.fault("K7")
class TestOnRecord:
    def test_sign_ins_and_failures_are(self, light: Desk):
        signed(light)
        token = sign_in.sign_in(light.parts, "Noy", PASSWORD, HERE)
        assert token is not None
        sign_in.sign_in(light.parts, "Noy", "guess", HERE)
        sign_in.sign_in(light.parts, "a password typed as a name", "guess", HERE)
        sign_in.sign_out(light.parts, token)
        assert acts(light)[-4:] == ["signed in", "password wrong", "password wrong", "signed out"]
        with light.parts.store.read() as tx:
            assert "typed as a name" not in repr(audit.list_latest(tx))

    def test_a_wrong_code_is_and_who_is_half_in_is_not_in(self, light: Desk):
        actor = signed(light)
        setup = two_factor.set_up(light.parts, actor)
        two_factor.confirm_factor(
            light.parts, actor, pyotp.TOTP(setup.secret).at(int(light.clock.now().timestamp()))
        )
        token = sign_in.sign_in(light.parts, "Noy", PASSWORD, HERE)
        assert token is not None
        declined(lambda: two_factor.enter_code(light.parts, token, "000000", HERE))
        assert acts(light)[-2:] == ["password right", "code refused"]


@pytest.mark.fault("K7")
class TestNumbers:
    def shows(self, desk: Desk, actor, n: int) -> None:
        """She is shown one number after the other, as fast as she can."""
        for nth in range(n):
            wanted = desk.requested(f"+85620555770{nth:02}", when="now")
            claim.claim_callback(desk.parts, actor, wanted)
            attempts.begin_call(desk.parts, actor, wanted)

    @pytest.fixture
    def tight(self, light: Desk) -> Desk:
        light.parts = replace(light.parts, line=replace(light.parts.line, reveals=3))
        return light

    def test_the_one_above_the_setting_waits_and_supervisors_are_told_once(self, tight: Desk):
        noy = tight.person("Noy", number="+8562055590001")
        tight.person("Boss", Role.SUPERVISOR, number="+8562055590002")
        tight.person("Dao", number="+8562055590003")
        self.shows(tight, noy, 3)
        for nth in (7, 8):
            wanted = tight.requested(f"+85620555771{nth:02}", when="now")
            claim.claim_callback(tight.parts, noy, wanted)
            with pytest.raises(TooManyShown) as held:
                attempts.begin_call(tight.parts, noy, wanted)
            assert held.value.until == tight.clock.now() + timedelta(hours=1)
        assert acts(tight).count("held back") == 2
        assert tight.rows("SELECT count(*) FROM outbox WHERE once LIKE 'shown:%'") == [(1,)]
        assert tight.rows("SELECT count(*) FROM attempts") == [(3,)]

    def test_after_the_hour_the_next_is_shown(self, tight: Desk):
        noy = tight.person("Noy", number="+8562055590001")
        self.shows(tight, noy, 3)
        tight.clock.forward(seconds=3600)
        wanted = tight.requested("+8562055577199", when="now")
        claim.claim_callback(tight.parts, noy, wanted)
        assert attempts.begin_call(tight.parts, noy, wanted).number == "+8562055577199"

    def test_looking_once_more_at_the_same_one_is_not_one_more(self, tight: Desk):
        noy = tight.person("Noy", number="+8562055590001")
        self.shows(tight, noy, 2)
        wanted = tight.requested("+8562055577155", when="now")
        claim.claim_callback(tight.parts, noy, wanted)
        for _ in range(5):
            attempts.begin_call(tight.parts, noy, wanted)
