"""The rules of alerts: they ask for what is exported, miss no part, and lead to a section that says what to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from gateway.menus.fact_expiry import count_by_threshold
from gateway.operations import health
from workers.chores import TABLE

pytestmark = pytest.mark.fault("F5")
ROOT = Path(__file__).resolve().parents[2]
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "config/prometheus-alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
EXPORTED = set(
    re.findall(
        r"^\| `(gateway_\w+)` \|", (ROOT / "docs/reference/http.md").read_text(encoding="utf-8"), re.MULTILINE
    )
)
"""That table is made of the page itself (tests/docs/test_made_pages.py)."""

OF_EACH = {"line": "line.helpline", "channel": "channel.africastalking", "bridge": "bridge.africastalking"}
PARTS = {OF_EACH.get(part, part) for part in (*health._WITHOUT_SQL, *health._WITH_SQL)}
LABELS = {
    "part": PARTS,
    "chore": {chore.name for chore in TABLE},
    "state": {"unclear"},
    "what": {"alarm"},
    "counted": {"clock", "windows"},
    "quantile": {"0.5", "0.9"},
    "ends": set(count_by_threshold(())),
}
"""The values that the rules may ask for, by label."""


def selectors_of(found: Any) -> Iterator[promql.VectorSelector]:
    """Walk what was parsed."""
    if isinstance(found, promql.VectorSelector):
        yield found
    for name in ("lhs", "rhs", "expr", "vector_selector", "param"):
        inner = getattr(found, name, None)
        if inner is not None:
            yield from selectors_of(inner)
    for one in getattr(found, "args", None) or ():
        yield from selectors_of(one)


def selectors(rule: dict[str, Any]) -> list[promql.VectorSelector]:
    return list(selectors_of(promql.parse(rule["expr"])))


def picks(matcher: promql.Matcher, value: str) -> bool:
    is_same = value == matcher.value
    fits = re.fullmatch(matcher.value, value) is not None
    return {"Equal": is_same, "NotEqual": not is_same, "Re": fits, "NotRe": not fits}[
        str(matcher.op).rpartition(".")[2]
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
class TestEachRule:
    def test_it_asks_for_what_is_exported(self, rule: dict[str, Any]) -> None:
        found = selectors(rule)
        assert found
        assert {one.name for one in found} <= EXPORTED
        assert set(re.findall(r"gateway_\w+", rule["expr"])) == {one.name for one in found}, "all were walked"

    def test_each_value_that_it_names_is_one(self, rule: dict[str, Any]) -> None:
        for selector in selectors(rule):
            for matcher in selector.matchers.matchers:
                for value in matcher.value.split("|"):
                    assert any(re.fullmatch(value, one) for one in LABELS[matcher.name]), (
                        matcher.name,
                        value,
                    )

    def test_it_says_what_it_means_and_leads_to_its_section(self, rule: dict[str, Any]) -> None:
        assert rule["labels"] in ({"severity": "now"}, {"severity": "day"})
        assert set(rule["annotations"]) == {"summary", "means", "runbook_url"}
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert anchor == rule["alert"].lower()
        section = sections(page)[rule["alert"]]
        assert section.startswith(f"`{rule['labels']['severity']}` ·")
        for asked in ("**What it means for callers.**", "**Look at**", "**Do.**"):
            assert section.count(asked) == 1, asked


def sections(page: str) -> dict[str, str]:
    _, *found = re.split(r"^## (.+)$", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(found[::2], found[1::2], strict=True)}


def test_names_are_unique_and_no_section_lacks_its_rule() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert list(sections("docs/how-to/when-an-alert-fires.md")) == names, "and in one order"


def test_every_part_that_can_fail_has_a_rule() -> None:
    watched = {
        part
        for rule in RULES
        for selector in selectors(rule)
        if selector.name == "gateway_part_ok"
        for part in PARTS
        if all(picks(matcher, part) for matcher in selector.matchers.matchers)
    }
    # These have rules by their own numbers, with the time that they last.
    assert PARTS - watched == {"facts", "outbox"}


def test_every_number_that_can_go_wrong_has_a_rule() -> None:
    asked = {selector.name for rule in RULES for selector in selectors(rule)}
    assert EXPORTED - asked == {"gateway_callbacks"}, "a count of requests is no fault"


def test_a_name_that_is_not_exported_or_does_not_parse_is_seen() -> None:
    assert {one.name for one in selectors({"expr": "sum(rate(gateway_gone[5m])) > 0"})} == {"gateway_gone"}
    with pytest.raises(ValueError, match=r"."):
        promql.parse('gateway_part_ok{part="disk" == 0')


LOSSES = (ROOT / "docs/explanation/kills-and-losses.md").read_text(encoding="utf-8")


def test_each_bound_that_is_published_is_asserted_word_for_word() -> None:
    rows = [row for row in LOSSES.splitlines() if row.startswith("|") and "tests/" in row]
    assert len(rows) >= 8
    for row in rows:
        [file] = re.findall(r"`(tests/[\w/]+\.py)`", row)
        source = (ROOT / file).read_text(encoding="utf-8")
        asserted = [line.strip() for line in source.splitlines() if line.strip().startswith("assert ")]
        bounds = [code for code in re.findall(r"`([^`]+)`", row) if re.search(r" (==|>=?) ", code)]
        assert bounds, row
        for bound in bounds:
            assert any(bound in line for line in asserted), (file, bound)
