"""Who may come in: the browser that was given the address, and nobody else.

The page shows a patient's CT. Everyone with an account on this computer can reach 127.0.0.1, and so can, through the
user's own browser, any web page that the user has open. Therefore

* the address that the terminal prints holds a key, which becomes a cookie that scripts cannot read;
* requests that name another host are refused (a foreign name that leads to 127.0.0.1);
* requests that another page made are refused.
"""

from __future__ import annotations

import hmac
import secrets

from aiohttp import web

COOKIE = "tmli_key"
QUERY = "key"
HOSTS = ("127.0.0.1", "localhost")
_WORDS = (
    "<!doctype html><title>TMLI</title><body style='font:16px system-ui;margin:3em'>"
    "<h1>TMLI</h1><p>Please open the address that <code>cargo xtask app</code> printed: it holds the key to this page."
)


class Door:
    """A middleware for the web server, with a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_urlsafe(24)

    def address(self, port: int) -> str:
        """Where the browser is to be sent."""
        return f"http://127.0.0.1:{port}/?{QUERY}={self._key}"

    def install(self, app: web.Application) -> None:
        """Puts itself before everything that the server answers."""
        app.middlewares.append(self._check)

    @web.middleware
    async def _check(self, request: web.Request, handler):
        if not _is_ours(request.headers.get("Host", "")):
            raise web.HTTPForbidden(text="Not this host.")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.headers["Host"]:
            raise web.HTTPForbidden(text="Not from another page.")
        if self._fits(request.query.get(QUERY, "")):
            # The key leaves the address bar, and with it the history and what a screenshot shows.
            answer = web.HTTPFound("/index.html")
            # The name holds the port: cookies are shared by all ports of a host.
            answer.set_cookie(_cookie(request), self._key, httponly=True, samesite="Lax")
            raise answer
        if not self._fits(request.cookies.get(_cookie(request), "")):
            return web.Response(status=403, text=_WORDS, content_type="text/html")
        return await handler(request)

    def _fits(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())


def _cookie(request: web.Request) -> str:
    return f"{COOKIE}_{request.headers['Host'].rpartition(':')[2]}"


def _is_ours(host: str) -> bool:
    name, _, port = host.partition(":")
    return name in HOSTS and (port == "" or port.isdigit())
