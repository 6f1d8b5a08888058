"""Whatever is typed, posted or put into an address: no page answers with a fault of ours, on either database."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

import gateway
from gateway.domain.permissions import Role
from gateway.storage.value_limits import is_text
from tests.support.desk_rig import Desk, made_parts
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, token_of
from tests.web.console.test_roles import ANYONE, FORMS, TABLE

if TYPE_CHECKING:
    from gateway.foundation.services import Services
    from gateway.storage.database import Store
    from tests.support.clocks import SetClock

HOSTILE = {
    "nul": "a\0b",
    "only nul": "\0",
    "half a letter": "\udc80\ud83d",
    "long": "x" * 3_000,
    "long in bytes": "\u0e81" * 1_500,
    "bell and escape": "\x07\x1b[31m\x7f",
    "right to left": "\u202e\u2066abc\u2069",
    "not a character": "\ufffe\uffff\U0010ffff",
    "digits": "9" * 400,
    "other digits": "\u0ed1\u00b2\u2460",
    "minus": "-1",
    "year nought": "0000-00-00",
    "last year": "9999-12-31",
    "last minute": "9999-12-31T23:59",
    "first day": "0001-01-01",
    "template": "{{7*7}}{% raw %}%(name)s %s {0}",
    "quote": "'\";--",
    "markup": "</textarea><script>",
    "line ends": "a\r\n\r\nb\u2028\u2029",
    "slash": "../../../etc/passwd",
    "nothing": "",
}
"""What people, robots and broken programs send; none of it may reach a driver, a parser or a log unread."""

_PLACE = re.compile(r"<(?:any\(([^,)]+)[^)]*\):|path:)?(\w+)>")
_NAME = re.compile(r'<(?:input|textarea|select|button)\b[^>]*\bname="([^"{]+)"')
_READ = re.compile(r'(?:field|form\.get|form\.getlist|args\.get)\(\s*"([^"]+)"')
_FORM = re.compile(r'<form\b[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
LEAVES = {"/sign-out", "/me/sign-out-everywhere"}


def written(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="") or "%20"


def names_of_fields() -> list[str]:
    """Every name by which a view reads a field or a page offers one, out of the views and pages themselves."""
    root, found = Path(gateway.__file__).parent, set()
    for face in ("shared", "console", "admin"):
        for path in (root / "web" / face).rglob("*.*"):
            pattern = {".py": _READ, ".html": _NAME}.get(path.suffix)
            found |= set(pattern.findall(path.read_text(encoding="utf-8"))) if pattern else set()
    return sorted(found - {"csrf_token"})


class Walker:
    """Somebody signed in who posts what nobody should."""

    def __init__(self, parts: Services, clock: SetClock, role: Role) -> None:
        self.line = Desk(parts, clock)
        person_id = self.line.person("Noy", role).person_id
        self.browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Noy"))
        self.browser.get("/me")
        self.known = {"callback_id": self.line.requested(), "person_id": person_id}
        self.broken: list[tuple[str, str, int]] = []

    def ask(self, method: str, where: str, query: str) -> None:
        """Send what was written, and note a fault of ours."""
        post = {"data": f"csrf_token={self.browser.csrf}&{query}"} if method == "POST" else {}
        kind = {"content_type": "application/x-www-form-urlencoded"} if post else {}
        full = where if post else f"{where}?{query}"
        with self.browser.client.open(full, method=method, **post, **kind) as answer:
            if answer.status_code >= 500:
                self.broken.append((method, where[:80], answer.status_code))

    def walk(self, values: list[str], besides: Role | None = None) -> None:
        """Ask for every address: its places filled by what is there and by the value, all fields by the value.

        Addresses that open to ``besides`` too are left to who walks as that.
        """
        names = names_of_fields()
        assert len(names) > 50
        for nth, (method, rule) in enumerate(
            route
            for route, opens_to in TABLE.items()
            if route[1] not in LEAVES
            and (besides is None or (opens_to != ANYONE and besides not in opens_to))
        ):
            value = written(values[nth % len(values)])
            query = "&".join(f"{name}={value}" for name in names)
            for fill in (self.known, {}) if "<" in rule else (self.known,):
                self.ask(method, _PLACE.sub(lambda m, f=fill, v=value: m[1] or f.get(m[2], v), rule), query)

    def forms(self) -> list[tuple[str, dict[str, str]]]:
        """Return each form of each page that this role can see, with values that it takes."""
        found: dict[str, dict[str, str]] = {}
        for method, rule in TABLE:
            if method == "GET":
                where = _PLACE.sub(lambda m: m[1] or self.known.get(m[2], "no-such"), rule)
                with self.browser.client.get(where) as answer:
                    page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
                for action, inside in _FORM.findall(page):
                    found.setdefault(
                        unescape(action), filled(inside) | FORMS.get(action.rpartition("/")[2], {})
                    )
        return [(where, fields) for where, fields in found.items() if where not in LEAVES]


def filled(form: str) -> dict[str, str]:
    """Return the fields of a form with the values that stand there, or some that fit their kind."""
    fits = {
        "date": "2026-12-01",
        "tel": "+85620555000001",
        "number": "3",
        "datetime-local": "2026-12-01T18:30",
    }
    found = {}
    for tag in re.findall(r"<(?:input|textarea|select|button)\b[^>]*>", form):
        has = dict(re.findall(r'\b([a-z-]+)="([^"]*)"', tag))
        if has.get("name", "csrf_token") != "csrf_token":
            chosen = re.search(rf'name="{re.escape(has["name"])}".*?<option value="([^"]+)"', form, re.DOTALL)
            usual = (
                chosen[1] if tag.startswith("<select") and chosen else fits.get(has.get("type", ""), "words")
            )
            found.setdefault(has["name"], unescape(has.get("value") or usual))
    return found


@pytest.fixture
def walker(parts: Services, clock: SetClock, request: pytest.FixtureRequest) -> Walker:
    return Walker(parts, clock, request.param)


@pytest.mark.fault("K16")
@pytest.mark.parametrize(
    ("walker", "besides"), [(Role.SUPERVISOR, None), (Role.TRANSLATOR, Role.SUPERVISOR)], indirect=["walker"]
)
def test_no_page_breaks_whatever_is_sent(walker: Walker, besides: Role | None) -> None:
    """One role walks everywhere, refusals among it, and another where the first was refused."""
    walker.walk(list(HOSTILE.values()), besides)
    assert walker.broken == []


@pytest.mark.fault("K16")
@pytest.mark.parametrize("kind", ["nul", pytest.param("long", marks=pytest.mark.slow)])
def test_postgresql_breaks_no_page(
    postgresql_store: Store, clock: SetClock, tmp_path: Path, kind: str
) -> None:
    parts = made_parts(postgresql_store, clock, tmp_path)
    publish(parts)
    walker = Walker(parts, clock, Role.SUPERVISOR)
    walker.walk([HOSTILE[kind]])
    assert walker.broken == []


def break_each_field(walker: Walker, kinds: list[str]) -> int:
    sent = 0
    for where, fields in walker.forms():
        for nth, name in enumerate(fields):
            value = HOSTILE[kinds[(nth + len(where)) % len(kinds)]]
            whole = fields | {name: value}
            walker.ask("POST", where, "&".join(f"{one}={written(text)}" for one, text in whole.items()))
            sent += 1
    return sent


@pytest.mark.fault("K16")
@pytest.mark.parametrize("walker", [Role.SUPERVISOR, Role.ADMINISTRATOR], indirect=True)
def test_no_form_breaks_by_one_field_that_does_not_fit(walker: Walker) -> None:
    assert break_each_field(walker, list(HOSTILE)) > 30
    assert walker.broken == []


@pytest.mark.slow
@pytest.mark.fault("K16")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", HOSTILE)
def test_every_kind_on_every_address_and_field(
    store: Store, clock: SetClock, tmp_path: Path, role: Role, kind: str
) -> None:
    parts = made_parts(store, clock, tmp_path)
    publish(parts)
    walker = Walker(parts, clock, role)
    walker.walk([HOSTILE[kind]])
    break_each_field(walker, [kind])
    assert walker.broken == []


@pytest.mark.fault("K16")
def test_what_is_no_text_is_refused_in_words_and_changes_nothing(parts: Services, clock: SetClock) -> None:
    walker = Walker(parts, clock, Role.SUPERVISOR)
    browser, callback_id = walker.browser, walker.known["callback_id"]
    browser.post(f"/callbacks/{callback_id}/claim")
    before = browser.get(f"/callbacks/{callback_id}").get_data(as_text=True).count("<article")
    answer = browser.post(f"/callbacks/{callback_id}/note", text="what I typed here\0", form="f1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "cannot be kept as text" in page
    assert "what I typed here" in page
    assert browser.get(f"/callbacks/{callback_id}").get_data(as_text=True).count("<article") == before
    assert browser.get("/callbacks/a%00b").status_code == 404


@pytest.mark.fault("K16")
@pytest.mark.parametrize("sign", ["\r", "\n", "\r\nSet-Cookie: a=b", "\x07", "\x7f"])
def test_an_address_with_a_control_sign_is_none_of_ours(parts: Services, clock: SetClock, sign: str) -> None:
    walker = Walker(parts, clock, Role.ADMINISTRATOR)
    place = f"a{written(sign)}b"
    for where in (f"/callbacks/{place}/draft", f"/admin/channels/{place}/look", f"/admin/settings/{place}"):
        answer = walker.browser.post(where, text="words", form="f1")
        assert (answer.status_code, "Set-Cookie: a=b" in str(answer.headers)) == (404, False)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        ("ຂ້ອຍ", True),
        ("🛑", True),
        ("a\n\x07", True),
        ("\0", False),
        ("a\ud83d", False),
        ("\udfff", False),
    ],
)
def test_what_counts_as_text(text: str, is_one: bool) -> None:
    assert is_text(text) is is_one
