"""The sample with a notice on every page that it has: within the limit, in every language, and never lost."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.catalogue.pages import reserved
from gateway.engine.compiled import load
from gateway.engine.menu import End, Menu, page_key
from gateway.engine.notices import noticed
from gateway.engine.paging import Page, page_text, within
from gateway.engine.render import after, as_text
from gateway.engine.session import Session
from gateway.engine.showing import PLAIN
from gateway.engine.step import step, tell
from gateway.engine.values import fill
from gateway.messages import SMS_LIMITS, USSD_LIMITS, Limits, Piece
from tests.house import LINE, sample

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
SETTINGS = LINE.for_engine().values
NOTICES = ("invalid", "again")


@pytest.fixture(scope="module")
def menu() -> Menu:
    return load(sample())


def pages_of(menu: Menu, limits: Limits, language: str) -> Iterator[tuple[str, Page]]:
    """Every stored page of every text of every screen that can have a notice, with its widest values."""
    values = reserved(menu, language, SETTINGS)
    for name, screen in menu.screens.items():
        for variant in range(PLAIN, len(screen.variants)):
            for page in menu.pages.get(page_key(limits.name, language, name, variant), ()):
                if not isinstance(screen, End):
                    yield name, tuple(Piece(one.kind, fill(one.text, values), one.key) for one in page)


@pytest.mark.parametrize("limits", [USSD_LIMITS, SMS_LIMITS], ids=lambda limits: limits.name)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_each_page_with_each_notice_is_within_the_limit(
    menu: Menu, language: str, notice: str, limits: Limits
) -> None:
    seen = 0
    for name, page in pages_of(menu, limits, language):
        session = Session(screen=name, language=language, script=language, notice=notice)
        shown, alone = noticed(menu, session, page, reserved(menu, language, SETTINGS), limits)
        assert within(page_text(shown, {}), limits), (name, page)
        danger = name == menu.sos or menu.screens[name].topic == "danger"
        assert shown != page or danger, (name, page)
        assert not (alone and danger)
        seen += 1
    assert seen >= len(menu.screens) - sum(isinstance(screen, End) for screen in menu.screens.values()) - 1


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_whoever_reads_a_notice_alone_comes_to_her_page_with_98(menu: Menu, language: str) -> None:
    alone = 0
    for name, screen in menu.screens.items():
        here = Session(screen=name, language=language, script=language, trail=(("main", 1),))
        plain = tell(menu, here, LINE.for_engine(), USSD_LIMITS, NOW)
        if isinstance(screen, End) or plain.screen != name:
            continue
        wrong = here.having(notice="invalid", wrong=1)
        reply = tell(menu, wrong, LINE.for_engine(), USSD_LIMITS, NOW)
        alone += reply.alone
        if reply.alone:
            led = step(menu, after(wrong, reply), "98").session
            shown = tell(menu, led, LINE.for_engine(), USSD_LIMITS, NOW)
            assert as_text(shown) == as_text(plain)
    assert alone > 0


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_whoever_begins_again_reads_so_above_the_first_screen(menu: Menu, language: str) -> None:
    for screen in (menu.start, menu.home):
        lost = Session(screen=screen, language=language, script=language, notice="again")
        reply = tell(menu, lost, LINE.for_engine(), USSD_LIMITS, NOW)
        assert not reply.alone
        assert len(reply.pieces) > 3
