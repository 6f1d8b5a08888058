"""Makes the pages of the documentation that are read out of the product, so that they cannot differ from it.

python -m tests.docs.make_pages       # writes those that changed, and names them

A page is made whole, or a part of it between ``<!-- made: NAME -->`` and ``<!-- end: NAME -->``; the rest is written by hand.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.docs.pages import audit_acts, channel_contract, http, menu_format, rooms, settings, tables

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "python -m tests.docs.make_pages"

MADE: dict[str, Callable[[], str]] = {
    "docs/explanation/rooms.svg": rooms.draw_svg,
    "docs/explanation/architecture.md#rooms": rooms.draw_mermaid,
    "docs/explanation/architecture.md#laws": rooms.list_laws,
    "docs/reference/menu-format.md#keys": menu_format.describe_menu,
    "docs/reference/menu-format.md#tests": menu_format.describe_tests,
    "docs/reference/settings.md#settings": settings.describe_settings,
    "docs/reference/tables.md#tables": tables.describe_tables,
    "docs/reference/channel-contract.md#contract": channel_contract.describe_contract,
    "docs/reference/channels.md#channels": channel_contract.list_channels,
    "docs/reference/audit-acts.md#acts": audit_acts.list_acts,
    "docs/reference/http.md#addresses": http.list_addresses,
    "docs/reference/http.md#metrics": http.list_metrics,
}


def part_of(page: str, name: str) -> re.Pattern[str]:
    """Match a made part of a page with its two marks."""
    found = re.compile(rf"(<!-- made: {name} -->\n).*?(\n<!-- end: {name} -->)", re.DOTALL)
    if not found.search(page):
        raise LookupError(
            f"no part {name}: write <!-- made: {name} --> and <!-- end: {name} --> where it belongs"
        )
    return found


def make(target: str) -> tuple[Path, str, str]:
    """Return the file of a target, what it holds, and what it should hold."""
    path, _, name = target.partition("#")
    file = ROOT / path
    there = file.read_text(encoding="utf-8") if file.exists() else ""
    made = MADE[target]()
    if not name:
        return file, there, made
    return (
        file,
        there,
        part_of(there, name).sub(lambda marks: f"{marks[1]}\n{made.strip()}\n{marks[2]}", there),
    )


def main() -> int:
    for target in MADE:
        file, there, wanted = make(target)
        if there != wanted:
            file.write_text(wanted, encoding="utf-8")
            print(f"made {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
