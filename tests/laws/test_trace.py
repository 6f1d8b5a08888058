"""What a hop opens, counted at run time: a reader follows it through few files and rooms."""

from collections.abc import Mapping
from functools import cache

from bench import trace


@cache
def run_once() -> Mapping[str, trace.Trip]:
    return trace.run_trips()


def test_a_key_that_only_moves_opens_few_files_of_few_rooms_and_asks_no_database() -> None:
    trips = run_once()
    hop = trips["USSD, key that only moves"]

    assert len(hop.files) <= 28, sorted(hop.files)
    assert len(hop.rooms) <= 7, sorted(hop.rooms)
    assert (hop.statements, hop.transactions) == ([], 0)
    assert trips["SMS with a keyword"].transactions == 1
    assert len(trips["SMS with a keyword"].files) <= 38, sorted(trips["SMS with a keyword"].files)


def test_what_pages_share_is_no_part_of_a_provider_s_post() -> None:
    trips = run_once()

    for name in (
        "SMS with a keyword",
        "USSD, first dial",
        "USSD, key that only moves",
        "USSD, key that saves",
    ):
        assert not [path for path in trips[name].files if path.startswith("gateway/web/shared/")], name
