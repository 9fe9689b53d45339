"""The model's card: what it says, and that the folder is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.errors import InvalidInput
from querist.formats import ModelCard, write_model


def a_card(**more: object) -> ModelCard:
    return ModelCard("Topics", "m12", "text", {"no": 5, "a|b": 1007}, **more)  # type: ignore[arg-type]


def test_the_card_tells_what_it_knows() -> None:
    card = a_card(
        items=7600, annotators=2, model="default", encoder="auto", strategy="default", trained_at=0.0,
        quality=(0.912, 0.85, 0.95, 140), querist="0.1.0", use="import joblib",
        files={"model.joblib": "the model"},
    ).markdown()  # fmt: skip
    for told in (
        "# Topics",
        "m12",
        "1,012 labels of 7,600 items",
        "91.2 %",
        "85.0 % to 95.0 %",
        "140 questions",
    ):
        assert told in card
    assert "| a\\|b | 1,007 |" in card
    assert "```python\nimport joblib\n```" in card
    assert "pickle" in card


def test_the_card_admits_what_it_does_not_know() -> None:
    assert "Unknown: no question was drawn at random" in a_card().markdown()


def test_a_model_is_copied_with_its_card(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"model")
    folder = write_model(tmp_path / "out" / "model", {"model.joblib": tmp_path / "m"}, a_card())
    assert (folder / "model.joblib").read_bytes() == b"model"
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Topics")
    write_model(folder, {"model.joblib": tmp_path / "m"}, a_card())  # again, over the old one


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(InvalidInput, match="is a file"):
        write_model(tmp_path / "model", {}, a_card())
