"""Committees keep the laws of models, and their members are the models that they were made of."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from querist.errors import InvalidInput
from querist.models import Bagging, Committee, Parzen, Prediction, as_model, capabilities, is_fitted
from querist.models.members import members_by_lot
from querist.strategies import choose
from querist.testing import MODEL_LAWS, Centroids, blobs, check_model

COMMITTEES = [
    Committee([GaussianNB(), DecisionTreeClassifier(), LinearSVC()]),
    Committee([Bagging(GaussianNB(), 2), make_pipeline(StandardScaler(), LogisticRegression())]),
    Bagging(GaussianNB(), 3),
    Bagging(LinearSVC(), 3),
    Committee([LinearRegression(), Ridge()]),
    Bagging(Ridge(), 3),
]


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize("model", COMMITTEES, ids=repr)
def test_committees_keep_the_laws(model, law):
    check_model(model, laws={law: MODEL_LAWS[law]})


def test_members_say_what_they_say_alone():
    x, y = blobs(40)
    model = Committee([GaussianNB(), LinearSVC()], classes=["z", "a", "b", "c"]).fitted(x, y)
    said = model.draws(x, 2, np.random.default_rng(0))
    assert np.allclose(said[0][:, 1:], GaussianNB().fit(x, y).predict_proba(x))
    assert (np.array(["a", "b", "c"])[said[1][:, 1:].argmax(axis=1)] == model.members[1].predict(x)).all()
    assert (said[1].sum(axis=1) == 1).all() and (said[:, :, 0] == 0).all()
    assert np.allclose(model.proba(x), said.mean(axis=0))
    assert np.allclose(model.draws(x, 4, np.random.default_rng(0)), said[[0, 1, 0, 1]])


def test_numbers_have_a_spread_and_no_classes():
    x, _ = blobs(40)
    y = x @ np.arange(4.0)
    model = Bagging(Ridge(), 5).fitted(x, y, seed=3)
    assert capabilities(model) == {"predict", "mean_std", "draws"} and not hasattr(model, "classes")
    said = model.draws(x, 5, np.random.default_rng(0))
    mean, std = model.mean_std(x)
    assert np.allclose(mean, said.mean(axis=0)) and np.allclose(std, said.std(axis=0)) and std.min() > 0
    assert np.allclose(model.predict(x), mean)
    assert capabilities(Committee([GaussianNB()]).fitted(x[:9], list("abc") * 3)) == {
        "proba",
        "predict",
        "draws",
    }


def test_bootstraps_differ_and_follow_the_seed():
    x, y = blobs(40)
    bagging = Bagging(GaussianNB(), 4)
    first, again, other = (bagging.fitted(x, y, seed=seed).proba(x) for seed in (1, 1, 2))
    assert (first == again).all() and not np.allclose(first, other)
    model = bagging.fitted(x, y, seed=1)
    said = model.draws(x, 4, np.random.default_rng(0))
    assert len({one.tobytes() for one in said}) == 4
    refitted = model.fitted(x, y, seed=2)
    assert np.allclose(refitted.proba(x), other) and len(refitted.members) == 4
    assert (pickle.loads(pickle.dumps(model)).proba(x) == first).all()


def test_columns_may_be_set_later():
    x, y = blobs(40)
    model = as_model(Bagging(GaussianNB(), 3).fitted(x, y), ["new", "a", "b", "c"])
    assert model.classes == ("new", "a", "b", "c") and (model.proba(x)[:, 0] == 0).all()
    assert model.fitted(x, y).classes == ("new", "a", "b", "c")


def test_models_tell_whether_they_are_fitted():
    x, y = blobs(40)
    for model in (*COMMITTEES[:4], Parzen(), as_model(GaussianNB()), as_model(GaussianNB(), ["a", "b", "c"])):
        assert not is_fitted(model) and is_fitted(model.fitted(x, y))
        assert choose(x, dict(enumerate(y[:9])), model, strategy="margin", n=2) == choose(
            x, dict(enumerate(y[:9])), model.fitted(x[:9], y[:9]), strategy="margin", n=2
        )
    assert is_fitted(as_model(GaussianNB(), ["a", "b"]).fitted(x[:2], ["a", "a"]))
    assert is_fitted(Centroids(("a", "b")))  # it does not tell


def test_all_speak_before_one_speaks_twice():
    rng = np.random.default_rng(0)
    assert sorted(members_by_lot(5, 5, rng).tolist()) == [0, 1, 2, 3, 4]
    assert len(set(members_by_lot(9, 4, rng).tolist())) == 4
    assert (np.bincount(members_by_lot(4, 11, rng), minlength=4) >= 2).all()


def test_a_prediction_asks_the_same_members_in_every_chunk():
    x, y = blobs(50)
    model = as_model(RandomForestClassifier(30, random_state=0)).fitted(x, y)
    whole, parts = (Prediction(model, x, chunk=chunk, seed=5) for chunk in (64, 7))
    assert (whole.draws(6) == parts.draws(6)).all() and whole.draws(6).shape == (6, 50, 3)
    assert (whole.draws(6, rows=[40, 3]) == whole.draws(6)[:, [40, 3]]).all()
    first = parts.from_draws(lambda said: said[:, :, 0].sum(axis=0), 6)
    assert (first == whole.draws(6)[:, :, 0].sum(axis=0)).all()
    nobody = Prediction(model, x, [])
    assert nobody.draws(6).shape == (6, 0, 3) and nobody.from_draws(len, 6).shape == (0,)
    decisive = Prediction(as_model(LinearSVC()).fitted(x, y), x, [4, 9], chunk=1)
    assert np.allclose(decisive.decision, decisive.model.decision(x[[4, 9]]))


def test_a_sample_of_the_pool_does_not_mind_the_order_of_its_rows():
    x, _ = blobs(50)
    keys = np.arange(100, 150)
    picks = Prediction(None, x, [1, 2], keys=keys, seed=2).sample(8)
    turned = Prediction(None, x, [1, 2], keys=keys[::-1], seed=2).sample(8)
    assert len(set(picks.tolist())) == 8 and (49 - turned == picks).all()
    assert sorted(Prediction(None, x).sample(99).tolist()) == list(range(50))


def test_what_is_no_committee_is_refused():
    with pytest.raises(InvalidInput, match="without members"):
        Committee([])
    with pytest.raises(InvalidInput, match="nothing to disagree about"):
        Committee([GaussianNB(), Ridge()])
    with pytest.raises(InvalidInput, match="of 0 members"):
        Bagging(GaussianNB(), 0)
    for model in COMMITTEES[2:4]:
        with pytest.raises(InvalidInput, match="No labels"):
            model.fitted(np.empty((0, 2)), [])
