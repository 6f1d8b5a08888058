"""Draws the rooms of the product from the contracts of import-linter in ``pyproject.toml``, as SVG, as Mermaid and as a list."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[3]
Layers = tuple[tuple[str, ...], ...]

WIDTH, ROW, BOX, GAP, LETTER = 880, 58, 34, 12, 7.4


def read_contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return contracts


def read_layers() -> Layers:
    """Return the levels from the top, each with the rooms that must not see each other."""
    [contract] = [each for each in read_contracts() if each["type"] == "layers"]
    return tuple(tuple(room.strip() for room in level.split("|")) for level in contract["layers"])


def name_level(level: tuple[str, ...]) -> str:
    return level[0].replace(".", "_") + "_level"


def draw_mermaid() -> str:
    layers = read_layers()
    lines = ["```mermaid", "flowchart TD"]
    for level in layers:
        lines.append(f'  subgraph {name_level(level)}[" "]')
        lines += [f'    {room.replace(".", "_")}["{room}"]' for room in level]
        lines.append("  end")
    for above, below in pairwise(layers):
        lines.append(f"  {name_level(above)} --> {name_level(below)}")
    return "\n".join([*lines, "```"])


def draw_svg() -> str:
    layers = read_layers()
    height = ROW * len(layers) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="12">',
        "<title>The rooms of the product: each level may import those below it</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for at, level in enumerate(layers):
        top = GAP + at * ROW
        parts += _draw_level(level, top)
        if at + 1 < len(layers):
            middle, end = WIDTH / 2, top + ROW - 2
            parts.append(
                f'<path d="M{middle} {top + BOX} V{end} m-4 -6 l4 6 l4 -6" fill="none" stroke="#555555"/>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_level(level: tuple[str, ...], top: int) -> list[str]:
    names = [room.removeprefix("gateway.") for room in level]
    widths = [len(name) * LETTER + 2 * GAP for name in names]
    left = (WIDTH - sum(widths) - GAP * (len(names) - 1)) / 2
    drawn = []
    for name, width in zip(names, widths, strict=True):
        drawn.append(
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BOX}" rx="5" fill="#eef2f7" stroke="#33475b"/>'
        )
        drawn.append(
            f'<text x="{left + width / 2:.1f}" y="{top + 21}" text-anchor="middle" fill="#111111">{escape(name)}</text>'
        )
        left += width + GAP
    return drawn


def list_laws() -> str:
    """Return every contract: its name, whom it binds, and what they must not import."""
    lines = ["| law | binds | must not import |", "|---|---|---|"]
    for contract in read_contracts():
        if contract["type"] == "layers":
            continue
        binds = contract.get("source_modules") or contract["modules"]
        forbidden = contract.get("forbidden_modules") or ["one another"]
        lines.append(f"| {contract['name']} | {_list_names(binds)} | {_list_names(forbidden)} |")
    return "\n".join(lines)


def _list_names(names: list[str]) -> str:
    return ", ".join(name if " " in name else f"`{name}`" for name in names)
