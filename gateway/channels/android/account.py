"""Read the options of a phone: how to reach the app on it, which SIM to use, and the key that signs its posts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.contract import BadAccount

HALVES = ("api_url", "username", "password")
SILENT_MINUTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """Options of one phone.

    Attributes:
        signing_key: HMAC key of the phone's posts; while it is empty they are not signed.
        api_url: address of the app, on the phone or at a relay; empty where nothing can be sent.
        username: user name for the app (HTTP Basic, RFC 7617).
        password: password for it.
        sim: the SIM of this channel, from 1; 0 for the phone's default.
        silent_minutes: minutes without a post after which the channel counts as silent.
    """

    signing_key: str = field(default="", repr=False)
    api_url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    sim: int = 0
    silent_minutes: int = SILENT_MINUTES

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "PhoneAccount":
        """Read the options of a channel.

        Raises:
            BadAccount: an incomplete account, an invalid address or an invalid number.
        """
        missing = [name for name in HALVES if not options.get(name)]
        if 0 < len(missing) < len(HALVES):
            raise BadAccount(
                f"{_describe_missing(missing)} is not set, so the phone is only half there: set all or none"
            )
        if not missing and not options.get("signing_key"):
            raise BadAccount(
                "ANDROID_SIGNING_KEY is not set, so anybody could post as the phone: set it, here and in the app"
            )
        if not options.get("api_url", "http://").startswith(("http://", "https://")):
            raise BadAccount("ANDROID_API_URL must begin with http:// or https://")
        return cls(
            signing_key=options.get("signing_key", ""),
            api_url=options.get("api_url", "").rstrip("/"),
            username=options.get("username", ""),
            password=options.get("password", ""),
            sim=_read_whole(options, "sim", 0),
            silent_minutes=max(1, _read_whole(options, "silent_minutes", SILENT_MINUTES)),
        )

    @property
    def sends(self) -> bool:
        """Whether texts can be sent through the phone."""
        return bool(self.api_url)


def _describe_missing(missing: list[str]) -> str:
    return ", ".join(f"ANDROID_{name.upper()}" for name in missing)


def _read_whole(options: Mapping[str, str], name: str, otherwise: int) -> int:
    written = options.get(name, "")
    if not written:
        return otherwise
    if not (written.isascii() and written.isdigit() and len(written) < 6):  # noqa: PLR2004 - more is a slip
        raise BadAccount(f"options.{name} of an android line must be a whole number")
    return int(written)
