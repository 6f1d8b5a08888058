"""What is proved of a menu before callers meet it: one family a file, each proof small and pure."""

from gateway.catalogue.proofs.asked import Asked, Subject
from gateway.catalogue.proofs.families import prove

__all__ = ["Asked", "Subject", "prove"]
