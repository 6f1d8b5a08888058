"""A note that is being written: kept for whoever writes it, sealed, and gone with the note or with her."""

import pytest

from gateway.access import Refused, Role
from gateway.desk import accept, claim, drafts, record
from gateway.desk.record import BadWords
from gateway.desk.refusals import Held, NoSuchCallback
from tests.desk.rig import HER, Desk

FORM = "a-form-of-the-page"


def test_it_is_there_again_and_sealed(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim(line.parts, noy, callback)
    assert drafts.of(line.parts, noy, callback) is None
    assert drafts.keep(line.parts, noy, callback, "she said ", form=FORM) == line.clock.now()
    line.clock.forward(minutes=1)
    drafts.keep(line.parts, noy, callback, "she said that ", form=FORM)
    kept = drafts.of(line.parts, noy, callback)
    assert kept is not None
    assert (kept.text, kept.at) == ("she said that ", line.clock.now())
    [(sealed,)] = line.rows("SELECT text FROM drafts")
    assert b"she said" not in bytes(sealed)


def test_nobody_else_reads_it(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    claim.claim(light.parts, noy, callback)
    drafts.keep(light.parts, noy, callback, "mine")
    drafts.keep(light.parts, boss, callback, "of the boss")
    assert [drafts.of(light.parts, one, callback).text for one in (noy, boss)] == ["mine", "of the boss"]


def test_it_goes_when_the_note_is_saved_and_a_late_one_does_not_come_back(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim(light.parts, noy, callback)
    drafts.keep(light.parts, noy, callback, "half a no", form=FORM)
    record.note(light.parts, noy, callback, "half a note", form=FORM)
    assert drafts.of(light.parts, noy, callback) is None
    drafts.keep(light.parts, noy, callback, "half a note", form=FORM)
    assert drafts.of(light.parts, noy, callback) is None
    drafts.keep(light.parts, noy, callback, "the next one", form="another form")
    assert drafts.of(light.parts, noy, callback).text == "the next one"


@pytest.mark.parametrize("nothing", ["", "  \n "])
def test_emptied_it_is_forgotten(light: Desk, nothing: str) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim(light.parts, noy, callback)
    drafts.keep(light.parts, noy, callback, "words")
    drafts.keep(light.parts, noy, callback, nothing)
    assert light.rows("SELECT count(*) FROM drafts") == [(0,)]


def test_whoever_is_erased_is_not_written_about_again(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(HER, when="now")
    claim.claim(line.parts, boss, callback)
    drafts.keep(line.parts, boss, callback, "words")
    line.does(accept.erase)
    assert line.rows("SELECT count(*) FROM drafts") == [(0,)]
    drafts.keep(line.parts, boss, callback, "words again")
    assert line.rows("SELECT count(*) FROM drafts") == [(0,)]


def test_only_whoever_may_write_the_note(light: Desk) -> None:
    noy, dao, reader = light.person("Noy"), light.person("Dao"), light.person("Reader", Role.READER)
    callback = light.requested(when="now")
    claim.claim(light.parts, noy, callback)
    with pytest.raises(Held, match="Noy"):
        drafts.keep(light.parts, dao, callback, "words")
    with pytest.raises(Refused):
        drafts.keep(light.parts, reader, callback, "words")
    with pytest.raises(Refused):
        drafts.of(light.parts, reader, callback)
    assert drafts.of(light.parts, dao, callback) is None
    claim.release(light.parts, noy, callback)
    with pytest.raises(Refused):
        drafts.keep(light.parts, dao, callback, "words")
    assert light.rows("SELECT 1 FROM drafts") == []
    with pytest.raises(NoSuchCallback):
        drafts.keep(light.parts, noy, "none", "words")


def test_it_is_no_longer_than_a_note(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim(light.parts, noy, callback)
    drafts.keep(light.parts, noy, callback, "x" * 500)
    with pytest.raises(BadWords):
        drafts.keep(light.parts, noy, callback, "x" * 501)
    assert len(drafts.of(light.parts, noy, callback).text) == 500
