"""`gateway channels`, and `gateway text` by a line that is a phone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.delivery.channel_status import keep_notice
from gateway.domain.events import Inbound, Kind, NotANumber
from gateway.domain.outbox.send_policy import Bucket
from gateway.storage import counts
from gateway.storage.callers import SentText
from tests.channels.android.cases import KEY
from tests.support import cli_house as houses
from tests.support.cli_house import Machine
from tests.support.clocks import SetClock
from tests.support.served_webhooks import served
from tests.support.standin_phone import NAME, PASSWORD, StandinPhone

BLOCK = """
[channels.android]
provider = "android"
prefixes = ["+856"]
[channels.android.options]
day_limit = 300
"""


@pytest.fixture
def phone():
    with StandinPhone() as phone:
        yield phone


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(houses, "LINES", houses.LINES + BLOCK)
    machine = Machine(tmp_path / "house", monkeypatch)
    machine.starts()
    yield machine
    machine.close()


def account(phone: StandinPhone) -> dict[str, str]:
    return {
        "ANDROID_API_URL": phone.url,
        "ANDROID_USERNAME": NAME,
        "ANDROID_PASSWORD": PASSWORD,
        "ANDROID_SIGNING_KEY": KEY,
        "PUBLIC_URL": "https://helpline.example",
    }


def test_every_line_is_listed_with_what_is_known_of_it(machine: Machine, phone: StandinPhone) -> None:
    plain = machine.run("channels", "list")
    assert plain.exit_code == 0
    assert [line.split()[0] for line in plain.output.splitlines()] == [
        "africastalking",
        "simulator",
        "android",
    ]
    listed = json.loads(machine.run("channels", "list", "--json", **account(phone)).output)
    found = {line["name"]: line for line in listed}["android"]
    assert (found["real"], found["day_limit"], found["prefixes"]) == (True, 300, ["+856"])
    assert "never heard" in found["trouble"]
    for secret in (PASSWORD, KEY):
        assert secret not in str(listed)


def test_a_phone_that_answers_is_well_and_is_told_where_to_post(
    machine: Machine, phone: StandinPhone
) -> None:
    result = machine.run("channels", "test", "android", "--register", **account(phone))
    assert result.exit_code == 0, result.output
    assert "android answers, battery 80 %." in result.output
    assert "android knows where to post." in result.output
    urls = {hook["url"] for hook in phone.hooks.values()}
    assert all(url.startswith("https://helpline.example/webhooks/android/") for url in urls)
    doctor = machine.run("doctor", **account(phone))
    assert "green  channel.android" in doctor.output


def test_what_is_wrong_is_said_in_words(machine: Machine, phone: StandinPhone) -> None:
    trial = machine.run("channels", "test", "android")
    assert (trial.exit_code, "it has no account" in trial.output) == (0, True)
    assert "the lines are africastalking, simulator, android" in machine.run("channels", "test", "x").output
    pasted = machine.run("channels", "test", "africastalking", "--register")
    assert "paste what `gateway webhooks` prints" in pasted.output
    wrong = machine.run("channels", "test", "android", **account(phone) | {"ANDROID_PASSWORD": "another"})
    assert (wrong.exit_code, "does not answer" in wrong.output) == (1, True)
    local = machine.run("channels", "test", "android", "--register", **account(phone) | {"PUBLIC_URL": ""})
    assert "not https://" in local.output
    phone.off()
    assert machine.run("channels", "test", "android", **account(phone)).exit_code == 1
    phone.on()


@pytest.mark.parametrize("key", ["", KEY])
def test_a_text_by_the_phone_s_line_is_posted_as_the_phone_posts_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, key: str, clock: SetClock
) -> None:
    environ = {"ANDROID_SIGNING_KEY": key} if key else {}
    parts = machine.parts(**environ)
    with served(*parts.channels.values(), key=parts.store.ring.key("webhook")) as house:
        environ["PORT"] = house.url.rpartition(":")[2]
        sent = SentText(id="1", channel="android", text="ຄ່າແຮງ", at=clock.now())

        def answered(event: object) -> None:
            house.behind.thread = (sent,) if isinstance(event, Inbound) else house.behind.thread

        house.behind.fails = answered
        result = machine.run("text", "020 55 500 009", "ຄ່າແຮງ", "--channel", "android", **environ)
        assert result.exit_code == 0, result.output
        assert result.output.splitlines() == ["--- SMS 1 part ucs2", "ຄ່າແຮງ"]
        (inbound,) = [each for each in house.behind.taken if isinstance(each, Inbound)]
        assert (inbound.channel, inbound.kind, inbound.number) == ("android", Kind.SMS, "+8562055500001")
        strange = machine.run("text", "1", "x", "--channel", "nowhere", **environ)
        assert "the lines are" in strange.output
        assert (
            "has no handset" in machine.run("text", "1", "x", "--channel", "africastalking", **environ).output
        )


def test_a_line_that_reaches_real_phones_is_not_played_with(machine: Machine, phone: StandinPhone) -> None:
    parts = machine.parts(**account(phone))
    with served(*parts.channels.values()) as house:
        port = {"PORT": house.url.rpartition(":")[2]}
        result = machine.run("text", "1", "x", "--channel", "android", **account(phone), **port)
    assert "reaches real phones" in result.output


def test_the_group_stands_in_the_help() -> None:
    assert "channels" in CliRunner().invoke(main, ["--help"]).output


@pytest.mark.fault("A8")
def test_a_line_in_trouble_leads_to_the_guide_of_its_own_provider(machine: Machine) -> None:
    machine.starts()
    env = {"AFRICASTALKING_USERNAME": "helpline", "AFRICASTALKING_API_KEY": "k" * 40}
    parts = machine.parts()
    with parts.store.write() as tx:
        now = parts.clock.now()
        paused = Bucket(tokens=0, filled_at=now, paused_until=now + timedelta(hours=1), why="wrong-key")
        counts.ensure_buckets(tx, {"africastalking": paused})
        counts.save_bucket(tx, "africastalking", paused)
    for command in (("channels", "list"), ("doctor",)):
        said = machine.run(*command, **env).output
        assert "docs/how-to/connect-africas-talking.md" in said
        assert "android-phone.md" not in "".join(one for one in said.splitlines() if "africastalking" in one)


def test_a_line_whose_link_is_not_bound_and_what_operators_texted_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = '[channels.smpp]\nprovider = "smpp"\nsms_number = "1444"\n'
    monkeypatch.setattr(houses, "LINES", houses.LINES + block)
    machine = Machine(tmp_path / "house", monkeypatch)
    machine.starts()
    env = {"SMPP_HOST": "127.0.0.1:1", "SMPP_SYSTEM_ID": "gateway", "SMPP_PASSWORD": "secret08"}
    tried = machine.run("channels", "test", "smpp", **env)
    assert (tried.exit_code, "No link is bound" in tried.output) == (1, True)

    assert "No operator has texted" in machine.run("channels", "notices").output
    notice = NotANumber(channel="smpp", turn="1", sender="LTC", text="Your SIM\nexpires")
    assert keep_notice(machine.parts(), notice)
    for command, mark in (("notices",), "*"), (("notices", "--read"), "*"), (("notices",), " "):
        said = machine.run("channels", *command).output
        assert said.startswith(f"{mark} ")
        assert said.endswith("smpp  LTC: Your SIM expires\n")
    machine.close()
