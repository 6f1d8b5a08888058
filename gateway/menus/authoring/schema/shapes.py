"""The shapes that a part of a menu may have, as plain values that a checker and an editor's schema both read."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One text; ``values`` closes the list of what it may be, ``usual`` only offers, ``example`` shows the writing."""

    values: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    numeric: bool = False
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date as 2026-11-24; a ``coarse`` one may be a month, 2026-11, or a year, 2026."""

    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A list of one shape, ``least`` items long; ``or_one`` lets a single one stand without brackets."""

    of: "Shape"
    or_one: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A mapping whose keys an author chooses: languages, screens, facts."""

    of: "Shape"
    keys: str = "name"
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping whose keys are fixed. ``what`` names it in messages."""

    what: str
    fields: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKind:
    """Several records told apart by the value of one key."""

    key: str
    default: str
    kinds: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A mapping in its short form, or, where it has one of the keys of the long form, in that."""

    short: "Shape"
    long: Record


Shape = Word | Day | Several | Named | Record | ByKind | Either
