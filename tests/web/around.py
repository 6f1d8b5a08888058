"""The parts that pages need, around a real store, and a browser without a screen."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.access import Role
from gateway.desk import people, second, sign_in
from gateway.parts import Parts
from gateway.store import second_factor
from gateway.store.engines import Store
from tests import house
from tests.clocks import SetClock

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LINE = replace(house.LINE, helpline="+85620000000", mrc="+85620000001")


def parts_around(store: Store, clock: SetClock, folder: Path, **others: Any) -> Parts:
    """Parts without a line and without anybody who is told: pages need no more."""
    usual: dict[str, Any] = {"channels": {}, "line": LINE, "inside": {}}
    return house.made_parts(store, clock, folder, **(usual | others))


def somebody(parts: Parts, name: str = "Noy", role: str = Role.COUNSELLOR, *, number: str = "") -> str:
    """Add a person with a password and return the id."""
    person_id = people.add(parts, people.OWNER, name=name, role=role, password=PASSWORD)
    if number:
        people.set_number(parts, people.OWNER, person_id, number)
    return person_id


def token_for(name: str) -> str:
    """The token that ``token_of`` gives to this person."""
    return hashlib.sha256(name.encode()).hexdigest()


def token_of(parts: Parts, name: str, *, enrolled: bool = True) -> str:
    """Sign a person in below the pages, without the slow hash; whoever needs a second factor has one by then."""
    person = people.named(parts, name)
    with parts.store.write() as tx:
        if enrolled and second.is_missing(parts, person):
            second_factor.put(tx, person.id, SECRET)
            second_factor.begin(tx, person.id, now=parts.clock.now())
        sign_in._open(tx, person.id, token_for(name), parts.clock.now())
    return token_for(name)


def code_of(parts: Parts) -> str:
    """What the app shows now of those whom ``token_of`` gave a second factor."""
    return pyotp.TOTP(SECRET).at(int(parts.clock.now().timestamp()))


class Browser:
    """Keeps cookies, follows nothing, and takes the forms' token from the last page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.csrf = ""

    def get(self, address: str, **kwargs: Any) -> TestResponse:
        answer = self.client.get(address, **kwargs)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
        self.csrf = found.group(1) if found else self.csrf
        return answer

    def post(self, address: str, csrf: str | None = None, **fields: Any) -> TestResponse:
        return self.client.post(address, data=fields | {"csrf_token": self.csrf if csrf is None else csrf})

    def carry(self, token: str) -> "Browser":
        self.client.set_cookie("sign-in", token)
        return self
