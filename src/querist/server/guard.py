"""The door of the server: who may come in, what they may bring, and what every reply carries."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "cookie_name"]

BODY_LIMIT = 1 << 20  # bytes
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_EVERYWHERE = ("0.0.0.0", "::")
_OPEN = frozenset({"/api/health"})

_SIGN_IN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>querist</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">This page needs its key</h1>
<p>Open the whole address that <code>querist</code> printed when it started; it ends in
<code>?token=&hellip;</code>. The browser remembers it from then on.</p></body></html>"""


def cookie_name(token: str) -> str:
    """The name of the session cookie: its own for each campaign, since cookies know no ports."""
    return "querist-" + hashlib.sha256(token.encode()).hexdigest()[:12]


class Guard:
    """ASGI middleware that lets in only who holds the token, from the address that is served.

    It refuses foreign ``Host`` headers (DNS rebinding), foreign origins, bodies that are not JSON or
    larger than 1 MiB, and requests without the token, as a cookie or as ``Authorization: Bearer``.
    ``/?token=...`` turns the token into a cookie.  Every reply gets the security headers.

    Parameters
    ----------
    hosts : iterable of str
        The host names (without port) under which the server may be reached.  With "0.0.0.0" or "::" among
        them any address of figures will do: rebinding needs a name.
    script_hashes : iterable of str
        CSP sources for the inline scripts of the page, if it has any.
    """

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str], script_hashes: Iterable[str] = ()
    ) -> None:
        self.app = app
        self.token = token.encode()
        self.cookie = cookie_name(token)
        self.hosts = frozenset(host.lower() for host in hosts)
        self.any_address = not self.hosts.isdisjoint(_EVERYWHERE)
        self.headers = _security_headers(script_hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # none is served here
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self.headers]}
            await send(message)

        if refused := self._foreign(scope, headers):
            await _reply(sealed, *refused)
        elif scope["path"] == "/" and "token" in (query := parse_qs(scope["query_string"].decode("latin-1"))):
            await self._sign_in(scope, query["token"][0], sealed)
        elif scope["path"] not in _OPEN and not self._known(headers):
            await self._turn_away(scope, sealed)
        elif refused := _unfit(scope, headers):
            await _reply(sealed, *refused)
        else:
            await self.app(scope, _bounded(receive), sealed)

    def _foreign(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str, str, str] | None:
        host = headers.get("host", "")
        name = _host_of(host)
        if name not in self.hosts and not (self.any_address and _is_address(name)):
            return (
                421,
                "ForeignHost",
                f"This server does not answer for the host {host!r}.",
                "Open the address that querist printed, or start it with --host.",
            )
        origin = headers.get("origin")
        same = origin is None or _netloc_of(origin) == host.lower()
        elsewhere = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")  # or another port
        if not same or (elsewhere and scope["method"] in _CHANGING):
            return (
                403,
                "ForeignOrigin",
                f"A page from {origin or 'another site'!r} may not talk to this server.",
                "Open the address that querist printed.",
            )
        return None

    def _matches(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self.token)

    def _known(self, headers: Mapping[str, str]) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._matches(bearer.strip()):
            return True
        return any(self._matches(value) for value in _cookies(headers.get("cookie", ""), self.cookie))

    async def _sign_in(self, scope: Scope, given: str, send: Send) -> None:
        if not self._matches(given):
            await self._turn_away(scope, send)
            return
        safe = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{self.cookie}={given}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000{safe}"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _turn_away(self, scope: Scope, send: Send) -> None:
        if scope["path"].startswith("/api/"):
            await _reply(
                send,
                401,
                "TokenNeeded",
                "This request carries no valid token.",
                "Open the address that querist printed, or send 'Authorization: Bearer TOKEN'.",
            )
            return
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": _SIGN_IN.encode()})


def _cookies(header: str, name: str) -> Iterator[str]:
    """The values of the cookies of this name, whatever stands beside them.

    Cookies know no ports, so those of every other program on this machine come along, and some of them no
    grammar allows; Python's own reader gives up at the first of these.
    """
    for pair in header.split(";"):
        told, _, value = pair.partition("=")
        if told.strip() == name:
            yield value.strip()


def _host_of(value: str) -> str:
    try:
        parts = urlsplit(f"//{value}")
        return (parts.hostname or "").lower() if parts.port is None or parts.port >= 0 else ""
    except ValueError:  # a port that is no number, a bracket that does not close
        return ""


def _netloc_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # a bracket that does not close
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _unfit(scope: Scope, headers: Mapping[str, str]) -> tuple[int, str, str, str] | None:
    if scope["method"] not in _CHANGING:
        return None
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        return 415, "NotJson", f"The body is {kind or 'of no kind'!r}.", "Send JSON as application/json."
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 9 or int(length) > BODY_LIMIT:
        return (
            413,
            "TooLarge",
            f"The body has {length} bytes; {BODY_LIMIT} are allowed.",
            "Send less at once.",
        )
    return None


def _bounded(receive: Receive) -> Receive:
    """Cut off a body that grows beyond the limit without having said so."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > BODY_LIMIT else message

    return counted


async def _reply(send: Send, status: int, error: str, message: str, mend: str) -> None:
    body = json.dumps({"error": error, "message": message, "mend": mend}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _security_headers(script_hashes: Iterable[str]) -> list[tuple[bytes, bytes]]:
    scripts = " ".join(["'self'", *script_hashes])
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return [
        (name.encode(), value.encode())
        for name, value in {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }.items()
    ]
