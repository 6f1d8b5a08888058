"""What is proved of a menu before callers meet it: one family a file, each proof small and pure."""

from gateway.menus.authoring.checks.all_checks import run_checks
from gateway.menus.authoring.checks.context import CheckContext, Subject

__all__ = ["CheckContext", "Subject", "run_checks"]
