"""Channels: the contract, and one folder per provider, found by name; no provider imports another."""
