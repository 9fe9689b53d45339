"""Pictures by edges, textures and colours: better than raw pixels, and calm about broken files."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from querist.data import Columns, open_source
from querist.encoders import ShapesEncoder
from querist.encoders.descriptors import colours, edges, textures, thumbnails
from querist.errors import InvalidInput, NotFitted, SourceError


def columns(pixels):
    return Columns(kind="image", size=len(pixels), images=pixels)


def accuracy(x, y, n, seeds=10):
    found = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(y))
        model = LogisticRegression(C=10, max_iter=1000).fit(x[order[:n]], y[order[:n]])
        found.append(model.score(x[order[n:]], y[order[n:]]))
    return float(np.mean(found))


def test_beats_raw_pixels_on_digits():
    digits = load_digits()
    images, y = digits.images[:700], digits.target[:700]
    pixels = (images * 15.9).astype(np.uint8)
    x = ShapesEncoder(dim=64).fitted(columns(pixels)).encode(columns(pixels))
    raw = images.reshape(len(images), -1) / 16
    for n, ahead in ((50, 0.05), (100, 0.04)):
        assert accuracy(x, y, n, seeds=4) > accuracy(raw, y, n, seeds=4) + ahead


needs_data = pytest.mark.skipif(
    "QUERIST_DATA" not in os.environ, reason="QUERIST_DATA names no folder of data sets"
)


@needs_data
def test_beats_raw_pixels_on_photographs(tmp_path):
    with zipfile.ZipFile(
        Path(os.environ["QUERIST_DATA"]) / "image_hymenoptera" / "hymenoptera_144.zip"
    ) as archive:
        archive.extractall(tmp_path)
    root = next(path.parent for path in tmp_path.rglob("train"))
    source = open_source(root)
    y = np.array([source.labels[item] for item in source.ids])
    x = ShapesEncoder().fitted(source.content).encode(source.content)
    small = [Image.open(one["path"]).convert("RGB").resize((32, 32)) for one in source.content]
    raw = np.stack([np.asarray(image).ravel() for image in small]) / 255
    assert accuracy(x, y, 100) > accuracy(raw, y, 100) + 0.08


@needs_data
def test_beats_raw_pixels_on_small_pictures():
    source = open_source(
        Path(os.environ["QUERIST_DATA"]) / "image_fashion_mnist" / "fashion_mnist.npz", label="y_train"
    )
    content = source.content[:3000]
    y = np.array([source.labels[str(i)] for i in range(3000)])
    x = ShapesEncoder().fitted(content).encode(content)
    raw = np.asarray(source.content.images[:3000]).reshape(3000, -1) / 255
    assert accuracy(x, y, 100, seeds=5) > accuracy(raw, y, 100, seeds=5) + 0.03


def noise(n=6, size=20, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, channels), dtype=np.uint8)


def test_alone_as_in_company_and_carried_by_its_state():
    encoder = ShapesEncoder(dim=4).fitted(columns(noise()))
    x = encoder.encode(columns(noise()))
    assert x.shape == (6, 4) and x.dtype == np.float32
    assert np.allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    assert np.allclose(encoder.encode(columns(noise())[2:3])[0], x[2], atol=1e-5)
    restored = ShapesEncoder(dim=4).restored(dict(encoder.state()))
    assert np.array_equal(restored.encode(columns(noise())), x)


def test_a_broken_picture_is_zeros_and_told(tmp_path):
    contents = [dict(one) for one in columns(noise())]
    contents[2]["data"] = contents[2]["data"][:60]
    contents[4] = {"kind": "image", "path": str(tmp_path / "gone.png"), "meta": {}}
    told = {}
    encoder = ShapesEncoder(dim=4).fitted(contents)
    x = encoder.encode(contents, unreadable=told.__setitem__)
    assert not x[[2, 4]].any() and x[[0, 1, 3, 5]].any(axis=1).all()
    assert set(told) == {2, 4} and "does not exist" in told[4]
    with pytest.raises(SourceError, match="No picture can be read"):
        ShapesEncoder().fitted([contents[4]])


def test_colour_counts_only_where_there_is_some():
    red = np.zeros((20, 10, 10, 3), dtype=np.uint8)
    red[:, :, :, 0] = 200
    blue = np.roll(red, 2, axis=3)
    mixed = np.concatenate([red, blue]) + np.random.default_rng(0).integers(
        0, 30, (40, 10, 10, 3), dtype=np.uint8
    )
    x = ShapesEncoder(dim=8).fitted(columns(mixed)).encode(columns(mixed))
    assert (x[:20] @ x[:20].T).mean() > 0.3 > (x[:20] @ x[20:].T).mean()
    grey = ShapesEncoder().fitted(columns(noise(channels=1)))
    assert grey.state()["shape"].tolist() == [32, 0]


def test_large_pictures_are_seen_larger(tmp_path):
    for i in range(3):
        Image.fromarray(noise(1, 120, seed=i)[0]).save(tmp_path / f"{i}.jpg")
    source = open_source(tmp_path)
    assert ShapesEncoder().fitted(source.content).state()["shape"].tolist() == [96, 1]
    assert ShapesEncoder(size=48).fitted(source.content).state()["shape"].tolist() == [48, 1]


def test_equal_and_blank_pictures_stay_finite():
    blank = np.zeros((5, 12, 12), dtype=np.uint8)
    x = ShapesEncoder().fitted(columns(blank)).encode(columns(blank))
    assert np.isfinite(x).all()


def test_progress_and_errors():
    told = []
    encoder = ShapesEncoder(dim=2).fitted(columns(noise()))
    encoder.encode(columns(noise()), progress=lambda *one: told.append(one))
    assert told == [(6, 6)]
    with pytest.raises(NotFitted):
        ShapesEncoder().encode(columns(noise()))
    with pytest.raises(InvalidInput, match="256 and 8"):
        ShapesEncoder(size=8)


def test_edges_tell_upright_from_lying_and_do_not_mind_the_light():
    upright = np.zeros((1, 32, 32, 3), dtype=np.float32)
    upright[:, :, 12:20] = 1
    lying = upright.transpose(0, 2, 1, 3)
    fine, coarse = edges(upright)
    assert fine.shape[1] == 7 * 7 * 32 and coarse.shape[1] == 3 * 3 * 32
    assert np.linalg.norm(fine - edges(lying)[0]) > 1
    assert np.linalg.norm(fine - edges(upright * 0.7)[0]) < 0.2


def test_histograms_are_shares():
    x = np.random.default_rng(0).random((4, 16, 16, 3)).astype(np.float32)
    assert np.allclose((textures(x) ** 2).sum(axis=1), 1, atol=1e-5)
    assert np.allclose((colours(x) ** 2).sum(axis=1), 5, atol=1e-4)
    assert np.allclose(thumbnails(x, 4)[0, 0], x[0, :4, :4].mean(), atol=1e-5)


def test_the_bytes_of_a_jpeg_will_do():
    buffer = io.BytesIO()
    Image.fromarray(noise(1)[0]).save(buffer, "JPEG")
    contents = [{"kind": "image", "data": buffer.getvalue(), "meta": {}}] * 2
    assert np.isfinite(ShapesEncoder().fitted(contents).encode(contents)).all()
