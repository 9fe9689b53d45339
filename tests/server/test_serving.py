"""Serving: ports, the learner's reports, and the page's fallback."""

import socket
import threading
import time

import numpy as np
import pytest
from served import client_of
from starlette.applications import Starlette
from starlette.testclient import TestClient

from querist.errors import DiskFull, InvalidInput
from querist.server import Serving, page, serve, serving
from querist.server.protocol import Report
from querist.workspace import Ranking, publish


def ranking(version="m1"):
    proba = np.full((40, 2), 0.5, dtype=np.float32)
    return Ranking(
        version,
        rows=np.arange(40),
        scores=np.ones(40),
        proba=proba,
        classes=("sport", "money"),
        upto=1,
        labels=4,
    )


def test_a_port_that_is_taken_is_told_with_the_mend(workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InvalidInput, match="--port"):
        serve(workspace, port=taken.getsockname()[1])


def test_an_address_of_another_machine_is_told_with_the_mend(workspace):
    with pytest.raises(InvalidInput, match=r"^The address 192\.0\.2\.1 cannot be used") as told:
        serve(workspace, host="192.0.2.1")
    assert "--host" in told.value.mend


def test_without_a_wish_another_port_will_do(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(serving, "PORT", taken.getsockname()[1])
        bound = serving._bind("127.0.0.1", None)
        assert bound.getsockname()[1] != taken.getsockname()[1]
        assert bound.proto == socket.IPPROTO_TCP  # or every reply waits 40 ms for Nagle
        bound.close()


def test_what_the_learner_says_is_what_the_page_shows(workspace):
    with Serving(workspace, learn=False) as serving_, client_of(workspace):
        assert serving_.figures.learner.phase == "idle"
        serving_.hear(Report("encoding", fraction=0.25, note="10 of 40 items"))
        told = serving_.figures.learner
        assert (told.phase, told.fraction, told.note, told.version) == (
            "encoding",
            0.25,
            "10 of 40 items",
            None,
        )
        publish(ranking(), workspace.models)
        serving_.hear(Report("idle", published="m1"))
        told = serving_.figures.learner
        assert (told.phase, told.version, told.labels) == ("idle", "m1", 4)
        assert workspace.campaign.state.trained[-1].version == "m1"
        assert workspace.campaign.ask(2)[0].model == "m1"


def test_nobody_looks_at_the_folder_after_the_end(make, tmp_path, monkeypatch):
    workspace = make(database=f"sqlite:///{tmp_path / 'shared.db'}")  # as one that others write to as well
    monkeypatch.setattr(serving, "_LOOK", 0.01)
    begun = {name: threading.Event() for name in ("tray", "follower")}

    def looking(name):
        begun[name].set()
        time.sleep(0.3)

    with Serving(workspace, learn=False) as serving_:
        monkeypatch.setattr(workspace, "take_in", lambda: looking("tray"))
        monkeypatch.setattr(workspace.campaign, "refresh", lambda: looking("follower"))
        assert all(one.wait(120) for one in begun.values())
    assert not serving_._tray.is_alive() and not serving_._follower.is_alive()


def test_a_model_that_the_log_has_no_room_for_is_in_force_all_the_same(workspace, monkeypatch):
    with Serving(workspace, learn=False) as serving_:
        publish(ranking("m2"), workspace.models)

        def full(trained):
            raise DiskFull("No room is left.", mend="Free some space.")

        monkeypatch.setattr(workspace.campaign, "adopt", full)
        serving_.hear(Report("idle", published="m2"))
        assert "No room is left" in serving_.figures.learner.note
        assert workspace.ranking.version == "m2"


def test_a_learner_is_woken_by_every_change(workspace):
    woken = []
    with client_of(workspace) as client:
        workspace.on_change = lambda: woken.append(1)
        question = client.post("/api/next", json={}).json()["questions"][0]
        client.post("/api/answers", json={"query": question["query"], "value": "sport"})
    assert len(woken) == 2


def test_the_built_page_is_served_with_its_kinds_and_caches(tmp_path):
    from fastapi import FastAPI

    (tmp_path / "assets").mkdir()
    script = "document.title = 'querist'"
    (tmp_path / "index.html").write_text(f"<!doctype html><script>{script}</script>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("export {}")
    (tmp_path / "assets" / "secret.py").write_text("no")
    app = FastAPI()
    page.mount_page(app, tmp_path)
    client = TestClient(app)
    assert client.get("/").headers["cache-control"] == "no-cache"
    asset = client.get("/assets/index-1a2b.js")
    assert asset.headers["content-type"].startswith("text/javascript")
    assert "immutable" in asset.headers["cache-control"]
    for path in ("/assets/secret.py", "/../x.js", "/%2e%2e/x.js", "/assets", "/none.css"):
        assert client.get(path).status_code == 404
    (told,) = page.script_hashes(tmp_path)
    assert told.startswith("'sha256-") and told.endswith("'")


def test_a_page_that_was_not_built_says_how(tmp_path):
    from fastapi import FastAPI

    app = FastAPI()
    page.mount_page(app, tmp_path)
    reply = TestClient(app).get("/")
    assert reply.status_code == 503 and "npm run build" in reply.text
    assert page.script_hashes(tmp_path) == []


def test_no_websocket_gets_past_the_door():
    from starlette.websockets import WebSocketDisconnect

    from querist.server.guard import Guard

    client = TestClient(Guard(Starlette(), "token", ["testserver"]))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/events"):
        pass


def test_items_that_the_model_cannot_read_are_told_once_the_learner_has_read_them(workspace):
    told = []
    with Serving(workspace, learn=False, told=told.append) as running:
        running.hear(Report("encoding", fraction=1.0))
        running.hear(Report("training"))
        assert told == []
        folder = workspace.folder / "features" / "some"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"problems": {"1": "it is gone", "0": "it is empty"}}')
        running.hear(Report("encoding", fraction=1.0))
        running.hear(Report("training"))
        running.hear(Report("idle"))
    assert told == [
        f"Note: {workspace.items.ids[0]}: the model cannot read it: it is empty, "
        "and 1 more; `querist status` lists them"
    ]
