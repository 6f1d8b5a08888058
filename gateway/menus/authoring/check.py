"""The one question of the catalogue: is this folder a sound menu, and if not, what is wrong with it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.menus.authoring.checks import CheckContext, run_checks
from gateway.menus.authoring.declared import read_declared
from gateway.menus.authoring.problems import Level, Place, Problem, has_errors, point_problem, sort_problems
from gateway.menus.authoring.reviews import Reviews, find_waiting, read_marks
from gateway.menus.authoring.schema.build import build_menu, list_dated_values
from gateway.menus.authoring.schema.conform import Merged, check_shape, merge_files
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.authoring.schema.placeholders import check_placeholders
from gateway.menus.authoring.schema.references import check_references
from gateway.menus.authoring.schema.rows import check_years
from gateway.menus.authoring.schema.shapes import check_keys
from gateway.menus.authoring.yaml_loader import Loaded, load_all
from gateway.menus.authoring.yaml_nodes import MapNode, Places, get_pairs, get_scalars, get_wordings
from gateway.menus.engine.model import Menu

# With one of these a menu cannot even be built, so nothing more can be proved of it.
_BLOCKING = frozenset(
    {
        "yaml-syntax",
        "yaml-refused",
        "yaml-guessed",
        "missing-key",
        "empty-value",
        "unknown-key",
        "unknown-screen",
        "unknown-language",
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the menu where it is free of errors, and every problem in the order of the files.

    ``built`` is the menu even with errors, as long as its parts fit together: good enough to be drawn. ``reviews`` says
    which of its texts were read.
    """

    menu: Menu | None
    problems: tuple[Problem, ...]
    built: Menu | None = None
    reviews: Reviews = field(default_factory=Reviews)

    @property
    def sound(self) -> bool:
        """Say whether the menu may be published."""
        return self.menu is not None


def check_menu(files: Mapping[str, bytes], asked: CheckContext) -> Checked:
    """Check the files of a folder, by name; ``asked`` says for which day, limits and settings."""
    if not files:
        return Checked(None, (_report_empty(),))
    loaded = load_all(files)
    merged = merge_files(loaded)
    problems = list(_find_written_faults(loaded, merged, asked.today))
    menu, reviews = None, Reviews(read_marks(merged.root), _list_drafts(merged))
    if not any(problem.code in _BLOCKING for problem in problems):
        menu = build_menu(merged.root)
        menu = replace(menu, waiting=find_waiting(menu, reviews))
        declared = read_declared(merged.root)
        problems += run_checks(menu, _list_places(merged.root), asked, reviews=reviews, declared=declared)
    lines = {name: content.decode("utf-8", "replace").splitlines() for name, content in files.items()}
    ordered = sort_problems(point_problem(problem, lines.get(problem.place.file, [])) for problem in problems)
    return Checked(None if has_errors(ordered) else menu, ordered, menu, reviews)


def _find_written_faults(loaded: Mapping[str, Loaded], merged: Merged, today: date) -> Iterator[Problem]:
    for each in loaded.values():
        yield from each.problems
        if each.root is not None:
            yield from check_shape(each.root, FILE)
    yield from merged.problems
    if merged.whole:
        yield from check_references(merged.root)
        yield from check_placeholders(merged.root)
    yield from check_keys(merged.root)
    yield from check_years(merged.root, today)


def _list_places(root: MapNode) -> Places:
    """Return where each part was written; the values of a fact are counted from the oldest, as in the menu."""
    places = Places()
    places.add(root)
    for name, message in get_pairs(root, "messages"):
        wordings = get_wordings(message)
        if wordings is message:
            places.add(message, ("messages", name.text, "text"))
            places.found["messages", name.text, "text"] = name.place
    for name, fact in get_pairs(root, "facts"):
        for at, value in enumerate(list_dated_values(fact)):
            places.add(value, ("facts", name.text, str(at)))
    return places


def _list_drafts(merged: Merged) -> frozenset[str]:
    """Name the languages of which nothing counts as read: those of the head, and all translations of draft files."""
    named = frozenset(each.text for each in get_scalars(merged.root, "drafts"))
    translations = get_pairs(merged.root, "fallback") if merged.drafts else ()
    return named.union(name.text for name, _ in translations)


def _report_empty() -> Problem:
    return Problem(
        code="missing-key",
        place=Place(),
        level=Level.ERROR,
        message="the folder holds no .yaml file",
        hint="name the folder that holds the menu",
    )
