"""An app with the faces that people visit."""

from flask import Flask

from gateway import admin, console, web
from gateway.parts import Parts


def pages_of(parts: Parts, **settings: object) -> Flask:
    """The pages as ``create_app`` puts them together, without the machines' doors."""
    app = Flask("gateway", static_folder=None)
    web.install(app, parts, **settings)
    app.register_blueprint(console.blueprint(parts))
    app.register_blueprint(admin.blueprint(parts))
    return app
