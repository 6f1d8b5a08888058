"""What is written of a turn that did something: enough to tell its receipt again, word for word."""

import types
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_args

from gateway.engine import session as sessions
from gateway.engine.effects import Effect, Receipt
from gateway.engine.session import Session

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One turn with effects, as the ledger or the spool keeps it.

    Attributes:
        version: the menu version that the session stands on.
        session: where she stood after the step, before the receipts.
        receipts: what came of the effects, in order.
        at: when it was done; words like "today" are made from it, so that every repeat reads the same.
    """

    version: str
    session: Session
    receipts: tuple[Receipt, ...]
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Return plain data that says its format."""
        return {
            "format": FORMAT,
            "version": self.version,
            "session": sessions.dump(self.session),
            "receipts": [plain(receipt) for receipt in self.receipts],
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Record":
        """Read what ``to_json`` wrote."""
        return cls(
            version=value["version"],
            session=sessions.load(value["session"]),
            receipts=tuple(receipt_from(item) for item in value["receipts"]),
            at=datetime.fromisoformat(value["at"]),
        )


def plain(value: Effect | Receipt) -> dict[str, Any]:
    """Return an effect or a receipt as plain data that names its class."""
    result: dict[str, Any] = {"is": type(value).__name__}
    for field in fields(value):
        item = getattr(value, field.name)
        result[field.name] = item.isoformat() if isinstance(item, datetime) else item
    return result


def effect_from(value: dict[str, Any]) -> Effect:
    """Read an effect back."""
    effect: Effect = _read(value, Effect)
    return effect


def receipt_from(value: dict[str, Any]) -> Receipt:
    """Read a receipt back."""
    receipt: Receipt = _read(value, Receipt)
    return receipt


def _read(value: dict[str, Any], union: types.UnionType) -> Any:
    kinds = {kind.__name__: kind for kind in get_args(union)}
    kind = kinds[value["is"]]
    types_of = {field.name: field.type for field in fields(kind)}
    found = {name: _item(item, types_of[name]) for name, item in value.items() if name != "is"}
    return kind(**found)


def _item(item: Any, kind: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(item)
    return tuple(item) if isinstance(item, list) else item
