"""The page of settings: each one with its value now, where it was found and what it does, and never a secret."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import list_settings
from config.settings import ChannelSettings, Environment, File, load_settings
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.foundation.services import StatedSetting
from gateway.helpdesk.alerts.alerts import ROADS
from gateway.helpdesk.requests.referrals import POLICY
from gateway.operations import line_settings, maintenance
from gateway.operations.publishing.menu_drafts import APPROVAL
from gateway.storage import settings as kept
from gateway.web.admin.channels import GROUPS, list_groups
from tests.support.examples import count_examples
from tests.support.house import apply_over
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

HERE = "/admin/settings"
KNOWN = {key for group in GROUPS for key in group.says}
SECRETS = {
    "GATEWAY_SECRET_KEY": "9f8e7d6c5b4a39281706f5e4d3c2b1a0zqx",
    "DATABASE_URL": "postgresql://desk:hunter-two@127.0.0.1/desk",
    "REDIS_URL": "redis://:valkey-word@127.0.0.1:1",
    "PUBLIC_URL": "https://somebody:page-word@helpline.example.org",
    "AFRICASTALKING_USERNAME": "account-name",
    "AFRICASTALKING_API_KEY": "account-key",
    "ANDROID_PASSWORD": "phone-word",
    "ANDROID2_USERNAME": "second-name",
    "ANDROID2_PASSWORD": "second-word",
}
LINE = """
[line]
helpline = "1300"
days = 30
[hours]
mon = ["08:00-12:00", "13:00-17:00"]
[channels.africastalking]
provider = "africastalking"
day_spend = "10 USD"
[channels.africastalking.options]
calls_a_day = 20
api_token = "token-in-the-file"
username = "name-in-the-file"
[channels.android2]
provider = "android"
"""


def state(tmp_path: Path, text: str = LINE, **environ: str) -> tuple[StatedSetting, ...]:
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    found = load_settings({"GATEWAY_CONFIG": str(file), **environ})
    return tuple(StatedSetting(*one) for one in list_settings(found))


def read_page(parts, **more) -> str:
    somebody(parts, "Boss", Role.ADMINISTRATOR, number="+8562055500111")
    browser = Browser(pages_of(replace(parts, **more)).test_client()).carry(token_of(parts, "Boss"))
    browser.get("/me")
    answer = browser.get(HERE)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_setting_of_the_product_says_what_it_does() -> None:
    blocks = {name: File.model_fields[name].annotation.model_fields for name in ("line", "answers", "desk")}
    blocks |= {
        "env": [name.upper() for name in Environment.model_fields],
        "channels": ChannelSettings.model_fields,
    }
    asked = {f"{block}.{name}" for block, names in blocks.items() for name in names} - {"channels.options"}
    assert asked - KNOWN == set()
    told = {key for key in KNOWN if key.partition(".")[0] in blocks}
    assert told - asked == set(), "and none that there is not"


@pytest.mark.parametrize(
    ("name", "value", "is_set", "source"),
    [
        ("env.PORT", "8100", True, "environment"),
        ("env.HOST", "127.0.0.1", True, "default"),
        ("env.TRUSTED_PROXIES", "0", True, "default"),
        ("env.GATEWAY_SECOND_FACTOR", "on", True, "default"),
        ("env.GATEWAY_TEST_CLOCK", "", False, "default"),
        ("env.DATABASE_URL", "", True, "environment"),
        ("env.REDIS_URL", "", True, "environment"),
        ("env.PUBLIC_URL", "", True, "environment"),
        ("env.AFRICASTALKING_USERNAME", "", True, "environment"),
        ("env.AFRICASTALKING_SENDER_ID", "", False, "default"),
        ("line.days", "30", True, "file"),
        ("line.reveals", "15", True, "default"),
        ("line.mrc", "", False, "default"),
        ("line.regions", "LA, TH", True, "default"),
        ("hours.hours", "mon 08:00-12:00 13:00-17:00", True, "file"),
        ("channels.day_spend", "10 USD", True, "file"),
        ("options.calls_a_day", "20", True, "file"),
        ("options.api_token", "", True, "file"),
        ("options.password", "", True, "environment"),
    ],
)
def test_a_value_is_told_with_its_source(tmp_path, name, value, is_set, source) -> None:
    found = {f"{one.block}.{one.name}": one for one in reversed(state(tmp_path, PORT="8100", **SECRETS))}
    assert (found[name].value, found[name].is_set, found[name].source) == (value, is_set, source)


def test_the_page_shows_values_and_no_secret(parts, tmp_path) -> None:
    page = read_page(parts, stated=state(tmp_path, **SECRETS))
    words = plain(page)
    assert (
        words.index("Spending and limits") < words.index("How long things are kept") < words.index("The line")
    )
    assert "[channels.NAME] day_spend Most money that texts may cost in a day" in words
    assert "africastalking 10 USD · gateway.toml · changes after a restart" in words
    assert "texts How long texts of callers are kept. 7 · default · changes at once" in words
    assert (
        "DATABASE_URL Where the database is; where it is not set, SQLite in the data folder. set ·" in words
    )
    assert 'href="/admin/shifts#try"' in page
    assert 'href="/admin/channels"' in page
    hidden = (
        *SECRETS.values(),
        "token-in-the-file",
        "name-in-the-file",
        "hunter-two",
        "valkey-word",
        "page-word",
    )
    assert [secret for secret in hidden if secret in page] == []


@settings(max_examples=count_examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    word=st.text("abcdefghjkmnpqrstuvwxyz23456789", min_size=12, max_size=24),
    name=st.sampled_from(
        [
            "ANDROID2_PASSWORD",
            "ANDROID2_URL",
            "ANDROID_USERNAME",
            "ANDROID_API_URL",
            "AFRICASTALKING_SENDER_ID",
        ]
    ),
)
def test_nothing_of_an_account_is_listed(tmp_path, word, name) -> None:
    value = f"http://{word}.example" if name == "ANDROID_API_URL" else word
    assert not any(word in one.value for one in state(tmp_path, **{name: value}))


def test_what_pages_set_and_what_overrides_the_file_is_read_from_the_database(parts, clock) -> None:
    with parts.store.write() as tx:
        kept.save_setting(tx, POLICY, "tell the head of the centre", by="Noy", now=clock.now())
        kept.save_setting(tx, ROADS, ["simulator", "android"], by="Noy", now=clock.now())
        kept.save_setting(tx, APPROVAL, True, by="Noy", now=clock.now())
        kept.save_setting(tx, maintenance.SETTING, {"texts": 30, "callbacks": 60}, by="Noy", now=clock.now())
    words = plain(read_page(parts))
    assert "When somebody may be under 18" not in words
    assert "tell the head of the centre" not in words, "the rule itself stands on its page"
    assert "under 18: How we work. set · in the database · changes at once" in words
    assert "in this order: How we work. simulator, android · in the database" in words
    assert "before it is published: Menu. on · in the database" in words
    assert "texts of callers are kept. 30 · in the database" in words
    assert "in place of the file. 60 · in the database" in words


def test_a_setting_that_the_table_does_not_know_is_listed_among_those_of_its_provider() -> None:
    found = [StatedSetting("options", "smpp", "window", "10", True, "file")]
    ((group, rows),) = [(group, rows) for group, rows in list_groups_in_english(found) if rows]
    assert str(group.title) == "Channels"
    assert [(one.owner, one.value) for one in rows[0].values] == [("smpp window", "10")]


def list_groups_in_english(found):
    from flask import Flask
    from flask_babel import Babel

    app = Flask("settings")
    Babel(app)
    with app.test_request_context(HERE):
        return list_groups(found)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_read_settings(parts, role) -> None:
    actor = Actor.of(person_id="any", name="Any", role=role)
    with pytest.raises(NotPermitted):
        line_settings.list_settings(parts, actor, ())


# Changing them on the page.


@pytest.fixture
def changing(parts):
    apply_over(parts)
    somebody(parts, "Boss", Role.ADMINISTRATOR)
    browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Boss"))
    browser.get(HERE)
    return browser


def test_a_setting_is_changed_and_put_back_on_the_page(parts, changing) -> None:
    answer = changing.post(f"{HERE}/line.mrc", value="1300", why="the centre has a number", seen="-1")
    assert (answer.status_code, answer.location) == (303, f"{HERE}#line.mrc")
    words = plain(changing.get(HERE).get_data(as_text=True))
    assert "for texts of the menu that name it. 1300 · changed here · changes at once Changed" in words
    assert "by Boss. “the centre has a number”" in words
    assert changing.post(f"{HERE}/line.mrc", back="yes", why="it was wrong", seen="0").status_code == 303
    words = plain(changing.get(HERE).get_data(as_text=True))
    assert "1300 · changed here" not in words
    assert "Put back" in words
    assert "Before: 1300 (Boss)" in words


def test_a_refused_change_stands_beside_its_field_with_what_was_typed(parts, changing) -> None:
    answer = changing.post(f"{HERE}/line.days", value="9000", why="for ever", seen="-1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="line.days-fault">Write a whole number within the bounds' in page
    assert 'value="9000"' in page
    assert 'value="for ever"' in page
    assert page.count("aria-invalid") == 1
    answer = changing.post(f"{HERE}/hours.hours", mon="8-12", why="", seen="-1")
    assert 'id="hours.hours-why-fault">Say in one sentence' in answer.get_data(as_text=True)


def test_what_the_environment_holds_has_no_field_and_says_so(parts, tmp_path) -> None:
    apply_over(parts, ANDROID_PASSWORD="x" * 20, ANDROID_USERNAME="a", ANDROID_API_URL="http://127.0.0.1:1")
    somebody(parts, "Boss", Role.ADMINISTRATOR)
    parts.stated = (*parts.stated, StatedSetting("line", "", "mrc", "1300", True, "environment"))
    browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Boss"))
    page = browser.get(HERE).get_data(as_text=True)
    assert f'action="{HERE}/line.mrc"' not in page
    assert "held by the environment, which no page overrides" in page
    assert f'action="{HERE}/line.helpline"' in page
    assert browser.post(f"{HERE}/line.mrc", value="1", why="x", seen="-1").status_code == 422
