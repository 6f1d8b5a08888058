"""What ruff is told to refuse: one planted use of each is named in our own words."""

from pathlib import Path

import pytest

from tests.laws import trees

TIME = "Time is read in gateway/foundation/time_and_chance.py only."
ENVIRONMENT = "The environment is read in config/ only."
CHANCE = "Chance comes from gateway/foundation/time_and_chance.py only."
PLANTED = (
    (
        "gateway/helpdesk/planted_now.py",
        "from datetime import UTC, datetime\n\nAT = datetime.now(UTC)\n",
        TIME,
    ),
    ("gateway/helpdesk/planted_utcnow.py", "import datetime\n\nAT = datetime.datetime.utcnow()\n", TIME),
    ("gateway/helpdesk/planted_today.py", "from datetime import date\n\nAT = date.today()\n", TIME),
    ("gateway/menus/engine/planted_time.py", "import time\n\nAT = time.time()\n", TIME),
    ("gateway/helpdesk/planted_environ.py", 'import os\n\nPORT = os.environ["PORT"]\n', ENVIRONMENT),
    ("workers/planted_getenv.py", 'import os\n\nPORT = os.getenv("PORT")\n', ENVIRONMENT),
    ("gateway/storage/planted_random.py", "import random\n\nN = random.random()\n", CHANCE),
    ("gateway/web/shared/planted_secrets.py", "import secrets\n\nT = secrets.token_hex()\n", CHANCE),
    (
        "gateway/helpdesk/planted_uuid.py",
        "import uuid\n\nI = uuid.uuid4()\n",
        "Ids are made in gateway/foundation/time_and_chance.py only.",
    ),
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = trees.copied(tmp_path_factory.mktemp("banned"), "pyproject.toml", "gateway", "config")
    for path, text, _ in PLANTED:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(f'"""A file that breaks a law."""\n\n{text}', encoding="utf-8")
    code, words = trees.run(
        folder, "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise", "gateway", "workers",
        "config",
    )  # fmt: skip
    assert code == 1
    return words


@pytest.mark.parametrize(("path", "text", "law"), PLANTED, ids=[path for path, _, _ in PLANTED])
def test_a_planted_use_is_named(said: str, path: str, text: str, law: str) -> None:
    assert [line for line in said.splitlines() if line.startswith(f"{path}:") and law in line], (text, said)


def test_nothing_else_is_named(said: str) -> None:
    named = {line.partition(":")[0] for line in said.splitlines() if "TID251" in line}
    assert named == {path for path, _, _ in PLANTED}
