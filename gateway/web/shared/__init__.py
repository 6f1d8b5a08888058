"""Provides what all pages share: sign-in, layout, security headers, forms, translations and static files."""

from gateway.web.shared.setup import install

__all__ = ["install"]
