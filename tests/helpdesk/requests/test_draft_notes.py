"""A note that is being written: kept for whoever writes it, sealed, and gone with the note or with her."""

import pytest

from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback
from gateway.helpdesk.queue import call_sheet, claim, outcome
from gateway.helpdesk.queue.outcome import BadWords
from gateway.helpdesk.requests import accept
from tests.support.desk_rig import HER, Desk

FORM = "a-form-of-the-page"


def test_it_is_there_again_and_sealed(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim_callback(line.parts, noy, callback)
    assert call_sheet.find_draft(line.parts, noy, callback) is None
    assert call_sheet.keep_draft(line.parts, noy, callback, "she said ", form=FORM) == line.clock.now()
    line.clock.forward(minutes=1)
    call_sheet.keep_draft(line.parts, noy, callback, "she said that ", form=FORM)
    kept = call_sheet.find_draft(line.parts, noy, callback)
    assert kept is not None
    assert (kept.text, kept.at) == ("she said that ", line.clock.now())
    [(sealed,)] = line.rows("SELECT text FROM drafts")
    assert b"she said" not in bytes(sealed)


def test_nobody_else_reads_it(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    call_sheet.keep_draft(light.parts, noy, callback, "mine")
    call_sheet.keep_draft(light.parts, boss, callback, "of the boss")
    assert [call_sheet.find_draft(light.parts, one, callback).text for one in (noy, boss)] == [
        "mine",
        "of the boss",
    ]


def test_it_goes_when_the_note_is_saved_and_a_late_one_does_not_come_back(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    call_sheet.keep_draft(light.parts, noy, callback, "half a no", form=FORM)
    outcome.add_note(light.parts, noy, callback, "half a note", form=FORM)
    assert call_sheet.find_draft(light.parts, noy, callback) is None
    call_sheet.keep_draft(light.parts, noy, callback, "half a note", form=FORM)
    assert call_sheet.find_draft(light.parts, noy, callback) is None
    call_sheet.keep_draft(light.parts, noy, callback, "the next one", form="another form")
    assert call_sheet.find_draft(light.parts, noy, callback).text == "the next one"


@pytest.mark.parametrize("nothing", ["", "  \n "])
def test_emptied_it_is_forgotten(light: Desk, nothing: str) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    call_sheet.keep_draft(light.parts, noy, callback, "words")
    call_sheet.keep_draft(light.parts, noy, callback, nothing)
    assert light.rows("SELECT count(*) FROM drafts") == [(0,)]


def test_whoever_is_erased_is_not_written_about_again(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(HER, when="now")
    claim.claim_callback(line.parts, boss, callback)
    call_sheet.keep_draft(line.parts, boss, callback, "words")
    line.does(accept.erase_caller)
    assert line.rows("SELECT count(*) FROM drafts") == [(0,)]
    call_sheet.keep_draft(line.parts, boss, callback, "words again")
    assert line.rows("SELECT count(*) FROM drafts") == [(0,)]


def test_only_whoever_may_write_the_note(light: Desk) -> None:
    noy, dao, reader = light.person("Noy"), light.person("Dao"), light.person("Reader", Role.READER)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        call_sheet.keep_draft(light.parts, dao, callback, "words")
    with pytest.raises(NotPermitted):
        call_sheet.keep_draft(light.parts, reader, callback, "words")
    with pytest.raises(NotPermitted):
        call_sheet.find_draft(light.parts, reader, callback)
    assert call_sheet.find_draft(light.parts, dao, callback) is None
    claim.release_callback(light.parts, noy, callback)
    with pytest.raises(NotPermitted):
        call_sheet.keep_draft(light.parts, dao, callback, "words")
    assert light.rows("SELECT 1 FROM drafts") == []
    with pytest.raises(NoSuchCallback):
        call_sheet.keep_draft(light.parts, noy, "none", "words")


def test_it_is_no_longer_than_a_note(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    call_sheet.keep_draft(light.parts, noy, callback, "x" * 500)
    with pytest.raises(BadWords):
        call_sheet.keep_draft(light.parts, noy, callback, "x" * 501)
    assert len(call_sheet.find_draft(light.parts, noy, callback).text) == 500
