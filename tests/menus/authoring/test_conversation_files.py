"""Authors' conversations: what may be written, what must follow, and how a difference reads."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.menus.authoring.conversation_files import Expected, read_conversations
from gateway.menus.authoring.conversation_runner import list_unseen, run_conversation
from tests.support.menu_folders import base, checked

ZONE = "Asia/Vientiane"

FULL = """
- it: asks for a call in Lao on a phone that others sometimes see
  from: "+8562055512345"
  at: "2026-11-24 14:05"
  steps:
    - {dial: "*123*4#", screen: language}
    - {sends: "1", screen: main, effects: []}
    - {sends: "7", screen: danger}
    - {sends: "2", screen: phone_seen}
    - {sends: "2", screen: when}
    - {sends: "3", screen: consent}
    - {sends: "1", contains: "{code}", effects: [{callback: {topic: other, danger: no, phone_seen: sometimes, when: evening}}]}
    - {sends: "1", ends: true}
"""


def menu():
    found = checked(base()).menu
    assert found is not None
    return found


def cases(text: str):
    found, problems = read_conversations({"tests/x.yaml": text.encode()}, ZONE)
    assert problems == []
    return found


def differences(steps: str, **case: str) -> list[str]:
    more = "".join(f"  {name}: {value}\n" for name, value in case.items())
    (found,) = cases(
        f"- it: goes\n{more}  steps:\n" + "".join(f"    - {line}\n" for line in steps.strip().split("\n"))
    )
    return [each.message for each in run_conversation(menu(), found, zone=ZONE).differences]


def test_a_case_is_read_as_it_stands():
    (case,) = cases(FULL)
    assert case.it == "asks for a call in Lao on a phone that others sometimes see"
    assert case.at == datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    assert case.region == "LA"
    assert len(case.steps) == 8
    assert case.steps[0].dial == "*123*4#"
    assert case.steps[6].effects == (
        Expected(
            "callback", {"topic": "other", "danger": "no", "phone_seen": "sometimes", "when": "evening"}
        ),
    )
    assert case.steps[7].ends is True
    assert case.steps[7].screen is None


def test_a_conversation_that_goes_as_written_has_no_difference():
    (case,) = cases(FULL)
    ran = run_conversation(menu(), case, zone=ZONE)
    assert ran.differences == []
    assert {"language", "main", "danger", "phone_seen", "when", "consent", "code", "thanks"} == ran.screens
    assert ("consent", "lo") in ran.seen
    assert list_unseen(menu(), [ran]) == ["offer", "pay", "sos", "status"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ('{dial: "1", screen: main}', ["step 1, dial 1: expected screen main, got language"]),
        (
            '{dial: "1", screen: language}\n{sends: "4", sees: "1 My pay"}',
            [
                """step 2, sends 4: the text differs
      expected | got
      1 My pay | 1 My pay
    !          | 7 Call me back
    !          | 9 SOS"""
            ],
        ),
        ('{dial: "1", contains: Nothing}', ["step 1, dial 1: expected a text with 'Nothing', got"]),
        ('{dial: "1", ends: true}', ["step 1, dial 1: expected an end, got"]),
        (
            '{dial: "1", screen: language, effects: [erase]}',
            ["step 1, dial 1: expected effects: erase; got: none"],
        ),
        ('{sends: "1", screen: main}', ["step 1, sends 1: there is no session; the first step must be dial"]),
    ],
)
def test_what_differs_is_said_with_the_step_and_the_text_shown(steps, expected):
    found = differences(steps)
    assert len(found) == len(expected)
    assert all(message.startswith(words) for message, words in zip(found, expected, strict=True)), found
    if "got" in expected[0] and "none" not in expected[0] and "differs" not in expected[0]:
        assert "    | " in found[0]


def test_after_the_first_difference_the_rest_is_not_run():
    assert len(differences('{dial: "1", screen: main}\n{sends: "1", screen: nowhere}')) == 1


def test_an_effect_that_nobody_named_is_a_difference():
    to_consent = '{dial: "1", screen: language}\n' + "\n".join(
        f'{{sends: "{key}", contains: ""}}' for key in ("4", "7", "2", "1", "3")
    )
    assert differences(to_consent + '\n{sends: "1", screen: code}') == [
        "step 7, sends 1: expected effects: none; got: callback"
    ]
    wrong = differences(to_consent + '\n{sends: "1", screen: code, effects: [{callback: {when: noon}}]}')
    assert wrong == ["step 7, sends 1: expected callback with when: noon, got evening"]
    promised = '\n{sends: "1", contains: "We plan to call {when}.", effects: [callback]}'
    assert differences(to_consent + promised) == []


def test_a_whole_screen_can_be_asked_for():
    (case,) = cases(
        "- it: reads the wage\n  at: 2027-01-01 09:00\n  steps:\n    - {dial: x, screen: language}\n"
        "    - {sends: '4', screen: main}\n    - sends: '1'\n      sees: |\n"
        "        At least {th.wage} baht a day.\n        7 Call me\n        0 Back\n        00 Home\n"
    )
    assert run_conversation(menu(), case, zone=ZONE).differences == []


def test_facts_are_those_of_the_day():
    steps = '{dial: x, screen: language}\n{sends: "4", screen: main}\n{sends: "1", contains: "410"}'
    assert differences(steps, at='"2027-01-01 00:10"') == []
    assert differences(steps, at='"2026-12-31 23:50"') != []


def test_a_code_is_looked_up_and_the_request_cancelled():
    steps = (
        '{dial: x, screen: language}\n{sends: "4", screen: main}\n'
        '{sends: "1111", screen: main, effects: [{look_up: {code: "1111"}}]}\n'
        '{sends: "4821", screen: status, contains: "{when}", effects: [look_up]}\n'
        '{sends: "2", ends: true, effects: [cancel]}'
    )
    assert differences(steps) == []


def test_windows_without_anybody_on_duty_are_not_offered():
    steps = '{dial: x, screen: language}\n{sends: "4", screen: main}\n' + "\n".join(
        f'{{sends: "{key}", contains: ""}}' for key in ("7", "2", "1")
    )
    assert differences(steps + '\n{sends: "5", screen: consent}', offers="[now]") == []
    assert differences(steps + '\n{sends: "5", screen: when}', offers="[evening]") == []


def test_a_remembered_language_begins_at_home():
    assert differences("{dial: x, screen: main, contains: ຄ່າແຮງ}", language="lo", script="lo") == []


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30 s", timedelta(seconds=30)),
        ("10 min", timedelta(minutes=10)),
        ("2 h", timedelta(hours=2)),
        ("1 day", timedelta(days=1)),
        ("3 days", timedelta(days=3)),
    ],
)
def test_time_passes_before_a_step(text, span):
    (case,) = cases(f"- it: waits\n  steps:\n    - {{dial: x, screen: language, after: {text}}}\n")
    assert case.steps[0].after == span


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("it: x", "the file must be a list of conversations"),
        ("- {it: x}", "a conversation needs 'steps'"),
        ("- {steps: []}", "a conversation needs 'it'"),
        ("- {it: x, steps: [{dial: y}]}", "the step asserts nothing"),
        ("- {it: x, steps: [{screen: y}]}", "a step needs one of 'dial', 'sends'"),
        ("- {it: x, steps: [{dial: y, scren: z}]}", "unknown key 'scren' in a step"),
        ("- {it: x, form: y, steps: []}", "unknown key 'form' in a conversation"),
        ("- {it: x, at: tomorrow, steps: []}", "'at' cannot be 'tomorrow'"),
        ('- {it: x, at: "2026-13-01 10:00", steps: []}', "'2026-13-01 10:00' is no moment"),
        ("- {it: x, steps: [{dial: y, screen: z, after: soon}]}", "'after' cannot be 'soon'"),
        ("- {it: x, steps: [{dial: y, screen: z, effects: [[a]]}]}", "this must be written as effect: …"),
        ("- {it: *x}", "'*x' is an alias"),
    ],
)
def test_what_is_written_wrongly_is_told_with_its_place(text, message):
    found, problems = read_conversations({"tests/x.yaml": text.encode()}, ZONE)
    assert found == []
    assert any(problem.message.startswith(message) for problem in problems), problems
    assert all(problem.hint and problem.place.file == "tests/x.yaml" for problem in problems)


@pytest.mark.fault("H2")
def test_a_window_that_the_menu_does_not_have_cannot_be_offered():
    cases, problems = read_conversations(
        {"tests/x.yaml": b"- {it: x, offers: [nite], steps: [{dial: y, screen: z}]}"}, "Asia/Vientiane"
    )
    assert problems == []
    menu = checked(base()).menu
    assert menu is not None
    [difference] = run_conversation(menu, cases[0], zone="Asia/Vientiane").differences
    assert difference.message == "there is no window 'nite' to be offered"
