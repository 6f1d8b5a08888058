"""The edit that the guide tells is made to the letter, and on the day callers read what is true."""

import re
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.foundation.services import Services
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.operations.publishing.publish import Published, publish_menu
from gateway.operations.publishing.stored import read_folder_files
from gateway.storage.database import Store
from gateway.storage.versions import find_compiled
from tests.support.clocks import SetClock
from tests.support.house import LINE, MENUS, Phone, made_parts, publish
from tests.support.ledgers import SqliteLedgers

# On the runner that has read the sample's files.
pytestmark = pytest.mark.xdist_group("sample")
GUIDE = MENUS.parent / "docs/how-to/menus.md"
FACT = "  th.wage.bangkok:\n"
TO_BANGKOK = {"en": "4 1 1 1", "lo": "1 1 1 1 1", "lo-Latn": "2 1 1 1", "th": "3 1 1 1 1"}


def edited() -> dict[str, str]:
    """The sample after step 1: the lines of the guide stand in place of those of the same fact."""
    step = GUIDE.read_text(encoding="utf-8").split("2. Check it.")[0]
    lines = [line.strip() for line in step.splitlines() if line.strip().startswith("- {value:")]
    new = [line for line in lines if 'value: "420"' in line]
    assert len(new) == 1, "the guide adds one value"
    files = read_folder_files(MENUS)
    text = files["facts.yaml"]
    end = text.index("\n  th.", text.index(FACT) + len(FACT))
    return files | {"facts.yaml": f"{text[:end]}\n    {new[0]}{text[end:]}"}


@pytest.fixture(scope="module")
def compiled(sqlite_ledgers: SqliteLedgers, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version that publishing the edited folder makes."""
    folder = tmp_path_factory.mktemp("guide")
    with sqlite_ledgers.fresh(folder) as store:
        found = made_parts(store, SetClock(), folder)
        published = publish_menu(found, edited(), author="Noy", why="the wage of 2027")
        assert isinstance(published, Published)
        with store.read() as tx:
            return find_compiled(tx, published.version.id) or ""


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, compiled: str) -> Services:
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found, compiled)
    return found


def read_wage(phone: Phone, script: str) -> str:
    """All pages of the screen, read with 98."""
    pages = [phone.dial(TO_BANGKOK[script]).text]
    while "98 " in pages[-1]:
        pages.append(phone.press("98").text)
    return " ".join(re.sub(r"\n(7|98|0|00) .*", "", page).replace("\n", " ") for page in pages)


SINCE = {"en": "1 Jan 2027", "lo": "1/1/2027", "lo-Latn": "1/1/2027", "th": "1 ม.ค. 2570"}
BEFORE = {"en": "1 Jul 2025", "lo": "1/7/2025", "lo-Latn": "1/7/2025", "th": "1 ก.ค. 2568"}


@pytest.mark.fault("D2")
@pytest.mark.parametrize("script", TO_BANGKOK)
def test_the_new_wage_tells_its_own_day_from_that_day_on(
    parts: Services, clock: SetClock, script: str
) -> None:
    phone = Phone(parts)
    for at, wage, since in (
        ("2026-12-31T23:59:00+07:00", "400", BEFORE[script]),
        ("2027-01-01T00:01:00+07:00", "420", SINCE[script]),
    ):
        clock.set(at)
        words = read_wage(phone, script)
        assert wage in words
        assert f"{since})" in words
        other = BEFORE[script] if since == SINCE[script] else SINCE[script]
        assert other not in words


@pytest.mark.fault("D2")
def test_the_new_wage_turns_to_a_question_mark_with_its_neighbours(parts: Services, clock: SetClock) -> None:
    clock.set("2027-05-25T08:00:00+07:00")
    words = read_wage(Phone(parts), "en")
    assert "Bangkok: ? baht a day" in words
    assert "420" not in words


@pytest.mark.fault("D2")
def test_the_edit_brings_no_new_problem() -> None:
    asked = CheckContext(
        today=date(2026, 11, 24), limits=(USSD_LIMITS, SMS_LIMITS), settings=LINE.for_engine().values
    )

    def found(files: dict[str, str]) -> set[str]:
        checked = check_menu({name: text.encode() for name, text in files.items()}, asked)
        return {f"{each.code}: {each.message}" for each in checked.problems}

    assert found(edited()) == found(read_folder_files(MENUS))
