"""Publishes a draft by the same way as a folder, and takes up what went live since the draft was made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.permissions import Actor, AuditAct, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.differences import LineConflict, merge_texts
from gateway.operations.publishing.menu_drafts import (
    DraftClosed,
    DraftMoved,
    OpenedDraft,
    read_opened,
    write_own,
)
from gateway.operations.publishing.publish import NotSound, PublishAllowances, Published, publish_menu
from gateway.storage import audit, versions
from gateway.storage.database import Tx
from gateway.storage.versions import PUBLISHED

_FACT = re.compile(r"facts (\S+)")


class ApprovalMissing(Exception):
    """A second person has to approve the draft as it is now."""


class NotOneFact(Exception):
    """Only a change of one fact may be published by one person alone."""


class DraftBehind(Exception):
    """Another version went live since the draft was made; it has to be taken up first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConflict:
    """Lines of a file that the draft and the live version changed differently."""

    file: str
    lines: tuple[LineConflict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """What became of a draft: conflicts, with which nothing was changed, or none."""

    conflicts: tuple[FileConflict, ...] = ()


def find_changed_facts(opened: OpenedDraft) -> tuple[str, ...] | None:
    """Return the facts that a draft changes; None if it changes anything else."""
    found = [_FACT.fullmatch(each.place) for each in opened.edits]
    if not found or not all(found):
        return None
    return tuple(dict.fromkeys(each[1] for each in found if each))


def publish_draft(
    parts: Services,
    actor: Actor,
    draft_id: str,
    *,
    rev: int,
    why: str,
    urgent: bool = False,
    allowed: PublishAllowances | None = None,
) -> Published | NotSound:
    """Make a draft the live version.

    Args:
        parts: the services of this process.
        actor: who publishes.
        draft_id: the draft.
        rev: the revision that the actor saw.
        why: what changed and why, in a sentence.
        urgent: one fact, one person, without an approval; a second person is asked for a look afterwards.
        allowed: what the publisher permits in advance; the base is that of the draft.

    Raises:
        NotPermitted: the actor may not publish menus.
        UnknownDraft, DraftClosed, DraftMoved: there is none, it is not open, it was changed since it was shown.
        DraftBehind: another version went live meanwhile.
        ApprovalMissing, NotOneFact: a second person has to approve it; it is no case for the urgent way.
        NotFromLive, ConversationFails, ReviewsLost, Overtaken: as for a folder.
    """
    check_permission(actor, Permission.PUBLISH_MENUS)
    with parts.store.read() as tx:
        opened = read_opened(tx, draft_id)
    _refuse_unready(opened, rev, urgent=urgent)
    alone = urgent and opened.asks_approval and not opened.draft.is_approved
    base = replace(allowed or PublishAllowances(), base=opened.base.number)
    published = publish_menu(parts, opened.files, author=actor.name, why=why, actor=actor, allowed=base)
    if isinstance(published, Published):
        _close_published(parts, actor, opened, published.version.id, alone=alone)
    return published


def _refuse_unready(opened: OpenedDraft, rev: int, *, urgent: bool) -> None:
    draft = opened.draft
    if not draft.is_open:
        raise DraftClosed(draft.state)
    if draft.rev != rev:
        raise DraftMoved(next(iter(opened.edits), None))
    if opened.is_behind:
        raise DraftBehind(opened.base.number)
    if not opened.asks_approval or draft.is_approved:
        return
    if not urgent:
        raise ApprovalMissing(draft.name)
    facts = find_changed_facts(opened)
    if facts is None or len(facts) > 1:
        raise NotOneFact(draft.name)


def _close_published(
    parts: Services, actor: Actor, opened: OpenedDraft, version_id: str, *, alone: bool
) -> None:
    now = parts.clock.now()
    with parts.store.write() as tx:
        versions.close_draft(
            tx, opened.draft.id, state=PUBLISHED, now=now, version_id=version_id, urgent=alone
        )
        if alone:
            audit.add_entry(
                tx,
                now=now,
                person_id=actor.person_id,
                act=AuditAct.DRAFT_URGENT,
                kind="version",
                subject=opened.draft.id,
                detail=opened.draft.name,
            )


def take_up_live(parts: Services, actor: Actor, draft_id: str, *, rev: int, prefer: str = "") -> TakenUp:
    """Let a draft begin from the live version, with the changes of both.

    Args:
        parts: the services of this process.
        actor: who does it.
        draft_id: the draft.
        rev: the revision that the actor saw.
        prefer: where both changed the same lines, take those of ``draft`` or ``live``; empty changes nothing then.

    Raises:
        NotPermitted: the actor may not draft menus.
        UnknownDraft, DraftClosed, DraftMoved: there is none, it is not open, it was changed since it was shown.
    """
    check_permission(actor, Permission.DRAFT_MENUS)
    with parts.store.write() as tx:
        opened = read_opened(tx, draft_id)
        if not opened.draft.is_open:
            raise DraftClosed(opened.draft.state)
        live_files = versions.find_source(tx, opened.live.id) if opened.live else None
        if not opened.is_behind or opened.live is None or live_files is None:
            return TakenUp()
        merged, conflicts = _merge_files(opened, live_files, prefer=prefer)
        if conflicts and not prefer:
            return TakenUp(conflicts=conflicts)
        _begin_anew(
            tx,
            actor,
            replace(opened, base=opened.live, base_files=live_files),
            merged,
            rev,
            parts.clock.now(),
        )
    return TakenUp()


def _begin_anew(
    tx: Tx, actor: Actor, opened: OpenedDraft, merged: Mapping[str, str | None], rev: int, now: datetime
) -> None:
    """Write the merged files as those of a draft of the opened base, which is the live version."""
    draft = opened.draft
    if versions.take_rev(tx, draft.id, seen=rev, now=now) is None:
        raise DraftMoved(next(iter(opened.edits), None))
    for name, content in merged.items():
        write_own(tx, opened, name, content, rev=rev + 1)
    versions.set_base(tx, draft.id, opened.base.id)
    audit.add_entry(
        tx,
        now=now,
        person_id=actor.person_id,
        act=AuditAct.DRAFT_TAKE_UP,
        kind="version",
        subject=draft.id,
        detail=f"{draft.menu} {opened.base.number}",
    )


def _merge_files(
    opened: OpenedDraft, live: Mapping[str, str], *, prefer: str
) -> tuple[dict[str, str | None], tuple[FileConflict, ...]]:
    """Return the draft's own files with the changes of the live version, and where both differ."""
    merged: dict[str, str | None] = {}
    conflicts: list[FileConflict] = []
    for name, own in opened.own.items():
        before, here, there = opened.base_files.get(name), own.content, live.get(name)
        if there in {before, here}:
            merged[name] = here
        elif before is None or here is None or there is None:
            line = LineConflict(line=1, before=before or "", first=here or "", second=there or "")
            conflicts.append(FileConflict(file=name, lines=(line,)))
            merged[name] = here if prefer == "draft" else there
        else:
            found = merge_texts(before, here, there, prefer_first=prefer == "draft")
            merged[name] = found.text
            if found.conflicts:
                conflicts.append(FileConflict(file=name, lines=found.conflicts))
    return merged, tuple(conflicts)
