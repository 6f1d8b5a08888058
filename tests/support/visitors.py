"""Somebody at a browser of a running gateway, without a screen: signs in by the pages, second factor and all."""

import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pyotp
from click.testing import CliRunner

from gateway.cli.main import main
from tests.support.running import Running

PASSWORD = "a long enough password"


class Visitor:
    """Somebody with a role who has signed in; keeps cookies and the form token of the last page."""

    def __init__(self, running: Running, name: str, role: str) -> None:
        self.running = running
        self.name = name
        added = CliRunner().invoke(
            main,
            ["people", "add", name, "--role", role, "--password-stdin"],
            env=running.environment,
            input=f"{PASSWORD}\n",
            catch_exceptions=False,
        )
        assert added.exit_code == 0, added.output
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._csrf = ""
        self.get("/sign-in")
        self.post("/sign-in", name=name, password=PASSWORD)
        self._turn_on_second_factor()

    def _turn_on_second_factor(self) -> None:
        """Do what whoever sees callers or keeps the menu does first."""
        secret = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", self.get("/me/second-factor"))
        assert secret is not None
        assert self.post("/me/second-factor/confirm", code=pyotp.TOTP(secret.group(1)).now()) == 200

    def get(self, path: str) -> str:
        """Open a page."""
        return self.look(path)[1]

    def look(self, path: str) -> tuple[int, str]:
        """Open a page that may be refused; return its status and what it says."""
        try:
            with self._opener.open(self.running.url(path), timeout=30) as answer:
                status, page = int(answer.status), str(answer.read().decode())
        except urllib.error.HTTPError as error:
            status, page = error.code, error.read().decode()
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self._csrf = found.group(1) if found else self._csrf
        return status, page

    def post(self, path: str, **fields: str) -> int:
        """Send a form as the page does; return the status of where it led."""
        form = urllib.parse.urlencode(fields | {"csrf_token": self._csrf}).encode()
        try:
            with self._opener.open(self.running.url(path), data=form, timeout=15) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
