"""The families of proofs, run one after the other."""

from collections.abc import Callable, Iterator

from gateway.catalogue.nodes import Places
from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Asked, Subject
from gateway.engine.menu import Menu

Proof = Callable[[Subject], Iterator[Problem]]

FAMILIES: tuple[Proof, ...] = ()


def prove(
    menu: Menu, places: Places, asked: Asked, *, draft_files: frozenset[str] = frozenset()
) -> list[Problem]:
    """Return every problem that the proofs find in a menu that was built."""
    subject = Subject(menu, asked, places, draft_files)
    return [problem for proof in FAMILIES for problem in proof(subject)]
