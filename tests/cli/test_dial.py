"""The phone in the terminal, before a gateway on a real socket and a data folder of its own."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.settings import load_settings
from gateway.bootstrap import open_ledger, open_parts
from gateway.cli.dial import find_language_keys
from gateway.cli.main import main
from gateway.domain.events import Ended, Inbound
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import run_conversation as run_case
from gateway.menus.authoring.folder import read_folder
from gateway.menus.engine.model import Menu
from gateway.storage import migrate
from gateway.storage.callers import SentText
from tests.support.house import publish
from tests.support.menu_folders import asked
from tests.support.served_webhooks import House, Page, served

HERS = "+8562055500001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that the environment names, on a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A gateway whose secrets are those of the data folder."""
    settings = load_settings({"GATEWAY_DATA_DIR": str(folder)})
    migrate.upgrade(open_ledger(settings))
    parts = open_parts(settings)
    with served(*parts.channels.values(), key=parts.store.ring.key("webhook")) as house:
        monkeypatch.setenv("PORT", house.url.rpartition(":")[2])
        yield house


@pytest.fixture
def live(house: House, folder: Path) -> House:
    """The same with the sample menu live, and its screens behind the phone."""
    parts = open_parts(load_settings({"GATEWAY_DATA_DIR": str(folder)}))
    publish(parts)
    house.behind.page = Page("Info line. Choose:", screen="language")
    house.behind.pages = {"4": Page("My pay", screen="main"), "4*1": Page("Wages", screen="pay")}
    return house


def hops(house: House) -> list[tuple[str, str]]:
    """Which number posted what, in order."""
    return [(each.number, each.text) for each in house.behind.taken if isinstance(each, Inbound)]


def ends(house: House) -> list[str]:
    return [each.status for each in house.behind.taken if isinstance(each, Ended)]


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)


def test_without_a_gateway_it_says_how_to_start_one_and_makes_nothing(folder: Path) -> None:
    for arguments in (("dial", "*123*4#", "--keys", "1"), ("text", "1234", "pay")):
        result = run(*arguments)

        assert result.exit_code == 2
        assert "start it with gateway up" in result.stderr
    assert not folder.exists()


def test_with_keys_it_prints_every_page_and_stops(house: House) -> None:
    house.behind.page = Page("Info line. Choose:\n1 Phasa Lao", screen="language")
    house.behind.pages = {"1": Page("ອ່ານໄດ້ບໍ?\n1 Dai", screen="script"), "1*1": Page("Bye", ends=True)}

    result = run("dial", "*123*4#", "--keys", "1,1,7", "--from", "+66 80 000 0001")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "--- CON 30/160 gsm7 language",
        "Info line. Choose:",
        "1 Phasa Lao",
        "> 1",
        "--- CON 16/70 ucs2 script",
        "ອ່ານໄດ້ບໍ?",
        "1 Dai",
        "> 1",
        "--- END 3/160 gsm7 language",
        "Bye",
    ]
    hops = [event for event in house.behind.taken if isinstance(event, Inbound)]
    assert [hop.text for hop in hops] == ["", "1", "1*1"]
    assert {(hop.number, hop.service, hop.channel) for hop in hops} == {
        ("+66800000001", "*123*4#", "simulator")
    }
    assert len({hop.session for hop in hops}) == 1
    assert [event.status for event in house.behind.taken if isinstance(event, Ended)] == ["success"]


def test_it_hangs_up_where_the_keys_end(house: House) -> None:
    assert run("dial", "*123*4#", "--keys", "1").exit_code == 0

    assert [event.status for event in house.behind.taken if isinstance(event, Ended)] == ["incomplete"]


def test_as_json_each_page_says_what_was_typed_before_it(house: House) -> None:
    pages = json.loads(run("dial", "*123*4#", "--keys", "1", "--json").stdout)

    assert [page["typed"] for page in pages] == ["", "1"]
    assert pages[0] == {
        "typed": "",
        "kind": "CON",
        "units": 40,
        "limit": 160,
        "coding": "gsm7",
        "screen": "language",
        "text": house.behind.page.text,
    }


@pytest.mark.parametrize("typed", ["1\n\n", "1\n", "1\nq\n"])
def test_without_keys_it_asks_until_nothing_is_typed(live: House, typed: str) -> None:
    house = live
    result = run("dial", "*123*4#", typed=typed)

    assert result.exit_code == 0
    assert [event.text for event in house.behind.taken if isinstance(event, Inbound)] == ["", "1"]
    assert isinstance(house.behind.taken[-1], Ended)


def test_a_drop_tells_nobody_and_a_redial_is_a_new_session(house: House) -> None:
    result = run("dial", "*123*4#", "--keys", "1,d,2,r,1")

    assert result.exit_code == 0
    assert [text for _, text in hops(house)] == ["", "1"]
    assert "(dropped: nobody is told)" in result.stdout
    assert ends(house) == []

    run("dial", "*123*4#", "--keys", "1,d,r,2")
    sessions = [each.session for each in house.behind.taken if isinstance(each, Inbound)][2:]
    assert [text for _, text in hops(house)][2:] == ["", "1", "", "2"]
    assert (len(set(sessions)), ends(house)) == (2, ["incomplete"])


def test_a_time_out_is_told_as_networks_tell_it(house: House) -> None:
    result = run("dial", "*123*4#", "--keys", "1,t,r")

    assert "(timed out: the network ends it)" in result.stdout
    assert ends(house) == ["failed", "incomplete"]


def test_after_an_end_one_may_dial_again(house: House) -> None:
    house.behind.pages = {"1": Page("Bye", ends=True)}

    run("dial", "*123*4#", "--keys", "1,r,2")

    assert [text for _, text in hops(house)] == ["", "1", "", "2"]


def test_two_callers_hold_a_session_each(house: House) -> None:
    other = "+8562055500002"
    result = run("dial", "*123*4#", "--from", HERS, "--from", other, "--keys", "1,s,2,s,3,s,4", "--json")

    assert hops(house) == [(HERS, ""), (HERS, "1"), (other, ""), (other, "2"), (HERS, "1*3"), (other, "2*4")]
    pages = json.loads(result.stdout)
    assert [page["from"] for page in pages] == [HERS, HERS, other, other, HERS, HERS, other, other]
    assert sorted(ends(house)) == ["incomplete", "incomplete"]


def test_what_was_typed_is_printed_as_a_test_that_passes(live: House, menu: Menu) -> None:
    result = run("dial", "*123*4#", typed="4\n1\n\n")

    written = result.stdout[result.stdout.index("- it:") :]
    assert f'from: "{HERS}"' in written
    assert 'sends: "4", screen: main' in written
    assert "# differs" not in written
    cases, problems = read_conversations({"saved.yaml": written.encode()}, "Asia/Vientiane")
    assert problems == []
    assert [run_case(menu, case, zone="Asia/Vientiane").differences for case in cases] == [[]]


def test_each_session_is_a_test_and_what_differs_is_noted(live: House) -> None:
    live.behind.pages["4"] = Page("Other", screen="elsewhere")
    result = run("dial", "*123*4#", typed="4\nr\n4\n1\n\n")

    assert result.stdout.count("- it:") == 2
    assert "# differs: step 2: the phone showed screen elsewhere" in result.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("salery", "--- understood pay in en (show: salary, one letter off)"),
        ("khaa haeng", "--- understood pay in lo-Latn (show: kha heng, by its sound)"),
        ("he hit me", "--- understood sos in en (danger: hit me)"),
        ("papr", "--- understood nothing; nearest: papers"),
        ("zzz", "--- understood nothing; nearest: nothing"),
    ],
)
def test_a_text_is_explained(live: House, monkeypatch: pytest.MonkeyPatch, words: str, line: str) -> None:
    monkeypatch.setattr("gateway.cli.dial.ANSWER_SECONDS", 0.1)

    assert run("text", "1234", words, "--explain").stdout.splitlines()[0] == line


def test_a_text_and_its_answer(house: House) -> None:
    at = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    older = SentText(id="1", channel="simulator", text="from yesterday", at=at)
    answer = SentText(id="2", channel="simulator", text="ຄ່າແຮງ " * 12, at=at)
    house.behind.thread = (older,)

    def answered(event: object) -> None:
        if isinstance(event, Inbound):
            house.behind.thread = (older, answer)

    house.behind.fails = answered

    result = run("text", "1234", "kha heng")

    assert (result.exit_code, result.stdout) == (0, f"--- SMS 2 parts ucs2\n{'ຄ່າແຮງ ' * 12}\n")
    [text] = [event for event in house.behind.taken if isinstance(event, Inbound)]
    assert (text.number, text.text, text.service) == (HERS, "kha heng", "1234")


def test_a_text_that_waits_to_leave_is_no_answer_yet(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.dial.ANSWER_SECONDS", 0.3)
    at = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    waits = SentText(id="1", channel="simulator", text="not there yet", at=at, state="pending")

    def answered(event: object) -> None:
        if isinstance(event, Inbound):
            house.behind.thread = (waits,)

    house.behind.fails = answered

    result = run("text", "1234", "pay")

    assert result.exit_code == 1
    assert "not there yet" not in result.output
    assert "An answer was written and did not leave within 0.3 s: does the worker run?" in result.stderr


@pytest.mark.fault("U6")
@pytest.mark.parametrize("words", ["STOP", "end", "ຢຸດ", "หยุด", "yut", "thanks"])
def test_silence_that_is_right_is_said_at_once_and_is_no_fault(house: House, words: str) -> None:
    at = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    house.behind.thread = (SentText(id="1", channel="simulator", text="from yesterday", at=at),)

    result = run("text", "1234", words)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Silence, as it should be: the text was taken, and no answer to it was written.\n"


@pytest.mark.fault("U6")
@pytest.mark.parametrize("state", ["pending", "sending", "unclear", "failed", "expired"])
def test_an_answer_that_does_not_leave_is_a_fault_whatever_keeps_it(
    house: House, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr("gateway.cli.dial.ANSWER_SECONDS", 0.2)
    at = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    stays = SentText(id="1", channel="simulator", text="words", at=at, state=state)
    house.behind.fails = lambda event: setattr(
        house.behind, "thread", (stays,) if isinstance(event, Inbound) else house.behind.thread
    )

    result = run("text", "1234", "pay")

    assert result.exit_code == 1
    assert "Silence" not in result.output


@pytest.mark.parametrize("number", ["", "02055500001", "SAFARICOM"])
def test_a_number_without_its_country_is_asked_for_again(folder: Path, house: House, number: str) -> None:
    result = run("dial", "*123*4#", "--from", number, "--keys", "1")

    assert result.exit_code == 2
    assert "country code" in result.stderr


def test_what_the_gateway_does_not_take_is_said(house: House) -> None:
    house.settings["webhook-serial:simulator"] = 9
    house.serials.renew()

    result = run("dial", "*123*4#", "--keys", "1")

    assert result.exit_code == 1
    assert "404: Not found" in result.stderr


@pytest.fixture(scope="module")
def menu() -> Menu:
    """The sample helpline."""
    menu = check_menu(read_folder(Path("menus")), asked()).menu
    assert menu is not None
    return menu


def test_the_keys_of_a_language_lead_to_its_texts(menu: Menu) -> None:
    from gateway.menus.engine.engine import begin_session, step_session
    from gateway.menus.engine.session import Known

    for tag in menu.languages:
        session = begin_session(menu, Known())
        for key in find_language_keys(menu, tag):
            session = step_session(menu, session, key).session

        assert (session.screen, session.script) == (menu.home, tag)


def test_a_language_that_the_menu_lacks_is_named_with_those_it_has(menu: Menu) -> None:
    with pytest.raises(Exception, match="lo-Latn"):
        find_language_keys(menu, "km")
