"""Every field of the administrators' forms has a short help of its own, which a screen reader reads with it."""

import re
from html.parser import HTMLParser

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people
from gateway.operations.publishing import stored
from tests.support.house import apply_over, publish
from tests.support.menu_folders import HERE
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

PAGES = {
    "/admin/people": Role.ADMINISTRATOR,
    "/admin/shifts": Role.SUPERVISOR,
    "/admin/referrals": Role.SUPERVISOR,
    "/admin/how-we-work": Role.SUPERVISOR,
    "/admin/settings": Role.ADMINISTRATOR,
    "/admin/channels": Role.ADMINISTRATOR,
    "/admin/begin": Role.ADMINISTRATOR,
    "/admin/state": Role.ADMINISTRATOR,
    "/admin/record": Role.SUPERVISOR,
    "/admin/": Role.SUPERVISOR,
    "/admin/drafts/{draft}/parts": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/parts/screens/main": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/parts/screens/sos": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/shelves/keywords": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/shelves/danger": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/shelves/form": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/shelves/messages": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/drawing": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/files": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/files/screens.yaml": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/translations": Role.ADMINISTRATOR,
    "/admin/drafts/{draft}/texts/lo": Role.TRANSLATOR,
}
"""Page → who fills in most of it; ``{draft}`` stands for the id of an open draft."""


class Fields(HTMLParser):
    """The fields of a page that are seen, with what describes each or the group in which it stands, and texts by id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.texts: dict[str, str] = {}
        self._within: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        described = given.get("aria-describedby", "")
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            group = next((by for name, _, by in reversed(self._within) if name == "fieldset" and by), "")
            self.found.append((given.get("name", given.get("id", tag)), f"{described} {group}".strip()))
        if given.get("id"):
            self.texts[given["id"]] = ""
        if tag not in {"input", "meta", "link", "br", "rect", "path", "circle"}:
            self._within.append((tag, given.get("id", ""), described))

    def handle_endtag(self, tag: str) -> None:
        while self._within:
            if self._within.pop()[0] == tag:
                return

    def handle_data(self, words: str) -> None:
        for _, name, _ in self._within:
            if name:
                self.texts[name] += words


@pytest.fixture
def read(parts):
    publish(parts, source=stored.read_whole_folder(HERE / "base"))
    apply_over(parts)
    for name, role in (("Dao", Role.COUNSELLOR), ("Mali", Role.COUNSELLOR)):
        somebody(parts, name, role)
    for n, name in enumerate(("Dao", "Mali")):
        people.set_number(parts, people.OWNER, people.find_person(parts, name).id, f"+85620555000{n:02}")
    app = pages_of(parts)

    def read(page: str, role: Role) -> Fields:
        if "{draft}" in page:
            somebody(parts, "Author", Role.ADMINISTRATOR)
            author = Browser(app.test_client()).carry(token_of(parts, "Author"))
            author.get("/admin/menus")  # whose form it is
            made = author.post("/admin/drafts", name="words", menu="helpline").headers["Location"]
            page = page.format(draft=made.rpartition("/")[2])
        somebody(parts, "Boss", role)
        answer = Browser(app.test_client()).carry(token_of(parts, "Boss")).get(page)
        assert answer.status_code == 200
        fields = Fields()
        main = answer.get_data(as_text=True).partition("<main")[2].rpartition("</main>")[0]
        fields.feed(f"<main{main}</main>")
        return fields

    return read


@pytest.mark.parametrize(("page", "role"), PAGES.items(), ids=PAGES)
def test_no_field_is_without_help(read, page, role) -> None:
    fields = read(page, role)
    without = [
        name
        for name, described in fields.found
        if not any(re.search(r"\w{3}", fields.texts.get(one, "")) for one in described.split())
    ]
    assert without == []
    dangling = {one for _, described in fields.found for one in described.split()} - set(fields.texts)
    assert dangling == set()
    if page not in {"/admin/channels", "/admin/begin", "/admin/state"}:
        assert fields.found, "the walk sees its fields"


def test_whoever_types_a_password_can_look_at_it(parts) -> None:
    browser = Browser(pages_of(parts).test_client())
    somebody(parts, "Noy", Role.READER)
    for where in ("/sign-in", "/me"):
        page = browser.get(where).get_data(as_text=True)
        assert 'type="password"' in page
        assert "/static/show.js" in page
        browser.carry(token_of(parts, "Noy"))
