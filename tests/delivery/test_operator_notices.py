"""What an operator texts to a line is kept once, for administrators, and nothing of a caller is ever among it."""

import pytest

from gateway.channels.contract import Request
from gateway.delivery.channel_status import A_DAY, is_notice, keep_notice, read_notices
from gateway.domain.events import NotANumber
from gateway.foundation.services import Services
from gateway.operations import health
from gateway.storage.tables import callers, operator_notices, texts
from tests.support.channel_tables import PROVIDERS, line_of, table_of
from tests.support.clocks import SetClock
from tests.support.outage_rig import sql_away

EXPIRES = "ຊິມຂອງທ່ານຈະໝົດອາຍຸ 30/11"


def notice(turn: str = "1", *, sender: str = "LTC", text: str = EXPIRES) -> NotANumber:
    return NotANumber(channel="africastalking", turn=turn, sender=sender, text=text)


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        *(
            ("LTC", True),
            ("Unitel", True),
            ("1444", True),
            ("22384", True),
            (" ETL ", True),
            ("M-Money", True),
        ),
        *(("", False), (" ", False), ("whatsapp:+8562055512345", False), ("8562055512345", False)),
        *(("020 55 512 345", False), ("+856-20-555", False)),
    ],
)
def test_only_a_name_or_a_short_code_is_an_operators(sender: str, kept: bool) -> None:
    assert is_notice(notice(sender=sender)) is kept
    assert not is_notice(notice(sender=sender, text=" "))


def test_a_notice_is_kept_once_and_read_by_an_administrator_and_starts_no_thread(parts: Services) -> None:
    assert keep_notice(parts, notice())
    assert keep_notice(parts, notice())
    assert keep_notice(parts, notice("2", sender="whatsapp:+8562055512345", text="help me"))
    [found] = read_notices(parts, mark=False)
    assert (found.sender, found.text, found.seen_at) == ("LTC", EXPIRES, None)
    with parts.store.read() as tx:
        assert tx.execute(callers.select()).all() == []
        assert tx.execute(texts.select()).all() == []


def test_it_stands_among_the_findings_until_it_was_read(parts: Services, clock: SetClock) -> None:
    def look() -> tuple[bool, str]:
        finding = health._check_notices(parts)
        return finding.ok, finding.words

    assert look() == (True, "nothing of an operator is unread")
    keep_notice(parts, notice())
    clock.forward(hours=1)
    keep_notice(parts, notice("2"))
    assert look() == (False, "2 texts of operators are unread")
    assert [each.seen_at for each in read_notices(parts, mark=True)] == [None, None]
    assert look()[0]
    assert all(each.seen_at == clock.now() for each in read_notices(parts, mark=False))


def test_without_sql_the_provider_is_asked_to_post_it_again(parts: Services) -> None:
    with sql_away(parts.store):
        assert not keep_notice(parts, notice())
        assert keep_notice(parts, notice(sender="")), "what is not kept is not asked for again"
    assert keep_notice(parts, notice())
    assert len(read_notices(parts, mark=False)) == 1


def test_advertisements_fill_no_disk(parts: Services, clock: SetClock) -> None:
    for n in range(A_DAY + 5):
        assert keep_notice(parts, notice(str(n)))
    assert health._check_notices(parts).words == f"{A_DAY} texts of operators are unread"
    clock.forward(days=1)
    keep_notice(parts, notice("tomorrow"))
    assert health._check_notices(parts).words == f"{A_DAY + 1} texts of operators are unread"


def test_neither_sender_nor_words_lie_open(parts: Services) -> None:
    keep_notice(parts, notice(sender="Unitel"))
    with parts.store.read() as tx:
        row = tx.execute(operator_notices.select()).one()
    assert b"Unitel" not in bytes(row.sender)
    assert EXPIRES.encode() not in bytes(row.text)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_line_with_texts_says_who_a_notice_is_from_and_what_it_says(provider: str) -> None:
    table, line = table_of(provider), line_of(provider)
    for case in table.cases:
        for expected in case.gives:
            if not isinstance(expected, NotANumber) or case.event != "sms":
                continue
            asked: Request = table.request(case.event, case.fields)
            event = next(each for each in line.parse(asked) if isinstance(each, NotANumber))
            assert event.sender in str(case.fields), case.name
            assert event.sender or "" in case.fields.values(), case.name
