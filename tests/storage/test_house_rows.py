"""Outbox, deliveries, figures, people and their sign-ins: what the database refuses by itself and what RETURNING says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from gateway.storage import callers, encryption, migrate, outbox, outbox_claims, people, reports, sign_ins
from gateway.storage.database import Store, Tx
from gateway.storage.tables import metadata

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
H, SECOND = timedelta(hours=1), timedelta(seconds=1)
DAY = date(2026, 11, 24)


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        yield tx


def row(tx: Tx, once: str, **fields: Any) -> str | None:
    usual = {
        "kind": "answer",
        "channel": "phone",
        "lane": once,
        "due_at": NOW,
        "expires_at": NOW + H,
        "now": NOW,
    }
    return outbox.add_row(tx, once=once, **{**usual, **fields})


def claimed(tx: Tx, now: datetime = NOW, token: str = "t", **more: Any) -> outbox.OutboxRow | None:
    return outbox_claims.claim_due(
        tx, kinds=("answer",), channels=("phone",), token=token, now=now, lease=H, **more
    )


# The outbox


def test_one_deed_has_one_row(tx: Tx) -> None:
    first = row(tx, "a", payload={"text": "ຄ່າແຮງ"})
    assert first is not None
    assert row(tx, "a", payload={"text": "another"}) is None
    found = outbox.by_id(tx, first)
    assert found is not None
    assert found.payload is None
    assert outbox.open_row(tx, found).payload == {"text": "ຄ່າແຮງ"}
    assert outbox.by_id(tx, "nobody") is None


def test_the_database_itself_refuses_the_second(store: Store) -> None:
    with store.write() as tx:
        row(tx, "a")
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(
            text(
                "INSERT INTO outbox (id, kind, once, due_at, expires_at, at, changed_at) SELECT 'x', kind, once, due_at, expires_at, at, changed_at FROM outbox"
            )
        )


@pytest.mark.parametrize(
    ("earlier", "may_go"),
    [
        ({}, False),  # an earlier row of the lane is due
        ({"due_at": NOW + H}, True),  # it is not due yet
        ({"due_at": NOW + H, "attempts": 1}, False),  # it is being tried again: order is kept
        ({"state": "sending"}, False),
        ({"state": "sent"}, True),
        ({"state": "failed"}, True),
        ({"state": "cancelled"}, True),
        ({"state": "unclear"}, True),  # a person decides; the lane does not wait for that
        ({"state": "expired"}, True),
    ],
)
def test_a_row_goes_only_where_its_lane_is_free(tx: Tx, earlier: dict[str, Any], may_go: bool) -> None:
    first, second = (
        row(tx, "1", lane="her", priority=5),
        row(tx, "2", lane="her", priority=0, now=NOW + SECOND),
    )
    assert first is not None
    for name, value in earlier.items():
        tx.execute(outbox.outbox.update().where(outbox.outbox.c.id == first).values({name: value}))
    found = claimed(tx, now=NOW + SECOND, named=second)
    assert (found is not None) is may_go


def test_the_best_row_is_by_priority_then_time_then_making(tx: Tx) -> None:
    for once, priority, due in (("c", 1, NOW), ("b", 1, NOW - H), ("a", 0, NOW), ("later", 0, NOW + SECOND)):
        row(tx, once, priority=priority, due_at=due)
    order = []
    while (found := claimed(tx, token=f"t{len(order)}")) is not None:
        order.append(found.once)
    assert order == ["a", "b", "c"]


def test_a_result_needs_the_token_and_is_written_once(tx: Tx) -> None:
    row(tx, "a")
    found = claimed(tx)
    assert found is not None
    assert (found.state, found.attempts, found.lease_until) == ("sending", 1, NOW + H)
    assert claimed(tx) is None
    assert not outbox_claims.finish_claim(tx, found.id, "another", state="sent", now=NOW)
    assert outbox_claims.finish_claim(tx, found.id, "t", state="sent", now=NOW, provider_id="p 1", cost=7)
    assert not outbox_claims.finish_claim(tx, found.id, "t", state="failed", now=NOW)
    done = outbox.by_provider_id(tx, "phone", "p 1")
    assert done is not None
    assert (done.state, done.cost, done.lease_until) == ("sent", 7, None)
    assert outbox.by_provider_id(tx, "other", "p 1") is None


@pytest.mark.parametrize(("after", "state"), [(H - SECOND, "sending"), (H, "unclear")])
def test_a_lease_ends_at_its_instant_and_a_late_result_is_still_taken(
    tx: Tx, after: timedelta, state: str
) -> None:
    row(tx, "a")
    found = claimed(tx)
    assert found is not None
    outbox_claims.end_leases(tx, now=NOW + after, repeatable=())
    held = outbox.by_id(tx, found.id)
    assert held is not None
    assert held.state == state
    assert outbox_claims.finish_claim(tx, found.id, "t", state="sent", now=NOW + after)


def test_ten_claims_at_once_take_each_row_once(store: Store) -> None:
    with store.write() as tx:
        for n in range(6):
            row(tx, f"{n}")

    def one(n: int) -> str | None:
        with store.write() as tx:
            found = claimed(tx, token=f"t{n}")
            return found.once if found else None

    with ThreadPoolExecutor(4) as pool:
        taken = [once for once in pool.map(one, range(10)) if once]
    assert len(taken) == len(set(taken))
    with store.read() as tx:
        assert sum(each.state == "sending" for each in outbox.list_rows(tx)) == len(taken)


@pytest.mark.parametrize(("late", "state"), [(-SECOND, "pending"), (SECOND * 0, "expired"), (H, "expired")])
def test_a_row_expires_at_its_instant(tx: Tx, late: timedelta, state: str) -> None:
    made = row(tx, "a", due_at=NOW + H)
    outbox.expire_rows(tx, now=NOW + H + late)
    found = outbox.by_id(tx, made or "")
    assert found is not None
    assert found.state == state


def test_stop_cancels_the_kinds_it_names_and_empties_them(tx: Tx) -> None:
    her = callers.upsert_caller(tx, "+8562055512345", now=NOW).id
    for once, kind in (("a", "answer"), ("b", "announce"), ("c", "ours")):
        row(tx, once, kind=kind, caller_id=her, payload={"text": "x"})
    row(tx, "d", payload={"text": "of another"})
    assert outbox.cancel_of_caller(tx, her, reason="stopped", now=NOW, kinds=("answer", "ours")) == 2
    assert outbox.cancel_of_caller(tx, her, reason="stopped", now=NOW, kinds=("answer", "ours")) == 0
    found = {
        each.once: (each.state, outbox.open_row(tx, each).payload is None) for each in outbox.list_rows(tx)
    }
    assert found == {
        "a": ("cancelled", True),
        "c": ("cancelled", True),
        "b": ("pending", False),
        "d": ("pending", False),
    }


# Deliveries


def test_an_early_word_is_kept_once_taken_out_once_and_oldest_first(tx: Tx) -> None:
    for n, status in enumerate(("Sent", "Success", "Sent")):
        outbox.park_delivery(
            tx,
            channel="phone",
            provider_id="p",
            status=status,
            state=status.lower(),
            reason="",
            now=NOW + n * SECOND,
        )
    assert outbox.unpark_deliveries(tx, "other", "p") == ()
    assert [word.state for word in outbox.unpark_deliveries(tx, "phone", "p")] == ["sent", "success"]
    assert outbox.unpark_deliveries(tx, "phone", "p") == ()


# Figures


def test_counts_add_up_over_hours_and_processes(store: Store) -> None:
    def one(n: int) -> None:
        with store.write() as tx:
            reports.add_count(tx, DAY, n % 3, "phone", "lo", "v", "shown", "main", n=2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(12)))
    with store.read() as tx:
        (found,) = reports.list_figures(tx, DAY, DAY)
        assert (found.n, found.item) == (24, "main")
        assert reports.list_totals(tx) == (("shown", "main", "phone", 24),)


@pytest.mark.parametrize(
    ("first", "last", "n"), [(-1, 1, 6), (0, 0, 2), (1, 1, 3), (2, 9, 0), (-1, -1, 1), (1, -1, 0)]
)
def test_both_ends_of_a_span_of_days_are_in_it(tx: Tx, first: int, last: int, n: int) -> None:
    for offset, count in ((-1, 1), (0, 2), (1, 3)):
        reports.add_count(tx, DAY + timedelta(days=offset), 5, "phone", "lo", "v", "shown", "main", n=count)
    reports.add_count(tx, DAY, 5, "phone", "lo", "v", "sent", "", n=9)
    span = DAY + timedelta(days=first), DAY + timedelta(days=last)
    assert sum(one.n for one in reports.list_figures(tx, *span, what=("shown",))) == n


# People


def person(tx: Tx, name: str, **more: str) -> bool:
    return people.add_person(
        tx, f"id {name}", name=name, name_key=name.casefold(), role="counsellor", now=NOW, **more
    )


def test_a_name_is_free_again_once_its_person_is_removed(tx: Tx) -> None:
    assert person(tx, "Noy")
    assert not people.add_person(tx, "other", name="NOY", name_key="noy", role="reader", now=NOW)
    people.set_number(tx, "id Noy", "+8562055500000")
    people.set_password(tx, "id Noy", "hash")
    assert people.find_known(tx, "noy") == people.KnownPerson(id="id Noy", password="hash")
    people.disable_person(tx, "id Noy", now=NOW)
    gone = people.by_id(tx, "id Noy")
    assert gone is not None
    assert (gone.name, gone.disabled, gone.number, gone.has_password) == ("Noy", True, None, False)
    assert people.find_known(tx, "noy") is None
    assert people.list_people(tx, "main") == ()
    assert people.add_person(tx, "other", name="Noy", name_key="noy", role="reader", now=NOW)
    assert not people.set_name(tx, "id Noy", name="Noy", name_key="noy")


def test_who_could_still_sign_in_is_counted_without_the_one_asked_about(tx: Tx) -> None:
    for name in ("a", "b", "c"):
        person(tx, name)
    assert people.count_others(tx, "counsellor", "id a") == 0
    for name in ("a", "b"):
        people.set_password(tx, f"id {name}", "hash")
    assert [people.count_others(tx, "counsellor", f"id {name}") for name in "abc"] == [1, 1, 2]
    people.disable_person(tx, "id b", now=NOW)
    assert people.count_others(tx, "counsellor", "id a") == 0


# Sign-ins


def test_a_sign_in_is_found_by_its_hash_until_it_is_ended(tx: Tx) -> None:
    for name in ("a", "b"):
        person(tx, name)
    for token, who in ((b"1" * 32, "id a"), (b"2" * 32, "id a"), (b"3" * 32, "id b")):
        sign_ins.open_one(tx, token, person_id=who, now=NOW, expires_at=NOW + H)
    assert [one.token_hash for one in sign_ins.list_sign_ins(tx, "id b", now=NOW)] == [b"3" * 32]
    assert not sign_ins.end_one_of(tx, "id b", b"1" * 32)
    assert sign_ins.end_one_of(tx, "id a", b"1" * 32)
    assert sign_ins.find_sign_in(tx, b"1" * 32) is None
    sign_ins.end_all(tx, "id a", besides=b"2" * 32)
    assert sign_ins.find_sign_in(tx, b"2" * 32) is not None
    sign_ins.end_expired(tx, NOW + H - SECOND)
    assert sign_ins.find_sign_in(tx, b"3" * 32) is not None
    sign_ins.end_expired(tx, NOW + H)
    assert sign_ins.find_sign_in(tx, b"3" * 32) is None


def test_an_invitation_is_used_once_in_its_time_and_the_newest_is_the_good_one(store: Store) -> None:
    with store.write() as tx:
        person(tx, "a")
        sign_ins.add_invitation(tx, b"1" * 32, person_id="id a", expires_at=NOW + H)
        sign_ins.add_invitation(tx, b"2" * 32, person_id="id a", expires_at=NOW + H)
        assert sign_ins.find_invited(tx, b"1" * 32, NOW) is None
        assert sign_ins.find_invited(tx, b"2" * 32, NOW + H) is None
        assert sign_ins.find_invited(tx, b"2" * 32, NOW) == "id a"

    def use(_: int) -> str | None:
        with store.write() as tx:
            return sign_ins.use_invitation(tx, b"2" * 32, NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(str, pool.map(use, range(6)))) == ["None"] * 5 + ["id a"]


# Read out, put back, sealed again


def test_a_row_read_out_is_put_back_equal_whatever_its_columns_are(tx: Tx) -> None:
    person(tx, "Noy")
    people.set_details(tx, "id Noy", languages=("lo", "th"), gender="woman")
    her = callers.upsert_caller(tx, "+8562055512345", now=NOW).id
    row(tx, "a", caller_id=her, payload={"text": "ຄ່າ"})
    reports.add_count(tx, DAY, 3, "phone", "lo", "v", "shown", "main", n=2)
    taken = {name: list(migrate.list_rows(tx, name)) for name in ("people", "callers", "outbox", "figures")}
    for name in reversed(taken):
        tx.execute(metadata.tables[name].delete())
    for name, rows in taken.items():
        migrate.fill_table(tx, name, rows)
    assert {name: list(migrate.list_rows(tx, name)) for name in taken} == taken
    found = people.by_key(tx, "noy")
    assert found is not None
    assert found.languages == ("lo", "th")
    caller = callers.find_caller(tx, "+8562055512345")
    assert caller is not None
    assert caller.number == "+8562055512345"


def test_a_column_of_another_release_is_told(tx: Tx) -> None:
    with pytest.raises(KeyError):
        migrate.fill_table(tx, "figures", [{"mood": "good"}])
    with pytest.raises(KeyError):
        migrate.fill_table(tx, "moods", [{"day": 1}])


def test_batches_go_through_a_column_by_key_and_leave_what_is_sealed_well(tx: Tx) -> None:
    for n in range(7):
        callers.upsert_caller(tx, f"+85620555000{n:02}", now=NOW)
    seen, after = 0, None
    for _ in range(9):
        found = encryption.reseal_batch(tx, "callers", "number", after=after, limit=3)
        assert (found.sealed, found.unreadable) == (0, 0)
        seen, after = seen + 1, found.last
        if after is None:
            break
    assert seen == 3


# Sums of months, which reports read.


def read_sums(tx):
    from gateway.storage.tables import figure_months

    return sorted(map(tuple, tx.execute(select(figure_months))), key=str)


def test_sums_of_months_are_those_of_the_days_and_can_be_made_anew(store):
    last = date(2026, 10, 31)
    with store.write() as tx:
        for day, hour, what, item, n in (
            (DAY, 5, "shown", "main", 2), (DAY, 7, "shown", "main", 3), (DAY, 5, reports.SESSIONS, "", 4),
            (DAY, 6, reports.SESSIONS, "", 1), (DAY, 6, reports.SESSIONS, "", -1), (last, 23, "shown", "main", 9),
            (DAY, 5, f"{reports.FACT}th.wage", "pay", 50),
        ):  # fmt: skip
            reports.add_count(tx, day, hour, "phone", "lo", "v", what, item, n=n)
        written = read_sums(tx)
        reports.fill_months(tx)
        assert read_sums(tx) == written
        found = reports.list_months(tx, DAY.replace(day=1), DAY, what=("shown", reports.SESSIONS))
        assert {(one.day, one.what, one.n) for one in found} == {
            (DAY.replace(day=1), "shown", 5), (DAY.replace(day=1), reports.SESSIONS, 4),
        }  # fmt: skip
        hours = reports.list_months(tx, DAY.replace(day=1), DAY, what=(reports.SESSIONS,), by_hour=True)
        assert {(one.item, one.n) for one in hours} == {("5", 4), ("6", 0)}
        assert reports.count_days(tx, last, DAY, what=reports.SESSIONS) == {DAY: 4}
        assert reports.list_known_months(tx) == (date(2026, 10, 1), date(2026, 11, 1))
