"""Describes the channel contract from the docstrings of its classes: their fields, their methods, what each promises."""

import inspect
import re
from dataclasses import is_dataclass

from gateway.channels import contract
from gateway.domain import events
from tests.support.channel_tables import PROVIDERS, line_of

FACTS = (contract.Contract, contract.ChannelConfig, contract.Request, contract.Answer, contract.SendResult)
PROTOCOLS = (
    contract.Channel,
    contract.Signed,
    contract.StatusQueryable,
    contract.Watched,
    contract.Registers,
    contract.Calls,
)
ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n     +.*)*)", re.MULTILINE)


def describe_contract() -> str:
    parts = [*(_describe_protocol(each) for each in PROTOCOLS), *(_describe_fields(each) for each in FACTS)]
    return "\n\n".join([*parts, _list_events()])


def _first(docs: str | None) -> str:
    return " ".join((docs or "").strip().split("\n\n")[0].split()).replace("|", "\\|")


def _describe_protocol(protocol: type) -> str:
    lines = [f"### {protocol.__name__}", "", _first(protocol.__doc__), "", "| method | does |", "|---|---|"]
    for name, method in vars(protocol).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            arguments = ", ".join(each for each in inspect.signature(method).parameters if each != "self")
            lines.append(f"| `{name}({arguments})` | {_first(method.__doc__)} |")
    return "\n".join(lines)


def _describe_fields(kind: type) -> str:
    assert is_dataclass(kind)
    lines = [f"### {kind.__name__}", "", _first(kind.__doc__)]
    described = dict(ATTRIBUTE.findall(inspect.cleandoc(kind.__doc__ or "")))
    if described:
        lines += ["", "| field | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {_first(words)} |" for name, words in described.items()]
    else:
        lines += ["", "Fields: " + ", ".join(f"`{name}`" for name in kind.__dataclass_fields__) + "."]
    return "\n".join(lines)


def _list_events() -> str:
    rows = [f"| `{kind.__name__}` | {_first(kind.__doc__)} |" for kind in events.Event.__args__]
    return "\n".join(
        ["### Events", "", "What `parse` may yield.", "", "| event | meaning |", "|---|---|", *rows]
    )


def list_channels() -> str:
    """The providers that there are a folder for, by what their contracts say of a channel without an account."""
    rows = [
        "| `provider` | events | posts | inputs | refuses with | reports our id |",
        "|---|---|---|---|---|---|",
    ]
    for provider in PROVIDERS:
        facts = line_of(provider).contract
        posts = "; ".join(
            "GET" if method == "GET" else ", ".join(f"`{each}`" for each in sorted(facts.types))
            for method in sorted(facts.methods)
        )
        inputs = (
            "all joined"
            if facts.accumulates
            else "one, with an id"
            if facts.has_turn_id
            else "one, without an id"
        )
        events = ", ".join(f"`{event}`" for event in sorted(facts.events))
        rows.append(
            f"| `{provider}` | {events} | {posts} | {inputs} | {facts.refusal} | "
            f"{'yes' if facts.reports_our_id else ''} |"
        )
    return "\n".join(rows)
