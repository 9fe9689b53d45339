"""Thirty news and thirty pictures labelled by keyboard, with all that can happen in between."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("QUERIST_DATA" not in os.environ, reason="QUERIST_DATA names no folder of data sets"),
]

TOPICS = ("World", "Sports", "Business", "Sci/Tech")
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
DATASET = "document.querySelector('[data-testid=question]')?.dataset"
UNSENT = "() => document.querySelector('[data-testid=unsent]').dataset.count === '0'"


def on_screen(page):
    question = page.get_by_test_id("question")
    question.wait_for()
    return question.get_attribute("data-item")


def gone(page, item):
    page.wait_for_function(f"item => {DATASET}?.item !== item", arg=item)


def label_thirty(application, page, value_of, key_of):
    """Answers as the data have it; undoes, skips, reloads, and kills the server in the middle."""
    told, skipped, versions = {}, None, set()
    while len(told) < 30:
        item = on_screen(page)
        if len(told) == 8 and skipped is None:
            skipped = item
            page.keyboard.press("Space")
            gone(page, item)
            continue
        value = value_of(page, item)
        page.keyboard.press(key_of(value))
        gone(page, item)
        told[item] = value
        if len(told) == 12:
            page.keyboard.press("Control+z")
            page.wait_for_function(f"item => {DATASET}?.item === item", arg=item)
            page.wait_for_function(UNSENT)
            assert item not in application.state().labels
            page.keyboard.press(key_of(value))
            gone(page, item)
        if len(told) == 16:
            page.wait_for_function(UNSENT)
            before = on_screen(page)
            page.reload()
            assert on_screen(page) == before
        if len(told) == 20:
            application.kill()
            application.start()
        if len(told) in (10, 25):
            page.wait_for_function(UNSENT)
            page.wait_for_function(  # a model that no question came from yet
                "seen => !seen.includes(document.querySelector('[data-testid=learner]').dataset.version)",
                arg=["", *versions],
                timeout=300_000,
            )
        versions.add(page.get_by_test_id("learner").get_attribute("data-version"))
    page.wait_for_function(UNSENT)
    state = application.state()
    assert {item: state.labels[item] for item in told} == told
    assert skipped in state.skipped
    assert len(versions - {""}) > 1, "the model was trained again and again"
    asked = [query.asked for query in state.queries.values()]
    by_model = {one.model for one in asked if one.arm == "active" and (one.model or "").startswith("m")}
    assert len(by_model) > 1, "the queue was reordered by more than one model"


def test_news(tmp_path, start, page):
    data = Path(os.environ["QUERIST_DATA"]) / "text_agnews" / "test.csv"
    truth = {}
    with data.open(encoding="utf-8", newline="") as lines:
        for number, title, text in csv.reader(lines):
            truth[" ".join(f"{title} {text}".split())] = TOPICS[int(number) - 1]

    def value_of(page, _item):
        shown = page.get_by_test_id("question").inner_text().split("\ncolumn 1:")[0]
        return truth[" ".join(shown.split())]

    folder = tmp_path / "news.querist"
    application, address = start(
        folder, "label", str(data), "--classes", ",".join(TOPICS), "--folder", str(folder)
    )
    page.goto(address)
    label_thirty(application, page, value_of, lambda value: str(TOPICS.index(value) + 1))


def test_pictures_of_clothes(tmp_path, start, page):
    import numpy as np

    with np.load(Path(os.environ["QUERIST_DATA"]) / "image_fashion_mnist" / "fashion_mnist.npz") as arrays:
        pictures, truth = arrays["x_train"], arrays["y_train"]
    data = tmp_path / "clothes.npy"
    np.save(data, pictures)
    folder = tmp_path / "clothes.querist"
    application, address = start(
        folder, "label", str(data), "--classes", ",".join(CLOTHES), "--folder", str(folder)
    )
    page.goto(address)
    label_thirty(
        application,
        page,
        lambda _page, item: CLOTHES[int(truth[int(item)])],
        lambda value: str((CLOTHES.index(value) + 1) % 10),
    )
