"""What tools and other formats leave in a text, as bug reports of translators' tools show it, is told before callers read it."""

import pytest

from gateway.menus.authoring.checks.characters import find_leftover
from tests.support.menu_folders import base, checked, with_change

FACTS = ["th.wage", "th.phone.police", "months"]
LO = "ຕຳຫຼວດ {th.police}"


@pytest.mark.fault("M1")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("???? {th.police}", "????"), ("ຕຳຫຼວດ \ufffd {th.police}", "\ufffd"), ("<b>{th.police}</b>", "<b>"), ("ຕຳ<br/>ຫຼວດ", "<br/>"),
        ('<span class="x">ค่าแรง</span>', '<span class="x">'), ("&nbsp;{th.police}", "&nbsp;"), ("Tom &amp; me", "&amp;"), ("it&#39;s", "&#39;"),
        ("${th.police}", "${th.police}"), ("%{th.police}", "%{th.police}"), ("#{th.police}", "#{th.police}"), ("@{th.police}", "@{th.police}"),
        ("Police %s.", "%s"), ("ตำรวจ %1$s", "%1$s"), ("%d baht", "%d"), ("a\\nb", "\\n"), ("\\u0ec1ພດ", "\\u0ec1"), ('say \\"no\\"', '\\"'),
        ("｛th.police｝", "｛"), ("[th.phone.police]", "th.phone.police"), ("(th.wage) ບາດ", "th.wage"), ("<th.wage>", "th.wage"),
        ("ค่าแรง th.wage บาท", "th.wage"),
    ],
)  # fmt: skip
def test_what_a_tool_left_behind_is_found(words: str, shown: str) -> None:
    found = find_leftover(words, FACTS)
    assert found is not None
    assert found[0] == shown


@pytest.mark.parametrize(
    "words",
    [
        "Really???", "ບໍ??", "{th.police}", "{th.wage} ບາດ/ມື້", "10% each", "50% discount", "5 < 6", "a > b", "You & me", "Mr. & Mrs.", "th.", "th. wage",
        "www.th.wage.example", "months", "$5", "Price: ฿{th.wage}", "#1", "a@b", "C:", "and/or", "100%sure", "R&D; more", "<3",
    ],
)  # fmt: skip
def test_ordinary_signs_are_left_alone(words: str) -> None:
    assert find_leftover(words, FACTS) is None


@pytest.mark.fault("M1")
@pytest.mark.parametrize(
    "words",
    [
        "ຕຳຫຼວດ %{th.police}",
        "ຕຳຫຼວດ ${th.police}",
        "???? {th.police}",
        "ຕຳຫຼວດ <b>{th.police}</b>",
        "ຕຳຫຼວດ &nbsp;{th.police}",
    ],
)
def test_the_check_warns_of_it(words: str) -> None:
    found = checked(with_change("screens.yaml", LO, words))
    assert [problem.code for problem in found.problems] == ["leftover-marks"]


@pytest.mark.fault("M1")
@pytest.mark.parametrize(
    "words",
    [
        "{ th.police }", "{th .police}", "{TH.police}", "{th.Police}", "{{th.police}}", "th.police}", "{th.police", "｛th.police｝", "[th.police]", "(th.police)",
        "<th.police>", "%s", "{0}", "{}", "{ຕຳຫຼວດ}", "{th.ຕຳຫຼວດ}", "{th.\u200bpolice}", "{th.police\u00a0}", "{th.рolice}", "{th_police}", "{th.wage}",
        "{th,police}", "{police}", "{th.police:since}", "{th.police:plural}", "{count, plural, one {x} other {y}}", "{th.police, number}", "{th.police|upper}",
        "{%th.police%}", "@:th.police", "{helpline}", "",
    ],
)  # fmt: skip
def test_a_danger_number_whose_placeholder_a_translator_spoiled_is_an_error(words: str) -> None:
    found = checked(with_change("screens.yaml", LO, f"ຕຳຫຼວດ {words}"))
    assert not found.sound


def test_the_sound_menu_has_none() -> None:
    assert checked(base()).problems == ()
