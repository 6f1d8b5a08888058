"""Texts that somebody has to read: those of danger in red over every page, all of them off the list once read."""

import pytest
from sqlalchemy import select

from gateway.storage import callers, conversations
from gateway.storage.tables import texts as kept
from tests.support import house
from tests.support.desk_rig import HER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def came(parts, clock):
    """A text that came in: ``came("words", "danger: hit")``; returns its id."""

    def one(words: str, understood: str = "") -> str:
        now = clock.now()
        with parts.store.write() as tx:
            hers = callers.upsert_caller(tx, HER, now=now).id
            conversations.add_text(
                tx, channel="simulator", caller_id=hers, text=words, understood=understood, now=now
            )
            return tx.execute(select(kept.c.id).order_by(kept.c.id.desc())).scalars().first()

    return one


def test_nothing_to_read_says_what_will_stand_there(signed):
    page = text_of(signed().get("/texts"))
    assert "Nothing to read" in page
    assert "With a word of danger" not in page


def test_a_text_is_shown_with_dots_and_read_once(signed, parts, came):
    noy, dao = signed(), signed("Dao")
    own = came("<b>hungry</b> 5512345?")
    page = text_of(noy.get("/texts"))
    assert "&lt;b&gt;hungry&lt;/b&gt;" in page
    assert "+856•••••345" in page
    assert HER not in page
    assert noy.post(f"/texts/{own}/read").location == "/texts"
    assert "Read. It is off the list." in text_of(noy.get("/texts"))
    assert dao.post(f"/texts/{own}/read").status_code == 303
    assert "Somebody else has read it already." in text_of(dao.get("/texts"))
    with parts.store.read() as tx:
        assert tx.execute(select(kept.c.read_at).where(kept.c.id == own)).scalar_one() is not None


def test_danger_is_a_red_line_over_every_page_until_read(signed, came):
    noy = signed()
    own = came("he hits me", f"{conversations.DANGER} hit")
    for where in ("/", "/later", "/ringing", "/hand-over"):
        assert "1 text with a word of danger waits to be read" in text_of(noy.get(where))
    assert "he hits me" not in text_of(noy.get("/"))
    assert "he hits me" in text_of(noy.get("/texts")).split("With a word of danger")[1]
    noy.post(f"/texts/{own}/read")
    assert "word of danger" not in text_of(noy.get("/"))


def test_her_open_request_is_one_step_away(signed, line, came):
    wanted = line.requested(HER)
    came("when?")
    assert f'href="/callbacks/{wanted}"' in text_of(signed().get("/texts"))


class TestAnswering:
    """With the sample menu live, for the answers are its messages."""

    @pytest.fixture
    def parts(self, sqlite_store, clock, tmp_path):
        parts = house.made_parts(sqlite_store, clock, tmp_path)
        house.publish(parts)
        return parts

    def answers(self, parts):
        return [house.payload_text(parts, row) for row in house.rows(parts) if row.once.startswith("read:")]

    def test_the_answers_stand_there_in_her_language_and_one_is_sent(self, signed, parts, line, came):
        noy = signed()
        line.requested(HER, when="now", sms_safe="yes", language="th")
        own = came("?")
        page = text_of(noy.get("/texts"))
        assert page.count("สวัสดี") == 3
        assert noy.post(f"/texts/{own}/answer", answer="sms_say_again").location == "/texts"
        page = text_of(noy.get("/texts"))
        assert "The answer is on its way to her." in page
        assert "Nothing to read" in page
        assert self.answers(parts) == ["สวัสดี ไม่เข้าใจ กรุณาเขียนใหม่ด้วยคำอื่น"]
        noy.post(f"/texts/{own}/answer", answer="sms_read")
        assert "Somebody else has read it already." in text_of(noy.get("/texts"))

    def test_where_texts_are_not_safe_there_is_nothing_to_press(self, signed, parts, line, came):
        noy = signed()
        line.requested(HER, when="now", phone_seen="sometimes")
        own = came("?")
        page = text_of(noy.get("/texts"))
        assert "nothing is sent to her" in page
        assert "/answer" not in page
        refused = noy.post(f"/texts/{own}/answer", answer="sms_read")
        assert (refused.status_code, self.answers(parts)) == (409, [])
        assert "Nothing was sent." in text_of(refused)

    def test_an_answer_that_is_none(self, signed, parts, line, came):
        noy = signed()
        line.requested(HER, when="now", sms_safe="yes")
        refused = noy.post(f"/texts/{came('?')}/answer", answer="down")
        assert (refused.status_code, self.answers(parts)) == (422, [])
        assert "Choose one of the answers." in text_of(refused)

    def test_her_words_go_on_her_request(self, signed, line, came):
        noy = signed()
        wanted = line.requested(HER, when="now")
        own = came("I am at the <b>office</b>")
        assert noy.post(f"/texts/{own}/attach").location == f"/callbacks/{wanted}#notes"
        page = text_of(noy.get(f"/callbacks/{wanted}"))
        assert "Her words are a note on her request now." in page
        assert "“I am at the &lt;b&gt;office&lt;/b&gt;”" in page
        assert noy.post(f"/texts/{own}/attach").location == "/texts"

    def test_a_request_is_added_from_a_text_and_her_number_is_seen_nowhere(self, signed, line, came):
        noy = signed()
        own = came("please call tonight")
        assert f'href="/add?text={own}"' in text_of(noy.get("/texts"))
        page = text_of(noy.get(f"/add?text={own}"))
        assert "please call tonight" in page
        assert HER not in page
        assert 'name="number"' not in page
        form = {"how": "texted", "text": own, "phone_seen": "no", "when": "evening", "language": "lo"}
        refused = noy.post("/add", form="f1", **form)
        assert refused.status_code == 422
        assert "please call tonight" in text_of(refused)
        made = noy.post("/add", form="f1", consented="yes", danger="no", **form).location
        callback = line.callback(made.rpartition("/")[2])
        assert (callback.window, callback.answers["how"]) == ("evening", "texted")
        assert "Nothing to read" in text_of(noy.get("/texts"))

    def test_a_text_that_is_gone_leads_to_the_plain_form(self, signed):
        assert 'name="number"' in text_of(signed().get("/add?text=gone"))

    def test_with_several_requests_only_a_code_says_whose_it_is(self, signed, line, came):
        for _ in range(2):
            line.requested(HER, when="evening", phone_seen="sometimes")
        came("it is me")
        page = text_of(signed().get("/texts"))
        assert "only a code says which" in page
        assert "/attach" not in page
