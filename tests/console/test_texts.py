"""Texts that somebody has to read: those of danger in red over every page, all of them off the list once read."""

import pytest
from sqlalchemy import select

from gateway.store import callers, texts, threads
from gateway.store.tables import texts as kept
from tests.desk.rig import HER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def came(parts, clock):
    """A text that came in: ``came("words", "danger: hit")``; returns its id."""

    def one(words: str, understood: str = "") -> str:
        now = clock.now()
        with parts.store.write() as tx:
            hers = callers.upsert(tx, HER, now=now).id
            threads.add_text(
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
    own = came("he hits me", f"{texts.DANGER} hit")
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
