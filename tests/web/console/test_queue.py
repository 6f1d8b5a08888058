"""The queue: what stands in which list, what a row says and never says, and that a poll costs little."""

import re
from html import unescape

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.queue.list_view import ListView
from gateway.helpdesk.staff import people
from tests.support.desk_rig import HER, OTHER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def row_of(page: str, callback_id: str) -> str:
    found = re.search(rf'<li class="row[^>]*id="row-{callback_id}".*?</li>', page, flags=re.DOTALL)
    assert found, "no such row"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(0)))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "appear here by themselves"),
        ("/mine", "Take next"),
        ("/later", "planned for later"),
        ("/review", "supervisor decides"),
        ("/closed", "closed yet"),
    ],
)
def test_an_empty_list_says_what_will_be_there(signed, address, words):
    assert words in text_of(signed().get(address))


def test_a_request_for_the_evening_stands_under_later_until_then(signed, line, clock):
    wanted = line.requested(when="evening")
    clock.set("2026-11-24T17:59:00+07:00")
    browser = signed()
    assert "18:00–21:00" in row_of(text_of(browser.get("/later")), wanted)
    assert f"row-{wanted}" not in text_of(browser.get("/"))
    clock.forward(minutes=2)
    row = row_of(text_of(browser.get("/")), wanted)
    assert "due now" in row
    assert "safe now until 21:00" in row
    assert "Pay" in row
    assert "ລາວ" in row


def test_danger_stands_on_top_with_its_word(signed, line, clock):
    line.requested(HER, when="evening")
    clock.set("2026-11-24T18:01:00+07:00")
    browser = signed()
    danger = line.requested(OTHER, when="now", danger="yes")
    page = text_of(browser.get("/"))
    assert page.index(f"row-{danger}") == page.index("row-")
    assert "DANGER" in row_of(page, danger)


@pytest.mark.parametrize("address", ["/", "/later", "/look/later", "/mine", "/search?code=1"])
def test_no_number_is_in_any_list(signed, line, address):
    browser = signed()
    line.requested()
    page = text_of(browser.get(address))
    assert HER not in page
    assert HER[4:] not in page
    assert HER[-6:] not in page


def test_a_held_row_names_the_holder_and_an_own_one_says_so(signed, line, clock):
    noy, dao = signed("Noy"), signed("Dao")
    wanted = line.requested(when="now")
    claimed = re.search(r'action="(/callbacks/\w+/claim)"', text_of(noy.get("/"))).group(1)
    assert noy.post(claimed).location == f"/callbacks/{wanted}"
    assert "yours" in row_of(text_of(noy.get("/")), wanted)
    other = row_of(text_of(dao.get("/")), wanted)
    assert "Noy" in other
    assert "Claim" not in other
    clock.forward(minutes=1)
    assert "Mine <span" in text_of(noy.get("/"))


def test_of_two_who_claim_one_gets_it_and_the_other_is_told_who(signed, line):
    noy, dao = signed("Noy"), signed("Dao")
    wanted = line.requested(when="now")
    assert noy.post(f"/callbacks/{wanted}/claim").status_code == 303
    late = dao.post(f"/callbacks/{wanted}/claim")
    assert late.status_code == 409
    assert "Noy has this one. Nothing was changed." in text_of(late)


def test_take_next_takes_the_first_that_is_due(signed, line, clock):
    browser = signed()
    assert browser.post("/take-next").location == "/"
    assert "Nobody is due now" in text_of(browser.get("/"))
    line.requested(HER, when="evening")
    danger = line.requested(OTHER, when="now", danger="yes")
    assert browser.post("/take-next").location == f"/callbacks/{danger}"


def test_closed_ones_are_seen_by_supervisors_and_by_who_had_them(signed, line, parts):
    own, other, chief = signed("Noy"), signed("Dao"), signed("Chief", Role.SUPERVISOR)
    wanted = line.requested(when="now")
    own.post(f"/callbacks/{wanted}/claim")
    own.post(f"/callbacks/{wanted}/close", reason="no_need")
    seen = [f"row-{wanted}" in text_of(browser.get("/closed")) for browser in (own, other, chief)]
    assert seen == [True, False, True]


class TestSearch:
    def test_a_code_leads_to_its_callback(self, signed, line):
        browser, wanted = signed(), line.requested()
        code = line.callback(wanted).code
        assert browser.get(f"/search?code={code}").location == f"/callbacks/{wanted}"
        lao = code.translate({ord(str(n)): chr(0x0ED0 + n) for n in range(10)})
        assert browser.get(f"/search?code=%20{lao}").location == f"/callbacks/{wanted}"

    @pytest.mark.parametrize("code", ["0000", "nonsense", "'; drop table", "\u0e50", "²"])
    def test_a_wrong_code_says_what_to_do(self, signed, code):
        answer = signed().get("/search", query_string={"code": code})
        assert answer.status_code == 200
        assert "four digits once more" in text_of(answer)

    def test_an_empty_search_shows_its_field(self, signed):
        assert "The four digits" in text_of(signed().get("/search"))


class TestPolling:
    def test_an_unchanged_list_is_304_and_almost_nothing(self, signed, line):
        browser = signed()
        line.requested()
        first = browser.client.get("/look/later")
        again = browser.client.get("/look/later", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]

    @pytest.mark.parametrize("change", ["request", "claim", "minute", "language"])
    def test_a_change_is_seen(self, signed, line, clock, parts, change):
        browser, wanted = signed(), line.requested(HER, when="now")
        mark = browser.client.get("/look/queue").headers["ETag"]
        clock.forward(seconds=1)
        match change:
            case "request":
                line.requested(OTHER, when="now")
            case "claim":
                claim.claim_callback(parts, line.person("Dao"), wanted)
            case "minute":
                clock.forward(minutes=1)
            case "language":
                browser.post("/language", language="lo")
        fresh = browser.client.get("/look/queue", headers={"If-None-Match": mark})
        assert fresh.status_code == 200

    def test_two_people_do_not_share_a_mark(self, signed, line):
        line.requested()
        marks = {signed(name).client.get("/look/later").headers["ETag"] for name in ("Noy", "Dao")}
        assert len(marks) == 2

    def test_a_poll_of_somebody_signed_out_is_told_so(self, app):
        answer = app.test_client().get("/look/queue", headers={"HX-Request": "true"})
        assert answer.status_code == 401

    def test_polling_alone_does_not_keep_somebody_signed_in(self, signed, clock):
        browser = signed()
        clock.forward(minutes=90)
        assert browser.client.get("/look/queue", headers={"X-Polls": "yes"}).status_code == 200
        clock.forward(minutes=31)
        assert browser.client.get("/look/queue", headers={"HX-Request": "true"}).status_code == 401


def test_a_long_list_stays_light(signed, line):
    import gzip

    browser = signed()
    for n in range(60):
        line.requested(f"+85620555{n:05}", when="now")
    page = browser.get("/").data
    assert len(gzip.compress(page, 6)) < 12_000


def rows_in(page: str) -> list[str]:
    """The ids of the rows of a list, in order."""
    return re.findall(r'<li class="row[^"]*" id="row-(\w+)"', page)


@pytest.mark.fault("Q31")
class TestNarrowedLists:
    @pytest.fixture
    def asked(self, line):
        """Four requests: Lao danger, Lao due, Thai due, and one that Noy holds."""
        return {
            "danger": line.requested("+8562055500001", when="evening", danger="yes"),
            "lao": line.requested("+8562055500002", when="now"),
            "thai": line.requested("+8562055500003", when="now", language="th"),
            "held": line.requested("+8562055500004", when="now"),
        }

    @pytest.mark.parametrize(
        ("only", "expected"),
        [
            ("", {"danger", "lao", "thai", "held"}),
            ("languages", {"danger", "lao", "held"}),
            ("due", {"lao", "thai", "held"}),
            ("danger", {"danger"}),
            ("mine", {"held"}),
            ("languages,due", {"lao", "held"}),
            ("danger,due", set()),
            ("due,nonsense,'--", {"lao", "thai", "held"}),
        ],
    )
    def test_chips_that_are_chosen_all_hold_on_the_page_and_in_its_poll(self, signed, asked, only, expected):
        browser = signed("Noy", languages=("lo-Latn",))
        browser.post(f"/callbacks/{asked['held']}/claim")
        page = browser.get(f"/?only={only}").get_data(as_text=True)
        assert set(rows_in(page)) == {asked[name] for name in expected}
        poll = re.search(r'hx-get="(/look/queue[^"]*)"', page)
        assert poll
        fragment = browser.get(unescape(poll.group(1))).get_data(as_text=True)
        assert rows_in(fragment) == rows_in(page)
        assert fragment.count('aria-current="true"') == len(
            {"languages", "due", "danger"} & set(only.split(","))
        ) + (only == "mine")

    @pytest.mark.fault("Q36")
    def test_a_chip_is_taken_off_by_a_second_press_and_goes_along_to_a_request_and_back(self, signed, asked):
        browser = signed("Noy")
        page = browser.get("/?only=due").get_data(as_text=True)
        assert 'href="/" class="chip" aria-current="true"' in page
        assert 'href="/?only=due,danger" class="chip"' in page
        assert f'href="/callbacks/{asked["lao"]}?only=due"' in page
        beside = browser.get(f"/callbacks/{asked['lao']}?only=due").get_data(as_text=True)
        assert set(rows_in(beside)) == {asked["lao"], asked["thai"], asked["held"]}
        assert '<p class="back"><a href="/?only=due">' in beside
        assert '<a class="skip" href="#one">' in beside

    @pytest.mark.usefixtures("asked")
    def test_whoever_has_no_languages_on_record_speaks_all(self, signed):
        assert len(rows_in(signed("Dao").get("/?only=languages").get_data(as_text=True))) == 4

    @pytest.mark.usefixtures("asked")
    def test_two_views_do_not_share_a_mark(self, signed):
        browser = signed("Noy")
        marks = {
            browser.client.get(f"/look/queue?only={only}").headers["ETag"] for only in ("", "due", "mine")
        }
        assert len(marks) == 3

    def test_a_list_that_is_cut_says_how_many_more_there_are_and_shows_them(self, signed, line, monkeypatch):
        browser = signed("Noy")
        for n in range(7):
            line.requested(f"+85620555{n:05}", when="now", danger="yes" if n < 2 else "no")
        monkeypatch.setattr("gateway.web.console.queue.WHOLE", ListView(limit=3))
        page = browser.get("/").get_data(as_text=True)
        assert len(rows_in(page)) == 3
        assert ">4 more</a>" in page
        more = re.search(r'class="more-rows"><a href="([^"]+)"', page)
        assert more
        assert len(rows_in(browser.get(unescape(more.group(1))).get_data(as_text=True))) == 7
        assert "more</a>" not in browser.get("/?only=danger").get_data(as_text=True).split("more-rows")[-1]

    @pytest.mark.usefixtures("asked")
    @pytest.mark.parametrize("show", ["-1", "0", "9" * 30, "٣", "x", "1e9"])
    def test_odd_lengths_show_a_list_all_the_same(self, signed, show):
        assert len(rows_in(signed("Noy").get(f"/?show={show}").get_data(as_text=True))) == 4


@pytest.mark.fault("Q18")
def test_an_unclear_call_says_whom_to_ask_in_the_list(signed, line, clock):
    unclear = line.requested(HER, when="now")
    line.calling(line.person("Dao"), unclear)
    clock.forward(hours=2, minutes=1)
    assert timers.release_leases(line.parts) >= 1
    row = row_of(signed("Boss", Role.SUPERVISOR).get("/review").get_data(as_text=True), unclear)
    assert "Unclear – ask Dao" in row


@pytest.mark.fault("Q19")
class TestClosed:
    @pytest.fixture
    def closed(self, line):
        """Two requests that Dao closed for different reasons, and one that Kham did."""
        found = {}
        for n, (name, reason) in enumerate((("Dao", "helped"), ("Dao", "prank"), ("Kham", "helped"))):
            known = {row[0] for row in line.rows("SELECT name FROM people")}
            who = people.find_actor(line.parts, name) if name in known else line.person(name)
            found[name, reason] = line.requested(f"+8562055500{n:03}", when="now")
            claim.claim_callback(line.parts, who, found[name, reason])
            outcome.close_callback(line.parts, who, found[name, reason], reason=reason)
        return found

    def test_a_row_says_who_when_and_how_it_ended(self, signed, closed):
        page = signed("Boss", Role.SUPERVISOR).get("/closed").get_data(as_text=True)
        row = row_of(page, closed["Dao", "prank"])
        assert re.search(r"Dao · 14:05 · \w+", row)

    @pytest.mark.parametrize(
        ("who", "reason", "expected"),
        [
            ("Dao", "", {("Dao", "helped"), ("Dao", "prank")}),
            ("", "helped", {("Dao", "helped"), ("Kham", "helped")}),
            ("Kham", "helped", {("Kham", "helped")}),
            ("Kham", "prank", set()),
            ("", "made up", {("Dao", "helped"), ("Dao", "prank"), ("Kham", "helped")}),
        ],
    )
    def test_they_are_found_by_person_and_by_ending(self, signed, line, closed, who, reason, expected):
        person = people.find_person(line.parts, who).id if who else ""
        page = (
            signed("Boss", Role.SUPERVISOR)
            .get(f"/closed?who={person}&reason={reason}")
            .get_data(as_text=True)
        )
        assert set(rows_in(page)) == {closed[one] for one in expected}

    @pytest.mark.usefixtures("closed")
    def test_a_counsellor_sees_the_own_ones_and_no_choice(self, signed, line):
        browser = signed("Noy")
        other = people.find_person(line.parts, "Dao").id
        page = browser.get(f"/closed?who={other}").get_data(as_text=True)
        assert rows_in(page) == []
        assert "Who had it" not in page


@pytest.mark.fault("Q19")
def test_whoever_was_removed_keeps_the_name_in_the_record(signed, line):
    dao = line.person("Dao")
    people.set_duty(line.parts, dao, dao.person_id, on=True)
    people.disable_person(line.parts, people.OWNER, dao.person_id)
    page = signed("Boss", Role.SUPERVISOR).get("/admin/record").get_data(as_text=True)
    assert "person Dao" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f'<option value="{dao.person_id}">Dao</option>' in page
