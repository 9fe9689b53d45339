"""Features on disk: kept under the content's hash, taken up where they were left, never half-written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from querist.data import FeatureStore
from querist.errors import DiskFull, InvalidInput
from querist.specs import named


@named("tests/lengths")
@dataclass(frozen=True)
class Lengths:
    """Length of the text less the mean length when fitted; remembers what it was asked to encode."""

    name: ClassVar[str]
    times: float = 1.0
    seen: ClassVar[list[str]] = []
    fits: ClassVar[list[int]] = []
    mean: ClassVar[float] = 0.0

    def fitted(self, contents):
        Lengths.fits.append(len(contents))
        made = Lengths(self.times)
        object.__setattr__(made, "mean", float(np.mean([len(one["text"]) for one in contents])))
        return made

    def encode(self, contents, *, progress=None, unreadable=None):
        Lengths.seen.extend(one["text"] for one in contents)
        for i, one in enumerate(contents):
            if one["text"] == "broken":
                unreadable(i, "cannot be read")
            if one["text"] == "stop":
                raise KeyboardInterrupt
        if progress is not None:
            progress(len(contents), len(contents))
        return np.array([[len(one["text"]) - self.mean, self.times] for one in contents], dtype=np.float32)

    def state(self):
        return {"mean": np.array(self.mean)}

    def restored(self, state):
        made = Lengths(self.times)
        object.__setattr__(made, "mean", float(state["mean"]))
        return made


@pytest.fixture(autouse=True)
def forget():
    Lengths.seen.clear()
    Lengths.fits.clear()


def texts(*values):
    return [{"kind": "text", "text": value, "meta": {}} for value in values]


MANY = [f"{'x' * (i % 7)}{i}" for i in range(25)]


def test_encodes_once(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    told = []
    first = store.encode(texts(*MANY), Lengths(), lambda done, total: told.append((done, total)))
    assert first.shape == (25, 2) and first.dtype == np.float32 and not first.flags.writeable
    assert told == [(10, 25), (20, 25), (25, 25)]
    assert Lengths.seen == MANY
    again = FeatureStore(tmp_path, chunk=10).encode(texts(*MANY), Lengths(), lambda *one: told.append(one))
    assert Lengths.seen == MANY and told[-1] == (25, 25) and Lengths.fits == [25]
    assert np.array_equal(first, again) and isinstance(again, np.memmap)
    assert store.encoder(Lengths()).mean == pytest.approx(np.mean([len(one) for one in MANY]))
    assert store.encoder(Lengths(2.0)).mean == 0.0


def test_the_small_print_makes_no_difference_and_another_encoder_does(tmp_path):
    store = FeatureStore(tmp_path)
    store.encode(texts("a", "b"), Lengths())
    store.encode([{**one, "meta": {"x": "1"}} for one in texts("a", "b")], Lengths())
    assert Lengths.seen == ["a", "b"]
    assert store.encode(texts("a", "b"), Lengths(2.0))[0, 1] == 2.0
    assert len(list(tmp_path.iterdir())) == 2


def test_added_items_cost_only_their_own_chunks(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    before = store.encode(texts(*MANY), Lengths())
    Lengths.seen.clear()
    after = store.encode(texts(*MANY, "new", "newer"), Lengths())
    assert Lengths.seen == [*MANY[20:], "new", "newer"] and Lengths.fits == [25]
    assert np.array_equal(after[:25], before), "whoever holds the old array keeps it"
    assert len(list(next(tmp_path.iterdir()).glob("*.npy"))) == 1


def test_changed_items_are_encoded_again_from_there_on(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    store.encode(texts(*MANY), Lengths())
    Lengths.seen.clear()
    changed = [*MANY[:12], "changed!", *MANY[13:]]
    x = store.encode(texts(*changed), Lengths())
    assert Lengths.seen == changed[10:]
    assert x[12, 0] - x[0, 0] == len("changed!") - len(MANY[0])


def test_other_content_altogether_is_learned_anew(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    store.encode(texts(*MANY), Lengths())
    store.encode(texts("quite", "different"), Lengths())
    assert Lengths.fits == [25, 2]


def test_fewer_items_than_before(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    store.encode(texts(*MANY), Lengths())
    assert store.encode(texts(*MANY[:20]), Lengths()).shape == (20, 2)


def test_goes_on_after_an_interruption(tmp_path):
    store = FeatureStore(tmp_path, chunk=5)
    with pytest.raises(KeyboardInterrupt):
        store.encode(texts(*MANY[:12], "stop", *MANY[13:]), Lengths())
    Lengths.seen.clear()
    x = store.encode(texts(*MANY), Lengths())
    assert Lengths.seen == MANY[10:]
    fresh = FeatureStore(tmp_path / "other").encode(texts(*MANY), Lengths())
    assert np.allclose(x - x[0], fresh - fresh[0])


def test_unreadable_items_are_told_each_time(tmp_path):
    store = FeatureStore(tmp_path, chunk=2)
    store.encode(texts("a", "b", "c", "broken"), Lengths())
    assert store.unreadable() == store.problems == {3: "cannot be read"}
    again = FeatureStore(tmp_path, chunk=2)
    again.encode(texts("a", "b", "c", "broken"), Lengths())
    assert again.problems == {3: "cannot be read"}
    again.encode(texts("a", "b", "c", "mended"), Lengths())
    assert again.problems == {}


def test_a_damaged_manifest_or_a_missing_file_only_costs_time(tmp_path):
    store = FeatureStore(tmp_path, chunk=10)
    x = np.array(store.encode(texts(*MANY), Lengths()))
    folder = next(tmp_path.iterdir())
    (folder / "manifest.json").write_text("{ not json")
    assert np.array_equal(store.encode(texts(*MANY), Lengths()), x)
    next(folder.glob("*.npy")).unlink()
    assert np.array_equal(store.encode(texts(*MANY), Lengths()), x)


def test_a_full_disk_is_told_and_costs_only_the_chunk(tmp_path, monkeypatch):
    store = FeatureStore(tmp_path, chunk=5)
    real, left = os.fsync, [9]

    def fsync(handle):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(DiskFull):
            store.encode(texts(*MANY), Lengths())
    done = len(set(Lengths.seen))
    assert 5 <= done < 25
    x = store.encode(texts(*MANY), Lengths())
    fresh = FeatureStore(tmp_path / "other").encode(texts(*MANY), Lengths())
    assert np.allclose(x, fresh)


def test_no_items_a_chunk_of_nothing_and_an_encoder_of_two_minds(tmp_path):
    with pytest.raises(InvalidInput, match="no items"):
        FeatureStore(tmp_path).encode([], Lengths())
    with pytest.raises(InvalidInput, match="at least one row"):
        FeatureStore(tmp_path, chunk=0)

    class Fickle(Lengths):
        def fitted(self, contents):
            return self

        def state(self):
            return {}

        def encode(self, contents, *, progress=None, unreadable=None):
            return np.ones((len(contents), len(contents)), dtype=np.float32)

    with pytest.raises(InvalidInput, match="the same number of features"):
        FeatureStore(tmp_path, chunk=10).encode(texts(*MANY), Fickle())


SLOW = """
import sys, time
import numpy as np
from querist.data import FeatureStore

class Slow:
    name = "slow"
    def fitted(self, contents): return self
    def state(self): return {}
    def restored(self, state): return self
    def encode(self, contents, *, progress=None, unreadable=None):
        time.sleep(0.005)
        print(contents[0]["text"], flush=True)
        return np.array([[float(one["text"])] for one in contents], dtype=np.float32)

contents = [{"kind": "text", "text": str(i)} for i in range(600)]
x = FeatureStore(sys.argv[1], chunk=10).encode(contents, Slow())
assert (x[:, 0] == np.arange(600)).all()
print("done")
"""


def test_killed_at_any_moment_it_goes_on_and_ends_right(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2):  # at its second chunk, so that its first is on the disk
            process.stdout.readline()
        time.sleep(rng.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    ended = subprocess.run(
        [sys.executable, "-c", SLOW, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = ended.stdout.split()
    assert lines[-1] == "done" and len(lines) < 61, "it began again from the start"


class Counting:
    """Lengths alone; says which texts it was given, and gives another thread the time to come as well."""

    name = "counting"

    def __init__(self):
        self.given, self.within, self.two = [], set(), threading.Event()

    def fitted(self, contents):
        return self

    def encode(self, contents, *, progress=None, unreadable=None):
        self.given.append([one["text"] for one in contents])
        self.within.add(threading.get_ident())
        if len(self.within) > 1:
            self.two.set()
        self.two.wait(0.2)
        return np.array([[len(one["text"])] for one in contents], dtype=np.float32)

    def state(self):
        return {}


def test_of_two_at_once_one_encodes_and_the_other_takes_what_it_made(tmp_path):
    encoder, found = Counting(), []

    def encode():
        store = FeatureStore(tmp_path, chunk=1)
        found.append(store.encode(texts("a", "bb", "ccc"), encoder).ravel().tolist())

    both = [threading.Thread(target=encode) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert found == [[1, 2, 3]] * 2
    assert encoder.given == [["a"], ["bb"], ["ccc"]]


def test_a_file_that_gives_way_to_another_is_no_error(tmp_path, monkeypatch):
    first = FeatureStore(tmp_path, chunk=1).encode(texts(*MANY), Lengths())
    load, lost = np.load, []

    def load_too_late(path, **how):
        if not lost and path.suffix == ".npy":
            lost.append(path)
            path.unlink()
        return load(path, **how)

    monkeypatch.setattr(np, "load", load_too_late)
    again = FeatureStore(tmp_path, chunk=1).encode(texts(*MANY), Lengths())
    assert lost and np.array_equal(again, first)
