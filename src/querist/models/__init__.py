"""Models: the capabilities that strategies read, and scikit-learn estimators as they are."""

from querist.models.closed_form import closed_form
from querist.models.committee import Bagging, Committee
from querist.models.contract import CAPABILITIES, Model, capabilities, require
from querist.models.parzen import Parzen
from querist.models.prediction import Prediction
from querist.models.rows import take
from querist.models.scikit import ScikitClassifier, ScikitRegressor, as_model, is_fitted

__all__ = [
    "Bagging",
    "CAPABILITIES",
    "Committee",
    "Model",
    "Parzen",
    "Prediction",
    "ScikitClassifier",
    "ScikitRegressor",
    "as_model",
    "capabilities",
    "closed_form",
    "is_fitted",
    "require",
    "take",
]
