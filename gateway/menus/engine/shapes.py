"""Define the shapes of what authors write, as plain values for the check, the loader and JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One text.

    Attributes:
        values: the allowed ones; empty allows any.
        usual: suggestions.
        pattern: regular expression of the whole text.
        example: shows the form.
        numeric: written without quotes it is read as the same text.
        may_be_empty: an empty text is no fault.
        names: what it must be the name of: ``screen``, or ``target``, which may also be ``@form``, ``@here`` or
            ``@back``; empty where it names nothing.
    """

    values: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    numeric: bool = False
    may_be_empty: bool = False
    names: Literal["", "screen", "target"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date as 2026-11-24; a ``coarse`` one may be a month (2026-11) or a year (2026)."""

    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A list of one shape with at least ``least`` items; ``or_one`` allows a single item without brackets."""

    of: "Shape"
    or_one: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A mapping with keys chosen by the author: languages, screens, facts."""

    of: "Shape"
    keys: str = "name"
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with fixed keys. ``what`` names it in messages."""

    what: str
    fields: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKind:
    """Several records, distinguished by the value of one key."""

    key: str
    default: str
    kinds: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A mapping in short form, or in long form where it has one of the long form's keys."""

    short: "Shape"
    long: Record


Shape = Word | Day | Several | Named | Record | ByKind | Either
