"""Pictures as their pixels: nothing lost, size and colour told by the width, broken files told."""

import io

import numpy as np
import pytest
from PIL import Image

from querist.data import Columns, FeatureStore
from querist.encoders import PixelsEncoder
from querist.errors import InvalidInput, NotFitted, SourceError


def columns(pixels):
    return Columns(kind="image", size=len(pixels), images=pixels)


def noise(n=6, side=12, channels=3):
    return np.random.default_rng(0).integers(0, 256, (n, side, side, channels), dtype=np.uint8)


def test_pixels_come_back_as_they_are():
    colour = noise()
    x = PixelsEncoder().fitted(columns(colour)).encode(columns(colour))
    assert x.shape == (6, 12 * 12 * 3) and x.dtype == np.float32
    assert np.allclose(x.reshape(6, 12, 12, 3) * 255, colour, atol=1e-3)
    grey = noise(channels=1)
    x = PixelsEncoder().fitted(columns(grey)).encode(columns(grey))
    assert x.shape == (6, 144) and np.allclose(x.reshape(6, 12, 12, 1) * 255, grey, atol=1e-3)


@pytest.mark.parametrize(
    ("encoder", "width"),
    [
        (PixelsEncoder(side=8), 192),
        (PixelsEncoder(side=8, colour="grey"), 64),
        (PixelsEncoder(colour="rgb"), 432),
    ],
)
def test_side_and_colour_may_be_chosen(encoder, width):
    assert encoder.fitted(columns(noise())).encode(columns(noise())).shape == (6, width)


def test_large_pictures_are_scaled_and_mean_the_same(tmp_path):
    contents = []
    for i, shape in enumerate([(200, 120, 3), (90, 300, 3), (80, 80, 3)]):
        pixels = np.full(shape, 40 * i, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        contents.append({"kind": "image", "path": str(tmp_path / f"{i}.png"), "meta": {}})
    x = PixelsEncoder().fitted(contents).encode(contents)
    assert x.shape == (3, 64 * 64) and np.allclose(x.mean(axis=1) * 255, [0, 40, 80], atol=0.5)


def test_alone_as_in_company_in_the_store_and_by_its_state(tmp_path):
    encoder = PixelsEncoder().fitted(columns(noise()))
    x = encoder.encode(columns(noise()))
    assert np.array_equal(encoder.encode(columns(noise())[2:3])[0], x[2])
    assert np.array_equal(PixelsEncoder().restored(dict(encoder.state())).encode(columns(noise())), x)
    held = FeatureStore(tmp_path, chunk=4).encode(columns(noise()), PixelsEncoder())
    assert isinstance(held, np.memmap) and np.array_equal(held, x)


def test_a_broken_picture_is_zeros_and_told():
    contents = [dict(one) for one in columns(noise())]
    file = io.BytesIO()
    Image.fromarray(noise()[0]).save(file, "PNG")
    contents[1]["data"] = file.getvalue()[:80]
    told, done = {}, []
    encoder = PixelsEncoder().fitted(contents)
    x = encoder.encode(contents, unreadable=told.__setitem__, progress=lambda *one: done.append(one))
    assert not x[1].any() and x[[0, 2, 3, 4, 5]].any(axis=1).all() and set(told) == {1}
    assert done == [(6, 6)]
    with pytest.raises(SourceError, match="No picture can be read"):
        PixelsEncoder().fitted([contents[1]])


def test_bounds_and_order():
    with pytest.raises(InvalidInput, match="got 3"):
        PixelsEncoder(side=3)
    with pytest.raises(InvalidInput, match="'blue'"):
        PixelsEncoder(colour="blue")
    with pytest.raises(NotFitted):
        PixelsEncoder().encode(columns(noise()))
