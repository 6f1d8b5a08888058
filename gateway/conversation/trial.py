"""What a trial phone is told of a page beside its words; nobody else's phone ever is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.conversation.place import Held
from gateway.conversation.record import plain
from gateway.engine.effects import Effect, Line
from gateway.engine.menu import Menu
from gateway.engine.render import tell
from gateway.engine.text import GSM7, measure
from gateway.messages import Limits


def facts(
    menu: Menu, held: Held, effects: Sequence[Effect], line: Line, limits: Limits, now: datetime
) -> Mapping[str, Any]:
    """Return what is true of the page that is held: its room, its place, and what the session knows."""
    session = held.session
    reply = tell(menu, session, line, limits, now)
    size = measure(held.reply)
    return {
        "version": held.version,
        "page": reply.page,
        "pages": reply.pages,
        "coding": size.coding,
        "units": size.units,
        "limit": limits.gsm7 if size.coding == GSM7 else limits.ucs2,
        "language": reply.language,
        "path": [*(screen for screen, _page in session.trail), held.screen],
        "effects": [plain(effect) for effect in effects],
        "session": {
            "language": session.language,
            "script": session.script,
            "region": session.region,
            "offers": list(session.offers),
            "topic": session.topic,
            "answers": dict(session.answers),
            "wrong": session.wrong,
            **session.values,
        },
    }
