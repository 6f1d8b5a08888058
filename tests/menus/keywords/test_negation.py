"""A wish inside a refusal is a refusal; STOP and START are commands only where a text is little else."""

import pytest

from gateway.menus.engine.model import Menu
from gateway.menus.keywords import understand_text

REFUSALS = """
please do not call me, he is here|don't call me back|never call me|do not ring me|no need to call me|DON’T PHONE ME
i would rather not talk to anybody|stop calling me|you should not contact us again|dont ever call this number
please don't let anyone call me|it is not safe to call|without calling me please|no calls|do not cal me
ຢ່າໂທຫາຂ້ອຍ|ບໍ່ຕ້ອງໂທຫາຂ້ອຍ|ຫ້າມໂທຫາຂ້ອຍ|ບໍ່ຢາກໃຫ້ໃຜໂທຫາ|ບໍ່ສະດວກໃຫ້ໂທມາ|ຢ່າຕິດຕໍ່ມາອີກ|ບໍ່ຢາກລົມກັບໃຜ|ຢ່າ ໂທ ຫາ ຂ້ອຍ
ห้ามติดต่อกลับ|อย่าโทรมานะ|ไม่ต้องโทรหาหนู|ไม่อยากให้ใครโทรมา|ไม่ต้องการให้ติดต่อ|งดโทร|ไม่สะดวกคุย
ham tho kap|ya tho ma|bo tong tho ha khoy|bo yak hai phai tho ma|yaa tho ha khoi|bo saduak hai tho
""".replace("\n", "|")
WISHES = """
call me, not my boss|do not worry, call me|i have no credit please call me|i cannot call you please call me back
he does not pay. call me please|ບໍ່ມີເງິນ ໂທຫາຂ້ອຍແດ່|ไม่มีเงินโทร โทรหาหนูหน่อย|วันหยุดโทรหาหนูได้|bo mi ngeun, tho ha khoy dae
""".replace("\n", "|")
NEITHER = """
you did not call me back|why don't you call me|nobody called me|he never came back|you never came back|pain came back
dnt wnt to tlk|ບໍ່ໄດ້ໂທຫາຂ້ອຍ|ทำไมไม่โทรหาฉัน|i do not speak english|i have no phone
""".replace("\n", "|")


def each(table: str) -> list[str]:
    return [text.strip() for text in table.split("|") if text.strip()]


def topic(menu: Menu, text: str) -> str:
    match = understand_text(menu, text)
    return match.topic if match else ""


@pytest.mark.fault("R2")
@pytest.mark.parametrize("text", each(REFUSALS))
def test_a_negated_wish_is_a_refusal(menu: Menu, text: str) -> None:
    assert topic(menu, text) == "refuse"


@pytest.mark.parametrize("text", each(WISHES))
def test_a_negation_of_something_else_leaves_the_wish(menu: Menu, text: str) -> None:
    assert topic(menu, text) == "call_me"


@pytest.mark.fault("W14")
@pytest.mark.parametrize("text", each(NEITHER))
def test_what_is_no_wish_is_not_made_one(menu: Menu, text: str) -> None:
    assert topic(menu, text) not in ("call_me", "refuse")


@pytest.mark.parametrize("danger", ["he beats me, do not call", "ຢ່າໂທ ລາວຕີຂ້ອຍ", "อย่าโทรมา เขาตีฉัน"])
def test_danger_is_heard_beside_a_refusal(menu: Menu, danger: str) -> None:
    assert topic(menu, danger) == "sos"


STOPS = """
STOP|stop.|Stop please|STOP STOP|stopall|END|quit!|CANCEL|Unsubscribe|unsub|OPTOUT|OPT-OUT|opt out|REVOKE|ARRET|arrêt|don't text me
wrong number|no more messages please|ok stop thanks|"STOP"|🛑 stop 🛑|STOP ครับ|stop ແດ່|ຢຸດ|ຢຸດແດ່ເດີ|ຢຸດ! ຢຸດ!|ຍົກເລີກ|ຢ່າສົ່ງມາອີກ|ເຊົາສົ່ງຂໍ້ຄວາມ
หยุดค่ะ|หยุดส่งข้อความด้วยนะคะ|ยกเลิก|เลิกส่ง|yut|yut der|nyok leuk|sao song dae
""".replace("\n", "|")
STARTS = "START|start please|unstop|ເລີ່ມ|ເລີ່ມແດ່|เริ่มค่ะ|leum|leum dae"
QUESTIONS = """
Stop work 3 days no pay|Stop paying me since May|stop my salary|Stop the boss from taking my passport|Bus stop|หยุด กี่วัน|ຢຸດ ຈັກ ມື້
yut viak dai ngeun bo|Start work monday no contract|end of contract when|cancel my permit|can i quit my job|quit work what happens
หยุดงานสามวัน|ยกเลิกสัญญาได้ไหม|หยุด 5 วัน|ຢຸດວຽກ|ຍົກເລີກສັນຍາໄດ້ບໍ|ວັນຢຸດມີຈັກມື້|yut chak meu|nyok leuk sanya|เริ่มงานเมื่อไหร่|ເລີ່ມວຽກມື້ໃດ|stop 3
""".replace("\n", "|")


@pytest.mark.fault("R5")
@pytest.mark.parametrize("text", each(STOPS))
def test_the_usual_words_stop(menu: Menu, text: str) -> None:
    assert topic(menu, text) == "stop"


@pytest.mark.fault("R6")
@pytest.mark.parametrize("text", each(STARTS))
def test_only_words_for_it_start(menu: Menu, text: str) -> None:
    assert topic(menu, text) == "start"


@pytest.mark.fault("R4")
@pytest.mark.parametrize("text", each(QUESTIONS))
def test_a_question_with_such_a_word_is_no_command(menu: Menu, text: str) -> None:
    assert topic(menu, text) not in ("stop", "start")
