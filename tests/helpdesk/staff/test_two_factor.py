"""The second factor, recovery codes, the list of sign-ins, and showing once more who one is."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from gateway.domain.permissions import ROLES, Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people, sign_in, two_factor
from tests.support.desk_rig import Desk

PASSWORD, HERE = "a good long password", "192.0.2.1"


@pytest.fixture
def chief(light: Desk) -> Actor:
    owner = light.person("Owner", Role.ADMINISTRATOR)
    people.add_person(light.parts, owner, name="Chief", role="supervisor", password=PASSWORD)
    return people.find_actor(light.parts, "Chief")


def code_of(desk: Desk, secret: str, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(desk.clock.now().timestamp()) + 30 * steps)


def switched_on(desk: Desk, actor: Actor) -> tuple[str, tuple[str, ...]]:
    """The second factor of this person is asked for; its secret and its recovery codes."""
    setup = two_factor.set_up(desk.parts, actor)
    codes = two_factor.confirm_factor(desk.parts, actor, code_of(desk, setup.secret))
    desk.clock.forward(seconds=30)
    return setup.secret, codes


def signed_in(desk: Desk) -> str:
    token = sign_in.sign_in(desk.parts, "Chief", PASSWORD, HERE, device="Firefox, Android")
    assert token is not None
    return token


def is_fresh(desk: Desk, token: str) -> bool:
    """Whether whoever is signed in under this token may take something out now."""
    found = sign_in.find_signed_in(desk.parts, token)
    assert found is not None
    try:
        two_factor.ask_fresh(desk.parts, found.actor)
    except two_factor.NotFresh:
        return False
    return True


def why(deed) -> Why:
    with pytest.raises(Rejected) as declined:
        deed()
    return declined.value.why


def test_without_one_a_supervisor_is_in_and_may_nothing(light: Desk, chief: Actor) -> None:
    token = signed_in(light)
    found = sign_in.find_signed_in(light.parts, token)
    assert found is not None
    assert found.lacks_second_factor
    assert not found.actor.permissions
    assert not two_factor.waits_for_factor(light.parts, token)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("asked", [True, False])
def test_whose_role_needs_one(light: Desk, role: Role, asked: bool) -> None:
    parts = replace(light.parts, asks_second_factor=asked)
    owner = light.person("Owner", Role.ADMINISTRATOR)
    people.add_person(parts, owner, name="Chief", role=role, password=PASSWORD)
    found = sign_in.find_signed_in(parts, signed_in(light))
    assert found is not None
    works = role not in {Role.READER, Role.TRANSLATOR}
    needs = asked and works
    assert found.lacks_second_factor is needs
    assert found.actor.permissions == (frozenset() if needs else ROLES[role])
    assert two_factor.is_wanted(found.actor) is works


def test_a_new_role_is_asked_for_one_at_the_next_sign_in(light: Desk) -> None:
    owner = light.person("Owner", Role.ADMINISTRATOR)
    noy = people.add_person(light.parts, owner, name="Chief", role="counsellor", password=PASSWORD)
    before = signed_in(light)
    people.set_role(light.parts, owner, noy, "supervisor")
    assert sign_in.find_signed_in(light.parts, before) is None
    found = sign_in.find_signed_in(light.parts, signed_in(light))
    assert found is not None
    assert found.lacks_second_factor


def test_turning_it_on_ends_every_other_sign_in(light: Desk, chief: Actor) -> None:
    thief, here = signed_in(light), signed_in(light)
    setup = two_factor.set_up(light.parts, chief)
    two_factor.confirm_factor(light.parts, chief, code_of(light, setup.secret), token=here)
    assert sign_in.find_signed_in(light.parts, thief) is None
    found = sign_in.find_signed_in(light.parts, here)
    assert found is not None
    assert not found.lacks_second_factor
    assert found.actor == chief


def test_moving_it_to_another_phone_begins_anew_and_ends_every_other_sign_in(
    light: Desk, chief: Actor
) -> None:
    secret, _ = switched_on(light, chief)
    other, here = signed_in(light), signed_in(light)
    for token in (other, here):
        two_factor.enter_code(light.parts, token, code_of(light, secret), HERE)
        light.clock.forward(seconds=60)
    two_factor.take_away(light.parts, chief, code_of(light, secret), token=here)
    assert sign_in.find_signed_in(light.parts, other) is None
    found = sign_in.find_signed_in(light.parts, here)
    assert found is not None
    assert found.lacks_second_factor


def test_the_secret_is_told_until_a_code_of_it_was_shown(light: Desk, chief: Actor) -> None:
    assert two_factor.find_pending(light.parts, chief) is None
    setup = two_factor.set_up(light.parts, chief)
    assert two_factor.find_pending(light.parts, chief) == setup
    two_factor.confirm_factor(light.parts, chief, code_of(light, setup.secret))
    assert two_factor.find_pending(light.parts, chief) is None


def test_with_one_the_password_alone_lets_nobody_in(light: Desk, chief: Actor) -> None:
    secret, _ = switched_on(light, chief)
    token = signed_in(light)
    assert sign_in.find_signed_in(light.parts, token) is None
    assert two_factor.waits_for_factor(light.parts, token)
    assert why(lambda: two_factor.enter_code(light.parts, token, "000000", HERE)) is Why.CODE
    light.clock.forward(minutes=5)
    two_factor.enter_code(light.parts, token, code_of(light, secret), HERE)
    found = sign_in.find_signed_in(light.parts, token)
    assert found is not None
    assert found.person.second_factor
    assert not two_factor.waits_for_factor(light.parts, token)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_whose_clock_is_a_little_off(light: Desk, chief: Actor, steps: int) -> None:
    secret, _ = switched_on(light, chief)
    light.clock.forward(minutes=2)
    token = signed_in(light)
    two_factor.enter_code(light.parts, token, code_of(light, secret, steps=steps), HERE)
    assert sign_in.find_signed_in(light.parts, token) is not None


@pytest.mark.parametrize("steps", [-3, -2, 2, 3, 100])
def test_codes_of_other_times_are_wrong(light: Desk, chief: Actor, steps: int) -> None:
    secret, _ = switched_on(light, chief)
    light.clock.forward(minutes=5)
    token = signed_in(light)
    assert (
        why(lambda: two_factor.enter_code(light.parts, token, code_of(light, secret, steps=steps), HERE))
        is Why.CODE
    )


def test_a_code_is_good_once(light: Desk, chief: Actor) -> None:
    secret, _ = switched_on(light, chief)
    code = code_of(light, secret)
    two_factor.enter_code(light.parts, signed_in(light), code, HERE)
    assert why(lambda: two_factor.enter_code(light.parts, signed_in(light), code, HERE)) is Why.CODE


def test_a_recovery_code_is_good_once(light: Desk, chief: Actor) -> None:
    _, codes = switched_on(light, chief)
    assert len(set(codes)) == two_factor.RECOVERY_CODES
    two_factor.enter_code(light.parts, signed_in(light), f" {codes[0].upper()} ", HERE)
    assert two_factor.count_codes_left(light.parts, chief) == two_factor.RECOVERY_CODES - 1
    assert why(lambda: two_factor.enter_code(light.parts, signed_in(light), codes[0], HERE)) is Why.CODE


def test_guessing_is_slowed(light: Desk, chief: Actor) -> None:
    switched_on(light, chief)
    token = signed_in(light)
    answers = [why(lambda n=n: two_factor.enter_code(light.parts, token, f"{n:06}", HERE)) for n in range(8)]
    assert answers[0] is Why.CODE
    assert answers[-1] is Why.SLOW_DOWN


def test_a_half_sign_in_ends_like_any_other(light: Desk, chief: Actor) -> None:
    secret, _ = switched_on(light, chief)
    token = signed_in(light)
    light.clock.forward(hours=12)
    assert not two_factor.waits_for_factor(light.parts, token)
    assert why(lambda: two_factor.enter_code(light.parts, token, code_of(light, secret), HERE)) is Why.LINK
    assert (
        why(lambda: two_factor.enter_code(light.parts, "no such token", code_of(light, secret), HERE))
        is Why.LINK
    )


def test_it_is_asked_for_only_after_a_first_code(light: Desk, chief: Actor) -> None:
    setup = two_factor.set_up(light.parts, chief)
    assert setup.uri.startswith("otpauth://totp/")
    assert setup.secret in setup.uri
    assert why(lambda: two_factor.confirm_factor(light.parts, chief, "000000")) is Why.CODE
    assert sign_in.find_signed_in(light.parts, signed_in(light)) is not None
    again = two_factor.set_up(light.parts, chief)
    assert again.secret != setup.secret
    two_factor.confirm_factor(light.parts, chief, code_of(light, again.secret))
    assert why(lambda: two_factor.set_up(light.parts, chief)) is Why.CODE
    assert (
        why(lambda: two_factor.confirm_factor(light.parts, chief, code_of(light, again.secret, steps=1)))
        is Why.CODE
    )


def test_it_is_taken_away_by_its_owner(light: Desk, chief: Actor) -> None:
    secret, _ = switched_on(light, chief)
    assert why(lambda: two_factor.take_away(light.parts, chief, "111111")) is Why.CODE
    two_factor.take_away(light.parts, chief, code_of(light, secret))
    assert sign_in.find_signed_in(light.parts, signed_in(light)) is not None
    assert two_factor.count_codes_left(light.parts, chief) == 0
    acts = [act for (act,) in light.rows("SELECT act FROM audit WHERE act LIKE 'second%' ORDER BY at")]
    assert acts == ["second factor on", "second factor off"]


def test_whoever_lost_phone_and_paper_is_helped_by_an_administrator(light: Desk, chief: Actor) -> None:
    owner = people.find_actor(light.parts, "Owner")
    switched_on(light, chief)
    token = signed_in(light)
    with pytest.raises(NotPermitted):
        two_factor.reset_factor(light.parts, chief, chief.person_id)
    two_factor.reset_factor(light.parts, owner, chief.person_id)
    assert not two_factor.waits_for_factor(light.parts, token)
    assert sign_in.find_signed_in(light.parts, signed_in(light)) is not None
    assert why(lambda: two_factor.reset_factor(light.parts, owner, "nobody")) is Why.NOBODY


def test_a_link_does_not_go_round_it(light: Desk, chief: Actor) -> None:
    owner = people.find_actor(light.parts, "Owner")
    switched_on(light, chief)
    token = sign_in.accept_invitation(
        light.parts, people.invite_person(light.parts, owner, chief.person_id), name="", password=PASSWORD
    )
    assert sign_in.find_signed_in(light.parts, token) is None
    assert two_factor.waits_for_factor(light.parts, token)


def test_secrets_are_sealed_and_codes_hashed(light: Desk, chief: Actor) -> None:
    secret, codes = switched_on(light, chief)
    written = repr(light.rows("SELECT totp FROM people")) + repr(light.rows("SELECT id FROM recovery_codes"))
    for word in (secret, *codes):
        assert word not in written


# --- once more, before an export


def test_just_after_signing_in_one_need_not_show_it_again(light: Desk, chief: Actor) -> None:
    token = signed_in(light)
    assert is_fresh(light, token)
    light.clock.forward(minutes=10)
    assert not is_fresh(light, token)
    assert (
        why(lambda: two_factor.prove_identity(light.parts, chief, token, password="wrong one")) is Why.WRONG
    )
    two_factor.prove_identity(light.parts, chief, token, password=PASSWORD)
    assert is_fresh(light, token)
    assert sign_in.find_signed_in(light.parts, "no such token") is None


def test_with_a_second_factor_both_are_shown(light: Desk, chief: Actor) -> None:
    secret, _ = switched_on(light, chief)
    token = signed_in(light)
    assert sign_in.find_signed_in(light.parts, token) is None
    assert why(lambda: two_factor.prove_identity(light.parts, chief, token, password=PASSWORD)) is Why.LINK
    two_factor.enter_code(light.parts, token, code_of(light, secret), HERE)
    light.clock.forward(minutes=11)
    assert why(lambda: two_factor.prove_identity(light.parts, chief, token, password=PASSWORD)) is Why.CODE
    light.clock.forward(minutes=5)
    two_factor.prove_identity(light.parts, chief, token, password=PASSWORD, code=code_of(light, secret))
    assert is_fresh(light, token)


def test_nobody_proves_for_somebody_else(light: Desk, chief: Actor) -> None:
    token = signed_in(light)
    owner = people.find_actor(light.parts, "Owner")
    assert why(lambda: two_factor.prove_identity(light.parts, owner, token, password=PASSWORD)) is Why.WRONG


# --- sign-ins listed and revoked


def test_ones_own_sign_ins_are_listed_and_ended(light: Desk, chief: Actor) -> None:
    first = signed_in(light)
    light.clock.forward(minutes=2)
    here = signed_in(light)
    newest, oldest = sign_in.list_sign_ins(light.parts, chief, chief.person_id, here)
    assert (newest.here, oldest.here) == (True, False)
    assert newest.device == "Firefox, Android"
    assert newest.made_at - oldest.made_at == timedelta(minutes=2)
    assert sign_in.revoke_sign_in(light.parts, chief, chief.person_id, oldest.id)
    assert not sign_in.revoke_sign_in(light.parts, chief, chief.person_id, oldest.id)
    assert sign_in.find_signed_in(light.parts, first) is None
    assert sign_in.find_signed_in(light.parts, here) is not None
    assert not sign_in.revoke_sign_in(light.parts, chief, chief.person_id, "no hex")


def test_those_of_others_are_for_whoever_manages_people(light: Desk, chief: Actor) -> None:
    owner, noy = people.find_actor(light.parts, "Owner"), light.person("Noy")
    signed_in(light)
    [one] = sign_in.list_sign_ins(light.parts, owner, chief.person_id)
    for deed in (
        lambda: sign_in.list_sign_ins(light.parts, noy, chief.person_id),
        lambda: sign_in.revoke_sign_in(light.parts, noy, chief.person_id, one.id),
    ):
        with pytest.raises(NotPermitted):
            deed()
    assert not sign_in.revoke_sign_in(light.parts, owner, noy.person_id, one.id)
    assert sign_in.revoke_sign_in(light.parts, owner, chief.person_id, one.id)


# --- nobody is signed out in the middle of a call


def test_a_call_without_an_outcome_keeps_one_signed_in(light: Desk, chief: Actor) -> None:
    people.set_number(light.parts, chief, chief.person_id, "+8562055559009")
    token = signed_in(light)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, chief, callback)
    attempts.begin_call(light.parts, chief, callback)
    light.clock.forward(hours=2, minutes=1)
    assert sign_in.find_signed_in(light.parts, token, acts=False) is not None
    light.clock.forward(hours=10)
    assert sign_in.find_signed_in(light.parts, token) is None


def test_without_a_call_one_is_signed_out_for_being_idle(light: Desk, chief: Actor) -> None:
    token = signed_in(light)
    light.clock.forward(hours=2)
    assert sign_in.find_signed_in(light.parts, token) is None
