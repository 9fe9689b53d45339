"""Vectors drawn together by pairs of labels, and logistic regression that tells them apart."""

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")

from querist.errors import InvalidInput  # noqa: E402
from querist.models import capabilities  # noqa: E402
from querist.models.torch import (  # noqa: E402
    Contrastive,
    TorchModel,
    Training,
)
from querist.models.torch.contrastive import contrast  # noqa: E402
from querist.models.torch.networks import Transformer  # noqa: E402
from querist.testing import MODEL_LAWS, check_model  # noqa: E402

torch.set_num_threads(1)
SHORT = Training(least_steps=60, epochs=1, learning_rate=5e-3, held_back=0.0)


def clouds(n=60, d=6, classes=3, seed=0):
    """Classes with a direction each, amid louder ones that say nothing."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    x = rng.normal(size=(n, d)) * np.where(np.arange(d) < classes, 0.5, 3.0)
    x[np.arange(n), y] += 2.5
    return x.astype(np.float32), y


def test_the_loss_is_that_of_a_loop_by_hand():
    rng = np.random.default_rng(1)
    vectors, target = rng.normal(size=(7, 4)), np.array([0, 1, 0, 2, 1, 1, 3])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    losses = []
    for i in range(7):
        alike = [j for j in range(7) if j != i and target[j] == target[i]]
        if alike:
            others = sum(np.exp(unit[i] @ unit[k] / 0.2) for k in range(7) if k != i)
            losses.append(-np.mean([np.log(np.exp(unit[i] @ unit[j] / 0.2) / others) for j in alike]))
    said = contrast(torch.from_numpy(vectors), torch.from_numpy(target), temperature=0.2)
    assert float(said) == pytest.approx(np.mean(losses))
    alone = contrast(torch.from_numpy(vectors), torch.arange(7), temperature=0.2)
    assert float(alone) == 0, "no pair is alike: nothing is learnt"


def test_like_ones_come_together_and_are_told_apart():
    x, y = clouds()
    model = Contrastive(training=SHORT).fitted(x, y)

    def within(z):
        z = z / np.linalg.norm(z, axis=1, keepdims=True)
        near, alike = z @ z.T, y[:, None] == y[None]
        return near[alike].mean() - near[~alike].mean()

    assert within(model.embed(x)) > within(x) + 0.3
    other, truth = clouds(seed=1)
    assert (model.predict(other) == truth).mean() > 0.85
    weights, bias = model.head()
    assert np.allclose(np.linalg.norm(model.embed(x), axis=1), 1, atol=1e-5)
    assert np.array_equal((model.embed(x) @ weights.T + bias).argmax(axis=1), model.predict(x))
    assert {"proba", "embed", "head", "gradient"} <= capabilities(model)


def test_a_seed_is_a_model_classes_are_kept_and_it_is_carried():
    x, y = clouds(classes=2)
    model = Contrastive(training=SHORT, classes=[9, 1, 0]).fitted(x, y)
    proba = model.proba(x)
    assert proba.shape == (60, 3) and not proba[:, 0].any() and np.allclose(proba.sum(axis=1), 1)
    assert np.array_equal(Contrastive(training=SHORT, classes=[9, 1, 0]).fitted(x, y).proba(x), proba)
    assert np.allclose(pickle.loads(pickle.dumps(model)).proba(x), proba)
    assert model.template.learnt is None and repr(model.template) == repr(model)
    assert isinstance(model.refreshed(x, y, new=[3]), TorchModel)
    one = Contrastive(training=SHORT, classes=[0, 1]).fitted(x, np.zeros(60, dtype=int))
    assert one.proba(x)[:, 0].tolist() == [1.0] * 60


@pytest.mark.parametrize("law", MODEL_LAWS)
def test_the_laws_of_models_are_kept(law):
    quick = Training(least_steps=20, epochs=1, held_back=0.0)
    check_model(Contrastive(training=quick), laws={law: MODEL_LAWS[law]})


def test_draws_of_the_last_layer_where_they_are_wanted():
    x, y = clouds()
    assert "draws" not in capabilities(Contrastive(training=SHORT).fitted(x, y))
    model = Contrastive(training=SHORT, posterior="laplace").fitted(x, y)
    draws = model.draws(x, 5, np.random.default_rng(0))
    assert draws.shape == (5, 60, 3) and draws.std(axis=0).max() > 0


def test_a_transformer_is_changed_itself():
    pytest.importorskip("transformers")
    config = {"model_type": "bert", "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1}
    config |= {"num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 8}
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    x = np.where(y[:, None] == 0, rng.integers(0, 10, (30, 4)), rng.integers(10, 20, (30, 4))).astype(float)
    model = Contrastive(Transformer(config), training=SHORT).fitted(x, y)
    assert (model.predict(x) == y).all() and model.embed(x).shape == (30, 16)


@pytest.mark.parametrize("wrong", [{"temperature": 0}, {"inverse_penalty": -1}, {"encoder": 3}])
def test_bounds(wrong):
    with pytest.raises(InvalidInput):
        Contrastive(**wrong)


def test_rows_that_are_no_vectors():
    with pytest.raises(InvalidInput, match="learns of vectors"):
        Contrastive().fitted(["a text", "another"], [0, 1])
