"""A whole conversation through the phone: her Lao texts, our answers in parts, a callback, what became of each text."""

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.delivery.results import list_rows
from gateway.delivery.send import drain_outbox
from gateway.menus.engine.text_size import measure_text, split_parts
from gateway.storage import callers, outbox, settings
from tests.support.channel_tables import line_of, table_of
from tests.support.house import requests, rows
from tests.support.phone_line import OURS, Rig

HER = "+8562055512345"


def answers(rig: Rig) -> list[str]:
    """Send what is due and return what the phone was given because of it."""
    before = len(rig.phone.sent)
    drain_outbox(rig.parts)
    assert all(text["to"] == HER for text in rig.phone.sent[before:])
    return [text["text"] for text in rig.phone.sent[before:]]


def test_a_whole_conversation_in_lao_and_a_callback_by_text(rig: Rig) -> None:
    said = []
    for words in ("ຄ່າແຮງ", "1", "ໂທຫາຂ້ອຍ", "2 3"):
        assert rig.posts.text(HER, words).status == 200
        said += answers(rig)
        rig.pass_by(seconds=20)

    assert len(said) == 4
    lao = [split_parts(text) for text in said if measure_text(text).coding == "ucs2"]
    assert any(len(parts) > 1 for parts in lao), "one answer is long"
    for parts in lao:
        assert max(len(part.encode("utf-16-le")) // 2 for part in parts) <= (70 if len(parts) == 1 else 67)
        assert len(parts) <= 3
    with rig.parts.store.read() as tx:
        assert [row.parts for row in outbox.list_rows(tx) if row.kind == "answer"][::-1] == [
            len(split_parts(text)) for text in said
        ]
    (asked,) = requests(rig.parts, HER)
    assert asked.code in said[-1]
    assert (asked.channel, asked.language, asked.window) == ("android", "lo", "evening")
    print(
        f"\nconversation: {len(said)} texts of hers, {len(said)} answers, the Lao ones in "
        f"{[len(parts) for parts in lao]} parts of at most 67 units, callback {asked.state} for {asked.window}"
    )


def test_what_became_of_each_text_is_told_by_the_phone_in_any_order_and_stands_in_the_list(rig: Rig) -> None:
    for n in range(4):
        rig.posts.text(f"+85620555100{n:02d}", "ຊ່ວຍ")
    drain_outbox(rig.parts)
    ids = [message["id"] for message in rig.phone.given]
    assert ids == [row.id for row in rows(rig.parts)], "ours are the phone's"
    for words, own_id in zip(
        (("sent", "delivered"), ("delivered", "sent"), ("sent", "failed"), ("failed", "delivered", "sent")),
        ids,
        strict=True,
    ):
        for word in words:
            assert rig.posts.became(own_id, word, reason="no service").status == 200
    rig.posts.became("01hzy2m4c9k3p7qrs5tv", "delivered")  # of nobody's

    found = {row["id"]: row["delivery"] for row in list_rows(rig.parts)}
    assert [found[own_id] for own_id in ids] == ["delivered", "delivered", "failed", "delivered"]
    print(f"\ndelivery states: {[found[own_id] for own_id in ids]}")


def test_a_text_that_comes_again_is_answered_once_and_two_of_the_same_words_are_two(rig: Rig) -> None:
    for _ in range(3):
        assert rig.posts.text(HER, "ຊ່ວຍ", again="evt-a").status == 200
    rig.posts.text(HER, "ຊ່ວຍ", again="evt-b", at="2026-11-24T14:06:00.000+07:00")
    drain_outbox(rig.parts)
    assert len(rig.phone.sent) == 2


@pytest.mark.fault("A1")
@pytest.mark.parametrize(
    "second",
    [
        {},
        {"receivedAt": "2026-11-24T07:05:00.000Z"},
        {"receivedAt": "2026-11-24T14:05:00+07:00"},
        {"receivedAt": "2026-11-24T14:05:00.731+07:00"},
        {"messageId": "ffeeddcc"},
        {"messageId": ""},
        {"recipient": "", "phoneNumber": HER, "simNumber": 2},
    ],
    ids=["the same", "another zone", "whole seconds", "thousandths", "another id", "no id", "other fields"],
)
def test_a_text_under_two_envelopes_is_one_text_however_late_its_copy(
    rig: Rig, second: dict[str, str]
) -> None:
    payload = {
        "messageId": "a1b2c3d4",
        "receivedAt": "2026-11-24T14:05:00.000+07:00",
        "message": "ໂທຫາຂ້ອຍ",
        "sender": HER,
        "recipient": "+8562055500009",
    }
    for _ in range(2):
        rig.posts.envelope("sms:received", payload)
        rig.posts.envelope("sms:received", payload | second)
        drain_outbox(rig.parts)
        rig.pass_by(hours=2)
    assert len(rig.phone.sent) == 1, "the copy asked her phone about danger"
    rig.posts.envelope("sms:received", payload | {"message": "2 3"})
    rig.posts.envelope("sms:received", payload | {"message": "2 3"})
    drain_outbox(rig.parts)
    (asked,) = requests(rig.parts, HER)
    assert (asked.asks, asked.window) == (1, "evening")
    assert len(rig.phone.sent) == 2


@pytest.mark.fault("A1")
def test_without_its_instant_two_equal_texts_are_told_apart_by_their_envelopes(rig: Rig) -> None:
    payload = {"messageId": "a1b2c3d4", "receivedAt": "2026-11-24T14:05:00.000+07:00", "message": "ຊ່ວຍ"}
    for _ in range(2):
        rig.posts.envelope("sms:received", {**payload, "sender": HER, "receivedAt": ""})
    drain_outbox(rig.parts)
    assert len(rig.phone.sent) == 2


@pytest.mark.fault("A4")
@pytest.mark.parametrize(
    "payload",
    [
        {"textMessage": {"text": "ຊ່ວຍ"}, "phoneNumber": HER, "receivedAt": "2026-11-24T14:05:00.000+07:00"},
        {"textMessage": {"text": "ຊ່ວຍ"}, "sender": HER, "receivedAt": "not a time"},
        {"message": "ຊ່ວຍ", "textMessage": {"text": "pay"}, "sender": HER},
        {"message": "ຊ່ວຍ", "textMessage": None, "sender": HER, "recipient": None, "simNumber": None},
    ],
)
def test_a_text_is_read_where_each_version_of_the_app_puts_it(rig: Rig, payload: dict[str, object]) -> None:
    rig.posts.envelope("sms:received", payload)
    drain_outbox(rig.parts)
    assert len(rig.phone.sent) == 1


def test_the_messages_id_may_collide_for_it_is_not_asked(rig: Rig) -> None:
    payload = {"messageId": "a1b2c3d4", "receivedAt": "2026-11-24T14:05:00.000+07:00", "message": "ຊ່ວຍ"}
    rig.posts.envelope("sms:received", {**payload, "sender": HER})
    rig.posts.envelope("sms:received", {**payload, "sender": "+8562055512346"})
    drain_outbox(rig.parts)
    assert {text["to"] for text in rig.phone.sent} == {HER, "+8562055512346"}


def test_national_forms_roaming_and_thai_numbers_are_one_caller_each(rig: Rig) -> None:
    forms = {
        "+8562055512345": (
            "+8562055512345",
            "02055512345",
            "020 55 512 345",
            "8562055512345",
            "008562055512345",
        ),
        "+66812345678": ("+66812345678", "0812345678", "66812345678"),
        "+856305123456": ("0305123456", "+856305123456"),
    }
    for written in forms.values():
        for sender in written:
            assert rig.posts.text(sender, "help").status == 200
    drain_outbox(rig.parts)
    assert {text["to"] for text in rig.phone.sent} == set(forms)
    assert len(rig.phone.sent) == sum(map(len, forms.values()))


def test_a_thai_line_reads_national_numbers_as_thai_first() -> None:
    config = ChannelConfig(name="x", provider="android", menu="helpline", sms_number="+66800000009")
    table = table_of("android")
    fields = {**table.cases[0].fields, "payload.sender": "081 234 5678"}
    _, inbound = find_channel(config).parse(table.request("sms", fields))
    assert inbound.number == "+66812345678"


def test_names_short_codes_and_our_own_number_are_never_answered(rig: Rig) -> None:
    for sender in ("Unitel", "22384", "1155", "AIS", "+22", OURS, ""):
        assert rig.posts.text(sender, "help").status in (200, 400)
    drain_outbox(rig.parts)
    assert rig.phone.given == []
    assert rows(rig.parts) == []


def test_a_text_of_another_sim_is_left_to_that_sim_s_line() -> None:
    table = table_of("android")
    request = table.request("sms", table.cases[0].fields)
    assert len(line_of("android", sim="2").parse(request)) == 1
    assert len(line_of("android", sim="1").parse(request)) == 2


def test_whatever_the_phone_posts_is_a_sign_of_life_and_a_ping_says_how_it_is(rig: Rig) -> None:
    rig.phone.battery = 41
    assert rig.posts.ping(rig.phone).status == 200
    rig.pass_by(seconds=60)
    rig.posts.text(HER, "help")
    with rig.parts.store.read() as tx:
        known = settings.find_heartbeat(tx, "android")
        assert (known.battery, known.charging, known.failed) == (41, True, 0)
        assert known.seen_at == rig.clock.now()
        assert callers.find_caller(tx, HER) is not None
