"""Keeps drafts of a menu in the database: opens, changes, approves, publishes and drops them.

A draft is a folder of files. Every change names the state that it began from; what somebody else changed meanwhile
elsewhere stays, and what was changed at the same place is refused and shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.permissions import Actor, AuditAct, NotPermitted, Permission, check_permission
from gateway.foundation.services import Services
from gateway.storage import audit, settings, versions
from gateway.storage.database import Tx
from gateway.storage.versions import DROPPED, DraftEdit, DraftFile, MenuDraft, Version

APPROVAL = "menus.approval"
"""Name of the setting that a second person must approve a draft before it is published."""

_TRIES = 20
_LONGEST_NAME = 80
_LOOKS = (Permission.DRAFT_MENUS, Permission.APPROVE_MENUS, Permission.PUBLISH_MENUS)
_DRAFTERS = (Permission.DRAFT_MENUS,)
TEXT_WRITERS = (Permission.DRAFT_MENUS, Permission.WRITE_TEXTS)
"""Permissions of which one is enough to write a text of a draft."""

_TEXT_READERS = (*_LOOKS, Permission.WRITE_TEXTS, Permission.REVIEW_TEXTS)


class UnknownDraft(LookupError):
    """There is no such draft."""


class DraftClosed(Exception):
    """The draft is published or dropped, so it cannot be changed."""


class DraftMoved(Exception):
    """The same place of the draft was changed meanwhile; ``edit`` says by whom, ``now`` holds what stands there."""

    def __init__(self, edit: DraftEdit | None, now: str = "") -> None:
        super().__init__("the draft was changed meanwhile")
        self.edit = edit
        self.now = now


class SamePerson(Exception):
    """Whoever changed or published a draft cannot be the second person who approves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDraft:
    """A draft with its files, read in one transaction.

    Attributes:
        draft: the draft.
        base: the version that it was made from.
        live: the version that callers read now.
        files: file name → text of the whole folder.
        base_files: the same of the version.
        own: the files that differ.
        edits: who changed what, newest first.
        asks_approval: a second person has to approve it.
    """

    draft: MenuDraft
    base: Version
    live: Version | None
    files: Mapping[str, str]
    base_files: Mapping[str, str]
    own: Mapping[str, DraftFile]
    edits: tuple[DraftEdit, ...]
    asks_approval: bool

    @property
    def is_behind(self) -> bool:
        """Whether another version went live since the draft was made."""
        return self.live is not None and self.live.id != self.base.id

    @property
    def editors(self) -> frozenset[str]:
        """The ids of everybody who changed it."""
        return frozenset(each.person_id for each in self.edits if each.person_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBoard:
    """What the page of drafts shows."""

    drafts: tuple[MenuDraft, ...]
    unseen: tuple[MenuDraft, ...]
    asks_approval: bool


def list_board(parts: Services, actor: Actor) -> DraftBoard:
    """Return the open drafts, and what one person published alone and nobody has looked at since.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
    """
    _permit_look(actor)
    with parts.store.read() as tx:
        published = versions.list_drafts(tx, versions.PUBLISHED)
        return DraftBoard(
            drafts=versions.list_drafts(tx),
            unseen=tuple(each for each in published if each.waits_for_look),
            asks_approval=needs_approval(tx),
        )


def open_draft(parts: Services, actor: Actor, menu: str, name: str) -> str:
    """Begin a draft of the live version and return its id.

    Raises:
        NotPermitted: the actor may not draft menus.
        UnknownDraft: no version of this menu is live.
    """
    check_permission(actor, Permission.DRAFT_MENUS)
    now = parts.clock.now()
    with parts.store.write() as tx:
        base = versions.find_live_id(tx, menu)
        if base is None:
            raise UnknownDraft(f"no version of {menu} is live")
        found = versions.add_draft(
            tx,
            menu=menu,
            name=" ".join(name.split())[:_LONGEST_NAME],
            base_id=base,
            person_id=actor.person_id,
            author=actor.name,
            now=now,
        )
        _note_act(tx, found, act=AuditAct.DRAFT_OPEN, actor=actor, name=name, now=now)
    return found


def read_draft(parts: Services, actor: Actor, draft_id: str) -> OpenedDraft:
    """Return a draft with its files.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
        UnknownDraft: there is none.
    """
    _permit_look(actor)
    with parts.store.read() as tx:
        return read_opened(tx, draft_id)


def read_draft_texts(parts: Services, actor: Actor, draft_id: str) -> OpenedDraft:
    """Return a draft for its texts, also to a translator, who sees nothing else of it.

    Raises:
        NotPermitted: the actor has nothing to do with texts.
        UnknownDraft: there is none.
    """
    _permit_one(actor, _TEXT_READERS)
    with parts.store.read() as tx:
        return read_opened(tx, draft_id)


def list_text_drafts(parts: Services, actor: Actor) -> tuple[MenuDraft, ...]:
    """Return the open drafts, whose texts can be written and reviewed.

    Raises:
        NotPermitted: the actor has nothing to do with texts.
    """
    _permit_one(actor, _TEXT_READERS)
    with parts.store.read() as tx:
        return versions.list_drafts(tx)


def check_text_writer(actor: Actor) -> None:
    """Check that the actor may write texts of a draft.

    Raises:
        NotPermitted: the role may not.
    """
    _permit_one(actor, TEXT_WRITERS)


def read_opened(tx: Tx, draft_id: str) -> OpenedDraft:
    """Return a draft with its files, in an open transaction.

    Raises:
        UnknownDraft: there is none.
    """
    draft = versions.by_id(tx, draft_id)
    base = versions.get_version(tx, draft.base_id) if draft else None
    if draft is None or base is None:
        raise UnknownDraft(draft_id)
    live = versions.find_live_id(tx, draft.menu)
    base_files = versions.find_source(tx, base.id) or {}
    own = {each.file: each for each in versions.list_files(tx, draft_id)}
    return OpenedDraft(
        draft=draft,
        base=base,
        live=versions.get_version(tx, live) if live else None,
        files=lay_over(base_files, own),
        base_files=base_files,
        own=own,
        edits=versions.list_edits(tx, draft_id),
        asks_approval=needs_approval(tx),
    )


def lay_over(base: Mapping[str, str], own: Mapping[str, DraftFile]) -> dict[str, str]:
    """Return the files of a version with a draft's own in their place, by name."""
    changed = {name: each.content for name, each in own.items()}
    found = {**base, **changed}
    return {name: text for name, text in sorted(found.items()) if text is not None}


def change_file(
    parts: Services,
    actor: Actor,
    draft_id: str,
    file: str,
    edit: Callable[[str], str | None],
    *,
    place: str = "",
    allowed: Sequence[Permission] = _DRAFTERS,
) -> None:
    """Change one file of a draft.

    Args:
        parts: the services of this process.
        actor: who changes it.
        draft_id: the draft.
        file: its name in the folder.
        edit: gets the file as it is now, empty where there is none, and returns it as it shall be, or None to take it
            out; runs again where the draft was changed meanwhile, and raises ``DraftMoved`` if its own place was.
        place: what is changed, for the list of changes.
        allowed: the permissions of which the actor needs one.

    Raises:
        NotPermitted: the actor has none of them.
        UnknownDraft, DraftClosed: there is none, or it is not open.
        DraftMoved: somebody else changed the draft each time.
    """
    _permit_one(actor, allowed)
    for _ in range(_TRIES):
        with parts.store.read() as tx:
            opened = read_opened(tx, draft_id)
        if not opened.draft.is_open:
            raise DraftClosed(opened.draft.state)
        before = opened.files.get(file)
        after = edit(before or "")
        if after == before:
            return
        if _write_file(parts, actor, opened, file, after, place):
            return
    raise DraftMoved(None)


def _write_file(
    parts: Services, actor: Actor, opened: OpenedDraft, file: str, content: str | None, place: str
) -> bool:
    """Write the file if the draft is still at this revision; False where it is not."""
    now, draft = parts.clock.now(), opened.draft
    with parts.store.write() as tx:
        rev = versions.take_rev(tx, draft.id, seen=draft.rev, now=now)
        if rev is None:
            return False
        write_own(tx, opened, file, content, rev=rev)
        versions.add_edit(
            tx, draft.id, file=file, place=place, person_id=actor.person_id, author=actor.name, now=now
        )
    return True


def write_own(tx: Tx, opened: OpenedDraft, file: str, content: str | None, *, rev: int) -> None:
    """Write a file of the draft, or forget it where it is that of the version again."""
    if opened.base_files.get(file) == content:
        versions.drop_file(tx, opened.draft.id, file)
    else:
        versions.save_file(tx, opened.draft.id, file, content, rev=rev)


def approve_draft(parts: Services, actor: Actor, draft_id: str, rev: int) -> None:
    """Approve a draft as it was shown, as the second person.

    Raises:
        NotPermitted: the actor may not approve menus.
        SamePerson: the actor changed it.
        UnknownDraft, DraftMoved: there is none; it was changed since it was shown, or is not open.
    """
    check_permission(actor, Permission.APPROVE_MENUS)
    now = parts.clock.now()
    with parts.store.write() as tx:
        opened = read_opened(tx, draft_id)
        if actor.person_id in {*opened.editors, opened.draft.person_id}:
            raise SamePerson(actor.name)
        if not versions.approve_draft(
            tx, draft_id, rev=rev, person_id=actor.person_id, name=actor.name, now=now
        ):
            raise DraftMoved(next(iter(opened.edits), None))
        _note_act(tx, draft_id, act=AuditAct.DRAFT_APPROVE, actor=actor, name=opened.draft.name, now=now)


def drop_draft(parts: Services, actor: Actor, draft_id: str) -> None:
    """Give up a draft; what it held is kept in the database, and nothing of it goes live.

    Raises:
        NotPermitted: the actor may not draft menus.
        UnknownDraft, DraftClosed: there is none, or it is not open.
    """
    check_permission(actor, Permission.DRAFT_MENUS)
    now = parts.clock.now()
    with parts.store.write() as tx:
        opened = read_opened(tx, draft_id)
        if not versions.close_draft(tx, draft_id, state=DROPPED, now=now):
            raise DraftClosed(opened.draft.state)
        _note_act(tx, draft_id, act=AuditAct.DRAFT_DROP, actor=actor, name=opened.draft.name, now=now)


def note_second_look(parts: Services, actor: Actor, draft_id: str) -> None:
    """Record that a second person looked at what one person had published alone.

    Raises:
        NotPermitted: the actor may not approve menus.
        SamePerson: the actor made it.
        UnknownDraft: there is none.
    """
    check_permission(actor, Permission.APPROVE_MENUS)
    now = parts.clock.now()
    with parts.store.write() as tx:
        opened = read_opened(tx, draft_id)
        if actor.person_id in {*opened.editors, opened.draft.person_id}:
            raise SamePerson(actor.name)
        if versions.note_look(tx, draft_id, name=actor.name, now=now):
            _note_act(tx, draft_id, act=AuditAct.DRAFT_LOOK, actor=actor, name=opened.draft.name, now=now)


def needs_approval(tx: Tx) -> bool:
    """Say whether a second person must approve a draft before it is published; off until it is turned on."""
    return bool(settings.get_setting(tx, APPROVAL, default=False))


def set_approval(parts: Services, actor: Actor, *, on: bool) -> None:
    """Turn on or off that a second person must approve.

    Raises:
        NotPermitted: the actor is nobody who approves.
    """
    check_permission(actor, Permission.APPROVE_MENUS)
    now = parts.clock.now()
    with parts.store.write() as tx:
        settings.save_setting(tx, APPROVAL, on, by=actor.name, now=now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.SET, kind="setting", subject=APPROVAL
        )


def _permit_look(actor: Actor) -> None:
    _permit_one(actor, _LOOKS)


def _permit_one(actor: Actor, allowed: Sequence[Permission]) -> None:
    if not any(actor.may(each) for each in allowed):
        raise NotPermitted(f"{actor.role} may not: {allowed[0]}")


def _note_act(tx: Tx, draft_id: str, *, act: AuditAct, actor: Actor, name: str, now: datetime) -> None:
    """Add an audit entry; its kind is that of versions, which administrators may read."""
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act=act, kind="version", subject=draft_id, detail=name[:200]
    )
