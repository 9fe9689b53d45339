"""A round of the loop on a device, in small on the processor: its parts make the whole."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

pytest.importorskip("torch")


@pytest.fixture
def bench(borrow: Any) -> Any:
    return borrow("", ["device"]).device


def test_a_round_is_made_of_its_parts(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from querist.models.torch import TorchModel, Training
    from querist.models.torch.networks import Convolutional, Perceptron

    quick = Training(epochs=1, least_steps=2)
    small = {
        "pictures": TorchModel(Convolutional(channels=(2,), hidden=4), training=quick, device="cpu"),
        "vectors": TorchModel(Perceptron(hidden=(4,)), training=quick, device="cpu"),
    }
    monkeypatch.setattr(bench, "networks", lambda device, quick=False: small)
    told = bench.rounds(Namespace(pictures=60, rows=200, columns=6, batch=5, device="cpu"))
    assert set(told) == set(bench.ROUNDS)
    for parts in told.values():
        assert min(parts.values()) > 0
        assert parts["training"] + parts["scoring"] + parts["choosing"] <= parts["round"]
    assert "draws" not in vars(TorchModel)  # what was clocked is as it was
    page = bench.table({"2 cores": told})
    assert page.count("| 2 cores |") == 3 and "BALD, pictures" in page


def test_the_searches_of_a_device_are_those_of_the_processor(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.kernels(Namespace(rows=400, columns=6, batch=9, device="cpu"))
    assert capsys.readouterr().out.count("100% |") == 3
