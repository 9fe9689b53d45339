"""Labelling in a real browser, by keyboard, mouse and touch."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

WORDS = {
    "Sports": ["goal", "match", "team", "coach", "league", "season", "striker", "referee"],
    "Money": ["bank", "market", "shares", "profit", "trade", "investor", "dollar", "merger"],
    "Science": ["planet", "cell", "laser", "protein", "orbit", "genome", "telescope", "enzyme"],
}
QUESTION = "document.querySelector('[data-testid=question]')"
PICTURE = "document.querySelector('[data-testid=question] img')"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def write_texts(path, n=240):
    """News of three kinds; the words tell which."""
    names = list(WORDS)
    rows = ["id,text,source"]
    for i in range(n):
        words = WORDS[names[i % 3]]
        told = " ".join(words[(i * step + i // 3) % 8] for step in (1, 3, 5, 7))
        rows.append(f"n{i},The {told} of report {i},wire {i % 4}")
    path.write_text("\n".join(rows) + "\n")
    return path


def right(text):
    """The class whose words the text holds most of."""
    return max(WORDS, key=lambda name: sum(word in text.split() for word in WORDS[name]))


@pytest.fixture
def texts(tmp_path, start, page):
    """A campaign over texts of three classes, its page open."""
    data = write_texts(tmp_path / "news.csv")
    folder = tmp_path / "news.querist"
    application, address = label(start, data, folder, WORDS)
    page.goto(address)
    question(page)
    return application


def label(start, data, folder, classes):
    """The application over ``data``, and the address of its page."""
    return start(folder, "label", str(data), "--classes", ",".join(classes), "--folder", str(folder))


def goes(page, item):
    """Waits until another item than this is on the screen."""
    page.wait_for_function(f"item => {QUESTION}?.dataset.item !== item", arg=item)


def comes(page, item):
    """Waits until this item is on the screen."""
    page.wait_for_function(f"item => {QUESTION}?.dataset.item === item", arg=item)


def question(page):
    return page.get_by_test_id("question")


def shown(page):
    """The item on the screen and its text."""
    on_screen = question(page)
    return on_screen.get_attribute("data-item"), on_screen.inner_text()


def answer(page, key=None):
    """Answers what is on the screen by its key, and waits for the next; gives the item and the value."""
    item, text = shown(page)
    value = right(text)
    page.keyboard.press(key or str(list(WORDS).index(value) + 1))
    goes(page, item)
    return item, value


def delivered(page):
    """Waits until nothing is unsent."""
    page.wait_for_function("() => document.querySelector('[data-testid=unsent]').dataset.count === '0'")


def logged(wanted, seconds=60):
    """Waits until the log says so: that a correction or a flag is unsent the page shows a moment later."""
    until = time.monotonic() + seconds
    while not wanted() and time.monotonic() < until:
        time.sleep(0.05)
    assert wanted()


def learned(page, than=""):
    """Waits for a model other than ``than``; gives its version."""
    page.wait_for_function(
        "than => { const v = document.querySelector('[data-testid=learner]').dataset.version;"
        " return v !== '' && v !== than }",
        arg=than,
        timeout=300_000,
    )
    return page.get_by_test_id("learner").get_attribute("data-version")


def test_thirty_texts_by_keyboard_with_all_that_happens_on_the_way(texts, page):
    told = dict(answer(page) for _ in range(10))
    first = learned(page)

    page.reload()  # in the middle: the same question is there again
    before = shown(page)
    page.reload()
    assert shown(page) == before

    item, _ = answer(page)  # undo takes the label back and puts the question on the screen
    delivered(page)
    assert item in texts.state().labels
    page.keyboard.press("Control+z")
    comes(page, item)
    delivered(page)
    assert item not in texts.state().labels
    told[item] = answer(page)[1]

    skipped, _ = shown(page)
    page.keyboard.press("Space")
    goes(page, skipped)
    delivered(page)
    assert skipped in texts.state().skipped

    texts.kill()  # the server is gone: what is on the screen can still be answered
    told.update(answer(page) for _ in range(2))
    page.wait_for_function("() => document.querySelector('[data-testid=unsent]').dataset.count === '2'")
    assert page.get_by_test_id("away").is_visible()
    texts.start()
    delivered(page)

    while len(told) < 30:
        told.update([answer(page)])
    delivered(page)
    assert learned(page, than=first) != first
    assert {item: texts.state().labels[item] for item in told} == told
    arms = {query.asked.arm for query in texts.state().queries.values()}
    assert "active" in arms
    assert texts.stop() == 0


def test_the_queue_follows_the_model(texts, page):
    for _ in range(14):
        answer(page)
    learned(page)
    for _ in range(5):  # the three that are held already were chosen before
        answer(page)
    asked = [query.asked for query in texts.state().queries.values()]
    active = [one for one in asked if one.arm == "active" and one.model]
    assert active, "after training, questions come from the model's ranking"
    assert all(one.rank is not None and one.why and one.probability for one in active)
    versions = {one.model for one in asked if one.model}
    assert versions
    page.get_by_test_id("why").get_by_role("button").first.click()
    assert page.locator("#why-details").is_visible()


def test_a_correction_in_the_list_of_answers(texts, page):
    item, value = answer(page)
    answer(page)
    delivered(page)
    other = next(name for name in WORDS if name != value)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    comes(page, item)
    page.keyboard.press(str(list(WORDS).index(other) + 1))
    logged(lambda: texts.state().labels[item] == other)
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.get_by_text(re.compile("report")).first.wait_for()


def named(page, name):
    """Says who answers, by the name at the top."""
    page.get_by_test_id("annotator").click()
    page.get_by_label("Who is answering?").and_(page.locator("[data-autofocus]")).fill(name)
    page.keyboard.press("Enter")
    page.get_by_test_id("annotator").get_by_text(name, exact=True).wait_for()
    question(page).wait_for()


def test_two_annotators_never_hold_the_same_item(texts, page, context):
    other = context.browser.new_context()
    try:
        second = other.new_page()
        second.goto(page.url.split("#")[0])  # without the token: refused
        assert "token" in second.content().lower()
        second.goto(texts_address(texts))
        question(second).wait_for()
        assert shown(page)[0] != shown(second)[0], "nobody has given a name yet"
        named(second, "ada")
    finally:
        other.close()
    held = [query.asked for query in texts.state().queries.values() if query.status == "open"]
    assert {one.to for one in held} == {"me", "ada"}, "a name gives back one's own questions alone"
    assert len(held) == len({one.item for one in held})


def test_after_a_name_was_given_the_keys_are_the_page_s(texts, page):
    named(page, "ann")
    page.wait_for_timeout(300)  # the focus would return to the name a moment later
    item, _ = shown(page)
    page.keyboard.press("Space")
    goes(page, item)
    delivered(page)
    assert list(texts.state().skipped_by) == ["ann"]


def texts_address(application):
    token = (application.folder / "token").read_text().strip()
    return f"http://127.0.0.1:{application.port}/?token={token}"


def test_a_class_added_as_one_goes_and_a_flag(texts, page):
    item, _ = shown(page)
    page.keyboard.press("n")
    page.get_by_test_id("new-class-name").fill("Weather")
    page.get_by_test_id("new-class-save").click()
    page.get_by_test_id("class-Weather").wait_for()
    page.get_by_test_id("new-class-name").wait_for(state="detached")
    if shown(page)[0] == item:
        page.keyboard.press("4")
    goes(page, item)
    delivered(page)
    assert texts.state().classes == (*WORDS, "Weather")
    assert texts.state().labels[item] == "Weather"

    item, _ = shown(page)
    page.keyboard.press("f")
    page.get_by_test_id("flag-comment").fill("which is it?")
    page.get_by_test_id("flag-save").click()
    logged(lambda: getattr(texts.state().items.get(item), "comment", "") == "which is it?")


def test_on_a_phone_everything_is_in_reach(texts, chromium):
    phone = chromium.new_context(
        viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    try:
        page = phone.new_page()
        page.goto(texts_address(texts))
        item, text = shown(page)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"the page is {wide} pixels too wide for a phone"
        button = page.get_by_test_id(f"class-{right(text)}")
        assert button.bounding_box()["height"] >= 44
        button.tap()
        goes(page, item)
        delivered(page)
        assert texts.state().labels[item] == right(text)
    finally:
        phone.close()


def labelled_before(path, n, labelled):
    """The same news, with a column of labels that holds the first ``labelled`` of them."""
    head, *rows = write_texts(path, n).read_text().splitlines()
    told = [f"{row},{list(WORDS)[i % 3] if i < labelled else ''}" for i, row in enumerate(rows)]
    path.write_text("\n".join([f"{head},topic", *told]) + "\n")
    return path


@pytest.mark.parametrize(("labelled", "stop"), [(9, False), (190, True)])
def test_the_page_says_whether_to_stop_and_why(tmp_path, start, page, labelled, stop):
    data, folder = labelled_before(tmp_path / "news.csv", 200, labelled), tmp_path / "news.querist"
    _, address = start(folder, "label", str(data), "--label", "topic", "--folder", str(folder))
    page.goto(address)
    page.get_by_test_id("learner").wait_for(state="attached")
    version = learned(page)
    for _ in range(2):  # a verdict wants two models
        answer(page)
        delivered(page)
        version = learned(page, than=version)
    page.goto(page.url.split("#")[0] + "#/progress")
    verdict, way = (
        page.get_by_test_id("verdict"),
        page.get_by_role("progressbar", name="How far it is to a stop"),
    )
    verdict.get_by_text("Yes, you may stop." if stop else "Not yet.").wait_for()
    told = verdict.inner_text()
    points = r"would make it right at most \d+\.\d points more often"
    why = f"nothing left to gain|{points}" if stop else points
    assert re.search(why, told), told
    assert (int(way.get_attribute("aria-valuenow")) == 100) == stop
    assert page.get_by_role("heading", name="Stop?").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible(texts, page, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm ci in web/)")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for _ in range(4):
        answer(page)
    for view in ("label", "progress", "answers", "settings"):
        page.goto(page.url.split("#")[0] + f"#/{view}")
        page.wait_for_timeout(700)
        if view == "settings":
            page.get_by_text("it falls steadily").click()  # what is not saved yet shows more
            page.wait_for_timeout(300)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], f"{view}, {scheme}: {serious}"


def test_images_are_shown_and_answered(tmp_path, start, page):
    import numpy as np
    from sklearn.datasets import load_digits

    pictures, digits = load_digits(return_X_y=True)
    pictures = (pictures.reshape(-1, 8, 8) * 15.9).astype(np.uint8)[:300]
    data = tmp_path / "digits.npy"
    np.save(data, pictures)
    folder = tmp_path / "digits.querist"
    application, address = label(start, data, folder, map(str, range(10)))
    page.goto(address)
    told = {}
    for _ in range(12):
        on_screen = question(page)
        assert on_screen.get_attribute("data-kind") == "image"
        item = on_screen.get_attribute("data-item")
        picture = on_screen.locator("img").first
        picture.wait_for()
        page.wait_for_function(f"() => {{ const i = {PICTURE}; return i.complete && i.naturalWidth === 8 }}")
        assert picture.bounding_box()["width"] >= 200, "a tiny picture is shown large"
        told[item] = str(digits[int(re.search(r"\d+", item).group())])
        page.get_by_test_id(f"class-{told[item]}").click()
        goes(page, item)
    delivered(page)
    assert {item: application.state().labels[item] for item in told} == told


def test_many_classes_are_found_by_typing(tmp_path, start, page):
    data = write_texts(tmp_path / "news.csv", 60)
    names = [f"topic {chr(97 + i)}{chr(97 + i)}" for i in range(24)]
    folder = tmp_path / "many.querist"
    application, address = label(start, data, folder, names)
    page.goto(address)
    item, _ = shown(page)
    page.keyboard.press("/")
    page.get_by_test_id("filter").fill("qq")
    page.keyboard.press("Enter")
    goes(page, item)
    delivered(page)
    assert application.state().labels[item] == "topic qq"
