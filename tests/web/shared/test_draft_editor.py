"""The editor of a draft's file: checked while it is typed, names of the live draft, nothing typed is lost."""

import base64
import gzip
import hashlib
import json
import re
from functools import partial

import pytest
from sqlalchemy import text as text_sql

from gateway.domain.permissions import Role
from gateway.operations.publishing.draft_files import hash_text
from gateway.web.shared import FOLDER
from tests.support.draft_house import BASE, begin_draft, come_in, draft_house, text_of
from tests.support.web_apps import pages_of

SCREENS = BASE["screens.yaml"]
_KEPT = text_sql("SELECT action FROM kept_forms")


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    return draft_house(sqlite_store, clock, tmp_path)


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def came(parts, app):
    return partial(come_in, parts, app)


@pytest.fixture
def draft(came):
    noy = came()
    return noy, begin_draft(noy, "typed")


def check(browser, made, typed, file="screens.yaml", **fields):
    fields |= {"content": typed.replace("\n", "\r\n"), "seen": hash_text(BASE.get(file, ""))}
    return browser.post(f"{made}/check/{file}", **fields)


TYPED = [
    ("to: pay,", "to: pya,", 12, "did you mean 'pay'?"),
    ("{th.wage}", "{th.wag}", 18, "th.wage"),
    ('text: {en: "At', 'txt: {en: "At', 18, "text"),
    ("  pay:\n", "  pay\n", 16, ""),
]


@pytest.mark.parametrize(("old", "new", "line", "hint"), TYPED)
def test_what_is_typed_is_checked_as_before_a_publish(draft, parts, old, new, line, hint):
    noy, made = draft
    answer = check(noy, made, SCREENS.replace(old, new, 1)).get_json()
    errors = [one for one in answer["problems"] if one["level"] == "error"]
    assert any(one["line"] == line and hint in one["hint"] for one in errors), errors
    assert all({"line", "column", "length", "message", "hint", "code"} <= set(one) for one in errors)
    assert f'data-line="{errors[0]["line"]}"' in answer["list"]
    assert check(noy, made, SCREENS).get_json()["problems"] == []


def test_an_error_that_an_edit_makes_elsewhere_is_said_with_its_file(draft):
    noy, made = draft
    answer = check(noy, made, BASE["words.yaml"].replace("th.wage:", "th.pay:"), file="words.yaml").get_json()
    assert f"{made}/files/screens.yaml" in answer["list"]


def test_the_names_are_those_of_the_text_as_it_is_typed(draft):
    noy, made = draft
    words = check(noy, made, SCREENS).get_json()["words"]
    assert words["screens"]["pay"] == "At least 400 baht a day."
    assert words["screens"]["call_me"]
    assert words["placeholders"]["th.wage"] == "400"
    assert {"th.wage:since", "code", "helpline", "opens"} <= set(words["placeholders"])
    assert {"to", "start", "sos"} <= set(words["pointers"])
    typed = SCREENS.replace("  pay:", "  rayong:").replace("to: pay,", "to: rayong,")
    answer = check(noy, made, typed).get_json()
    assert "rayong" in answer["words"]["screens"]
    assert "pay" not in answer["words"]["screens"]
    assert check(noy, made, typed, mark=answer["mark"]).get_json()["words"] is None  # the page has them


def test_a_text_with_errors_still_offers_what_can_be_read_of_it(draft):
    noy, made = draft
    words = check(noy, made, SCREENS.replace("to: pay,", "to: pya,")).get_json()["words"]
    assert {"main", "pay", "sos"} <= set(words["screens"])
    assert "pya" not in words["screens"]
    broken = check(noy, made, "screens: [").get_json()
    assert broken["problems"][0]["level"] == "error"
    assert "th.wage" in broken["words"]["placeholders"]  # of the files that can be read


def test_the_check_changes_nothing_but_what_is_kept_for_its_author(draft, came):
    noy, made = draft
    page = f"{made}/files/screens.yaml"
    typed = SCREENS.replace("At least", "No less than").replace("to: pay,", "to: pya,")
    assert "Not saved in the draft yet" in check(noy, made, typed).get_json()["said"]
    assert "did not save" in text_of(noy.get(page))
    assert "No less than" in field_of(noy, page)
    assert "did you mean 'pay'?" in text_of(noy.get(page))
    assert check(noy, made, SCREENS, keep="no").get_json()["said"] == ""  # another tab that was just opened
    assert "No less than" in field_of(noy, page)
    assert "At least" in field_of(came("Ann"), page)  # nobody else sees it
    seen = re.search(r'name="seen" value="([^"]+)"', text_of(noy.get(page)))[1]
    assert noy.post(page, content=typed, seen=seen).status_code == 303
    assert "did not save" not in text_of(noy.get(page))


def field_of(browser, page):
    return re.search(r"<textarea[^>]*>\n(.*)</textarea>", text_of(browser.get(page)), re.DOTALL)[1]


def test_what_was_typed_over_a_file_that_changed_meanwhile_is_no_save(draft, came):
    noy, made = draft
    page = f"{made}/files/screens.yaml"
    seen = re.search(r'name="seen" value="([^"]+)"', text_of(noy.get(page)))[1]
    noy.post(f"{made}/check/screens.yaml", content=SCREENS + "# mine\n", seen=seen)
    assert came("Ann").post(page, content=SCREENS + "# theirs\n", seen=seen).status_code == 303
    assert field_of(noy, page).replace("\r", "").endswith("# mine\n")
    seen = re.search(r'name="seen" value="([^"]+)"', text_of(noy.get(page)))[1]
    answer = noy.post(page, content=SCREENS + "# mine\n", seen=seen)
    assert answer.status_code == 409
    assert "# theirs" in text_of(answer)


@pytest.mark.parametrize("how", ["thrown away", "typed back", "saved with the same words"])
def test_what_was_kept_goes_when_it_is_not_needed(draft, how):
    noy, made = draft
    page = f"{made}/files/screens.yaml"
    check(noy, made, SCREENS.replace("At least", "No less than"))
    if how == "thrown away":
        assert noy.post(f"{made}/unsent/screens.yaml/drop").headers["Location"] == page
    elif how == "typed back":
        assert check(noy, made, SCREENS).get_json()["said"] == ""
    else:
        seen = re.search(r'name="seen" value="([^"]+)"', text_of(noy.get(page)))[1]
        noy.post(page, content=SCREENS.replace("At least", "No less than"), seen=seen)
        check(noy, made, SCREENS.replace("At least", "No less than"))  # it arrives late
    assert "did not save" not in text_of(noy.get(page))


def test_only_the_last_state_of_a_file_is_kept(draft, sqlite_store):
    noy, made = draft
    for words in ("one", "two", "three"):
        check(noy, made, SCREENS.replace("At least", words))
    check(noy, made, BASE["words.yaml"] + "# more\n", file="words.yaml")
    with sqlite_store.read() as tx:
        actions = [row[0] for row in tx.execute(_KEPT)]
    assert sorted(actions) == [f"{made}/files/screens.yaml", f"{made}/files/words.yaml"]
    assert "three" in field_of(noy, f"{made}/files/screens.yaml")


def test_nobody_who_may_not_draft_is_checked_or_kept(draft, came):
    _noy, made = draft
    boss = came("Boss", Role.SUPERVISOR)
    assert check(boss, made, SCREENS).status_code == 403
    page = boss.get(f"{made}/files/screens.yaml")
    assert "readonly" in text_of(page)
    assert "importmap" not in text_of(page)
    assert "nonce" not in page.headers["Content-Security-Policy"]


def test_a_file_or_draft_that_is_not_there_is_refused(draft):
    noy, made = draft
    assert check(noy, made, SCREENS, file="nothing.yaml").status_code == 404
    assert check(noy, "/admin/drafts/none", SCREENS).status_code == 404


def test_a_draft_that_is_closed_keeps_nothing(draft):
    noy, made = draft
    rev = re.search(r'name="rev" value="(\d+)"', text_of(noy.get(made)))[1]
    noy.post(f"{made}/drop", rev=rev)
    assert check(noy, made, SCREENS + "# more\n").get_json()["said"] == ""


# The policy of the page: strict as everywhere, and exactly two exceptions, of this page alone.


def policy_of(answer):
    return dict(
        part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
    )


def test_the_policy_names_the_import_map_and_one_fresh_nonce_for_styles(draft):
    noy, made = draft
    first, second = (noy.get(f"{made}/files/screens.yaml") for _ in range(2))
    written = re.search(r'<script type="importmap">(.*?)</script>', first.get_data(as_text=True), re.DOTALL)[
        1
    ]
    digest = base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()
    policy, again, usual = policy_of(first), policy_of(second), policy_of(noy.get(made))
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert re.fullmatch(r"'self' 'nonce-[0-9a-f]{32}'", policy["style-src"])
    assert again["style-src"] != policy["style-src"]
    assert {what for what in usual if usual[what] != policy[what]} == {"script-src", "style-src"}
    assert usual["script-src"] == usual["style-src"] == "'self'"
    assert first.get_data(as_text=True).count("<script") - first.get_data(as_text=True).count(" src=") == 1


def test_every_module_that_the_editor_needs_is_in_the_map(draft):
    noy, made = draft
    page = noy.get(f"{made}/files/screens.yaml").get_data(as_text=True)
    imports = json.loads(re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)[1])["imports"]
    paths = [FOLDER / address.partition("?")[0].removeprefix("/static/") for address in imports.values()]
    named = re.compile(r"""^(?:import|export) [^;]*? from ['"]([^'"./][^'"]*)['"]""", re.MULTILINE)
    needed = {
        name
        for path in [FOLDER / "editor.js", *paths]
        for name in named.findall(path.read_text(encoding="utf-8"))
    }
    assert needed == set(imports)
    assert all(
        address.partition("?")[2] for address in imports.values()
    )  # so that browsers keep it for a year


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_vendored_module_goes_out_as_it_was_published(app, coding):
    path = next(FOLDER.glob("vendor/codemirror-view-*.js"))
    with app.test_client().get(
        f"/static/vendor/{path.name}", headers={"Accept-Encoding": coding}, buffered=True
    ) as answer:
        body = answer.get_data()
    assert (gzip.decompress(body) if coding == "gzip" else body) == path.read_bytes()
