"""An app with the faces that people visit."""

from collections.abc import Callable
from typing import ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from gateway.foundation.services import Services
from gateway.web import admin, console, shared


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


def pages_of(parts: Services, **settings: object) -> Flask:
    """The pages as ``create_app`` puts them together, without the machines' doors."""
    app = Flask("gateway", static_folder=None)
    app.url_rule_class = _CompiledRule
    app.jinja_options = {"bytecode_cache": _COMPILED}
    shared.install(app, parts, **settings)
    app.register_blueprint(console.build_blueprint(parts))
    app.register_blueprint(admin.build_blueprint(parts))
    return app
