"""What the tests of the desk stand on: real parts, callers who ask, people who work."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.domain.outbox.states import CALL
from gateway.domain.permissions import Actor, Role
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.calls import attempts, bridge_events
from gateway.helpdesk.queue import claim
from gateway.helpdesk.requests import accept
from gateway.helpdesk.requests.accept import Accepted
from gateway.menus.engine.effects import CallbackAccepted, Receipt, RequestCallback
from gateway.storage import callbacks, callers, people
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store
from tests.support import house
from tests.support.channel_tables import line_of
from tests.support.clocks import SetClock
from tests.support.standin import KEY
from tests.support.standin_voice import VOICE

HER = "+8562055512345"
OTHER = "+8562055554321"
HOURS = Hours.parse({day: ["08:00-21:00"] for day in DAYS})
LINE = replace(house.LINE, helpline="+85620555000000", mrc="", hours=HOURS, reveals=1_000_000)


def made_parts(store: Store, clock: SetClock, folder: Path) -> Services:
    """Without a line and without anybody who is told: what the desk does by itself."""
    return house.made_parts(store, clock, folder, channels={}, line=LINE, inside={})


class Desk:
    """One helpline with its callers and its people."""

    def __init__(self, parts: Services, clock: SetClock) -> None:
        self.parts = parts
        self.clock = clock
        self._turns = 0

    def with_hours(self, **days: list[str]) -> "Desk":
        line = replace(self.parts.line, hours=Hours.parse(days))
        return Desk(replace(self.parts, line=line), self.clock)

    def with_bridge(self, url: str = "http://127.0.0.1:9", **options: str) -> "Desk":
        """The same with a line by which a provider at this address can ring both phones."""
        account = {"username": "helpline", "api_key": KEY, "api_url": url}
        voice = {"voice_number": VOICE, "bridge": "yes"}
        line = line_of("africastalking", "africastalking", **(account | voice | options))
        channels = {**self.parts.channels, "africastalking": line}
        parts = replace(
            self.parts,
            channels=channels,
            after={CALL: bridge_events.note_placed_call},
            inside={"announce": lambda *_: None},  # nobody is told: who works here is on the telephone
        )
        return Desk(parts, self.clock)

    def person(
        self, name: str, role: Role = Role.COUNSELLOR, *, number: str | None = "+85620555900001", **more: Any
    ) -> Actor:
        now = self.clock.now()
        person_id = new_id(now)
        with self.parts.store.write() as tx:
            people.add_person(tx, person_id, name=name, name_key=name.casefold(), role=role, now=now)
            people.set_number(tx, person_id, number)
            people.set_duty(tx, person_id, on=more.get("on_duty", False))
            people.set_details(
                tx, person_id, languages=more.get("languages", ()), gender=more.get("gender", "")
            )
        return Actor.of(person_id=person_id, name=name, role=role)

    def asks(
        self,
        number: str = HER,
        *,
        session: str = "",
        turn: str = "",
        promised: Receipt | None = None,
        path: tuple[str, ...] = ("main", "pay"),
        version: str = "v",
        trial: bool = False,
        **answers: str,
    ) -> Accepted:
        """One turn in which she asks for a call, as the conversation makes it."""
        self._turns += 1
        turn = turn or f"turn {self._turns}"
        given = {"danger": "no", "phone_seen": "no", "when": "evening", "consent": "v1"} | answers
        language = given.pop("language", "lo")
        effect = RequestCallback(
            topic=given.pop("topic", "pay"),
            path=path,
            answers=given,
            language=language,
            script=language,
        )
        now = self.clock.now()
        with self.parts.store.write() as tx:
            caller = callers.upsert_caller(tx, number, now=now, trial=trial)
            return accept.accept_request(
                self.parts,
                tx,
                caller=caller,
                effect=effect,
                turn_key=hashlib.sha256(turn.encode()).digest(),
                session=hashlib.sha256((session or turn).encode()).digest(),
                channel="simulator",
                version=version,
                now=now,
                promised=promised,
            )

    def requested(self, number: str = HER, **answers: Any) -> str:
        """The id of a request that was accepted."""
        receipt = self.asks(number, **answers).receipt
        assert isinstance(receipt, CallbackAccepted), receipt
        return receipt.callback

    def does(self, deed: Any, number: str = HER, **fields: Any) -> Receipt:
        """One more turn of hers: ``accept.cancel`` and its like."""
        now = self.clock.now()
        with self.parts.store.write() as tx:
            return deed(self.parts, tx, caller=callers.upsert_caller(tx, number, now=now), now=now, **fields)

    def callback(self, callback_id: str) -> Callback:
        with self.parts.store.read() as tx:
            found = callbacks.by_id(tx, callback_id)
        assert found is not None
        return found

    def calling(self, actor: Actor, callback_id: str) -> attempts.Call:
        """The actor claims it and has the number on the screen."""
        claim.claim_callback(self.parts, actor, callback_id)
        return attempts.begin_call(self.parts, actor, callback_id)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        from sqlalchemy import text

        with self.parts.store.read() as tx:
            return [tuple(row) for row in tx.execute(text(sql))]
