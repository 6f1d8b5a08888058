"""The parts that pages need, around a real store, and a browser without a screen."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.staff import people, sign_in, two_factor
from gateway.storage import sign_ins
from gateway.storage.database import Store
from tests.support import house
from tests.support.clocks import SetClock

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LINE = replace(house.LINE, helpline="+85620000000", mrc="+85620000001")


def parts_around(store: Store, clock: SetClock, folder: Path, **others: Any) -> Services:
    """Parts without a line and without anybody who is told: pages need no more."""
    usual: dict[str, Any] = {"channels": {}, "line": LINE, "inside": {}}
    return house.made_parts(store, clock, folder, **(usual | others))


def somebody(parts: Services, name: str = "Noy", role: str = Role.COUNSELLOR, *, number: str = "") -> str:
    """Add a person with a password and return the id."""
    person_id = people.add_person(parts, people.OWNER, name=name, role=role, password=PASSWORD)
    if number:
        people.set_number(parts, people.OWNER, person_id, number)
    return person_id


def token_for(name: str) -> str:
    """The token that ``token_of`` gives to this person."""
    return hashlib.sha256(name.encode()).hexdigest()


def token_of(parts: Services, name: str, *, enrolled: bool = True) -> str:
    """Sign a person in below the pages, without the slow hash; whoever needs a second factor has one by then."""
    person = people.find_person(parts, name)
    with parts.store.write() as tx:
        if enrolled and two_factor.is_missing(parts, person):
            sign_ins.save_factor(tx, person.id, SECRET)
            sign_ins.begin_factor(tx, person.id, now=parts.clock.now())
        sign_in._open_sign_in(tx, person.id, token_for(name), parts.clock.now())
    return token_for(name)


def code_of(parts: Services) -> str:
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

    def take_token(self) -> None:
        """Ask for the forms' token alone: a whole page costs several times that."""
        answer = self.client.get("/form-token")
        assert answer.status_code == 200, answer.status
        self.csrf = answer.get_data(as_text=True)

    def carry(self, token: str) -> "Browser":
        self.client.set_cookie("sign-in", token)
        return self
