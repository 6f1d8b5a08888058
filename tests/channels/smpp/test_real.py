"""An SMPP centre of a library between the house and phones: Lao both ways, long texts, receipts, USSD, link drops."""

from pathlib import Path

import redis

from gateway.conversations.one_shot import answer_late_parts
from gateway.delivery.results import list_rows
from gateway.delivery.send import drain_outbox
from gateway.storage.conversations import list_dangers, list_unread
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import publish, requests
from tests.support.smpp_centre import until
from tests.support.smpp_rig import SmppRig, smpp_line

HER = "+8562055512345"


def say(rig: SmppRig, words: str) -> None:
    """Let her phone text the line, a long text in parts of a 16-bit reference and out of order."""
    octets = words.encode("utf-16-be")
    if len(octets) <= 140:
        assert rig.centre.deliver(HER, octets) == 0
        return
    parts = [octets[at : at + 132] for at in range(0, len(octets), 132)]
    for n in reversed(range(len(parts))):
        header = b"\x06\x08\x04\x12\x34" + bytes((len(parts), n + 1))
        assert rig.centre.deliver(HER, header + parts[n], esm=0x40) == 0


def test_a_conversation_in_lao_and_a_callback_over_smpp_with_what_became_of_each_text(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    with smpp_line(sqlite_store, clock, tmp_path) as rig:
        publish(rig.parts)
        long = "ໂທຫາຂ້ອຍ"
        for n, words in enumerate(("ຄ່າແຮງ", "1", long, "2 3"), start=1):
            say(rig, words)
            until(lambda n=n: drain_outbox(rig.parts) >= 0 and len(rig.centre.texts()) >= n)  # type: ignore[misc]
            clock.forward(seconds=20)
        said = rig.centre.texts()
        (asked,) = requests(rig.parts, HER)
        assert asked.code in said[-1]
        assert (asked.channel, asked.language) == ("smpp", "lo")
        until(
            lambda: (
                {row["delivery"] for row in list_rows(rig.parts) if row["kind"] == "answer"} == {"delivered"}
            )
        )
        parts = [each.part and each.part[1] for each in rig.centre.took]
        print(f"\nsmpp: {len(said)} answers, {len(rig.centre.took)} messages, parts {parts}")
        assert max(part or 1 for part in parts) > 1, "one answer is long"


def test_a_ussd_session_over_smpp_to_the_code(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis
) -> None:
    with smpp_line(sqlite_store, clock, tmp_path, redis_client) as rig:
        publish(rig.parts)
        pages: list[str] = []
        for n, key in enumerate(("*144#", *["4", "7", "2", "2", "3", "1", "1"])):
            op = b"\x12" if n else b"\x01"
            said = {"x0501": op, "x1383": bytes((7, 2 * n))}
            assert rig.centre.deliver("8562055512345", key.encode(), coding=15, service="USSD", **said) == 0
            until(lambda n=n: len(rig.centre.took) > n)  # type: ignore[misc]
            page = rig.centre.took[-1]
            ends = n == 7
            assert page.tlvs == {0x0501: b"\x11" if ends else b"\x02", 0x1383: bytes((7, 2 * n | int(ends)))}
            assert (page.service, page.to, page.receipt) == ("USSD", "8562055512345", 0)
            pages.append(page.text)
        (asked,) = requests(rig.parts, HER)
        assert any(asked.code in page for page in pages)
        print(
            f"\nussd over smpp: {len(pages)} pages, the code on page {[asked.code in p for p in pages].index(True) + 1}"
        )
        assert rig.centre.deliver("8562055512345", b"", coding=15, service="USSD", x0501=b"\x81") == 0
        assert len(rig.centre.took) == len(pages), "an abort of hers is answered with no page"


def test_a_long_lao_text_in_parts_that_come_in_any_order_and_again_is_one_text(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    words = "ມື້ນີ້ຝົນຕົກໜັກຢູ່ບ້ານ " * 9
    with smpp_line(sqlite_store, clock, tmp_path) as rig:
        publish(rig.parts)
        say(rig, words)
        until(lambda: drain_outbox(rig.parts) >= 0 and len(rig.centre.texts()) == 1)
        with rig.parts.store.read() as tx:
            assert [text.text for text in list_unread(tx)] == [words.strip()]
        assert (
            rig.centre.deliver(HER, b"\x06\x08\x04\x12\x35\x02\x01" + "ຊ່ວຍແດ່".encode("utf-16-be"), esm=0x40)
            == 0
        )
        assert answer_late_parts(rig.parts) == 0
        clock.forward(minutes=11)
        assert answer_late_parts(rig.parts) == 1, "a cry is read although its other half was lost"
        with rig.parts.store.read() as tx:
            assert [text.text for text in list_dangers(tx)] == ["ຊ່ວຍແດ່ …"]
