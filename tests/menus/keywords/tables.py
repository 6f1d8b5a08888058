"""Reads the tables of texts beside the tests."""

from pathlib import Path

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    """Return the rows of a table; a line that begins with # is a note."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
