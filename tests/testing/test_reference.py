"""The small model and the small pools that the laws are tried on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.strategies import Proposal, Snapshot, Strategy
from querist.testing import Centroids, Fixed, blobs, check_model, examples, snapshot_of


def test_the_reference_model_keeps_the_laws_of_models():
    check_model(Centroids(("a", "b", "c")), laws=_laws_but_refitting())


def _laws_but_refitting():
    """It refuses to be fitted again, which is its job."""
    from querist.testing import MODEL_LAWS

    return {law: check for law, check in MODEL_LAWS.items() if not law.startswith("fitting makes")}


def test_the_reference_model_knows_its_heaps():
    x, y = blobs(300)
    model = Centroids(("a", "b", "c")).fitted(x, y)
    assert (model.predict(x) == y).mean() > 0.7
    assert np.allclose(model.proba(csr_array(x)), model.proba(x))
    drawn = model.draws(x[:5], 200, np.random.default_rng(0))
    assert np.abs(drawn.mean(axis=0) - model.proba(x[:5])).max() < 0.15
    with pytest.raises(AssertionError, match="never trains"):
        model.fitted(x, y)


def test_a_model_that_says_what_it_is_told():
    model = Fixed([0.2, 0.8])
    x, _ = blobs(4)
    assert model.predict(x).tolist() == ["b"] * 4 and model.draws(x, 3, None).shape == (3, 4, 2)
    with pytest.raises(AssertionError, match="never trains"):
        model.fitted(x, ["a"] * 4)


def test_blobs_are_exact_in_float32_and_read_only():
    x, y = blobs(10, seed=3)
    assert (x.astype(np.float32) == x).all() and not x.flags.writeable
    assert set(y) == {"a", "b", "c"} and len(blobs(1)[0]) == 1


def test_a_snapshot_knows_who_is_free_and_who_is_taken():
    x, y = blobs(8)
    snapshot = snapshot_of(x, y, labelled=[5, 2], pending=[0, 2], closed=[7])
    assert snapshot.candidates.tolist() == [1, 3, 4, 6]
    assert snapshot.labelled.tolist() == [5, 2] and snapshot.taken.tolist() == [5, 2, 0]
    assert snapshot.rng().random() == snapshot.rng().random()
    assert Snapshot(Pool(x), seed=1).rng().random() != snapshot.rng().random()
    assert len(Proposal(["a"], np.ones(1), np.ones(1))) == 1
    assert all(isinstance(one, Strategy) for one in examples(Strategy))
