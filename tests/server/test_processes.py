"""The server as a process: killed, restarted, asked to stop, beside another, with a learner that dies."""

import importlib.util
import json
import os
import signal
import stat
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from querist.errors import CampaignInUse
from querist.events import fold
from querist.workspace import Workspace

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def benchmark(name):
    """A module of the benchmarks: what measures is what tests."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


parts = benchmark("serving_parts")
crash = benchmark("crash")


@pytest.fixture
def server(make, tmp_path):
    """A server process for a campaign of 400 items; killed at the end if it still lives."""
    make(400, settings={"random_share": 0.1, "overlap": 1}).close()
    server = parts.Server(tmp_path / "mail")
    server.start()
    yield server
    server.kill()


def right(question):
    return "sport" if int(question["item"][1:]) % 2 == 0 else "money"


def test_a_killed_server_comes_back_with_the_same_address_answers_and_questions(server, tmp_path):
    client = parts.Client(server)
    questions = client.next(4)
    client.answer(questions[0], "sport")
    token = server.token
    server.kill()
    server.start()
    assert server.token == token
    assert stat.S_IMODE(os.stat(tmp_path / "mail" / "token").st_mode) == 0o600
    client = parts.Client(server)
    assert [one["query"] for one in client.next(3)] == [one["query"] for one in questions[1:]]
    assert client.answer(questions[0], "sport")["progress"]["labelled"] == 1  # sent again: counted once
    assert client.answer(questions[1], "money")["progress"]["labelled"] == 2  # asked before the crash


def test_sigterm_ends_the_server_and_its_learner_in_good_order(server, tmp_path):
    client = parts.Client(server)
    client.answer(client.next(1)[0], "sport")
    stream = parts.Client(server)
    stream.socket.sendall(f"GET /api/events HTTP/1.1\r\n{stream.head}\r\n".encode())
    told = b""
    while b"event: progress" not in told:
        told += stream.socket.recv(1 << 16)
    process = server.process
    began = time.monotonic()
    server.stop()
    assert process.returncode == 0 and time.monotonic() - began < 30
    with Workspace.open(tmp_path / "mail") as workspace:
        assert len(workspace.campaign.labels) == 1
    learners = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _runs(path, tmp_path)]
    assert not learners


def _runs(path, folder, program=b""):
    try:
        command = path.read_bytes()
    except OSError:  # it has just ended
        return False
    return str(folder).encode() in command and program in command


def test_the_second_process_is_told_where_the_first_one_serves(server, tmp_path):
    with pytest.raises(CampaignInUse) as told:
        Workspace.open(tmp_path / "mail")
    assert f"http://127.0.0.1:{server.port}" in str(told.value) and str(server.process.pid) in str(told.value)
    with Workspace.open(tmp_path / "mail", exclusive=False) as reader:
        assert len(reader.state.labels) == 0
        with pytest.raises(CampaignInUse, match="for reading only"):
            _ = reader.campaign


def _learner(client):
    return client.call("GET", "/api/progress")["learner"]


def _until(client, wanted, seconds=300):
    deadline = time.monotonic() + seconds
    while not wanted(told := _learner(client)):
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
    return told


def _learner_pid(folder):
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        if _runs(path, folder, b"querist.server.learner"):
            return int(path.parent.name)
    return None


def test_the_queue_follows_the_labels_and_a_killed_learner_comes_back(server, tmp_path):
    client = parts.Client(server)
    for question in client.next(12):
        client.answer(question, right(question))
    first = _until(client, lambda told: told["version"] is not None)
    question = next(one for one in client.next(20) if one["why"]["arm"] == "active")
    assert question["why"]["model"] and question["why"]["strategy"] == "margin"
    killed = _learner_pid(tmp_path / "mail")
    os.kill(killed, signal.SIGKILL)
    told = _until(
        client,  # it is shown for a second, and then the next one begins
        lambda told: told["phase"] == "failed" or _learner_pid(tmp_path / "mail") not in (None, killed),
    )
    assert told["phase"] != "failed" or "SIGKILL" in told["note"]
    client.answer(question, right(question))  # labelling goes on meanwhile
    later = _until(client, lambda told: told["version"] not in (None, first["version"]))
    assert later["labels"] == 13


def test_a_learner_never_outlives_its_server(server, tmp_path):
    client = parts.Client(server)
    _until(client, lambda told: told["phase"] == "waiting")
    pid = _learner_pid(tmp_path / "mail")
    server.kill()
    deadline = time.monotonic() + 120
    while _learner_pid(tmp_path / "mail") is not None:
        assert time.monotonic() < deadline, f"learner {pid} lives on"
        time.sleep(0.05)


def test_five_kills_at_random_moments_lose_no_acknowledged_answer(tmp_path):
    found = crash.rounds(tmp_path, 5, seed=7, longest=0.6, items=300)
    assert found["rounds"] == 5


@pytest.mark.parametrize("overlap", [1, 3])
def test_sixteen_annotators_share_the_items_as_wanted(make, tmp_path, overlap):
    make(60, "crowd", settings={"overlap": overlap}).close()
    server = parts.Server(tmp_path / "crowd")
    server.start()
    served, errors = Counter(), []
    dealt = threading.Lock()

    def annotate(name):
        try:
            client = parts.Client(server, name)
            while questions := client.next(3):
                for question in questions:
                    with dealt:
                        served[question["item"], name] += 1
                    client.answer(question, right(question))
            client.close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=annotate, args=(f"a{k}",)) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.kill()
    assert not errors
    assert set(served.values()) == {1}  # nobody is asked twice
    of_item = Counter(item for item, _ in served)
    assert set(of_item.values()) == {overlap} and len(of_item) == 60
    with Workspace.open(tmp_path / "crowd", exclusive=False) as workspace:
        state = fold(workspace.log.read())
    assert state.answers == 60 * overlap


def test_the_folder_is_plain_enough_for_other_tools(server, tmp_path):
    import sqlite3

    client = parts.Client(server)
    client.answer(client.next(1)[0], "sport")
    with sqlite3.connect(f"file:{tmp_path}/mail/campaign.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT kind, body FROM events ORDER BY number").fetchall()
    database.close()
    assert [kind for kind, _ in rows][:1] == ["created"]
    assert json.loads(rows[-1][1])["value"] == "sport"
