"""The model that an application trains, by name."""

import sys

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from querist.errors import InvalidInput, MissingExtra, UnknownPart
from querist.models import as_model
from querist.models.choice import model_named, settled_name


def unit_rows(n=30, d=5):
    x = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_vectors_of_length_one_are_taken_as_they_are():
    x = unit_rows()
    x[3] = 0  # an empty text
    assert isinstance(model_named("default", x), LogisticRegression)
    assert isinstance(model_named("default", sparse.csr_matrix(x)), LogisticRegression)
    assert isinstance(model_named("default"), LogisticRegression)


@pytest.mark.parametrize("pack", [np.asarray, sparse.csr_matrix])
def test_other_features_are_standardised_first(pack):
    x = pack(unit_rows() * 1000)
    model = model_named("default", x)
    assert isinstance(model, Pipeline)
    y = np.array(["a", "b"] * 15, dtype=object)
    proba = as_model(model, classes=["a", "b", "c"]).fitted(x, y).proba(x)
    assert proba.shape == (30, 3) and (proba[:, 2] == 0).all()


def test_no_rows_at_all_are_no_trouble():
    assert isinstance(model_named("default", np.empty((0, 3))), LogisticRegression)


def test_any_other_name_is_a_module_and_a_factory():
    assert isinstance(model_named("sklearn.ensemble:RandomForestClassifier"), RandomForestClassifier)


@pytest.mark.parametrize("name", ["forest", "sklearn.ensemble:", ":RandomForestClassifier", ""])
def test_a_name_of_another_shape_is_told(name):
    with pytest.raises(InvalidInput, match="module:factory"):
        model_named(name)


def test_a_missing_module_or_factory_is_told():
    with pytest.raises(MissingExtra, match="no_such_module"):
        model_named("no_such_module:make")
    with pytest.raises(InvalidInput, match="RandomForrest"):
        model_named("sklearn.ensemble:RandomForrest")


def test_what_begins_with_torch_is_a_network():
    pytest.importorskip("torch")
    wanted = {"cnn": "pixels", "mlp": None, "linear": None, "text": "tokens", "setfit": "minilm"}
    for name, encoder in wanted.items():
        model = model_named(f"torch:{name}")
        assert model.slow and model.encoder == encoder
        assert model.with_classes(["a", "b"]).encoder == encoder


def test_a_network_of_a_folder_reads_by_its_tokenizer(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    for name in ("hf", "lora", "setfit"):
        model = model_named(f"torch:{name}:{tmp_path}")
        assert model.encoder == {"name": "tokens", "folder": str(tmp_path), "length": 64}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torch:setfitt", "Did you mean 'torch:setfit'.*torch:hf:FOLDER"),
        ("torch:", "There are torch:cnn"),
        ("torch:hf", "wants the folder"),
        ("torch:cnn:folder", "takes no folder"),
        ("torch:hf:no/such/folder", "there is no such folder"),
    ],
)
def test_a_network_that_is_none_is_told_with_what_there_is(name, message):
    pytest.importorskip("torch")
    with pytest.raises((InvalidInput, UnknownPart), match=message):
        model_named(name)


def test_a_folder_without_a_model_is_told_before_any_work(tmp_path):
    pytest.importorskip("torch")
    with pytest.raises(InvalidInput, match=r"no config\.json is in it"):
        model_named(f"torch:hf:{tmp_path}")


def test_a_network_without_pytorch_is_told_with_its_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[torch\]'"):
        model_named("torch:cnn")


def test_a_name_is_settled_wherever_it_is_called_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settled_name("torch:hf:here") == f"torch:hf:{tmp_path / 'here'}"
    assert settled_name("nets/mine.py:make") == f"{tmp_path / 'nets' / 'mine.py'}:make"
    assert settled_name("torch:setfit") == "torch:setfit"
