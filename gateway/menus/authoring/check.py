"""Check an author's folder: read, merge, build and check it, and return the menu with every problem."""

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
from gateway.menus.authoring.schema.key_checks import check_keys
from gateway.menus.authoring.schema.placeholders import check_placeholders
from gateway.menus.authoring.schema.references import check_references
from gateway.menus.authoring.schema.rows import check_years
from gateway.menus.authoring.yaml_loader import Loaded, load_all
from gateway.menus.authoring.yaml_nodes import MapNode, Places, get_pairs, get_scalars, get_wordings
from gateway.menus.engine.model import Menu

# Problems with which a menu cannot be built, so that further checks are impossible.
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
    """The result of a check.

    Attributes:
        menu: the menu, where it has no errors.
        problems: every problem, in the order of the files.
        built: the menu even with errors, as far as its parts fit together; enough to be drawn.
        reviews: the review marks of its texts.
    """

    menu: Menu | None
    problems: tuple[Problem, ...]
    built: Menu | None = None
    reviews: Reviews = field(default_factory=Reviews)

    @property
    def sound(self) -> bool:
        """Whether the menu may be published."""
        return self.menu is not None


def check_menu(files: Mapping[str, bytes], asked: CheckContext) -> Checked:
    """Check the files of a folder (name → bytes) for the day, limits and settings of ``asked``."""
    return _check_files(files, asked)


def build_unchecked(files: Mapping[str, bytes]) -> Checked:
    """Return the built menu of a folder with its review marks and the problems of its files, without any check of it.

    For whoever needs its texts and not whether they may be published; ``menu`` is always None.
    """
    return replace(_check_files(files, None), menu=None)


def _check_files(files: Mapping[str, bytes], asked: CheckContext | None) -> Checked:
    if not files:
        return Checked(None, (_report_empty(),))
    loaded = load_all(files)
    merged = merge_files(loaded)
    problems = list(_find_written_faults(loaded, merged, asked.today if asked else None))
    menu, reviews = None, Reviews(read_marks(merged.root), _list_drafts(merged))
    if not any(problem.code in _BLOCKING for problem in problems):
        menu = build_menu(merged.root)
        menu = replace(menu, waiting=find_waiting(menu, reviews))
        if asked is not None:
            declared = read_declared(merged.root)
            problems += run_checks(menu, _list_places(merged.root), asked, reviews=reviews, declared=declared)
    lines = {name: content.decode("utf-8", "replace").splitlines() for name, content in files.items()}
    ordered = sort_problems(point_problem(problem, lines.get(problem.place.file, [])) for problem in problems)
    return Checked(None if has_errors(ordered) else menu, ordered, menu, reviews)


def _find_written_faults(
    loaded: Mapping[str, Loaded], merged: Merged, today: date | None
) -> Iterator[Problem]:
    for each in loaded.values():
        yield from each.problems
        if each.root is not None:
            yield from check_shape(each.root, FILE)
    yield from merged.problems
    if merged.whole:
        yield from check_references(merged.root)
        yield from check_placeholders(merged.root)
    yield from check_keys(merged.root)
    if today is not None:
        yield from check_years(merged.root, today)


def _list_places(root: MapNode) -> Places:
    """Return where each part was written; values of a fact are numbered from the oldest, as in the menu."""
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
    """Return the languages in which no text counts as reviewed: those of the head, and all of draft files."""
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
