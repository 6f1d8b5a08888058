"""The last words of a hop that nothing of ours could answer: with numbers to call, and without a gap in them."""

from pathlib import Path

from gateway.domain.events import USSD_LIMITS
from gateway.menus.engine.text_size import measure_text
from gateway.storage.database import Store
from gateway.web import app
from tests.support.clocks import SetClock
from tests.support.house import made_parts, publish


def test_they_come_from_the_live_menu_and_fit_a_page(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    publish(parts)
    down = app._find_last_words(parts)
    assert down
    assert "{" not in down
    assert any(character.isdigit() for character in down)
    assert measure_text(down).units <= USSD_LIMITS.gsm7
    assert down.isascii()


def test_without_a_menu_they_are_plain_english_and_no_number_of_another_country(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    parts = made_parts(sqlite_store, clock, tmp_path)
    assert app._find_last_words(parts) == f"Sorry, try again later. {parts.line.helpline}"
