"""The link: what leaves is taken once or known not to have left; what comes is kept before it is acknowledged."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import LinkDoors, SendOutcome, SendResult
from gateway.channels.smpp import SmppChannel, pdus
from gateway.domain.events import Outgoing
from tests.support.smpp_centre import Centre, until
from tests.support.smpp_rig import smpp_config

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
THROTTLED, FULL, BAD_NUMBER, WRONG_SENDER, FAULT, OWN = 0x58, 0x14, 0x0B, 0x0A, 0x08, 0x400


@dataclass
class Rig:
    """A link in a thread, without a house: what it posts is written down."""

    centre: Centre
    channel: SmppChannel
    folder: Path
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    status: int = 200
    body: str = "{}"
    stops: threading.Event = field(default_factory=threading.Event)

    def post(self, event: str, fields: Any) -> tuple[int, str]:
        self.posted.append((event, dict(fields)))
        return self.status, self.body

    def send(self, text: str = "Hello", own_id: str = "01hzy2m4c9k3p7qrs5tv") -> SendResult:
        return self.channel.send(Outgoing(own_id=own_id, number="+8562055500001", text=text), now=NOW)

    def start(self) -> None:
        self.stops.clear()
        doors = LinkDoors(post=self.post, stopping=self.stops.is_set)
        self.thread = threading.Thread(target=self.channel.keep_link, args=(doors,))
        self.thread.start()

    def end(self) -> None:
        self.stops.set()
        self.thread.join(20)


@contextmanager
def linked(folder: Path, binds: int = 1, **options: str) -> Iterator[Rig]:
    with Centre(receipts=False) as centre:
        named = {name.rstrip("_"): value for name, value in options.items()}
        channel = find_channel(smpp_config(centre.port, folder, named))
        assert isinstance(channel, SmppChannel)
        rig = Rig(centre, channel, folder)
        rig.start()
        try:
            centre.wait_bound(binds)
            until(lambda: channel.look(now=NOW) is not None)
            yield rig
        finally:
            rig.end()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with linked(tmp_path) as rig:
        yield rig


@pytest.mark.parametrize(
    ("status", "outcome", "reason", "alarm"),
    [
        (THROTTLED, SendOutcome.NOT_SENT, "throttled", False),
        (FULL, SendOutcome.NOT_SENT, "throttled", False),
        (FAULT, SendOutcome.NOT_SENT, "centre-fault", False),
        (BAD_NUMBER, SendOutcome.REFUSED, "bad-number", False),
        (WRONG_SENDER, SendOutcome.NOT_SENT, "wrong-sender", True),
        (OWN, SendOutcome.NOT_SENT, "status-400", True),
    ],
)
def test_a_status_says_whether_and_why_a_text_was_not_taken(
    status: int, outcome: SendOutcome, reason: str, alarm: bool
) -> None:
    from gateway.channels.smpp.link_lines import read_status

    result = read_status(status, "", now=NOW, pause=2.0)
    assert (result.outcome, result.reason, result.alarm) == (outcome, reason, alarm)
    assert ((result.retry_at or NOW) - NOW).total_seconds() == (2.0 if reason == "throttled" else 0.0)


def test_a_throttled_text_was_not_sent_and_the_link_is_quiet_until_the_pause_is_over(rig: Rig) -> None:
    rig.centre.statuses = [THROTTLED]
    first, second = rig.send(), rig.send()
    assert (first.outcome, first.reason) == (SendOutcome.NOT_SENT, "throttled")
    assert (second.outcome, second.reason) == (SendOutcome.NOT_SENT, "throttled")
    assert (len(rig.centre.refused), rig.centre.took) == (1, []), "the second never left"
    assert first.retry_at is not None
    until(lambda: rig.send().outcome is SendOutcome.SENT)
    assert len(rig.centre.took) == 1


def test_a_further_part_that_is_throttled_is_tried_again_and_the_first_part_goes_alone(rig: Rig) -> None:
    rig.centre.statuses = [0, THROTTLED, 0]
    result = rig.send("ຄ່າແຮງ" * 30)
    assert result.outcome is SendOutcome.SENT
    assert rig.centre.texts() == ["ຄ່າແຮງ" * 30]
    numbers = [each.part[2] for each in rig.centre.took if each.part]
    assert numbers[0] == 1
    assert sorted(numbers) == [1, 2, 3]
    assert [each.receipt for each in sorted(rig.centre.took, key=lambda each: each.part or ())] == [0, 0, 1]


def test_a_text_whose_first_part_is_refused_sends_nothing_else(rig: Rig) -> None:
    rig.centre.statuses = [BAD_NUMBER]
    assert rig.send("ຄ່າແຮງ" * 30).outcome is SendOutcome.REFUSED
    assert rig.centre.took == []


def test_a_text_of_which_a_part_is_refused_for_good_is_unclear(rig: Rig) -> None:
    rig.centre.statuses = [0, BAD_NUMBER]
    result = rig.send("ຄ່າແຮງ" * 12)
    assert (result.outcome, result.reason, result.alarm) == (SendOutcome.UNCLEAR, "some-parts", True)


def test_a_link_that_drops_while_an_answer_is_due_leaves_the_text_unclear_and_is_bound_again(
    rig: Rig,
) -> None:
    rig.centre.hold = "after"
    found: list[SendResult] = []
    sender = threading.Thread(target=lambda: found.append(rig.send()))
    sender.start()
    until(lambda: len(rig.centre.took) == 1)
    rig.centre.stop()
    sender.join(20)
    assert (found[0].outcome, found[0].reason) == (SendOutcome.UNCLEAR, "no-answer")
    until(lambda: rig.channel.look(now=NOW) is None)
    assert (rig.send().outcome, rig.send().down) == (SendOutcome.NOT_SENT, True)
    rig.centre.release()
    rig.centre.start()
    rig.centre.wait_bound()
    until(lambda: rig.send("Again").outcome is SendOutcome.SENT)
    assert [each.text for each in rig.centre.took] == ["Hello", "Again"], "the unclear one never again"


def test_without_a_link_a_text_is_not_sent_and_the_line_is_down(tmp_path: Path) -> None:
    channel = find_channel(smpp_config(1, tmp_path, {}))
    result = channel.send(Outgoing(own_id="1", number="+8562055500001", text="Hello"), now=NOW)
    assert (result.outcome, result.reason, result.down) == (SendOutcome.NOT_SENT, "no-link", True)


@pytest.mark.parametrize(
    ("lines", "outcome", "reason"),
    [
        ([], SendOutcome.NOT_SENT, "no-link"),
        ([{"begun": True}], SendOutcome.UNCLEAR, "link-ended"),
        (
            [
                {"begun": True},
                {"outcome": "sent", "id": "7", "reason": "", "alarm": False, "down": False},
            ],
            SendOutcome.SENT,
            "",
        ),
    ],
)
def test_what_a_killed_link_had_said_decides_whether_anything_left(
    tmp_path: Path, lines: list[dict[str, Any]], outcome: SendOutcome, reason: str
) -> None:
    """The three places: before the request left, before its answer was told, and after."""
    channel = find_channel(smpp_config(1, tmp_path, {}))
    assert isinstance(channel, SmppChannel)
    path = channel._find_socket()
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def die() -> None:
            wire, _ = server.accept()
            wire.recv(4096)
            wire.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            wire.close()

        thread = threading.Thread(target=die)
        thread.start()
        result = channel.send(Outgoing(own_id="1", number="+8562055500001", text="Hello"), now=NOW)
        thread.join(5)
    path.unlink()
    assert (result.outcome, result.reason) == (outcome, reason)


def test_what_nobody_keeps_is_refused_for_now_and_keeps_its_turn_when_it_comes_again(rig: Rig) -> None:
    rig.status = 503
    assert rig.centre.deliver("8562055500001", "ຄ່າ".encode("utf-16-be")) == pdus.TRY_AGAIN
    rig.status = 0
    assert rig.centre.deliver("8562055500001", "ຄ່າ".encode("utf-16-be")) == pdus.TRY_AGAIN
    rig.status = 200
    assert rig.centre.deliver("8562055500001", "ຄ່າ".encode("utf-16-be")) == 0
    assert rig.centre.deliver("8562055500001", "ຄ່າ".encode("utf-16-be")) == 0
    turns = [fields["id"] for _, fields in rig.posted]
    assert len(set(turns[:3])) == 1, "whoever gave no answer may have kept it"
    assert len(set(turns[2:])) == 2, "the same word twice is two texts"


def test_several_binds_and_a_split_pair_share_the_work(tmp_path: Path) -> None:
    with linked(tmp_path, binds=4, bind="split", binds_="2") as rig:
        results = [rig.send(own_id=str(n)).outcome for n in range(4)]
        assert results == [SendOutcome.SENT] * 4
        rig.centre.deliver_and_leave("8562055500001", b"x")
        until(lambda: len(rig.posted) == 1)


def test_a_long_text_goes_whole_or_by_parameters_where_the_operator_wants_it(tmp_path: Path) -> None:
    long = "ຄ່າແຮງ" * 30
    with linked(tmp_path / "a", long_texts="payload") as rig:
        assert rig.send(long).outcome is SendOutcome.SENT
        assert (len(rig.centre.took), rig.centre.took[0].text) == (1, long)
        assert rig.centre.took[0].tlvs.keys() == {pdus.MESSAGE_PAYLOAD}
    with linked(tmp_path / "b", long_texts="sar") as rig:
        assert rig.send(long).outcome is SendOutcome.SENT
        took = sorted(rig.centre.took, key=lambda each: each.tlvs[pdus.SAR_NUMBER])
        assert "".join(each.text for each in took) == long
        assert {each.tlvs[pdus.SAR_TOTAL] for each in took} == {b"\x03"}
        assert len({each.tlvs[pdus.SAR_REFERENCE] for each in took}) == 1


def test_receipts_by_parameters_by_text_and_before_the_answer_are_posted_by_one_id(rig: Rig) -> None:
    sent = rig.send()
    assert sent.provider_id == "1", "zeros before an id are not compared"
    rig.centre.report(rig.centre.took[0].id, state=2)
    rig.centre.deliver("1", b"ID:0000000001 SUB:001 DLVRD:000 STAT:UNDELIV ERR:001", coding=0, esm=4)
    rig.centre.deliver("1", b"id:0000000009 stat:EXPIRED err:000 text:", coding=0, esm=0x20)
    rig.centre.deliver("1", b"a report without an id", coding=0, esm=4)
    assert rig.posted.pop() == ("delivery", {"id": "", "stat": "UNKNOWN"})
    assert rig.posted == [
        ("delivery", {"id": "1", "stat": "DELIVRD"}),
        ("delivery", {"id": "1", "stat": "UNDELIV"}),
        ("delivery", {"id": "9", "stat": "EXPIRED"}),
    ]


@pytest.mark.parametrize(("hex_ids", "own_id"), [("answers", "17"), ("receipts", "11")])
def test_ids_that_are_hexadecimal_on_one_side_alone_are_one_id(
    tmp_path: Path, hex_ids: str, own_id: str
) -> None:
    from gateway.channels.smpp.link import tidy_id

    assert tidy_id("0011", is_hex=hex_ids == "answers") == own_id
    assert tidy_id("A3-B", is_hex=False) == "a3-b"


def test_texts_of_one_phone_are_kept_in_their_order(rig: Rig) -> None:
    for n in range(5):
        rig.centre.deliver("8562055500001", str(n).encode("utf-16-be"))
    octets = [bytes.fromhex(fields["octets"]).decode("utf-16-be") for _, fields in rig.posted]
    assert octets == list("01234")
