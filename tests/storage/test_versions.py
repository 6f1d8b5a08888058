"""Versions never change, their numbers never meet, and one pointer says which is live."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from gateway.storage import versions

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def add(tx, menu="helpline", compiled="{}", **others):
    usual = {"source": {"a.yaml": "ຄ່າ"}, "format": 1, "hash": "h", "author": "Noy", "why": "wage", "now": NOW}
    return versions.add_version(tx, menu=menu, compiled=compiled, **(usual | others))


def test_numbers_go_up_by_menu_and_the_newest_is_listed_first(store):
    with store.write() as tx:
        first, second, other = add(tx), add(tx), add(tx, menu="other")
    assert [(each.menu, each.number) for each in (first, second, other)] == [
        ("helpline", 1),
        ("helpline", 2),
        ("other", 1),
    ]
    with store.read() as tx:
        assert [each.number for each in versions.list_versions(tx, "helpline")] == [2, 1]
        assert len(versions.list_versions(tx)) == 3
        assert versions.find_numbered(tx, "helpline", 2) == second
        assert versions.find_numbered(tx, "helpline", 3) is None
        assert versions.get_version(tx, first.id) == first
        assert versions.get_version(tx, "nobody") is None
        assert versions.find_source(tx, first.id) == {"a.yaml": "ຄ່າ"}
        assert versions.find_compiled(tx, first.id) == "{}"
        assert first.made_at == NOW


def test_the_pointer_moves_only_from_the_version_that_was_seen(store):
    with store.write() as tx:
        one, two, three = add(tx), add(tx), add(tx)
        assert versions.find_live_id(tx, "helpline") is None
        assert versions.point_live(tx, "helpline", one.id, seen=None, now=NOW)
        assert not versions.point_live(tx, "helpline", two.id, seen=None, now=NOW)
        assert not versions.point_live(tx, "helpline", two.id, seen=three.id, now=NOW)
        assert versions.find_live_id(tx, "helpline") == one.id
        assert versions.point_live(tx, "helpline", two.id, seen=one.id, now=NOW)
        assert not versions.point_live(tx, "helpline", three.id, seen=one.id, now=NOW)
    with store.read() as tx:
        assert versions.find_live_ids(tx) == {"helpline": two.id}


def test_a_withdrawn_version_is_not_given_out_and_the_live_one_cannot_be_withdrawn(store):
    with store.write() as tx:
        one, two = add(tx), add(tx)
        versions.point_live(tx, "helpline", two.id, seen=None, now=NOW)
        assert not versions.withdraw_version(tx, two.id, now=NOW)
        assert versions.withdraw_version(tx, one.id, now=NOW)
        assert not versions.withdraw_version(tx, one.id, now=NOW)
    with store.read() as tx:
        assert versions.find_compiled(tx, one.id) is None
        assert versions.list_withdrawn(tx, [one.id, two.id]) == {one.id}
        assert versions.list_withdrawn(tx, []) == frozenset()
        assert versions.get_version(tx, one.id).withdrawn_at == NOW


def test_ten_at_once_get_ten_numbers_and_one_of_them_goes_live(store):
    def publish(_):
        with store.write() as tx:
            seen = versions.find_live_id(tx, "helpline")
            version = add(tx)
            return version.number, versions.point_live(tx, "helpline", version.id, seen=seen, now=NOW)

    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(publish, range(10)))
    assert sorted(number for number, _ in told) == list(range(1, 11))
    assert any(moved for _, moved in told)
