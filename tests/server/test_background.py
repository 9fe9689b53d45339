"""A slow model beside a quick one: who ranks when, on what the quick one stands, and how it is stopped."""

import sys
import textwrap
import time

import joblib
import numpy as np
import pytest
from click.testing import CliRunner
from served import client_of, right

from querist.cli import main as cli
from querist.server.background import SlowLearner
from querist.server.learner import Learner, turn
from querist.server.protocol import Report
from querist.server.serving import Serving
from querist.workspace import QUICK, Workspace, current_ranking, current_representation, likeness

SLOW = """
    import time

    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from querist.models import as_model


    class Slow:
        slow = True
        encoder = None

        def __init__(self, seconds=0.0, classes=None):
            self.seconds, self.classes = seconds, classes

        def with_classes(self, classes):
            return Slow(self.seconds, classes)

        def fitted(self, x, y, *, seed=0, progress=None):
            for step in range(10):
                time.sleep(self.seconds / 10)
                if progress is not None:
                    progress(step / 10, f"round {step}")
            one = self.with_classes(self.classes)
            one.inner = as_model(LogisticRegression(), classes=self.classes).fitted(x, y, seed=seed)
            return one

        def proba(self, x):
            return self.inner.proba(x)

        def embed(self, x):
            return self.inner.proba(x) + np.arange(1, 3)


    def at_once():
        return Slow()


    def takes_long():
        return Slow(60.0)
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "slowly.py").write_text(textwrap.dedent(SLOW))
    yield f"{tmp_path / 'slowly.py'}:at_once"
    sys.modules.pop("slowly", None)


def tell(workspace, n):
    with workspace.journal.durable():
        for question in workspace.campaign.ask(n, to="ann"):
            workspace.campaign.tell(question, right(question.content["text"]), by="ann")


def opened(workspace, kind):
    said = []
    learner = kind(Workspace.open(workspace.folder, exclusive=False), said.append)
    learner.prepare()
    return learner, said


def test_the_quick_model_stands_in_and_then_on_what_the_slow_one_sees(make, model):
    workspace = make(model=model, slow=True)
    tell(workspace, 12)
    quick, _ = opened(workspace, Learner)
    assert turn(quick)
    first = current_ranking(workspace.models)
    assert first.version.startswith(QUICK) and current_representation(workspace.models) is None
    slow, said = opened(workspace, SlowLearner)
    assert turn(slow), said
    deep = current_ranking(workspace.models)
    assert deep.version.startswith("m") and deep.labels == 12
    assert [one.note for one in said if one.phase == "training"][1] == "round 0"
    assert not turn(quick)  # the slow model has seen all labels: it ranks
    tell(workspace, 1)
    assert turn(quick)
    now = current_ranking(workspace.models)
    assert now.version.startswith(QUICK) and now.version.endswith(deep.version) and now.labels == 13
    assert quick.pool.features.shape == (40, 2)
    assert current_ranking(workspace.models, slow=True).version == deep.version
    assert not turn(slow)  # one label more is not worth a training yet
    slow._quiet_since -= 60
    assert turn(slow)
    quick.workspace.close()
    slow.workspace.close()


def test_the_model_that_is_exported_is_the_slow_one(make, model, tmp_path):
    workspace = make(model=model, slow=True)
    tell(workspace, 12)
    slow, _ = opened(workspace, SlowLearner)
    assert turn(slow)
    version = slow.published.version
    quick, _ = opened(workspace, Learner)
    for _ in range(30):  # more rankings than are kept
        tell(workspace, 1)
        if not workspace.campaign.held("ann"):
            turn(quick)
    slow.workspace.close()
    quick.workspace.close()
    assert current_ranking(workspace.models).version.startswith(QUICK)
    workspace.close()
    told = CliRunner().invoke(
        cli, ["export", str(workspace.folder), "--what", "model", "-o", str(tmp_path / "out")]
    )
    assert told.exit_code == 0, told.output
    assert type(joblib.load(tmp_path / "out" / "model.joblib")).__name__ == "Slow"
    assert version in (tmp_path / "out" / "README.md").read_text()


def test_the_slow_model_may_have_an_encoder_of_its_own(make, model, tmp_path):
    file = tmp_path / "slowly.py"
    file.write_text(file.read_text().replace("encoder = None", 'encoder = "tfidf"'))
    workspace = make(model=model, slow=True, encoder="auto")
    tell(workspace, 12)
    slow, said = opened(workspace, SlowLearner)
    assert turn(slow), said
    assert slow.pool.features.shape[0] == 40
    assert len(list((workspace.folder / "features").glob("*/manifest.json"))) >= 1
    slow.workspace.close()


PUSHING = """
import sys
from querist.server import learner
from querist.server.background import SlowLearner
learner.step_back = lambda **how: None
sys.exit(learner.main(sys.argv[1:], SlowLearner))
"""


@pytest.fixture
def pushing(monkeypatch):
    """A slow learner that gives way to nobody: on a busy machine one that does might never have its turn."""
    made = Serving._trainer

    def trainer(serving):
        supervisor = made(serving)
        supervisor.command = [sys.executable, "-c", PUSHING, str(serving.workspace.folder)]
        return supervisor

    monkeypatch.setattr(Serving, "_trainer", trainer)


def test_training_is_shown_stopped_and_begun_again_while_questions_go_on(make, model, pushing):
    workspace = make(model=model.replace("at_once", "takes_long"), slow=True)
    tell(workspace, 12)
    with Serving(workspace) as serving, client_of(workspace, serving.app) as client:
        assert _until(client, lambda told: told["background"] and told["background"]["fraction"])
        assert _until(client, lambda told: (told["learner"]["version"] or "").startswith(QUICK))
        question = client.post("/api/next", json={"n": 1}).json()["questions"][0]
        assert question["why"]["quick"] or question["why"]["arm"] == "random"
        stopped = client.post("/api/training", json={"on": False}).json()
        assert stopped["background"]["phase"] == "stopped" and serving.background is None
        assert client.post("/api/training", json={"on": False}).status_code == 200  # twice is once
        client.post("/api/training", json={"on": True})
        assert _until(client, lambda told: told["background"]["phase"] == "training")


def test_a_last_word_of_a_training_that_was_stopped_is_not_shown(make, model):
    with Serving(make(model=model, slow=True)) as serving:
        serving.train(False)
        serving.hear_background(Report("training", note="round 9"))  # its thread was on the way with it
        assert serving.figures.background.phase == "stopped"
        serving.background = serving._trainer()  # another one, which is not begun here
        serving.hear_background(Report("training", note="round 1"))
        assert serving.figures.background.phase == "training"


def test_the_slow_model_is_shown_as_the_one_in_force(make, model, pushing):
    workspace = make(model=model, slow=True)
    tell(workspace, 12)
    with Serving(workspace) as serving, client_of(workspace, serving.app) as client:
        assert _until(client, lambda told: (told["learner"]["version"] or "").startswith("m"))
        told = client.get("/api/progress").json()
        assert told["learner"]["version"] == told["background"]["version"]
        assert told["learner"]["labels"] == 12


def test_a_quick_model_has_no_training_to_stop(client):
    told = client.post("/api/training", json={"on": False})
    assert told.status_code == 409 and "no training to stop" in told.json()["message"]


def _until(client, seen, seconds=300.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen(client.get("/api/progress").json()):
            return True
        time.sleep(0.1)
    return False


def test_representations_are_alike_up_to_turns_and_scale():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    turn_ = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    assert likeness(x, 3 * x @ turn_ + 1) == pytest.approx(1)
    assert likeness(x, rng.normal(size=(200, 5))) < 0.2
    assert likeness(x, np.ones((200, 2))) == 0 and likeness(np.ones((9, 2)), np.ones((9, 3))) == 1


def test_a_network_is_trained_aside_on_what_it_reads(make, tmp_path):
    pytest.importorskip("torch").set_num_threads(1)
    workspace = make(model=f"torch:hf:{_small_bert(tmp_path / 'bert')}", slow=True)
    tell(workspace, 12)
    slow, said = opened(workspace, SlowLearner)
    assert turn(slow), said
    notes = [one.note for one in said if one.phase == "training"]
    assert any(note.startswith("step ") for note in notes)
    assert current_ranking(workspace.models).version.startswith("m")
    assert current_representation(workspace.models).features.shape[0] == 40
    again = joblib.load(workspace.models / slow.published.version / "model.joblib")
    assert np.allclose(again.proba(slow.pool.features), slow.published.proba, atol=1e-4)
    slow.workspace.close()


def _small_bert(folder):
    """A model of a few words with its tokenizer, as save_pretrained writes them."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    config = transformers.AutoConfig.for_model(
        "bert", vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "goal", "bank", "match", "market", "the", "a"]
    held = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    held.pre_tokenizer = pre_tokenizers.Whitespace()
    held.save(str(folder / "tokenizer.json"))
    return folder
