"""Parts of a long text that a provider delivers one by one: joined once, in any order, in an outage, and not for ever."""

import itertools

import pytest
from sqlalchemy import func, select

from gateway.conversations import one_shot
from gateway.conversations.one_shot import answer_late_parts
from gateway.domain.events import Inbound, Kind, TextPart
from gateway.foundation.services import Services
from gateway.helpdesk.requests.refuse import forget_number
from gateway.storage.tables import text_parts, texts
from tests.support.clocks import SetClock
from tests.support.house import HER, rows
from tests.support.outage_rig import sql_away

OTHER = "+8562055554321"
WORDS = ("ນາຍຈ້າງຕີຂ້ອຍ ", "ແລະ ຂັງຂ້ອຍ ", "ຊ່ວຍແດ່")


def part(
    number: int, *, words: tuple[str, ...] = WORDS, reference: str = "300", her: str = HER, turn: str = ""
) -> Inbound:
    """One part of a text, as a channel parsed it."""
    return Inbound(
        channel="africastalking",
        kind=Kind.SMS,
        number=her,
        text=words[number - 1],
        turn=turn or f"{reference}-{her}-{number}",
        part=TextPart(reference=reference, number=number, total=len(words)),
    )


def take(parts: Services, *which: Inbound) -> None:
    for each in which:
        assert one_shot.TEXTS.take(parts, each)


def read_texts(parts: Services) -> list[str]:
    """Every text that was kept as one, oldest first."""
    with parts.store.read() as tx:
        found = tx.execute(select(texts.c.id, texts.c.text).order_by(texts.c.at, texts.c.id)).all()
        return [tx.ring.open_text(row.text, table="texts", column="text", row=row.id) or "" for row in found]


def count_waiting(parts: Services) -> int:
    with parts.store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(text_parts)).scalar_one())


def count_answers(parts: Services) -> int:
    return sum(row.kind == "answer" for row in rows(parts))


@pytest.mark.parametrize("order", [*itertools.permutations((1, 2, 3))], ids=str)
def test_parts_in_any_order_are_one_text_with_one_answer(light: Services, order: tuple[int, ...]) -> None:
    for n, number in enumerate(order, start=1):
        take(light, part(number))
        assert (count_waiting(light), count_answers(light)) == ((n, 0) if n < 3 else (0, 1))
    assert read_texts(light) == ["".join(WORDS)]


def test_a_part_that_is_posted_again_is_one_part_before_and_after_the_text_is_whole(parts: Services) -> None:
    take(parts, part(1), part(1), part(3), part(3), part(2), part(2), part(1))
    assert read_texts(parts) == ["".join(WORDS)]
    assert (count_waiting(parts), count_answers(parts)) == (0, 1)


def test_two_phones_with_one_reference_are_two_texts(parts: Services) -> None:
    take(parts, part(1), part(1, her=OTHER), part(3, her=OTHER), part(2), part(2, her=OTHER))
    assert count_waiting(parts) == 2
    take(parts, part(3))
    assert read_texts(parts) == ["".join(WORDS)] * 2


def test_a_reference_that_comes_again_before_the_first_text_is_whole_loses_neither(light: Services) -> None:
    take(light, part(1), part(2))
    later = ("pay ", "wage ", "please")
    take(light, *(part(n, words=later, turn=f"later-{n}") for n in (1, 2, 3)))
    assert read_texts(light) == [f"{WORDS[0]}{WORDS[1]} …".strip(), "".join(later)]


def test_parts_that_never_come_leave_the_text_as_far_as_it_came(parts: Services, clock: SetClock) -> None:
    take(parts, part(2))
    clock.forward(minutes=9)
    take(parts, part(3))
    clock.forward(minutes=9)
    assert answer_late_parts(parts) == 0, "each part gives the others ten minutes more"
    clock.forward(minutes=2)
    assert answer_late_parts(parts) == 1
    assert answer_late_parts(parts) == 0
    assert read_texts(parts) == [f"… {WORDS[1]}{WORDS[2]}"]
    with parts.store.read() as tx:
        assert str(tx.execute(select(texts.c.understood)).scalar_one()).startswith("danger")
    take(parts, part(1))
    assert count_waiting(parts) == 1, "the lost part came after all, and is told when its own time is over"


def test_parts_of_an_outage_are_joined_when_it_is_over(parts: Services) -> None:
    take(parts, part(3))
    with sql_away(parts.store):
        take(parts, part(1), part(2), part(1))
    assert read_texts(parts) == []
    one_shot.replay_spool(parts)
    assert read_texts(parts) == ["".join(WORDS)]
    assert count_answers(parts) == 1


def test_a_spooled_text_of_the_release_before_has_no_part(light: Services) -> None:
    told = {"channel": "africastalking", "kind": "sms", "number": HER, "text": "pay", "turn": "9"}
    assert one_shot._read_spooled(told).part is None
    assert one_shot._read_spooled(told | {"part": None}).part is None


def test_erasing_a_number_takes_its_parts_along(parts: Services) -> None:
    take(parts, part(1), part(1, her=OTHER))
    assert forget_number(parts, HER)
    assert count_waiting(parts) == 1
    take(parts, part(2), part(3))
    assert read_texts(parts) == []


def test_no_part_lies_open_in_the_database(parts: Services) -> None:
    take(parts, part(1))
    with parts.store.read() as tx:
        row = tx.execute(select(text_parts)).one()
    assert WORDS[0].encode() not in bytes(row.text)
    assert HER not in str(row)
