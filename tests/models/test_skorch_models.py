"""Nets of skorch as they are: trained by skorch, asked as any network."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from torch import nn  # noqa: E402

from querist.errors import InvalidInput, MissingCapability  # noqa: E402
from querist.models import as_model, capabilities  # noqa: E402
from querist.models.torch import LastLayerLaplace, SkorchModel, Snapshots  # noqa: E402
from querist.strategies import choose  # noqa: E402
from querist.testing import blobs  # noqa: E402

torch.set_num_threads(1)


class Small(nn.Module):
    def __init__(self, outputs: int = 3, drop: float = 0.3) -> None:
        super().__init__()
        self.inside = nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Dropout(drop), nn.Linear(12, outputs))

    def forward(self, x):
        return self.inside(x)


def net(**more):
    return skorch.NeuralNetClassifier(
        Small, criterion=nn.CrossEntropyLoss, max_epochs=40, lr=0.1, verbose=0, train_split=None, **more
    )


def test_a_net_learns_and_has_the_capabilities():
    x, y = blobs(60)
    x = x + 4 * np.eye(3, 4)[np.array(["a", "b", "c"]).searchsorted(y)]
    model = as_model(net())
    assert isinstance(model, SkorchModel) and not model.is_fitted
    told = model.fitted(x[:40], y[:40], seed=3)
    assert np.mean(told.predict(x) == np.array(y)) > 0.8
    assert capabilities(told) == {"proba", "draws", "embed", "gradient", "head", "predict"}
    rows = x.astype(np.float32)
    with torch.no_grad():
        said = torch.softmax(told.network.eval()(torch.from_numpy(rows)), dim=1).numpy()
    assert np.allclose(told.proba(x), said, atol=1e-6)
    assert (told.proba(x) == model.fitted(x[:40], y[:40], seed=3).proba(x)).all()
    assert not hasattr(model.net, "module_")  # the one given is as it was


def test_columns_and_classes():
    x, y = blobs(60)
    told = as_model(net(), classes=["c", "b", "a"]).fitted(x, y)
    assert told.classes == ("c", "b", "a")
    assert np.allclose(told.proba(x)[:, ::-1], as_model(net()).fitted(x, y).proba(x), atol=1e-6)
    one = as_model(net(), classes=["a", "b"]).fitted(x[:1], ["a"])
    assert one.proba(x[:2]).tolist() == [[1.0, 0.0]] * 2 and one.draws(x[:2], 2, None).shape == (2, 2, 2)
    with pytest.raises(InvalidInput, match="3 numbers a row, and there are 2 classes"):
        as_model(net()).fitted(x, ["a", "b"] * 30)


def test_other_posteriors():
    x, y = blobs(60)
    assert "draws" in capabilities(SkorchModel(net(), posterior=LastLayerLaplace()).fitted(x, y))
    assert "draws" not in capabilities(SkorchModel(net(module__drop=0.0)).fitted(x, y))
    with pytest.raises(InvalidInput, match=r"no dropout|drops nothing"):
        from querist.models.torch import MonteCarloDropout

        SkorchModel(net(module__drop=0.0), posterior=MonteCarloDropout()).fitted(x, y)
    with pytest.raises(InvalidInput, match="takes part in the training"):
        SkorchModel(net(), posterior=Snapshots()).fitted(x, y)


def test_what_is_no_net_is_told():
    with pytest.raises(MissingCapability, match="no net of skorch"):
        SkorchModel(nn.Linear(4, 3))
    with pytest.raises(InvalidInput, match="No labels"):
        SkorchModel(net()).fitted([], [])


def test_it_is_asked_by_strategies():
    x, y = blobs(40)
    assert len(choose(x, dict(enumerate(y[:20])), net(), strategy="badge", n=4)) == 4
