"""Readers of the public collections that the benchmarks use, below the folder QUERIST_DATA.

Each folder has a SOURCE.txt that tells where its data come from.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from querist.evaluation.dataset import Dataset
from querist.evaluation.files import encoded, read_libsvm

__all__ = ["COLLECTIONS"]


def _libsvm(name: str, path: Path) -> Dataset:
    made = read_libsvm(path, task="classes")
    return Dataset(_short(name), made.x, made.y, task="classes", scale=True)


_TARGETS = {
    "LetterRecognition": "lettr",
    "Satellite": "classes",
    "Shuttle": "Class",
    "PimaIndiansDiabetes": "diabetes",
    "Glass": "Type",
    "ames": "Sale_Price",
    "Sacramento": "price",
    "concrete": "compressive_strength",
    "biomass": "HHV",
    "diamonds": "price",
    "cells": "class",
    "mlc_churn": "churn",
    "credit_data": "Status",
    "penguins": "species",
    "hpc_data": "class",
}
_NOT_FEATURES = {"BreastCancer": ("Id",), "biomass": ("sample", "dataset"), "cells": ("case",)}


def _columns(name: str, path: Path, task: str, encoder: Any) -> Dataset:
    """A CSV with a heading: numbers as they are, categories encoded; rows without an answer left out."""
    stem = path.name.removesuffix(".csv.gz")
    target = _TARGETS.get(stem, "Class")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row[target] not in ("", "NA")]
    names = [one for one in rows[0] if one not in (target, *_NOT_FEATURES.get(stem, ()))]
    contents = [{"kind": "row", "fields": {one: row[one] for one in names}} for row in rows]
    told = [row[target] for row in rows]
    y: Any = np.array(told, dtype=np.float64) if task == "number" else told
    try:
        x = np.array([[float(row[one]) for one in names] for row in rows])
        return Dataset(_short(name), x, y, task=task, scale=True)
    except ValueError:  # words, or gaps
        return Dataset(_short(name), encoded("row", contents, encoder), y, task=task)


def _classes(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    return _columns(name, path, "classes", encoder)


def _numbers(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    return _columns(name, path, "number", encoder)


def _uci(name: str, path: Path) -> Dataset:
    """Numbers alone, without a heading; the last column is the answer (the last but one of naval)."""
    table = np.loadtxt(path, delimiter="," if path.name.endswith(".csv.gz") else None)
    targets = 2 if path.name.startswith("naval") else 1
    return Dataset(_short(name), table[:, :-targets], table[:, -targets], task="number", scale=True)


def _mnist_vae(name: str, path: Path) -> Dataset:
    held = {one: np.load(path / f"{one}.npy") for one in
            ("embeddings_vae_train", "embeddings_vae_test", "labels_train", "labels_test")}  # fmt: skip
    tested = held["embeddings_vae_test"], held["labels_test"]
    return Dataset(name, held["embeddings_vae_train"], held["labels_train"], tested, task="classes")


def _pictures(name: str, path: Path) -> Dataset:
    """Pictures as rows of their pixels, in 0..1."""
    with np.load(next(path.glob("*.npz")), allow_pickle=False) as held:
        x, tested = (held[one].reshape(len(held[one]), -1) / np.float32(255) for one in ("x_train", "x_test"))
        return Dataset(name, x, held["y_train"], (tested, held["y_test"]), task="classes")


def _texts(name: str, train: list[str], y: list[str], test: list[str], z: list[str], encoder: Any) -> Dataset:
    """Texts as features; the encoder learns from those that may be asked about alone."""
    from querist.encoders import encoder_for

    contents, others = ([{"kind": "text", "text": one} for one in texts] for texts in (train, test))
    fitted = encoder_for("text", encoder).fitted(contents)
    tested = (fitted.encode(others), z) if test else None
    return Dataset(name, fitted.encode(contents), y, tested, task="classes")


def _lines(path: Path, encoding: str = "utf-8") -> list[str]:
    return [line for line in path.read_text(encoding=encoding).split("\n") if line.strip()]


def _label_first(path: Path) -> tuple[list[str], list[str]]:
    pairs = [line.split(" ", 1) for line in _lines(path, "latin-1")]
    return [text for _, text in pairs], [label for label, _ in pairs]


def _trec(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    train, test = (_label_first(path / f"TREC.{part}.all") for part in ("train", "test"))
    return _texts(name, *train, *test, encoder)


def _polarity(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    return _texts(_short(name), *_label_first(path), [], [], encoder)


def _sst2(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    parts = [[line.rsplit("\t", 1) for line in _lines(path / f"{part}.tsv")] for part in ("train", "test")]
    (train, y), (test, z) = ([list(column) for column in zip(*pairs, strict=True)] for pairs in parts)
    return _texts(name, train, y, test, z, encoder)


def _agnews(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    with open(path / "test.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    return _texts(name, [f"{row[1]}. {row[2]}" for row in rows], [row[0] for row in rows], [], [], encoder)


def _tweets(name: str, path: Path, encoder: Any = "auto") -> Dataset:
    read = {part: (path / f"{part}_text.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
            for part in ("train", "test")}  # fmt: skip
    y, z = ((path / f"{part}_labels.txt").read_text(encoding="utf-8").split() for part in ("train", "test"))
    return _texts(_short(name), read["train"], y, read["test"], z, encoder)


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1]


COLLECTIONS: dict[str, tuple[str, Callable[..., Dataset]]] = {
    "tab_al_benchmark": ("*-svmstyle.txt.gz", _libsvm),
    "tab_mlbench": ("*.csv.gz", _classes),
    "tab_modeldata": ("*.csv.gz", _classes),
    "tab_uci_regression": ("*.gz", _uci),
    "tab_r_regression": ("*.csv.gz", _numbers),
    "image_mnist": ("", _pictures),
    "image_fashion_mnist": ("", _pictures),
    "image_mnist_vae": ("", _mnist_vae),
    "text_trec": ("", _trec),
    "text_mr": ("*.all", _polarity),
    "text_sst2": ("", _sst2),
    "text_agnews": ("", _agnews),
    "text_tweeteval": ("[ehio]*", _tweets),
}
"""Folder: the files that are a data set each ("": the folder is one), and their reader."""
