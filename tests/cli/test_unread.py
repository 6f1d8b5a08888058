"""A publish and a diff name the files of the folder that are not read, as a check does."""

import shutil

import pytest

from tests.support.cli_house import MENUS

pytestmark = pytest.mark.fault("U4")


NAMES = ("pay.YAML", "facts.yaml.txt", "more/words.yml.bak", "tests/more.yml", "rows.Yaml")


def test_what_is_not_read_is_named_at_every_step_and_keeps_nothing_back(machine, tmp_path):
    made = shutil.copytree(MENUS, tmp_path / "menu")
    (made / "more").mkdir()
    (made / "tests").mkdir()
    for name in NAMES:
        (made / name).write_text("schema: 1\n", encoding="utf-8")
    (made / "notes.txt").write_text("ask Noy\n", encoding="utf-8")
    text = (made / "screens.yaml").read_text(encoding="utf-8")
    (made / "screens.yaml").write_text(text.replace("At least", "Not under"), encoding="utf-8")
    for words in (("check", made), ("diff", made), ("publish", made)):
        said = machine.run("menus", *words)
        assert said.exit_code == 0, said.output
        for name in NAMES:
            assert f"'{name}' looks like a part of the menu, and is not read" in said.output
        assert "notes.txt" not in said.output
    assert "is live now" in said.output


def test_where_the_folder_has_errors_too_the_file_is_named_beside_them(machine, tmp_path):
    made = shutil.copytree(MENUS, tmp_path / "menu")
    (made / "words.yaml").rename(made / "words.yaml.txt")
    said = machine.run("menus", "publish", made)
    assert said.exit_code == 1
    assert "'words.yaml.txt' looks like a part of the menu, and is not read" in said.output
    assert "give it the name words.yaml" in said.output
