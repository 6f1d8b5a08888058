"""Texts after public opt-out lists, crisis lists and their bug reports, with neighbours in the four languages.

Before the lists were widened 230 of the 665 in the table were mistaken: cries for help that nobody heard, above all, and
ways to say STOP that brought one more text.
"""

from collections import Counter

import pytest

from gateway.menus.engine.model import Menu
from tests.menus.keywords import tables
from tests.menus.keywords.test_neighbours import ROWS as NEIGHBOURS
from tests.menus.keywords.test_neighbours import is_as_meant

ROWS = tables.rows("public.tsv")
LEAST = {"W4": 240, "W8": 120, "R4": 60, "R5": 130, "R6": 40}


def test_the_table_is_what_it_says_it_is() -> None:
    texts = [text for text, *_ in ROWS]
    assert len(texts) == len(set(texts)) == 665
    assert not {text for text, *_ in NEIGHBOURS} & set(texts)
    kinds = Counter(kind for *_, kind in ROWS)
    assert all(kinds[kind] >= least for kind, least in LEAST.items()), kinds


@pytest.mark.fault("R4", "R5", "R6", "W4", "W8")
@pytest.mark.parametrize("kind", LEAST)
def test_texts_after_public_lists_are_understood_as_meant(menu: Menu, kind: str) -> None:
    rows = [(text, meant) for text, meant, of in ROWS if of == kind]
    assert [text for text, meant in rows if not is_as_meant(menu, text, meant)] == []
