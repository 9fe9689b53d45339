"""Pictures labelled in a real browser while a network learns them in the background."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from test_labelling import delivered, goes, learned, question

pytestmark = pytest.mark.browser
pytest.importorskip("torch", reason="the extra 'torch' is not installed")

CLASSES = ("lying", "standing", "square")
SIDE = 20
WATCH = """() => {
  window.phases = [];
  setInterval(() => {
    const phase = document.querySelector('[data-testid=background]')?.dataset.phase;
    if (phase && window.phases.at(-1) !== phase) window.phases.push(phase);
  }, 20);
}"""


def pictures(n=150):
    """Bars that lie, bars that stand, and squares, here and there in the noise."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 90, (n, SIDE, SIDE), dtype=np.uint8)
    for i in range(n):
        high, wide = ((3, 11), (11, 3), (8, 8))[i % 3]
        top, left = rng.integers(0, SIDE - high), rng.integers(0, SIDE - wide)
        x[i, top : top + high, left : left + wide] += 140
    return x


def answer(page):
    """Answers what is on the screen by its key; gives the item, and what the page says of why it is asked."""
    item = question(page).get_attribute("data-item")
    told = page.locator("#why-details").inner_text() if page.locator("#why-details").count() else ""
    page.keyboard.press(str(int(re.search(r"\d+", item).group()) % 3 + 1))
    goes(page, item)
    return item, told


def test_a_network_learns_beside_the_quick_model_and_takes_over(tmp_path, start, page, context):
    data, folder = tmp_path / "bars.npy", tmp_path / "bars.querist"
    np.save(data, pictures())
    options = ("--classes", ",".join(CLASSES), "--model", "torch:cnn", "--explore", "0")
    application, address = start(folder, "label", str(data), *options, "--folder", str(folder))
    page.goto(address)
    question(page).wait_for()
    progress = context.new_page()
    progress.goto(address.split("#")[0] + "#/progress")
    progress.get_by_text("The model in the background").wait_for()
    progress.evaluate(WATCH)

    page.bring_to_front()
    page.get_by_test_id("why").get_by_role("button").first.click()  # open from now on
    told = [answer(page)[1] for _ in range(12)]
    learned(page)
    for _ in range(60):
        if any("quick stand-in" in one for one in told):
            break
        told.append(answer(page)[1])
        page.wait_for_timeout(300)
    assert any("quick stand-in" in one for one in told), told[-1]
    delivered(page)
    shot(page, "quick")

    progress.wait_for_function("() => window.phases.includes('training')", polling=200, timeout=300_000)
    shot(progress, "training")
    progress.wait_for_function("() => window.phases.at(-1) === 'idle'", polling=200, timeout=300_000)
    phases = progress.evaluate("window.phases")
    assert phases.index("training") < phases.index("idle")
    shot(progress, "progress")

    page.bring_to_front()
    page.wait_for_function(
        "() => /^m\\d/.test(document.querySelector('[data-testid=learner]').dataset.version)",
        polling=200,
        timeout=300_000,
    )
    for _ in range(12):  # those that are held already were chosen before
        _item, told_now = answer(page)
        if re.search(r"Model\s+m\d+\s", told_now + " ") and "stand-in" not in told_now:
            break
    else:
        raise AssertionError(told_now)
    delivered(page)
    shot(page, "network")
    state = application.state()
    models = [query.asked.model or "" for query in state.queries.values()]
    assert any(one.startswith("q") for one in models) and any(re.match(r"m\d", one) for one in models)
    numbers = {int(re.search(r"\d+", item).group()): value for item, value in state.labels.items()}
    assert all(value == CLASSES[number % 3] for number, value in numbers.items())
    assert (folder / "models" / "representation.json").is_file()
    assert application.stop() == 0


def shot(page, name):
    """A picture for the eye, where QUERIST_SHOTS names a folder."""
    if folder := os.environ.get("QUERIST_SHOTS"):
        page.screenshot(path=f"{folder}/network-{name}.png", full_page=True)
