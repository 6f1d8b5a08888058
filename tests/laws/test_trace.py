"""What a hop opens, counted at run time: a reader follows it through few files and rooms."""

from bench import trace


def test_a_key_that_only_moves_opens_few_files_of_few_rooms_and_asks_no_database() -> None:
    trips = trace.run_trips()
    hop = trips["USSD, key that only moves"]

    assert len(hop.files) <= 28, sorted(hop.files)
    assert len(hop.rooms) <= 7, sorted(hop.rooms)
    assert (hop.statements, hop.transactions) == ([], 0)
    assert trips["SMS with a keyword"].transactions == 1
    assert len(trips["SMS with a keyword"].files) <= 42, sorted(trips["SMS with a keyword"].files)
