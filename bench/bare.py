"""The yardsticks: a bare Flask endpoint that reads the five fields, and the same with one trip to Valkey."""

import os

import redis
from flask import Flask, Response, request

FIELDS = ("sessionId", "phoneNumber", "networkCode", "serviceCode", "text")


def create() -> Flask:
    """An endpoint that reads the fields and answers; with BENCH_REDIS_URL it also keeps a session."""
    app = Flask("bare", static_folder=None)
    url = os.environ.get("BENCH_REDIS_URL")
    client = redis.Redis.from_url(url) if url else None

    @app.post("/ussd")
    def ussd() -> Response:
        fields = [request.form[name] for name in FIELDS]
        if client is not None:
            client.set(fields[0], fields[4], ex=1800)
        return Response("CON hello", content_type="text/plain; charset=utf-8")

    return app


def create_yardstick() -> Flask:
    """The yardstick: a view that keeps a session by redis-py in two trips, GET and SET EX."""
    app = Flask("yardstick", static_folder=None)
    client = redis.Redis.from_url(os.environ["BENCH_REDIS_URL"])

    @app.post("/ussd")
    def ussd() -> Response:
        fields = [request.form[name] for name in FIELDS]
        client.get(fields[0])
        client.set(fields[0], fields[4], ex=1800)
        return Response("CON hello", content_type="text/plain; charset=utf-8")

    return app


def nothing(_: int) -> None:
    """The job of the plain RQ worker that deliveries are compared with."""
