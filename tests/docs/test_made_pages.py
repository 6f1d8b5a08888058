"""The pages that are made from the product say what it says now."""

import re
from itertools import pairwise

import pytest

from gateway.domain.permissions import AuditAct
from tests.docs.make_pages import COMMAND, MADE, ROOT, make
from tests.docs.pages import audit_acts, http, rooms, tables


@pytest.mark.parametrize("target", MADE)
def test_a_made_page_is_current(target: str) -> None:
    file, there, wanted = make(target)
    assert there == wanted, f"{file.relative_to(ROOT)} is behind the product: run `{COMMAND}` and commit"


def test_the_drawing_holds_every_room_of_the_contracts_and_every_arrow() -> None:
    drawn = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    layers = rooms.read_layers()
    assert len(layers) >= 10
    for above, below in pairwise(layers):
        assert f"{rooms.name_level(above)} --> {rooms.name_level(below)}" in drawn
    for room in (room for layer in layers for room in layer):
        assert re.search(rf'\["{re.escape(room)}"\]', drawn), room


def test_every_table_says_what_it_is_for() -> None:
    assert set(tables.PURPOSE) == set(tables.list_names())


def test_every_act_of_the_audit_has_its_sentence_and_no_sentence_lacks_its_act() -> None:
    assert set(audit_acts.MEANING) == set(AuditAct)
    assert set(audit_acts.find_acts()) | audit_acts.COMPUTED == set(AuditAct)


def test_every_metric_that_a_page_names_is_one() -> None:
    known = set(re.findall(r"`(gateway_\w+)`", http.list_metrics()))
    for page in (ROOT / "docs").rglob("*.md"):
        named = set(re.findall(r"`(gateway_[a-z_]+)[`{]", page.read_text(encoding="utf-8")))
        assert named <= known, page.name
