"""The door: token, hosts, origins, bodies and headers."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from querist.server.guard import BODY_LIMIT, Guard, cookie_name

TOKEN = "a-secret"
HOST = "http://127.0.0.1:8000"


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


@pytest.fixture
def client():
    routes = [Route(path, echo, methods=["GET", "POST"]) for path in ("/", "/api/next", "/api/health")]
    guarded = Guard(Starlette(routes=routes), TOKEN, hosts=["127.0.0.1", "localhost"])
    with TestClient(guarded, base_url=HOST, follow_redirects=False) as client:
        yield client


def bearer(token=TOKEN):
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "headers", [{}, bearer("wrong"), bearer("é"), {"cookie": "querist=x"}, {"cookie": "=;=;"}]
)
def test_without_the_token_nobody_comes_in(client, headers):
    reply = client.get("/api/next", headers={key: value.encode() for key, value in headers.items()})
    assert reply.status_code == 401
    assert reply.json()["error"] == "TokenNeeded" and "printed" in reply.json()["mend"]


def test_a_person_without_the_token_is_told_what_to_do(client):
    reply = client.get("/")
    assert reply.status_code == 401 and "?token=" in reply.text and "html" in reply.headers["content-type"]


def test_health_needs_no_token(client):
    assert client.get("/api/health").status_code == 200


def test_the_printed_address_becomes_a_cookie_that_scripts_cannot_read(client):
    reply = client.get(f"/?token={TOKEN}")
    assert reply.status_code == 303 and reply.headers["location"] == "/"
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and cookie.startswith(cookie_name(TOKEN))
    assert client.get("/api/next").status_code == 200  # the client keeps the cookie
    assert client.get("/?token=wrong").status_code == 401


@pytest.mark.parametrize(
    "beside", ['settings={"dark": true}', "x[1]=2", "name=caf\xe9", "a b=3", 'open="un', "=1", "bare", "k=v"]
)
def test_cookies_of_other_programs_on_this_machine_lock_nobody_out(client, beside):
    for cookies in (f"{beside}; {cookie_name(TOKEN)}={TOKEN}", f"{cookie_name(TOKEN)}={TOKEN}; {beside}"):
        assert client.get("/api/next", headers={"cookie": cookies.encode("latin-1")}).status_code == 200
    wrong = f"{beside}; {cookie_name(TOKEN)}=wrong; other={TOKEN}"
    assert client.get("/api/next", headers={"cookie": wrong.encode("latin-1")}).status_code == 401


def test_two_campaigns_on_one_host_keep_their_cookies_apart():
    assert cookie_name("a") != cookie_name("b")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1:8000:1", "[::1"])
def test_a_foreign_host_is_refused(client, host):
    reply = client.get("/api/next", headers={**bearer(), "host": host})
    assert reply.status_code == 421 and reply.json()["error"] == "ForeignHost"


def test_a_server_for_everybody_answers_to_its_addresses_but_not_to_foreign_names():
    app = Guard(Starlette(routes=[Route("/api/next", echo)]), TOKEN, hosts=["0.0.0.0"])
    with TestClient(app, base_url=HOST, headers=bearer()) as client:
        for host, status in (("192.168.1.5:8420", 200), ("[fe80::1]:8420", 200), ("evil.example", 421)):
            assert client.get("/api/next", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000", "http://["]
)
def test_a_foreign_origin_is_refused(client, origin):
    reply = client.post("/api/next", json={}, headers={**bearer(), "origin": origin})
    assert reply.status_code == 403 and reply.json()["error"] == "ForeignOrigin"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_cross_site_request_without_an_origin_is_refused(client, site):
    reply = client.post("/api/next", json={}, headers={**bearer(), "sec-fetch-site": site})
    assert reply.status_code == 403


def test_the_own_origin_is_welcome(client):
    assert client.post("/api/next", json={}, headers={**bearer(), "origin": HOST}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_changes_things(client, kind):
    reply = client.post("/api/next", content=b"{}", headers={**bearer(), "content-type": kind})
    assert reply.status_code == 415


def test_a_large_body_is_refused_whether_it_says_so_or_not(client):
    headers = {**bearer(), "content-type": "application/json"}
    said = client.post("/api/next", content=b"x" * (BODY_LIMIT + 1), headers=headers)
    assert said.status_code == 413
    for length in ("lots", "²".encode("latin-1"), "9" * 5000):  # digits to Python, numbers to none
        odd = client.post("/api/next", content=b"x", headers={**headers, "content-length": length})
        assert odd.status_code == 413
    just = client.post("/api/next", content=b"x" * BODY_LIMIT, headers=headers)
    assert just.json() == {"bytes": BODY_LIMIT}


def test_a_body_that_never_ends_is_cut_off():
    import asyncio

    async def scenario():
        sent, chunks = [], iter([b"x" * BODY_LIMIT, b"x", b"x"])

        async def app(scope, receive, send):
            while (message := await receive())["type"] != "http.disconnect":
                sent.append(len(message["body"]))

        async def receive():
            return {"type": "http.request", "body": next(chunks), "more_body": True}

        async def send(message):
            raise AssertionError(message)

        headers = [
            (b"host", b"localhost"),
            (b"authorization", b"Bearer a-secret"),
            (b"content-type", b"application/json"),
            (b"transfer-encoding", b"chunked"),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/next",
            "query_string": b"",
            "headers": headers,
        }
        await Guard(app, TOKEN, ["localhost"])(scope, receive, send)
        return sent

    assert asyncio.run(scenario()) == [BODY_LIMIT]


@pytest.mark.parametrize("path", ["/api/next", "/", "/api/health"])
def test_every_reply_carries_the_security_headers(client, path):
    for headers in ({}, bearer()):
        reply = client.get(path, headers=headers)
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cross-origin-opener-policy"] == "same-origin"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"
