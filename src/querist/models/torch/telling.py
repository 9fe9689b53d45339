"""A trained network with all that makes its probabilities, as one module: what leaves the training stack."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput, NotFitted
from querist.models.torch.asking import Asked
from querist.models.torch.backend import need_torch, run
from querist.models.torch.batch_ensemble import BatchEnsemble
from querist.models.torch.distance import DistanceAware
from querist.models.torch.laplace import LastLayerLaplace
from querist.models.torch.losses import said_by
from querist.models.torch.masks import dropout_layers, masked, stem
from querist.models.torch.posterior import Evidential, MonteCarloDropout, Snapshots
from querist.models.torch.reading import flat

__all__ = ["networks_of", "telling"]

_AVERAGED = 32  # as LastLayerLaplace does


def networks_of(model: Any) -> list[Asked]:
    """The networks that a model is made of: itself, or the members of a committee of networks."""
    members = list(getattr(model, "members", (model,)))
    for one in members:
        if not isinstance(one, Asked):
            raise InvalidInput(
                f"{getattr(one, 'describes', type(one).__name__)} is no network.",
                mend="Export it with joblib: querist export FOLDER --what model.",
            )
        if one.learnt is None or one.learnt.network is None:
            raise NotFitted(
                "There is no trained network to export.", mend="Label items of two classes, and fit it."
            )
        if one.structured or one.learnt.network.prepare is not None:
            what = "a network of units" if one.structured else "one whose rows are prepared by a function"
            raise InvalidInput(
                f"What is exported reads rows of numbers and tells classes; this is {what}.",
                mend="Let the module itself do what prepare= does, or keep model.joblib.",
            )
    return members


def telling(model: Any) -> Any:
    """One module from float32 rows (n, d) to the probabilities of ``model.classes``, (n, C).

    Posterior means, temperature and the places of the classes are within; chance is fixed, as it is in
    ``proba``.  For a committee it is the mean of its members.
    """
    torch = need_torch()
    parts = [_part(one.learnt, model.classes) for one in networks_of(model)]

    class Mean(torch.nn.Module):  # type: ignore[misc, name-defined]
        """The mean of what its parts say."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(parts)

        def forward(self, rows: Any) -> Any:
            return sum(part(rows) for part in self.parts) / len(self.parts)

    return Mean().eval()


def _part(learnt: Any, classes: Sequence[Any]) -> Any:
    """A module that says what one network and its posterior say, in the columns of ``classes``."""
    torch = need_torch()
    kinds = {
        MonteCarloDropout: _dropping,
        LastLayerLaplace: _last_layers,
        Snapshots: _snapshots,
        DistanceAware: _process,
        BatchEnsemble: _alone,  # its members are within the module
        Evidential: _alone,
        type(None): _alone,
    }
    if type(learnt.posterior) not in kinds:
        raise InvalidInput(
            f"What {type(learnt.posterior).__name__} says cannot be written down outside of Python.",
            mend="Keep model.joblib, or fit with posterior=None.",
        )
    module = copy.deepcopy(learnt.network.module).to("cpu").eval()
    logits, held = kinds[type(learnt.posterior)](learnt, module)
    places = torch.zeros(len(learnt.columns), len(classes))
    for i, value in enumerate(learnt.columns):
        if value in learnt.seen:
            places[i, list(classes).index(value)] = 1.0

    class Part(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Probabilities of the classes."""

        def __init__(self) -> None:
            super().__init__()
            self.held = torch.nn.ModuleList(held)
            self.register_buffer("places", places)

        def forward(self, rows: Any) -> Any:
            said = said_by(logits(rows), temperature=learnt.temperature, evidential=learnt.evidential)
            proba = said.mean(dim=0) @ self.places
            return proba / proba.sum(dim=1, keepdim=True).clamp_min(1e-30)

    return Part()


def _alone(learnt: Any, module: Any) -> Any:
    return (lambda rows: run(module, rows)[None]), [module]


def _dropping(learnt: Any, module: Any) -> Any:
    posterior = learnt.posterior
    if not posterior.average:
        return _alone(learnt, module)
    torch = need_torch()
    seeds = np.random.default_rng(0).integers(2**63, size=posterior.average).tolist()
    layers = dropout_layers(module, posterior.layers)
    before, after = stem(module, layers)

    def logits(rows: Any) -> Any:
        inside = rows if before is None else before(rows)
        said = []
        for seed in seeds:
            with masked(layers, seed, posterior.rate):
                said.append(run(after, inside))
        return torch.stack(said)

    return logits, [module]


def _snapshots(learnt: Any, module: Any) -> Any:
    torch = need_torch()
    held = []
    for state in learnt.posterior.kept:
        held.append(copy.deepcopy(module))
        held[-1].load_state_dict(state)
    return (lambda rows: torch.stack([run(one, rows) for one in held])), held


def _seen(learnt: Any, module: Any, rows: Any) -> Any:
    """What the last layer sees."""
    heard: list[Any] = []
    last = module.get_submodule(learnt.network.layer)
    handle = last.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
    try:
        run(module, rows)
    finally:
        handle.remove()
    return flat(heard[-1])


def _last_layers(learnt: Any, module: Any) -> Any:
    torch = need_torch()
    layers = torch.from_numpy(learnt.posterior.layers(_AVERAGED, np.random.default_rng(0))).float()
    k, width, d = layers.shape
    weights, bias = layers[:, :, :-1].reshape(k * width, d - 1), layers[:, :, -1].reshape(k * width)

    def logits(rows: Any) -> Any:
        said = torch.nn.functional.linear(_seen(learnt, module, rows), weights, bias)
        return said.reshape(-1, k, width).transpose(0, 1)

    return logits, [module]


def _process(learnt: Any, module: Any) -> Any:
    torch = need_torch()
    told = learnt.posterior
    directions, shifts, centre, root = (
        torch.from_numpy(np.asarray(one)).float()
        for one in (told.directions, told.shifts, told.centre.T, told.root)
    )

    def logits(rows: Any) -> Any:
        phi = math.sqrt(2 / told.features) * torch.cos(_seen(learnt, module, rows) @ directions + shifts)
        variance = ((phi @ root) ** 2).sum(dim=1, keepdim=True)
        return (phi @ centre / torch.sqrt(1 + math.pi / 8 * variance))[None]

    return logits, [module]
