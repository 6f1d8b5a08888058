"""A link in a menu folder that leads out of it is not followed: it would be shown, and published."""

from pathlib import Path

import pytest

from gateway.menus.authoring.folder import find_unread, read_folder, read_tests

pytestmark = pytest.mark.fault("K16")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "menus"
    (made / "tests").mkdir(parents=True)
    (made / "start.yaml").write_text("schema: 1\n")
    (tmp_path / "secret").write_text("schema: of somebody else\n")
    return made


@pytest.mark.parametrize("name", ["x.yaml", "x.yml", "below/x.yaml"])
def test_a_link_out_of_the_folder_is_named_and_not_read(folder: Path, name: str) -> None:
    link = folder / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(folder.parent / "secret")
    assert set(read_folder(folder)) == {"start.yaml"}
    [problem] = find_unread(folder)
    assert (problem.code, problem.place.file) == ("file-not-read", name)
    assert "link" in problem.message


def test_a_linked_folder_and_a_linked_conversation_are_no_way_out(folder: Path) -> None:
    (folder.parent / "others").mkdir()
    (folder.parent / "others" / "x.yaml").write_text("schema: 1\n")
    (folder / "below").symlink_to(folder.parent / "others", target_is_directory=True)
    (folder / "tests" / "x.yaml").symlink_to(folder.parent / "secret")
    assert set(read_folder(folder)) == {"start.yaml"}
    assert read_tests(folder) == {}


def test_a_link_within_it_and_a_linked_folder_as_a_whole_are_read(folder: Path, tmp_path: Path) -> None:
    (folder / "again.yaml").symlink_to("start.yaml")
    whole = tmp_path / "by-another-name"
    whole.symlink_to(folder, target_is_directory=True)
    assert set(read_folder(whole)) == {"start.yaml", "again.yaml"}
