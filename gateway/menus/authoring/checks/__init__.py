"""Checks of a built menu: one module a subject, each check a small pure function that yields problems."""

from gateway.menus.authoring.checks.all_checks import run_checks
from gateway.menus.authoring.checks.context import CheckContext, Subject

__all__ = ["CheckContext", "Subject", "run_checks"]
