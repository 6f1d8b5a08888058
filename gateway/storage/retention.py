"""Define how long each kind of row is kept, apply one rule to a batch of rows, and drop sample data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)

from gateway.storage.callers import BY_LINE
from gateway.storage.database import Tx
from gateway.storage.sign_ins import drop_forms_about
from gateway.storage.tables import (
    SAMPLE,
    WAITING,
    attempts,
    audit,
    bridges,
    broken_promises,
    budgets,
    callbacks,
    callers,
    deliveries,
    drafts,
    invitations,
    kept_forms,
    links,
    looking,
    notes,
    operator_notices,
    outbox,
    people,
    push_subscriptions,
    records,
    referrals_made,
    sessions,
    sign_ins,
    text_parts,
    texts,
    threads,
    told_codes,
    tries,
    turns,
)

_ON_ITS_WAY = ("pending", "sending", "unclear")


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long one kind of row is kept.

    Attributes:
        name: name by which the number of days can be set.
        table: the table of the rows.
        days: how long they are kept after their time began.
        over: returns the condition for rows whose time was over at an instant.
        emptied: columns that get these values, while the row stays for its counts; empty to delete the row.
    """

    name: str
    table: Table
    days: int
    over: Callable[[datetime], ColumnElement[bool]]
    emptied: Mapping[str, Any] = field(default_factory=dict)


def _is_older(column: ColumnElement[Any]) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda before: column < before


def _holds_something(table: Table, emptied: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition that leaves out rows which were emptied already."""
    return or_(*(table.c[name].is_distinct_from(value) for name, value in emptied.items()))


def _of_closed(callback_id: ColumnElement[str]) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda before: callback_id.in_(select(callbacks.c.id).where(_was_closed(before)))


def _was_closed(before: datetime) -> ColumnElement[bool]:
    """Return the condition for closed requests; sample data goes when it is taken out, and asks nobody before."""
    return and_(callbacks.c.closed_at < before, callbacks.c.channel != SAMPLE)


def _is_unneeded(before: datetime) -> ColumnElement[bool]:
    """Return the condition for callers without any data but the number; an opt-out is kept, to be respected."""
    return and_(
        func.coalesce(callers.c.contacted_at, callers.c.changed_at) < before,
        callers.c.stopped_at.is_(None),
        _is_unreferenced(),
    )


def _was_stopped_long_ago(before: datetime) -> ColumnElement[bool]:
    return and_(
        func.coalesce(callers.c.contacted_at, callers.c.changed_at) < before,
        callers.c.stopped_at < before,
        _is_unreferenced(),
    )


def _is_unreferenced() -> ColumnElement[bool]:
    waits = and_(outbox.c.caller_id == callers.c.id, outbox.c.state.in_(_ON_ITS_WAY))
    return and_(
        ~exists().where(callbacks.c.caller_id == callers.c.id),
        ~exists().where(waits),
        ~exists().where(threads.c.caller_id == callers.c.id),
    )


def _is_said_and_done(before: datetime) -> ColumnElement[bool]:
    return and_(outbox.c.changed_at < before, outbox.c.state.not_in(_ON_ITS_WAY))


def _is_linked_and_old(before: datetime) -> ColumnElement[bool]:
    """Return the condition for the oldest end of the audit chain; a gap in the middle would look like tampering."""
    recent = audit.alias("kept")
    first = select(func.min(recent.c.seq)).where(recent.c.at >= before).scalar_subquery()
    return and_(audit.c.at < before, audit.c.seq.is_not(None), or_(first.is_(None), audit.c.seq < first))


_CLOSED: dict[str, Any] = {
    "caller_id": None,
    "window": None,
    "contact": None,
    "answers": None,
    "path": None,
    "session": b"",
    "code": "",
}

RULES: tuple[RetentionRule, ...] = (
    RetentionRule("texts", texts, 7, _is_older(texts.c.at)),
    RetentionRule("text_parts", text_parts, 1, _is_older(text_parts.c.at)),
    RetentionRule("turns", turns, 7, _is_older(turns.c.at)),
    RetentionRule("sessions", sessions, 0, _is_older(sessions.c.expires_at)),
    RetentionRule("threads", threads, 0, _is_older(threads.c.expires_at)),
    RetentionRule("records", records, 1, _of_closed(records.c.callback_id)),
    RetentionRule("kept_forms", kept_forms, 1, _is_older(kept_forms.c.at)),
    RetentionRule("drafts", drafts, 7, _is_older(drafts.c.at)),
    RetentionRule("callbacks", notes, 90, _of_closed(notes.c.callback_id)),
    RetentionRule("callbacks", bridges, 90, _of_closed(bridges.c.callback_id)),
    RetentionRule("callbacks", broken_promises, 90, _is_older(broken_promises.c.at)),
    RetentionRule("callbacks", referrals_made, 90, _of_closed(referrals_made.c.callback_id)),
    RetentionRule("callbacks", told_codes, 90, _of_closed(told_codes.c.callback_id)),
    RetentionRule(
        "callbacks", attempts, 90, _of_closed(attempts.c.callback_id), {"caller_id": None, "note": ""}
    ),
    RetentionRule("callbacks", callbacks, 90, _was_closed, _CLOSED),
    RetentionRule("callers", callers, 90, _is_unneeded),
    RetentionRule("stopped", callers, 730, _was_stopped_long_ago),
    RetentionRule("messages", outbox, 7, _is_said_and_done, {"payload": None}),
    RetentionRule("outbox", outbox, 90, _is_said_and_done),
    RetentionRule("operator_notices", operator_notices, 30, _is_older(operator_notices.c.at)),
    RetentionRule("deliveries", deliveries, 3, _is_older(deliveries.c.at)),
    RetentionRule("people", people, 90, _is_older(people.c.disabled_at), {"number": None, "totp": None}),
    RetentionRule("push_subscriptions", push_subscriptions, 365, _is_older(push_subscriptions.c.made_at)),
    RetentionRule("sign_ins", sign_ins, 0, _is_older(sign_ins.c.expires_at)),
    RetentionRule("invitations", invitations, 0, _is_older(invitations.c.expires_at)),
    RetentionRule("links", links, 1, _is_older(links.c.expires_at)),
    RetentionRule("looking", looking, 1, _is_older(looking.c.at)),
    RetentionRule("tries", tries, 2, _is_older(tries.c.last_at)),
    RetentionRule("budgets", budgets, 35, _is_older(budgets.c.at)),
    RetentionRule("audit", audit, 365, _is_linked_and_old),
)
"""In this order: what refers to a request before the request loses its caller, the caller last."""


def apply_rule(tx: Tx, rule: RetentionRule, before: datetime, limit: int) -> int:
    """Apply the rule to at most ``limit`` rows that were over before that instant; return how many."""
    key = list(rule.table.primary_key.columns)
    over = rule.over(before)
    if rule.emptied:
        over = and_(over, _holds_something(rule.table, rule.emptied))
    some: Select[Any] = select(*key).where(over).limit(limit)
    chosen = tuple_(*key).in_(some) if len(key) > 1 else key[0].in_(some)
    if rule.emptied:
        done = tx.execute(update(rule.table).where(chosen).values(**rule.emptied).returning(key[0]))
    else:
        done = tx.execute(delete(rule.table).where(chosen).returning(key[0]))
    return len(done.all())


def count_over(tx: Tx, rule: RetentionRule, before: datetime) -> int:
    """Return how many rows the rule would delete or empty."""
    over = rule.over(before)
    if rule.emptied:
        over = and_(over, _holds_something(rule.table, rule.emptied))
    return int(tx.execute(select(func.count()).select_from(rule.table).where(over)).scalar_one())


def count_all(tx: Tx, rule: RetentionRule) -> int:
    """Return how many rows the rule could apply to at some time."""
    query = select(func.count()).select_from(rule.table)
    if rule.emptied:
        query = query.where(_holds_something(rule.table, rule.emptied))
    return int(tx.execute(query).scalar_one())


def drop_untouched(tx: Tx, callback_id: str) -> bool:
    """Delete a request that was just made and never changed; False where something has happened to it."""
    untouched = (
        callbacks.c.id == callback_id,
        callbacks.c.rev == 0,
        text(WAITING),
    )
    return tx.execute(delete(callbacks).where(*untouched).returning(callbacks.c.id)).first() is not None


# Sample data stays until somebody takes it out.


def has_real(tx: Tx) -> bool:
    """Return whether a real phone was ever met, or a request of one is there."""
    asked = select(callbacks.c.id).where(callbacks.c.trial.is_(False)).limit(1)
    met = select(callers.c.id).where(callers.c.trial.is_(False)).limit(1)
    return any(tx.execute(query).first() is not None for query in (asked, met))


def drop_samples(tx: Tx) -> int:
    """Delete all sample requests and their callers; return how many requests there were.

    What hangs on a request (attempts, notes, drafts, links, referrals) goes with it, by its foreign key. A caller that
    a simulator has used meanwhile stays.
    """
    samples = callbacks.c.trial, callbacks.c.channel == SAMPLE
    found = tx.execute(select(callbacks.c.id, callbacks.c.caller_id).where(*samples)).all()
    ids, caller_ids = [row.id for row in found], {row.caller_id for row in found if row.caller_id}
    for caller_id in sorted(caller_ids):
        drop_forms_about(tx, caller_id, None)
    tx.execute(delete(outbox).where(outbox.c.callback_id.in_(ids)))
    tx.execute(delete(callbacks).where(callbacks.c.id.in_(ids)))
    used = (select(table.c.caller_id).where(table.c.caller_id.in_(caller_ids)) for table in BY_LINE)
    tx.execute(
        delete(callers).where(callers.c.id.in_(caller_ids), *(callers.c.id.not_in(one) for one in used))
    )
    return len(ids)
