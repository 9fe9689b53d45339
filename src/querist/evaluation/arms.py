"""What an experiment compares: strategies, each with the model that it asks by; and models by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInput, MissingExtra, UnknownPart
from querist.evaluation.dataset import Dataset
from querist.evaluation.statistics import REFERENCE
from querist.specs import read_spec, to_spec

__all__ = ["MODELS", "Arm", "arms", "estimator_of", "estimator_spec", "model_for", "models_by_title"]

MODELS: dict[str, tuple[str, str]] = {
    "logistic": ("sklearn.linear_model:LogisticRegression(max_iter=1000)", ""),
    "ridge": ("", "sklearn.linear_model:Ridge()"),
    "bayesian_ridge": ("", "sklearn.linear_model:BayesianRidge()"),
    "naive_bayes": ("sklearn.naive_bayes:GaussianNB()", ""),
    "neighbours": ("sklearn.neighbors:KNeighborsClassifier()", "sklearn.neighbors:KNeighborsRegressor()"),
    "svm": ("sklearn.svm:SVC(gamma='auto')", "sklearn.svm:SVR(gamma='auto')"),
    "linear_svm": ("sklearn.svm:LinearSVC()", "sklearn.svm:LinearSVR()"),
    "forest": ("sklearn.ensemble:RandomForestClassifier()", "sklearn.ensemble:RandomForestRegressor()"),
    "boosting": (
        "sklearn.ensemble:HistGradientBoostingClassifier()",
        "sklearn.ensemble:HistGradientBoostingRegressor()",
    ),
    "gaussian_process": (
        "sklearn.gaussian_process:GaussianProcessClassifier()",
        "sklearn.gaussian_process:GaussianProcessRegressor(normalize_y=True, alpha=0.01)",
    ),
    "neural_network": (
        "sklearn.neural_network:MLPClassifier(max_iter=500)",
        "sklearn.neural_network:MLPRegressor(max_iter=500)",
    ),
}
"""Models by name: for classes and for numbers; "" where there is none.  The rest is scikit-learn's."""


@dataclass(frozen=True)
class Arm:
    """A strategy, and the model that it asks by where that is not the one that is measured.

    >>> Arm("margin", model="logistic").title
    'margin@logistic'
    """

    strategy: Any
    model: Any = None

    @property
    def title(self) -> str:
        """What curves and tables call it."""
        told = _title(self.strategy)
        return told if self.model is None else f"{told}@{_model_title(self.model)}"

    @property
    def spec(self) -> Any:
        """The strategy as JSON values; what Python shows of it where it has no name in the registry."""
        from querist.strategies import as_strategy

        try:
            return to_spec(as_strategy(self.strategy))
        except UnknownPart:
            return {"shown": repr(self.strategy)}


def arms(strategies: Any) -> dict[str, Arm]:
    """Each strategy under the name that it is shown by, random first.

    ``strategies`` are names (``"margin"``, or ``"margin@logistic"`` to ask by another model), specs or their
    JSON, acquisitions, strategies or :class:`Arm`; or a mapping from the name to be shown to such.

    >>> list(arms(["margin", '{"name": "default", "patience": 3}@svm']))
    ['random', 'margin', 'default(patience=3)@svm']
    """
    from querist.strategies import as_strategy

    if isinstance(strategies, str):
        strategies = [strategies]
    if isinstance(strategies, Mapping):
        given = [(str(name), _arm(one)) for name, one in strategies.items()]
    else:
        given = [(arm.title, arm) for arm in map(_arm, strategies)]
    named: dict[str, Arm] = {REFERENCE: Arm(REFERENCE)}
    for name, arm in given:
        if name in named and name != REFERENCE:
            raise InvalidInput(
                f"Two strategies are called {name!r}.",
                mend="Name it once; or in Python give a mapping from names of your choice to the strategies.",
            )
        as_strategy(arm.strategy)  # say now what is wrong with it, not after the first runs
        named[name] = arm
    return {**named, REFERENCE: Arm(REFERENCE)}


def _arm(given: Any) -> Arm:
    if isinstance(given, Arm):
        return given
    if not isinstance(given, str):
        return Arm(given)
    json, told, model = given.rpartition("}")  # names hold no brace, and JSON may hold any sign
    name, at, by = model.partition("@")
    return Arm(read_spec(json + told) if told else name, by if at else None)


def _title(strategy: Any) -> str:
    if isinstance(strategy, Mapping) and "name" in strategy:
        told = ", ".join(f"{key}={_title(value)}" for key, value in strategy.items() if key != "name")
        return f"{strategy['name']}({told})" if told else str(strategy["name"])
    if isinstance(strategy, list | tuple):
        return f"[{', '.join(map(_title, strategy))}]"
    if strategy is None or isinstance(strategy, bool | int | float):
        return str(strategy)
    return strategy if isinstance(strategy, str) else str(getattr(strategy, "name", type(strategy).__name__))


# ---------------------------------------------------------------- models


def models_by_title(models: Any) -> dict[str, Any]:
    """Each model under the name that it is shown by."""
    if isinstance(models, Mapping):
        return {str(name): one for name, one in models.items()}
    if isinstance(models, str) or not isinstance(models, Sequence):
        models = [models]
    named = {_model_title(one): one for one in models}
    if len(named) < len(models):
        raise InvalidInput(
            f"Two models are called alike: {', '.join(map(_model_title, models))}.",
            mend="Give a mapping from names of your choice to the models.",
        )
    return named


def _model_title(model: Any) -> str:
    if model is None:
        return "default"
    if isinstance(model, str):
        return model
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return type(last).__name__


def model_for(model: Any, dataset: Dataset) -> Any:
    """The estimator that a name (or None: the application's own) means on a data set; others as they are."""
    from querist.models.choice import model_named

    if model is not None and not isinstance(model, str):
        return model
    numbers = dataset.task == "number"
    if model in (None, "default"):
        if not numbers:
            return model_named("default", dataset.x)
        return _default_for_numbers()
    if model in MODELS:
        if told := MODELS[str(model)][numbers]:
            return estimator_of(told)
        raise InvalidInput(
            f"The model {model!r} does not learn {dataset.task}, which {dataset.name!r} is about.",
            mend=f"Choose among {', '.join(name for name, two in MODELS.items() if two[numbers])}.",
        )
    if ":" not in str(model):
        raise InvalidInput(
            f"No model is called {model!r}.",
            mend=f"Choose among default, {', '.join(MODELS)}; or write 'module:factory'.",
        )
    return model_named(str(model), dataset.x)


def _default_for_numbers() -> Any:
    from sklearn.linear_model import BayesianRidge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), BayesianRidge())


def estimator_spec(estimator: Any) -> Any:
    """A scikit-learn estimator as JSON values, every parameter told; what Python shows of anything else.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> estimator_spec(GaussianNB())
    {'class': 'sklearn.naive_bayes:GaussianNB', 'parameters': {'priors': None, 'var_smoothing': 1e-09}}
    """
    try:
        return _told(estimator)
    except UnknownPart:
        return {"shown": repr(estimator)}


def _told(value: Any) -> Any:
    from sklearn.base import BaseEstimator

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_told(one) for one in value]
    if isinstance(value, BaseEstimator):
        kind = type(value)
        room = ".".join(part for part in kind.__module__.split(".") if not part.startswith("_"))
        parameters = value.get_params(deep=False)
        return {
            "class": f"{room}:{kind.__qualname__}",
            "parameters": {name: _told(parameters[name]) for name in sorted(parameters)},
        }
    raise UnknownPart(f"{value!r} cannot be written as JSON.", mend="Give the model again to replay it.")


def estimator_of(told: Any) -> Any:
    """The estimator that :func:`estimator_spec` told of, or ``"module:Class(parameter=value)"``.

    Only scikit-learn's estimators and those made like them are built: a results file may come from others.
    """
    if isinstance(told, str):
        address, _, inside = told.partition("(")
        return _class_at(address)(**_keywords(inside.rstrip(")")))
    if "class" not in told:
        raise InvalidInput(
            f"The model {told.get('shown')!r} has no name by which it is found again.",
            mend="Replay it in Python, with the experiment that ran it: experiment.replay(...).",
        )
    parameters = {name: _value(one) for name, one in told["parameters"].items()}
    return _class_at(told["class"])(**parameters)


def _value(told: Any) -> Any:
    if isinstance(told, Mapping) and "class" in told:
        return estimator_of(told)
    if isinstance(told, list):
        parts = [_value(one) for one in told]
        return [tuple(one) if isinstance(one, list) else one for one in parts]
    return told


def _keywords(inside: str) -> dict[str, Any]:
    import ast

    call = ast.parse(f"f({inside})", mode="eval").body
    assert isinstance(call, ast.Call)
    return {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}


def _class_at(address: str) -> Any:
    from sklearn.base import BaseEstimator

    room, _, name = address.partition(":")
    try:
        found = getattr(importlib.import_module(room), name)
    except (ImportError, AttributeError) as error:
        raise MissingExtra(
            f"The model {address!r} is not here: {error}.", mend="Install what it comes from."
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseEstimator)):
        raise InvalidInput(f"{address!r} is no scikit-learn estimator.", mend="Name an estimator's class.")
    return found
