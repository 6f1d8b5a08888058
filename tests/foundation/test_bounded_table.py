"""The newest stay, the oldest go, and threads do not disturb one another."""

from concurrent.futures import ThreadPoolExecutor

from gateway.foundation.bounded_table import BoundedTable


def test_the_oldest_makes_room_and_a_value_put_again_is_the_newest() -> None:
    table: BoundedTable[str, int] = BoundedTable(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        table.put_value(key, value)
    assert table.list_rows() == [("a", 3), ("c", 4)]
    assert table.find_value("b") is None
    table.drop_value("a")
    table.drop_value("a")
    assert table.list_rows() == [("c", 4)]


def test_a_table_of_no_room_remembers_nothing() -> None:
    table: BoundedTable[str, int] = BoundedTable(0)
    table.put_value("a", 1)
    assert len(table) == 0


def test_many_threads_leave_it_bounded() -> None:
    table: BoundedTable[int, int] = BoundedTable(50)

    def fill(first: int) -> None:
        for key in range(first, first + 400):
            table.put_value(key, key)
            assert table.find_value(key) in {None, key}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(0, 3_200, 400)))
    assert len(table) == 50
