"""The laws of imports: the tree keeps them, and one planted violation of each is named by its contract."""

import re
from pathlib import Path

import pytest

from tests.laws import trees

PLANTED = (
    ("Law 1: engine", "gateway/menus/engine/planted.py", "import time"),
    ("Law 1: engine", "gateway/domain/callbacks/planted.py", "import sqlalchemy"),
    ("Law 1: engine", "gateway/domain/outbox/planted.py", "import logging"),
    ("Law 1: engine", "gateway/menus/engine/planted_clock.py", "from gateway.foundation import time_and_chance"),
    ("Law 1: authoring", "gateway/menus/authoring/planted.py", "import sqlalchemy"),
    ("Law 1: YAML", "gateway/helpdesk/planted.py", "import ruamel.yaml"),
    ("Law 2: a channel knows", "gateway/channels/simulator/planted.py", "from gateway.storage import database"),
    ("Law 2: the store", "gateway/storage/planted_channel.py", "from gateway.channels.africastalking import codes"),
    ("Law 2: no channel", "gateway/channels/simulator/planted_other.py", "from gateway.channels.africastalking import codes"),
    ("Law 3", "workers/planted.py", "import flask"),
    ("Law 3", "workers/planted_detour.py", "from gateway.web.shared import languages"),
    ("Law 4", "gateway/helpdesk/planted_settings.py", "from config import settings"),
    ("Law 7", "gateway/web/console/planted.py", "import sqlalchemy"),
    ("Law: arrows", "gateway/helpdesk/planted_up.py", "from gateway.conversations import ussd"),
    ("Law: arrows", "gateway/web/admin/planted.py", "from gateway.web import console"),
    ("Law: arrows", "gateway/helpdesk/planted_root.py", "from gateway.web import app"),
    ("Law: arrows", "gateway/storage/planted.py", "from gateway import cli"),
)  # fmt: skip


def linted(folder: Path) -> tuple[int, str]:
    return trees.run(folder, "tests.laws.lint_imports", "--no-cache")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each broken contract when every violation is planted at once."""
    folder = trees.copied(tmp_path_factory.mktemp("broken"), "gateway", "workers", "config", "pyproject.toml")
    (folder / "tests" / "laws").mkdir(parents=True)
    for name in ("tests/laws/lint_imports.py",):
        (folder / name).write_text((trees.ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    for _, path, line in PLANTED:
        (folder / path).write_text(f'"""A file that breaks a law."""\n\n{line}\n', encoding="utf-8")
    code, said = linted(folder)
    assert code == 1, said
    details = said.partition("Broken contracts")[2]
    found = re.split(r"\n([^\n]+)\n-{5,}\n", details)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_tree_keeps_every_law() -> None:
    code, said = linted(trees.ROOT)
    assert code == 0, said
    assert " 0 broken" in said


@pytest.mark.parametrize(("law", "path", "line"), PLANTED, ids=[f"{law} {path}" for law, path, _ in PLANTED])
def test_a_planted_import_is_named_by_its_law(broken: dict[str, str], law: str, path: str, line: str) -> None:
    module = path.removesuffix(".py").replace("/", ".")
    (said,) = [words for name, words in broken.items() if name.startswith(law)]
    assert module in said, (line, said)
