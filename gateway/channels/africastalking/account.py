"""The account at the provider, and the one way to mistype it that would send a trial to real phones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channel import BadAccount

SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who we are at the provider.

    Attributes:
        username: exactly ``sandbox`` for its trial hosts; every other spelling goes to the real ones.
        api_key: the key of that username.
        sender_id: the name or short code that texts come from; empty for the provider's own.
        api_url: replaces the provider's hosts, for a stand-in or a proxy; empty for the real ones.
    """

    username: str
    api_key: str = field(repr=False)
    sender_id: str = ""
    api_url: str = ""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "Account | None":
        """Read the account from the options of a line; None where there is none.

        Raises:
            BadAccount: half an account, or a username that only looks like the sandbox.
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
        """Say whether its texts reach only the provider's own simulator."""
        return self.username == SANDBOX
