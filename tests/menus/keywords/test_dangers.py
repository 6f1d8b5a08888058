"""Cries for help are heard in all their forms and wherever they stand; what merely holds such a word is no alarm."""

import time
import unicodedata

import pytest

from gateway.menus.authoring.checks.characters import write_out_word
from gateway.menus.engine.model import Keyword, Menu
from gateway.menus.keywords import detect_language, find_nearest_topics, understand_text
from gateway.menus.keywords.match import (
    find_danger,
    find_topic,
    is_danger_throughout,
    is_keyword_throughout,
)
from gateway.menus.keywords.script_runs import LONGEST_HEARD

CRIES = """
ช่วยหนูด้วย|ช่วยเราด้วย|ช่วยหนูที|ช่วยพี่ด้วยนะคะ|ช่วยน้องหน่อย|ຊ່ວຍຂ້ອຍແດ່|ຊ່ວຍພວກເຮົາແດ່|ຊ່ອຍແດ່|ຊ່ອຍເອື້ອຍແດ່|suay khoy dae|soi hao dae
S.O.S|s-o-s|suicide|I want to die|I am trapped|not allowed to leave the house|she won't let me out|bo hai ork|bo hai khoy ok
killed|killing|raping|hitted|punch|slap|kick|attack|knife|stab|abuse|threatens me|sexual harassment|hurt me|HE HURTS ME
ลวนลาม|ข่มขู่|โดนตบ|โดนต่อย|ซ้อม|ออกจากบ้านไม่ได้|ລວນລາມ|ຂູ່|ຖືກຕົບ|ລ່ວງລະເມີດ|ອອກໄປໃສບໍ່ໄດ້
""".replace("\n", "|")
MARKS = """
ທຳຮາ້ຍ|ลูกพี่ทำรา้ยฉัน|ຂມ່ຂືນ|ຂົມຂືນ|ນາຍຂົມ່ຂືນຂ້ອຍ|ທ\u0ecdາຮ້າຍ|ทํารา้ย|ช่วยดว้ย|ຊວ່ຍແດ່
ท\u200bำ\u200bร้าย|ທຳ\u200bຮ້າຍ|ki\u200bll me|he\u200dlp me|po\u2060lice|ra\u00adpe|ຕ\u034fີຂ້ອຍ|ข\u202aั\u202cง|h\ufe0fit
""".replace("\n", "|")
NO_ALARM = """
https://line.me/ti/p/abc|http://x.example/help/me|line.me/ti/p/~abc|see www.hit.example/kill|a.hit@example.com
ตี 2|ตี2|ตี ๓|ทำงานถึงตี 4|ตีสี่ตีห้า|ຕີໜຶ່ງ|ຕີຫ້າ|ຕີ 5 ເຄິ່ງ|ຕີ໔|meu ti 5|ti 11|ti ha
ສະຕີ|ຂ້າເຈົ້າບໍ່ຈ່າຍເງິນ|ປົກກະຕີ|ພັນຕີ|ຂ້າລັດຖະການ|ໂຈມຕີ|ກາຣັນຕີ|ຂັງນ້ຳ|โจมตี|การันตี|โรตี|ตีตลาด|ยาฆ่าแมลง
nai chang khang kha heng|khang kha heng|yu khang hongngan|ti nai|yu ti ban
""".replace("\n", "|")
STILL_ALARM = """
ตี 2 ครั้ง|โดนตี 3 ที|เขาตีสองหน|ຕີ 2 ເທື່ອ|ຖືກຕີ 2 ບາດ|lao ti hao|ti hao|lao ti samsen|lao ti khoy 2 theua|ลาวตี 3 คน|ຈະຂ້າເຈົ້າ
https://line.me/ti/p/abc ช่วยด้วย|ดูhttps://line.me/xyzช่วยด้วย|help me https://x.example/a|ນາຍຈ້າງຕີຂ້ອຍຕີ 2|music ດົນຕີ ລາວຕີຂ້ອຍ
""".replace("\n", "|")


def each(table: str) -> list[str]:
    return [text for text in (cell.strip(" ") for cell in table.split("|")) if text]


def is_alarm(menu: Menu, text: str) -> bool:
    match = understand_text(menu, text)
    return match is not None and match.keyword.danger


@pytest.mark.fault("W4")
@pytest.mark.parametrize("text", each(CRIES))
def test_a_cry_for_help_is_heard(menu: Menu, text: str) -> None:
    assert is_alarm(menu, text)


@pytest.mark.fault("W4")
@pytest.mark.parametrize("text", each(MARKS), ids=lambda text: text.encode("unicode_escape").decode())
def test_the_order_of_marks_and_what_nobody_sees_make_no_difference(menu: Menu, text: str) -> None:
    assert is_alarm(menu, text)


@pytest.mark.fault("W8")
@pytest.mark.parametrize("text", each(NO_ALARM))
def test_addresses_hours_and_longer_words_are_no_alarm(menu: Menu, text: str) -> None:
    assert not is_alarm(menu, text)


@pytest.mark.parametrize("text", each(STILL_ALARM))
def test_what_looks_like_them_and_is_none_is_heard(menu: Menu, text: str) -> None:
    assert is_alarm(menu, text)


@pytest.mark.fault("W5")
@pytest.mark.parametrize(
    ("story", "cry"),
    [
        ("วันนี้ไปตลาดกับเพื่อนซื้อผักมาเยอะ ", "นายจ้างทำร้ายฉัน"),
        ("ມື້ນີ້ໄປຕະຫຼາດກັບໝູ່ຊື້ຜັກມາຫຼາຍ ", "ນາຍຈ້າງທຳຮ້າຍຂ້ອຍ"),
        ("we went to the market and bought rice ", "he beats me"),
        ("meu ni pai talat nam mu seu phak ma ", "lao ti khoy"),
    ],
)
@pytest.mark.parametrize("length", [1_600, 20_000, LONGEST_HEARD - 30])
def test_danger_is_heard_however_late_it_comes(menu: Menu, story: str, cry: str, length: int) -> None:
    text = (story * (length // len(story) + 1))[: length - 1] + " " + cry
    assert is_alarm(menu, text)


WORST = (
    "ດົນຕີ",
    "ตีสอง",
    "ตีน",
    "a.",
    "a/",
    "do not ",
    "ກ",
    "hit@",
    "ตี    ",
    "“",
    "> a\n",
    "ຂົ່ມຂື",
    "ทำรยา้",
    "\u200b",
    "x@",
)


@pytest.mark.fault("W5")
@pytest.mark.parametrize(
    "piece",
    [pytest.param(piece, marks=() if nth % 3 == 0 else pytest.mark.slow) for nth, piece in enumerate(WORST)],
    ids=ascii,
)
def test_a_long_text_costs_in_proportion(menu: Menu, piece: str) -> None:
    def cost(length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(2):
            understand_text(menu, "x")
            began = time.process_time()
            understand_text(menu, text)
            best = min(best, time.process_time() - began)
        return best

    cost(2_000)
    assert cost(32_000) < 8 * cost(8_000) + 0.05


@pytest.mark.fault("W7")
@pytest.mark.parametrize(
    ("tag", "name", "word", "sentence"),
    [
        ("km", "ខ្មែរ", "វាយ", "គាត់វាយខ្ញុំ"),
        ("my", "မြန်မာ", "ရိုက်", "သူကျွန်မကိုရိုက်တယ်"),
        ("hi", "हिन्दी", "मारता", "वह मुझे मारता है"),
        ("ne", "नेपाली", "कुट्छ", "उसले मलाई कुट्छ"),
        ("vi", "Tiếng Việt", "đánh tôi", "ông chủ đánh tôi"),
        ("zh", "中文", "打我", "老板打我"),
        ("ru", "Русский", "бьёт", "он меня бьёт"),
        # Kinds of public reports: MemPalace/mempalace#932, python/cpython#76379, mrabarnett/mrab-regex#85,
        # stefankueng/grepWin#58; the words are our own.
        ("hi-a", "हिन्दी", "अन्\u200dन", "मुझे अन्न दो"),
        ("bn", "বাংলা", "মারছে", "সে আমাকে মারছে।"),
        ("ta", "தமிழ்", "அடித்தான்", "அவன் என்னை அடித்தான்"),
        ("si", "සිංහල", "ගැහුවා", "ඔහු මට ගැහුවා"),
        ("shn", "တႆး", "ပေႃႉ", "မၼ်းပေႃႉၵဝ်"),
        ("am", "አማርኛ", "መታኝ", "አሰሪዬ መታኝ።"),
        ("ar", "العربية", "ضربني", "هو ضَرَبَنِي اليوم"),
        ("ar-a", "العربية", "ضَرَبَنِي", "هو ضربني اليوم"),
        ("ur", "اردو", "مارتا", "وہ مجھے مارتا ہے"),
        ("he", "עברית", "הכה", "הוּא הִכָּה אותי"),
        ("ja", "日本語", "助けて", "誰か助けて!"),
        ("ko", "한국어", "때렸어요", "사장이 저를 때렸어요"),
    ],
)
def test_a_word_of_any_script_is_found_alone_and_in_a_sentence(
    tag: str, name: str, word: str, sentence: str
) -> None:
    pay = Keyword(words={tag: (sentence[:1] * 6,)}, to="pay")
    danger = Keyword(words={tag: (word,)}, to="sos", danger=True)
    menu = _menu(tag, name, danger, pay)
    for text in (word, sentence, unicodedata.normalize("NFD", sentence)):
        match = understand_text(menu, text)
        assert match, text
        assert (match.keyword.danger, match.language) == (True, tag)
    find_nearest_topics(menu, sentence)
    assert detect_language(menu, sentence) == (tag if tag != "vi" else "")


def test_a_part_of_a_khmer_or_burmese_cluster_is_no_word() -> None:
    assert (
        understand_text(_menu("km", "ខ្មែរ", Keyword(words={"km": ("ខ",)}, to="sos", danger=True)), "ខ្មែរ")
        is None
    )
    assert (
        understand_text(_menu("my", "မြန်မာ", Keyword(words={"my": ("ရို",)}, to="sos", danger=True)), "ရိုက်")
        is None
    )


COPIES = """
Liked “Police 191. Ambulance 1669. Help centre 1300.”|Emphasized “It is a crime to keep your passport.”
Loved “Hello. Text one word: PAY, HOURS, PAPERS, HURT…”|👍 to “Can someone else see this phone? 1 no 2 sometimes 3 not my phone.”
ถูกใจ “สวัสดี ส่งคำเดียว: ค่าจ้าง เวลา เอกสาร เจ็บ ไปไทย”|ມັກ “ສະບາຍດີ. ສົ່ງຄຳດຽວ: ຄ່າແຮງ, ເວລາ, ເອກະສານ”
Laughed at “4821”|> Hello. Text one word: PAY, HOURS, PAPERS, HURT, GOING, MONEY.
Police 1191. Women 1362. Youth line 1554. In Thailand: police 191, ambulance 1669
""".replace("\n", "|")
HERS = """
Liked “Police 191. Ambulance 1669.” he hits me|> Police 191. Ambulance 1669. Help centre 1300.\nຊ່ວຍແດ່
he said “i will kill you”|“help me”|police 191|Loved “he hit me”
""".replace("\n", "|").replace("1300.|", "1300.\n")


@pytest.mark.fault("W13")
@pytest.mark.parametrize(
    "cry",
    [
        "nai chang fao phuak hao kang kheun",
        "nai chang lai khoy kang kheun",
        "nai chang dai hak mue phuak hao",
        "nai chang boh hai phuak hao tho ha khop khua",
        'he said "nai chang fao phuak hao kang kheun"',
    ],
)
def test_a_cry_of_words_that_stand_in_our_texts_too_is_no_copy(menu: Menu, cry: str) -> None:
    match = understand_text(menu, cry)
    assert match is not None
    assert match.keyword.danger


@pytest.mark.fault("W13")
@pytest.mark.parametrize("text", each(COPIES))
def test_a_copy_of_ours_is_no_word_of_hers(menu: Menu, text: str) -> None:
    assert understand_text(menu, text) is None


@pytest.mark.parametrize("text", each(HERS))
def test_her_own_words_beside_a_copy_are_heard(menu: Menu, text: str) -> None:
    assert is_alarm(menu, text)


def test_our_keyword_in_quotes_is_hers(menu: Menu) -> None:
    match = understand_text(menu, "“CALL ME”")
    assert match
    assert match.topic == "call_me"


def _menu(tag: str, name: str, *keywords: Keyword) -> Menu:
    return Menu(
        id="t",
        languages={tag: name},
        fallback={},
        start="s",
        home="s",
        offer="s",
        sos="s",
        call_me="s",
        screens={},
        messages={},
        keywords=keywords,
    )


def write_all(menu: Menu, *, danger: bool) -> list[tuple[Keyword, str, str]]:
    return [
        (keyword, language, way)
        for keyword in menu.keywords
        if keyword.danger is danger
        for language, words in keyword.words.items()
        for word in words
        for way in write_out_word(menu, word, language)
    ]


def test_what_is_danger_throughout_is_danger(menu: Menu) -> None:
    written = [way for danger in (True, False) for _, _, way in write_all(menu, danger=danger)]
    throughout = [way for way in written[::17] if is_danger_throughout(menu, way)]
    assert len(throughout) > len(written[::17]) / 2
    assert [way for way in throughout if find_danger(menu, way) is None] == []


def test_what_is_a_keyword_throughout_is_understood_so(menu: Menu) -> None:
    written = write_all(menu, danger=False)
    wrong = [
        way
        for keyword, language, way in written
        if is_keyword_throughout(menu, way, find_topic(keyword))
        and ((found := understand_text(menu, way, language)) is None or found.topic != find_topic(keyword))
    ]
    assert wrong == []


def test_nearly_no_word_of_the_sample_needs_a_whole_search_to_be_checked(menu: Menu) -> None:
    # Each that does costs several times as much, and a start checks 7,000 of them.
    dangers, others = (write_all(menu, danger=danger)[::7] for danger in (True, False))
    plain = [way for _, _, way in dangers if is_danger_throughout(menu, way)]
    assert len(plain) >= 0.98 * len(dangers)
    plain = [way for each, _, way in others if is_keyword_throughout(menu, way, find_topic(each))]
    assert len(plain) >= 0.85 * len(others)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("pay", "call_me"),  # another topic
        ("stop", "stop"),  # a command
        ("do not call me", "call_me"),  # a refusal of the wish in it
        ("hit pay", "pay"),  # danger first
        ("my pay is late", "pay"),  # more than the word
        ("pay. call me", "pay"),
        ("pppay", "pay"),  # letters too many
        ("", "pay"),
    ],
)
def test_what_may_mean_more_is_no_keyword_throughout(menu: Menu, text: str, topic: str) -> None:
    assert not is_keyword_throughout(menu, text, topic)
    assert is_keyword_throughout(menu, "pay", "pay")


@pytest.mark.parametrize(
    "text", [*each(NO_ALARM), "music", "help with my pay", "", "k", "...", "ຕີ 5", "he hit me and ran"]
)
def test_what_only_holds_a_danger_word_or_none_is_not_danger_throughout(menu: Menu, text: str) -> None:
    assert not is_danger_throughout(menu, text)
