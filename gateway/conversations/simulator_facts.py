"""Gather what the simulator shows beside a page or text: size, position, session; never for real channels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gateway.conversations.commit import write_plain
from gateway.conversations.ussd_session import SavedSession
from gateway.domain.events import Limits, ThreadAsked
from gateway.foundation.services import Services
from gateway.menus.engine.effects import Effect
from gateway.menus.engine.sms_reply import MOST_PARTS
from gateway.menus.engine.text_size import (
    GSM7,
    GSM7_PART,
    GSM7_SINGLE,
    UCS2_PART,
    UCS2_SINGLE,
    measure_text,
    split_parts,
)
from gateway.storage import callers
from gateway.storage.callers import SentText


def gather_facts(held: SavedSession, effects: Sequence[Effect], limits: Limits) -> Mapping[str, Any]:
    """Return the facts of a page, however it was reached.

    Keys: ``version``, ``page``, ``pages``, ``coding`` (``gsm7`` or ``ucs2``), ``units`` and ``limit`` (septets or
    UTF-16 units), ``language``, ``path`` (screen ids), ``effects`` (as ``write_plain``) and ``session`` (its fields).
    """
    session, reply = held.session, held.reply
    size = _measure_page(reply.text)
    return {
        "version": held.version,
        "page": reply.page,
        "pages": reply.pages,
        "coding": size.coding,
        "units": size.units,
        "limit": limits.gsm7 if size.coding == GSM7 else limits.ucs2,
        "language": reply.language,
        "path": [*(screen for screen, _page in session.trail), reply.screen],
        "effects": [write_plain(effect) for effect in effects],
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


_measure_page = lru_cache(maxsize=512)(measure_text)
"""The size of a page: many phones are shown the same one."""


def list_texts(parts: Services, asked: ThreadAsked) -> tuple[SentText, ...]:
    """Return the texts of a simulator phone with size and cost, also those not sent yet.

    Raises:
        Unavailable: SQL cannot be reached.
    """
    trials = [name for name, channel in parts.channels.items() if not channel.contract.real]
    found = callers.list_thread(parts.store, asked, lines=trials)
    return tuple(replace(each, facts=_of_text(each, _find_price(parts, each.channel))) for each in found)


def _of_text(each: SentText, price: str) -> Mapping[str, Any]:
    size, count = measure_text(each.text), len(split_parts(each.text))
    single, part = (GSM7_SINGLE, GSM7_PART) if size.coding == GSM7 else (UCS2_SINGLE, UCS2_PART)
    return {
        "coding": size.coding,
        "units": size.units,
        "room": single if count == 1 else count * part,
        "parts": count,
        "most": MOST_PARTS,
        "cost": format_cost(price, count),
    }


def format_cost(price: str, parts: int) -> str:
    """Return the cost of this many parts, as ``0.06 USD``; empty where no price is known."""
    number, _, currency = price.partition(" ")
    return f"{Decimal(number) * parts} {currency}".strip() if number else ""


def _find_price(parts: Services, line: str) -> str:
    channel = parts.channels.get(line)
    return channel.config.part_price if channel else ""
