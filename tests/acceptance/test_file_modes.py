"""What a running gateway leaves on the disk is for the eyes of its owner alone, whatever the mask of whoever started it."""

import os
import stat
from pathlib import Path

import pytest

from tests.support.running import Running

GROUP_OR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.mark.fault("K16")
@pytest.mark.xdist_group("house")
def test_nobody_else_may_look_into_the_data_folder(house: Running) -> None:
    found = {
        f"{path.relative_to(house.data)} {stat.filemode(path.lstat().st_mode)}"
        for path in walk(house.data)
        if path.lstat().st_mode & GROUP_OR_OTHERS
    }
    assert found == set()


def walk(folder: Path) -> list[Path]:
    """Return everything below, without links: their modes say nothing."""
    return [
        Path(where) / name
        for where, folders, files in os.walk(folder)
        for name in (*folders, *files)
        if not (Path(where) / name).is_symlink()
    ]
