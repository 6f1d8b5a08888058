"""Read the provider account, and refuse a misspelt sandbox name, which would send trials to real phones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.contract import BadAccount, Bridging
from gateway.foundation.phone_numbers import to_e164

SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingAccount:
    """Credentials at the provider.

    Attributes:
        username: exactly ``sandbox`` for the provider's test hosts; any other spelling uses the live ones.
        api_key: the API key of that username.
        sender_id: alphanumeric sender or short code of texts; empty for the provider's default.
        api_url: replaces the provider's hosts, for a test server or a proxy; empty for the real ones.
    """

    username: str
    api_key: str = field(repr=False)
    sender_id: str = ""
    api_url: str = ""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "AfricasTalkingAccount | None":
        """Read the account from a channel's options, which are named as its attributes; None without one.

        Raises:
            BadAccount: username or key is missing, or the username only resembles the sandbox.
        """
        username, key = options.get("username", ""), options.get("api_key", "")
        if not username and not key:
            return None
        if not username or not key:
            missing = "AFRICASTALKING_API_KEY" if username else "AFRICASTALKING_USERNAME"
            raise BadAccount(
                f"{missing} is not set, so the account is only half there: set it, or unset the other"
            )
        if username != SANDBOX and username.strip().casefold() == SANDBOX:
            raise BadAccount(
                "AFRICASTALKING_USERNAME looks like the sandbox but is not: write exactly sandbox"
            )
        if username != username.strip() or key != key.strip():
            raise BadAccount(
                "AFRICASTALKING_USERNAME and AFRICASTALKING_API_KEY must not begin or end with a space"
            )
        return cls(
            username=username,
            api_key=key,
            sender_id=options.get("sender_id", ""),
            api_url=options.get("api_url", "").rstrip("/"),
        )

    @property
    def is_trial(self) -> bool:
        """Whether texts reach only the provider's simulator."""
        return self.username == SANDBOX


def find_bridging(options: Mapping[str, str], account: AfricasTalkingAccount | None) -> Bridging:
    """Read ``bridge``, ``voice_number``, ``call_minutes`` and ``calls_a_day``; off without an account.

    Raises:
        BadAccount: an option has an invalid value.
    """
    written = options.get("bridge", "no")
    if written not in ("yes", "no"):
        raise BadAccount('bridge must be "yes" or "no"')
    number = options.get("voice_number", "")
    if number and to_e164(number) is None:
        raise BadAccount("AFRICASTALKING_VOICE_NUMBER must be a number with its country code, like +254…")
    plain = Bridging()
    return Bridging(
        on=written == "yes" and account is not None,
        number=number,
        minutes=_read_whole(options, "call_minutes", plain.minutes, most=240),
        a_day=_read_whole(options, "calls_a_day", plain.a_day, most=100_000),
    )


def _read_whole(options: Mapping[str, str], name: str, otherwise: int, *, most: int) -> int:
    written = options.get(name, str(otherwise))
    if not (written.isascii() and written.isdigit()) or not 1 <= int(written[:9]) <= most:
        raise BadAccount(f"{name} must be a whole number from 1 to {most}")
    return int(written)
