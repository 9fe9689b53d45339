"""Models: the capabilities that strategies read, and scikit-learn estimators as they are."""

from querist.models.closed_form import closed_form
from querist.models.committee import Bagging, Committee
from querist.models.contract import CAPABILITIES, Model, capabilities, require
from querist.models.estimator import is_fitted
from querist.models.memory import Memory, memory_of
from querist.models.multilabel import ScikitMultiLabel
from querist.models.parzen import Parzen
from querist.models.prediction import Prediction
from querist.models.pseudo_labelled import PseudoLabelled
from querist.models.rows import stack, take
from querist.models.scikit import ScikitClassifier, ScikitRegressor, as_model
from querist.models.tuned_kernel import TunedKernel

__all__ = [
    "Bagging",
    "CAPABILITIES",
    "Committee",
    "Memory",
    "Model",
    "Parzen",
    "Prediction",
    "PseudoLabelled",
    "ScikitClassifier",
    "ScikitMultiLabel",
    "ScikitRegressor",
    "TunedKernel",
    "as_model",
    "capabilities",
    "closed_form",
    "is_fitted",
    "memory_of",
    "require",
    "stack",
    "take",
]
