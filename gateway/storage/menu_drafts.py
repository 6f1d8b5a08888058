"""Store drafts of a menu: the files that differ from a version, and who changed, approved and published them.

A draft is a folder: the files of its base version with its own in their place. A file carries the revision in which it
was written, and a write names the revision that it began from, so that no change is lost to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from gateway.foundation.ids import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import menu_draft_edits, menu_draft_files, menu_drafts

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
