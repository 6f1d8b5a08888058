"""What pages share: sign-in, layout, headers, forms, translations and the files a browser is given."""

from gateway.web.pages import install

__all__ = ["install"]
