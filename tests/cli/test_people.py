"""`gateway people`: what it prints, what it refuses, and that a password never comes by an argument."""

import pytest
from click.testing import CliRunner

from gateway.cli.people import people
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import people as desk
from gateway.helpdesk.staff import sign_in
from tests.support.desk_rig import made_parts
from tests.support.web_surroundings import PASSWORD, token_of


@pytest.fixture
def parts(sqlite_store, clock, tmp_path, monkeypatch):
    made = made_parts(sqlite_store, clock, tmp_path)
    monkeypatch.setattr("gateway.bootstrap.open_parts", lambda: made)
    return made


def run(*words, typed=None):
    result = CliRunner().invoke(people, words, input=typed)
    return result.exit_code, result.output


def test_a_person_with_a_password_can_come_in(parts):
    code, printed = run("add", "ນາງ ນ້ອຍ", "--role", "counsellor", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (code, printed) == (0, "Added ນາງ ນ້ອຍ as counsellor.\n")
    assert sign_in.sign_in(parts, "ນາງ ນ້ອຍ", PASSWORD, "192.0.2.1")


def test_without_a_password_a_link_is_printed(parts):
    code, printed = run("add", "Noy", "--role", "reader")
    token = printed.rstrip().rpartition("/invitation/")[2]
    assert code == 0
    assert sign_in.find_invited(parts, token).name == "Noy"


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "x", "--role", "reader"), None, "2 to 40 characters"),
        (("add", "Noy", "--role", "boss"), None, "is not one of"),
        (("add", "Noy", "--role", "reader", "--password-stdin"), "short\n", "at least 8"),
        (("remove", "Nobody"), None, "nobody of that name"),
        (("reset", "Nobody"), None, "nobody of that name"),
        (("sign-out", "Nobody"), None, "nobody of that name"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(parts, words, typed, said):
    code, printed = run(*words, typed=typed)
    assert code in {1, 2}
    assert said in printed
    with pytest.raises(Rejected):
        desk.find_person(parts, "Noy")


def test_a_name_is_had_once(parts):
    desk.add_person(parts, desk.OWNER, name="Noy", role="reader")
    assert run("add", "NOY", "--role", "reader") == (1, "Somebody already has this name.\n")


@pytest.mark.fault("C5")
def test_the_list_says_who_has_signed_in_and_not_who_has_a_password(parts):
    desk.add_person(parts, desk.OWNER, name="Dao", role="counsellor", password="quiet rivers run deep")
    desk.add_person(parts, desk.OWNER, name="Noy", role="counsellor", password="quiet rivers run deep")
    token_of(parts, "Noy")
    printed = {row.split("\t")[0]: row.split("\t")[-2:] for row in run("list")[1].splitlines()[1:]}
    assert printed == {"Dao": ["set", "not yet"], "Noy": ["set", "yes"]}


def test_the_list_shows_no_number(parts):
    own = desk.add_person(parts, desk.OWNER, name="Noy", role="counsellor")
    desk.set_number(parts, desk.OWNER, own, "+8562055500111")
    desk.invite_first_administrator(parts)
    code, printed = run("list")
    assert code == 0
    assert printed.splitlines()[1:] == ["Noy\tcounsellor\toff\tyes\tnone\tnot yet"]


def test_reset_sign_out_and_removal_end_sign_ins(parts):
    desk.add_person(parts, desk.OWNER, name="Noy", role="counsellor", password=PASSWORD)
    for words in (("reset", "noy"), ("sign-out", "Noy"), ("remove", "Noy")):
        token = token_of(parts, "Noy")
        assert run(*words)[0] == 0
        assert sign_in.find_signed_in(parts, token) is None
    assert run("list")[1].count("Noy") == 0


def test_the_last_administrator_stays(parts):
    desk.add_person(parts, desk.OWNER, name="Boss", role="administrator", password=PASSWORD)
    code, printed = run("remove", "Boss")
    assert code == 1
    assert "only administrator" in printed


def test_whoever_lost_phone_and_paper_gets_in_again_by_the_command_line(parts):
    desk.add_person(parts, desk.OWNER, name="Boss", role="administrator", password=PASSWORD)
    token_of(parts, "Boss")
    assert run("reset", "Boss")[0] == 0
    assert desk.find_person(parts, "Boss").second_factor
    code, printed = run("reset", "Boss", "--second-factor")
    assert (code, "/invitation/" in printed) == (0, True)
    assert not desk.find_person(parts, "Boss").second_factor
