"""Prints the measures of the source beside their targets and beside those before the product had rooms.

    python -m tests.laws.measures               # this tree
    python -m tests.laws.measures FOLDER        # an export of another commit: git archive COMMIT | tar -x -C FOLDER

Everything is read from the files of `gateway`, `workers` and `config`; the folder of migrations is left out, in the
figures of before as well: a migration is never changed and never joined to another. What is measured at run time (files and rooms that a request enters) is printed by `python -m bench.trace`.
"""

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.laws.house_rules import walked
from tests.laws.names import is_participle

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("gateway", "workers", "config")
SMALL, LONG = 40, 40
MANY_ARGUMENTS = 6
SOURCE = re.compile(
    r"\b(3GPP|RFC ?\d|OWASP|NIST|ITU|ISO \d|ISO/IEC|BCP ?\d|IETF|W3C|WCAG|CLDR|UAX|UTS ?#?\d|Unicode \d|FIPS"
    r"|POSIX|GSMA|PEP \d|TS \d\d\.\d\d\d)|https?://(?!127|localhost)"
)
"""How a comment names where its fact comes from: a standard by its number, or an address."""
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)
BEFORE = "d5833dd"
"""The last commit before the product was moved into rooms."""


@dataclass
class Tree:
    """Everything that is counted, gathered file by file."""

    files: dict[str, int] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    arguments: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)
    typed: int = 0
    comments: int = 0
    docstrings: int = 0
    sourced: int = 0

    def add_file(self, path: str, text: str) -> None:
        self.files[path] = text.count("\n")
        for node in walked(text):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._add_function(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] += 1
        said = list(list_prose(text))
        self.comments += sum(1 for kind, _ in said if kind == "comment")
        self.docstrings += sum(1 for kind, _ in said if kind == "docstring")
        self.sourced += sum(1 for _, line in said if SOURCE.search(line))

    def _add_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.lengths.append((node.end_lineno or 0) - node.lineno + 1)
        inner = list(ast.walk(node))
        chains = sum(len(part.values) - 1 for part in inner if isinstance(part, ast.BoolOp))
        self.branches.append(1 + chains + sum(isinstance(part, BRANCHES) for part in inner))
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.arguments.append(len([one for one in given if one.arg not in {"self", "cls"}]))
        self.typed += node.returns is not None
        name = node.name.strip("_")
        if name and not node.name.startswith("__"):
            self.names.append(name)


def list_prose(text: str) -> Iterator[tuple[str, str]]:
    """Yield ("comment" or "docstring", line) of each line of prose in a module."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(("# noqa", "# type:", "# fmt:")):
            yield "comment", token.string
    for node in walked(text):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            for line in node.value.value.splitlines():
                yield "docstring", line


def read_tree(root: Path) -> Tree:
    """Measure the source under a folder."""
    tree = Tree()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                tree.add_file(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    return tree


def spread(numbers: Sequence[int]) -> str:
    """Median, ninth decile and largest, as `median/p90/max`."""
    ordered = sorted(numbers)
    return f"{median(ordered):g}/{ordered[int(len(ordered) * 0.9)]}/{ordered[-1]}"


def measure(tree: Tree) -> dict[str, str]:
    """Every measure by its name, printed as it stands in the table."""
    functions, lines = len(tree.lengths), sum(tree.files.values())
    small = [path for path, long in tree.files.items() if long < SMALL and not path.endswith("__init__.py")]
    words = [name.split("_") for name in tree.names]
    return {
        "files": str(len(tree.files)),
        "files per 10,000 lines": f"{10_000 * len(tree.files) / lines:.1f}",
        "lines": str(lines),
        "lines of a file, median/p90/max": spread(list(tree.files.values())),
        "files under 40 lines, without `__init__`": str(len(small)),
        "functions": str(functions),
        "lines of a function, median/p90/max": spread(tree.lengths),
        "functions above 40 lines": str(sum(long > LONG for long in tree.lengths)),
        "branches of a function, median/p90/max": spread(tree.branches),
        "functions of six arguments and more": percent(
            sum(n >= MANY_ARGUMENTS for n in tree.arguments), functions
        ),
        "functions with a typed result": percent(tree.typed, functions),
        "one-word function names": percent(sum(len(parts) == 1 for parts in words), len(words)),
        "function names that begin with a participle": percent(
            sum(is_participle(parts[0]) for parts in words), len(words)
        ),
        "words of a function name": f"{sum(map(len, words)) / len(words):.2f}",
        "class names used twice": str(sum(times > 1 for times in tree.classes.values())),
        "comment lines": percent(tree.comments, lines),
        "docstring lines": percent(tree.docstrings, lines),
        "comment and docstring lines that name a source": str(tree.sourced),
    }


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


TARGETS: Mapping[str, str] = {
    "files": "≤ 330",
    "functions above 40 lines": "0",
    "one-word function names": "≤ 30 %",
    "function names that begin with a participle": "≤ 2 %",
    "class names used twice": "0",
    "comment and docstring lines that name a source": "≥ 40",
}
MEASURED_BEFORE: Mapping[str, str] = {
    "files": "470",
    "files per 10,000 lines": "94.5",
    "lines": "49749",
    "lines of a file, median/p90/max": "82/221/381",
    "files under 40 lines, without `__init__`": "52",
    "functions": "3297",
    "lines of a function, median/p90/max": "7/18/40",
    "functions above 40 lines": "0",
    "branches of a function, median/p90/max": "3/7/28",
    "functions of six arguments and more": "2.9 %",
    "functions with a typed result": "100.0 %",
    "one-word function names": "60.8 %",
    "function names that begin with a participle": "13.1 %",
    "words of a function name": "1.46",
    "class names used twice": "39",
    "comment lines": "0.7 %",
    "docstring lines": "12.5 %",
    "comment and docstring lines that name a source": "14",
}
"""This table's own answer for an export of the commit `BEFORE`."""


def main(arguments: Sequence[str]) -> None:
    """Print the table for a folder, or for this tree."""
    now = measure(read_tree(Path(arguments[0]) if arguments else ROOT))
    print(f"| measure | target | {BEFORE} | now |\n|---|---|---|---|")
    for name, value in now.items():
        print(f"| {name} | {TARGETS.get(name, '')} | {MEASURED_BEFORE.get(name, '')} | {value} |")


if __name__ == "__main__":
    main(sys.argv[1:])
