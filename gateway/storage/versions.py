"""Store published menu versions, which never change, the pointer of each menu to its live one, and drafts of the next.

A draft is a folder: the files of its base version with its own in their place. A file carries the revision in which it
was written, and a write names the revision that it began from, so that no change is lost to another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from gateway.foundation.time_and_chance import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import live, menu_draft_edits, menu_draft_files, menu_drafts, versions

_TRIES = 20


class Crowded(RuntimeError):
    """Too many concurrent publications; a retry helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One published menu, without its texts."""

    id: str
    menu: str
    number: int
    hash: str
    author: str
    why: str
    made_at: datetime
    withdrawn_at: datetime | None = None


def add_version(
    tx: Tx,
    *,
    menu: str,
    source: Mapping[str, str],
    compiled: str,
    format: int,  # noqa: A002 - the column's name
    hash: str,  # noqa: A002 - the column's name
    author: str,
    why: str,
    now: datetime,
) -> Version:
    """Insert the next version of this menu.

    ``source`` maps file name → YAML text; ``compiled`` is the text of ``dump_menu``; ``hash`` covers the source.

    Raises:
        Crowded: others took every number that was tried.
    """
    fixed = {"menu": menu, "source": dict(source), "compiled": compiled, "format": format, "hash": hash}
    about = {"author": author, "why": why, "made_at": now, "published_at": now}
    for _ in range(_TRIES):
        number = tx.execute(select(func.max(versions.c.number)).where(versions.c.menu == menu)).scalar() or 0
        fresh = insert_into(tx, versions).values(id=new_id(now), number=number + 1, **fixed, **about)
        statement = fresh.on_conflict_do_nothing(index_elements=["menu", "number"]).returning(*_SHOWN)
        row = tx.execute(statement).first()
        if row is not None:
            return _read_version(row)
    raise Crowded("another version was published at the same moment")


def find_live_id(tx: Tx, menu: str) -> str | None:
    """Return the id of this menu's live version, or None where none is published."""
    found: str | None = tx.execute(select(live.c.version_id).where(live.c.menu == menu)).scalar()
    return found


def find_live_ids(tx: Tx) -> dict[str, str]:
    """Return menu → id of its live version."""
    return {row.menu: row.version_id for row in tx.execute(select(live.c.menu, live.c.version_id))}


def point_live(tx: Tx, menu: str, version_id: str, *, seen: str | None, now: datetime) -> bool:
    """Make this version live if ``seen`` still is; False where another one went live meanwhile."""
    if seen is None:
        first = insert_into(tx, live).values(menu=menu, version_id=version_id, since=now)
        statement = first.on_conflict_do_nothing(index_elements=["menu"]).returning(live.c.menu)
        return tx.execute(statement).first() is not None
    moved = (
        update(live)
        .where(live.c.menu == menu, live.c.version_id == seen)
        .values(version_id=version_id, since=now)
        .returning(live.c.menu)
    )
    return tx.execute(moved).first() is not None


def get_version(tx: Tx, version_id: str) -> Version | None:
    """Return one version, if it exists."""
    row = tx.execute(select(*_SHOWN).where(versions.c.id == version_id)).first()
    return _read_version(row) if row is not None else None


def find_numbered(tx: Tx, menu: str, number: int) -> Version | None:
    """Return this menu's version with this number."""
    row = tx.execute(select(*_SHOWN).where(versions.c.menu == menu, versions.c.number == number)).first()
    return _read_version(row) if row is not None else None


def list_versions(tx: Tx, menu: str = "") -> tuple[Version, ...]:
    """Return the versions of this menu, or of all menus, newest first."""
    query = select(*_SHOWN).order_by(versions.c.menu, versions.c.number.desc())
    if menu:
        query = query.where(versions.c.menu == menu)
    return tuple(_read_version(row) for row in tx.execute(query))


def find_compiled(tx: Tx, version_id: str) -> str | None:
    """Return the compiled menu of a version, unless withdrawn."""
    query = select(versions.c.compiled).where(versions.c.id == version_id, versions.c.withdrawn_at.is_(None))
    found: str | None = tx.execute(query).scalar()
    return found


def find_ever_compiled(tx: Tx, version_id: str) -> str | None:
    """Return the compiled menu of a version, withdrawn or not, for reports on what was shown."""
    found: str | None = tx.execute(select(versions.c.compiled).where(versions.c.id == version_id)).scalar()
    return found


def find_source(tx: Tx, version_id: str) -> dict[str, str] | None:
    """Return file name → YAML text of a version."""
    found: dict[str, str] | None = tx.execute(
        select(versions.c.source).where(versions.c.id == version_id)
    ).scalar()
    return found


def withdraw_version(tx: Tx, version_id: str, *, now: datetime) -> bool:
    """Withdraw a version, so that its sessions begin anew; never the live one, and only once."""
    is_live = select(live.c.menu).where(live.c.version_id == version_id).exists()
    statement = (
        update(versions)
        .where(versions.c.id == version_id, versions.c.withdrawn_at.is_(None), ~is_live)
        .values(withdrawn_at=now, state="withdrawn")
        .returning(versions.c.id)
    )
    return tx.execute(statement).first() is not None


def list_withdrawn(tx: Tx, ids: Iterable[str]) -> frozenset[str]:
    """Return which of these versions are withdrawn."""
    query = select(versions.c.id).where(versions.c.id.in_(tuple(ids)), versions.c.withdrawn_at.is_not(None))
    return frozenset(row.id for row in tx.execute(query))


_SHOWN = (
    versions.c.id,
    versions.c.menu,
    versions.c.number,
    versions.c.hash,
    versions.c.author,
    versions.c.why,
    versions.c.made_at,
    versions.c.withdrawn_at,
)


def _read_version(row: Row[Any]) -> Version:
    return Version(**row._mapping)  # noqa: SLF001 - the row's public way to its columns has this name


OPEN, PUBLISHED, DROPPED = "open", "published", "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuDraft:
    """One draft, without its files.

    Attributes:
        rev: counts its changes; an approval holds for ``approved_rev`` only.
        version_id: the version that it became; None until it is published.
        urgent: "yes" where one person published it, and a second one has to look at it afterwards.
    """

    id: str
    menu: str
    name: str
    state: str
    base_id: str
    rev: int
    person_id: str | None
    author: str
    made_at: datetime
    changed_at: datetime
    approver_id: str | None = None
    approver: str = ""
    approved_rev: int | None = None
    approved_at: datetime | None = None
    version_id: str | None = None
    urgent: str = ""
    looker: str = ""
    looked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be changed."""
        return self.state == OPEN

    @property
    def is_approved(self) -> bool:
        """Whether a second person approved it as it is now."""
        return self.approved_rev == self.rev

    @property
    def waits_for_look(self) -> bool:
        """Whether it is live by one person alone, and nobody else has looked at it since."""
        return bool(self.urgent) and self.looked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """A file of a draft; ``content`` is None where the draft takes it out."""

    file: str
    content: str | None
    rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEdit:
    """Who changed which part of a draft, and when."""

    file: str
    place: str
    author: str
    at: datetime
    person_id: str | None = None


def add_draft(
    tx: Tx, *, menu: str, name: str, base_id: str, person_id: str | None, author: str, now: datetime
) -> str:
    """Insert an empty draft of a version and return its id."""
    found = new_id(now)
    tx.execute(
        menu_drafts.insert().values(
            id=found,
            menu=menu,
            name=name,
            base_id=base_id,
            person_id=person_id,
            author=author,
            made_at=now,
            changed_at=now,
        )
    )
    return found


def by_id(tx: Tx, draft_id: str) -> MenuDraft | None:
    """Return one draft, if it exists."""
    row = tx.execute(select(menu_drafts).where(menu_drafts.c.id == draft_id)).first()
    return _read_draft(row) if row is not None else None


def list_drafts(tx: Tx, state: str = OPEN, limit: int = 50) -> tuple[MenuDraft, ...]:
    """Return the drafts in this state, the one changed last first."""
    query = select(menu_drafts).where(menu_drafts.c.state == state)
    found = query.order_by(menu_drafts.c.changed_at.desc(), menu_drafts.c.id.desc()).limit(limit)
    return tuple(_read_draft(row) for row in tx.execute(found))


def list_of_versions(tx: Tx) -> Mapping[str, MenuDraft]:
    """Return version → the draft that became it."""
    query = select(menu_drafts).where(menu_drafts.c.version_id.is_not(None)).order_by(menu_drafts.c.id)
    return {row.version_id: _read_draft(row) for row in tx.execute(query)}


def list_files(tx: Tx, draft_id: str) -> tuple[DraftFile, ...]:
    """Return the files of a draft that differ from its version."""
    query = select(menu_draft_files).where(menu_draft_files.c.draft_id == draft_id)
    rows = tx.execute(query.order_by(menu_draft_files.c.file))
    return tuple(DraftFile(file=row.file, content=row.content, rev=row.rev) for row in rows)


def list_edits(tx: Tx, draft_id: str, limit: int = 200) -> tuple[DraftEdit, ...]:
    """Return who changed what, newest first."""
    query = select(menu_draft_edits).where(menu_draft_edits.c.draft_id == draft_id)
    rows = tx.execute(query.order_by(menu_draft_edits.c.id.desc()).limit(limit))
    return tuple(
        DraftEdit(file=row.file, place=row.place, author=row.author, at=row.at, person_id=row.person_id)
        for row in rows
    )


def take_rev(tx: Tx, draft_id: str, *, seen: int, now: datetime) -> int | None:
    """Count one change of an open draft that is at the revision ``seen``; None where it is not."""
    moved = (
        update(menu_drafts)
        .where(menu_drafts.c.id == draft_id, menu_drafts.c.rev == seen, menu_drafts.c.state == OPEN)
        .values(rev=seen + 1, changed_at=now)
        .returning(menu_drafts.c.rev)
    )
    found: int | None = tx.execute(moved).scalar()
    return found


def save_file(tx: Tx, draft_id: str, file: str, content: str | None, *, rev: int) -> None:
    """Write a file of a draft in the revision that ``take_rev`` gave."""
    fresh = insert_into(tx, menu_draft_files).values(draft_id=draft_id, file=file, content=content, rev=rev)
    changed = {"content": content, "rev": rev}
    tx.execute(fresh.on_conflict_do_update(index_elements=["draft_id", "file"], set_=changed))


def drop_file(tx: Tx, draft_id: str, file: str) -> None:
    """Let a file be that of the base version again."""
    of_file = menu_draft_files.c.draft_id == draft_id, menu_draft_files.c.file == file
    tx.execute(delete(menu_draft_files).where(*of_file))


def add_edit(
    tx: Tx, draft_id: str, *, file: str, place: str, person_id: str | None, author: str, now: datetime
) -> None:
    """Record who changed what."""
    values = {"file": file[:200], "place": place[:200], "person_id": person_id, "author": author, "at": now}
    tx.execute(menu_draft_edits.insert().values(id=new_id(now), draft_id=draft_id, **values))


def set_base(tx: Tx, draft_id: str, base_id: str) -> None:
    """Let the draft begin from another version."""
    tx.execute(update(menu_drafts).where(menu_drafts.c.id == draft_id).values(base_id=base_id))


def approve_draft(
    tx: Tx, draft_id: str, *, rev: int, person_id: str | None, name: str, now: datetime
) -> bool:
    """Record an approval of this revision; False where the draft was changed or is not open."""
    statement = (
        update(menu_drafts)
        .where(menu_drafts.c.id == draft_id, menu_drafts.c.rev == rev, menu_drafts.c.state == OPEN)
        .values(approver_id=person_id, approver=name, approved_rev=rev, approved_at=now)
        .returning(menu_drafts.c.id)
    )
    return tx.execute(statement).first() is not None


def close_draft(
    tx: Tx, draft_id: str, *, state: str, now: datetime, version_id: str | None = None, urgent: bool = False
) -> bool:
    """End an open draft as published or dropped; False where it is not open."""
    statement = (
        update(menu_drafts)
        .where(menu_drafts.c.id == draft_id, menu_drafts.c.state == OPEN)
        .values(state=state, version_id=version_id, urgent="yes" if urgent else "", changed_at=now)
        .returning(menu_drafts.c.id)
    )
    return tx.execute(statement).first() is not None


def note_look(tx: Tx, draft_id: str, *, name: str, now: datetime) -> bool:
    """Record that a second person looked at what one alone had published; False where nobody needed to."""
    waits = menu_drafts.c.urgent == "yes", menu_drafts.c.looked_at.is_(None)
    statement = (
        update(menu_drafts)
        .where(menu_drafts.c.id == draft_id, *waits)
        .values(looker=name, looked_at=now)
        .returning(menu_drafts.c.id)
    )
    return tx.execute(statement).first() is not None


def _read_draft(row: Row[Any]) -> MenuDraft:
    return MenuDraft(**row._mapping)  # noqa: SLF001 - the row's public way to its columns has this name
