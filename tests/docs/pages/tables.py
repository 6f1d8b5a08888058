"""Describes the tables of the database from the schema that the store itself uses."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from gateway.storage.tables import metadata
from gateway.storage.value_limits import Sealed

PURPOSE = {
    "callers": "who called, once; the number stands here alone, sealed, and is found by its keyed hash",
    "turns": "the keys of turns that are done, with the receipts that a repeat is answered with",
    "sessions": "USSD sessions while Redis is away",
    "text_parts": "parts of long texts, until all have come",
    "threads": "SMS dialogues",
    "texts": "texts of callers, and whether a person has read those that no word matched",
    "callbacks": "requests for a call, and the state of each",
    "told_codes": "further codes that were shown for a callback while nothing could look up the one it has",
    "broken_promises": "promises to callers that broke without an act, until a person has read of each",
    "attempts": "tries to phone a caller, written before the number is shown",
    "bridges": "calls that a provider joins, and how far each came",
    "notes": "notes of counsellors",
    "drafts": "notes that are still being written",
    "operator_notices": "texts of operators from names and short codes, for administrators",
    "outbox": "everything that is to leave or to be done after a commit",
    "deliveries": "delivery results that came before their row knew the provider's id",
    "lines": "rate limit, pause and spending of each channel",
    "budgets": "limits of texts by number, prefix and day",
    "people": "staff",
    "sign_ins": "signed-in browsers; a row that is gone ends the sign-in",
    "invitations": "links for a first password",
    "recovery_codes": "recovery codes of second factors, hashed",
    "tries": "failed attempts at secrets, to slow the next",
    "push_keys": "our key towards push services",
    "push_subscriptions": "browsers of staff that take push messages",
    "links": "one-tap links of alerts",
    "menu_drafts": "drafts of a menu: the version that each began from, its approval, the version that it became",
    "menu_draft_files": "the files of a draft that differ from those of its version",
    "menu_draft_edits": "who changed what in a draft",
    "kept_forms": "forms that a person typed while signed out or while the database was away",
    "looking": "who has the page of a callback open",
    "called_for_help": "who is alerted next about a callback that nobody took",
    "shifts": "planned working times",
    "holidays": "days on which the centre is closed",
    "away": "days on which a person does not work",
    "records": "the case record of a callback, as the centre counts it",
    "referrals": "the referral book: other services, and whether staff may pass their numbers on",
    "referrals_made": "of which service a caller was told, when to ask what came of it, and what came",
    "versions": "published menus; a row never changes",
    "live": "which version of each menu is live",
    "figures": "counters by hour, without personal data",
    "figure_months": "the same counters summed by month, for reports over a long time",
    "keys": "the key ring: encryption keys by purpose, sealed by the master key",
    "settings": "settings that an administrator changes, and marks of the processes",
    "audit": "who did what to which row, chained by hash, without personal data",
    "chores": "when each periodic task ran, and how it ended",
}


def list_names() -> list[str]:
    return [table.name for table in metadata.sorted_tables]


def describe_tables() -> str:
    return "\n\n".join(_describe_table(metadata.tables[name]) for name in sorted(list_names()))


def _describe_table(table: Table) -> str:
    lines = [f"### {table.name}", "", _open_sentence(PURPOSE.get(table.name, "…")), ""]
    lines += ["| column | type | may be empty | note |", "|---|---|---|---|"]
    lines += [_describe_column(column) for column in table.columns]
    unique = [_describe_unique(each) for each in _list_unique(table)]
    return "\n".join([*lines, *(["", "Unique: " + "; ".join(unique) + "."] if unique else [])])


def _describe_column(column: Column[object]) -> str:
    notes = ["primary key"] if column.primary_key else []
    notes += [f"of `{key.column.table.name}`" for key in column.foreign_keys]
    notes += ["sealed"] if isinstance(column.type, Sealed) else []
    kind = type(column.type).__name__.lower()
    length = getattr(column.type, "length", None)
    sized = f"{kind}({length})" if length else kind
    return f"| `{column.name}` | {sized} | {'yes' if column.nullable else ''} | {', '.join(notes)} |"


def _list_unique(table: Table) -> list[UniqueConstraint | Index]:
    constraints: list[UniqueConstraint | Index] = [
        each for each in table.constraints if isinstance(each, UniqueConstraint)
    ]
    found = [*constraints, *(index for index in table.indexes if index.unique)]
    return sorted(found, key=lambda each: [column.name for column in each.columns])


def _describe_unique(each: UniqueConstraint | Index) -> str:
    columns = ", ".join(f"`{column.name}`" for column in each.columns)
    where = each.info.get("where")
    return f"{columns} where {where}" if where else columns


def _open_sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
