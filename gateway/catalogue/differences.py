"""Sets what an author expected beside what callers get, line by line, with a mark where they part."""

from difflib import SequenceMatcher

from wcwidth import wcswidth

_EXPECTED, _GOT = "expected", "got"


def side_by_side(expected: str, got: str) -> list[str]:
    """Return the two texts as two columns; ``!`` stands before each line that is not the same in both."""
    rows = _rows(expected.splitlines(), got.splitlines())
    width = max(_width(left) for _, left, _ in (*rows, ("", _EXPECTED, "")))
    head = f"  {_EXPECTED}{' ' * (width - len(_EXPECTED))} | {_GOT}"
    return [head, *(_row(mark, left, right, width) for mark, left, right in rows)]


def _rows(expected: list[str], got: list[str]) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    matcher = SequenceMatcher(None, expected, got, autojunk=False)
    for what, start, end, from_, to in matcher.get_opcodes():
        left, right = expected[start:end], got[from_:to]
        longest = max(len(left), len(right))
        left += [""] * (longest - len(left))
        right += [""] * (longest - len(right))
        rows += zip([" " if what == "equal" else "!"] * longest, left, right, strict=True)
    return rows


def _row(mark: str, left: str, right: str, width: int) -> str:
    return f"{mark} {left}{' ' * (width - _width(left))} | {right}".rstrip()


def _width(text: str) -> int:
    return max(0, wcswidth(text))
