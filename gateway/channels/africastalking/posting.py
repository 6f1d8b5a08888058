"""Posts to the provider in the place of its SDK's own request method, which hides the status and the headers."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from gateway.over_http import CONNECT, READ, HttpReply, OverHttp

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TIMES: tuple[float, float] = (CONNECT, READ)
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Posting:
    """Stands before a service of the SDK and replaces its one request method; a test holds it to the SDK's version."""

    def _open(self) -> None:
        self._http = OverHttp()

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, object],
        params: Mapping[str, str] | None,
        callback: object = None,
        timeout: tuple[float, float] = TIMES,
    ) -> HttpReply:
        if callback is not None or params:
            raise TypeError("this service takes neither a callback nor a query")
        form = urlencode({name: value for name, value in data.items() if value is not None}).encode()
        return self._http.ask(method, url, body=form, headers={**headers, **FORM}, times=timeout)
