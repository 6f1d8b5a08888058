"""What a trial phone is told of a page or a text beside its words; nobody else's phone ever is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.conversation.place import Held
from gateway.conversation.record import plain
from gateway.engine.effects import Effect, Line
from gateway.engine.menu import Menu
from gateway.engine.render import tell
from gateway.engine.sms import MOST_PARTS
from gateway.engine.text import (
    GSM7,
    GSM7_PART,
    GSM7_SINGLE,
    UCS2_PART,
    UCS2_SINGLE,
    measure,
    sms_parts,
)
from gateway.messages import Limits, ThreadAsked
from gateway.parts import Parts
from gateway.store import simulator
from gateway.store.simulator import SentText


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


def texts(parts: Parts, asked: ThreadAsked) -> tuple[SentText, ...]:
    """Return the texts of a trial phone with what each takes and costs; also those that have not left yet.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    trials = [name for name, channel in parts.channels.items() if not channel.contract.real]
    found = simulator.thread(parts.store, asked, lines=trials)
    return tuple(replace(each, facts=_of_text(each, _price(parts, each.channel))) for each in found)


def _of_text(each: SentText, price: str) -> Mapping[str, Any]:
    size, count = measure(each.text), len(sms_parts(each.text))
    single, part = (GSM7_SINGLE, GSM7_PART) if size.coding == GSM7 else (UCS2_SINGLE, UCS2_PART)
    return {
        "coding": size.coding,
        "units": size.units,
        "room": single if count == 1 else count * part,
        "parts": count,
        "most": MOST_PARTS,
        "cost": cost(price, count),
    }


def cost(price: str, parts: int) -> str:
    """Return what so many parts cost at this price a part, in its currency; empty where no price is known."""
    number, _, currency = price.partition(" ")
    return f"{Decimal(number) * parts} {currency}".strip() if number else ""


def _price(parts: Parts, line: str) -> str:
    channel = parts.channels.get(line)
    return channel.config.part_price if channel else ""
