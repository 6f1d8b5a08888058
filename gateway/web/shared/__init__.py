"""What pages share: sign-in, layout, headers, forms, translations and the files a browser is given."""

from gateway.web.shared.setup import install

__all__ = ["install"]
