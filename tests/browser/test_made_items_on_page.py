"""Made items on the page: marked as made, answered like any other, refused, kept over a crash."""

from __future__ import annotations

import pytest
from test_labelling import WORDS, answer, delivered, goes, learned, question, shown, write_texts

from querist.events import CANNOT_BE_LABELLED

pytestmark = pytest.mark.browser


@pytest.fixture
def made(tmp_path, start, page):
    """A campaign that makes texts, some answers given, its page open."""
    data = write_texts(tmp_path / "news.csv", n=90)
    folder = tmp_path / "news.querist"
    told = ["--classes", ",".join(WORDS), "--folder", str(folder), "--strategy", "synthesis/like_pool"]
    told += ["--random-share", "0", "--hide-share", "0"]
    application, address = start(folder, "label", str(data), *told)
    page.goto(address)
    question(page)
    for _ in range(12):
        answer(page)
    delivered(page)
    learned(page)
    return application, address


def to_a_made_one(page, most=40):
    """Answers until a made item is on the screen; gives its id and its text."""
    for _ in range(most):
        if page.get_by_test_id("made").count():
            return shown(page)
        answer(page)
        page.wait_for_timeout(150)
    raise AssertionError("nothing was made")


def test_a_made_item_is_marked_answered_and_refused(made, page):
    application, address = made
    item, text = to_a_made_one(page)
    assert page.get_by_test_id("made").inner_text() == "Made for this question"
    assert item.startswith("made-") and text.strip()
    answer(page)
    delivered(page)
    assert item in application.state().labels

    refused, _ = to_a_made_one(page)
    page.get_by_test_id("skip-because").click()
    page.get_by_test_id("skip-causes").get_by_text(CANNOT_BE_LABELLED).click()
    goes(page, refused)
    delivered(page)
    state = application.state()
    assert [one.because for one in state.items[refused].skips.values()] == [CANNOT_BE_LABELLED]

    page.goto(f"{address.split('#')[0]}#answers")
    page.get_by_text("Made for the question").first.wait_for()


def test_a_made_item_is_still_there_after_a_crash(made, page):
    application, _ = made
    item, text = to_a_made_one(page)
    delivered(page)
    application.kill()
    page.goto(application.start())
    question(page).wait_for()
    assert shown(page) == (item, text)
    assert page.get_by_test_id("made").is_visible()
    answer(page)
    delivered(page)
    assert item in application.state().labels
