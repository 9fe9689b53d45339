"""The model that an application trains, by name."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from querist.errors import InvalidInput, MissingExtra
from querist.models import as_model
from querist.models.choice import model_named


def unit_rows(n=30, d=5):
    x = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_vectors_of_length_one_are_taken_as_they_are():
    x = unit_rows()
    x[3] = 0  # an empty text
    assert isinstance(model_named("default", x), LogisticRegression)
    assert isinstance(model_named("default", sparse.csr_matrix(x)), LogisticRegression)
    assert isinstance(model_named("default"), LogisticRegression)


@pytest.mark.parametrize("pack", [np.asarray, sparse.csr_matrix])
def test_other_features_are_standardised_first(pack):
    x = pack(unit_rows() * 1000)
    model = model_named("default", x)
    assert isinstance(model, Pipeline)
    y = np.array(["a", "b"] * 15, dtype=object)
    proba = as_model(model, classes=["a", "b", "c"]).fitted(x, y).proba(x)
    assert proba.shape == (30, 3) and (proba[:, 2] == 0).all()


def test_no_rows_at_all_are_no_trouble():
    assert isinstance(model_named("default", np.empty((0, 3))), LogisticRegression)


def test_any_other_name_is_a_module_and_a_factory():
    assert isinstance(model_named("sklearn.ensemble:RandomForestClassifier"), RandomForestClassifier)


@pytest.mark.parametrize("name", ["forest", "sklearn.ensemble:", ":RandomForestClassifier", ""])
def test_a_name_of_another_shape_is_told(name):
    with pytest.raises(InvalidInput, match="module:factory"):
        model_named(name)


def test_a_missing_module_or_factory_is_told():
    with pytest.raises(MissingExtra, match="no_such_module"):
        model_named("no_such_module:make")
    with pytest.raises(InvalidInput, match="RandomForrest"):
        model_named("sklearn.ensemble:RandomForrest")
