"""Three hundred hostile files: refused before the parser at next to no cost, or by it no slower than a sound file."""

import sys
import time
import tracemalloc
from functools import cache
from itertools import pairwise
from statistics import median

import pytest

from gateway.menus.authoring import yaml_loader as loading
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.problems import has_errors
from gateway.menus.authoring.schema.conform import check_shape
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import MAX_BYTES
from tests.support.hostile_menus import BY_HAND, COUNT, files, sound
from tests.support.menu_folders import asked, base

FILES = files()
MILLIS, MEGABYTES, TIMES = 50, 20, 2
STRIDE = 5
"""Which of the files are counted each time; all of them are timed in the slow tests."""
LARGEST = MAX_BYTES - 6_000
SIZES = (1_000, 3_000, 6_000, 12_000, 25_000, 60_000, LARGEST)


def before_parsing(content: bytes) -> bool:
    try:
        loading.read_text("x.yaml", content)
    except loading.Unreadable:
        return True
    return False


BEFORE = [name for name, content in FILES.items() if before_parsing(content)]
AFTER = [name for name in FILES if name not in BEFORE]


def took(content: bytes, rounds: int) -> float:
    """The least processor time of a few rounds; what else the machine does is not counted."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        load("x.yaml", content)
        best = min(best, time.process_time() - begun)
    return best


def calls(content: bytes) -> int:
    """How many Python functions are called for a file: what it costs, whatever else the machine does."""
    made = 0

    def count(frame, event, arg):
        nonlocal made
        made += event == "call"

    sys.setprofile(count)
    try:
        load("x.yaml", content)
    finally:
        sys.setprofile(None)
    return made


@cache
def sound_at(size: int) -> int:
    return calls(seen_by_the_parser(size))


def seen_by_the_parser(size: int) -> bytes:
    """A sound file that the careful parser reads, as it reads every hostile one, and not libyaml: a tab is in it."""
    return sound(size) + b"# \t\n"


def sound_calls(size: int) -> float:
    """What a sound file of this size needs, read off between two that were measured."""
    low, high = next((low, high) for low, high in pairwise(SIZES) if size <= high)
    share = max(0.0, (size - low) / (high - low))
    return sound_at(low) + share * (sound_at(high) - sound_at(low))


def test_there_are_three_hundred_of_many_kinds_and_always_the_same():
    assert len(FILES) == COUNT
    assert files() == FILES
    assert len(BEFORE) >= 50
    assert len(AFTER) >= 150


@pytest.mark.parametrize("size", SIZES)
def test_the_sound_file_beside_them_is_sound(size):
    assert load("x.yaml", sound(size)).problems == ()
    assert abs(len(sound(size)) - size) < 3_000


def test_every_one_has_a_problem_or_is_no_menu():
    for name, content in list(FILES.items())[::STRIDE]:
        loaded = load("x.yaml", content)
        assert loaded.problems or list(check_shape(loaded.root, FILE)), name
        assert len(loaded.problems) <= loading.MAX_PROBLEMS + 1, name


def test_they_are_refused_beside_a_sound_menu():
    menu = base()
    shown = (
        list(FILES)[: len(BY_HAND)] + list(FILES)[len(BY_HAND) :: 7]
    )  # the grammar has another number of rules
    for name in shown:
        content = FILES[name]
        found = check_menu(menu | {"x.yaml": content}, asked())
        assert not found.sound, name
        assert has_errors(problem for problem in found.problems if problem.place.file == "x.yaml"), name


def test_what_is_refused_before_parsing_costs_next_to_nothing():
    for name in BEFORE:
        assert took(FILES[name], 2) * 1000 < MILLIS, name
        tracemalloc.start()
        load("x.yaml", FILES[name])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MEGABYTES * 2**20, name


@pytest.mark.slow
def test_what_the_parser_must_see_costs_no_more_than_twice_a_sound_file_of_its_size():
    ratios = {
        name: calls(FILES[name]) / sound_calls(min(len(FILES[name]), LARGEST)) for name in AFTER[::STRIDE]
    }
    assert {name: round(ratio, 2) for name, ratio in ratios.items() if ratio > TIMES} == {}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_and_takes_no_longer_than_twice_as_long(capsys):
    ratios = {}
    for name in AFTER:
        beside = seen_by_the_parser(max(SIZES[0], min(len(FILES[name]), LARGEST)))
        ratios[name] = median(took(FILES[name], 1) / took(beside, 1) for _ in range(5))
    with capsys.disabled():
        print(
            f"\n{len(ratios)} files seen by the parser: {max(ratios.values()):.2f} times a sound file at most"
        )
    assert {name: round(ratio, 2) for name, ratio in ratios.items() if ratio > TIMES} == {}
