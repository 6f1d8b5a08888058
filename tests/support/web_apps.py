"""An app with the faces that people visit."""

from collections.abc import Mapping
from functools import cache
from types import CodeType, MethodType
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
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


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
    """Keeps what reads and writes an address from one test's app to the next's: 170 of them take longer than a test.

    That is a function of the address and of the kinds of parts it may have; only defaults would add to it.
    """

    _known: ClassVar[dict[tuple[object, ...], tuple[Any, ...]]] = {}

    def compile(self) -> None:
        key = (self.rule, self.subdomain, self.host, self.merge_slashes, *self.map.converters.values())
        if self.defaults or key not in self._known:
            super().compile()
        if self.defaults:
            return
        if key not in self._known:
            writers = self._build.__func__, self._build_unknown.__func__
            self._known[key] = self._parts, self._trace, self._converters, self.arguments, *writers
        self._parts, self._trace, self._converters, arguments, build, build_unknown = self._known[key]
        self.arguments = {*arguments}
        self._build, self._build_unknown = MethodType(build, self), MethodType(build_unknown, self)


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
