"""What a phone sends to be saved: a walk, or a refusal that repeats nothing of it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.authoring.conversation_writer import Walk
from gateway.web.simulator.draft import MOST_KEYS, MOST_LETTERS, NotAWalk, read_walk
from tests.support.examples import count_examples

AT = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
WHOLE = {
    "it": "walks",
    "number": "+8562055500001",
    "dial": "*123*4#",
    "keys": ["1", "7"],
    "seen": ["language", "main", "danger"],
    "language": "lo",
    "script": "lo",
    "offers": ["now", "morning"],
}


def test_a_walk_is_read_as_it_was_sent_with_windows_in_their_order() -> None:
    assert read_walk(json.dumps(WHOLE), at=AT) == Walk(
        it="walks",
        number="+8562055500001",
        at=AT,
        dial="*123*4#",
        keys=("1", "7"),
        seen=("language", "main", "danger"),
        language="lo",
        script="lo",
        offers=("morning", "now"),
    )


def test_what_is_not_said_is_empty() -> None:
    assert read_walk("{}", at=AT) == Walk(it="", number="", at=AT, dial="", offers=())


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no object"),
        ('"x"', "no object"),
        (json.dumps(WHOLE | {"it": 5}), "it is no text"),
        (json.dumps(WHOLE | {"it": "SECRET" * 100}), "it is no text"),
        (json.dumps(WHOLE | {"it": "\ud800"}), "it is no text"),
        (json.dumps(WHOLE | {"keys": "17"}), "keys is no list"),
        (json.dumps(WHOLE | {"keys": ["1", None]}), "keys is no text"),
        (json.dumps(WHOLE | {"keys": ["1" * (MOST_LETTERS + 1)]}), "keys is no text"),
        (json.dumps(WHOLE | {"keys": ["1"] * (MOST_KEYS + 2)}), "keys is no list"),
        (json.dumps(WHOLE | {"seen": {"a": "b"}}), "seen is no list"),
        (json.dumps(WHOLE | {"offers": [["now"]]}), "offers is no text"),
    ],
)
def test_what_is_no_walk_is_refused_without_being_repeated(sent: str, why: str) -> None:
    with pytest.raises(NotAWalk, match=f"^{why}") as refused:
        read_walk(sent, at=AT)
    assert "SECRET" not in str(refused.value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*WHOLE, "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
@settings(max_examples=count_examples(100), deadline=None)
def test_whatever_comes_is_a_walk_or_refused(sent: object) -> None:
    try:
        walk = read_walk(json.dumps(sent), at=AT)
    except NotAWalk:
        return
    assert all(isinstance(each, str) for each in (*walk.keys, *walk.seen, walk.it, walk.dial))
