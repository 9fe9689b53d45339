"""LAL: what it tells its forest, and that it asks what the forest says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import Forest
from querist.models import as_model
from querist.strategies import LAL, Snapshot, as_strategy, predicted
from querist.strategies.lal import SHIPPED, lal_features
from querist.testing import Fixed, blobs, snapshot_of

X, Y = blobs(80)


def shipped() -> Forest:
    with np.load(SHIPPED, allow_pickle=False) as held:
        return Forest(*(held[name] for name in ("features", "limits", "rights", "values", "roots")))


@pytest.mark.parametrize("estimator", [RandomForestClassifier(20, random_state=0), LogisticRegression()])
def test_the_numbers_are_what_they_are_called(estimator) -> None:
    labels = {row: str(Y[row]) for row in range(12)}
    model = as_model(estimator).fitted(X[:12], Y[:12])
    snapshot = Snapshot(Pool(X), labels=labels, model=model)
    state, lead, apart = lal_features(snapshot, predicted(snapshot))
    proba = np.sort(model.proba(X), axis=1)
    share = proba[:, -1] / proba[:, -2:].sum(axis=1)
    assert np.allclose(lead, share[12:])
    if isinstance(estimator, RandomForestClassifier):
        said = np.stack([tree.predict_proba(X[12:]) for tree in model.estimator.estimators_])
        column = said.mean(axis=0).argmax(axis=1)
        assert np.allclose(apart, said[:, np.arange(68), column].std(axis=0))
    else:
        assert not apart.any()
    counts = sorted((list(labels.values()).count(one) for one in "abc"), reverse=True)
    want = [np.log2(12), counts[1] / (counts[0] + counts[1]), lead.mean(), lead.std(), apart.mean()]
    assert np.allclose(state, [*want, share[:12].mean()])


def test_it_asks_what_its_forest_foresees() -> None:
    snapshot = snapshot_of(X, Y, labelled=range(12))
    state, lead, apart = lal_features(snapshot, predicted(snapshot))
    rows = np.column_stack([np.tile(state, (68, 1)), lead, apart])
    want = shipped().predict(rows)
    proposal = LAL().propose(snapshot, 68)
    place = [int(str(item).split("-")[1]) - 12 for item in proposal.ids]
    assert np.allclose(proposal.scores, want[place], atol=1e-7)
    assert (np.diff(proposal.scores) <= 1e-12).all() and len(set(want.round(6))) > 5


def test_another_forest_is_taken_from_its_file(tmp_path: Path) -> None:
    """One that likes sure items."""
    path = tmp_path / "mine.npz"
    np.savez(
        path,
        features=np.array([6, -1, -1]),
        limits=np.array([0.9, 0, 0]),
        rights=np.array([2, 0, 0]),
        values=np.array([0, -1.0, 1.0]),
        roots=np.array([0]),
    )
    snapshot = snapshot_of(X, Y, labelled=range(12))
    proposal = LAL(str(path)).propose(snapshot, 3)
    _, lead, _ = lal_features(snapshot, predicted(snapshot))
    assert all(lead[int(str(item).split("-")[1]) - 12] > 0.9 for item in proposal.ids)


def test_the_file_is_small() -> None:
    assert SHIPPED.stat().st_size < 300_000


def test_before_two_classes_are_known_the_lot_decides() -> None:
    for snapshot in (snapshot_of(X), snapshot_of(X, Y, labelled=[0]), snapshot_of(X, model=Fixed([1.0]))):
        proposal = LAL().propose(snapshot, 2)
        assert proposal.probabilities[0] == pytest.approx(1 / len(snapshot.candidates))


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no forest"):
        LAL(str(tmp_path / "nothing.npz"))
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy("lal").propose(Snapshot(Pool(X), labels={0: "a", 1: "b"}, model=object()), 1)
