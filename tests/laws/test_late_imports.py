"""What the parent of all processes has in its memory when it forks them: all that they share, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LATE = {
    "alembic": "a migration is missing",
    "psycopg": "the database is PostgreSQL",
    "africastalking": "a text or a call leaves by that provider",
    "requests": "the same: its SDK brings it",
    "urllib3": "a channel asks over HTTP",
    "certifi": "the same, by TLS",
    "ruamel": "somebody writes menus",
    "icu4py": "a menu is cut into pages",
    "wcwidth": "a problem of a menu is drawn in a terminal",
    "zxcvbn": "a password is chosen",
    "prometheus_client": "somebody reads /metrics",
    "segno": "somebody sets up a second factor",
    "valkey": "never: the package of the embedded server brings a client of its own",
}
"""Package → when it is imported."""

SHARED = {"flask", "granian", "rq", "sqlalchemy", "workers", "redis", "phonenumbers", "argon2"}

MOST_MODULES = 1_130
"""Modules in the parent on SQLite; each costs a start a millisecond. More need a reason, or are imported when they are used."""

PROGRAM = """
import gc, json, os, sys
from pathlib import Path
before = sorted(os.listdir("/proc/self/fd"))
from config.settings import from_process
from gateway.cli import processes
processes.import_image(from_process())
print(json.dumps({
    "packages": sorted({name.partition(".")[0] for name in sys.modules}),
    "databases": sorted(name for name in sys.modules if name.startswith("sqlalchemy.dialects.")),
    "channels": sorted(name for name in sys.modules if name.startswith("gateway.channels.")),
    "modules": len(sys.modules),
    "frozen": gc.get_freeze_count(),
    "garbage rounds": gc.get_stats()[2]["collections"],
    "threads": len(os.listdir("/proc/self/task")),
    "opened": [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd not in before],
    "folder": sorted(str(path) for path in Path(os.environ["GATEWAY_DATA_DIR"]).rglob("*")),
}))
"""


@pytest.mark.parametrize(
    ("database", "besides", "other"),
    [("", set(), "postgresql"), ("postgresql://nobody@127.0.0.1:1/nothing", {"psycopg"}, "sqlite")],
    ids=["sqlite", "postgresql"],
)
def test_the_parent_has_what_all_need_and_no_connection(
    tmp_path: Path, database: str, besides: set[str], other: str
) -> None:
    given = {"GATEWAY_DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": database}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    image = json.loads(done.stdout)
    packages = set(image["packages"])
    assert packages >= SHARED | besides
    assert packages & set(LATE) == besides
    assert image["databases"] != []
    assert [name for name in image["databases"] if name.split(".")[2] == other] == []
    assert "gateway.channels.simulator" in image["channels"]
    assert image["modules"] <= MOST_MODULES + 100 * len(besides)
    assert image["frozen"] > 100 * image["modules"], "the collector would unshare their pages"
    assert image["garbage rounds"] == 0, "looking through all that imports make takes a tenth of a second"
    assert image["threads"] == 1, "a lock that another thread holds stays locked in a forked child"
    assert [each for each in image["opened"] if "/proc/" not in each] == []
    assert image["folder"] == [], "no database, no lock, no key was touched"
