"""Providers that want a page behind ``CON`` or ``END``, as Africa's Talking does, and differ in the names of fields.

The option ``dialect`` picks a row of the table below; single options replace what a provider calls otherwise. So a new
clone is a block of configuration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from gateway.channels.contract import Answer, BadAccount, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_form_post, write_query_post
from gateway.channels.ussd_only import UssdOnly, check_codes, find_digits_behind
from gateway.domain.events import Event, Inbound, Kind, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNames:
    """How a clone names its fields.

    Attributes:
        session: the session's id.
        number: the caller's number.
        text: the inputs, all of them joined by ``*``.
        code: the service code.
        network: the mobile network; empty where it is not posted.
        code_in_text: ``yes`` where the inputs stand behind the dialled code, as in ``*415*33*1#``.
    """

    session: str = "sessionId"
    number: str = "phoneNumber"
    text: str = "text"
    code: str = "serviceCode"
    network: str = ""
    code_in_text: str = "no"


DIALECTS: Mapping[str, FieldNames] = {
    # Hellio Messaging, Mobilesasa: their USSD pages.
    "hellio": FieldNames(network="networkCode"),
    "mobilesasa": FieldNames(),
    # Advanta Africa, "USSD Guide": the input keeps the code and grows.
    "advanta": FieldNames(
        session="SESSIONID", number="MSISDN", text="INPUT", code="USSDCODE", code_in_text="yes"
    ),
    # Safaricom without an aggregator, as in Vumi's transport.
    "safaricom": FieldNames(session="SESSION_ID", number="ORIG", text="USSD_PARAMS", code="DEST"),
}

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {f"CON/END: {name}": {"dialect": name} for name in DIALECTS}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""

GETS = frozenset({"advanta", "safaricom"})
"""Dialects that post by GET."""


class ConEndChannel(UssdOnly):
    """A service code at one of the clones; see the contract in ``gateway.channels.contract``."""

    accumulates = True
    methods = frozenset({"GET", "POST"})

    def __init__(self, config: ChannelConfig) -> None:
        super().__init__(config)
        self._names = _read_names(config)
        self._is_get = config.options.get("dialect") in GETS
        if self._names.code_in_text == "yes":
            check_codes(config)

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one post; digits dialled behind the code cannot be told from the inputs of a session that was lost."""
        names = self._names
        code = request.fields.get(names.code, "")
        text = request.fields.get(names.text, "")
        if names.code_in_text == "yes":
            text = find_digits_behind(request.need(names.text), self.config.service_codes)
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.USSD,
                number=request.need_phone(names.number),
                session=request.need(names.session),
                text=text,
                first=not text,
                service=code,
                network=request.fields.get(names.network, ""),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as a clone of this dialect posts it."""
        names, text = self._names, "*".join(turn.inputs)
        if names.code_in_text == "yes":
            text = "*".join((turn.code.removesuffix("#"), *turn.inputs)) + "#"
        fields = {
            names.session: turn.session,
            names.code: turn.code,
            names.number: turn.digits if self._is_get else turn.number,
            names.text: text,
        }
        if names.network:
            fields[names.network] = "99999"
        return write_query_post(fields) if self._is_get else write_form_post(fields)

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Write one page."""
        return Answer(body=("END " if reply.ends else "CON ") + reply.text)


def _read_names(config: ChannelConfig) -> FieldNames:
    dialect = config.options.get("dialect", "hellio")
    if dialect not in DIALECTS:
        raise BadAccount(
            f"channel {config.name}: options.dialect is none of {', '.join(sorted(DIALECTS))}; the names of fields are "
            f"options too"
        )
    own = {each.name: config.options[each.name] for each in fields(FieldNames) if each.name in config.options}
    return replace(DIALECTS[dialect], **own)


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code.

    Raises:
        BadAccount: an option is unknown.
    """
    return ConEndChannel(config)
