"""How it starts: at a terminal and as a unit, with every setting there is, and while the database is away."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.settings import Environment
from gateway.cli.main import main
from gateway.operations.maintenance import key_care
from tests.support.ledgers import PostgresqlLedgers
from tests.support.running import CONFIG, GATEWAY, REPOSITORY, Running, free_port, signal_to, wait
from tests.support.servers import PostgreSQL, Valkey
from tests.support.standin import KEY, Standin
from tests.support.terminal import Terminal
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in

pytestmark = [pytest.mark.kills, pytest.mark.timeout(240), pytest.mark.xdist_group("starts")]

SHEET = re.compile(r"^\s+((?:[0-9A-Z]{4} ?){14})$", re.MULTILINE)
GROUP = re.compile(r"Type group (\d+) of the sheet")
WALK = [*LANGUAGES["en"], *FORM]
MASTER = "7f3a" + "0c5d9e1b8246" * 2 + "ad90f4e6c3b17285"


def doctor(running: Running, part: str) -> str:
    """What `gateway doctor` says of one part."""
    said = running.said_by("doctor")
    (line,) = [line for line in said.splitlines() if line.split()[1:2] == [part]]
    return line


@pytest.mark.fault("K3", "K14")
def test_a_person_at_a_terminal_reads_the_secrets_and_shows_that_the_sheet_is_on_paper(
    tmp_path: Path,
) -> None:
    running = Running(tmp_path / "house")
    with Terminal([GATEWAY, "up"], cwd=running.folder, env=running.environment) as terminal:
        terminal.wait_for("Recovery sheet", 30)
        shown = terminal.wait_for("of the sheet that you have written down:")
        assert SHEET.search(shown.partition("Ready.")[0]), "at once, not when everything runs"
        assert "/invitation/" in shown
        assert "/webhooks/africastalking/" in shown
        (letters,), (group,) = SHEET.findall(shown), GROUP.findall(shown)
        terminal.type("WRNG")
        terminal.wait_for("Compare it with the sheet", 10)
        assert doctor(running, "recovery").startswith("red")
        terminal.type(letters.split()[int(group) - 1].lower())
        terminal.wait_for("the sheet is on paper", 10)
        assert doctor(running, "recovery").startswith("green")
        running.command("backup", str(tmp_path / "kept"))


@pytest.mark.slow
@pytest.mark.fault("K14")
def test_a_unit_tells_its_journal_no_secret_but_the_commands(tmp_path: Path) -> None:
    with Running(tmp_path / "house") as running:
        said = running.said()
        assert not SHEET.search(said)
        assert "/invitation/" not in said
        assert "/webhooks/" not in said
        for command in ("gateway keys sheet", "gateway people add", "gateway webhooks"):
            assert f"`{command}" in said
        assert "/invitation/" in running.command("people", "add", "Boss", "--role", "administrator")
        assert "/webhooks/" in running.command("webhooks")
        refused = running.said_by("backup", str(tmp_path / "none"))
        assert "gateway keys sheet" in refused
        assert not (tmp_path / "none").exists()
        letters = SHEET.findall(running.command("keys", "sheet"))[0]
        confirmed = running.said_by("keys", "confirm", typed=letters)
        assert "backups open with this sheet" in confirmed
        assert doctor(running, "recovery").startswith("green")


@pytest.mark.slow
@pytest.mark.fault("K3")
@pytest.mark.timeout(1800)  # some forty starts, on a machine that may have other work
def test_a_first_start_killed_at_20_moments_shows_the_sheet_or_lets_one_be_made(tmp_path: Path) -> None:
    whole, shown = seconds_of_a_start(tmp_path / "whole"), 0
    for moment in range(20):
        running = Running(tmp_path / f"house{moment}")
        with Terminal([GATEWAY, "up"], cwd=running.folder, env=running.environment) as terminal:
            time.sleep(
                whole * (moment + 0.5) / 12
            )  # the last ones well behind the end, as a busy machine is slower
            for pid in running.pids():
                signal_to(pid, signal.SIGKILL)
            terminal.process.wait(10)
            seen = SHEET.findall(terminal.shown)
        shown += bool(seen)
        with Terminal([GATEWAY, "up"], cwd=running.folder, env=running.environment) as terminal:
            again = SHEET.findall(terminal.wait_for("Ready."))
            made = again or SHEET.findall(typed_beside(running, "keys", "sheet"))
            if not again:
                assert seen, "it counts, so it was shown"
            assert re.search(r"^red +recovery", typed_beside(running, "doctor"), re.MULTILINE)
            typed_beside(running, "backup", str(tmp_path / f"backup{moment}"))
        other = Running(tmp_path / f"other{moment}")
        restored = typed_beside(other, "restore", str(tmp_path / f"backup{moment}"), typed=made[0])
        assert "rows are back" in restored
    print(
        f"20 first starts killed within {whole:.1f} s: {shown} had shown the sheet, and each got one that opens a backup"
    )
    assert 0 < shown < 20, "moments before the sheet and behind it"


def seconds_of_a_start(folder: Path) -> float:
    """How long a first start takes here until it is ready; a busy machine takes many times what another does."""
    running = Running(folder)
    began = time.monotonic()
    with Terminal([GATEWAY, "up"], cwd=running.folder, env=running.environment) as terminal:
        terminal.wait_for("Ready.")
        return time.monotonic() - began


def typed_beside(running: Running, *words: str, typed: str = "") -> str:
    """What a command says, run inside the test: twenty times four processes would take most of its time."""
    return CliRunner().invoke(main, list(words), env=running.environment, input=f"{typed}\n").output


TRIAL = {
    "GATEWAY_PHONE": "on",
    "GATEWAY_TEST_CLOCK": "1",
    "GATEWAY_SECOND_FACTOR": "off",
    "GATEWAY_MENUS_DIR": str(REPOSITORY / "menus"),
}


def account(standin: Standin) -> dict[str, str]:
    """Accounts at the stand-in for every provider, none of which reaches a real phone."""
    return {
        "AFRICASTALKING_USERNAME": "sandbox",
        "AFRICASTALKING_API_KEY": KEY,
        "AFRICASTALKING_SENDER_ID": "2384",
        "AFRICASTALKING_VOICE_NUMBER": "+85620555002",
        "AFRICASTALKING_API_URL": standin.url,
        "ANDROID_API_URL": standin.url,
        "ANDROID_USERNAME": "phone",
        "ANDROID_PASSWORD": "made up for a test",
        "ANDROID_SIGNING_KEY": "made up for a test, too: 4e1f9a",
        "GATEWAY_PHONE": "off",
        "GATEWAY_SECOND_FACTOR": "on",
    }


EVERYWHERE = {
    "HOST": "127.0.0.1",
    "WEB_WORKERS": "1",
    "WEB_THREADS": "2",
    "PUBLIC_URL": "https://helpline.example.org",
    "TRUSTED_PROXIES": "1",
    "GATEWAY_SECRET_KEY": MASTER,
    "GATEWAY_OUTBOX_LEASE": "60",
}
ITS_OWN = {"PORT", "GATEWAY_DATA_DIR", "GATEWAY_CONFIG", "GATEWAY_MENUS_DIR", "DATABASE_URL", "REDIS_URL"}


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.close()


@pytest.mark.fault("K4")
def test_no_setting_is_left_that_no_start_tries() -> None:
    with Standin() as standin:
        tried = {*ITS_OWN, *EVERYWHERE, *TRIAL, *account(standin)}
    documented = re.findall(
        r"^([A-Z][A-Z_]+)=", (REPOSITORY / "config" / "example.env").read_text(), re.MULTILINE
    )
    assert set(documented) == {name.upper() for name in Environment.model_fields}
    assert set(documented) <= tried


@pytest.mark.fault("K4")
@pytest.mark.parametrize(
    ("database", "world"),
    [
        ("sqlite", "account"),
        # The other three corners of the square take a minute and a half, and have this one as their witness.
        pytest.param("postgresql", "trial", marks=[pytest.mark.store, pytest.mark.slow]),
        pytest.param("sqlite", "trial", marks=pytest.mark.slow),
        pytest.param("postgresql", "account", marks=[pytest.mark.store, pytest.mark.slow]),
    ],
)
def test_it_starts_on_a_new_folder_with_every_setting(
    tmp_path: Path, valkey: Valkey, request: pytest.FixtureRequest, database: str, world: str
) -> None:
    given = EVERYWHERE | {"REDIS_URL": valkey.url}
    if database == "postgresql":
        ledgers: PostgresqlLedgers = request.getfixturevalue("postgresql_ledgers")
        given["DATABASE_URL"] = ledgers.empty_url()
    else:
        given["DATABASE_URL"] = f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    with Standin() as standin:
        given |= TRIAL if world == "trial" else account(standin)
        with Running(tmp_path / "house", given) as running:
            assert running.ready()["ready"]
            assert not (running.data / "keys" / "master").exists(), "a key was given"
            assert (running.data / "keys" / "ring").exists()
            phone = Phone(
                running.local(running.provider("simulator" if world == "trial" else "africastalking"))
            )
            assert code_in(phone.walk(WALK))
            if (database, world) == ("postgresql", "account"):
                running.stop()
                running.start()
                assert running.ready()["ready"], "and once more on what it left"


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    server.start()
    yield server
    server.close()


@pytest.mark.fault("K5")
def test_a_start_while_the_database_is_away_answers_promises_and_keeps(
    tmp_path: Path, postgresql: PostgreSQL
) -> None:
    with Running(tmp_path / "house", {"DATABASE_URL": postgresql.url()}) as running:
        provider = running.provider()
        wait((running.data / "keys" / "ring").exists, 10, "the copy of the keys")
        running.stop()
        postgresql.stop()
        running.start()
        assert "The database cannot be asked now" in running.said()
        assert "Traceback" not in running.said()
        ready = running.ready()
        assert ready["ready"]
        assert "ledger" in ready["degraded"]
        code = code_in(Phone(provider).walk(WALK))
        postgresql.start()
        wait(lambda: "ledger" not in running.ready()["degraded"], 30, "SQL is back")
        wait(lambda: code in {row["code"] for row in running.callbacks()}, 30, "what was promised is a row")


@pytest.mark.fault("K5")
def test_a_first_start_without_the_database_says_that_nothing_is_kept_here(tmp_path: Path) -> None:
    running = Running(
        tmp_path / "house", {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/gone"}
    )
    said = running.said_by("up")
    assert "keeps no copy of keys and menus" in said
    assert "Traceback" not in said


def test_the_sheet_of_this_test_reads_as_one() -> None:
    letters = key_care.write_sheet(bytes(range(32)))
    assert SHEET.findall(f"    {letters}\n") == [letters]
    assert "[line]" in CONFIG
