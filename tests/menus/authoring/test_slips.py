"""A hint names what a slip of the finger missed, and never what is only alike."""

import pytest

from gateway.menus.authoring.problems import suggest_name
from tests.support.menu_folders import base, checked, with_change

pytestmark = pytest.mark.fault("U4")

SCREENS = (
    "pay",
    "hours",
    "privacy",
    "injury",
    "sos",
    "call_me",
    "wage_bangkok",
    "wage_north",
    "papers",
    "going",
)
FACTS = (
    "th.phone.police",
    "la.phone.police",
    "la.phone.women",
    "th.phone.ambulance",
    "th.wage.bangkok",
    "th.wage.phuket",
)

SLIPS = [
    ("pya", SCREENS, "pay"),
    ("hour", SCREENS, "hours"),
    ("injruy", SCREENS, "injury"),
    ("wage_bangkk", SCREENS, "wage_bangkok"),
    ("wage.bangkok", SCREENS, "wage_bangkok"),
    ("callme", SCREENS, "call_me"),
    ("call_em", SCREENS, "call_me"),
    ("Pay", SCREENS, "pay"),
    ("th.phone.polcie", FACTS, "th.phone.police"),
    ("la.phone.womne", FACTS, "la.phone.women"),
    ("th.wage.bangok", FACTS, "th.wage.bangkok"),
]
OTHERS = [
    ("hurt", SCREENS),
    ("paid", ("pay", "hours")),
    ("danger", SCREENS),
    ("so", ("sos", "sod")),
    ("wage_south", SCREENS),
    ("wage_phuket", SCREENS),
    ("mm.phone.police", FACTS),
    ("kh.phone.police", FACTS),
    ("th.phone.women", FACTS),
    ("la.phone.ambulance", FACTS),
    ("la.wage.bangkok", FACTS),
    ("police", FACTS),
    ("th.phone", FACTS),
    ("", FACTS),
]


@pytest.mark.parametrize(("word", "names", "meant"), SLIPS)
def test_a_slip_is_named(word, names, meant):
    assert suggest_name(word, names, "add it") == f"did you mean '{meant}'?"


@pytest.mark.parametrize(("word", "names"), OTHERS)
def test_another_name_is_no_slip(word, names):
    assert suggest_name(word, names, "add it") == "add it"


def test_between_two_that_are_as_near_none_is_named():
    assert suggest_name("wage_nort", ("wage_norts", "wage_north"), "add it") == "add it"


@pytest.mark.parametrize(
    ("file", "old", "new", "hint"),
    [
        ("screens.yaml", "{th.police}. We", "{la.police}. We", "add la.police: under facts"),
        ("screens.yaml", "{th.police}. We", "{th.polcie}. We", "did you mean 'th.police'?"),
        ("screens.yaml", "topic: pay", "topic: play_back", "add play_back: under topics"),
        ("screens.yaml", "topic: pay", "topic: pya", "did you mean 'pay'?"),
        ("screens.yaml", "to: pay, label", "to: hurt, label", "add hurt: under screens"),
        ("head.yaml", "fallback: {lo: [en]}", "fallback: {lo: [km]}", "add it under languages"),
        ("callback.yaml", "answer: sometimes", "answer: always", "write one of: "),
    ],
)
def test_the_author_reads_it(file, old, new, hint):
    assert any(each.hint.startswith(hint) for each in checked(with_change(file, old, new)).problems)


def test_no_name_of_the_sound_menu_is_a_slip_of_another_screen():
    names = checked(base()).menu.screens
    for name in names:
        rest = [each for each in names if each != name]
        assert suggest_name(name, rest, "") in {"", "did you mean 'code'?"}
