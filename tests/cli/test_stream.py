"""``querist stream``: items in, decisions out, labels back; killed at any moment, it asks nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from querist.cli import main
from querist.server import Serving
from querist.server.learner import Learner
from querist.workspace import Arrivals, Workspace


def querist(*words: str, input: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=input, catch_exceptions=False)


def decisions(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture
def readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six thousand readings of a machine that is fine or faulty."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    path = tmp_path / "readings.jsonl"
    with path.open("w") as file:
        for i in range(6_000):
            heat, hum = rng.normal(size=2).round(3).tolist()
            state = "faulty" if heat + hum > 0.5 else "fine"
            file.write(json.dumps({"id": f"r{i}", "heat": heat, "hum": hum, "state": state}) + "\n")
    return path


def test_a_stream_with_labels_is_replayed(readings: Path) -> None:
    done = querist("stream", "readings.jsonl", "--label", "state", "--budget", "0.1", "--hidden", "0")
    assert done.exit_code == 0, done.output
    told = decisions(done.stdout)
    assert [one["id"] for one in told] == [f"r{i}" for i in range(6_000)]
    assert 590 <= sum(one["ask"] for one in told) <= 600
    assert "6,000 items seen" in done.stderr and "predictions right" in done.stderr
    assert float(done.stderr.split("; ")[-1].split("%")[0]) > 85
    again = querist("stream", "readings.jsonl", "--label", "state", "--budget", "0.5")
    assert decisions(again.stdout) == [] and "Going on with" in again.stderr
    assert "--budget is that of the stream as it began" in again.stderr


def test_a_stream_takes_a_strategy_with_parameters(readings: Path) -> None:
    spec = '{"name": "stream", "score": "random", "manager": {"name": "random_rate"}}'
    done = querist("stream", "readings.jsonl", "--label", "state", "--budget", "0.05", "--strategy", spec)
    assert done.exit_code == 0, done.output
    assert 200 <= sum(one["ask"] for one in decisions(done.stdout)) <= 400
    wrong = querist("stream", "readings.jsonl", "--state", "other", "--strategy", '{"name": "stream"')
    assert wrong.exit_code == 2 and "is no JSON" in wrong.output


def test_labels_come_back_through_a_file(readings: Path) -> None:
    lines = readings.read_bytes().splitlines(keepends=True)
    states = {json.loads(line)["id"]: json.loads(line)["state"] for line in lines}
    labels = readings.with_name("labels.jsonl")
    told: list[dict[str, Any]] = []
    for start in range(0, 3_000, 500):
        words = ("--asked", "--labels", "labels.jsonl", "--members", "2", "--hidden", "0", "--drift", "ddm")
        done = querist("stream", "--columns", "heat,hum", *words, input=b"".join(lines[start : start + 500]))
        assert done.exit_code == 0, done.output
        fresh = [one for one in decisions(done.stdout) if "again" not in one]
        with labels.open("a") as file:
            for one in fresh:
                label = states[one["id"]] if len(told) % 9 else None  # now and then nobody knows
                file.write(json.dumps({"id": one["id"], "label": label}) + "\n")
                told.append(one)
    assert len({one["id"] for one in told}) == len(told) and 280 <= len(told) <= 300
    assert {one["predicted"] for one in told[-50:]} == {"fine", "faulty"}


def test_bad_lines_are_told_and_left_out(readings: Path) -> None:
    good = b"".join(readings.read_bytes().splitlines(keepends=True)[:50])
    done = querist("stream", input=good + b'{"id": "gap", "heat": null, "hum": 1}\nnonsense\n\n')
    assert done.exit_code == 0 and len(decisions(done.stdout)) == 50
    assert "line 51: heat is None" in done.stderr and "2 lines left out" in done.stderr


def test_wrong_words_are_told(readings: Path) -> None:
    for words, told in (
        (("stream", "none.jsonl"), "does not exist"),
        (("stream", "readings.jsonl", "--strategy", "guess"), "No strategy of streams is named 'guess'"),
        (("stream", "readings.jsonl", "--drift", "quake"), "No detector of change"),
        (("stream", "readings.jsonl", "--budget", "0"), "0"),
    ):
        done = querist(*words)
        assert done.exit_code == 2 and told in done.output


def _start(*words: str, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "querist", "stream", *words],
        cwd=cwd,
        env={**os.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_a_killed_stream_goes_on_and_asks_nothing_twice(readings: Path) -> None:
    """Killed with no warning, again and again, while it reads a log that grows."""
    lines = readings.read_bytes().splitlines(keepends=True)
    log, out = readings.with_name("app.log"), readings.with_name("out.jsonl")
    words = ("app.log", "--follow", "--label", "state", "--hidden", "0", "-o", "out.jsonl")
    campaign = ("--campaign", "watch.querist", "--classes", "fine,faulty")
    rng = np.random.default_rng(1)
    written, kills = 0, 0
    log.touch()
    process = _start(*words, *campaign, cwd=readings.parent)
    until = time.monotonic() + 240
    while time.monotonic() < until:
        there = len(lines) if kills == 5 else (kills + 1) * len(lines) // 6  # the rest is for the next ones
        more = min(int(rng.integers(1, 400)), there - written)
        with log.open("ab") as file:
            file.writelines(lines[written : written + more])
        written += more
        time.sleep(float(rng.uniform(0.01, 0.1)))
        seen = out.read_bytes().count(b"\n") if out.exists() else 0
        if seen >= len(lines):
            break
        if seen and kills < 5 and rng.random() < 0.4:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            process = _start(*words, *campaign, cwd=readings.parent)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert kills == 5
    told = decisions(out.read_text())
    assert [one["id"] for one in told] == [f"r{i}" for i in range(6_000)]
    assert [one["number"] for one in told] == list(range(6_000))
    straight = querist("stream", "readings.jsonl", "--label", "state", "--hidden", "0")
    assert told == decisions(straight.stdout)


def test_a_stream_is_run_by_one_process_at_a_time(readings: Path) -> None:
    from querist.data.files import locked

    words = ("stream", "readings.jsonl", "--hidden", "0", "--state", "kept.npz")
    with locked("kept.npz.lock"):
        done = querist(*words)
        assert done.exit_code == 2 and "Another process is at work with kept.npz." in done.stderr
        assert not Path("kept.npz").exists() and done.stdout == ""
    assert querist(*words).exit_code == 0


def test_questions_go_to_a_campaign_once_however_often_it_is_killed(readings: Path) -> None:
    words = ("readings.jsonl", "--columns", "heat,hum", "--hidden", "0", "--campaign", "watch.querist")
    for wait in (0.9, 1.1, 1.3, 300):
        process = _start(*words, "--classes", "fine,faulty", cwd=readings.parent)
        try:
            process.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    with Workspace.open("watch.querist") as workspace:
        workspace.take_in()
        ids = list(workspace.pool.ids)
    brought = list(Arrivals(Path("watch.querist")).taken())
    assert len(ids) == len(set(ids)) == len(brought)
    assert 590 <= len(ids) <= 600


def test_people_answer_on_the_page_and_the_stream_learns(readings: Path) -> None:
    lines = readings.read_bytes().splitlines(keepends=True)
    states = {json.loads(line)["id"]: json.loads(line)["state"] for line in lines}
    words = ("--asked", "--columns", "heat,hum", "--hidden", "0", "--campaign", "watch.querist")
    made = ("--classes", "fine,faulty", "--budget", "0.2")
    first = querist("stream", *words, *made, input=b"".join(lines[:300]))
    assert "Made watch.querist" in first.stderr
    asked = [one["id"] for one in decisions(first.stdout)]
    with Workspace.open("watch.querist") as workspace:
        headers = {"authorization": f"Bearer {workspace.token()}"}
        with (
            Serving(workspace, learn=False) as serving,
            TestClient(serving.app, base_url="http://127.0.0.1:8420", headers=headers) as page,
        ):
            answered = _answer(page, states, 15)
            assert answered == asked[:15]  # in the order in which they came
            assert len(workspace.pool) == len(asked)
            more = querist("stream", *words, input=b"".join(lines[300:900]))  # while the page is open
            later = [one["id"] for one in decisions(more.stdout) if "again" not in one]
            assert later and "Going on" in more.stderr
            until = time.monotonic() + 120
            while len(workspace.pool) < len(asked) + len(later) and time.monotonic() < until:
                time.sleep(0.1)
            assert set(_answer(page, states, 200)) == {*asked[15:], *later}
            assert page.post("/api/next", json={}).json()["questions"] == []
        assert len(workspace.campaign.labels) == len(asked) + len(later)
    last = querist("stream", *words, input=b"".join(lines[900:1_200]))
    assert {one["predicted"] for one in decisions(last.stdout)} <= {"fine", "faulty"}
    learner = Learner(Workspace.open("watch.querist", exclusive=False), lambda report: None)
    learner.prepare()
    with Workspace.open("watch.querist") as workspace:
        assert workspace.take_in() > 0
    assert learner.step()  # the campaign's own model learns from them too, and ranks those that came since
    assert len(learner.pool) == len(workspace.items)


def _answer(page: TestClient, states: dict[str, str], most: int) -> list[str]:
    answered: list[str] = []
    while len(answered) < most:
        questions = page.post("/api/next", json={"n": 1}).json()["questions"]
        if not questions:
            break
        one = questions[0]
        assert {field["name"] for field in one["content"]["fields"]} >= {"heat", "hum"}
        done = page.post("/api/answers", json={"query": one["query"], "value": states[one["item"]]})
        assert done.status_code == 200, done.text
        answered.append(one["item"])
    return answered


def test_a_campaign_of_another_kind_puts_them_aside(tmp_path: Path) -> None:
    from querist.data import open_source
    from querist.errors import SourceError
    from querist.workspace import Arrival

    (tmp_path / "mail.csv").write_text("id,text\na,hello to everybody here\nb,buy now and pay later\n")
    source = open_source(tmp_path / "mail.csv", text="text", id="id")
    with Workspace.create(tmp_path / "mail", source, classes=["ham", "spam"]) as workspace:
        workspace.arrivals.bring("001", [Arrival("c", {"heat": 3})])
        workspace.arrivals.bring("002", [Arrival("d", {"text": "a third letter"})])
        with pytest.raises(SourceError, match="have no text"):
            workspace.take_in()
        assert workspace.take_in() == 1 and workspace.take_in() == 0
        assert list(workspace.pool.ids) == ["a", "b", "d"]
        question = workspace.campaign.ask()[0]
        assert question.item == "d" and question.content["text"] == "a third letter"
        workspace.arrivals.bring("002", [Arrival("d", {"text": "a third letter"})])  # brought twice
        assert workspace.take_in() == 0
        workspace.arrivals.bring("003", [Arrival("e", {"text": "a fourth"})])
        workspace.arrivals.bring("004", [Arrival("f", {"heat": 4})])
        with pytest.raises(SourceError, match="have no text"):
            workspace.take_in()
        assert list(workspace.pool.ids) == ["a", "b", "d", "e"]  # what came before the refused one is in


def test_what_comes_along_a_stream_may_hold_any_letters(tmp_path: Path) -> None:
    from querist.workspace import Arrival

    odd = "one\u2028two\u2029three\x85four\x0bfive\r\nsix"  # JSON leaves most of these as they are
    tray = Arrivals(tmp_path)
    tray.bring("001", [Arrival("a", {"text": odd}), Arrival("b", {"text": "plain"})])
    [(path, held)] = tray.waiting()
    assert [one.record["text"] for one in held] == [odd, "plain"]
    tray.take(path)
    assert list(tray.taken()) == ["a", "b"]


def test_a_table_is_no_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "readings.csv").write_text("heat,hum\n1,2\n", encoding="utf-8")
    done = querist("stream", "readings.csv")
    assert done.exit_code == 2 and "lines of JSON" in done.output and not list(tmp_path.glob("*.npz"))
