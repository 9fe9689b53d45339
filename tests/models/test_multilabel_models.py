"""scikit-learn estimators fitted to sets of classes: chances of each class by itself, held in place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from querist.acquisition import Bald, Boundary, Margin
from querist.errors import InvalidInput, MissingCapability, NotFitted
from querist.models import (
    Bagging,
    Committee,
    Parzen,
    Prediction,
    ScikitMultiLabel,
    as_model,
    capabilities,
    require,
)
from querist.tasks import label_sets

X, TABLE = make_multilabel_classification(80, n_classes=4, random_state=0)
CLASSES = ("a", "b", "c", "d")
Y = label_sets(TABLE, CLASSES)
LOGISTIC = LogisticRegression(max_iter=1000)
WITH_CHANCES = [
    RandomForestClassifier(10),
    KNeighborsClassifier(),
    MLPClassifier((8,), solver="lbfgs", alpha=1.0, max_iter=5000),
    OneVsRestClassifier(LOGISTIC),
    MultiOutputClassifier(LOGISTIC),
    ClassifierChain(LOGISTIC),
    ClassifierChain(LOGISTIC, order=[3, 1, 0, 2]),
    LOGISTIC,
    GaussianNB(),
    make_pipeline(StandardScaler(), LOGISTIC),
]
WITHOUT = [LinearSVC(), RidgeClassifier(), OneVsRestClassifier(LinearSVC())]
ALL = WITH_CHANCES + WITHOUT


def named(estimators):
    return [pytest.param(one, id=str(one).replace("\n", "")[:60]) for one in estimators]


@pytest.mark.parametrize("estimator", named(ALL))
def test_sets_make_a_model_of_several_labels(estimator):
    before = as_model(estimator, CLASSES)
    model = before.fitted(X, Y, seed=1)
    assert isinstance(model, ScikitMultiLabel) and model.classes == CLASSES and model.is_fitted
    decision, said = model.label_decision(X), model.predict(X)
    assert decision.shape == (80, 4) and np.isfinite(decision).all()
    assert said.shape == (80,) and all(isinstance(one, tuple) for one in said)
    table = np.array([[name in one for name in CLASSES] for one in said])
    assert ((decision > 0) == table).mean() > 0.98, (
        "the sign of a decision says whether the row has the class"
    )
    assert (table == TABLE).mean() > 0.7
    again = before.fitted(X, Y, seed=1)
    assert (again.label_decision(X) == decision).all(), "the same seed fits the same model"
    assert np.allclose(model.label_decision(X[3:4]), decision[3:4]), "alone as in company"


@pytest.mark.parametrize("estimator", named(WITH_CHANCES))
def test_chances_are_from_0_to_1_and_no_distribution(estimator):
    model = as_model(estimator).fitted(X, Y)
    chances = model.marginals(X)
    assert chances.shape == (80, 4) and (chances >= 0).all() and (chances <= 1).all()
    assert np.ptp(chances.sum(axis=1)) > 0.1
    assert capabilities(model) - {"embed"} == {"marginals", "label_decision", "predict"}


@pytest.mark.parametrize("estimator", named(ALL))
@pytest.mark.parametrize("labels", ["lone", "none varies", "nothing"])
def test_classes_that_do_not_vary_are_certain(estimator, labels):
    y = {"lone": [("a", "b") if row[0] > 4 else ("a",) for row in X], "none varies": [("a",)] * 80,
         "nothing": [()] * 80}[labels]  # fmt: skip
    model = as_model(estimator, CLASSES).fitted(X, y)
    decision = model.label_decision(X)
    assert (decision[:, 0] == (-np.inf if labels == "nothing" else np.inf)).all()
    assert (decision[:, 2:] == -np.inf).all()
    if labels == "lone":
        assert np.isfinite(decision[:, 1]).all() and set(model.predict(X)) <= {("a",), ("a", "b")}
    else:
        assert set(model.predict(X)) == {y[0]}
    if hasattr(model, "marginals"):
        chances = model.marginals(X)
        assert (chances[:, 0] == (labels != "nothing")).all() and (chances[:, 2:] == 0).all()


def test_columns_are_held_in_place():
    straight = as_model(LOGISTIC, CLASSES).fitted(X, Y)
    turned = as_model(LOGISTIC, ("z", *CLASSES[::-1])).fitted(X, Y)
    assert np.allclose(turned.marginals(X)[:, :0:-1], straight.marginals(X), atol=1e-6)
    assert (turned.marginals(X)[:, 0] == 0).all()
    wider = as_model(straight, ("z", *CLASSES))
    assert (wider.marginals(X)[:, 1:] == straight.marginals(X)).all()
    with pytest.raises(InvalidInput, match="which is none of"):
        straight.with_classes(("a", "b"))
    assert ScikitMultiLabel(LOGISTIC).with_classes(("a", "b")).fitted(X, [("b",)] * 80).classes == ("a", "b")


@pytest.mark.parametrize("estimator", named(WITH_CHANCES[:6]))
def test_an_estimator_fitted_elsewhere_is_taken_as_it_is(estimator):
    from sklearn.base import clone

    fitted = clone(estimator).fit(X, TABLE)
    model = as_model(fitted)
    assert model.classes == (0, 1, 2, 3) and model.is_fitted
    assert model.predict(X[:1])[0] == tuple(np.flatnonzero(fitted.predict(X[:1])[0]))
    assert as_model(fitted, CLASSES).classes == CLASSES
    with pytest.raises(InvalidInput, match="fitted to 4 classes; got the 2 classes"):
        as_model(fitted, ("a", "b"))


def test_constant_classes_of_an_estimator_fitted_elsewhere():
    table = TABLE.copy()
    table[:, 1], table[:, 2] = 0, 1
    with pytest.warns(UserWarning, match="Label"):
        rest = OneVsRestClassifier(LOGISTIC).fit(X, table)
    decision = as_model(rest).label_decision(X)
    assert (decision[:, 1] == -np.inf).all() and (decision[:, 2] == np.inf).all()
    forest = as_model(RandomForestClassifier(5).fit(X, table))
    assert (forest.marginals(X)[:, 1] == 0).all() and (forest.marginals(X)[:, 2] == 1).all()


def test_matrices_sparse_rows_and_no_classes():
    model = as_model(LOGISTIC).fitted(csr_array(X), TABLE)
    assert model.classes == (0, 1, 2, 3)
    assert (as_model(LOGISTIC).fitted(X, csr_array(TABLE)).predict(X) == model.predict(csr_array(X))).all()
    empty = as_model(LOGISTIC).fitted(X, [()] * 80)
    assert empty.classes == () and empty.marginals(X).shape == (80, 0) and set(empty.predict(X)) == {()}


def test_a_pipeline_still_embeds():
    model = as_model(make_pipeline(StandardScaler(), LOGISTIC)).fitted(X, Y)
    assert np.allclose(model.embed(X).mean(axis=0), 0)


def test_what_cannot_be_is_told():
    with pytest.raises(InvalidInput, match="'e', which is none of the 4 classes"):
        as_model(LOGISTIC, CLASSES).fitted(X[:2], [("a",), ("e",)])
    with pytest.raises(InvalidInput, match="No labels"):
        ScikitMultiLabel(LOGISTIC, CLASSES).fitted(X[:0], [])
    with pytest.raises(NotFitted):
        ScikitMultiLabel(LOGISTIC, CLASSES).predict(X)
    for committee in (Bagging(LOGISTIC), Committee([LOGISTIC, GaussianNB()])):
        with pytest.raises(InvalidInput, match="sets of classes"):
            committee.fitted(X, Y)
    with pytest.raises(InvalidInput, match="sets of classes"):
        Parzen().fitted(X, Y)


def test_strategies_for_one_class_an_item_are_refused_with_the_mend():
    prediction = Prediction(as_model(RandomForestClassifier(5)).fitted(X, Y), X)
    for acquisition in (Margin(), Bald(), Boundary()):
        with pytest.raises(MissingCapability, match=r"of each class by itself.*Use a strategy for sets"):
            acquisition(prediction)
    with pytest.raises(MissingCapability, match="labels that are sets"):
        require(as_model(LOGISTIC), "marginals", by="This")
    with pytest.raises(MissingCapability, match="a classifier with predict_proba"):
        require(as_model(LinearSVC()).fitted(X, Y), "marginals", by="This")
    assert not hasattr(as_model(RandomForestRegressor()), "marginals")
