"""A kind of screen is one class and one row of a table: it is read, refused, published, walked and drawn."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import fastjsonschema
import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.menus.authoring import drawing, graph
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks.context import CheckContext
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.json_schema import build_json_schema
from gateway.menus.authoring.pages import add_pages
from gateway.menus.engine import serialization
from gateway.menus.engine.engine import step_session
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.navigation import Step, go_to
from gateway.menus.engine.render import render_reply
from gateway.menus.engine.screens import SCREEN_KINDS, Layout, lay_out_prose
from gateway.menus.engine.session import Session
from gateway.menus.engine.shapes import Shape, Word
from tests.docs.pages.menu_format import describe_menu
from tests.support import house
from tests.support.clocks import SetClock

GATEWAY = Path(__file__).parents[3] / "gateway"
BASE = Path(__file__).parents[1] / "authoring" / "base"
ASKED = CheckContext(today=date(2026, 11, 24), limits=(USSD_LIMITS, SMS_LIMITS), settings=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Screen):
    """Asks for a number from 1 to the highest; a high one leads to one screen, any other to another."""

    kind = "rating"
    shape: ClassVar[Mapping[str, Shape]] = {
        "highest": Word(pattern="[2-9]", example="5", numeric=True),
        "well": Word(names="target"),
        "badly": Word(names="target"),
    }
    required = ("text", "highest", "well", "badly")
    about: ClassVar[Mapping[str, str]] = {
        "highest": "The best number.",
        "well": "Where the best number leads.",
        "badly": "Where any other number leads.",
    }
    colour, outline = "#123456", ('(("', '"))')

    highest: int
    well: str
    badly: str

    @classmethod
    def read_fields(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        return {**written, "highest": int(written["highest"])}

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_prose(text), whole=True)

    def take_key(self, menu: Menu, session: Session, key: str) -> Step | None:
        if key.isdigit() and 1 <= int(key) <= self.highest:
            return Step(go_to(menu, session, self.well if int(key) == self.highest else self.badly))
        return None

    def list_targets(self) -> tuple[tuple[str, int], ...]:
        return ((self.well, 1), (self.badly, 1))


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(SCREEN_KINDS, Rating.kind, Rating)
    yield
    for digest, _ in serialization.KNOWN_MENUS.list_rows():
        serialization.KNOWN_MENUS.drop_value(digest)


def checked(change: str = "", by: str = "") -> Checked:
    """The base menu with a rating behind key 8 of the home screen."""
    files = dict(read_folder(BASE))
    files["rating.yaml"] = ONE.replace(change, by).encode() if change else ONE.encode()
    return check_menu(files, ASKED)


ONE = """
schema: 1
screens:
  rate:
    kind: rating
    text: {lo: "ໃຫ້ຄະແນນ 1 ຫາ 5", en: "How good, 1 to 5?"}
    highest: "5"
    well: main
    badly: sos
"""
pytestmark = pytest.mark.usefixtures("_registered")


def menu() -> Menu:
    found = checked()
    assert found.built is not None, found.problems
    return found.built


def test_it_is_read_and_nothing_else_is_said() -> None:
    rate = menu().screens["rate"]
    assert isinstance(rate, Rating)
    assert (rate.highest, rate.well, rate.badly) == (5, "main", "sos")
    told = [problem for problem in checked().problems if problem.place.file == "rating.yaml"]
    assert {problem.code for problem in told} <= {"unreachable", "translation-unmarked"}, told


@pytest.mark.parametrize(
    ("change", "by", "code", "words"),
    [
        ('highest: "5"', 'highest: "12"', "yaml-syntax", "'highest' cannot be '12'"),
        ('    highest: "5"\n', "", "missing-key", "a screen of kind rating needs 'highest'"),
        ("well: main", "well: maim", "unknown-screen", "there is no screen 'maim'"),
        ("badly: sos", "badley: sos", "unknown-key", "unknown key 'badley' in a screen of kind rating"),
        ("kind: rating", "kind: ratting", "unknown-key", "unknown value 'ratting' of 'kind'"),
        (
            "kind: rating",
            "kind: information",
            "unknown-key",
            "unknown key 'highest' in a screen of kind information",
        ),
    ],
)
def test_its_faults_are_told_by_their_place(change: str, by: str, code: str, words: str) -> None:
    told = [problem for problem in checked(change, by).problems if problem.place.file == "rating.yaml"]
    assert (code, words) in [(problem.code, problem.message) for problem in told]
    assert not any(problem.hint == "" for problem in told)


def test_it_is_published_and_read_back() -> None:
    made = add_pages(menu(), (USSD_LIMITS,))
    text = serialization.dump_menu(made)
    assert json.loads(text)["screens"]["rate"]["kind"] == "rating"
    assert serialization.load_menu(text) == made


def test_it_is_shown_and_its_keys_lead_on() -> None:
    found = menu()
    session = go_to(found, Session(screen=found.home, language="en", script="en"), "rate")
    reply = render_reply(found, session, house.LINE.for_engine(), USSD_LIMITS, SetClock().now())
    assert reply.pieces[0].text == "How good, 1 to 5?"
    assert step_session(found, session, "5").session.screen == "main"
    assert step_session(found, session, "2").session.screen == "sos"
    assert step_session(found, session, "6").session.notice == "invalid"


def test_it_stands_in_the_graph_the_drawings_the_schema_and_the_reference() -> None:
    found = menu()
    assert {(way.source, way.target) for way in graph.list_ways(found)} >= {("rate", "main"), ("rate", "sos")}
    assert "#123456" in drawing.draw_svg(found)
    assert '(("' in drawing.draw_mermaid(found)
    validate = fastjsonschema.compile(build_json_schema())
    rate = {"kind": "rating", "text": {"en": "x"}, "highest": 5, "well": "main", "badly": "sos"}
    validate({"schema": 1, "screens": {"rate": rate}})
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        validate({"schema": 1, "screens": {"rate": {**rate, "highest": "77"}}})
    assert "| `highest` |" in describe_menu()


@pytest.mark.parametrize("kind", SCREEN_KINDS.values(), ids=lambda kind: kind.kind)
def test_every_kind_says_all_that_is_asked_of_it(kind: type[Screen]) -> None:
    assert not kind.__abstractmethods__
    assert kind.colour.startswith("#")
    assert len(kind.outline) == 2
    own = {each.name for each in fields(kind)} - {each.name for each in fields(Screen)}
    assert set(kind.about) <= set(kind.shape)
    assert bool(own) == bool(kind.shape)


def test_no_module_but_its_own_tells_kinds_apart_by_their_class() -> None:
    kinds = {kind.__name__ for kind in SCREEN_KINDS.values()}
    found = []
    for path in sorted(GATEWAY.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(kind in text for kind in kinds):
            continue  # most modules: reading the whole product as code takes seconds
        for node in ast.walk(ast.parse(text)):
            tested = ()
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"isinstance", "issubclass"}:
                tested = tuple(ast.walk(node.args[1]))
            elif isinstance(node, ast.MatchClass):
                tested = (node.cls,)
            found += [f"{path}:{node.lineno}" for each in tested if getattr(each, "id", "") in kinds]
    assert found == []
