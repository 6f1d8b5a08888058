"""The proofs beyond their one bad file: where each begins and ends to hold."""

import gc
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.graph import MenuWay, find_callback_path, find_reached, list_ways, read_in
from gateway.menus.authoring.pages import cut_menu, reserve_values
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.model import make_page_key
from gateway.menus.engine.paging import write_page
from gateway.menus.engine.screens import Form
from gateway.menus.engine.text_size import fits_page
from tests.support.menu_folders import base, checked, staffed, with_change
from tests.support.reviewed import reviewed


def menu(files=None):
    found = checked(files or base()).menu
    assert found is not None
    return found


def codes(files, **asked) -> list[str]:
    return [problem.code for problem in checked(files, **asked).problems]


@pytest.mark.parametrize(
    ("words", "caught"),
    [
        ("Phone 1546.", "1546"),
        ("Phone ๑๕๔๖.", "๑๕๔๖"),
        ("Since 2025.", "2025"),
        ("Pay 2,000 baht.", "2,000"),
        ("At most 10% each.", "10%"),
        ("At most 7.5 % each.", "7.5 %"),
        ("Phone 02 123.", "02 123"),
        ("Morning 6-9, Evening 18-21, now (30 min).", ""),
        ("Key 7 or 98; form Kho Ro 7; at 8 in the morning.", ""),
        ("{th.wage} baht, {th.police}", ""),
    ],
)
def test_figures_of_the_world_are_caught_and_hours_and_keys_are_not(words, caught):
    files = with_change("screens.yaml", "We are not the police.", words)
    found = [problem.message for problem in checked(files).problems if problem.code == "figure-in-text"]
    assert found == ([f"'{caught}' is typed into the text"] if caught else [])


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 24), []),
        (date(2027, 4, 23), []),
        (date(2027, 4, 24), ["fact-expires-soon", "fact-expires-soon"]),
        (date(2027, 5, 24), ["fact-expires-soon", "fact-expires-soon"]),
        (date(2027, 5, 25), ["fact-expired", "fact-expired"]),
    ],
)
def test_a_fact_is_old_the_day_after_its_last(today, expected):
    assert codes(base(), today=today) == expected


def test_only_the_value_that_holds_today_is_asked_for_its_age():
    files = with_change(
        "words.yaml",
        'expires_on: 2027-05-24}\n    - {value: "410"',
        'expires_on: 2026-12-01}\n    - {value: "410"',
    )
    assert codes(files, today=date(2026, 11, 24)) == ["fact-expires-soon"]
    assert codes(files, today=date(2027, 1, 1)) == []


def test_gaps_on_the_way_to_a_callback_are_errors_and_drafts_where_real_people_phone():
    draft = reviewed(base(), ["en"])
    gap = with_change("callback.yaml", ", lo: ໂທຕອນໃດປອດໄພ?}", "}")
    assert checked(draft).sound
    for files, code, real in (
        (draft, "unreviewed", True),
        (reviewed(gap), "text-missing", True),
        (gap, "text-missing", False),
    ):
        found = checked(files, real=real)
        errors = [problem for problem in found.problems if problem.level is Level.ERROR]
        assert not found.sound
        assert {problem.code for problem in errors} == {code}
        assert {problem.language for problem in errors} == {"lo"}
    screens = {
        problem.screen for problem in checked(draft, real=True).problems if problem.level is Level.ERROR
    }
    assert screens == {
        "main",
        "sos",
        "danger",
        "phone_seen",
        "when",
        "consent",
        "code",
        "thanks",
        "offer",
        "",
    }


def test_for_real_phones_a_draft_elsewhere_stays_a_warning():
    files = reviewed(base()) | {"screens.yaml": base()["screens.yaml"].replace("ຢ່າງໜ້ອຍ".encode(), b"x")}
    assert checked(files, real=True).sound


def test_the_callback_path_goes_from_the_first_screen_to_the_end():
    assert find_callback_path(menu()) == (
        "language",
        "main",
        "sos",
        "danger",
        "phone_seen",
        "when",
        "consent",
        "code",
        "thanks",
    )


def test_ways_carry_their_key_and_their_presses():
    found = list_ways(menu())
    assert MenuWay("main", "pay", "1") in found
    assert MenuWay("main", "status") in found
    assert MenuWay("call_me", "danger", presses=0) in found
    assert find_reached(found, ["language"])["sos"] == 1
    assert find_reached(found, ["language"])["consent"] >= 2
    assert set(find_reached(found, ["language", "offer"])) == set(menu().screens)


def test_a_screen_is_read_only_in_languages_that_lead_to_it():
    extra = '  script: {text: {en: Can you read?}, choices: [{key: "1", to: main, label: {en: "Yes"}}]}\n  main:\n'
    files = with_change("screens.yaml", "  main:\n", extra)
    files |= {
        "screens.yaml": files["screens.yaml"].replace(b"script: en, to: main", b"script: en, to: script")
    }
    assert {language for name, language in read_in(menu(files)) if name == "script"} == {"en"}
    assert codes(files) == []


def test_consent_must_be_the_last_question_and_asked_once():
    for old, new in (
        ("questions: [danger, phone_seen, when, consent]", "questions: [danger, consent, phone_seen, when]"),
        ("questions: [danger, phone_seen, when, consent]", "questions: [danger, phone_seen, when]"),
        ("questions: [danger, phone_seen, when, consent]", "questions: [consent, danger, consent]"),
        ('answer: "yes", does: request_callback', 'answer: "no", does: request_callback'),
    ):
        assert "consent-after-number" in codes(with_change("callback.yaml", old, new)), new


def test_settings_and_hours_are_asked_only_where_they_are_known():
    unset = {"helpline": "", "mrc": "", "price": "", "days": "90"}
    assert codes(base(), settings=unset) == ["setting-missing"]
    assert codes(base(), settings=None) == []
    assert codes(base(), staffed=staffed()) == ["window-never-staffed"]
    assert codes(base(), staffed=None) == []


def test_a_long_setting_takes_its_room():
    assert reserve_values(menu(), "en", {"helpline": "1" * 30})["helpline"] == "1" * 30
    assert len(reserve_values(menu(), "en", {"helpline": "12"})["helpline"]) > 2
    assert codes(base(), settings={"helpline": "1" * 60, "mrc": "1"}) == ["text-too-long"]


def test_every_page_of_every_screen_in_every_language_fits_and_is_stored_once():
    built = menu()
    cut = cut_menu(built, (USSD_LIMITS, SMS_LIMITS, USSD_LIMITS))
    assert cut.faults == []
    texts = sum(1 + len(screen.variants) for screen in built.screens.values() if not isinstance(screen, Form))
    assert len(cut.pages) == texts * len(built.languages) * 2
    for key, pages in cut.pages.items():
        limits = USSD_LIMITS if key.startswith("ussd/") else SMS_LIMITS
        values = reserve_values(built, key.split("/")[1])
        assert all(fits_page(write_page(page, values), limits) for page in pages), key
    assert make_page_key("ussd", "lo", "code", 0) in cut.pages
    assert "ກ່ອນ" in write_page(cut.pages[make_page_key("ussd", "lo", "code", 0)][0], {})


def test_narrow_phones_find_what_does_not_fit_them():
    narrow = Limits(name="narrow", gsm7=50, ucs2=30, gsm7_stop=50, ucs2_stop=30)
    found = {problem.code for problem in checked(base(), limits=(narrow,)).problems}
    assert found == {"question-split", "text-too-long"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Shall a person", "Sh\u0430ll a person", "lookalike wrong-script"),
        ("ໃຫ້ຄົນໂທ", "\ue001\ue002", "legacy-font"),
        ("Shall a person", "Shall — a person", "typography-folded"),
        ("Shall a person", "Café person", ""),
        ("ໃຫ້ຄົນໂທ", "ເເລ້ວໂທ", "lookalike"),
        ("ໃຫ້ຄົນໂທ", "ก່ໂທ", "lookalike wrong-script"),
        ("ໃຫ້ຄົນໂທ", "ກ่ໂທ", "lookalike wrong-script"),
        ("ໃຫ້ຄົນໂທ", "ແບບ คร ຄົນ", "wrong-script"),
        ("ໃຫ້ຄົນໂທ", "ໃຫ້ຄົນ “ໂທ”", ""),
    ],
)
def test_letters(old, new, code):
    assert codes(with_change("screens.yaml", old, new)) == code.split()


def test_one_word_in_two_languages_may_lead_to_one_place():
    assert codes(with_change("words.yaml", "lo: [ຊ່ວຍແດ່]", "lo: [police]")) == []
    assert codes(with_change("words.yaml", "lo: ໂທຫາຂ້ອຍ}, reaction", "lo: pay}, reaction")) == [
        "keyword-shadowed"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[pay, wage]", "[pay, police pay]", "'police pay' holds the danger word 'police', which wins"),
        (
            "lo: [ຄ່າແຮງ, ເງິນເດືອນ]",
            "lo: [ຄ່າແຮງຊ່ວຍແດ່]",
            "'ຄ່າແຮງຊ່ວຍແດ່' holds the danger word 'ຊ່ວຍແດ່', which wins",
        ),
        ("[pay, wage]", "[pay, '...']", "'...' is never understood"),
        ("[pay, wage]", "[pay, wage call ne]", None),
    ],
)
def test_every_keyword_is_understood_as_itself(old, new, message):
    found = [problem.message for problem in checked(with_change("words.yaml", old, new)).problems]
    assert found == ([message] if message else [])


def test_digits_that_ask_for_a_callback_without_consent_are_refused():
    files = with_change(
        "screens.yaml",
        "  offer:\n",
        "  number: {kind: entry, digits: 8, does: request_callback, to: code, text: {en: Number?, lo: ເບີ?}}\n  offer:\n",
    )
    assert codes(files) == ["unreachable", "consent-after-number"]


def test_a_price_in_another_alphabet_shows_on_the_first_screen():
    files = with_change("screens.yaml", "Info line. Choose:", "Info line. {price} Choose:")
    assert codes(files, settings={"helpline": "1", "mrc": "1", "price": "500 kip"}) == []
    (found,) = checked(files, settings={"helpline": "1", "mrc": "1", "price": "500 ກີບ"}).problems
    assert (found.code, found.message) == (
        "first-screen-not-gsm7",
        "'ກ' in {price} on the first screen cannot be shown by every phone",
    )


def test_a_keyword_with_a_twin_letter_is_told_with_its_place():
    files = with_change("words.yaml", "lo: [ຄ່າແຮງ, ເງິນເດືອນ]", "lo: [ຄ່າແຮງ, ຂັ້ນຕໍ່າ]")
    (found,) = checked(files).problems
    assert (found.code, found.place.line, found.place.column) == ("lookalike", 3, 44)


WAGE = '- {value: "400", valid_from: 2025-07-01, source: "Royal Gazette", checked_on: 2026-11-24, expires_on: 2027-05-24'


def with_old(words: str, **more: str) -> dict[str, bytes]:
    """The sound menu with these words in place of the wage of today, when it is old."""
    return with_change("words.yaml", WAGE, f"{WAGE}, when_old: {words}")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("{en: ask us}", []),  # in Lao the English stands in
        ("{en: ask us, lo: ຖາມພວກເຮົາ}", []),
        ("{lo: ຖາມພວກເຮົາ}", ["text-missing"]),
        ('{en: "a wage of 400"}', ["figure-in-text"]),
        ("{en: ask us — now}", ["typography-folded"]),
        ("{en: ask us, lo: ຖາມ\ue001\ue002}", ["legacy-font"]),
        ("{en: ask us, lo: ກ่}", ["lookalike", "wrong-script"]),
        ('{en: "{th.police}"}', ["unknown-placeholder"]),
        ("ask us", ["yaml-syntax"]),
    ],
)
def test_the_words_for_an_old_fact_are_proved_as_all_words_are(words, found):
    assert codes(with_old(words)) == found


@pytest.mark.parametrize(
    ("words", "languages"),
    [
        (f"{{en: {'ask us ' * 30}}}", {"en", "lo"}),
        (f"{{en: ask us, lo: {'ຖາມ' * 30}}}", {"lo"}),
        (f"{{en: {'ask us ' * 10}, lo: ຖາມ}}", set()),
    ],
)
def test_the_words_for_an_old_fact_take_their_room_on_every_day(words, languages):
    """A page without room for them is found today, and not on the day after the last."""
    found = checked(with_old(words)).problems
    assert {problem.code for problem in found} <= {"text-too-long"}
    assert {problem.language for problem in found} == languages


def test_drafts_count_the_words_for_old_facts():
    files = reviewed(base())
    assert checked(files, tells_drafts=True).problems == ()
    files |= {"words.yaml": with_old("{en: ask us, lo: ຖາມ}")["words.yaml"]}
    told = [
        str(problem) for problem in checked(files, tells_drafts=True).problems if problem.code == "unreviewed"
    ]
    assert [words.count("nobody has reviewed 1 text in") for words in told] == [1, 1]


def test_a_fact_written_newest_first_is_told_at_its_own_line():
    lines = base()["words.yaml"].decode().split("\n")
    at = next(number for number, line in enumerate(lines) if "410" in line)
    lines[at - 1 : at + 1] = [lines[at], lines[at - 1].replace("2027-05-24", "2026-11-23")]
    (found,) = checked(base() | {"words.yaml": "\n".join(lines).encode()}).problems
    assert (found.code, found.place.line) == ("fact-expired", at + 1)


def test_a_date_takes_the_room_of_its_words_in_each_language():
    built = menu(with_change("words.yaml", 'value: "400"', "date: 2025-07-01"))
    assert reserve_values(built, "en")["th.wage"] == "1/7/2025", "in figures where the menu has no calendar"
    assert reserve_values(built, "lo")["th.wage"] == "1/7/2025"


def test_a_notice_must_leave_room_for_the_way_to_its_page():
    for length, found in ((150, []), (153, ["text-too-long"])):
        files = with_change("head.yaml", "Not a valid choice. Try again.", "x" * length)
        assert codes(files) == found


OLD = 'expires_on: 2027-05-24, when_old: {en: ask us, lo: ຖາມ}}\n    - {value: "410"'


@pytest.mark.fault("D2")
def test_the_words_for_an_old_value_go_on_with_the_next_one_until_it_has_its_own():
    files = with_change("words.yaml", 'expires_on: 2027-05-24}\n    - {value: "410"', OLD)
    first, second = menu(files).facts["th.wage"].values
    assert first.when_old == second.when_old == {"en": "ask us", "lo": "ຖາມ"}
    own = files["words.yaml"].replace(
        b"2027-05-24}\n  th.police", b"2027-05-24, when_old: {en: phone us}}\n  th.police"
    )
    _, second = menu(files | {"words.yaml": own}).facts["th.wage"].values
    assert second.when_old == {"en": "phone us"}


def test_a_gap_in_inherited_words_is_told_once_where_they_were_written():
    files = with_change(
        "words.yaml", 'expires_on: 2027-05-24}\n    - {value: "410"', OLD.replace("en: ask us, ", "")
    )
    gaps = [each for each in checked(files).problems if each.code == "text-missing"]
    assert [(each.place.line, each.language) for each in gaps] == [(8, "en")]


SISTER = (
    '  {name}:\n    - {{{what}, valid_from: 2025-07-01, source: "G", checked_on: {checked},'
    " expires_on: 2027-05-24}}\n"
)


@pytest.mark.fault("D2")
@pytest.mark.parametrize(
    ("name", "what", "text", "told"),
    [
        ("th.wage_since", "date: 2025-07-01", "{th.wage} since {th.wage_since}", True),
        ("th.checked", "date: 2025-07", "{th.wage}, checked {th.checked}", True),
        ("th.wage_unit", 'value: "baht"', "{th.wage} {th.wage_unit}", True),
        ("th.office", 'value: "A"', "{th.wage} {th.office}", False),
        ("la.since", "date: 2025-07-01", "{th.wage}, Laos {la.since}", False),
        ("th.wage_since", "date: 2025-07-01", "{th.wage}", False),
    ],
)
def test_a_sister_that_stayed_behind_is_told_and_a_stranger_is_not(name, what, text, told):
    sister = SISTER.format(name=name, what=what, checked="2026-11-24")
    files = with_change("words.yaml", "  th.police:", f"{sister}  th.police:")
    screens = files["screens.yaml"].decode()
    for words in ("At least {th.wage} baht a day.", "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້"):
        screens = screens.replace(words, text)
    assert codes(files | {"screens.yaml": screens.encode()}).count("sister-left-behind") == told


@pytest.mark.parametrize(("checked_on", "n"), [("2026-11-24", 0), ("2026-05-24", 2)])
def test_a_day_of_checking_holds_for_what_stands_beside_it(checked_on, n):
    sister = SISTER.format(name="th.other", what='value: "350"', checked=checked_on)
    files = with_change("words.yaml", "  th.police:", f"{sister}  th.police:")
    screens = files["screens.yaml"].decode()
    for words in ("At least {th.wage} baht a day.", "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້"):
        screens = screens.replace(words, f"{words[:3]} {{th.wage}} {{th.other}} {{th.wage:checked}}")
    found = codes(files | {"screens.yaml": screens.encode()})
    assert found.count("sister-left-behind") == n
    assert "unknown-placeholder" not in found


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("th.wage:sinse", "unknown-placeholder", "did you mean 'th.wage:since'?"),
        ("th.wage:", "unknown-placeholder", "did you mean 'th.wage:since'?"),
        ("th.wages:since", "unknown-fact", "did you mean 'th.wage'?"),
        ("price:sinse", "unknown-placeholder", "did you mean 'price'?"),
    ],
)
def test_a_slip_in_what_a_fact_tells_is_named(name, code, hint):
    files = with_change("screens.yaml", "At least {th.wage} baht", f"At least {{{name}}} baht")
    found = [(each.code, each.hint) for each in checked(files).problems]
    assert (code, hint) in found


@pytest.mark.fault("M2")
def test_a_text_that_nobody_translated_is_found() -> None:
    files = read_folder(Path(__file__).parents[3] / "menus")
    pay = files["pay.yaml"].decode()
    for old, new in (
        ("lo-Latn: Bo dai ngeun", "lo-Latn: not  paid"),
        ("th: ได้น้อย", "th: Paid too little"),
        ("lo-Latn: Ni,", "lo-Latn: Debts,"),  # one word may be a name
    ):
        assert old in pay
        pay = pay.replace(old, new, 1)
    problems = checked(files | {"pay.yaml": pay.encode()}).problems
    assert [problem.message for problem in problems if problem.code == "untranslated"] == [
        "the lo-Latn text is the one in en",
        "the th text is the one in en",
    ]


@pytest.mark.parametrize("is_looking", [True, False])
def test_a_check_leaves_the_search_for_garbage_as_it_was(is_looking: bool) -> None:
    before = gc.isenabled()
    (gc.enable if is_looking else gc.disable)()
    try:
        assert checked(base()).menu is not None
        assert gc.isenabled() is is_looking
        with pytest.raises(TypeError):
            checked({"menu.yaml": None})  # breaks inside
        assert gc.isenabled() is is_looking
    finally:
        (gc.enable if before else gc.disable)()
