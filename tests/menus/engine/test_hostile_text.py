"""Strings that want to be hurt, cut by us and by the standard library, before an oracle that shares no code with us."""

import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from gateway.menus.authoring.graph import line_breaks
from gateway.menus.engine.text_breaks import split_text
from gateway.menus.engine.text_size import count_units
from tests.menus.engine.test_text_breaks import CASES
from tests.support.hostile_text import SEED, faults, harm, strings

LIMITS = (20, 33, 67, 70)
Cut = Callable[[str, int], list[str]]


def ours(text: str, limit: int) -> list[str]:
    return list(split_text(text, limit, count_units))


def ours_between_words(text: str, limit: int) -> list[str]:
    return list(split_text(text, limit, count_units, breaks=line_breaks("lo")))


def of_the_library(text: str, limit: int) -> list[str]:
    return textwrap.wrap(text, limit, drop_whitespace=False, replace_whitespace=False, expand_tabs=False) or [
        text
    ]


def judged(cut: Cut, texts: Iterable[str]) -> tuple[Counter[str], int, int]:
    """Return the faults by name, how many strings there were, and how many cuts."""
    found: Counter[str] = Counter()
    cuts = count = 0
    for count, text in enumerate(texts, start=1):
        limit = LIMITS[count % len(LIMITS)]
        parts = cut(text, limit)
        cuts += len(parts) - 1
        found.update(faults(text, parts, limit))
    return found, count, cuts


@pytest.mark.parametrize("script", CASES)
def test_the_oracle_knows_the_published_places(script):
    case = CASES[script]
    assert [place for place in case["forbidden"] if not harm(case["text"], place)] == []
    assert not any(harm(case["text"], place) for place in [*case["limit20"], *case["words20"]])


def test_twenty_thousand_strings_are_cut_without_a_fault():
    found, _, cuts = judged(ours, strings(20_000))
    assert cuts > 5_000
    assert found == Counter()


def test_dictionaries_add_no_fault():
    pytest.importorskip("icu4py")
    assert judged(ours_between_words, strings(4_000, SEED + 1))[0] == Counter()


def test_the_oracle_finds_what_the_standard_library_hurts():
    found, _, _ = judged(of_the_library, strings(2_000))
    assert found.total() > 100
    assert {"mark from its letter", "leading vowel", "digits", "Khmer stack"} <= set(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_million_strings_are_cut_without_a_fault(capsys):
    begun = time.perf_counter()
    found, count, cuts = judged(ours, strings(1_000_000))
    took = time.perf_counter() - begun
    wrapped, _, wraps = judged(of_the_library, strings(1_000_000))
    with capsys.disabled():
        print(f"\n{count} strings from seed {SEED}, {cuts} cuts, {took:.0f} s: {found.total()} faults")
        print(f"textwrap on the same: {wraps} cuts, {wrapped.total()} faults: {dict(wrapped.most_common())}")
    assert count == 1_000_000
    assert found == Counter()
    assert wrapped.total() > 10_000
