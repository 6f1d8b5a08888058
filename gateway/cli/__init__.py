"""Implements the ``gateway`` command."""
