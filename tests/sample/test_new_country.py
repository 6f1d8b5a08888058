"""A helpline for other people in another country: made from nothing, filled in, dialled, called, counted; no code changed.

The Khmer is the test's own draft and reaches no phone.
"""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from config.settings import load_settings
from gateway.bootstrap import read_desk
from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.cli.menus import menus
from gateway.conversations import ussd_session
from gateway.domain.callbacks.windows import Hours
from gateway.foundation.services import HelplineConfig, Services
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.requests.planning import fill_message, fill_opener
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics, list_words, name_word
from gateway.helpdesk.staff.people import OWNER
from gateway.operations.publishing.publish import Published, publish_menu
from gateway.operations.reporting.centre_month import read_centre_month
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk
from tests.support.house import Phone, made_parts, requests

HER = "+66800000123"
KHMER = dict(
    line.replace("\\n", "\n").split("\t")
    for line in (Path(__file__).parent / "khmer.tsv").read_text(encoding="utf-8").splitlines()
)
WORDS = {
    '"hit"': '["គ្រោះថ្នាក់", "វាយ"]', '"call me"': '["ហៅខ្ញុំ"]', '"stop"': '["ឈប់ផ្ញើ"]',
    '"start"': '["ចាប់ផ្តើមវិញ"]', '"help"': '["ជំនួយ"]', '"work"': '["ការងារ"]',
}  # fmt: skip
DAYS = "[ចន្ទ, អង្គារ, ពុធ, ព្រហ, សុក្រ, សៅរ៍, អាទិត្យ]"
GUIDE = (Path(__file__).parents[2] / "docs/how-to/write-a-menu.md").read_text(encoding="utf-8")
SETTINGS = """
[line]
zone = "Asia/Phnom_Penh"
regions = ["KH", "TH"]
helpline = "+66800000999"
[desk.languages]
cja = "Cham"
[desk.country]
cambodia = { en = "Cambodia", km = "កម្ពុជា" }
[desk.sector]
brick_kiln = { en = "Brick kilns" }
[hours]
mon = ["08:00-12:00"]
tue = ["08:00-12:00", "13:00-17:00"]
wed = ["08:00-12:00"]
thu = ["08:00-12:00"]
fri = ["08:00-12:00"]
[channels.simulator]
provider = "simulator"
menu = "safeline"
service_codes = ["*123*4#"]
sms_number = "1234"
"""


def filled(text: str) -> str:
    """What a translator does: each open line gets the words for the one below it."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.strip() == 'km: ""':
            english = lines[at + 1].strip().removeprefix("en: ").strip('"').replace("\\n", "\n")
            lines[at] = line.replace('""', '"{}"'.format(KHMER[english].replace("\n", "\\n")))
        elif line.strip() == 'km: [""]':
            first = re.search(r'"[^"]+"', lines[at + 1])
            assert first is not None
            lines[at] = line.replace('[""]', WORDS[first[0]])
        elif line.strip().startswith('days: ["", ""'):
            lines[at] = re.sub(r"\[.*\]", DAYS, line)
    return "\n".join(lines)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as ``gateway menus new`` makes it, beside settings of its own."""
    (tmp_path / "gateway.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("GATEWAY_CONFIG", str(tmp_path / "gateway.toml"))
    made = does("new", str(tmp_path / "line"), "--languages", "km,en", "--name", "safeline")
    assert made.exit_code == 0, made.output
    return tmp_path / "line"


def does(*words: str) -> Result:
    return CliRunner().invoke(menus, words)


def fill(folder: Path) -> None:
    for path in folder.glob("*.yaml"):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    danger = (folder / "danger.yaml").read_text(encoding="utf-8")
    for number in ("117", "119"):
        danger = danger.replace('value: ""', f'value: "{number}"', 1)
    danger = danger.replace('source: ""', 'source: "made up for a test"')
    (folder / "danger.yaml").write_text(danger, encoding="utf-8")


@pytest.fixture
def desk(folder: Path, store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    fill(folder)
    settings = load_settings({"GATEWAY_CONFIG": str(tmp_path / "gateway.toml")})
    line = HelplineConfig(
        zone="Asia/Phnom_Penh",
        regions=("KH", "TH"),
        helpline="+66800000999",
        mrc="",
        embassy="",
        price="",
        days=90,
        hours=Hours.parse({day: list(spans) for day, spans in settings.file.hours.items()}),
    )
    config = ChannelConfig(
        name="simulator", provider="simulator", menu="safeline", service_codes=("*123*4#",), sms_number="1234"
    )
    parts = made_parts(
        store, clock, tmp_path, channels={"simulator": find_channel(config)}, line=line,
        desk=read_desk(settings.file.desk), inside={"announce": lambda *_: None},
    )  # fmt: skip
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    told = publish_menu(parts, files, author="test", why="first")
    assert isinstance(told, Published), told
    return Desk(parts, clock)


@pytest.mark.fault("U2")
def test_what_is_left_open_is_named_and_what_is_filled_in_is_sound(folder: Path) -> None:
    open_ = does("check", str(folder))
    assert open_.exit_code == 1
    assert "km of 'text' is empty" in open_.output
    assert "'value' is empty" in open_.output
    fill(folder)
    checked = does("check", str(folder))
    assert checked.exit_code == 0, checked.output
    tested = does("test", str(folder))
    assert tested.exit_code == 0, tested.output
    assert " 0 failed" in tested.output


@pytest.mark.fault("U2")
@pytest.mark.parametrize("languages", ["en", "lo,lo-Latn,th,en", "th", "en,lo"])
def test_in_languages_that_the_house_has_words_for_only_the_numbers_are_open(
    tmp_path: Path, languages: str
) -> None:
    assert does("new", str(tmp_path / "line"), "--languages", languages).exit_code == 0
    found = [line for line in does("check", str(tmp_path / "line")).output.split("\n") if ": error:" in line]
    assert [line.partition("error: ")[2] for line in found] == [
        f"'{what}' is empty [empty-value]" for _ in ("police", "ambulance") for what in ("value", "source")
    ]
    fill(tmp_path / "line")
    assert does("check", str(tmp_path / "line")).exit_code == 0
    assert does("test", str(tmp_path / "line")).exit_code == 0


@pytest.mark.parametrize(
    "languages",
    ["", "km,km", "Khmer", "a" * 9, "en,lo,th,vi,my,km,id,hi,bn"],
)
def test_what_is_no_language_is_refused_and_a_folder_with_anything_in_it_is_left_alone(
    tmp_path: Path, languages: str
) -> None:
    assert does("new", str(tmp_path / "line"), "--languages", languages).exit_code != 0
    assert not (tmp_path / "line").exists()
    (tmp_path / "mine.yaml").write_text("schema: 1\n")
    assert "is not empty" in does("new", str(tmp_path), "--languages", "en").output
    assert (tmp_path / "mine.yaml").read_text() == "schema: 1\n"


@pytest.mark.fault("H2")
@pytest.mark.fault("H3")
@pytest.mark.fault("H5")
def test_she_dials_reads_her_code_in_khmer_is_called_and_counted(desk: Desk, clock: SetClock) -> None:
    parts = desk.parts
    phone = Phone(parts, number=HER, channel="simulator")
    assert "1 Khmer" in phone.dial().text
    assert "ច-សុ 9-12" in phone.press("1 1 7 2 2").text  # from the screen on work: its topic
    code = phone.press("1 1").text
    [one] = requests(parts, HER)
    assert one.code in code
    assert "ពុធ 9-12" in code
    assert (one.topic, str(one.window), one.language) == ("work", "weekday_morning", "km")
    noy = desk.person("Noy", languages=("km",))
    with parts.store.write() as tx:
        tx.execute(
            text("UPDATE callbacks SET trial = false")
        )  # as if a real line had brought it: trials are no month
    clock.set("2026-11-25T09:30:00+07:00")
    desk.calling(noy, one.id)
    assert fill_opener(parts, "km", one.code)[0] == (
        "km",
        f"សួស្តី លេខនេះបញ្ចប់ដោយ {one.code} មែនទេ?",
        "សូមទោស ច្រឡំលេខ",
    )
    outcome.record_outcome(parts, noy, callback_id=one.id, outcome="reached")
    case_record.save_form(
        parts, noy, one.id,
        {"topics": ["work"], "country": "cambodia", "sector": "brick_kiln", "person": "woman"},
    )  # fmt: skip
    outcome.close_callback(parts, noy, one.id)
    assert counted(parts) == {"topics:work", "country:cambodia", "sector:brick_kiln", "person:woman"}


def counted(parts: Services) -> set[str]:
    """What the month of the centre knows of; how often is hidden while it is so few."""
    return {
        key.item for key in parts.count._counts if key.what == "record" and not key.item.endswith("not_asked")
    }


def test_the_month_tells_its_own_words_once_there_are_enough(desk: Desk) -> None:
    for _ in range(6):
        case_record.count_form(desk.parts, {"person": "woman", "sector": "brick_kiln", "country": "cambodia"})
    desk.parts.count.flush(desk.parts.store)
    assert "brick_kiln" in repr(read_centre_month(desk.parts, OWNER, "2026-11"))


@pytest.mark.fault("H5")
def test_nothing_of_another_country_is_left(desk: Desk) -> None:
    parts = desk.parts
    assert list_topics(parts) == ("work", "danger", "other")
    assert list(list_languages(parts)) == ["km", "en", "cja"]
    assert list_words(parts)["country"] == ("cambodia", "other")
    assert name_word(parts, "topic", "work", "km") == "ការងារ"
    assert fill_message(parts, "ours_missed", ("km",)).startswith("សួស្តី")
    menu = parts.versions.live("safeline")[1]
    for words in (
        ussd_session.find_apology(None, "km", {}, date(2026, 11, 24)),
        repr(menu.screens),
        repr(menu.messages),
    ):
        assert not re.search(r"Thai|Lao\b|[\u0e01-\u0edf]|\b(191|1669|1191|1362)\b", words)


@pytest.mark.fault("H2")
def test_by_text_in_khmer_too(desk: Desk) -> None:
    phone = Phone(desk.parts, number=HER, channel="simulator")
    [form] = phone.texts("ហៅខ្ញុំ")
    assert "9-12" in form
    [code] = phone.texts("1 1")
    [one] = requests(desk.parts, HER)
    assert (code, str(one.window)) == (one.code, "weekday_morning")


@pytest.mark.fault("U2")
def test_the_guide_is_followed_to_the_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = [line.split() for line in GUIDE.split("\n") if line.startswith(".venv/bin/gateway menus ")]
    assert told[0][2:] == ["new", "safeline", "--languages", "km,en"]
    assert does(*told[0][2:]).exit_code == 0
    assert told[1][2:] == ["check", "safeline"]
    assert does(*told[1][2:]).exit_code == 1
    fill(tmp_path / "safeline")
    assert does("check", "safeline").exit_code == 0
    assert does("test", "safeline").exit_code == 0


@pytest.mark.fault("U3")
def test_no_guide_takes_the_house_from_an_index() -> None:
    for path in (Path(__file__).parents[2] / "docs").rglob("*.md"):
        assert "install 'helpline-gateway" not in path.read_text(encoding="utf-8"), path
