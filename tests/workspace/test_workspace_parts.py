"""Locks, atomic files and rankings."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from querist.errors import CampaignInUse, DiskFull, InvalidInput
from querist.workspace.atomic import read_json, write_bytes, write_json
from querist.workspace.lock import FolderLock
from querist.workspace.ranking import Ranking, current_ranking, publish


def a_ranking(version="v1", n=5, classes=("a", "b")):
    proba = np.full((n, len(classes)), 1 / len(classes), dtype=np.float32)
    proba[2] = [0.9, 0.1]
    return Ranking(
        version,
        rows=np.array([3, 1]),
        scores=np.array([0.5, 0.25]),
        probabilities=np.array([1.0, 1.0]),
        why=["first", "second"],
        arms=["active", "random"],
        proba=proba,
        classes=classes,
        strategy="margin",
        upto=7,
        labels=4,
        seconds=0.5,
        metrics={"stability": 0.75},
    )


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="Free some space"):
        write_bytes(path, b"new")
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_broken_json_file_is_told_with_its_name(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"m\.json"):
        read_json(tmp_path / "m.json")


def test_a_secret_file_is_for_its_owner_only(tmp_path):
    write_bytes(tmp_path / "token", b"x", mode=0o600)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_the_second_lock_says_who_holds_the_first(tmp_path):
    held = FolderLock(tmp_path)
    held.note("http://127.0.0.1:8000")
    with pytest.raises(CampaignInUse) as told:
        FolderLock(tmp_path)
    assert str(os.getpid()) in str(told.value)
    assert "http://127.0.0.1:8000" in str(told.value)
    assert "Ctrl+C" in told.value.mend
    held.release()
    held.release()
    FolderLock(tmp_path).release()


def test_a_killed_holder_leaves_no_lock(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from querist.workspace.lock import FolderLock;"
        "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(CampaignInUse, match=str(child.pid)):
            FolderLock(tmp_path)
        child.kill()
    FolderLock(tmp_path, patience=60).release()


def test_a_published_ranking_reads_back_the_same(tmp_path):
    ranking = a_ranking()
    folder = publish(ranking, tmp_path / "models", save_model=lambda at: (at / "model.bin").write_bytes(b"m"))
    back = current_ranking(tmp_path / "models")
    assert (folder / "model.bin").read_bytes() == b"m"
    for name in ("rows", "scores", "probabilities", "proba"):
        np.testing.assert_array_equal(getattr(back, name), getattr(ranking, name))
    for name in ("version", "strategy", "upto", "labels", "seconds", "metrics"):
        assert getattr(back, name) == getattr(ranking, name)
    assert list(back.why) == list(ranking.why)
    assert back.order == [3, 1]
    assert back.arm_of(1) == "random" and back.arm_of(9) == "active" and back.why_of(9) == ""
    assert back.suggestion(2) == [("a", pytest.approx(0.9)), ("b", pytest.approx(0.1))]
    assert back.suggestion(99) is None
    assert back.predicted.tolist() == [0, 0, 0, 0, 0]


def test_old_rankings_are_cleared_away_now_and_then(tmp_path):
    most = 0
    for number in range(60):
        publish(a_ranking(f"v{number}"), tmp_path)
        most = max(most, sum(path.is_dir() for path in tmp_path.iterdir()))
    assert current_ranking(tmp_path).version == "v59"
    assert 10 < most <= 30  # seldom, since deleting is a wait for somebody, but not never


def test_large_rankings_are_cleared_away_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("querist.workspace.ranking._BYTES", 100)
    for number in range(6):
        folder = publish(a_ranking(f"v{number}"), tmp_path)
        os.utime(folder, (number, number))  # a file system may give two of one moment the same time
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["v4", "v5"]


def test_what_a_slow_model_publishes_is_not_swept_away_before_it_is_in_force(tmp_path, monkeypatch):
    monkeypatch.setattr("querist.workspace.ranking._MOST", 1)

    def written_late(path, value, **how):
        if path.name == "slow.json":
            os.utime(tmp_path / "m7", (3, 3))
            for number in range(3):  # by the quick learner's process, while the slow one's waits for its turn
                os.utime(publish(a_ranking(f"quick{number}"), tmp_path), (number + 9, number + 9))
        write_json(path, value, **how)

    monkeypatch.setattr("querist.workspace.ranking.write_json", written_late)
    os.utime(publish(a_ranking("quick"), tmp_path), (2, 2))
    publish(a_ranking("m7"), tmp_path, slow=True)
    assert current_ranking(tmp_path).version == current_ranking(tmp_path, slow=True).version == "m7"


def test_a_torn_ranking_counts_as_none(tmp_path):
    assert current_ranking(tmp_path) is None
    folder = publish(a_ranking(), tmp_path)
    whole = (folder / "queue.npz").read_bytes()
    for torn in (b"", b"torn", whole[:50], whole[:-40]):
        (folder / "queue.npz").write_bytes(torn)
        assert current_ranking(tmp_path) is None


def test_a_failed_publication_leaves_the_old_one(tmp_path):
    publish(a_ranking("v1"), tmp_path)

    def broken(_):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        publish(a_ranking("v2"), tmp_path, save_model=broken)
    assert current_ranking(tmp_path).version == "v1"
    assert not list(tmp_path.glob(".draft*"))


def test_a_ranking_is_checked_at_birth():
    with pytest.raises(InvalidInput, match="2 rows came with 1 scores"):
        Ranking("v", rows=np.array([1, 2]), scores=np.array([1.0]))
    with pytest.raises(InvalidInput, match="1 classes"):
        Ranking("v", rows=np.array([1]), scores=np.array([1.0]), proba=np.ones((2, 2)), classes=("a",))


def test_the_meta_file_is_plain_json(tmp_path):
    folder = publish(a_ranking(), tmp_path)
    assert json.loads((folder / "meta.json").read_text())["classes"] == ["a", "b"]
