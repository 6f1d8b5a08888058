"""The one question of the catalogue: is this folder a sound menu, and if not, what is wrong with it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.catalogue.declared import read_declared
from gateway.catalogue.load import Loaded, load_all
from gateway.catalogue.nodes import MapNode, Places, pairs_in, wordings_in
from gateway.catalogue.problems import Level, Place, Problem, has_errors, in_order, pointed
from gateway.catalogue.proofs import Asked, prove
from gateway.catalogue.schema.build import build, dated
from gateway.catalogue.schema.conform import conform
from gateway.catalogue.schema.grammar import FILE
from gateway.catalogue.schema.keys import keys
from gateway.catalogue.schema.merge import Merged, merge
from gateway.catalogue.schema.placeholders import placeholders
from gateway.catalogue.schema.references import references
from gateway.catalogue.schema.years import years
from gateway.engine.menu import Menu

# With one of these a menu cannot even be built, so nothing more can be proved of it.
_BLOCKING = frozenset(
    {
        "yaml-syntax",
        "yaml-refused",
        "yaml-guessed",
        "missing-key",
        "unknown-key",
        "unknown-screen",
        "unknown-language",
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the menu where it is free of errors, and every problem in the order of the files.

    ``built`` is the menu even with errors, as long as its parts fit together: good enough to be drawn.
    """

    menu: Menu | None
    problems: tuple[Problem, ...]
    built: Menu | None = None

    @property
    def sound(self) -> bool:
        """Say whether the menu may be published."""
        return self.menu is not None


def check(files: Mapping[str, bytes], asked: Asked) -> Checked:
    """Check the files of a folder, by name; ``asked`` says for which day, limits and settings."""
    if not files:
        return Checked(None, (_empty(),))
    loaded = load_all(files)
    merged = merge(loaded)
    problems = list(_written(loaded, merged, asked.today))
    menu = None
    if not any(problem.code in _BLOCKING for problem in problems):
        menu = build(merged.root, _drafts(merged))
        declared = read_declared(merged.root)
        places = _places(merged.root)
        problems += prove(menu, places, asked, draft_files=merged.drafts, declared=declared)
    lines = {name: content.decode("utf-8", "replace").splitlines() for name, content in files.items()}
    ordered = in_order(pointed(problem, lines.get(problem.place.file, [])) for problem in problems)
    return Checked(None if has_errors(ordered) else menu, ordered, menu)


def _written(loaded: Mapping[str, Loaded], merged: Merged, today: date) -> Iterator[Problem]:
    for each in loaded.values():
        yield from each.problems
        if each.root is not None:
            yield from conform(each.root, FILE)
    yield from merged.problems
    if merged.whole:
        yield from references(merged.root)
        yield from placeholders(merged.root)
    yield from keys(merged.root)
    yield from years(merged.root, today)


def _places(root: MapNode) -> Places:
    """Return where each part was written; the values of a fact are counted from the oldest, as in the menu."""
    places = Places()
    places.add(root)
    for name, message in pairs_in(root, "messages"):
        wordings = wordings_in(message)
        if wordings is message:
            places.add(message, ("messages", name.text, "text"))
            places.found["messages", name.text, "text"] = name.place
    for name, fact in pairs_in(root, "facts"):
        for at, value in enumerate(dated(fact)):
            places.add(value, ("facts", name.text, str(at)))
    return places


def _drafts(merged: Merged) -> frozenset[str]:
    """Name the languages of draft files: all that fall back to another, for those are translations."""
    if not merged.drafts:
        return frozenset()
    return frozenset(name.text for name, _ in pairs_in(merged.root, "fallback"))


def _empty() -> Problem:
    return Problem(
        code="missing-key",
        place=Place(),
        level=Level.ERROR,
        message="the folder holds no .yaml file",
        hint="name the folder that holds the menu",
    )
