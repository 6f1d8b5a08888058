"""Prints which test holds which fault: ``python -m tests.faults.table``.

A test that would be red if a known fault came back bears ``@pytest.mark.fault("R1")``. The files beside this one say
in a sentence what each id stands for, one file a letter.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
TESTS = FOLDER.parent


def known_faults() -> dict[str, str]:
    """Return id → what goes wrong, in the order of the files."""
    faults: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(name.startswith(path.stem) for name in read), f"{path.name} holds ids of that letter only"
        faults.update(read)
    return faults


def marked_tests() -> Iterator[tuple[str, str]]:
    """Yield each id that a mark names with the test that bears it."""
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.fault(" not in text:
            continue
        module = ast.parse(text)
        for statement in module.body:
            yield from _marks_in(statement, f"{path.relative_to(TESTS.parent)}")


def _marks_in(statement: ast.stmt, place: str) -> Iterator[tuple[str, str]]:
    name = getattr(statement, "name", "")
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            for argument in node.args:
                assert isinstance(argument, ast.Constant), f"{place}:{node.lineno}: an id is written out"
                yield str(argument.value), f"{place}::{name}" if name else place


def main() -> None:
    """Print one row a fault."""
    tests: dict[str, list[str]] = {}
    for name, test in marked_tests():
        tests.setdefault(name, []).append(test)
    for name, sentence in known_faults().items():
        print(f"{name}\t{sentence}")
        for test in dict.fromkeys(tests.get(name, ["no test"])):
            print(f"\t{test}")


if __name__ == "__main__":
    main()
