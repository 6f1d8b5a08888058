"""Write the data of the release before the rooms, by that release itself; README.md says how it is run.

It stands in no suite: the modules that it imports are those of commit d5833dd.
"""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyotp
from gateway.access import Actor, Role
from gateway.callbacks.windows import ALWAYS
from gateway.catalogue.check import Asked, check
from gateway.catalogue.folder import read_folder
from gateway.catalogue.pages import with_pages
from gateway.conversation import missed, text
from gateway.desk import (
    accept,
    aftercare,
    claim,
    drafts,
    line,
    people,
    practice,
    record,
    referral,
    second,
    shifts,
    sign_in,
    tally,
)
from gateway.desk import roll as timers
from gateway.engine import compiled
from gateway.engine.effects import CancelCallback
from gateway.messages import SMS_LIMITS, USSD_LIMITS, Inbound, Kind, MissedCall
from gateway.outbox.states import State as RowState
from gateway.parts import Parts
from gateway.sending import inside
from gateway.store import callers, life, outbox, settings, threads, versions
from gateway.store.engines import Store
from gateway.store.referrals import Referral
from gateway.store.sessions import Sessions
from gateway.upkeep import backup as backups
from gateway.upkeep import sheet
from sqlalchemy import text as sql
from tests.clocks import SetClock
from tests.compiled import keep_statements
from tests.desk.rig import Desk
from tests.house import Phone
from tests.ledgers import made
from tests.outbox_rig import Rows
from tests.reviewed import reviewed
from tests.rigs.outage import sql_away
from tests.servers import PostgreSQL, Valkey
from tests.windows import EVENING

from tests import house

SECRET = bytes(range(1, 33))
PASSWORD = "a good long password"
WALKS = {
    "a language": ("", "4"),
    "the main menu": ("4", "1"),
    "further in": ("4 1", "1"),
    "a long text": ("4 1 1", "9"),
    "the form, first question": ("4 7", "2"),
    "the form, last question": ("4 7 2 1 3", "1"),
    "her own requests": ("4 8", "4"),
    "a wrong key": ("4 1 5 5", "00"),
    "what is asked when dialled again": ("4 7 2 1 3 1 1 - 1 1 -", "1"),
}
"""Name → keys before the release is renewed (``-``: she dials anew), and the next key."""


def small_menu() -> tuple[dict[str, str], str]:
    """A small menu: its files, and compiled."""
    files = read_folder(Path("tests/catalogue/base"))
    limits = (USSD_LIMITS, SMS_LIMITS)
    asked = Asked(today=date(2026, 11, 24), limits=limits, settings=house.LINE.for_engine().values)
    checked = check(reviewed(files), asked)
    assert checked.menu is not None, checked.problems
    menu = with_pages(checked.menu, limits, house.LINE.for_engine().values)
    return {name: content.decode() for name, content in files.items()}, compiled.dump(menu)


def publish_small(parts: Parts) -> str:
    files, text_ = small_menu()
    now = parts.clock.now()
    with parts.store.write() as tx:
        seen = versions.live_id(tx, "helpline")
        first = versions.add(
            tx, menu="helpline", source=files, compiled=text_, format=compiled.FORMAT, hash="0" * 64,
            author="", why="the first", now=now,
        )  # fmt: skip
        assert versions.point(tx, "helpline", first.id, seen=seen, now=now)
    parts.versions.refresh()
    return first.id


def fill(parts: Parts, clock: SetClock) -> dict[str, object]:
    """Write rows of every kind and state; return what is to be found again."""
    desk = Desk(parts, clock)
    owner = desk.person("Administrator", Role.ADMINISTRATOR, number=None)
    lead = desk.person("Supervisor", Role.SUPERVISOR, number="+85620555900002", on_duty=True)
    one = desk.person("Counsellor one", on_duty=True, languages=("lo", "th"), gender="woman")
    two = desk.person("Counsellor two", number="+85620555900003", on_duty=True)
    people.add(parts, owner, name="Chief", role="supervisor", password=PASSWORD)
    chief = people.actor_named(parts, "Chief")
    setup = second.set_up(parts, chief)
    second.confirm(parts, chief, pyotp.TOTP(setup.secret).at(int(clock.now().timestamp())))
    token = sign_in.sign_in(parts, "Chief", PASSWORD, "192.0.2.1", device="Firefox, Android")
    people.set_by_text(parts, owner, two.person_id, on=True)
    shifts.set_week(parts, owner, one.person_id, {"mon": ["08:00-12:00"], "tue": ["08:00-20:00"]})
    shifts.set_holiday(parts, owner, date(2026, 12, 2), "National day")
    practice.set_policy(parts, owner, "Whoever may be under 18 is called by two of us.")
    with parts.store.write() as tx:
        settings.put(tx, f"{life.PREFIX}simulator", {"battery": 55}, by="", now=clock.now())
    referral.put(
        parts, owner, Referral(id="", team="main", name="A clinic", number="+8562055500777", place="Vientiane", checked_on=date(2026, 11, 1)),
    )  # fmt: skip
    ids = _requests(desk, lead, one, two)
    _texts(desk)
    _rows(parts)
    for _ in range(3):
        inside.work(parts)
    return {
        "people": [owner.name, lead.name, one.name, two.name, "Chief"],
        "totp": setup.secret,
        "token": token,
        "ids": ids,
    }


def _requests(desk: Desk, lead: Actor, one: Actor, two: Actor) -> dict[str, str]:
    parts, clock = desk.parts, desk.clock
    made: dict[str, str] = {}

    def ask(name: str, n: int, **answers: str) -> str:
        made[name] = desk.requested(f"+8562055510{n:03d}", **({"when": "now"} | answers))
        return made[name]

    def call(name: str, n: int, outcome: str, actor: Actor = one) -> str:
        callback = ask(name, n)
        form = desk.calling(actor, callback).form
        record.record(parts, actor, callback_id=callback, outcome=outcome, form=form)
        return callback

    ask("waiting", 1, when="evening")
    ask("danger", 2, danger="yes", when="evening")
    ask("expired", 3)
    clock.forward(minutes=40)
    timers.roll_windows(parts)
    for n, outcome in enumerate(
        ("cut_off", "no_answer", "voicemail", "switched_off", "someone_else", "asked_later", "wrong_number",
         "not_safe", "silent", "prank", "busy"), start=10,
    ):  # fmt: skip
        call(outcome, n, outcome)
    reached = call("reached", 4, "reached")
    record.note(parts, one, reached, "She will come on Monday.")
    tally.save(parts, one, reached, {"women": 12})
    closed = call("closed", 5, "reached")
    followed = call("called again", 30, "reached")
    aftercare.follow_up(parts, one, followed, on=date(2026, 11, 27), when=EVENING)
    record.close(parts, one, closed, reason="helped")
    given_up = call("given up", 6, "wrong_number")
    claim.claim(parts, lead, given_up)
    record.decide(parts, lead, given_up, decision="given_up", reason="other")
    ask("cancelled", 7)
    desk.does(accept.cancel, "+8562055510007", effect=CancelCallback(callback=made["cancelled"]))
    claim.claim(parts, one, ask("claimed", 8, when="evening"))
    drafts.keep(parts, one, made["claimed"], "Asks about her passport")
    desk.calling(two, ask("calling", 9))
    return made


def _texts(desk: Desk) -> None:
    now = desk.clock.now()
    with desk.parts.store.write() as tx:
        hers = callers.upsert(tx, "+8562055510001", now=now).id
        threads.add_text(
            tx, channel="simulator", caller_id=hers, text="what about my pay", understood="", now=now
        )


def _rows(parts: Parts) -> None:
    rows = Rows(parts)
    found = {state: rows.add(text=f"row {state}", channel="simulator") for state in RowState}
    with parts.store.write() as tx:
        for state, row_id in found.items():
            tx.execute(
                sql("UPDATE outbox SET state = :state, provider_id = :id WHERE id = :row"),
                {"state": state, "id": f"p-{state}", "row": row_id},
            )
            if state == RowState.SENDING:
                tx.execute(
                    sql(
                        "UPDATE outbox SET token = 't', claimed_at = at, lease_until = expires_at WHERE id = :row"
                    ),
                    {"row": row_id},
                )


def walk(parts: Parts, n: int, keys: str) -> Phone:
    """A phone that dialled and pressed these keys."""
    phone = Phone(parts, number=f"+8562055520{n:03d}", channel="simulator")
    phone.dial()
    for key in keys.split():
        phone.dial() if key == "-" else phone.press(key)
    return phone


def spool(parts: Parts) -> list[str]:
    """Turn, text and missed call while SQL is away; return the codes that were promised."""
    turn, ring = Phone(parts, number="+8562055530001"), "+8562055510004"
    turn.dial("4 7 2 2 3")
    with sql_away(parts.store):
        told = turn.press("1").text
        assert text.TEXTS.take(
            parts,
            Inbound(channel="simulator", kind=Kind.SMS, number="+8562055530002", text="wage", turn="m1"),
        )
        assert missed.RINGS.take(parts, MissedCall(channel="simulator", number=ring, turn="r1"))
    return [told]


def snapshot(parts: Parts, folder: Path, valkey: Valkey, dump: list[str]) -> dict[str, bytes]:
    """What lies on the machine: files by name."""
    with valkey.client() as client:
        kept = {key.decode(): b64encode(client.get(key)).decode() for key in client.keys("u:*")}
    files = {"sessions.json": json.dumps(kept, sort_keys=True).encode()}
    for part in ("spool", "live"):
        for path in sorted((folder / part).iterdir()):
            files[f"{part}/{path.name}"] = path.read_bytes()
    if dump:
        files["ledger.sql"] = subprocess.run(dump, check=True, stdout=subprocess.PIPE).stdout
    else:
        with closing(sqlite3.connect(folder / "gateway.db")) as ledger:
            ledger.execute("VACUUM INTO ?", [str(folder / "copy.db")])
        files["ledger.db"] = (folder / "copy.db").read_bytes()
    return files


def write(store: Store, folder: Path, valkey: Valkey, dump: list[str]) -> dict[str, bytes]:
    """Fill one ledger, keep what lies there, then say how that release goes on with it."""
    clock = SetClock()
    with valkey.client() as client:
        client.flushall()
        parts = replace(
            house.made_parts(store, clock, folder, client),
            line=replace(house.LINE, hours=ALWAYS, reveals=1_000_000),
        )
        first = publish_small(parts)
        said = fill(parts, clock)
        if not dump:
            backups.backup(store, folder / "backup", sheet.public(SECRET), clock.now())
        old = walk(parts, 0, "1")
        thread = Phone(parts, number="+8562055540001", channel="simulator")
        newest = house.publish(parts)
        phones = {name: walk(parts, n, keys) for n, (name, (keys, _)) in enumerate(WALKS.items(), start=1)}
        apart = replace(parts, sessions=Sessions(None, store, clock))
        phones["a session in SQL"] = walk(apart, 90, "4 1")
        thread.texts("call me", message="m2")
        promised = spool(parts)
        files = snapshot(parts, folder, valkey, dump)
        if not dump:
            files["backup"] = (folder / "backup").read_bytes()
        said["at"] = clock.now().isoformat()
        said["versions"] = [first, newest]
        said["promised"] = promised
        said |= goes_on(parts, old, phones, thread)
    files["said.json"] = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return files


def goes_on(parts: Parts, old: Phone, phones: dict[str, Phone], thread: Phone) -> dict[str, object]:
    """What that release says to the next key, shows in the queue, and finds in its tables."""
    chief = people.actor_named(parts, "Supervisor")
    rows = [line.as_json(row) for row in line.everything(parts, chief, closed=True)]
    with parts.store.read() as tx:
        outgoing = {row.id: row.state for row in outbox.listed(tx)}
        texts_ = {row.id: (outbox.opened(tx, row).payload or {}).get("text") for row in outbox.listed(tx)}
        acts = [list(row) for row in tx.execute(sql("SELECT act, detail FROM audit ORDER BY seq, id"))]
        tries = [list(row) for row in tx.execute(sql("SELECT outcome, nth FROM attempts ORDER BY id"))]
    hops = {"a version that is no longer live": _hop(old, "1")}
    hops |= {name: _hop(phone, WALKS.get(name, ("", "1"))[1]) for name, phone in phones.items()}
    threaded = thread.texts("no", message="m3")
    return {
        "hops": hops,
        "thread": threaded,
        "queue": rows,
        "outbox": outgoing,
        "texts": texts_,
        "acts": acts,
        "attempts": tries,
    }


def _hop(phone: Phone, key: str) -> dict[str, str]:
    post = f"{phone.text}*{key}" if phone.text else key
    asked = {"number": phone.number, "channel": phone.channel, "session": phone.session, "text": post}
    return asked | {"shown": phone.post(post).text}


def main() -> None:
    keep_statements()
    found: dict[str, bytes] = {}
    valkey, server = Valkey(), PostgreSQL()
    valkey.start()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store = made(f"sqlite:///{folder / 'gateway.db'}")
            found |= {f"sqlite/{name}": data for name, data in write(store, folder, valkey, []).items()}
            store.close()
        with tempfile.TemporaryDirectory() as name, server.connect() as admin:
            admin.execute("CREATE DATABASE gateway")
            store = made(server.url("gateway"))
            dump = [
                str(server._programs / "pg_dump"),
                "--inserts",
                "--no-owner",
                "--no-privileges",
                server.url("gateway"),
            ]
            written = write(store, Path(name), valkey, dump)
            found |= {f"postgresql/{name}": data for name, data in written.items()}
            store.close()
    finally:
        server.close()
        valkey.close()
    with tarfile.open(sys.argv[1], "w:xz", preset=9) as tar:
        for name, data in sorted(found.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o600
            tar.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    main()
