"""The compared menu in mobilex, as an ASGI application: its screens, and its sessions in Valkey by its own backend."""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mobilex import Action, App, Request, Screen
from mobilex.cache.redis import RedisCache

MENU = json.loads(Path(__file__).with_name("menu.json").read_text())
LANGUAGES = {one["key"]: one for one in MENU["languages"]}
TEXTS = {(one["key"], topic["key"]): topic["text"] for one in MENU["languages"] for topic in one["topics"]}


class Sessions(RedisCache):
    """Its Redis backend, which takes its address only when it is made."""

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, location=os.environ["BENCH_REDIS_URL"], **options)


app = App("bench", session_backend=Sessions, session_ttl=1800)


@app.entry_screen("language")
class Language(Screen):
    """Asks for the language."""

    nav_actions = ()
    actions = tuple(
        Action(one["name"], key=key, screen="topics", kwargs={"language": key})
        for key, one in LANGUAGES.items()
    )

    def render(self) -> None:
        """Print the question; the choices follow by themselves."""
        self.print(MENU["ask"])


@app.screen("topics")
class Topics(Screen):
    """Asks for the topic, in the language that the session holds."""

    nav_actions = ()

    def get_actions(self) -> list[Action]:
        """Return the topics, each of which leads to its text."""
        chosen = self.state.language
        return [
            Action(topic["name"], key=topic["key"], screen="text", kwargs={"at": (chosen, topic["key"])})
            for topic in LANGUAGES[chosen]["topics"]
        ]

    def render(self) -> None:
        """Print the question."""
        self.print(LANGUAGES[self.state.language]["ask"])


@app.screen("text")
class Text(Screen):
    """Tells the text and ends."""

    nav_actions = ()

    def render(self) -> str:
        """Print the text."""
        self.print(TEXTS[self.state.at])
        return self.END


async def serve(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer one post: read the form, let mobilex answer, write the page."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    page = await app(
        Request(
            form["phoneNumber"],
            session_id=form["sessionId"],
            ussd_string=form["text"],
            service_code=form["serviceCode"],
        )
    )
    told = str(page).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})
