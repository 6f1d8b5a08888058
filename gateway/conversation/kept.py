"""Where a thread stands between two texts: kept for a day, and carried over to a new version where that is safe."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.engine import session as sessions
from gateway.engine.menu import Entry, Menu, Question
from gateway.engine.session import Session, UnreadableSession
from gateway.engine.standing import Standing
from gateway.store import threads
from gateway.store.engines import Tx

THREAD_AGE = timedelta(hours=24)


def load(tx: Tx, channel: str, caller_id: str, menu: Menu, version: str, *, now: datetime) -> Standing:
    """Return where the thread stands in this version of the menu.

    A number means the line that she read: after a publish she stays only where her screen has the same shape.
    """
    state: dict[str, Any] = threads.load(tx, channel, caller_id, now=now) or {}
    session = _session(state)
    moved = state.get("version") != version and session is not None
    form = _session(state, "form")
    is_form = form is not None and state.get("form_shape") == shape(menu, form.screen)
    further = _session(state, "further")
    is_further = further is not None and state.get("further_shape") == shape(menu, further.screen)
    carried = Standing(
        form=form if is_form else None,
        form_until=_instant(state, "form_until"),
        further=further if is_further else None,
        further_until=_instant(state, "further_until"),
        danger_until=_instant(state, "danger_until"),
    ).at(now)
    if moved and (session is None or state.get("shape") != shape(menu, session.screen)):
        return replace(carried, language=_known(menu, state), again=True)
    return replace(
        carried,
        session=session,
        waits_for=str(state.get("waits_for", "")),
        language=_known(menu, state),
        listed=dict(state.get("listed", {})),
        thanked=bool(state.get("thanked", False)),
    )


def save(
    tx: Tx, channel: str, caller_id: str, menu: Menu, version: str, kept: Standing, *, now: datetime
) -> None:
    """Keep where the thread stands."""
    session = kept.session
    state = {
        "version": version,
        "session": sessions.dump(session) if session else "",
        "shape": shape(menu, session.screen) if session else "",
        "waits_for": kept.waits_for,
        "language": kept.language,
        "listed": dict(kept.listed),
        "thanked": kept.thanked,
        "form": sessions.dump(kept.form) if kept.form else "",
        "form_shape": shape(menu, kept.form.screen) if kept.form else "",
        "form_until": kept.form_until.isoformat() if kept.form_until else "",
        "further": sessions.dump(kept.further) if kept.further else "",
        "further_shape": shape(menu, kept.further.screen) if kept.further else "",
        "further_until": kept.further_until.isoformat() if kept.further_until else "",
        "danger_until": kept.danger_until.isoformat() if kept.danger_until else "",
    }
    threads.save(tx, channel, caller_id, state, version=version, expires_at=now + THREAD_AGE)


def shape(menu: Menu, screen_id: str) -> str:
    """Return what the numbers of a screen stand for: its kind, and where each key leads and what it says."""
    screen = menu.screens.get(screen_id)
    if screen is None:
        return ""
    asks = (
        screen.asks
        if isinstance(screen, Question)
        else str(screen.digits)
        if isinstance(screen, Entry)
        else ""
    )
    lines = sorted(
        f"{choice.key}>{choice.to}={choice.answer}{dict(sorted(choice.answers.items())) or ''}{choice.does or ''}"
        for choice in screen.choices
    )
    return " ".join((type(screen).__name__, asks, *lines))


def _instant(state: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(state[name]) if state.get(name) else None


def _session(state: Mapping[str, Any], name: str = "session") -> Session | None:
    try:
        return sessions.load(state[name]) if state.get(name) else None
    except UnreadableSession:
        return None


def _known(menu: Menu, state: Mapping[str, Any]) -> str:
    language = str(state.get("language", ""))
    return language if language in menu.languages else ""
