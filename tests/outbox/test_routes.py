"""Which line a number takes, against an oracle that knows only the rules."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.outbox.routes import Way, choose, order

NAMES = ("a", "b", "c", "d")
WAYS = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(
        Way,
        prefixes=st.lists(st.sampled_from(["+8", "+85", "+856", "+85620", "+66", "+6"]), max_size=3).map(
            tuple
        ),
        fallback=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    ),
)
NUMBERS = st.sampled_from(["+8562055500001", "+66800000001", "+8613800000000", "+254700000001"])


def test_the_longest_prefix_wins_and_then_what_that_line_falls_back_to() -> None:
    ways = {
        "unitel": Way(prefixes=("+85620",), fallback=("ltc", "far")),
        "ltc": Way(prefixes=("+856",), fallback=("unitel",)),
        "far": Way(),
    }
    assert order("+8562055500001", ways, otherwise="far") == ("unitel", "ltc", "far")
    assert order("+856305123456", ways, otherwise="far") == ("ltc", "unitel", "far")
    assert order("+254700000001", ways, otherwise="far") == ("far",)
    assert choose("+8562055500001", ways, otherwise="far", down={"unitel"}) == "ltc"
    assert choose("+8562055500001", ways, otherwise="far", down={"unitel", "ltc", "far"}) == "unitel"
    assert choose("+8562055500001", {}, otherwise="far") == "far"


@given(number=NUMBERS, ways=WAYS, otherwise=st.sampled_from(NAMES), down=st.sets(st.sampled_from(NAMES)))
def test_one_line_is_always_chosen_and_it_is_up_where_any_on_the_way_is(
    number: str, ways: dict[str, Way], otherwise: str, down: set[str]
) -> None:
    found = order(number, ways, otherwise=otherwise)
    assert len(set(found)) == len(found)
    assert otherwise in found
    chosen = choose(number, ways, otherwise=otherwise, down=down)
    up = [name for name in found if name not in down]
    assert chosen == (up or list(found))[0]
    fits = {name: [len(p) for p in way.prefixes if number.startswith(p)] for name, way in ways.items()}
    best = max((max(lengths) for lengths in fits.values() if lengths), default=0)
    assert found[0] == otherwise if not best else best in fits[found[0]]
