"""Search, the ringing phone and added requests: a number is typed into forms only, and never shown again."""

import re
from datetime import date

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.queue.outcome import close_callback
from gateway.helpdesk.staff import people, shifts
from gateway.storage import callers
from tests.support.desk_rig import HER, OTHER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def plain(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(answer)))


@pytest.fixture
def noy(signed):
    return signed()


class TestSearch:
    @pytest.mark.parametrize("written", [HER, "020 55 512 345", "  +856 20 55 512 345 "])
    def test_a_whole_number_leads_to_her_request(self, noy, line, written):
        wanted = line.requested(HER)
        line.requested(OTHER)
        assert noy.post("/search", written=written).location == f"/callbacks/{wanted}"
        assert len(line.rows("SELECT 1 FROM audit WHERE act = 'searched'")) == 1

    def test_four_digits_are_a_code_in_any_digits(self, noy, line):
        wanted = line.requested(HER)
        code = line.callback(wanted).code
        lao = code.translate({ord(str(n)): 0x0ED0 + n for n in range(10)})
        for written in (code, lao):
            assert noy.post("/search", written=written).location == f"/callbacks/{wanted}"
        assert noy.get(f"/search?code={code}").location == f"/callbacks/{wanted}"

    def test_several_are_listed_and_the_number_is_not_in_the_list(self, noy, line):
        found = [line.requested(HER, phone_seen="sometimes", when=when) for when in ("evening", "morning")]
        page = text_of(noy.post("/search", written=HER))
        assert all(f"/callbacks/{one}" in page for one in found)
        assert HER not in page.replace(f'value="{HER}"', "")

    @pytest.mark.parametrize("written", ["+85620555", "5512345", "<script>", "' OR 1=1", "0000", "𝟙"])
    def test_part_of_a_number_and_nonsense_find_nothing(self, noy, line, written):
        line.requested(HER)
        answer = noy.post("/search", written=written)
        assert answer.status_code == 200
        assert "No request has this code or number" in text_of(answer)
        assert "<script>" not in text_of(answer).split("<main")[1]

    def test_no_address_takes_a_number(self, noy, line):
        line.requested(HER)
        assert noy.get(f"/search?code={HER}").status_code == 200
        assert noy.get(f"/search?written={HER}").status_code == 200


class TestRinging:
    def test_before_anything_is_typed_it_says_what_to_say(self, noy):
        page = plain(noy.get("/ringing"))
        assert "Nothing else, until the caller says the four digits" in page
        assert "wrong number" in page

    @pytest.mark.parametrize(
        ("seen", "words"), [("no", "Once the code is right you may talk"), ("sometimes", "Others may hold")]
    )
    def test_her_own_words_decide_what_may_be_said(self, noy, line, seen, words):
        wanted = line.requested(HER, phone_seen=seen)
        answer = noy.post("/ringing", written=HER)
        assert words in plain(answer)
        assert f"/callbacks/{wanted}" in text_of(answer)
        assert "+856•••••345" in text_of(answer)

    def test_an_unknown_number_gets_nothing_but_a_way_to_add(self, noy):
        answer = noy.post("/ringing", written=OTHER)
        assert "Nothing of this number is here for you" in plain(answer)
        assert 'href="/add"' in text_of(answer)

    def test_no_number_is_said(self, noy):
        assert "This is no phone number" in plain(noy.post("/ringing", written="hello"))

    def test_merged_requests_are_one_row_and_one_that_was_closed_before_stands_below(self, noy, line):
        first = line.requested(HER, when="evening")
        boss = line.person("Boss", Role.SUPERVISOR)
        close_callback(line.parts, boss, first, reason="no_need")
        second = line.requested(HER, when="evening")
        assert line.requested(HER, when="morning", danger="yes") == second, "asked again, merged"
        page = text_of(noy.post("/ringing", written=HER))
        found = re.findall(r'<a data-row href="/callbacks/([^"]+)"', page)
        assert found == [second, first]
        assert page.count("/talking") == 2
        talking = noy.post(f"/callbacks/{second}/talking")
        assert (talking.status_code, line.callback(second).state.value) == (303, "reached")
        assert line.rows("SELECT count(*) FROM attempts WHERE outcome = 'reached'") == [(1,)]

    def test_whose_call_runs_is_named(self, noy, line):
        wanted = line.requested(HER, when="now")
        line.calling(line.person("Dao"), wanted)
        assert "Dao is calling this number" in plain(noy.post("/ringing", written=HER))


ASKED = {
    "how": "visitor",
    "number": HER,
    "danger": "no",
    "phone_seen": "no",
    "when": "evening",
    "language": "lo",
    "topic": "pay",
    "consented": "yes",
    "form": "form-1",
}


class TestAdding:
    def test_the_form_asks_nothing_twice_and_has_no_answers_yet(self, noy):
        page = text_of(noy.get("/add"))
        assert page.count("checked") == 2  # who asks, and the language
        assert 'name="csrf_token"' in page

    def test_it_is_on_the_line_with_a_code(self, noy, line):
        answer = noy.post("/add", **ASKED)
        assert answer.status_code == 303
        wanted = answer.location.rsplit("/", 1)[1]
        assert line.callback(wanted).code in text_of(noy.get(answer.location))

    def test_the_same_form_twice_is_one_request(self, noy, line):
        assert noy.post("/add", **ASKED).location == noy.post("/add", **ASKED).location
        assert line.rows("SELECT count(*) FROM callbacks") == [(1,)]

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("number", "12", "no phone number that can be called"),
            ("number", "", "no phone number that can be called"),
            ("consented", "", "ask whether she agrees"),
            ("danger", "", "answer every question"),
            ("how", "rumour", "answer every question"),
            ("phone_seen", "", "answer every question"),
            ("when", "never", "answer every question"),
            ("when", "", "answer every question"),
            ("language", "tlh", "answer every question"),
            ("topic", "gossip", "answer every question"),
        ],
    )
    def test_what_is_missing_is_said_and_the_rest_stays(self, noy, line, field, value, words):
        answer = noy.post("/add", **{**ASKED, field: value})
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert 'value="form-1"' in text_of(answer)
        if field != "number":
            assert f'value="{HER}"' in text_of(answer)
        assert line.rows("SELECT count(*) FROM callbacks") == [(0,)]

    @pytest.mark.parametrize("field", ["danger", "phone_seen", "when", "consented"])
    def test_what_is_missing_is_said_beside_its_question_and_nowhere_else(self, noy, field):
        page = text_of(noy.post("/add", **{**ASKED, field: ""}))
        asked = next(one for one in page.split("<fieldset") if f'name="{field}"' in one)
        assert 'class="fault"' in asked.split("<input")[0]
        assert page.count('class="fault"') == 1

    @pytest.mark.parametrize(("how", "field"), [("visitor", "number"), ("family", "family_number")])
    def test_a_number_that_is_none_is_said_beside_the_field_that_is_called(self, noy, how, field):
        page = text_of(noy.post("/add", **{**ASKED, "how": how, field: "12"}))
        assert f'id="{field}-fault"' in page
        assert f'aria-describedby="{field}-fault"' in page

    def test_the_family_is_called_unless_she_agreed_herself(self, noy):
        family = {**ASKED, "how": "family", "family_number": OTHER}
        noy.post("/add", **family)
        noy.post("/search", written=OTHER)
        assert noy.post("/search", written=OTHER).location
        assert noy.post("/search", written=HER).location is None
        noy.post("/add", **{**family, "agreed_herself": "yes", "form": "form-2"})
        assert noy.post("/search", written=HER).location

    @pytest.mark.fault("Q22")
    def test_texts_are_safe_only_where_nobody_else_sees_the_phone_and_it_is_said(self, noy):
        answer = noy.post("/add", **{**ASKED, "phone_seen": "sometimes", "sms_safe": "yes"})
        page = plain(noy.get(answer.location))
        assert "No texts are sent all the same" in page
        assert "No texts" in page.split("Safe time")[0]

    @pytest.mark.fault("Q22")
    def test_what_to_tell_her_is_said_with_code_and_hours(self, noy, line):
        answer = noy.post("/add", **ASKED)
        code = line.callback(answer.location.rsplit("/", 1)[1]).code
        assert f"Tell her: code {code}, we call 18:00–21:00" in plain(noy.get(answer.location))

    @pytest.mark.fault("Q22")
    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"when": "sunday"}, "when", "Nobody is on duty at this time"),
            ({"phone_seen": "not_mine", "when": "evening"}, "phone_seen", "This phone must not ring so"),
        ],
    )
    def test_why_it_was_not_taken_stands_at_the_answer_that_is_in_the_way(
        self, noy, line, changed, field, words
    ):
        for sunday in (date(2026, 11, 29), date(2026, 12, 6)):
            shifts.set_holiday(line.parts, people.OWNER, sunday, "")
        page = text_of(noy.post("/add", **{**ASKED, **changed}))
        asked = next(one for one in page.split("<fieldset") if f'name="{field}"' in one)
        assert words in asked.split("</fieldset>")[0]
        assert page.count('class="fault"') == 1
        assert line.rows("SELECT count(*) FROM callbacks") == [(0,)]

    @pytest.mark.fault("Q22")
    def test_times_that_nobody_is_here_are_marked_before_they_are_chosen(self, noy, line):
        dao = line.person("Dao").person_id
        shifts.set_week(line.parts, people.OWNER, dao, {"mon": ["18:00-21:00"]})
        asked = text_of(noy.get("/add")).split('name="when"')
        marked = {
            re.search(r'value="(\w+)"', one).group(1)
            for one in asked[1:]
            if "nobody is here then" in one.split("</label>")[0]
        }
        assert marked == {"morning", "noon", "sunday", "now"}

    @pytest.mark.fault("Q22")
    @pytest.mark.parametrize(
        ("agreed", "words"),
        [("", "Somebody of her family answers this number"), ("yes", "she agreed herself")],
    )
    def test_whoever_calls_later_sees_whether_the_family_answers(self, noy, agreed, words):
        family = {**ASKED, "how": "family", "family_number": OTHER, "agreed_herself": agreed}
        answer = noy.post("/add", **family)
        assert words in plain(noy.get(answer.location))


class TestTheOpeningSentence:
    def test_the_first_time_and_later(self, noy, line, clock):
        line.requested(HER)
        assert "Since yesterday: 1 new request" in plain(noy.get("/"))
        clock.forward(minutes=11)
        line.requested(OTHER)
        assert "Since you last looked" in plain(noy.get("/"))

    def test_a_reload_does_not_wipe_it(self, noy, line, clock):
        noy.get("/")
        clock.forward(minutes=5)
        line.requested(HER)
        clock.forward(minutes=6)
        assert "1 new request" in plain(noy.get("/"))
        assert "0 new requests" in plain(noy.get("/"))

    def test_danger_and_that_nobody_could_be_told(self, noy, line):
        line.requested(HER, danger="yes")
        page = plain(noy.get("/"))
        assert "1 in danger" in page
        assert "nobody could be told" in page


class TestHandOver:
    def test_what_is_open_what_was_promised_and_who_has_which_phone(self, signed, line):
        noy = signed()
        first = line.requested(HER)
        danger = line.requested(OTHER, danger="yes")
        noy.post(f"/callbacks/{first}/claim")
        page = text_of(noy.get("/hand-over"))
        for one in (first, danger):
            assert f"/callbacks/{one}" in page
        assert "+856 20555900001" in page
        assert HER not in page

    def test_with_nothing_open_each_part_says_so(self, signed):
        assert plain(signed("Sup", Role.SUPERVISOR).get("/hand-over")).count("None.") == 3


class TestWhichNumber:
    @pytest.mark.fault("N2")
    def test_a_number_of_two_countries_is_asked_about_and_nothing_typed_is_lost(self, noy, line):
        answer = noy.post("/add", **{**ASKED, "number": "074 212 345", "topic": "hours"})
        page = text_of(answer)
        assert answer.status_code == 422
        assert "+856 74 212 345 · Laos" in page
        assert "+66 74 212 345 · Thailand" in page
        assert 'value="074 212 345"' in page
        assert line.rows("SELECT 1 FROM callbacks") == []

        chosen = noy.post("/add", **{**ASKED, "number": "074 212 345", "number_meant": "+6674212345"})
        assert chosen.status_code == 303
        with line.parts.store.read() as tx:
            assert callers.find_caller(tx, "+6674212345") is not None
            assert callers.find_caller(tx, "+85674212345") is None

    @pytest.mark.fault("N2")
    def test_a_family_number_is_asked_about_where_the_family_is_called(self, noy):
        family = {**ASKED, "how": "family", "number": "", "family_number": "021 123 456"}
        page = text_of(noy.post("/add", **family))
        assert 'name="family_number_meant" value="+6621123456"' in page
        assert 'name="number_meant"' not in page

    @pytest.mark.fault("N1")
    @pytest.mark.parametrize("written", ["+66 70 123 4567", "+856 20 1555 7704"])
    def test_a_number_that_no_plan_has_is_not_added(self, noy, line, written):
        answer = noy.post("/add", **{**ASKED, "number": written})
        assert answer.status_code == 422
        assert "no phone number that can be called" in plain(answer)
        assert line.rows("SELECT 1 FROM callbacks") == []

    @pytest.mark.fault("N2")
    def test_a_search_looks_in_every_country(self, noy, line):
        wanted = line.requested("+6674212345")
        assert noy.post("/search", written="074 212 345").location == f"/callbacks/{wanted}"
        assert f"/callbacks/{wanted}" in text_of(noy.post("/ringing", written="074 212 345"))
