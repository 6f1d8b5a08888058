"""An app with the faces that people visit."""

from flask import Flask

from gateway import admin, web
from gateway.parts import Parts
from gateway.web import sign_in


def pages_of(parts: Parts, **settings: object) -> Flask:
    """The pages as ``create_app`` puts them together, without the machines' doors."""
    app = Flask("gateway", static_folder=None)
    web.install(app, parts, **settings)
    app.register_blueprint(sign_in.blueprint(parts))
    app.register_blueprint(admin.blueprint(parts))
    return app
