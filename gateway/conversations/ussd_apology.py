"""Apologise on the phone for a turn that failed, in the language that the caller reads, and never fail itself."""

from gateway.conversations import apology
from gateway.conversations.ussd_session import read_saved
from gateway.domain.events import Inbound
from gateway.foundation.ids import new_id
from gateway.foundation.phone_numbers import find_region, to_e164
from gateway.foundation.services import Services
from gateway.menus.engine.model import Menu
from gateway.storage.live_menus import find_served


def make_apology(parts: Services, inbound: Inbound, error: BaseException, what: str) -> str:
    """Log and count a fault, and return the words for the caller; never raises."""
    now = parts.clock.now()
    event = new_id(now)
    apology.log_fault(error, event, "turn")
    parts.count.add(what, channel=inbound.channel)
    menu: Menu | None = None
    language, region = "en", ""
    try:
        region = find_region(to_e164(inbound.number, parts.line.regions) or inbound.number)
        _, menu = find_served(parts, inbound.channel)
        saved = read_saved(parts.sessions.ask().load(inbound.channel, inbound.number))
        language = saved.session.script if saved and saved.session.script else language
        language = language if language in menu.languages else next(iter(menu.languages), language)
    except Exception as apology_error:  # noqa: BLE001 - the apology itself must not fail
        apology.log_fault(apology_error, event, "apology")
    return find_last_words(parts, menu, language, region)


def find_last_words(parts: Services, menu: Menu | None, language: str, region: str) -> str:
    """Return the apology with a number that helps, as this day words it."""
    day = apology.find_day(parts.clock.now(), parts.line.zone)
    return apology.find_apology(menu, language, parts.line.for_engine().values, day, region=region)
