"""A data folder that others could look into is closed by the next start, and the doctor says so until then."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from config import settings
from gateway.bootstrap import open_serving_parts
from gateway.storage.atomic_files import close_files, find_open_files
from tests.cli.test_doctor import reds, told
from tests.support.cli_house import Machine

pytestmark = pytest.mark.fault("K16")
OPENED = stat.S_IRGRP | stat.S_IROTH


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path / "house", monkeypatch)
    machine.starts()
    return machine


@pytest.fixture
def data(machine: Machine) -> Path:
    return machine.parts().data_dir


def leave_open(data: Path) -> set[Path]:
    """Leave it as a release before 0.2 did under the usual mask 022."""
    subprocess.run(["chmod", "-R", "go+rX", data], check=True)
    return {path for path in data.rglob("*") if not path.is_symlink()}


def test_the_doctor_is_red_until_the_next_start_closes_it(machine: Machine, data: Path) -> None:
    everything = leave_open(data)
    assert data / "keys" / "master" in everything
    said = told(machine)
    assert "file_modes" in reds(said)
    assert "keys/master" in said["file_modes"][1]
    assert f"chmod -R go= {data}" in said["file_modes"][1]
    assert any("files of the data folder were open" in line for line in machine.starts())
    assert [path for path in everything if path.exists() and path.lstat().st_mode & 0o077] == []
    assert "file_modes" not in reds(told(machine))
    assert not any("were open" in line for line in machine.starts())


def test_a_part_that_is_started_by_itself_closes_it_too(machine: Machine, data: Path) -> None:
    leave_open(data)
    parts, _ = open_serving_parts(settings.load_settings(machine.environment()))
    parts.store.close()
    assert find_open_files(data) == []


def test_only_what_the_product_makes_is_ever_closed(tmp_path: Path) -> None:
    for name in ("holiday.jpg", "keys/master", "gateway.sqlite3", "gateway.sqlite3-wal", "Documents/spool"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    outside = tmp_path / "elsewhere"
    outside.write_text("x")
    (tmp_path / "spool").symlink_to(tmp_path / "Documents")
    (tmp_path / "keys" / "link").symlink_to(outside)
    subprocess.run(["chmod", "-R", "go+rX", tmp_path], check=True)
    was = tmp_path.stat().st_mode
    assert close_files(tmp_path) == 4
    assert tmp_path.stat().st_mode == was
    for name in ("holiday.jpg", "Documents", "Documents/spool", "elsewhere"):
        assert (tmp_path / name).stat().st_mode & OPENED
    assert find_open_files(tmp_path) == []


@pytest.mark.parametrize(("mode", "told_of"), [(0o700, 0), (0o755, 0), (0o775, 1), (0o777, 1), (0o1777, 0)])
def test_a_folder_that_others_may_write_is_told_and_left(tmp_path: Path, mode: int, told_of: int) -> None:
    tmp_path.chmod(mode)
    assert find_open_files(tmp_path) == [tmp_path] * told_of
    assert close_files(tmp_path) == 0
    assert stat.S_IMODE(tmp_path.stat().st_mode) == mode


def test_a_folder_that_is_not_there_has_nothing_open(tmp_path: Path) -> None:
    assert find_open_files(tmp_path / "none") == []
    assert close_files(tmp_path / "none") == 0


@pytest.mark.fault("K9")
@pytest.mark.parametrize(
    "command", [["backup", "kept"], ["callbacks", "list"], ["keys", "sheet"], ["db", "upgrade"]]
)
def test_a_folder_of_somebody_else_is_one_sentence(
    machine: Machine, data: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests may be allowed everything, so the system's refusal is put in its place."""
    real = Path.read_text

    def refused(path: Path, *more: object, **named: object) -> str:
        if path == data / "keys" / "master":
            raise PermissionError(13, os.strerror(13), str(path))
        return real(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", refused)
    red = machine.run("doctor")
    assert red.exit_code == 1
    assert f"{data}/keys/master cannot be used (Permission denied)" in red.output
    result = machine.run(*command)
    assert result.exit_code == 1
    assert (
        result.stderr
        == f"Error: {data}/keys/master cannot be used (Permission denied); `gateway doctor` says more.\n"
    )
