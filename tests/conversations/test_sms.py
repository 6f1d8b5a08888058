"""A text by SMS: understood in her language, answered once, stopped for good, and the callback in two texts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from gateway.conversations import effects, one_shot
from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.domain.events import Inbound, Kind, OptOut
from gateway.foundation.services import AnswerBounds, Services
from gateway.menus.engine import serialization
from gateway.menus.engine.model import Menu
from gateway.menus.engine.text_size import split_parts
from gateway.storage import callers, conversations, outbox
from tests.support.clocks import SetClock
from tests.support.house import HER, LINE, Phone, payload_text, publish, requests, rows, sample

STOPS = [
    "STOP",
    "Stop. Thank you",
    "stop sending me messages",
    "ຢຸດ",
    "ຢຸດແດ່",
    "yut",
    "yud",
    "หยุดครับ",
    "หยุดส่งข้อความ",
]


@pytest.fixture
def light(light_parts: Services) -> Phone:
    """Her phone before one database, for what no database decides."""
    return Phone(light_parts)


def kept(phone: Phone) -> list[str]:
    """How her texts were understood, as it stands beside them, oldest first."""
    with phone.parts.store.read() as tx:
        return list(tx.execute(text("SELECT understood FROM texts ORDER BY at, id")).scalars())


def answers_of(phone: Phone) -> list[str]:
    """Every answer that is on its way to her."""
    return [payload_text(phone.parts, row) for row in rows(phone.parts) if row.kind == "answer"]


def stopped(phone: Phone) -> bool:
    with phone.parts.store.read() as tx:
        caller = callers.find_caller(tx, HER)
    return caller is not None and caller.stopped


@pytest.mark.parametrize(
    ("words", "part"),
    [("wage", "Minimum wage"), ("ຄ່າແຮງ", "ຄ່າແຮງ"), ("kha heng", "Kha heng"), ("ค่าจ้าง", "ค่าจ้าง")],
)
def test_a_word_is_answered_in_its_own_language(phone: Phone, words: str, part: str) -> None:
    (answer,) = phone.texts(words)
    assert part in answer


def test_a_number_chooses_from_the_last_answer(phone: Phone) -> None:
    phone.texts("pay")
    (answer,) = phone.texts("1")
    assert "Bangkok" in answer


def test_a_text_nobody_understands_gets_help_in_english_or_her_language(phone: Phone) -> None:
    (answer,) = phone.texts("zzz qqq")
    assert answer
    assert requests(phone.parts) == []


def test_call_me_and_two_numbers_are_a_request_with_a_code_and_nothing_else(phone: Phone) -> None:
    phone.texts("pay")
    (form,) = phone.texts("call me")
    assert "\n3 Evening 18-21\n" in form
    assert "e.g. 2 1 =" in form
    (saved,) = phone.texts("2 3")
    (found,) = requests(phone.parts)
    assert found.code in saved
    assert (found.topic, found.window) == ("pay", "evening")
    assert found.contact is not None
    assert found.contact.phone_seen == "sometimes"
    assert not found.contact.sms_safe
    assert not found.contact.may_text(phone.parts.clock.now())


@pytest.mark.parametrize("answer", ["3 3", "1 6", "3 6"])
def test_an_answer_that_leaves_no_safe_call_makes_no_request(phone: Phone, answer: str) -> None:
    phone.texts("call me")
    phone.texts(answer)
    assert requests(phone.parts) == []


def test_an_answer_that_cannot_be_read_is_asked_for_again(phone: Phone) -> None:
    phone.texts("call me")
    (answer,) = phone.texts("maybe")
    assert answer
    assert requests(phone.parts) == []
    phone.texts("2 3")
    assert len(requests(phone.parts)) == 1


@pytest.mark.fault("W11")
def test_hours_in_which_nobody_is_there_are_told_with_those_that_can_and_the_form_waits(phone: Phone) -> None:
    phone.parts = replace(
        phone.parts, line=replace(LINE, hours=Hours.parse({day: ["06:00-09:00"] for day in DAYS}))
    )
    phone.texts("call me")
    (answer,) = phone.texts("2 3")
    above, *times = answer.splitlines()
    assert above.startswith("We cannot call then.")
    assert times == ["1 Morning 6-9", "6 Do not call me"]
    assert requests(phone.parts) == []
    phone.texts("2 1")
    assert [one.window for one in requests(phone.parts)] == ["morning"]


def test_numbers_without_the_question_are_no_consent(phone: Phone) -> None:
    phone.texts("2 3")
    assert requests(phone.parts) == []


def test_one_message_posted_five_times_is_answered_once(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number=HER, text="wage", turn="same")
    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(lambda _: one_shot.TEXTS.take(phone.parts, inbound), range(5)))
    assert len(rows(phone.parts)) == 1


def test_after_stop_nothing_leaves_what_was_due_included(phone: Phone) -> None:
    phone.texts("wage")
    phone.texts("STOP")
    assert [row.state for row in rows(phone.parts)] == ["cancelled"]
    assert phone.texts("zzz") == []
    with phone.parts.store.read() as tx:
        caller = callers.find_caller(tx, HER)
    assert caller is not None
    assert caller.stopped


def test_she_who_asks_again_after_stop_wants_an_answer(phone: Phone) -> None:
    phone.texts("STOP")
    assert phone.texts("wage")


@pytest.mark.fault("R1")
def test_after_stop_a_person_decides_whether_she_is_called(phone: Phone) -> None:
    phone.texts("call me")
    phone.texts("2 3")
    phone.texts("stop")
    (request,) = requests(phone.parts)
    assert (request.state, request.withheld) == ("review", "stop")
    assert [row.state for row in rows(phone.parts) if row.kind == "announce"] == ["cancelled"]


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    "words", ["do not call, he hits me", "อย่าโทรมา เขาตีฉัน", "ຢ່າໂທ ລາວຕີຂ້ອຍ", "ya tho ma lao ti khoy"]
)
def test_a_refusal_beside_danger_takes_her_request_out_of_the_line(phone: Phone, words: str) -> None:
    phone.texts("call me")
    phone.texts("2 3")
    (answer,) = phone.texts(words)
    (request,) = requests(phone.parts)
    assert "1191" in answer
    assert (request.state, request.withheld) == ("review", "said")
    assert "danger_text" in {row.kind for row in rows(phone.parts)}


def test_stop_then_a_request_that_she_dials_lifts_the_stop_and_stands(phone: Phone) -> None:
    phone.texts("STOP!!!")
    phone.dial("4 7 2 1 3 1")
    (request,) = requests(phone.parts)
    assert (request.state, request.withheld) == ("waiting", "")
    assert phone.texts("pay")


def test_the_providers_opt_out_is_a_stop(phone: Phone) -> None:
    phone.texts("wage")
    assert effects.opt_out(phone.parts, OptOut(channel=phone.channel, number=HER))
    assert [row.state for row in rows(phone.parts)] == ["cancelled"]


def test_danger_words_get_the_numbers_first_and_no_call_without_consent(phone: Phone) -> None:
    (answer,) = phone.texts("help me he beat me, call me")
    assert "1191" in answer
    assert requests(phone.parts) == []


def test_a_machine_that_repeats_itself_gets_no_more_answers(phone: Phone) -> None:
    answers = [phone.texts("hello hello") for _ in range(12)]
    assert sum(map(len, answers)) == phone.parts.answers.equal_texts


ALL_BY_ONE = {f"{share}_an_hour": 1 for share in ("strangers", "known", "code", "danger", "ours")}


@pytest.mark.fault("H6")
@pytest.mark.parametrize(
    ("bounds", "answered"),
    [
        (AnswerBounds(), [1, 1, 1, 1, 1, 0]),
        (AnswerBounds(equal_texts=2), [1, 1, 0, 0, 0, 0]),
        (AnswerBounds(number_a_day=3), [1, 1, 1, 0, 0, 0]),
        (AnswerBounds(equal_texts=9), [1, 1, 1, 1, 1, 1]),
        (AnswerBounds(**ALL_BY_ONE), [1, 0, 0, 0, 0, 0]),
    ],
)
def test_how_often_a_text_is_answered_is_what_the_settings_say(
    light_parts: Services, bounds: AnswerBounds, answered: list[int]
) -> None:
    phone = Phone(replace(light_parts, answers=bounds))
    assert [len(phone.texts("hello hello")) for _ in answered] == answered


@pytest.mark.fault("H6")
@pytest.mark.parametrize(
    ("share", "words"),
    [("danger", ["he beats me, help me"]), ("code", ["call me", "2 3"]), ("strangers", ["wage"])],
)
def test_each_share_of_an_hour_is_a_row_of_the_settings(
    light_parts: Services, share: str, words: list[str]
) -> None:
    parts = replace(light_parts, answers=AnswerBounds(**{f"{share}_an_hour": 1}))
    phones = [Phone(parts, f"+85620555880{n:02}") for n in range(2)]
    assert [[len(phone.texts(each)) for each in words][-1] for phone in phones] == [1, 0]


def test_a_line_answers_only_so_often_in_an_hour(parts: Services) -> None:
    parts = replace(parts, answers=AnswerBounds(strangers_an_hour=3))
    answered = [bool(Phone(parts, f"+85620555{n:05}").texts("wage")) for n in range(5)]
    assert answered == [True, True, True, False, False]


@pytest.mark.fault("K10")
def test_a_flood_of_strangers_silences_neither_who_is_known_nor_a_code_nor_danger(
    parts: Services,
) -> None:
    parts = replace(parts, answers=AnswerBounds(strangers_an_hour=3))
    known, asking = Phone(parts, "+8562055577701"), Phone(parts, "+8562055577702")
    known.dial("4 7 2 1 3 1")
    asking.texts("call me")
    answered = [bool(Phone(parts, f"+85620555{n:05}").texts("wage")) for n in range(9)]
    assert not any(answered[3:])
    assert known.texts("wage")
    assert len(asking.texts("2 3")) == 1  # her code
    assert Phone(parts, "+8562055577703").texts("he beats me, help me")
    assert not Phone(parts, "+8562055577704").texts("wage")


@pytest.mark.fault("K10")
def test_what_a_numbers_own_brake_holds_uses_up_nothing_of_the_line(
    parts: Services,
) -> None:
    parts = replace(parts, answers=AnswerBounds(strangers_an_hour=8))
    loud = Phone(parts, "+8562055577705")
    for _ in range(30):
        loud.texts("wage")
    assert Phone(parts, "+8562055577706").texts("wage")


def test_the_answer_goes_back_with_what_the_provider_needs_to_bill_it(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number=HER, text="wage", turn="m", link="L1")
    one_shot.TEXTS.take(phone.parts, inbound)
    (row,) = rows(phone.parts)
    with phone.parts.store.read() as tx:
        payload = outbox.open_row(tx, row).payload
    assert payload is not None
    assert payload["link"] == "L1"


def test_a_text_whose_sender_is_no_number_is_taken_and_left(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number="BANK", text="wage", turn="m")
    assert one_shot.TEXTS.take(phone.parts, inbound)
    assert rows(phone.parts) == []


@pytest.mark.parametrize("words", ["", " ", "\u0000", "ຄ່າ" * 400, "1*2*3", "🙏", "\u202e911"])
def test_odd_texts_are_taken_and_never_fail(
    phone: Phone, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    phone.texts(words)
    assert "failed" not in caplog.text
    assert payload_text(phone.parts, rows(phone.parts)[0])


def test_a_row_says_what_its_text_costs(phone: Phone) -> None:
    phone.texts("ໂທຫາຂ້ອຍ")
    (row,) = rows(phone.parts)
    assert row.parts == len(split_parts(payload_text(phone.parts, row))) > 1


@pytest.mark.parametrize("words", STOPS)
def test_stop_in_every_language_stops_and_is_not_answered(light: Phone, words: str) -> None:
    assert light.texts(words) == []
    assert stopped(light)


@pytest.mark.parametrize("words", ["we never stop working", "ຢຸດວຽກໄດ້ບໍ", "ขอหยุดงานได้ไหม"])
def test_a_sentence_about_stopping_stops_nothing(light: Phone, words: str) -> None:
    light.texts(words)
    assert not stopped(light)


@pytest.mark.parametrize(
    ("words", "part"),
    [("help", "CALL ME"), ("ສະບາຍດີ", "ໂທຫາຂ້ອຍ"), ("sabaidee", "THO HA KHOY"), ("สวัสดีค่ะ", "โทรหาฉัน")],
)
def test_help_in_every_language(light: Phone, words: str, part: str) -> None:
    (answer,) = light.texts(words)
    assert part in answer


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("call me", "4 Sunday 9-18"),
        ("ໂທຫາຂ້ອຍ", "4 ທິດ 9-18"),
        ("tho ha khoy", "4 Van athit 9-18"),
        ("โทรกลับด้วยค่ะ", "4 อา 9-18"),
    ],
)
def test_call_me_in_every_language(light: Phone, words: str, part: str) -> None:
    (form,) = light.texts(words)
    assert part in form.splitlines()
    light.texts("1 3")
    assert len(requests(light.parts)) == 1


@pytest.mark.parametrize("words", ["language", "ປ່ຽນພາສາ", "pian phasa", "ภาษา"])
def test_the_languages_are_listed_as_any_phone_can_show_them(light: Phone, words: str) -> None:
    (answer,) = light.texts(words)
    assert answer.splitlines()[1:] == ["1 Phasa Lao", "2 Lao (ABC)", "3 Phasa Thai", "4 English"]
    assert answer.isascii()


@pytest.mark.parametrize(
    ("key", "home", "wage"),
    [
        ("1", "ຄ່າແຮງ", "ຂັ້ນຕ່ຳ"),
        ("2", "Kha heng", "Khan tam"),
        ("3", "ค่าจ้าง", "ขั้นต่ำ"),
        ("4", "My pay", "Minimum"),
    ],
)
def test_a_number_chooses_the_language_and_the_thread_remembers_it(
    light: Phone, key: str, home: str, wage: str
) -> None:
    light.texts("language")
    (answer,) = light.texts(key)
    assert home in answer
    (answer,) = light.texts("wage")
    assert wage in answer
    (answer,) = light.texts("ກິນເຂົ້າແລ້ວບໍ")
    assert home.upper() in answer.upper() or key == "4"


def test_digits_of_her_script_are_numbers_too(light: Phone) -> None:
    light.texts("ຄ່າແຮງ")
    (answer,) = light.texts(" ໑ ")
    assert "ບາງກອກ" in answer


def test_the_first_answer_says_how_to_go_on_and_no_answer_costs_more_for_it(light: Phone) -> None:
    (first,) = light.texts("pay")
    assert first.splitlines()[-1] == "Reply with a number."
    (second,) = light.texts("1")
    bare = second.removesuffix("\nReply with a number.")
    assert len(split_parts(second)) == len(split_parts(bare))


def test_back_home_and_more_mean_the_same_as_on_the_screen(light: Phone) -> None:
    (pay,) = light.texts("pay")
    light.texts("1")
    assert light.texts("0")[0].splitlines()[:3] == pay.splitlines()[:3]
    assert "My pay" in light.texts("00")[0]


def test_a_text_nobody_understood_waits_to_be_read_and_offers_what_is_near(light: Phone) -> None:
    (answer,) = light.texts("papr")
    assert answer.splitlines()[:2] == ["Did you mean:", "1 passport"]
    assert "CALL ME" in answer
    with light.parts.store.read() as tx:
        assert [each.text for each in conversations.list_unread(tx)] == ["papr"]
    (answer,) = light.texts("1")
    assert "Boss keeps my passport" in answer


@pytest.mark.parametrize("words", ["ກິນເຂົ້າແລ້ວບໍ", "กินข้าวหรือยัง", "how are things"])
def test_help_comes_in_the_language_that_she_writes(light: Phone, words: str) -> None:
    (answer,) = light.texts(words)
    assert {"ກ": "ສະບາຍດີ", "ก": "สวัสดี", "h": "Hello"}[words[0]] in answer


def test_why_a_text_was_understood_stands_beside_it(light: Phone, clock: SetClock) -> None:
    for words in ("salery", "boss hit me", "1", "zzz", "ຄາແຮງ", "stop"):
        light.texts(words)
        clock.forward(seconds=1)
    assert kept(light) == [
        "pay (en): salary, one letter off",
        "danger (en): hit me",
        "key",
        "",
        "pay (lo): ຄ່າແຮງ, by its sound",
        "stop (lo): stop",
    ]


def test_an_answer_to_the_form_in_words_waits_to_be_read(light: Phone, clock: SetClock) -> None:
    light.texts("call me")
    clock.forward(seconds=1)
    light.texts("not tonight he is here")
    assert kept(light)[-1] == ""


@pytest.mark.parametrize(
    ("way", "contact"),
    [
        ("7 2 1 3 1", ("no", "evening")),
        ("7 2 2 1 1", ("sometimes", "morning")),
        ("7 1 1 1 3 1", ("no", "evening")),
    ],
)
def test_the_form_goes_step_by_step_through_the_thread(
    phone: Phone, way: str, contact: tuple[str, str]
) -> None:
    phone.texts("wage")
    answers = [phone.texts(key) for key in way.split()]
    (found,) = requests(phone.parts)
    assert found.contact is not None
    assert (found.contact.phone_seen, found.window) == contact
    assert found.code in answers[-1][0]
    assert found.topic == "pay"
    assert (found.priority == 0) == way.startswith("7 1")


def test_a_repeated_consent_is_one_request_with_one_answer(phone: Phone) -> None:
    for key in ("wage", "7", "2", "1", "3"):
        phone.texts(key)
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number=HER, text="1", turn="consent")
    before = len(answers_of(phone))
    for _ in range(5):
        assert one_shot.TEXTS.take(phone.parts, inbound)
    assert len(requests(phone.parts)) == 1
    assert len(answers_of(phone)) == before + 1


def test_a_thread_is_over_after_a_day(light: Phone, clock: SetClock) -> None:
    light.texts("pay")
    clock.forward(hours=25)
    (answer,) = light.texts("1")
    assert "Text one word" in answer


def changed(**screens: object) -> str:
    """The sample with some screens changed."""
    menu: Menu = serialization.load_menu(sample())
    made = {name: replace(menu.screens[name], **fields) for name, fields in screens.items()}  # type: ignore[arg-type]  # a test names fields
    return serialization.dump_menu(replace(menu, screens={**menu.screens, **made}, pages={}))


def test_a_thread_moves_on_to_a_version_in_which_its_screen_has_the_same_shape(light: Phone) -> None:
    light.texts("pay")
    publish(light.parts, changed(wage_bangkok={"text": {"en": "Bangkok: ask us."}}))
    light.texts("1")
    assert "Bangkok: ask us." in light.texts("1")[0]


def test_a_number_never_means_what_a_new_version_made_of_it(light: Phone) -> None:
    light.texts("pay")
    menu = serialization.load_menu(sample())
    other = tuple(
        replace(each, to="money") if each.key == "1" else each for each in menu.screens["pay"].choices
    )
    publish(light.parts, changed(pay={"choices": other}))
    (answer,) = light.texts("1")
    assert answer.splitlines()[0] == "We begin again."
    assert "My pay" in answer


def test_a_word_leads_on_whatever_became_of_her_screen(light: Phone) -> None:
    light.texts("pay")
    menu = serialization.load_menu(sample())
    publish(light.parts, changed(pay={"choices": menu.screens["pay"].choices[:-2]}))
    (answer,) = light.texts("overtime")
    assert "begin again" not in answer


def test_the_language_of_a_thread_survives_a_publish(light: Phone) -> None:
    light.texts("language")
    light.texts("3")
    publish(light.parts, changed(main={"choices": ()}))
    assert "ขั้นต่ำ" in light.texts("wage")[0]


@pytest.mark.parametrize("number", ["22384", "1234", "AIRTEL", "191", "INFO-SMS", ""])
def test_short_codes_and_names_are_never_answered(light: Phone, number: str) -> None:
    assert one_shot.TEXTS.take(
        light.parts, Inbound(channel=light.channel, kind=Kind.SMS, number=number, text="wage", turn="m")
    )
    assert rows(light.parts) == []


@pytest.mark.parametrize("words", ["wage", "ໂທຫາຂ້ອຍ", "salry", "ภาษา", "ເງີນ ຂ້ອຍ ຢາກ ໄດ້"])
def test_no_answer_is_longer_than_three_parts(light: Phone, words: str) -> None:
    (answer,) = light.texts(words)
    assert len(split_parts(answer)) <= 3


@pytest.mark.fault("R6")
def test_only_start_or_a_request_by_the_form_lifts_a_stop(phone: Phone) -> None:
    def is_stopped() -> bool:
        with phone.parts.store.read() as tx:
            caller = callers.find_caller(tx, HER)
        assert caller is not None
        return caller.stopped

    phone.texts("STOP")
    for words in ("passport", "1", "help", "hello there", "call me", "language"):
        phone.texts(words)
        assert is_stopped(), words
    phone.texts("2 3")
    assert not is_stopped()
    phone.texts("STOP")
    phone.texts("start")
    assert not is_stopped()


@pytest.mark.fault("R6")
def test_after_stop_what_she_asks_is_answered_once_and_the_rest_is_read_by_a_person(phone: Phone) -> None:
    phone.texts("STOP")
    assert phone.texts("wage")
    assert phone.texts("my sister is at home") == []
    with phone.parts.store.read() as tx:
        assert [one.text for one in conversations.list_unread(tx)] == ["my sister is at home"]


@pytest.mark.fault("W1")
def test_danger_by_text_goes_into_a_request_that_she_dials(phone: Phone, clock: SetClock) -> None:
    phone.texts("help me he hits me")
    phone.dial("4 7 2 1 3 1")
    assert [one.priority for one in requests(phone.parts)] == [0]


@pytest.mark.fault("W1")
def test_after_a_day_she_is_asked_anew(phone: Phone, clock: SetClock) -> None:
    phone.texts("help me he hits me")
    clock.forward(hours=24, minutes=1)
    phone.texts("call me")
    phone.texts("2 3")
    assert [one.priority for one in requests(phone.parts)] == [1]
