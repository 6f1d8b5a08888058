"""The compared menu in splathash, as a Django application: its nodes and router, its context over sessions in Valkey.

splathash keeps its context in Django's sessions of the database. Here it is Django's own session store over the cache,
with Valkey behind it, so that all that are compared keep sessions in the same place.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["BENCH_REDIS_URL"],
        }
    },
    INSTALLED_APPS=["django.contrib.sessions", "splathash"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for a comparison on this machine",
    SESSION_COOKIE_AGE=1800,
)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from splathash.data.input_data import InputData
from splathash.data.node_response import NodeResponse
from splathash.engine.application.application import NALOApplication
from splathash.engine.context.application_context import SessionBasedNALOApplicationContext
from splathash.engine.router.router import BaseLookupTableRouter
from splathash.node.node import Node
from splathash.response.response_handler import UserResponseHandler

MENU = json.loads(Path(__file__).with_name("menu.json").read_text())
LANGUAGES = {one["key"]: one for one in MENU["languages"]}
TEXTS = {(one["key"], topic["key"]): topic["text"] for one in MENU["languages"] for topic in one["topics"]}
Context = SessionBasedNALOApplicationContext


class ValkeyContext(Context):
    """Its context, with the session in the cache in place of the database."""

    def initialize(self, data: dict[str, object]) -> None:
        """Begin a session on the first dial, go on with it afterwards."""
        self.data = InputData(
            msisdn=data["MSISDN"],
            network=data["NETWORK"],
            data=data["USERDATA"],
            start=data["MSGTYPE"],
            user=data["USERID"],
        )
        self._store = SessionStore(session_key=self.data.msisdn)
        if self.data.start:
            if not self._store.exists(session_key=self.data.msisdn):
                self._store.save(must_create=True)
            self._store.clear()


class Language(Node):
    """Asks for the language."""

    def create_menu(self, context: Context) -> tuple[NodeResponse, str]:  # noqa: ARG002
        """Return the question, and which route reads the answer."""
        asked = NodeResponse(message=MENU["ask"])
        for key, one in LANGUAGES.items():
            asked.add_option(key, one["name"])
        return asked, "topics"


class Topics(Node):
    """Asks for the topic in the language that was chosen, which the session keeps."""

    def create_menu(self, context: Context) -> tuple[NodeResponse, str]:
        """Return the question, and which route reads the answer."""
        chosen = context.getData()
        context.update("language", chosen)
        asked = NodeResponse(message=LANGUAGES[chosen]["ask"])
        for topic in LANGUAGES[chosen]["topics"]:
            asked.add_option(topic["key"], topic["name"])
        return asked, "text"


class Text(Node):
    """Tells the text and ends."""

    def create_menu(self, context: Context) -> tuple[NodeResponse, str]:
        """Return the text of the topic in the session's language."""
        return NodeResponse(message=TEXTS[context.retrieve("language"), context.getData()]), "language"


def lead_to(node: type[Node]) -> type[UserResponseHandler]:
    """Return what answers a route with one node."""

    class Leads(UserResponseHandler):
        def get_node(self, context: Context) -> Node:  # noqa: ARG002
            """Return the node."""
            return node()

    return Leads


class Routes(BaseLookupTableRouter):
    """Which node a session's next route leads to; a new session has none."""

    table: ClassVar = {
        "": lead_to(Language),
        "language": lead_to(Language),
        "topics": lead_to(Topics),
        "text": lead_to(Text),
    }


class Compared(NALOApplication):
    """Its application, over that context."""

    context = ValkeyContext()


RUNS, ROUTES = Compared(), Routes()


def ussd(request: HttpRequest) -> HttpResponse:
    """Put the five fields into the form that splathash reads, and its answer into CON and END."""
    form = request.POST
    posted = SimpleNamespace(
        data={
            "MSISDN": form["phoneNumber"].lstrip("+"),
            "NETWORK": form["networkCode"],
            "USERDATA": form["text"].rpartition("*")[2],
            "MSGTYPE": form["text"] == "",
            "USERID": form["serviceCode"],
        }
    )
    told = RUNS.run(posted, ROUTES)
    word = "CON" if told["MSGTYPE"] else "END"
    return HttpResponse(f"{word} {told['MSG']}", content_type="text/plain; charset=utf-8")


urlpatterns = [path("ussd", ussd)]
application = get_wsgi_application()
