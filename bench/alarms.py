"""How often texts of strangers raise an alarm: ``python -m bench.alarms FILE… [--menus FOLDER] [--show 100]``.

A file has one text a line. The texts are brought by whoever measures; none stand in this repository. With ``--show`` a
reader sees every n-th alarm beside the menu's word for it, and says which of them are right.
"""

import argparse
import time
from pathlib import Path

from gateway.menus.authoring.schema.build import build_menu
from gateway.menus.authoring.schema.conform import merge_files
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.engine.model import Menu
from gateway.menus.keywords.match import find_danger


def menu_of(folder: Path) -> Menu:
    """Return the menu of a folder, unproved: only its words are looked at."""
    files = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    return build_menu(merge_files(load_all(files)).root)


def alarms_in(menu: Menu, texts: list[str]) -> list[tuple[str, str]]:
    """Return each text that is understood as danger, with the menu's word for it."""
    matches = ((text, find_danger(menu, text)) for text in texts)
    return [(match.why.partition(": ")[2], text) for text, match in matches if match]


def main() -> None:
    """Print the figures of each file, and the alarms to read."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", nargs="+", type=Path)
    asked.add_argument("--menus", type=Path, default=Path("menus"))
    asked.add_argument("--show", type=int, default=0)
    given = asked.parse_args()
    menu = menu_of(given.menus)
    for file in given.files:
        texts = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        began = time.perf_counter()
        found = alarms_in(menu, texts)
        each = 1_000 * (time.perf_counter() - began) / max(1, len(texts))
        share = 1_000 * len(found) / max(1, len(texts))
        print(
            f"{file.name}: {len(texts)} texts, {len(found)} alarms, {share:.2f} a thousand, {each:.2f} ms a text"
        )
        step = max(1, len(found) // given.show) if given.show else len(found) + 1
        for word, text in found[step - 1 :: step][: given.show]:
            print(f"  {word}\t{text[:160]}")


if __name__ == "__main__":
    main()
