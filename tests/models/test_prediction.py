"""What a prediction computes, how often, and on how much."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.errors import InvalidInput, MissingCapability
from querist.models import Prediction, as_model
from querist.testing import Centroids, blobs


class Counting(Centroids):
    """Keeps the sizes of what it was shown."""

    def __init__(self, *args):
        super().__init__(*args)
        self.shown = []

    def proba(self, x):
        self.shown.append(x.shape[0])
        return super().proba(x)


def test_each_part_is_computed_once_in_chunks():
    x, y = blobs(50)
    fitted = Centroids(("a", "b", "c")).fitted(x, y)
    model = Counting(fitted.classes, fitted.centres, fitted.seen)
    prediction = Prediction(model, x, np.arange(3, 48), chunk=20)
    first = prediction.proba
    assert prediction.proba is first and model.shown == [20, 20, 5]
    assert np.allclose(first, fitted.proba(x)[3:48])
    scattered = np.array([40, 2, 7])
    assert np.allclose(Prediction(model, x, scattered, chunk=2).proba, fitted.proba(x)[scattered])


def test_consecutive_rows_are_shown_as_views():
    x, _ = blobs(30)
    seen = []

    class Looking(Centroids):
        def proba(self, rows):
            seen.append(np.shares_memory(rows, x))
            return np.ones((len(rows), 1))

    Prediction(Looking(("a",)), x, np.arange(5, 25), chunk=8).proba.sum()
    assert seen == [True, True, True]


def test_the_candidates_and_the_pool():
    x, _ = blobs(10)
    prediction = Prediction(None, x, [4, 2], labelled=[1], costs=np.arange(1.0, 11.0), seed=3)
    assert len(prediction) == 2 and prediction.x is x and prediction.space is x
    assert (prediction.features == x[[4, 2]]).all() and (prediction.embedding == x[[4, 2]]).all()
    assert prediction.costs.tolist() == [5.0, 3.0]
    assert prediction.labelled.tolist() == prediction.taken.tolist() == [1]
    whole = Prediction(None, x, labelled=[1], taken=[1, 6])
    assert whole.features is x and whole.embedding is x and whole.costs.tolist() == [1.0] * 10
    assert whole.taken.tolist() == [1, 6]


def test_chance_belongs_to_the_item():
    x, _ = blobs(10)
    whole = Prediction(None, x, seed=3).chance
    assert whole.min() >= 0 and whole.max() < 1 and len(set(whole)) == 10
    assert (Prediction(None, x, [7, 2], seed=3).chance == whole[[7, 2]]).all()
    assert (Prediction(None, x, seed=4).chance != whole).all()
    keys = np.arange(10)[::-1]
    assert (Prediction(None, x, keys=keys, seed=3).chance == whole[::-1]).all()


def test_a_pipeline_gives_the_space_in_which_distance_means_something():
    x, y = blobs(30)
    model = as_model(make_pipeline(StandardScaler(), LogisticRegression())).fitted(x, y)
    prediction = Prediction(model, x, [3, 9], chunk=7)
    assert np.allclose(prediction.space, StandardScaler().fit_transform(x))
    assert np.allclose(prediction.embedding, prediction.space[[3, 9]])
    texts = np.array(["one two", "two three", "four"] * 4, dtype=object)
    pipeline = as_model(make_pipeline(TfidfVectorizer(), LogisticRegression())).fitted(
        texts, ["a", "b", "a"] * 4
    )
    space = Prediction(pipeline, texts, chunk=5).space
    assert issparse(space) and space.shape == (12, 4)


def test_sparse_features_stay_sparse():
    x, y = blobs(30)
    model = as_model(LogisticRegression()).fitted(x, y)
    for kind in (csr_array(x), csr_array(x).tocoo()):
        prediction = Prediction(model, kind, [3, 9, 4], chunk=2)
        assert issparse(prediction.space) and issparse(prediction.features)
        assert np.allclose(prediction.proba, model.proba(x[[3, 9, 4]]))


def test_numbers_have_a_spread():
    x, _ = blobs(30)
    model = as_model(GaussianProcessRegressor(alpha=0.1)).fitted(x[:9], x[:9, 0])
    mean, std = Prediction(model, x, [3, 20], chunk=1).mean_std
    assert np.allclose(mean, model.mean_std(x)[0][[3, 20]]) and (std > 0).all()


def test_what_is_missing_is_named_with_the_mend():
    x, y = blobs(12)
    texts = np.array(["a", "b"], dtype=object)
    with pytest.raises(MissingCapability, match="raw values and the model is not there yet"):
        Prediction(None, texts).space  # noqa: B018
    with pytest.raises(MissingCapability, match="no features and the model is Centroids"):
        Prediction(Centroids(("a",)), None, [0]).space  # noqa: B018
    with pytest.raises(InvalidInput, match="this pool has none"):
        Prediction(Centroids(("a",)), None, [0]).proba  # noqa: B018
    with pytest.raises(InvalidInput, match="needs rows"):
        Prediction(None, None)
    with pytest.raises(MissingCapability, match=r"mean_std\(x\), which LogisticRegression cannot give"):
        Prediction(as_model(LogisticRegression()).fitted(x, y), x).mean_std  # noqa: B018


def test_nothing_to_predict():
    x, y = blobs(12)
    model = as_model(make_pipeline(StandardScaler(), LogisticRegression())).fitted(x, y)
    assert Prediction(model, x, []).proba.shape == (0, 3)
    assert Prediction(model, x[:0]).space.shape == (0, 0)


def test_data_frames_are_places_too():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    x, y = blobs(12)
    frame = pandas.DataFrame(x, columns=list("abcd"))
    model = as_model(LogisticRegression()).fitted(frame, y)
    prediction = Prediction(model, frame, [3, 4, 9], chunk=2)
    assert np.allclose(prediction.proba, model.proba(frame)[[3, 4, 9]])
    assert (Prediction(None, frame).space == x).all()
    with pytest.raises(MissingCapability):
        Prediction(None, frame.astype({"a": str})).space  # noqa: B018
