"""A machine for a test of commands: a data folder of its own, and commands as they are typed."""

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config import settings as config
from config.settings import Settings
from gateway import bootstrap
from gateway.bootstrap import open_parts
from gateway.cli import first_start
from gateway.cli.main import main
from gateway.foundation.services import Services
from gateway.storage.database import Store

MENUS = Path("tests/menus/authoring/base").absolute()
"""A small menu: publishing the sample takes seconds."""
NUMBERS = '[line]\nhelpline = "+85620555000000"\nmrc = "+85620555000001"\n'
LINES = """
[hours]
mon = ["06:00-21:00"]
tue = ["06:00-21:00"]
wed = ["06:00-21:00"]
thu = ["06:00-21:00"]
fri = ["06:00-21:00"]
sat = ["06:00-21:00"]
sun = ["06:00-21:00"]
[channels.africastalking]
provider = "africastalking"
[channels.simulator]
provider = "simulator"
service_codes = ["*123*4#"]
sms_number = "1234"
"""


def _note(here: pytest.MonkeyPatch, opened: list[Store]) -> None:
    """Add every ledger to the list that a command opens from now on."""
    open_ledger = bootstrap.open_ledger

    def noting(settings: Settings, **more: Any) -> Store:
        opened.append(open_ledger(settings, **more))
        return opened[-1]

    here.setattr(bootstrap, "open_ledger", noting)


@dataclass
class Machine:
    """One machine: its folder, and its environment while it is the one that commands run on."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    database: str = ""
    numbers: str = NUMBERS
    opened: list[Store] = field(default_factory=list)

    def run(self, *words: str | Path, typed: str | None = None, **environ: str) -> Result:
        """Type a command here."""
        with self.monkeypatch.context() as here:
            for name, value in (self.environment() | environ).items():
                here.setenv(name, value)
            _note(here, self.opened)
            return CliRunner().invoke(main, [str(word) for word in words], input=typed)

    def parts(self, **environ: str) -> Services:
        """The parts of a process of this machine."""
        parts = open_parts(config.load_settings(self.environment() | environ))
        self.opened.append(parts.store)
        return parts

    def close(self) -> None:
        """Close every ledger that was opened here; in its own process a command leaves this to the end."""
        for store in self.opened:
            store.close()

    def starts(self, *, at_terminal: bool = True, **environ: str) -> list[str]:
        """What `gateway up` does before the processes run; the lines it prints."""
        said = io.StringIO()
        with redirect_stdout(said):
            prepared = first_start.prepare_start(
                config.load_settings(self.environment() | environ), at_terminal=at_terminal
            )
        return [*said.getvalue().splitlines(), *prepared.lines]

    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "gateway.toml").write_text(self.numbers + LINES, encoding="utf-8")
        said: dict[str, Any] = {
            "GATEWAY_DATA_DIR": str(self.folder / "var"),
            "GATEWAY_MENUS_DIR": str(MENUS),
            "GATEWAY_CONFIG": str(self.folder / "gateway.toml"),
            "DATABASE_URL": self.database,
        }
        return {name: value for name, value in said.items() if value}


def sheet_in(lines: list[str]) -> str:
    """The letters of the one recovery sheet that these lines show."""
    (letters,) = (line.strip() for line in lines if re.fullmatch(r"\s+(?:[0-9A-Z]{4} ?){14}", line))
    return letters
