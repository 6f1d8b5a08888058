"""Texts as octets and back, headers of parts, receipts, and what comes again after a lost answer."""

from pathlib import Path

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels import find_channel
from gateway.channels.contract import BadAccount
from gateway.channels.smpp import pdus
from gateway.channels.smpp.account import SmppAccount, read_text, split_text
from gateway.channels.smpp.session import Redelivery
from gateway.channels.sms_text import EXTENSION, GSM7
from tests.support.clocks import SetClock
from tests.support.smpp_rig import smpp_config

ACCOUNT = SmppAccount(hosts=(("x", 1),), system_id="a", password="b")
GSM = st.text(st.sampled_from([*(set(GSM7) - {"\x1b"}), *EXTENSION.values()]), max_size=500)
ANY = st.text(st.characters(exclude_categories=("Cs", "Co")), max_size=400)


@given(text=st.one_of(GSM, ANY), long_texts=st.sampled_from(["parts", "sar"]))
def test_the_parts_of_any_text_are_it_again_and_each_fits_into_a_message(text: str, long_texts: str) -> None:
    account = SmppAccount(hosts=(("x", 1),), system_id="a", password="b", long_texts=long_texts)
    messages = split_text(text, account, "01")
    for each in messages:
        packed = len(each.octets) * (7 if each.coding == 0 else 8) / 8  # TS 23.038, 6.1.2.1
        assert packed + (7 if len(messages) > 1 else 0) <= 140
        sent = smpp34.decode(
            pdus.write_submission(pdus.Submission(source="1444", target="+856", message=each), account, 5)
        )
        assert isinstance(sent, smpp34.SubmitSm)
    assert "".join(read_text(each.octets, each.coding, "gsm7") for each in messages) == text.replace("\0", "")
    assert [each.number for each in messages] == list(range(1, len(messages) + 1))
    assert len({each.reference for each in messages}) == 1


@pytest.mark.parametrize(
    ("alphabet", "text", "octets", "coding"),
    [
        ("gsm7", "@[", b"\x00\x1b<", 0),
        ("latin-1", "café", b"caf\xe9", 0),
        ("ascii", "pay", b"pay", 0),
        ("ascii", "café", "café".encode("utf-16-be"), 8),
        ("ucs2", "pay", "pay".encode("utf-16-be"), 8),
        ("gsm7", "ຄ່າ", "ຄ່າ".encode("utf-16-be"), 8),
    ],
)
def test_an_operator_decides_what_coding_0_means(
    alphabet: str, text: str, octets: bytes, coding: int
) -> None:
    account = SmppAccount(hosts=(("x", 1),), system_id="a", password="b", alphabet=alphabet)
    [message] = split_text(text, account, "01")
    assert (message.octets, message.coding) == (octets, coding)
    assert read_text(octets, coding, alphabet) == text


def delivered(octets: bytes, **more: object) -> pdus.Delivered:
    pdu = smpp34.DeliverSm("856", "1444", octets, **more)  # type: ignore[arg-type]
    return pdus.read_delivered(pdu)


@pytest.mark.parametrize(
    ("octets", "text", "part"),
    [
        (b"\x05\x00\x03\x07\x02\x01hi", b"hi", (7, 2, 1)),
        (b"\x06\x08\x04\x12\x34\x02\x02hi", b"hi", (0x1234, 2, 2)),
        (b"\x0a\x05\x04\x00\x01\x00\x02\x00\x03\x07\x02\x01", b"\x01", None),
        (b"\x0b\x05\x04\x00\x01\x00\x02\x00\x03\x07\x02\x01hi", b"hi", (7, 2, 1)),
        (b"\x05\x00\x03\x07\x02\x03hi", b"hi", None),
        (b"\x05\x00\x03\x07\x01\x01hi", b"hi", None),
        (b"\xffhi", b"", None),
        (b"\x00hi", b"hi", None),
        (b"", b"", None),
    ],
)
def test_a_header_is_taken_away_and_names_the_part_where_its_numbers_make_sense(
    octets: bytes, text: bytes, part: tuple[int, int, int] | None
) -> None:
    found = delivered(octets, esm_class=0x40)
    assert found.part == part
    assert found.octets == text or part is None


@given(octets=st.binary(max_size=140))
def test_no_header_can_harm(octets: bytes) -> None:
    delivered(octets, esm_class=0x40)


def test_parts_by_parameters_and_a_payload_are_read() -> None:
    tlvs = [smpp34.Tlv(0x020C, b"\x01\x02"), smpp34.Tlv(0x020E, b"\x03"), smpp34.Tlv(0x020F, b"\x02")]
    assert delivered(b"x", tlvs=tlvs).part == (0x0102, 3, 2)
    assert delivered(b"", tlvs=[smpp34.Tlv(0x0424, b"long" * 100)]).octets == b"long" * 100


@pytest.mark.parametrize(
    ("octets", "tlvs", "receipt"),
    [
        (b"id:0123 sub:001 dlvrd:001 submit date:2611240705 done date:2611240706 stat:DELIVRD err:000 text:hi", [], ("0123", "DELIVRD")),
        (b"ID:abc SUB:001 DLVRD:000 Stat:undeliv Err:27", [], ("abc", "UNDELIV")),
        (b"id:7 stat:DELIVRD", [(0x001E, b"9\0"), (0x0427, b"\x05")], ("9", "UNDELIV")),
        (b"", [(0x001E, b"9"), (0x0427, b"\x63")], ("9", "UNKNOWN")),
        (b"hello", [], ("", "")),
    ],
)  # fmt: skip
def test_a_receipt_is_read_by_its_parameters_else_by_its_text(
    octets: bytes, tlvs: list[tuple[int, bytes]], receipt: tuple[str, str]
) -> None:
    found = delivered(octets, esm_class=4, tlvs=[smpp34.Tlv(tag, value) for tag, value in tlvs])
    assert pdus.read_receipt(found) == receipt


@pytest.mark.parametrize(
    ("name", "value"),
    [("window", "0"), ("long_texts", "udh"), ("alphabet", "utf-8"), ("source", "1-1"), ("binds", "٣"), ("host", "x:y"), ("password", "012345678")],
)  # fmt: skip
def test_an_option_that_cannot_be_read_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadAccount, match=f"options.{name}") as error:
        find_channel(smpp_config(1, tmp_path, {name: value}))
    assert "012345678" not in str(error.value)


class Memory:
    """What a link knows of what it was handed, over lives of its process."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        self.file, self.clock = folder / "answered", clock
        self.restart()

    def restart(self) -> None:
        self.now = Redelivery(self.file, b"k", self.clock)

    def take(self, octets: bytes, session: int, *, answered: bool = True) -> str:
        mark, turn = self.now.name_turn(octets, session)
        if answered:
            self.now.note_answer(mark, session)
        return turn


@pytest.fixture
def memory(tmp_path: Path, clock: SetClock) -> Memory:
    return Memory(tmp_path, clock)


def test_the_same_words_on_one_link_are_two_texts(memory: Memory) -> None:
    assert memory.take(b"1", 1) != memory.take(b"1", 1)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("answered", [False, True])
def test_what_was_not_surely_answered_when_the_link_was_lost_is_the_same_text_once(
    memory: Memory, killed: bool, answered: bool
) -> None:
    first = memory.take(b"1", 1, answered=answered)
    if killed:
        memory.restart()
    else:
        memory.now.note_end(1)
    memory.clock.forward(seconds=60)
    assert memory.take(b"1", 2) == first
    assert memory.take(b"1", 2) != first
    assert memory.take(b"2", 2) != first


def test_what_was_surely_answered_is_a_new_text_and_an_unsure_one_after_minutes(memory: Memory) -> None:
    sure = memory.take(b"1", 1)
    memory.clock.forward(seconds=11)
    unsure = memory.take(b"2", 1)
    memory.now.note_end(1)
    assert memory.take(b"1", 2) != sure
    memory.clock.forward(seconds=301)
    assert memory.take(b"2", 2) != unsure


def test_an_answer_after_the_end_of_its_link_was_never_seen(memory: Memory) -> None:
    mark, turn = memory.now.name_turn(b"1", 1)
    memory.now.note_end(1)
    memory.now.note_answer(mark, 1)
    memory.clock.forward(seconds=3600)
    assert memory.take(b"1", 2) == turn


def test_the_file_holds_no_words(memory: Memory) -> None:
    memory.take("ຄ່າແຮງ 8562055500001".encode(), 1)
    assert "8562055500001" not in memory.file.read_text()
