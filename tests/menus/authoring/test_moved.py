"""Keys that callers know by heart: what is told when one does something else, and what is told of no change."""

from dataclasses import replace
from itertools import permutations

import pytest

from gateway.menus.authoring.differences import find_moved_keys, find_moved_questions
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.model import Choice
from gateway.menus.engine.screens import Form
from gateway.menus.engine.serialization import load_menu
from tests.support.house import sample
from tests.support.menu_folders import base, checked

pytestmark = pytest.mark.fault("M6")

PAY = '{key: "1", to: pay,'
CALL = '{key: "7", to: call_me, label: {en: Call me back'
SOS = '{key: "9", to: sos, label: {en: SOS, lo: SOS}}'
YES = '{key: "1", answer: "yes", label'
AGREE = '{key: "1", answer: "yes", does: request_callback'
REFUSE = '{key: "2", answer: "no", to: thanks'
NEVER = '{key: "6", answer: never'
CANCEL = '{key: "2", does: cancel_callback'
LAO = '{key: "1", language: lo, script: lo'


def live():
    menu = checked(base()).menu
    assert menu is not None
    return menu


def changed(*edits):
    """The sound menu with these words put in place of others."""
    files = {name: content.decode() for name, content in base().items()}
    for old, new in edits:
        assert any(old in text for text in files.values()), old
        files = {name: text.replace(old, new) for name, text in files.items()}
    return {name: text.encode() for name, text in files.items()}


def told(*edits, **others):
    found = checked(changed(*edits), live={"helpline": live()}, **others)
    assert found.built is not None
    return [(each.level, each.screen, each.message) for each in found.problems if each.code == "key-moved"]


def key(choice, new):
    old = choice.partition('"')[2].partition('"')[0]
    return choice, choice.replace(f'"{old}"', f'"{new}"', 1)


WARN, ERROR = Level.WARNING, Level.ERROR

TABLE = {
    "moved to a free key": ([key(PAY, 6)], [(WARN, "main", "key 1 was 'My pay'")]),
    "two that change places": (
        [key(PAY, 70), key(CALL, 1), ('{key: "70", to: pay,', '{key: "7", to: pay,')],
        [(WARN, "main", "key 1 was 'My pay'"), (WARN, "main", "key 7 was 'Call me back'")],
    ),
    "another way takes the key": (
        [(PAY, '{key: "1", to: offer,'), ("en: My pay", "en: A person")],
        [(WARN, "main", "key 1 was 'My pay' and is 'A person' now")],
    ),
    "the same words lead elsewhere": (
        [(PAY, '{key: "1", to: offer,')],
        [(WARN, "main", "leads to 'offer' now, not to 'pay'")],
    ),
    "the danger numbers move": (
        [key(SOS, 2)],
        [
            (ERROR, "main", "key 9 was 'SOS'"),
        ],
    ),
    "the answers about danger change places": (
        [
            (YES, '{key: "2", answer: "yes", label'),
            (
                '{key: "2", answer: "no", label: {en: "No", lo: ບໍ່}}',
                '{key: "1", answer: "no", label: {en: "No"}}',
            ),
        ],
        [(ERROR, "danger", "key 1 was 'Yes'"), (ERROR, "danger", "key 2 was 'No'")],
    ),
    "consent under the key of no": (
        [(AGREE, AGREE.replace("1", "3", 1)), key(REFUSE, 1)],
        [(ERROR, "consent", "key 1 was 'I agree' and is 'No' now"), (ERROR, "consent", "key 2 was 'No'")],
    ),
    "do not call under another key": ([key(NEVER, 4)], [(ERROR, "when", "key 6 was 'Do not call'")]),
    "do not call is gone": (
        [('      - {key: "6", answer: never, to: thanks, label: {en: Do not call, lo: ຢ່າໂທ}}\n', "")],
        [(ERROR, "when", "key 6 was 'Do not call' and is no choice any more")],
    ),
    "cancel under another key": ([key(CANCEL, 5)], [(ERROR, "status", "key 2 was 'Cancel'")]),
    "a language under another key": ([key(LAO, 2)], [(WARN, "language", "key 1 was 'Phasa Lao'")]),
    "the order of the questions": (
        [("[danger, phone_seen, when, consent]", "[danger, when, phone_seen, consent]")],
        [(ERROR, "call_me", "the form asked danger, phone_seen, when, consent and asks danger, when")],
    ),
    "a question less": (
        [("[danger, phone_seen, when, consent]", "[danger, when, consent]")],
        [(ERROR, "call_me", "asks danger, when, consent now")],
    ),
}

SILENT = {
    "nothing": [],
    "other words": [("en: My pay", "en: Wages")],
    "words of one language": [("lo: ຄ່າແຮງ}}", "lo: ຄ່າຈ້າງ}}")],
    "a new way under a free key": [(CALL, '{key: "3", to: offer, label: {en: A person}}\n      - ' + CALL)],
    "the lines in another order": [
        (f"      - {SOS}\n", ""),
        (PAY, f"{SOS}\n      - {PAY}"),
        ("label: {en: English}}\n", f"label: {{en: English}}}}\n      - {SOS}\n"),
    ],
    "a second key for the same": [(PAY, '{key: "2", to: pay, label: {en: Wage}}\n      - ' + PAY)],
    "a screen of another name": [
        ("to: pay,", "to: wages,"),
        ("  pay:\n    kind", "  wages:\n    kind"),
        ("to: pay}", "to: wages}"),
    ],
    "the danger screen of another name": [
        ("to: sos", "to: alarm"),
        ("sos: sos", "sos: alarm"),
        ("  sos:\n    kind", "  alarm:\n    kind"),
    ],
    "a way that is gone": [(f"      - {PAY} label: {{en: My pay, lo: ຄ່າແຮງ}}}}\n", "")],
    "its page": [(PAY, PAY + ' page: "2",')],
    "what the screen says": [("Shall a person call you?", "Would you like a call?")],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_key_that_does_something_else_is_told(name):
    edits, expected = TABLE[name]
    found = told(*edits)
    assert [(level, screen) for level, screen, _ in found] == [
        (level, screen) for level, screen, _ in expected
    ]
    for (_, _, message), (_, _, words) in zip(found, expected, strict=True):
        assert words in message


@pytest.mark.parametrize("name", SILENT)
def test_what_leaves_every_key_as_it_was_is_not_told(name):
    assert told(*SILENT[name]) == []


@pytest.mark.parametrize("name", [name for name, (_, found) in TABLE.items() if found[0][0] is ERROR])
def test_with_a_reason_it_is_a_warning_and_without_a_live_version_it_is_nothing(name):
    edits, expected = TABLE[name]
    assert {level for level, _, _ in told(*edits, moves_keys=True)} == {WARN}
    assert len(told(*edits, moves_keys=True)) == len(expected)
    alone = checked(changed(*edits), live={"another": live()})
    assert "key-moved" not in {each.code for each in alone.problems}


def with_choices(*choices):
    menu = live()
    return replace(menu, screens={**menu.screens, "main": replace(menu.screens["main"], choices=choices)})


REGIONS = ("LA", "TH", "")
WAYS = ("pay", "call_me", "offer")


@pytest.mark.parametrize("before", list(permutations(WAYS)))
@pytest.mark.parametrize("after", list(permutations(WAYS)))
def test_a_key_that_depends_on_the_country_is_compared_for_each_country(before, after):
    """The oracle: look at what key 1 does for a caller of each country, one after the other."""

    def menu(ways):
        made = [
            Choice(key="1", to=way, label={"en": way}, only_if={"region": (region,)} if region else {})
            for region, way in zip(REGIONS, ways, strict=True)
        ]
        return with_choices(*made)

    found = find_moved_keys(menu(before), menu(after))
    assert {each.was.to for each in found} == {
        was for was, becomes in zip(before, after, strict=True) if was != becomes
    }
    assert not any(each.grave for each in found)


def test_a_menu_never_differs_from_itself_and_the_sample_neither():
    compiled = load_menu(sample())

    for menu in (live(), compiled):
        assert find_moved_keys(menu, menu) == ()
        assert find_moved_questions(menu, menu) == ()


def test_a_form_of_another_name_is_still_the_form():
    menu = live()
    form = menu.screens["call_me"]
    assert isinstance(form, Form)
    moved = replace(form, id="ask", questions=(form.questions[1], form.questions[0], *form.questions[2:]))
    screens = {name: each for name, each in menu.screens.items() if name != "call_me"}
    (found,) = find_moved_questions(menu, replace(menu, call_me="ask", screens={**screens, "ask": moved}))
    assert found.becomes[:2] == ("phone_seen", "danger")
