"""Keeps what SQLAlchemy works out from one test to the next: working it out anew takes longer than the test."""

from sqlalchemy import Connection, Engine, event


class _Statements(dict[tuple[object, ...], object]):
    """Compiled statements of one kind of database, for every engine of that kind.

    SQLAlchemy begins each key with the engine's own dialect, which is what hides the work of one engine from the
    next; here it is left away. Every engine of one kind in these tests speaks to the same server or library.
    """

    def get(self, key: tuple[object, ...], default: object = None) -> object:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[object, ...], compiled: object) -> None:
        super().__setitem__(key[1:], compiled)


_KEPT: dict[str, _Statements] = {}


def keep_statements() -> None:
    """Let every connection of this process use them."""

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=_KEPT.setdefault(connection.dialect.name, _Statements()))
