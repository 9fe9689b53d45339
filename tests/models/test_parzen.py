"""The Parzen window counts what was seen nearby."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.acquisition import Epistemic
from querist.errors import InvalidInput, MissingCapability, NotFitted
from querist.kernels import epistemic
from querist.models import Parzen, Prediction, as_model, capabilities
from querist.testing import MODEL_LAWS, blobs, check_model

X, Y = blobs(40)


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize("model", [Parzen(), Parzen(0.5)], ids=repr)
def test_it_keeps_the_laws(model, law):
    check_model(model, laws={law: MODEL_LAWS[law]})


def plain(x, seen, values, width, classes):
    table = []
    for row in x:
        weights = [np.exp(-(((row - one) ** 2).sum()) / (2 * width**2)) for one in seen]
        table.append([sum(w for w, v in zip(weights, values, strict=True) if v == c) for c in classes])
    return np.array(table)


def test_frequencies_are_the_definition():
    model = Parzen(0.8, classes=["z", "a", "b", "c"]).fitted(X[:15], Y[:15])
    expected = plain(X, X[:15], Y[:15], 0.8, ["z", "a", "b", "c"])
    assert np.allclose(model.frequencies(X), expected)
    assert np.allclose(model.proba(X), expected / expected.sum(axis=1, keepdims=True))
    sparse = np.where(X > 0.5, X, 0)
    told = Parzen(0.8).fitted(csr_array(sparse[:15]), Y[:15]).frequencies(csr_array(sparse))
    assert np.allclose(told, Parzen(0.8).fitted(sparse[:15], Y[:15]).frequencies(sparse))


def test_the_bandwidth_follows_the_rows():
    for scale in (1e-3, 1.0, 1e3):
        model = Parzen().fitted(scale * X[:15], Y[:15])
        assert np.allclose(model.frequencies(scale * X), Parzen().fitted(X[:15], Y[:15]).frequencies(X))
    spread = np.sqrt(X[:15].var(axis=0).sum()) * 15 ** (-1 / 8)
    assert np.allclose(model.frequencies(scale * X), Parzen(spread).fitted(X[:15], Y[:15]).frequencies(X))
    constant = Parzen().fitted(np.ones((3, 2)), ["a", "b", "b"])
    assert np.allclose(constant.frequencies(np.ones((1, 2))), [[1, 2]])


def test_far_away_nothing_was_seen_and_the_nearest_counts():
    model = Parzen(0.1).fitted([[0.0], [1.0]], ["a", "b"])
    assert model.frequencies([[900.0]]).tolist() == [[0, 0]] and model.proba([[900.0]]).tolist() == [[0, 1]]
    assert capabilities(model) == {"proba", "predict", "frequencies"}
    assert as_model(model, ["b", "a"]).predict([[900.0]]).tolist() == ["b"]


def test_many_rows_go_in_blocks(monkeypatch):
    model = Parzen().fitted(X[:15], Y[:15])
    whole = model.frequencies(X), model.proba(X)
    monkeypatch.setattr("querist.models.parzen._BLOCK", 70)
    assert np.allclose(model.frequencies(X), whole[0]) and np.allclose(model.proba(X), whole[1])


def test_ignorance_is_asked_about():
    model = Parzen().fitted(X[:15], Y[:15])
    prediction = Prediction(model, X, [20, 31, 16], chunk=2)
    assert np.allclose(Epistemic()(prediction), epistemic(model.frequencies(X[[20, 31, 16]])))
    with pytest.raises(MissingCapability, match=r"Use querist\.models\.Parzen"):
        Epistemic()(Prediction(object(), X))


def test_errors_name_the_mend():
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="above 0"):
            Parzen(wrong)
    with pytest.raises(NotFitted, match=r"model\.fitted"):
        Parzen().proba(X)
    with pytest.raises(InvalidInput, match="No labels"):
        Parzen().fitted(X[:0], [])
    with pytest.raises(InvalidInput, match="'c', which is none of the 2 classes"):
        Parzen(classes=["a", "b"]).fitted(X, Y)
    with pytest.raises(InvalidInput, match="Give both alike"):
        Parzen().fitted(X, Y).proba(csr_array(X))
