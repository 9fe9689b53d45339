"""Networks to begin with: each learns what it is for, is asked as any other, and says what is wrong."""

import pickle
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")

from querist.encoders import TokensEncoder  # noqa: E402
from querist.errors import InvalidInput, MissingExtra  # noqa: E402
from querist.models import Exported, capabilities  # noqa: E402
from querist.models.torch import TorchModel, Training  # noqa: E402
from querist.models.torch.export import write_network  # noqa: E402
from querist.models.torch.networks import Convolutional, Perceptron, Transformer, Words  # noqa: E402
from querist.testing import MODEL_LAWS, check_model  # noqa: E402

torch.set_num_threads(1)  # networks this small wait for each other more than they compute

SHORT = Training(least_steps=60, epochs=1, learning_rate=5e-3)
BERT = {
    "model_type": "bert",
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 16,
}
SMALL = {
    "pictures": Convolutional(channels=(4, 8), hidden=16),
    "features": Perceptron(hidden=(16,)),
    "linear": Perceptron(hidden=(), dropout=0.0),
    "words": Words(numbers=30, width=8, filters=4),
}


def pictures(n=40, side=8, colours=1):
    """Bright above, or bright below."""
    rng = np.random.default_rng(0)
    x = rng.random((n, side, side, colours)).astype(np.float32)
    y = np.where(np.arange(n) % 2 == 0, "above", "below")
    x[y == "above", : side // 2] += 1
    x[y == "below", side // 2 :] += 1
    return x.reshape(n, -1) / 2, y


def sentences(n=40, length=6):
    """Words of one half of the language, or of the other; the second half of each row is empty."""
    rng = np.random.default_rng(0)
    y = np.where(np.arange(n) % 2 == 0, "low", "high")
    x = np.where(y[:, None] == "low", rng.integers(0, 15, (n, length)), rng.integers(15, 30, (n, length)))
    x[:, length // 2 :] = -1
    return x.astype(np.float32), y


DATA = {"pictures": pictures, "features": pictures, "linear": pictures, "words": sentences}


@pytest.mark.parametrize("name", SMALL)
def test_a_network_learns_what_it_is_for_and_is_asked_as_any_other(name):
    x, y = DATA[name]()
    model = TorchModel(SMALL[name], training=SHORT, classes=["other", *sorted(set(y))]).fitted(x, y)
    assert (model.predict(x) == y).mean() > 0.9
    assert {"proba", "embed", "head", "gradient", "predict"} <= capabilities(model)
    assert ("draws" in capabilities(model)) == (name != "linear")
    proba = model.proba(x)
    assert proba.shape == (40, 3) and np.allclose(proba.sum(axis=1), 1) and not proba[:, 0].any()
    assert np.allclose(model.proba(x[3:4])[0], proba[3], atol=1e-5), "the same alone as in company"
    weights, bias = model.head()
    logits = model.embed(x) @ weights.T + bias
    assert np.array_equal(logits[:, 1:].argmax(axis=1), proba[:, 1:].argmax(axis=1))
    again = TorchModel(SMALL[name], training=SHORT, classes=["other", *sorted(set(y))]).fitted(x, y)
    assert np.array_equal(again.proba(x), proba), "a seed is a model"
    assert np.allclose(pickle.loads(pickle.dumps(model)).proba(x), proba)


@pytest.mark.parametrize("law", MODEL_LAWS)
def test_the_laws_of_models_are_kept(law):
    model = TorchModel(SMALL["features"], training=Training(least_steps=20, epochs=1))
    check_model(model, laws={law: MODEL_LAWS[law]})


def test_pictures_of_three_colours_and_of_any_side():
    network = SMALL["pictures"]
    for side, colours in ((4, 1), (6, 3), (9, 1)):
        x, y = pictures(20, side, colours)
        model = TorchModel(network, training=Training(least_steps=5, epochs=1)).fitted(x, y)
        assert model.proba(x).shape == (20, 2)
    x, y = pictures(side=6, colours=3)
    from querist.models.torch.networks.layers import Pictures

    seen = Pictures()(torch.from_numpy(x)).numpy()
    assert np.array_equal(seen, x.reshape(40, 6, 6, 3).transpose(0, 3, 1, 2))
    with pytest.raises(InvalidInput, match="no square pictures"):
        TorchModel(network).fitted(np.ones((4, 50)), ["a", "b", "a", "b"])


def test_dropout_that_is_asked_by_hand_is_what_draws_are():
    x, y = pictures()
    model = TorchModel(SMALL["pictures"], training=Training(least_steps=5, epochs=1)).fitted(x, y)
    draws = model.draws(x, 4, np.random.default_rng(0))
    assert draws.shape == (4, 40, 2) and draws.std(axis=0).max() > 0.01
    assert np.allclose(model.draws(x[:5], 4, np.random.default_rng(0)), draws[:, :5], atol=1e-6)


def test_an_empty_text_and_words_without_windows():
    x, y = sentences()
    x[0] = -1
    model = TorchModel(Words(numbers=30, width=8, windows=()), training=SHORT).fitted(x, y)
    assert np.isfinite(model.proba(x)).all() and model.embed(x).shape == (40, 8)
    assert not model.embed(x)[0].any()


def test_a_word_that_the_network_does_not_know():
    x, y = sentences()
    with pytest.raises(InvalidInput, match=r"the number 2\d, and the network knows 20"):
        TorchModel(Words(numbers=20), training=SHORT).fitted(x, y)
    with pytest.raises(InvalidInput, match=r"the number 2\d, and the network knows 20"):
        TorchModel(Transformer({**BERT, "vocab_size": 20}), training=SHORT).fitted(x, y)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Convolutional(channels=()),
        lambda: Convolutional(hidden=0),
        lambda: Convolutional(dropout=(0.5, 1.0)),
        lambda: Perceptron(hidden=(8, 0)),
        lambda: Perceptron(dropout=-0.1),
        lambda: Words(width=0),
        lambda: Words(dropout=1),
        lambda: Transformer(3),
        lambda: Transformer(BERT, free=-1),
        lambda: Transformer(BERT, free=1, lora=2),
        lambda: Transformer(BERT, dropout=2.0),
        lambda: Transformer(BERT, pooling="max"),
    ],
)
def test_what_makes_no_network_is_told_at_once(make):
    with pytest.raises(InvalidInput):
        make()


@pytest.mark.parametrize("name", ["pictures", "features", "words"])
def test_a_network_is_written_for_elsewhere(name, tmp_path):
    pytest.importorskip("onnx")
    x, y = DATA[name]()
    model = TorchModel(SMALL[name], training=Training(least_steps=5, epochs=1)).fitted(x, y)
    write_network(model, tmp_path, x[:5])
    assert np.allclose(Exported(tmp_path).proba(x), model.proba(x), atol=1e-5)


# ---------------------------------------------------------------- Hugging Face

transformers = pytest.mark.skipif(
    not all(__import__("importlib.util").util.find_spec(one) for one in ("transformers", "peft")),
    reason="the extra 'transformers' is not installed",
)


def free_parameters(network, classes=2):
    return sum(one.numel() for one in network(classes).parameters() if one.requires_grad)


@transformers
@pytest.mark.parametrize("pooling", ["head", "mean"])
def test_a_classifier_from_a_configuration(pooling):
    x, y = sentences()
    model = TorchModel(Transformer(BERT, pooling=pooling), training=SHORT).fitted(x, y)
    assert (model.predict(x) == y).mean() > 0.9
    assert {"draws", "embed", "head", "gradient"} <= capabilities(model)
    proba = model.proba(x)
    assert np.allclose(model.proba(x[3:4])[0], proba[3], atol=1e-5)
    padded = np.concatenate([x, np.full((40, 3), -1, dtype=np.float32)], axis=1)
    assert np.allclose(model.proba(padded), proba, atol=1e-5), "what fills a row up says nothing"
    assert np.allclose(pickle.loads(pickle.dumps(model)).proba(x), proba, atol=1e-6)


@transformers
def test_what_is_written_of_short_texts_reads_long_ones(tmp_path):
    pytest.importorskip("onnx")
    x, y = sentences()
    model = TorchModel(Transformer(BERT), training=Training(least_steps=5, epochs=1)).fitted(x, y)
    write_network(model, tmp_path, x[:5], formats=["onnx"])
    long = np.abs(x) * np.ones((40, 6), dtype=np.float32)  # no place is empty
    assert np.allclose(Exported(tmp_path).proba(long), model.proba(long), atol=1e-5)


@transformers
def test_layers_that_stay_as_they_are_and_corrections_beside_them():
    everything = free_parameters(Transformer(BERT, pooling="mean"))
    one, none = (free_parameters(Transformer(BERT, pooling="mean", free=free)) for free in (1, 0))
    corrected = free_parameters(Transformer(BERT, lora=2))
    assert everything > one > none and corrected < one
    x, y = sentences()
    network = Transformer(BERT, lora=2)
    before = dict(TorchModel(network, training=Training(least_steps=1, epochs=1)).fitted(x, y).state())
    after = dict(TorchModel(network, training=SHORT).fitted(x, y).state())
    moved = {name for name in before if not np.array_equal(before[name].numpy(), after[name].numpy())}
    assert moved and all("lora" in name or "classifier" in name or "pooler" in name for name in moved)


@transformers
def test_a_folder_with_its_tokenizer(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import AutoConfig, AutoModelForSequenceClassification

    words = ["[PAD]", "[UNK]", "good", "bad", "film", "play"]
    held = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    held.pre_tokenizer = pre_tokenizers.Whitespace()
    held.save(str(tmp_path / "tokenizer.json"))
    config = AutoConfig.for_model(**BERT)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path)
    texts = ["good film", "bad film", "good play", "bad play"] * 5
    x = TokensEncoder(folder=str(tmp_path), length=4).encode([{"kind": "text", "text": one} for one in texts])
    y = ["praise" if "good" in text else "blame" for text in texts]
    for network in (Transformer(tmp_path), Transformer(tmp_path, pooling="mean")):
        model = TorchModel(network, training=SHORT, classes=["blame", "praise", "neither"]).fitted(x, y)
        assert model.predict(x).tolist() == y
    assert Transformer(tmp_path).source == str(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InvalidInput, match="nothing is downloaded"):
        TorchModel(Transformer(tmp_path)).fitted(x, y)
    (tmp_path / "config.json").write_text('{"model_type": "nothing"}')
    with pytest.raises(InvalidInput, match="no configuration of a model"):
        TorchModel(Transformer(tmp_path)).fitted(x, y)


@transformers
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no/such/folder", "there is no such folder"),
        ({}, "no 'model_type'"),
        ({"model_type": "bertt"}, "bertt"),
        ({**BERT, "num_attention_heads": 3}, "not a multiple"),
        ({"model_type": "vit"}, "No classifier of texts"),
    ],
)
def test_a_model_that_is_not_there(source, message):
    with pytest.raises(InvalidInput, match=message):
        Transformer(source)(2)


@transformers
def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(InvalidInput, match=r"no config\.json"):
        Transformer(tmp_path)(2)


@pytest.mark.parametrize(("library", "network"), [("transformers", {}), ("peft", {"lora": 2})])
def test_a_missing_library_is_told_with_its_mend(library, network, monkeypatch):
    if library == "peft":
        pytest.importorskip("transformers")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[transformers\]'"):
        Transformer(BERT, **network)(2)
