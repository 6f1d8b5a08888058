"""Go on with what the release before the twelve rooms had written: README.md says what lies in the archive."""

import json
import tarfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import redis

from gateway.conversations.one_shot import replay_spool
from gateway.conversations.ussd import answer_turn
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.results import record_delivery
from gateway.delivery.send import drain_outbox
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.callbacks.windows import ALWAYS
from gateway.domain.events import Delivery, Inbound, Kind
from gateway.domain.permissions import AuditAct
from gateway.foundation.services import Services
from gateway.helpdesk.queue import call_sheet, claim, outcome, queue, search
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.staff import centre_policy, people, shifts, sign_in, two_factor
from gateway.operations.maintenance.backup import restore_backup
from gateway.operations.publishing import publish
from gateway.storage import attempts, audit, migrate, outbox, settings
from gateway.storage import people as people_rows
from gateway.storage.database import Store
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.house import Phone, payload_text, requests, rows
from tests.support.ledgers import MASTER
from tests.support.outbox_rig import Phone as Channel

ARCHIVE = Path(__file__).parent / "d5833dd.tar.xz"
SECRET = bytes(range(1, 33))
OTHER = b"the master key of another machine"
BOTH = [pytest.param(name, marks=pytest.mark.store) for name in ("sqlite", "postgresql")]


@dataclass
class Before:
    """The machine as it was left, under the present release."""

    parts: Services
    clock: SetClock
    said: dict[str, Any]

    def person(self, name: str) -> Any:
        return people.find_actor(self.parts, name)

    def restarted(self, *channels: Channel) -> Services:
        """The same with lines that keep what they are given to send."""
        return replace(self.parts, channels={one.config.name: one for one in channels}, inside={})


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, archive: Path, tmp_path: Path) -> str:
    """The address of a copy of its ledger."""
    if request.param == "sqlite":
        copy = tmp_path / "gateway.db"
        copy.write_bytes((archive / "sqlite/ledger.db").read_bytes())
        copy.chmod(0o600)
        return f"sqlite:///{copy}"
    ledgers = request.getfixturevalue("postgresql_ledgers")
    url: str = ledgers.empty_url()
    dump = (archive / "postgresql/ledger.sql").read_text(encoding="utf-8")
    with ledgers.server.connect(url.partition("?")[0].rpartition("/")[2]) as connection:
        connection.execute("\n".join(one for one in dump.splitlines() if not one.startswith("\\")))
    return url


@pytest.fixture
def before(url: str, archive: Path, tmp_path: Path, redis_client: redis.Redis) -> Iterator[Before]:
    """The machine of that release, renewed: its ledger, what its Valkey held, its spool and its copies."""
    folder = archive / url.partition(":")[0]
    said = json.loads((folder / "said.json").read_text())
    clock = SetClock(said["at"])
    for part in ("spool", "live"):
        (tmp_path / part).mkdir(mode=0o700)
        for file in (folder / part).iterdir():
            (tmp_path / part / file.name).write_bytes(file.read_bytes())
    for key, value in json.loads((folder / "sessions.json").read_text()).items():
        redis_client.set(key, b64decode(value), ex=1800)
    store = Store(url, master=MASTER)
    migrate.upgrade(store)
    with store.read() as tx:
        store.ring.refresh(tx)
    line = replace(house.LINE, hours=ALWAYS, reveals=1_000_000)
    parts = replace(house.made_parts(store, clock, tmp_path, redis_client), line=line)
    parts.versions.refresh()
    parts.sessions.refresh()
    yield Before(parts, clock, said)
    store.close()


def test_every_session_goes_on_with_the_next_key(before: Before) -> None:
    assert len(before.said["hops"]) > 10
    for name, hop in before.said["hops"].items():
        shown = answer_turn(
            before.parts,
            Inbound(
                channel=hop["channel"],
                kind=Kind.USSD,
                number=hop["number"],
                session=hop["session"],
                text=hop["text"],
            ),
        )
        assert shown.text == hop["shown"], name


def test_a_form_that_was_begun_by_text_goes_on(before: Before) -> None:
    phone = Phone(before.parts, number="+8562055540001", channel="simulator")
    assert phone.texts("no", message="m3") == before.said["thread"]


def test_who_dials_anew_gets_the_live_version_and_one_can_go_back_to_the_first(before: Before) -> None:
    listed = {one.version.id: one for one in publish.list_versions(before.parts)}
    assert set(listed) == set(before.said["versions"])
    phone = Phone(before.parts, number="+8562055550001")
    assert phone.dial("4").text.splitlines()[0] == "1 My pay"
    with before.parts.store.read() as tx:
        first = publish.versions.find_numbered(tx, "helpline", 1)
        assert first is not None
        assert "screens.yaml" in (publish.versions.find_source(tx, first.id) or {})


def test_the_spool_is_written_once_with_the_code_that_was_promised(before: Before) -> None:
    (told,) = before.said["promised"]
    assert requests(before.parts, "+8562055530001") == []
    assert replay_spool(before.parts) == 3
    assert replay_spool(before.parts) == 0
    (kept,) = requests(before.parts, "+8562055530001")
    assert kept.code in told
    answers = [payload_text(before.parts, row) for row in rows(before.parts) if row.kind == "answer"]
    assert any("400" in text or "wage" in text.casefold() for text in answers), "the text is answered"
    assert before.parts.spool.failed() == []
    assert before.parts.spool.unreadable() == 0


def test_the_queue_shows_every_request_as_it_was(before: Before) -> None:
    found = [
        search.format_row(row)
        for row in search.list_callbacks(before.parts, before.person("Supervisor"), closed=True)
    ]
    assert {one["state"] for one in found} == set(CallbackState)
    assert [
        {name: now[name] for name in was} for now, was in zip(found, before.said["queue"], strict=True)
    ] == before.said["queue"]


def test_every_request_opens_with_its_history_note_and_draft(before: Before) -> None:
    boss, one = before.person("Supervisor"), before.person("Counsellor one")
    ids = before.said["ids"]
    for callback in ids.values():
        history = queue.show_callback(before.parts, boss, callback).history
        assert history[0].act == "asked"
    assert [note.text for note in queue.show_callback(before.parts, boss, ids["reached"]).notes] == [
        "She will come on Monday."
    ]
    draft = call_sheet.find_draft(before.parts, one, ids["claimed"])
    assert draft is not None
    assert draft.text == "Asks about her passport"


def test_a_call_that_was_running_is_recorded_and_a_waiting_request_is_called(before: Before) -> None:
    two = before.person("Counsellor two")
    calling = before.said["ids"]["calling"]
    recorded = outcome.record_outcome(before.parts, two, callback_id=calling, outcome="reached")
    assert recorded.state is CallbackState.REACHED
    outcome.close_callback(before.parts, two, calling)
    claimed = claim.claim_callback(before.parts, two, before.said["ids"]["danger"])
    assert claimed.callback_id == before.said["ids"]["danger"]
    with before.parts.store.read() as tx:
        assert attempts.find_live_of_request(tx, calling) is None


def test_rows_of_the_outbox_go_on_and_nothing_unclear_is_sent_again(before: Before) -> None:
    lines = Channel("simulator"), Channel("africastalking")
    parts = before.restarted(*lines)
    states = {row.id: row.state for row in rows(parts)}
    texts = before.said["texts"]
    assert states == before.said["outbox"]
    assert {row.id: payload_text(parts, row) for row in rows(parts) if texts[row.id]} == {
        id_: text for id_, text in texts.items() if text
    }
    drain_outbox(parts)
    sent = {message.own_id for line in lines for message in line.got}
    assert sent
    assert {states[id_] for id_ in sent} == {"pending"}
    before.clock.forward(hours=2)
    sweep_outbox(parts)
    now = {row.id: row.state for row in rows(parts)}
    for id_, state in states.items():
        expected = {"pending": now[id_], "sending": "unclear"}.get(state, state)
        assert now[id_] == expected, state


def test_a_delivery_report_finds_the_text_that_was_sent_before(before: Before) -> None:
    record_delivery(
        before.parts,
        Delivery(channel="simulator", provider_id="p-sent", state="delivered", status="x"),
    )
    (row,) = [row for row in rows(before.parts) if row.provider_id == "p-sent"]
    assert row.delivery == "delivered"


def test_people_sign_in_and_their_shifts_and_settings_stand(before: Before) -> None:
    parts, said = before.parts, before.said
    assert two_factor.waits_for_factor(parts, said["token"])
    before.clock.forward(seconds=90)
    code = pyotp.TOTP(said["totp"]).at(int(before.clock.now().timestamp()))
    two_factor.enter_code(parts, said["token"], code, "192.0.2.1")
    assert sign_in.find_signed_in(parts, said["token"]) is not None
    boss = before.person("Supervisor")
    assert centre_policy.show_policy(parts, before.person("Administrator")).policy.startswith(
        "Whoever may be"
    )
    assert [entry.name for entry in referrals.list_entries(parts, boss)] == ["A clinic"]
    planned = shifts.show_plan(parts, before.person("Administrator"))
    assert len(planned.holidays) == 1
    with parts.store.read() as tx:
        found = people_rows.by_key(tx, "counsellor one")
        assert found is not None
        assert (found.number, found.languages) == ("+85620555900001", ("lo", "th"))
        assert settings.get_setting(tx, "line-life:simulator") == {"battery": 55}


def test_the_audit_chain_holds_and_every_act_is_read(before: Before) -> None:
    parts = before.parts
    with parts.store.write() as tx:
        audit.link_rows(tx, before.clock.now())
    with parts.store.read() as tx:
        assert audit.check_chain(tx, kept_since=before.clock.now() - timedelta(days=90)) is None
    trail = centre_policy.show_trail(parts, before.person("Supervisor"))
    assert {"asked", "outcome", "person.add"} <= {act for act, _ in before.said["acts"]}
    assert {act for act, _ in before.said["acts"]} <= set(AuditAct), "stored words stay"
    assert {row.act for row in trail.rows} <= set(AuditAct)


@pytest.mark.parametrize("to", BOTH)
def test_its_backup_comes_back(
    to: str, request: pytest.FixtureRequest, archive: Path, tmp_path: Path, redis_client: redis.Redis
) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    if to == "postgresql":
        url = request.getfixturevalue("postgresql_ledgers").empty_url()
    said = json.loads((archive / "sqlite/said.json").read_text())
    clock = SetClock(said["at"])
    store = Store(url, master=OTHER)
    summary = restore_backup(store, archive / "sqlite/backup", SECRET, clock.now())
    assert summary.rows > 150
    store.close()
    store = Store(url, master=OTHER)
    with store.read() as tx:
        store.ring.refresh(tx)
    parts = house.made_parts(store, clock, tmp_path, redis_client)
    parts.versions.refresh()
    boss = people.find_actor(parts, "Supervisor")
    assert {row.id for row in search.list_callbacks(parts, boss, closed=True)} >= set(said["ids"].values())
    with store.read() as tx:
        sealed = outbox.list_rows(tx)
        assert any((outbox.open_row(tx, row).payload or {}).get("text") == "row pending" for row in sealed)
    assert Phone(parts, number="+8562055560001").dial().text
    store.close()
