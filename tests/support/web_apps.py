"""An app with the faces that people visit."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache, Undefined, UndefinedError
from jinja2.bccache import Bucket
from jinja2.utils import missing
from werkzeug.routing import Rule

from gateway.bootstrap import open_serials
from gateway.foundation.services import Services
from gateway.operations.channel_desk import WebhookLinks
from gateway.web import admin, console, shared
from gateway.web.webhooks.views import list_addresses


class _Compiled(BytecodeCache):
    """Keeps compiled templates from one test's app to the next's: compiling them takes longer than a test."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class NoSuchName(Undefined):
    """Refuses a name that an object lacks: Jinja prints nothing for it, so a renamed field would vanish unseen."""

    def __init__(
        self, hint: str | None = None, obj: object = missing, name: str | None = None, **more: Any
    ) -> None:
        super().__init__(hint, obj, name, **more)
        if not (obj is missing or obj is None or isinstance(obj, (Mapping, Undefined))):
            raise UndefinedError(f"a template names {name} of {type(obj).__name__}, which has no such name")


class _CompiledRule(Rule):
    """Keeps what writes an address from one test's app to the next's: compiling a hundred takes longer than a test."""

    _written: ClassVar[dict[object, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (tuple(self._trace), append_unknown)
        if key not in self._written:
            self._written[key] = super()._compile_builder(append_unknown)
        return self._written[key]


def links_of(parts: Services) -> WebhookLinks:
    """The addresses of the channels, as ``create_app`` hands them to the pages."""
    serials = cache(lambda: open_serials(parts))  # few pages ask for them
    return WebhookLinks(
        list_all=lambda: list_addresses(parts.public_url, parts.channels, serials().secrets),
        renew=lambda: serials().renew(),
    )


def pages_of(parts: Services, **settings: object) -> Flask:
    """The pages as ``create_app`` puts them together, without the machines' doors."""
    app = Flask("gateway", static_folder=None)
    app.url_rule_class = _CompiledRule
    app.jinja_options = {"bytecode_cache": _COMPILED, "undefined": NoSuchName}
    shared.install(app, parts, **settings)
    app.register_blueprint(console.build_blueprint(parts))
    app.register_blueprint(admin.build_blueprint(parts, links_of(parts)))
    return app
