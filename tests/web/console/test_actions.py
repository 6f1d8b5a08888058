"""Passing on and who is looking: on the pages of a bigger centre only, refused in words, told to the colleague."""

import re
from html import unescape

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people
from gateway.storage import people as stored
from tests.support.desk_rig import HER, OTHER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def id_of(parts, name: str) -> str:
    return people.find_person(parts, name).id


@pytest.fixture
def noy(signed):
    return signed("Noy", on_duty=True, languages=("lo",))


@pytest.fixture
def dao(signed):
    return signed("Dao", on_duty=True, languages=("lo", "th"))


@pytest.fixture
def big(signed, line, noy, dao):
    """Five people, one of them away."""
    line.person("Kham", on_duty=True, languages=("th",))
    line.person("Late", languages=("lo",))
    return signed("Chief", Role.SUPERVISOR)


@pytest.fixture
def held(line, noy):
    wanted = line.requested(HER, when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    return wanted


class TestPassingOn:
    @pytest.mark.usefixtures("big")
    def test_the_form_names_those_who_could_have_it(self, noy, held):
        form = text_of(noy.get(f"/callbacks/{held}")).split("pass-on")[1].split("</form>")[0]
        assert re.findall(r"<option[^>]*>(\w+)", form) == ["Dao"]

    @pytest.mark.usefixtures("dao")
    def test_three_people_see_nothing_of_it(self, noy, held):
        assert "Pass on" not in text_of(noy.get(f"/callbacks/{held}"))

    @pytest.mark.usefixtures("big")
    def test_with_nobody_to_pass_it_to_the_page_says_so(self, noy, held, parts):
        with parts.store.write() as tx:
            stored.set_duty(tx, id_of(parts, "Dao"), on=False)
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert "Nobody else is on duty who speaks her language" in page
        assert "/pass-on" not in page

    @pytest.mark.usefixtures("big")
    def test_the_colleague_has_it_and_is_told_on_every_page(self, noy, dao, held, line, parts):
        noy.get(f"/callbacks/{held}")
        sent = noy.post(f"/callbacks/{held}/pass-on", to=id_of(parts, "Dao"), reason="my shift is over")
        assert sent.location == "/"
        assert "Passed on. It is no longer yours." in text_of(noy.get("/"))
        code = line.callback(held).code
        for where in ("/", "/later", "/search", "/texts", "/bar"):
            assert f"Noy passed {code} to you" in plain(text_of(dao.get(where)))
        assert f"row-{held}" in text_of(dao.get("/mine"))
        page = plain(text_of(dao.get(f"/callbacks/{held}")))
        assert "Noy passed this one to you." in page
        assert "my shift is over" in page
        assert "passed on · Noy → Dao" in page
        assert f"Noy passed {code} to you" not in page
        assert "so you see only its row" in text_of(noy.get(f"/callbacks/{held}"))

    @pytest.mark.usefixtures("big")
    def test_it_is_said_until_the_colleague_does_something(self, noy, dao, held, parts):
        noy.post(f"/callbacks/{held}/pass-on", to=id_of(parts, "Dao"))
        mark = dao.client.get("/bar").headers["ETag"]
        assert dao.client.get("/bar", headers={"If-None-Match": mark}).status_code == 304
        dao.get("/mine")
        dao.post(f"/callbacks/{held}/call")
        fresh = dao.client.get("/bar", headers={"If-None-Match": mark})
        assert (fresh.status_code, "passed" in text_of(fresh)) == (200, False)

    @pytest.mark.parametrize(
        "name", ["<b>Mo</b>", 'Mo"><script>x', "{{ 7*7 }} %(code)s", "Mo & O'Mo", "<!-- Mo"]
    )
    @pytest.mark.usefixtures("big")
    def test_a_name_of_signs_is_read_as_it_was_written_and_never_run(
        self, noy, signed, held, line, parts, name
    ):
        mo = signed(name, on_duty=True, languages=("lo",))
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert f"{name} · 0 in hand" in [
            unescape(one).strip() for one in re.findall(r"<option[^>]*>([^<]+)", page)
        ]
        assert noy.post(f"/callbacks/{held}/pass-on", to=id_of(parts, name), reason=name).status_code == 303
        mine = text_of(mo.get(f"/callbacks/{held}"))
        for shown in (
            page,
            mine,
            text_of(mo.get("/bar")),
            text_of(noy.get("/")),
            text_of(noy.get("/hand-over")),
        ):
            assert "<" not in name or name not in shown
        assert f"Noy → {name}" in unescape(mine)
        assert f"{name} has this one" in unescape(text_of(noy.get(f"/callbacks/{held}")))
        line.clock.forward(minutes=1)
        signed(f"{name} 2", languages=("lo",))
        assert mo.post(f"/callbacks/{held}/pass-on", to=id_of(parts, f"{name} 2")).status_code == 409

    @pytest.mark.parametrize(
        ("to", "words"),
        [
            ("Late", "Late is not on duty now. Nothing was changed."),
            ("Kham", "Kham does not speak ລາວ. Nothing was changed."),
            ("Reader", "Reader does not answer requests."),
        ],
    )
    @pytest.mark.usefixtures("big")
    def test_a_refusal_is_in_words(self, noy, held, line, parts, to, words):
        line.person("Reader", Role.READER, on_duty=True)
        refused = noy.post(f"/callbacks/{held}/pass-on", to=id_of(parts, to))
        assert refused.status_code == 409
        assert words in text_of(refused)
        assert line.callback(held).holder_id == id_of(parts, "Noy")

    @pytest.mark.usefixtures("big")
    def test_a_full_colleague_is_named_with_the_number(self, noy, dao, held, line, parts):
        other = line.requested(OTHER, when="now")
        dao.post(f"/callbacks/{other}/claim")
        with parts.store.write() as tx:
            stored.set_capacity(tx, id_of(parts, "Dao"), 1)
        refused = noy.post(f"/callbacks/{held}/pass-on", to=id_of(parts, "Dao"))
        assert "Dao has 1 in hand, as many as was agreed." in text_of(refused)

    @pytest.mark.usefixtures("dao", "line")
    def test_a_decision_is_not_for_a_counsellor(self, noy, big, held, parts):
        noy.post(f"/callbacks/{held}/call")
        noy.get(f"/callbacks/{held}")
        noy.post(f"/callbacks/{held}/outcome", outcome="wrong_number")
        big.get("/review")
        big.post(f"/callbacks/{held}/claim")
        refused = big.post(f"/callbacks/{held}/pass-on", to=id_of(parts, "Dao"))
        assert "waits for a decision, and Dao cannot decide it" in text_of(refused)

    @pytest.mark.usefixtures("big")
    def test_what_somebody_else_has_and_nobody(self, noy, dao, held, parts):
        assert dao.post(f"/callbacks/{held}/pass-on", to=id_of(parts, "Dao")).status_code == 409
        assert noy.post(f"/callbacks/{held}/pass-on", to="nobody").status_code == 404
        assert noy.post(f"/callbacks/{held}/pass-on").status_code == 404


class TestWhoIsLooking:
    @pytest.mark.usefixtures("big")
    def test_the_row_says_it_and_the_page_too(self, noy, dao, line):
        wanted = line.requested(HER, when="now")
        mark = noy.client.get("/look/queue").headers["ETag"]
        dao.get(f"/callbacks/{wanted}")
        fresh = noy.client.get("/look/queue", headers={"If-None-Match": mark})
        assert "Dao is looking" in plain(text_of(fresh))
        assert "is looking" not in plain(text_of(dao.client.get("/look/queue")))
        assert "Dao is looking at this too" in plain(text_of(noy.get(f"/callbacks/{wanted}")))

    @pytest.mark.usefixtures("big")
    def test_it_is_over_a_minute_after_the_page_was_closed(self, noy, dao, line, clock):
        wanted = line.requested(HER, when="now")
        dao.get(f"/callbacks/{wanted}")
        clock.forward(seconds=61)
        assert "is looking" not in text_of(noy.get("/"))

    def test_three_people_are_told_nothing(self, noy, dao, line):
        wanted = line.requested(HER, when="now")
        dao.get(f"/callbacks/{wanted}")
        assert "is looking" not in text_of(noy.get("/"))
        assert line.rows("SELECT count(*) FROM looking") == [(0,)]

    @pytest.mark.usefixtures("big")
    def test_an_idle_page_stays_304_while_somebody_looks(self, noy, dao, line, clock):
        wanted = line.requested(HER, when="now")
        dao.get(f"/callbacks/{wanted}")
        for at in (f"/callbacks/{wanted}/look", "/look/queue"):
            mark = noy.client.get(at).headers["ETag"]
            clock.forward(seconds=10)
            dao.client.get(f"/callbacks/{wanted}/look")
            again = noy.client.get(at, headers={"If-None-Match": mark})
            assert (again.status_code, again.data) == (304, b""), at


def test_what_the_page_was_drawn_with_is_the_mark_of_the_first_poll(noy, big, line):
    """The first poll after a page is 304 too, where nothing happened in between."""
    wanted = line.requested(HER, when="now")
    page = text_of(noy.get(f"/callbacks/{wanted}"))
    marks = re.findall(r'data-mark="([^"]+)"[^>]*hx-get="([^"]+)"', page)
    assert len(marks) == 3
    for mark, at in marks:
        given = mark.replace("&#34;", '"')
        assert noy.client.get(at, headers={"If-None-Match": given}).status_code == 304, at
