"""Neither a number nor an answer nor a note lies in clear in the ledger, in the audit, in an error or in an alert."""

import re
import traceback

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.alerts import announce
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import NotSafe
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import AmendCallback
from gateway.storage import outbox
from tests.support.desk_rig import HER, OTHER, Desk

SECRETS = [HER, HER[1:], HER[-8:], OTHER[-8:], "speaks softly", "her brother", "not_mine", "other_language"]


def a_full_day(line: Desk) -> None:
    """Everything that writes, once."""
    noy, boss = line.person("Noy", on_duty=True), line.person("Boss", Role.SUPERVISOR, on_duty=True)
    mine = line.requested(HER, when="now", phone_seen="sometimes", danger="yes", other_language="en")
    line.requested(OTHER, when="now", phone_seen="not_mine")
    line.does(accept.amend_request, effect=AmendCallback(callback=mine, answers={"other_language": "th"}))
    line.does(accept.find_by_code, code="0007")
    line.calling(noy, mine)
    outcome.add_note(line.parts, noy, mine, "speaks softly")
    outcome.record_outcome(line.parts, noy, callback_id=mine, outcome="someone_else")
    claim.claim_callback(line.parts, boss, mine)
    with pytest.raises(NotSafe):
        attempts.begin_call(line.parts, boss, mine, reason="her brother answered")
    with line.parts.store.write() as tx:
        for row in outbox.list_rows(tx):
            announce.announce_request(line.parts, tx, row)
    line.clock.forward(hours=1)
    for chore in (
        timers.release_leases,
        timers.roll_windows,
        timers.expire_requests,
        timers.escalate_stalled,
    ):
        chore(line.parts)


def test_nothing_of_hers_lies_in_clear_in_the_files(light: Desk, tmp_path) -> None:
    a_full_day(light)
    light.parts.store.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for path in files:
        content = path.read_bytes()
        for secret in SECRETS:
            assert secret.encode() not in content, (path.name, secret)


def test_nothing_of_hers_lies_in_clear_in_the_tables(line: Desk) -> None:
    a_full_day(line)
    for (table,) in [(t,) for t in ("callers", "callbacks", "attempts", "notes", "audit", "outbox", "tries")]:
        for row in line.rows(f"SELECT * FROM {table}"):
            words = " ".join(value if isinstance(value, str) else repr(value) for value in row)
            for secret in SECRETS:
                assert secret not in words, (table, secret)


def test_the_audit_holds_ids_and_words_of_ours_only(line: Desk) -> None:
    a_full_day(line)
    for act, kind, subject, detail in line.rows("SELECT act, kind, subject, detail FROM audit"):
        assert kind in {"callback", "caller", "callbacks"}
        assert re.fullmatch(r"[0-9a-z]{20}", subject)
        assert re.fullmatch(r"[a-z ;_]*", act + detail)


def test_an_error_says_nothing_of_her(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(HER, phone_seen="sometimes")
    claim.claim_callback(light.parts, noy, callback)
    try:
        attempts.begin_call(light.parts, noy, callback)
    except NotSafe as error:
        words = "".join(traceback.format_exception(error))
    else:
        raise AssertionError("her window is shut")
    for secret in (HER, "sometimes", "evening"):
        assert secret not in words


def test_figures_hold_no_more_than_words(light: Desk) -> None:
    a_full_day(light)
    light.parts.count.flush(light.parts.store)
    for what, item in light.rows("SELECT what, item FROM figures"):
        assert re.fullmatch(r"[a-z_]+", what)
        assert re.fullmatch(r"[a-z_]*|m\d{1,4}", item)  # a word, or a wait of at most so many minutes
