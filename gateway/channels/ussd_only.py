"""The base of channels that carry USSD sessions and no texts: a page leaves in the answer to a post, and nothing else.

Such a provider has no account to check: it posts to the secret address. So the block of the channel says by
``live = "yes"`` among its options that the posts come from phones of real people.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from gateway.channels.contract import (
    FORM,
    Answer,
    BadAccount,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.operator_posts import OUR_NAME, OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, read_flag, write_json
from gateway.domain.events import USSD_LIMITS, Ended, Event, Inbound, Kind, Outgoing, Reply


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

    def make_input(
        self,
        number: str,
        session: str,
        written: str,
        *,
        first: bool,
        turn: str = "",
        service: str = "",
        network: str = "",
        echo: tuple[tuple[str, str], ...] = (),
    ) -> Inbound:
        """Return one input; of a dial only the digits behind the code are one."""
        codes = (*self.config.service_codes, service) if service else self.config.service_codes
        return Inbound(
            channel=self.config.name,
            kind=Kind.USSD,
            number=number,
            session=session,
            text=find_digits_behind(written, codes) if first else written,
            turn=turn,
            first=first,
            service=service,
            network=network,
            echo=echo,
        )

    def make_end(self, number: str, session: str, status: str) -> Ended:
        """Return the end of a session; ``status`` as in ``Ended``."""
        return Ended(channel=self.config.name, session=session, number=number, status=status)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:  # noqa: ARG002 - it is settled at once
        """Refuse a text to a real phone, which no such provider carries; keep any other for the simulator."""
        if self.contract.real:
            return SendResult(outcome=SendOutcome.REFUSED, reason="no-texts", alarm=True)
        return keep_message(message)


class FlatJson(UssdOnly):
    """A channel whose posts and pages are flat JSON objects, the latest input alone; a provider gives the names.

    Attributes:
        names: our word for a field of a post → the provider's; ``first`` is yes for the dial.
        echoed: fields of a post that its page repeats.
        shows: the page's fields for the text, and for whether the session goes on.
    """

    types = JSON
    names: Mapping[str, str] = {}
    echoed: tuple[str, ...] = ()
    shows = ("message", "continue")

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input; the first one is the dialled code."""
        names = self.names
        return (
            self.make_input(
                request.need_phone(names["number"]),
                request.need(names["session"]),
                request.need(names["text"], empty=True),
                first=read_flag(request, names["first"]),
                network=request.fields.get(names["network"], ""),
                echo=tuple((name, request.fields.get(name, "")) for name in self.echoed),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as the provider posts it."""
        written = {
            "session": turn.session,
            "user": OUR_NAME,
            "first": not turn.inputs,
            "number": turn.digits,
            "text": turn.latest,
            "network": "MTN",
        }
        return write_json_post({self.names[word]: value for word, value in written.items()})

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page beside the ids of the post."""
        echoed = dict(inbound.echo) if inbound else dict.fromkeys(self.echoed, "")
        text, goes_on = self.shows
        return write_json({**echoed, text: reply.text, goes_on: not reply.ends})


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
