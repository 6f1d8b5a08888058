"""Settings: every fault at once, by name, and never the value, which may be a secret."""

from pathlib import Path
from zoneinfo import TZPATH, available_timezones

import pytest

from config.desk import is_zone
from config.settings import CLOCK_BESIDE_ACCOUNT, SettingsError, load_settings

EXAMPLE = Path("config/example.env").read_text(encoding="utf-8")
ACCOUNT = {"AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "a key"}


def faults(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return refused.value.faults


def written(folder: Path, text: str) -> dict[str, str]:
    (folder / "gateway.toml").write_text(text, encoding="utf-8")
    return {"GATEWAY_CONFIG": str(folder / "gateway.toml")}


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings({})
    assert (settings.env.port, settings.env.host, settings.has_account) == (8000, "127.0.0.1", False)
    assert settings.database_url == f"sqlite:///{Path('var').absolute()}/gateway.sqlite3"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert set(settings.file.channels) == {"africastalking", "simulator"}


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    environ = written(tmp_path, '[line]\nhelpine = "x"\nzone = "Asia/Vientiene"\n[hours]\nmon = ["8-12"]\n')
    said = faults(**environ, PORT="99999", AFRICASTALKING_USERNAME="us", DATABASE_URL="mysql://x/y")
    assert [fault.partition(":")[0] for fault in said] == [
        "AFRICASTALKING_API_KEY",
        "PORT",
        "DATABASE_URL",
        "gateway.toml [line.zone]",
        "gateway.toml [line.helpine]",
        "gateway.toml [hours.mon.0]",
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "many", "integer"),
        ("DATABASE_URL", "hidden://word", "must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://hidden:word@host:door/x", "names no port"),
        ("DATABASE_URL", "sqlite:///hidden.db", "must begin with"),
        ("REDIS_URL", "hidden", "must begin with redis://"),
        ("PUBLIC_URL", "hidden.example", "must look like"),
        ("PUBLIC_URL", "https://hidden.example/path", "must look like"),
        ("WEB_WORKERS", "0", "greater than or equal to 1"),
        ("GATEWAY_PHONE", "hidden", "'on', 'off' or 'auto'"),
        ("AFRICASTALKING_API_URL", "hidden", "must look like"),
    ],
)
def test_a_fault_names_the_variable_and_not_its_value(name: str, value: str, words: str) -> None:
    (said,) = faults(**{name: value})
    assert said.startswith(f"{name}: ")
    assert words in said
    assert "hidden" not in said


@pytest.mark.parametrize("half", list(ACCOUNT))
def test_half_an_account_is_a_fault_and_names_the_half_that_is_missing(half: str) -> None:
    (other,) = set(ACCOUNT) - {half}
    (said,) = faults(**{half: ACCOUNT[half]})
    assert said.startswith(f"{other}: is not set")
    assert ACCOUNT[half] not in said


def test_a_whole_account_is_taken_and_none_is_no_fault() -> None:
    assert load_settings(ACCOUNT).channel_options("africastalking") == {
        "username": "sandbox",
        "api_key": "a key",
    }
    assert load_settings({}).channel_options("africastalking") == {}
    assert load_settings(dict.fromkeys(ACCOUNT, "")).has_account is False


def test_a_test_clock_beside_an_account_is_refused() -> None:
    (said,) = faults(**ACCOUNT, GATEWAY_TEST_CLOCK="1")
    assert said.startswith("GATEWAY_TEST_CLOCK: ")
    assert load_settings({"GATEWAY_TEST_CLOCK": "1"}).env.gateway_test_clock == "1"


@pytest.mark.parametrize("account", [ACCOUNT, {"ANDROID_PASSWORD": "p", "ANDROID_USERNAME": "sms"}])
def test_going_without_the_second_factor_beside_an_account_is_refused(account: dict[str, str]) -> None:
    (said,) = [one for one in faults(**account, GATEWAY_SECOND_FACTOR="off") if "SECOND" in one]
    assert said.startswith("GATEWAY_SECOND_FACTOR: ")
    assert load_settings(account).asks_second_factor


def test_for_trials_one_may_go_without_the_second_factor() -> None:
    assert load_settings({}).asks_second_factor
    assert not load_settings({"GATEWAY_SECOND_FACTOR": "off"}).asks_second_factor
    (said,) = faults(GATEWAY_SECOND_FACTOR="no")
    assert said.startswith("GATEWAY_SECOND_FACTOR: ")


BY_CHANCE = "c0ffee5e1f7b92a84d36e0b1f9c27a58"


@pytest.mark.fault("K4")
@pytest.mark.parametrize(
    "key",
    [
        *("x", "another", "password1", "correct horse battery staple", "a" * 64, "ab" * 32, "0123456789" * 4),
        *("abcdefghijklmnopqrstuvwxyz0123456789", "helpline" * 5),
    ],
)
def test_a_master_key_that_is_found_by_trying_is_refused_without_being_repeated(key: str) -> None:
    (said,) = faults(GATEWAY_SECRET_KEY=key)
    assert said.startswith("GATEWAY_SECRET_KEY: is too easy to guess")
    assert "openssl rand -hex 32" in said
    assert key not in said.removeprefix("GATEWAY_SECRET_KEY: ") or key in {"x", "a"}


@pytest.mark.fault("K4")
@pytest.mark.parametrize(
    "key",
    [BY_CHANCE, "Zm9ydHkgYnl0ZXMgbWFkZSBieSBjaGFuY2UhIQ+/x1==", "rain bucket orbit lemon quiver salt moth"],
)
def test_a_master_key_made_by_chance_is_taken(key: str) -> None:
    assert load_settings({"GATEWAY_SECRET_KEY": key}).env.gateway_secret_key is not None


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{BY_CHANCE}\n", encoding="utf-8")
    settings = load_settings({"GATEWAY_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert settings.env.gateway_secret_key is not None
    assert settings.env.gateway_secret_key.get_secret_value() == BY_CHANCE
    assert BY_CHANCE not in repr(settings)
    (said,) = faults(GATEWAY_SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    assert said.startswith("GATEWAY_SECRET_KEY_FILE: cannot be read")


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[line", "see config/gateway.toml for the form"),
        ('[hours]\nmon = ["12:00-09:00"]', "ends before it begins"),
        ('[hours]\nmonday = ["09:00-12:00"]', "[hours.monday"),
        ('[channels.mine]\nprovider = "../x"', "[channels.mine.provider]: must look like"),
        ('[channels.mine]\nmenu = "x"', "[channels.mine.provider]: Field required"),
        ("[line]\ndays = 0", "[line.days]"),
        ("[surprise]\nx = 1", "[surprise]: is not a setting"),
    ],
)
def test_a_fault_of_the_file_says_where(tmp_path: Path, toml: str, words: str) -> None:
    (said,) = faults(**written(tmp_path, toml))
    assert words in said


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (said,) = faults(GATEWAY_CONFIG=str(tmp_path / "nowhere.toml"))
    assert said.startswith("GATEWAY_CONFIG: ")


@pytest.mark.parametrize(("phone", "account", "on"), [
    ("auto", False, True), ("auto", True, False), ("on", True, True), ("off", False, False),
])  # fmt: skip
def test_the_phone_is_on_by_itself_only_without_an_account(phone: str, account: bool, on: bool) -> None:
    assert load_settings({"GATEWAY_PHONE": phone} | (ACCOUNT if account else {})).phone_is_on is on


def test_the_example_can_be_used_as_it_is() -> None:
    said = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert load_settings(said) == load_settings({})


PHONES = """
[channels.android]
provider = "android"
prefixes = ["+856", "+66"]
fallback = ["android2"]
[channels.android.options]
sim = 1
[channels.android2]
provider = "android"
"""
PHONE = {"ANDROID_API_URL": "http://192.0.2.1:8080", "ANDROID_USERNAME": "sms", "ANDROID_PASSWORD": "p"}


def test_two_phones_have_two_accounts_and_their_own_word_wins(tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    environ = {
        **written(tmp_path, PHONES),
        **PHONE,
        "ANDROID2_PASSWORD": "q",
        "ANDROID2_SIGNING_KEY_FILE": str(tmp_path / "key"),
        "ANDROID_HOME": "/opt/sdk",
    }
    settings = load_settings(environ)
    first, second = settings.channel_options("android"), settings.channel_options("android2")
    assert (first["password"], first["sim"], first["username"]) == ("p", "1", "sms")
    assert (second["password"], second["signing_key"], second["username"]) == ("q", "from a file", "sms")
    assert settings.file.channels["android"].prefixes == ("+856", "+66")
    assert settings.has_account
    assert not settings.phone_is_on
    assert "'q'" not in repr(settings)


def test_a_fallback_that_is_no_line_is_named(tmp_path):
    with pytest.raises(SettingsError, match="fallback names android2"):
        load_settings(written(tmp_path, PHONES.replace("[channels.android2]", "[channels.other]")))


def test_a_line_that_stands_in_for_callers_and_is_none_is_named(tmp_path):
    wrong = PHONES.replace('fallback = ["android2"]', 'caller_fallback = ["android3"]')
    with pytest.raises(SettingsError, match="caller_fallback names android3"):
        load_settings(written(tmp_path, wrong))


def test_a_key_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="ANDROID2_TOKEN_FILE: cannot be read"):
        load_settings({**written(tmp_path, PHONES), "ANDROID2_TOKEN_FILE": str(tmp_path / "none")})


def test_a_test_clock_and_a_phone_exclude_each_other():
    with pytest.raises(SettingsError, match="GATEWAY_TEST_CLOCK"):
        load_settings({**PHONE, "GATEWAY_TEST_CLOCK": "1"})


NAMED = """
[channels.second]
provider = "android"
[channels.other]
provider = "africastalking"
[channels.bird]
provider = "pigeon"
"""


@pytest.mark.parametrize(
    "account",
    [
        ACCOUNT,
        PHONE,
        {"ANDROID_PASSWORD": "p"},
        {"SECOND_PASSWORD": "p"},  # a line of another name has an account of its own
        {"OTHER_API_KEY": "k"},
        {"BIRD_TOKEN": "t"},  # a provider that needs no word in this module
        {"PIGEON_AUTH_TOKEN": "t"},
        {"PIGEON_CLIENT_SECRET": "s"},
    ],
    ids=",".join,
)
class TestAnAccount:
    def test_of_any_line_refuses_the_test_clock(self, tmp_path: Path, account: dict[str, str]) -> None:
        said = faults(**written(tmp_path, NAMED), **account, GATEWAY_TEST_CLOCK="1")
        assert [fault for fault in said if fault.startswith("GATEWAY_TEST_CLOCK")] == [CLOCK_BESIDE_ACCOUNT]
        assert not set(account.values()) & set(" ".join(said).split())

    def test_also_out_of_a_file(self, tmp_path: Path, account: dict[str, str]) -> None:
        mounted = {}
        for name, value in account.items():
            (tmp_path / name).write_text(value)
            mounted[f"{name}_FILE"] = str(tmp_path / name)
        assert CLOCK_BESIDE_ACCOUNT in faults(**written(tmp_path, NAMED), **mounted, GATEWAY_TEST_CLOCK="1")

    def test_takes_the_phone_and_its_outages_away(self, tmp_path: Path, account: dict[str, str]) -> None:
        settings = load_settings({**written(tmp_path, NAMED), **account})
        assert (settings.has_account, settings.phone_is_on) == (True, False)
        asked_for = load_settings({**written(tmp_path, NAMED), **account, "GATEWAY_PHONE": "on"})
        assert (asked_for.phone_is_on, asked_for.may_try_outages) == (True, False)


def test_an_account_in_the_file_is_one_too(tmp_path: Path) -> None:
    block = '[channels.bird]\nprovider = "pigeon"\n[channels.bird.options]\npassword = "p"\n'
    assert load_settings(written(tmp_path, block)).has_account
    assert faults(**written(tmp_path, block), GATEWAY_TEST_CLOCK="1") == [CLOCK_BESIDE_ACCOUNT]


def test_beside_other_faults_it_is_told_too(tmp_path: Path) -> None:
    said = faults(**written(tmp_path, NAMED), SECOND_PASSWORD="p", GATEWAY_TEST_CLOCK="1", PORT="99999")
    assert len(said) == 2
    assert CLOCK_BESIDE_ACCOUNT in said


@pytest.mark.parametrize("key", ["ANDROID_SIGNING_KEY", "SECOND_SIGNING_KEY", "SECOND_API_URL"])
def test_what_only_listens_is_no_account(tmp_path: Path, key: str) -> None:
    value = "http://192.0.2.1:8080" if key.endswith("URL") else "k"
    settings = load_settings({**written(tmp_path, NAMED), key: value, "GATEWAY_TEST_CLOCK": "1"})
    assert (settings.has_account, settings.may_try_outages) == (False, True)


@pytest.mark.parametrize(("phone", "may"), [("auto", True), ("on", True), ("off", False)])
def test_outages_are_tried_at_the_phone_only(phone: str, may: bool) -> None:
    assert load_settings({"GATEWAY_PHONE": phone}).may_try_outages is may


@pytest.mark.parametrize(
    ("price", "taken"),
    [
        *((price, True) for price in ("", "1", "0.025 USD", "250 ₭", "120 kip", "999999.9999 LAK")),
        *((price, False) for price in ("a lot", "0,5", "-1", "1 USD each", "1.00001", "USD 1", " 1")),
    ],
)
def test_the_price_of_a_part_is_a_number_and_a_currency(tmp_path: Path, price: str, taken: bool) -> None:
    block = written(tmp_path, f'[channels.simulator]\nprovider = "simulator"\npart_price = "{price}"\n')
    if taken:
        assert load_settings(block).file.channels["simulator"].part_price == price
    else:
        (said,) = faults(**block)
        assert "part_price" in said


def test_a_zone_is_known_without_listing_them_all() -> None:
    beside = {str(path.relative_to(folder)) for folder in TZPATH for path in Path(folder).rglob("*")}
    odd = {
        "",
        "asia/vientiane",
        "Asia/",
        "Asia//Vientiane",
        "Asia/../UTC",
        "../UTC",
        "/etc/passwd",
        "UTC ",
        "\0",
        "x" * 300,
    }
    assert {name for name in available_timezones() | beside | odd if is_zone(name)} == available_timezones()
