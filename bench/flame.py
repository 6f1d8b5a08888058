"""Draws where time goes from collapsed stacks: ``py-spy record --format raw --gil -o STACKS -p PID``, then this.

    python -m bench.flame STACKS docs/explanation/hop.svg --root Front.__rsgi__

Each bar is a function, as wide as its share of the samples; what it calls stands below it (flame graph, Brendan
Gregg). The picture is plain SVG without a script, so that it stays small and shows in any page; a bar tells its share
when pointed at.
"""

import argparse
import re
from collections import Counter
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 1_000, 17
LEAST = 0.004
"""Smallest share of a bar that is drawn."""

_LETTER = 6.3
_OURS, _OTHERS = "#f2b36b", "#d9d4c7"
_LINE = re.compile(r":\d+\)$")


class Bar:
    """A function in the place where it was called from, with its samples and what it called."""

    def __init__(self) -> None:
        self.samples = 0
        self.calls: dict[str, Bar] = {}


def read_stacks(lines: list[str], root: str) -> Bar:
    """Return the tree of all stacks, each from the root on where it contains it."""
    top = Bar()
    for line in lines:
        stack, _, number = line.rpartition(" ")
        names = [_LINE.sub(")", name) for name in stack.split(";")]
        begins = next((place for place, name in enumerate(names) if root and name.startswith(root)), 0)
        top.samples += int(number)
        bar = top
        for name in names[begins:]:
            bar = bar.calls.setdefault(name, Bar())
            bar.samples += int(number)
    return top


def draw_bars(top: Bar, title: str) -> str:
    """Return the picture."""
    rows: list[str] = []
    deepest = _draw(top, 0.0, 0, top.samples, rows)
    height = (deepest + 2) * HEIGHT
    placed = "\n".join(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="monospace" font-size="10.5">'
        f'<title>{escape(title)}</title><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="4" y="12">{escape(title)}</text>\n{placed}\n</svg>\n'
    )


def _draw(bar: Bar, left: float, depth: int, whole: int, rows: list[str]) -> int:
    deepest = depth
    for name, call in sorted(bar.calls.items()):
        share = call.samples / whole
        if share >= LEAST:
            rows.append(_write_bar(name, left, depth, share))
            deepest = max(deepest, _draw(call, left, depth + 1, whole, rows))
        left += share * WIDTH
    return deepest


def _write_bar(name: str, left: float, depth: int, share: float) -> str:
    wide, top = share * WIDTH, (depth + 1) * HEIGHT
    short = name.partition(" (")[0][: int((wide - 4) / _LETTER)]
    label = f'<text x="{left + 2:.0f}" y="{top + 12}">{escape(short)}</text>' if short[2:] else ""
    fill = _OURS if "(gateway/" in name else _OTHERS
    return (
        f"<g><title>{escape(name)}, {share:.1%}</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{HEIGHT - 1}" fill="{fill}"/>{label}</g>'
    )


def main() -> None:
    """Read stacks, draw, and print the functions with the largest shares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("stacks", type=Path)
    options.add_argument("picture", type=Path)
    options.add_argument("--root", default="")
    options.add_argument("--title", default="Where the interpreter's time goes")
    asked = options.parse_args()
    lines = asked.stacks.read_text().splitlines()
    top = read_stacks(lines, asked.root)
    asked.picture.write_text(draw_bars(top, f"{asked.title} ({top.samples} samples)"))
    shares: Counter[str] = Counter()
    for line in lines:
        stack, _, number = line.rpartition(" ")
        for name in {_LINE.sub(")", each) for each in stack.split(";")}:
            shares[name] += int(number)
    total = sum(int(line.rpartition(" ")[2]) for line in lines)
    for name, samples in shares.most_common(60):
        print(f"{samples / total:6.1%} {name}")


if __name__ == "__main__":
    main()
