"""The base of channels that carry USSD sessions and no texts: a page leaves in the answer to a post, and nothing else.

Such a provider has no account to check: it posts to the secret address. So the block of the channel says by
``live = "yes"`` among its options that the posts come from phones of real people.
"""

from collections.abc import Collection
from datetime import datetime

from gateway.channels.contract import (
    FORM,
    BadAccount,
    ChannelConfig,
    Contract,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.domain.events import USSD_LIMITS, Outgoing


class UssdOnly:
    """A channel without texts; a provider adds ``parse`` and ``answer``.

    Attributes:
        accumulates: as in the contract, like the two below.
        has_turn_id: each input has an id of its own.
        types: accepted content types.
        methods: accepted HTTP methods.
        reads_body: it parses the body itself.
        page: limits of one page.
        guide: the documentation page.
    """

    accumulates = False
    has_turn_id = False
    types = FORM
    methods = frozenset({"POST"})
    reads_body = False
    page = USSD_LIMITS
    guide = "docs/how-to/connect-a-ussd-code.md"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self.contract = Contract(
            events=frozenset({"ussd"}),
            accumulates=self.accumulates,
            has_turn_id=self.has_turn_id,
            takes_our_id=True,  # nothing is ever sent, so nothing can be sent twice
            can_ask=False,
            carries_texts=False,
            types=self.types,
            methods=self.methods,
            reads_body=self.reads_body,
            ussd=self.page,
            real=is_live(config),
            guide=self.guide,
        )

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:  # noqa: ARG002 - it is settled at once
        """Refuse a text to a real phone, which no such provider carries; keep any other for the simulator."""
        if self.contract.real:
            return SendResult(outcome=SendOutcome.REFUSED, reason="no-texts", alarm=True)
        return keep_message(message)


def is_live(config: ChannelConfig) -> bool:
    """Say whether the block says that its callers are real.

    Raises:
        BadAccount: the option is neither yes nor no.
    """
    written = config.options.get("live", "no")
    if written not in ("yes", "no"):
        raise BadAccount(f'channel {config.name}: options.live must be "yes" or "no"')
    return written == "yes"


def check_codes(config: ChannelConfig) -> None:
    """Refuse a channel without service codes, where they alone tell the first post of a session from the others.

    Raises:
        BadAccount: there is none.
    """
    if not config.service_codes:
        raise BadAccount(
            f"channel {config.name}: service_codes is empty, but the provider tells a new session by the code alone"
        )


# What was dialled: the service code, and the digits behind it, which are the caller's first inputs. A code is dialled
# as ``*CODE*DIGITS#`` (3GPP TS 22.090, section 4.2). Providers write it with or without the star before and the hash
# behind, and some post the digits as part of the code.


def find_digits_behind(dialled: str, codes: Collection[str]) -> str:
    """Return the digits behind the longest of these codes that the dialled string begins with, joined by ``*``.

    Empty where there are none, or where no code fits: on a shared code nobody knows what its parts mean.
    """
    whole = _strip_marks(dialled)
    for code in sorted((_strip_marks(each) for each in codes), key=len, reverse=True):
        if code and whole.startswith(f"{code}*"):
            return whole.removeprefix(f"{code}*")
        if code == whole:
            return ""
    return ""


def is_dialled(written: str, codes: Collection[str]) -> bool:
    """Say whether this is one of the codes, alone or with digits behind it, and so no input to a page."""
    whole = _strip_marks(written)
    return any(f"{whole}*".startswith(f"{_strip_marks(each)}*") for each in codes if _strip_marks(each))


def _strip_marks(code: str) -> str:
    return code.strip().removeprefix("*").removesuffix("#")
