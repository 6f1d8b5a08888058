"""Name the providers that cannot be a channel of this product, with the reason that an operator is told.

Their USSD is asynchronous: a post is acknowledged, and the page is sent by a call of ours to their address afterwards.
The numbers that they post are masked, so a caller could be asked to be phoned and never be.
"""

from collections.abc import Mapping

_MASKED = (
    "answers a post later, by a call to its own address, and masks the caller's number, so that nobody could be phoned "
    "back; ask the operator for a synchronous USSD pull, or for SMPP"
)

UNFIT: Mapping[str, str] = dict.fromkeys(("hsenid", "ideamart", "bdapps"), _MASKED)
"""Provider → why there is no channel for it. hSenid TAP serves Ideamart (Sri Lanka) and bdapps (Bangladesh)."""
