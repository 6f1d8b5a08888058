"""Makes a password's hash cheap: at the product's own cost it takes longer than the test around it."""

from functools import lru_cache

import pytest
from argon2 import PasswordHasher

from gateway.helpdesk.staff import passwords

_REAL, _REAL_NOBODY = passwords._hasher, passwords.NOBODY


def hash_cheaply() -> None:
    """Let this process hash with the least that Argon2 takes, and rate each password once; others keep the real cost."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords.NOBODY = passwords._hasher.hash("nobody's password")
    passwords.is_weak = lru_cache(maxsize=1_000)(passwords.is_weak)


def hash_as_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test the product's own cost back."""
    monkeypatch.setattr(passwords, "_hasher", _REAL)
    monkeypatch.setattr(passwords, "NOBODY", _REAL_NOBODY)
