"""What a start does not need is not imported by it: the parent of all processes carries each module in its memory."""

import subprocess
import sys

ROOTS = "gateway.web.app, workers.main, granian.server, gateway.cli.first_start"

LATE = {
    "alembic": "a migration is missing",
    "psycopg": "the database is PostgreSQL",
    "africastalking": "a text or a call leaves by that provider",
    "requests": "the same: its SDK brings it",
    "urllib3": "a channel asks over HTTP",
    "ruamel": "somebody writes menus",
    "icu4py": "a menu is cut into pages",
    "wcwidth": "a problem of a menu is drawn in a terminal",
    "zxcvbn": "a password is chosen",
    "valkey": "never: the package of the embedded server brings a client of its own",
}
"""Package → when it is imported."""

_PROGRAM = f"""
import sys
import {ROOTS}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def test_what_a_start_does_not_need_is_imported_later() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert {"flask", "rq", "sqlalchemy", "granian"} <= found, "the roots were imported"
    assert not found & set(LATE)
