"""Reads environment variables and ``gateway.toml`` into one typed object, and reports every fault at once."""

import difflib
import os
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from config.desk import AnswerSettings, DeskSettings, check_span, is_zone

_FOLDER = Path(__file__).parent
_SECRETS = ("api_key", "password", "token", "secret")
"""Endings of provider options that are credentials; a channel with one reaches real phones."""

CLOCK_BESIDE_ACCOUNT = "GATEWAY_TEST_CLOCK: a test clock and a provider account exclude each other; unset one"
NO_SECOND_FACTOR_BESIDE_ACCOUNT = (
    "GATEWAY_SECOND_FACTOR: going without it and a provider account exclude each other; unset one"
)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SettingsError(Exception):
    """Some settings are invalid; ``faults`` holds one message each, with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineSettings(_Strict):
    """``[line]``: the helpline.

    Time zone, regions (ISO 3166), public numbers, price, retention in days, hourly reveals.
    """

    zone: str = "Asia/Vientiane"
    regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ("LA", "TH")
    helpline: str = ""
    mrc: str = ""
    embassy: str = ""
    price: str = ""
    days: Annotated[int, Field(ge=1, le=365)] = 90
    reveals: Annotated[int, Field(ge=1, le=1000)] = 15

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not is_zone(value):
            raise ValueError("is no time zone; write it like Asia/Vientiane")
        return value


_Span = Annotated[str, AfterValidator(check_span)]


class ChannelSettings(_Strict):
    """``[channels.NAME]``: one channel: its provider, menu, numbers, rate, price per part, spend a day, and routing."""

    provider: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    menu: Annotated[str, Field(max_length=40)] = "helpline"
    service_codes: tuple[str, ...] = ()
    sms_number: str = ""
    rate: Annotated[int, Field(ge=1, le=1000)] = 10
    part_price: Annotated[str, Field(pattern=r"^(\d{1,6}(\.\d{1,4})?( \S{1,5})?)?$")] = ""
    day_spend: Annotated[str, Field(pattern=r"^(\d{1,6}(\.\d{1,4})?( \S{1,5})?)?$")] = ""
    prefixes: tuple[Annotated[str, Field(pattern=r"^\+[1-9]\d{0,14}$")], ...] = ()
    fallback: tuple[str, ...] = ()
    caller_prefixes: tuple[Annotated[str, Field(pattern=r"^\+[1-9]\d{0,14}$")], ...] = ()
    caller_fallback: tuple[str, ...] = ()
    options: Mapping[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], str | int] = {}


class File(_Strict):
    """The content of ``gateway.toml``."""

    line: LineSettings = LineSettings()
    answers: AnswerSettings = AnswerSettings()
    desk: DeskSettings = DeskSettings()
    hours: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[_Span, ...]] = {}
    channels: Mapping[Annotated[str, Field(max_length=40)], ChannelSettings] = {}

    @model_validator(mode="after")
    def _fallbacks_are_lines(self) -> Self:
        for name, line in self.channels.items():
            for key, others in (("fallback", line.fallback), ("caller_fallback", line.caller_fallback)):
                strangers = [other for other in others if other not in self.channels or other == name]
                if strangers:
                    raise ValueError(f"channels.{name}.{key} names {strangers[0]}, which is no other line")
        return self


def _check_address(*schemes: str) -> AfterValidator:
    """Check a URL's scheme and port; the message does not repeat the URL, which may hold a password."""

    def check(value: SecretStr) -> SecretStr:
        address = value.get_secret_value()
        if not address.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        try:
            _ = urlsplit(address).port
        except ValueError:
            raise ValueError("names no port that there can be") from None
        return value

    return AfterValidator(check)


_LEAST_OF_A_MASTER_KEY = 32
_LEAST_DIFFERENT = 10


def _hard_to_guess(value: SecretStr) -> SecretStr:
    """Reject a master key that could be guessed offline from a stolen database.

    Other keys are derived from it by HKDF (RFC 5869), which is fast, so it must be random and not a pass phrase.
    """
    key = value.get_secret_value()
    steps = sum(ord(after) - ord(before) == 1 for before, after in pairwise(key))
    weak = len(key) < _LEAST_OF_A_MASTER_KEY or len(set(key)) < _LEAST_DIFFERENT
    if weak or key in (key + key)[1:-1] or steps > len(key) // 2:
        raise ValueError(
            "is too easy to guess: give 32 or more characters made by chance, as `openssl rand -hex 32` prints them, "
            "or leave it empty and one is made and kept in the data folder"
        )
    return value


def _find_menus() -> Path:
    """Return ``./menus``; where there is none, the sample that is installed beside this package."""
    own, sample = Path("./menus"), _FOLDER.parent / "menus"
    return sample if sample.is_dir() and not own.is_dir() else own


class Environment(_Strict):
    """The environment variables, explained in ``config/example.env``. ``NAME_FILE`` reads the value from a file."""

    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    host: str = "127.0.0.1"
    gateway_data_dir: Path = Path("./var")
    gateway_secret_key: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = None
    database_url: (
        Annotated[SecretStr, _check_address("postgresql://", "postgres://", "sqlite:////")] | None
    ) = None
    redis_url: Annotated[SecretStr, _check_address("redis://", "rediss://", "unix://")] | None = None
    gateway_menus_dir: Path = Field(default_factory=_find_menus)
    gateway_config: Path = _FOLDER / "gateway.toml"
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+)?$")] = ""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    web_workers: Annotated[int, Field(ge=1, le=16)] = 2
    web_threads: Annotated[int, Field(ge=1, le=64)] = 8
    africastalking_username: str = ""
    africastalking_api_key: SecretStr | None = None
    africastalking_sender_id: str = ""
    africastalking_voice_number: str = ""
    africastalking_api_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    android_api_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    android_username: str = ""
    android_password: SecretStr | None = None
    android_signing_key: SecretStr | None = None
    gateway_phone: Literal["on", "off", "auto"] = "auto"
    gateway_test_clock: Literal["", "0", "1"] = ""
    gateway_second_factor: Literal["on", "off"] = "on"
    gateway_outbox_lease: Annotated[int, Field(ge=1, le=600)] = 120


class Settings(_Strict):
    """All settings of the operator."""

    env: Environment
    file: File
    own: Mapping[str, Mapping[str, SecretStr]] = {}
    """Channel → options read from variables named after the channel or its provider (see ``_read_own``)."""

    @property
    def data_dir(self) -> Path:
        """Absolute path of the folder with this machine's data."""
        return self.env.gateway_data_dir.absolute()

    @property
    def database_url(self) -> str:
        """The database URL; SQLite in the data folder by default."""
        url = self.env.database_url
        return url.get_secret_value() if url else f"sqlite:///{self.data_dir / 'gateway.sqlite3'}"

    @property
    def has_account(self) -> bool:
        """Whether a provider account is set, so that messages reach real phones."""
        env = self.env
        named = bool(env.africastalking_username and env.africastalking_api_key) or bool(env.android_password)
        return named or _has_secret(self.own.values()) or _has_secret(_list_options(self.file))

    @property
    def public_url(self) -> str:
        """The address at which the gateway is reached from outside."""
        return self.env.public_url or self.own_url

    @property
    def own_url(self) -> str:
        """The address at which processes of this machine reach the webhooks."""
        host = "127.0.0.1" if self.env.host in {"", "0.0.0.0", "::"} else self.env.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.env.port}"

    @property
    def phone_is_on(self) -> bool:
        """Whether the simulator at /phone/ is served; by default only while no real phone can be reached."""
        return self.env.gateway_phone == "on" or (self.env.gateway_phone == "auto" and not self.has_account)

    @property
    def may_try_outages(self) -> bool:
        """Whether the simulator may also simulate outages of a channel and of SQL; never beside a provider account."""
        return self.phone_is_on and not self.has_account

    @property
    def asks_second_factor(self) -> bool:
        """Whether every role but readers needs a second factor; always if real phones can be reached."""
        return self.env.gateway_second_factor == "on" or self.has_account

    def channel_options(self, name: str) -> dict[str, str]:
        """Return the provider options of a channel.

        From its block, then its provider's variables, then its own variables.
        """
        line = self.file.channels[name]
        prefix = f"{line.provider}_"
        found = {option: str(value) for option, value in line.options.items()}
        for field in Environment.model_fields:
            value = getattr(self.env, field)
            if field.startswith(prefix) and value:
                found[field.removeprefix(prefix)] = (
                    value.get_secret_value() if isinstance(value, SecretStr) else value
                )
        return found | {option: value.get_secret_value() for option, value in self.own.get(name, {}).items()}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the environment variables and the configuration file that they name.

    Args:
        environ: the variables by name, as in ``os.environ``.

    Raises:
        SettingsError: at least one setting is invalid; all faults are listed.
    """
    faults: list[str] = []
    values = _read_values(environ, faults)
    env = _read_environment(values, faults)
    file = _read_file(Path(values.get("gateway_config", _FOLDER / "gateway.toml")), faults)
    lines = file.channels if file else {}
    own = {name: _read_own(environ, {line.provider, name}, faults) for name, line in lines.items()}
    accounts = [values, *own.values(), *(_list_options(file) if file else ())]
    if values.get("gateway_test_clock") == "1" and _has_secret(accounts):
        faults.append(CLOCK_BESIDE_ACCOUNT)
    if values.get("gateway_second_factor") == "off" and _has_secret(accounts):
        faults.append(NO_SECOND_FACTOR_BESIDE_ACCOUNT)
    if faults or env is None or file is None:
        raise SettingsError(faults)
    return Settings(env=env, file=file, own=own)


def _read_own(environ: Mapping[str, str], names: Collection[str], faults: list[str]) -> dict[str, SecretStr]:
    """Read variables that begin with the name of a channel or its provider and are no field of ``Environment``.

    So two phones can have two accounts, and a new provider needs no change here.
    """
    found: dict[str, SecretStr] = {}
    for variable in sorted(environ):
        name = variable.removesuffix("_FILE").lower()
        prefix = next((f"{each}_" for each in sorted(names) if name.startswith(f"{each.lower()}_")), "")
        if prefix and name not in Environment.model_fields and (value := _read_value(environ, name, faults)):
            found[name[len(prefix) :]] = SecretStr(value)
    return found


def _has_secret(options_of_each: Iterable[Mapping[str, object]]) -> bool:
    """Return whether one of these mappings has an option whose name ends like a credential."""
    return any(is_secret(option) for options in options_of_each for option in options)


def is_secret(option: str) -> bool:
    """Say whether the name of a provider's option ends like a credential."""
    return f"_{option}".endswith(tuple(f"_{secret}" for secret in _SECRETS))


def _list_options(file: File) -> Iterator[Mapping[str, object]]:
    """Return each channel's provider options from the file, which may hold an account too."""
    return (line.options for line in file.channels.values())


def _find_contradictions(values: Mapping[str, str]) -> Iterator[str]:
    """Report settings that exclude each other; half an account would silently keep every message on this machine."""
    halves = ("africastalking_username", "africastalking_api_key")
    missing = [name.upper() for name in halves if name not in values]
    if len(missing) == 1:
        yield f"{missing[0]}: is not set, but the other half of the account is; set both or neither"


def _read_values(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """Return the variables that are set, directly or through a file, by field name."""
    values: dict[str, str] = {}
    for field in Environment.model_fields:
        if value := _read_value(environ, field, faults):
            values[field] = value
    return values


def _read_environment(values: Mapping[str, str], faults: list[str]) -> Environment | None:
    faults.extend(_find_contradictions(values))
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        faults.extend(f"{str(fault['loc'][0]).upper()}: {describe_fault(fault)}" for fault in error.errors())
        return None


def _read_value(environ: Mapping[str, str], field: str, faults: list[str]) -> str:
    name = field.upper()
    if environ.get(name) or not environ.get(f"{name}_FILE"):
        return environ.get(name, "")
    try:
        return Path(environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        faults.append(f"{name}_FILE: cannot be read ({error.strerror}); check the path and its rights")
        return ""


def _read_file(path: Path, faults: list[str]) -> File | None:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return File.model_validate(content)
    except OSError as error:
        faults.append(f"GATEWAY_CONFIG: {path} cannot be read ({error.strerror})")
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{path.name}: {error}; see config/gateway.toml for the form")
    except ValidationError as error:
        faults.extend(
            f"{path.name} [{'.'.join(map(str, f['loc']))}]: {describe_fault(f, _keys_beside(f['loc']))}"
            for f in error.errors()
        )
    return None


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys at the place of an unknown one; names of channels and list values are free."""
    model: Any = File
    for part in place[:-1]:
        fields = getattr(model, "model_fields", {})
        if part in fields:
            model = fields[part].annotation
            model = get_args(model)[1] if get_origin(model) is Mapping else model
    return list(getattr(model, "model_fields", {}))


def describe_fault(fault: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """Describe one pydantic error without repeating the value, which may be a secret."""
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), list(known), n=1, cutoff=0.5)
        return (
            f"is not a setting; did you mean '{near[0]}'?" if near else "is not a setting; check its spelling"
        )
    if fault["type"] in {"tuple_type", "list_type"}:
        return 'is one value where a list belongs; write [ ] around it, like ["…"]'
    if fault["type"] == "string_type":
        is_list = isinstance(fault["input"], list)
        return (
            "is a list where one text belongs; take the inner [ ] away" if is_list else "write it in quotes"
        )
    if fault["type"] == "literal_error" and fault["loc"][-1] == "[key]":
        return f"is none of the names that can stand here; write {fault['ctx']['expected']}"
    if fault["type"] == "string_pattern_mismatch":
        return f"must look like {fault['ctx']['pattern']}"
    return str(fault["msg"]).removeprefix("Value error, ")


def from_process() -> Settings:
    """Read the settings from this process's own environment.

    Raises:
        SettingsError: see ``load_settings``.
    """
    return load_settings(os.environ)
