"""A classifier that believes itself, and who must never notice."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from querist import Campaign
from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import entropy, pseudo_labels
from querist.models import PseudoLabelled, as_model, capabilities
from querist.strategies import Ceal, Scored, Snapshot, as_strategy
from querist.tasks import Classification
from querist.testing import MODEL_LAWS, blobs, check_model

X, Y = blobs(60)


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize(
    "model",
    [
        PseudoLabelled(LogisticRegression(), X, threshold=0.3),
        PseudoLabelled(GaussianNB(), X, threshold=0.2, decay=0.001, most=10),
        PseudoLabelled(LogisticRegression(), X, threshold=0.0),
    ],
    ids=["logistic", "bayes", "nothing believed"],
)
def test_it_keeps_the_laws(model: PseudoLabelled, law: str) -> None:
    check_model(model, laws={law: MODEL_LAWS[law]})


def test_it_is_fitted_to_the_labels_and_to_what_it_is_sure_of() -> None:
    first = as_model(LogisticRegression()).fitted(X[:20], Y[:20])
    sure = [row for row in range(20, 60) if entropy(first.proba(X))[row] < 0.4]
    assert 3 < len(sure) < 37
    guesses = first.predict(X[sure])
    second = as_model(LogisticRegression()).fitted(
        np.concatenate([X[:20], X[sure]]), [*Y[:20], *guesses], seed=0
    )
    told = PseudoLabelled(LogisticRegression(), X, threshold=0.4).fitted(X[:20], Y[:20])
    assert dict(told.pseudo_labels) == dict(zip(sure, guesses.tolist(), strict=True))
    assert np.allclose(told.proba(X), second.proba(X), atol=1e-6)


def test_a_label_is_never_overruled() -> None:
    """A row that people called otherwise than the model is sure of: no pseudo-label beside the label."""
    x = np.concatenate([np.full((10, 1), -5.0), np.full((10, 1), 5.0), [[4.9]], [[5.1]]])
    y = ["a"] * 10 + ["b"] * 10 + ["a"]
    for kind in (np.asarray, csr_array):
        model = PseudoLabelled(LogisticRegression(C=100), kind(x), threshold=0.69)
        believed = model.fitted(kind(x[:21]), y).pseudo_labels
        assert set(believed) == {21}
    assert 21 in model.fitted(kind(x[:21]), y).pseudo_labels


def test_the_threshold_falls_with_each_label_and_the_number_is_kept() -> None:
    def believed(**settings: Any) -> dict[int, Any]:
        return dict(PseudoLabelled(LogisticRegression(), X, **settings).fitted(X[:20], Y[:20]).pseudo_labels)

    assert believed(threshold=0.6, decay=0.01) == believed(threshold=0.4)
    assert believed(threshold=0.6, decay=0.03) == {}
    few = believed(threshold=0.6, most=4)
    assert len(few) == 4 and few.items() <= believed(threshold=0.6).items()
    assert believed(threshold=0.6, most=0) == {}
    alone = PseudoLabelled(LogisticRegression(), X, threshold=0.6).fitted(X[:1], Y[:1])
    assert not alone.pseudo_labels  # one class: it is sure of all, and knows nothing


def test_it_can_do_what_its_model_can() -> None:
    fitted = PseudoLabelled(LogisticRegression(), X).fitted(X[:20], Y[:20])
    assert capabilities(fitted) == capabilities(as_model(LogisticRegression()).fitted(X[:20], Y[:20]))
    assert not PseudoLabelled(LogisticRegression(), X).is_fitted and fitted.is_fitted
    with pytest.raises(MissingCapability, match="proba"):
        PseudoLabelled(LinearSVC(), X).fitted(X[:20], Y[:20])
    with pytest.raises(MissingCapability, match="predicts numbers"):
        PseudoLabelled(Ridge(), X)


def test_texts_and_lists_are_pools_too() -> None:
    texts = ["good film", "bad film", "good", "bad", "so good", "so bad"]
    model = PseudoLabelled(
        make_pipeline(TfidfVectorizer(), LogisticRegression(C=100)), texts, threshold=0.5
    ).fitted(texts[:4], ["yes", "no", "yes", "no"])
    assert dict(model.pseudo_labels) == {4: "yes", 5: "no"}


def test_a_campaign_never_takes_it_for_a_label() -> None:
    campaign = Campaign(
        Pool(X),
        Classification(["a", "b", "c"]),
        model=PseudoLabelled(LogisticRegression(), X, threshold=0.6),
        strategy="ceal",
    )
    for row in range(12):
        campaign.tell({row: str(Y[row])})
    before = dict(campaign.labels)
    (query,) = campaign.ask(1)
    assert len(campaign.model.pseudo_labels) > 0
    assert dict(campaign.labels) == before and len(before) == 12
    assert query.item not in before


def test_the_strategy_is_uncertainty() -> None:
    model = as_model(LogisticRegression()).fitted(X[:20], Y[:20])
    snapshot = Snapshot(Pool(X), labels=dict(enumerate(Y[:20])), model=model)
    want = as_strategy("entropy").propose(snapshot, 5)
    assert isinstance(as_strategy("entropy"), Scored)
    assert list(Ceal().propose(snapshot, 5).ids) == list(want.ids)


def test_a_stored_model_leaves_the_pool_behind() -> None:
    fitted = PseudoLabelled(LogisticRegression(), X, threshold=0.4).fitted(X[:20], Y[:20])
    stored = pickle.loads(pickle.dumps(fitted))
    assert stored.pool is None and np.array_equal(stored.proba(X), fitted.proba(X))
    assert fitted.pool is X
    with pytest.raises(InvalidInput, match="without the pool"):
        stored.fitted(X[:20], Y[:20])


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"threshold": -0.1}, {"decay": -1.0}, {"most": -1}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            PseudoLabelled(LogisticRegression(), X, **wrong)
    with pytest.raises(InvalidInput, match="threshold"):
        pseudo_labels(np.eye(2), np.nan)
    with pytest.raises(InvalidInput, match="uncertainty"):
        Ceal("margin")
