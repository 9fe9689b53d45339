"""What a model is: ``fitted``, and whichever of the capabilities it has."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from querist.errors import MissingCapability

__all__ = ["CAPABILITIES", "Model", "capabilities", "require"]

CAPABILITIES = {
    "proba": "Use a classifier with predict_proba, or wrap yours in CalibratedClassifierCV; of a regressor"
    " ask by a strategy such as igs, lcmd or mean_std.",
    "decision": "Use a classifier with decision_function (LinearSVC, SVC, LogisticRegression).",
    "covariance": "Use a Gaussian process (GaussianProcessRegressor), alone or at the end of a pipeline.",
    "draws": "Use an ensemble (RandomForestClassifier), or querist.models.Bagging(your model).",
    "frequencies": "Use querist.models.Parzen().",
    "mean_std": "Use a regressor that tells its spread (GaussianProcessRegressor, RandomForestRegressor).",
    "embed": "Use a pipeline whose first steps transform, or give the pool numeric features.",
    "predict": "Give the model a method predict(x).",
    "gradient": "Use a network that ends in a linear layer (querist.models.torch.TorchModel).",
    "head": "Use a linear classifier (LogisticRegression, LinearSVC), alone or at the end of a pipeline.",
    "leaves": "Use one tree (DecisionTreeRegressor), alone or at the end of a pipeline.",
    "marginals": "Use labels that are sets of classes, and a classifier with predict_proba.",
    "label_decision": "Use labels that are sets of classes (MultiLabel), and any classifier.",
    "units": "Use a model of a structured task, with a method units(x).",
}
"""The methods that a model may have, and what to use where one is missing."""

_OF_ONE_CLASS = ("proba", "decision", "draws", "frequencies", "head", "mean_std")


@runtime_checkable
class Model(Protocol):
    """Anything that can be fitted; what else it can do is told by the methods that it has.

    ==================  ========================================================================
    ``fitted(x, y)``    a new, fitted model; never changes the old one
    ``classes``         what the columns of ``proba`` are, where it has ``proba``
    ``proba(x)``        (n, C) class probabilities, columns in the order of ``classes``
    ``decision(x)``     (n, C) signed distances to the boundary of each class, higher inside it
    ``frequencies(x)``  (n, C) how often each class was seen nearby, by weight
    ``marginals(x)``    (n, C) the chance of each class by itself, where an item may have several;
                        from 0 to 1, and no distribution: rows sum to whatever they do
    ``label_decision(x)``  (n, C) signed distances, above 0 where the item has the class; infinite
                        where the labels leave no doubt (all of them have the class, or none)
    ``predict(x)``      (n,) values
    ``leaves(x)``       (n,) which leaf of a tree each row falls into
    ``mean_std(x)``     two (n,) arrays: a number and how unsure it is
    ``covariance(x, z)``  (n, m) how what is said of each row of ``x`` goes with each row of ``z``
    ``draws(x, k, rng)``  (k, n, C), or (k, n) for numbers: what k members of a committee say;
                        the same state of ``rng`` asks the same members, whatever ``x`` is
    ``embed(x)``        (n, d) vectors in which distance means something
    ``gradient(x, y)``  (n, P) slopes of the log loss in the weights, each row's by itself
    ``head()``          (C, d) weights and (C,) bias of a linear last layer over what ``embed`` says (over
                        ``x``, without it): the logits, minus infinity for a class not known
    ``template``        an unfitted model of the same kind, from which trials start; the model itself
                        where it has none, since ``fitted`` never changes it
    ``slow``            True where training takes longer than people wait: an application trains it in the
                        background, beside a quick stand-in
    ``encoder``         the encoder (or its name) whose rows it wants to be given; None or missing: it takes
                        whatever features there are
    ==================  ========================================================================

    ``fitted`` may take one more argument, ``progress``: a function to be told now and then how far the
    training is, from 0 to 1, with a few words.
    """

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Model: ...


def capabilities(model: Any) -> frozenset[str]:
    """The capabilities that ``model`` has.

    >>> sorted(capabilities(None))
    []
    """
    return frozenset(name for name in CAPABILITIES if hasattr(model, name))


def require(model: Any, capability: str, *, by: str) -> None:
    """Raise MissingCapability, with what to use instead, unless ``model`` has ``capability``."""
    if not hasattr(model, capability):
        told = getattr(model, "describes", None) or type(model).__name__
        mend = CAPABILITIES[capability]
        if hasattr(model, "label_decision") and capability in _OF_ONE_CLASS:
            told = f"{told}, which says of each class by itself whether an item has it,"
            mend = "Use a strategy for sets of classes, such as 'binary_minimum', 'cvirs' or 'default'."
        raise MissingCapability(f"{by} needs model.{capability}(x), which {told} cannot give.", mend=mend)
