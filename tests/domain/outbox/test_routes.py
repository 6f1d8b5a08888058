"""Which line a number takes, against an oracle that knows only the rules."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.outbox.send_policy import RouteWay, order_routes

NAMES = ("a", "b", "c", "d")
WAYS = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(
        RouteWay,
        prefixes=st.lists(st.sampled_from(["+8", "+85", "+856", "+85620", "+66", "+6"]), max_size=3).map(
            tuple
        ),
        fallback=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    ),
)
NUMBERS = st.sampled_from(["+8562055500001", "+66800000001", "+8613800000000", "+254700000001"])


def test_the_longest_prefix_wins_and_then_what_that_line_falls_back_to() -> None:
    ways = {
        "unitel": RouteWay(prefixes=("+85620",), fallback=("ltc", "far")),
        "ltc": RouteWay(prefixes=("+856",), fallback=("unitel",)),
        "far": RouteWay(),
    }
    assert order_routes("+8562055500001", ways, otherwise="far") == ("unitel", "ltc", "far")
    assert order_routes("+856305123456", ways, otherwise="far") == ("ltc", "unitel", "far")
    assert order_routes("+254700000001", ways, otherwise="far") == ("far",)
    assert order_routes("+8562055500001", {}, otherwise="far") == ("far",)


@given(number=NUMBERS, ways=WAYS, otherwise=st.sampled_from(NAMES))
def test_the_nearest_line_is_first_and_each_is_tried_once(
    number: str, ways: dict[str, RouteWay], otherwise: str
) -> None:
    found = order_routes(number, ways, otherwise=otherwise)
    assert len(set(found)) == len(found)
    assert otherwise in found
    fits = {name: [len(p) for p in way.prefixes if number.startswith(p)] for name, way in ways.items()}
    best = max((max(lengths) for lengths in fits.values() if lengths), default=0)
    assert found[0] == otherwise if not best else best in fits[found[0]]
