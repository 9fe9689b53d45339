"""Streams on disk: what is saved, what a line may be, files that grow, and sessions that go on."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInput, SourceError
from querist.models import OnlineSoftmax
from querist.streams import QuantileFilter, StreamLearner, StreamStrategy, stream_strategies
from querist.streams.density import Density
from querist.streams.items import Columns, label_of, parsed, read_item
from querist.streams.keeping import load_learner, save_learner
from querist.streams.lines import FileLines, PipeLines
from querist.streams.session import Session

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 3))
Y = np.where(X[:, 0] + X[:, 1] > 0, "up", "down").tolist()


def _pass(learner: StreamLearner, start: int, stop: int, lag: int = 5) -> list[str]:
    told, out = [], []
    for i in range(start, stop):
        one = learner.see(X[i])
        told.append(str(one))
        if one.ask:
            out.append(one)
        if len(out) > lag:
            first = out.pop(0)
            learner.tell(first, Y[first.id])
    return told


@pytest.mark.parametrize("name", stream_strategies())
def test_a_learner_goes_on_from_its_file(name: str, tmp_path: Path) -> None:
    learner = StreamLearner(OnlineSoftmax(members=2, hidden=3), name, budget=0.3, drift="ddm", holds=50)
    _pass(learner, 0, 300)
    save_learner(learner, tmp_path / "stream.npz", more={"place": 7})
    again, more = load_learner(tmp_path / "stream.npz")
    assert more == {"place": 7}
    assert repr(again) == repr(learner) and again.strategy == learner.strategy
    assert [number for number, _ in again.pending] == [number for number, _ in learner.pending]
    assert again.pending.told == learner.pending.told
    for number, _ in list(learner.pending):
        learner.tell(number, Y[number])
        again.tell(number, Y[number])
    assert _pass(learner, 300, 600) == _pass(again, 300, 600)
    assert (again.drifts, again.asked) == (learner.drifts, learner.asked)


def test_a_learner_that_saw_nothing_is_kept_too(tmp_path: Path) -> None:
    save_learner(StreamLearner(OnlineSoftmax()), tmp_path / "new.npz")
    again, _ = load_learner(tmp_path / "new.npz")
    assert again.seen == 0 and again.see([1.0]).ask


def test_a_file_that_is_torn_or_foreign_is_told(tmp_path: Path) -> None:
    path = tmp_path / "stream.npz"
    for content in (b"", b"no zip", b"PK\x03\x04torn"):
        path.write_bytes(content)
        with pytest.raises(SourceError, match="holds no stream"):
            load_learner(path)
    save_learner(StreamLearner(OnlineSoftmax()), path)
    with np.load(path) as file:
        arrays = dict(file)
    told = {**json.loads(arrays["told"].tobytes()), "format": 99}
    arrays["told"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(SourceError, match="format 99"):
        load_learner(path)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    from sklearn.naive_bayes import GaussianNB

    with pytest.raises(InvalidInput, match="pickle the learner"):
        save_learner(StreamLearner(GaussianNB()), tmp_path / "stream.npz")
    learner = StreamLearner(OnlineSoftmax(), budget=1.0)
    learner.tell(learner.see([0.0]), frozenset({"a"}))
    with pytest.raises(InvalidInput, match="classes that are words"):
        save_learner(learner, tmp_path / "stream.npz")


# ---- lines


def test_items_are_read_by_their_columns() -> None:
    columns = Columns.of({"id": 7, "heat": 21.5, "site": "north", "hum": 40, "ok": True})
    assert columns.names == ("heat", "hum")
    item = read_item('{"id": 8, "hum": 1, "heat": 2, "site": "x"}', columns, 0)
    assert item.id == "8" and item.row.tolist() == [2.0, 1.0]
    assert read_item({"heat": 1, "hum": 2}, columns, 41).id == "41"
    assert Columns.of([1, 2]).names == ("x",) and Columns.of({"features": [1.0]}).names == ("features",)
    assert Columns.of({"a": 1, "b": 2}, names=("b",)).names == ("b",)
    labelled = Columns.of({"a": 1, "y": 2}, label="y")
    assert labelled.names == ("a",) and read_item({"a": 1, "y": "z"}, labelled, 0).label == "z"
    for wrong, told in (
        ('{"heat": 1}', "hum is None"),
        ('{"heat": 1, "hum": "much"}', "hum is 'much'"),
        ('{"heat": 1, "hum": NaN}', "hum is nan"),
        ('{"heat": 1, "hum": true}', "hum is True"),
        ("{", "no JSON"),
        ("7", "object or a list"),
    ):
        with pytest.raises(InvalidInput, match=told):
            read_item(wrong, columns, 0)
    with pytest.raises(InvalidInput, match=r"x\[1\] is None"):
        read_item("[1, null]", Columns(("x",)), 0)
    with pytest.raises(InvalidInput, match="No field of the first item is a number"):
        Columns.of({"id": 1, "site": "north"})
    assert label_of(b'{"id": 3, "label": null}') == ("3", None)
    with pytest.raises(InvalidInput, match="A label is told as"):
        label_of(b'{"id": 3}')
    assert parsed(b"[1]") == {"x": [1]}


def test_a_file_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\r\ntwo\n\nthr")
    lines = FileLines(path, follow=True)
    assert lines.read(1) == [b"one"] and lines.read() == [b"two", b""] and lines.read() == []
    with path.open("ab") as file:
        file.write(b"ee\nfour\n")
    again = FileLines(path, offset=lines.offset, inode=lines.inode, follow=True)
    assert again.read() == [b"three", b"four"]
    assert FileLines(path, offset=10).read() == [b"three", b"four"]
    path.write_bytes(b"anew\n")  # cut
    assert again.read() == [b"anew"]
    os.replace(path, tmp_path / "log.1")  # rotated
    assert again.read() == []
    path.write_bytes(b"other file, longer than what was read\n")
    assert again.read() == [b"other file, longer than what was read"]
    assert FileLines(tmp_path / "log.1").read() == [b"anew"]
    with pytest.raises(SourceError, match="does not exist"):
        FileLines(tmp_path / "none").read()
    path.write_bytes(b"no end")
    assert [line for block in FileLines(path) for line in block] == [b"no end"]


def test_a_pipe_is_read_as_it_comes() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as file:
        blocks = iter(PipeLines(file, wait=0.01))
        os.write(sink, b"one\ntw")
        assert next(blocks) == [b"one"]
        assert next(blocks) == []
        os.write(sink, b"o\r\nthree")
        assert next(blocks) == [b"two"]
        os.close(sink)
        assert list(blocks) == [[b"three"]]
    held = PipeLines(io.BytesIO(b"a\nb\n"))
    assert list(held) == [[b"a", b"b"]] and held.offset == 4


# ---- sessions


def _lines(start: int, stop: int, **more: Any) -> list[bytes]:
    return [json.dumps({"id": f"i{i}", "x": X[i].tolist(), **more}).encode() for i in range(start, stop)]


def _session(path: Path, heard: list[str] | None = None) -> Session:
    said = [] if heard is None else heard
    return Session(path, lambda: StreamLearner(OnlineSoftmax(), budget=0.2), complain=said.append)


def test_a_session_goes_on_where_it_was_committed(tmp_path: Path) -> None:
    whole, parts = _session(tmp_path / "a.npz"), _session(tmp_path / "b.npz")
    told: list[str] = []
    for start in range(0, 600, 100):
        labels = [(f"i{i}", Y[i]) for i in range(max(0, start - 100), start)]
        for one in (whole, parts):
            one.tell([pair for pair in labels if one.waits_for(pair[0])])
            one.take(_lines(start, start + 100))
        parts.commit()
        parts = _session(tmp_path / "b.npz")  # killed before anybody was told
        told += parts.untold
        parts.settle()
    assert told == whole.untold
    assert parts.learner.asked == whole.learner.asked <= 120


def test_lines_that_cannot_be_used_are_left_out_and_told(tmp_path: Path) -> None:
    heard: list[str] = []
    session = _session(tmp_path / "s.npz", heard)
    session.take([*_lines(0, 2), b"", b"{", b'{"id": "i0", "x": [1, 2, 3]}', b'{"id": "w", "x": [1]}'])
    assert session.learner.seen == 2 and session.left_out == 3
    assert [one.split(":")[0] for one in heard] == ["line 4", "line 5", "line 6"]
    assert "asked about already" in heard[1] and "has 1 numbers" in heard[2]
    assert session.tell([("i0", "up"), ("i0", "down"), ("nobody", "up"), ("i1", None)]) == 1
    assert "told already" in heard[3] and "'nobody'" in heard[4]
    assert session.learner.pending.lost == 1 and not session.waits_for("i1")


def test_asked_items_are_questions_with_their_records(tmp_path: Path) -> None:
    session = _session(tmp_path / "s.npz")
    session.asked_only = True
    session.take(_lines(0, 300, site="north"))
    assert len(session.untold) == len(session.questions) == session.learner.asked
    assert session.questions[0].record["site"] == "north"
    session.commit()
    again = _session(tmp_path / "s.npz")
    assert again.questions == session.questions and again.resumed
    assert again.columns == Columns(("x",))


def test_a_density_is_kept_with_the_rest(tmp_path: Path) -> None:
    strategy = StreamStrategy(manager=QuantileFilter(), density=Density(window=20))
    learner = StreamLearner(OnlineSoftmax(), strategy, budget=0.3)
    _pass(learner, 0, 200)
    save_learner(learner, tmp_path / "d.npz")
    again, _ = load_learner(tmp_path / "d.npz")
    assert np.array_equal(again.near.state, learner.near.state)
