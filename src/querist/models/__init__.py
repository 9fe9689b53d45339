"""Models: the capabilities that strategies read, and scikit-learn estimators as they are."""

from querist.models.closed_form import closed_form
from querist.models.committee import Bagging, Committee
from querist.models.contract import CAPABILITIES, Model, capabilities, require
from querist.models.estimator import is_fitted
from querist.models.exported import Exported
from querist.models.memory import Memory, memory_of
from querist.models.multilabel import ScikitMultiLabel
from querist.models.online import OnlineModel, OnlineSoftmax
from querist.models.online_wrapped import Incremental, OnlineBagging, RiverModel, WindowModel, as_online
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
    "Exported",
    "Incremental",
    "Memory",
    "Model",
    "OnlineBagging",
    "OnlineModel",
    "OnlineSoftmax",
    "Parzen",
    "Prediction",
    "PseudoLabelled",
    "RiverModel",
    "ScikitClassifier",
    "ScikitMultiLabel",
    "ScikitRegressor",
    "TunedKernel",
    "WindowModel",
    "as_model",
    "as_online",
    "capabilities",
    "closed_form",
    "is_fitted",
    "memory_of",
    "require",
    "stack",
    "take",
]
