"""Networks on their way out say what they said in here, and those that would not are refused."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
safetensors = pytest.importorskip("safetensors.torch")

from sklearn.linear_model import LogisticRegression  # noqa: E402
from torch import nn  # noqa: E402

from querist.errors import InvalidInput, MissingExtra, NotFitted  # noqa: E402
from querist.models import Exported, as_model  # noqa: E402
from querist.models.torch import (  # noqa: E402
    BatchEnsemble,
    DeepEnsemble,
    DistanceAware,
    LastLayerLaplace,
    MonteCarloDropout,
    Snapshots,
    TorchModel,
    Training,
)
from querist.models.torch.contrastive import Contrastive  # noqa: E402
from querist.models.torch.export import write_network  # noqa: E402
from querist.models.torch.networks import Transformer, Words  # noqa: E402
from querist.models.torch.telling import telling  # noqa: E402
from querist.testing import blobs  # noqa: E402

torch.set_num_threads(1)
QUICK = Training(epochs=2, least_steps=30)


def layers(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, classes)
    )


class Careless(nn.Module):
    """It writes the batch's size into its own graph."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.last = nn.Linear(4, classes)

    def forward(self, x):
        return self.last(x.reshape(int(x.shape[0]) * 2, 2).reshape(int(x.shape[0]), 4))


def network(posterior=None, loss="cross_entropy", factory=layers, **more) -> TorchModel:
    return TorchModel(factory, loss, posterior=posterior, training=QUICK, **more)


MODELS = {
    "plain": network(),
    "dropout": network(MonteCarloDropout(average=3)),
    "laplace": network(LastLayerLaplace()),
    "distance": network(DistanceAware(features=16)),
    "snapshots": network(Snapshots(cycles=2)),
    "batch": network(BatchEnsemble(2)),
    "evidential": network("auto", "evidential"),
    "calibrated": TorchModel(
        layers, posterior=None, calibrate=True, training=Training(least_steps=60, held_back=0.3)
    ),
    "classes": network(classes=["zz", "c", "b", "a"]),
    "ensemble": DeepEnsemble(network(), 2),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_says_what_the_model_says(name, tmp_path):
    x, y = blobs(60)
    model = MODELS[name].fitted(x, y)
    told = write_network(model, tmp_path, x)
    assert set(told) == {"model.onnx", "model.pt", "weights.safetensors", "model.json"}
    for file in ("model.onnx", "model.pt", ""):
        asked = Exported(tmp_path / file, model.classes if file else None)
        assert asked.classes == tuple(model.classes)
        assert np.allclose(asked.proba(x), model.proba(x), atol=1e-5)
        assert (asked.predict(x) == model.predict(x)).all()
    assert asked.proba(x[:0]).shape == (0, len(model.classes))


def test_weights_are_those_of_the_module(tmp_path):
    x, y = blobs(40)
    model = network().fitted(x, y)
    told = write_network(model, tmp_path, x, formats=["safetensors"])
    assert set(told) == {"weights.safetensors", "model.json"}
    read = safetensors.load_file(tmp_path / "weights.safetensors")
    assert all(torch.equal(read[name], value) for name, value in model.state().items())
    with pytest.raises(InvalidInput, match=r"nothing that runs.*--as onnx"):
        Exported(tmp_path)


def test_an_exported_network_needs_no_pytorch(tmp_path):
    x, y = blobs(40)
    model = network().fitted(x, y)
    write_network(model, tmp_path, x, formats=["onnx"])
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys; sys.modules['torch'] = sys.modules['sklearn'] = None\n"
        "import numpy as np\nfrom querist.models.exported import Exported\n"
        "print(Exported('.').proba(np.load('x.npy')).round(6).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert np.allclose(json.loads(done.stdout), model.proba(x), atol=1e-5)


def test_what_cannot_be_written_is_said(tmp_path):
    x, y = blobs(40)
    with pytest.raises(InvalidInput, match=r"cannot be written as ONNX.*flatten"):
        write_network(network(factory=Careless).fitted(x, y), tmp_path, x, formats=["onnx"])
    with pytest.raises(InvalidInput, match="cannot be written as TorchScript"):
        write_network(network(factory=Careless).fitted(x, y), tmp_path, x, formats=["torchscript"])
    assert {one.name for one in tmp_path.iterdir()} <= {"model.json"}
    with pytest.raises(InvalidInput, match="LogisticRegression is no network"):
        write_network(as_model(LogisticRegression()).fitted(x, y), tmp_path, x)
    with pytest.raises(NotFitted, match="no trained network"):
        write_network(network(), tmp_path, x)
    with pytest.raises(InvalidInput, match="written as 'pickle'"):
        write_network(network().fitted(x, y), tmp_path, x, formats=["pickle"])
    prepared = network(prepare=lambda rows: torch.tensor(np.asarray(rows), dtype=torch.float32))
    with pytest.raises(InvalidInput, match="prepared by a function"):
        write_network(prepared.fitted(x, y), tmp_path, x)


def test_files_that_are_no_models(tmp_path, monkeypatch):
    for name, told in (
        ("model.onnx", "cannot be read"),
        ("model.pt", "cannot be read"),
        ("m.txt", "no model"),
    ):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(InvalidInput, match=told):
            Exported(tmp_path / name, ["a"])
    with pytest.raises(InvalidInput, match="no file"):
        Exported(tmp_path / "lost.onnx")
    with pytest.raises(InvalidInput, match=r"no model.json"):
        Exported(tmp_path)
    for text, told in (("{", "damaged"), ('{"format": 9}', "format 9")):
        (tmp_path / "model.json").write_text(text)
        with pytest.raises(InvalidInput, match=told):
            Exported(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match="pip install onnxruntime"):
        Exported(tmp_path / "model.onnx", ["a"])
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"querist\[torch\]"):
        Exported(tmp_path / "model.pt", ["a"])


def test_rows_of_another_width_are_refused(tmp_path):
    x, y = blobs(40)
    write_network(network().fitted(x, y), tmp_path, x, formats=["onnx"])
    with pytest.raises(InvalidInput, match="have 3 features; the model reads 4"):
        Exported(tmp_path).proba(x[:, :3])


def test_a_pickle_is_read_too(tmp_path):
    import joblib

    x, y = blobs(40)
    model = as_model(LogisticRegression()).fitted(x, y)
    joblib.dump(model, tmp_path / "model.joblib")
    asked = Exported(tmp_path / "model.joblib")
    assert asked.classes == ("a", "b", "c") and np.allclose(asked.proba(x), model.proba(x))


BERT = {
    "model_type": "bert",
    "vocab_size": 30,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "max_position_embeddings": 16,
}


def reader(kind: str) -> TorchModel:
    if kind == "words":
        return TorchModel(Words(numbers=30, width=8, filters=8), training=QUICK)
    pytest.importorskip("transformers")
    if kind == "contrastive":
        return Contrastive(Transformer(BERT), training=QUICK)
    return TorchModel(Transformer(BERT), training=QUICK)


@pytest.mark.parametrize("kind", ["words", "transformer", "contrastive"])
def test_a_network_of_texts_is_written_for_any_number_of_rows(kind, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 30, size=(20, 8)).astype(np.float32)
    x[::2, 5:] = -1
    model = reader(kind).fitted(x, np.where(x[:, 0] > 14, "high", "low"))
    write_network(model, tmp_path, x, formats=["onnx"])
    assert np.allclose(Exported(tmp_path).proba(x), model.proba(x), atol=1e-5)
    many = {0: torch.export.Dim("n", min=1)}
    program = torch.export.export(telling(model), (torch.from_numpy(x[:2]),), dynamic_shapes=({**many},))
    for n in (1, len(x)):  # what PyTorch's newer exporters begin with
        said = program.module()(torch.from_numpy(x[:n])).detach().numpy()
        assert np.allclose(said, model.proba(x[:n]), atol=1e-5)
