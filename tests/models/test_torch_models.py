"""Networks keep the laws of models, say what their modules say, and leave the modules as they are."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from querist.data import Pool  # noqa: E402
from querist.errors import InvalidInput, MissingCapability, MissingExtra, NotFitted, TrainingFailed  # noqa: E402
from querist.models import as_model, capabilities, is_fitted  # noqa: E402
from querist.models.torch import DeepEnsemble, TorchModel, Training, backend  # noqa: E402
from querist.models.torch.building import warmed  # noqa: E402
from querist.models.torch.training import Lesson  # noqa: E402
from querist.strategies import Snapshot, as_strategy, choose  # noqa: E402
from querist.testing import MODEL_LAWS, blobs, check_model  # noqa: E402

torch.set_num_threads(1)  # tests run beside one another
QUICK = Training(epochs=5, least_steps=40)


def layers(classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, classes))


class Branched(nn.Module):
    """No sequence, with batch statistics, a functional layer, and logits that are no layer's output."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, classes)
        self.drop = nn.Dropout(0.4)

    def forward(self, x):
        return torch.log_softmax(self.last(self.drop(torch.relu(self.norm(self.first(x))))), dim=1)


class Tagger(nn.Module):
    """A class for every number of a row."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.wide, self.last = nn.Linear(1, 8), nn.Linear(8, classes)

    def forward(self, x):
        return self.last(torch.tanh(self.wide(x[:, :, None])))


def fixed() -> nn.Module:
    return nn.Linear(4, 3)


def apart(n: int = 60):
    """Three heaps far enough from each other to be told without fault."""
    x, y = blobs(n)
    return x + 4 * np.eye(3, 4)[np.array(["a", "b", "c"]).searchsorted(y)], y


def fit(factory=layers, n=40, **more):
    x, y = apart()
    more.setdefault("training", QUICK)
    return TorchModel(factory, **more).fitted(x[:n], y[:n]), x, y


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize("factory", [layers, Branched])
def test_networks_keep_the_laws(factory, law):
    check_model(TorchModel(factory, training=QUICK), laws={law: MODEL_LAWS[law]})


def test_an_ensemble_keeps_the_laws_and_embeds():
    model = DeepEnsemble(TorchModel(layers, training=QUICK), 2)
    check_model(model)
    x, y = blobs(40)
    told = model.fitted(x, y, seed=1)
    one, two = (member.proba(x) for member in told.members)
    assert not np.allclose(one, two) and np.allclose(told.proba(x), (one + two) / 2)
    assert (told.embed(x) == told.members[0].embed(x)).all() and not hasattr(model, "embed")
    assert told.fitted(x, y, seed=1).proba(x).tolist() == told.proba(x).tolist()
    assert told.with_classes(["zz", "a", "b", "c"]).proba(x)[:, 0].max() == 0
    with pytest.raises(InvalidInput, match="0 members"):
        DeepEnsemble(model, 0)


def test_it_learns_what_there_is_to_learn():
    model, x, y = fit(training=Training(least_steps=200))
    assert np.mean(model.predict(x[40:]) == np.array(y[40:])) > 0.9


def test_scoring_leaves_the_module_as_it_was():
    model, x, _ = fit(Branched)
    module = model.network
    module.norm.train()  # a mode of the user's own
    before = pickle.dumps((module.state_dict(), [part.training for part in module.modules()]))
    hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()]
    statistics = module.norm.num_batches_tracked.item()
    model.proba(x), model.embed(x), model.head(), model.gradient(x[:3])
    model.draws(x, 3, np.random.default_rng(0))
    model.gradient(x[:2], parameters=["first.weight"])
    after = pickle.dumps((module.state_dict(), [part.training for part in module.modules()]))
    assert before == after and module.norm.num_batches_tracked.item() == statistics
    assert hooks == [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()]
    assert all(one.grad is None for one in module.parameters())


def test_several_threads_may_ask_at_once():
    from concurrent.futures import ThreadPoolExecutor

    model, x, _ = fit(Branched)
    alone = model.embed(x), model.draws(x, 4, np.random.default_rng(0)), model.proba(x)

    def ask(_):
        return model.embed(x), model.draws(x, 4, np.random.default_rng(0)), model.proba(x)

    with ThreadPoolExecutor(4) as pool:
        for said in pool.map(ask, range(12)):
            assert all((one == two).all() for one, two in zip(said, alone, strict=True))
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.network.modules())


def test_probabilities_and_embeddings_are_the_module_s_own():
    model, x, _ = fit()
    module = copy.deepcopy(model.network).eval()
    with torch.no_grad():
        inside = module[:3](torch.from_numpy(x.astype(np.float32)))
        said = torch.softmax(module[3](inside), dim=1)
    assert np.allclose(model.proba(x), said.numpy(), atol=1e-6)
    assert np.allclose(model.embed(x), inside.numpy(), atol=1e-6)
    there = TorchModel(layers, training=QUICK, embed_on_device=True).fitted(x[:40], apart()[1][:40])
    assert isinstance(there.embed(x), torch.Tensor)
    assert np.allclose(there.embed(x).cpu().numpy(), model.embed(x), atol=1e-6)
    weights, bias = model.head()
    logits = model.embed(x) @ weights.T + bias
    again = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.allclose(again / again.sum(axis=1, keepdims=True), said.numpy(), atol=1e-5)


@pytest.mark.parametrize("factory", [layers, Branched])
def test_gradients_equal_those_of_autograd(factory):
    model, x, y = fit(factory)
    last = "3" if factory is layers else "last"
    module = model.network.eval()
    parameters = dict(module.named_parameters())
    names = [f"{last}.weight", f"{last}.bias"]
    for given in (None, y[:6]):
        found = model.gradient(x[:6], given)
        assert np.allclose(found, model.gradient(x[:6], given, parameters=names), atol=1e-5)
        for i in range(6):
            logits = module(torch.from_numpy(x[i : i + 1].astype(np.float32)))
            number = int(logits.argmax()) if given is None else model.classes.index(y[i])
            loss = -torch.log_softmax(logits, dim=1)[0, number]
            slopes = torch.autograd.grad(loss, [parameters[name] for name in names])
            assert np.allclose(found[i], np.concatenate([one.numpy().ravel() for one in slopes]), atol=1e-5)
    assert model.gradient(x[:2], parameters=["first.weight" if factory is Branched else "0.weight"]).any()
    with pytest.raises(InvalidInput, match="none of the classes"):
        model.gradient(x[:1], ["q"])
    with pytest.raises(InvalidInput, match=r"No parameter is called 'w'"):
        model.gradient(x[:1], parameters=["w"])


def test_capabilities_are_told_truly():
    cold = TorchModel(layers)
    assert not is_fitted(cold) and not hasattr(cold, "embed") and not hasattr(cold, "draws")
    with pytest.raises(NotFitted, match="has not seen a label"):
        cold.proba([[0.0] * 4])
    model, x, y = fit()
    assert capabilities(model) == {"proba", "draws", "embed", "gradient", "head", "predict"}
    assert "draws" not in capabilities(fit(fixed)[0])
    assert not is_fitted(model.template) and is_fitted(model)
    one = cold.fitted(x[:1], y[:1])
    assert one.predict(x).tolist() == [y[0]] * 60 and not hasattr(one, "embed")
    assert one.draws(x, 2, np.random.default_rng(0)).shape == (2, 60, 1) and one.network is None
    with pytest.raises(NotFitted, match="one class"):
        one.state()
    assert set(model.state()) == {"0.weight", "0.bias", "3.weight", "3.bias"}


def test_the_rows_may_be_of_any_kind():
    from scipy.sparse import csr_matrix

    model, x, y = fit()
    said = model.proba(x)
    for other in (x.astype(np.float32), csr_matrix(x), x.tolist(), [torch.tensor(row) for row in x]):
        assert np.allclose(model.proba(other), said, atol=1e-6)
    texts = np.array(["a", "bb", "c", "dd"] * 5, dtype=object)

    def prepare(rows):
        return {"input": torch.tensor([[float(len(row)), 1, 0, 0] for row in rows])}

    told = TorchModel(layers, prepare=prepare, training=Training(least_steps=300, learning_rate=0.01)).fitted(
        texts, [len(one) for one in texts]
    )
    assert told.predict(["zz"]).tolist() == [2] and told.embed(["zz", "y"]).shape == (2, 12)
    paired = TorchModel(
        fixed, prepare=lambda rows: (torch.tensor(np.asarray(rows), dtype=torch.float32),), training=QUICK
    )
    assert paired.fitted(x, y).proba(x).shape == (60, 3)


def test_no_rows_are_no_trouble():
    for one in (fit(), (fit(n=1)[0], *fit()[1:])):
        model, x, _ = one
        classes = len(model.classes)
        assert model.proba(x[:0]).shape == (0, classes) and model.predict(x[:0]).shape == (0,)
        assert model.draws(x[:0], 3, np.random.default_rng(0)).shape == (3, 0, classes)
    assert fit()[0].embed(x[:0]).shape == (0, 12)


def test_the_order_of_the_classes_may_be_any():
    x, y = apart()
    turned = TorchModel(fixed, classes=["c", "a", "b"], training=QUICK)
    told = turned.fitted(x[:40], y[:40])
    assert np.allclose(told.proba(x)[:, [1, 2, 0]], fit(fixed)[0].proba(x), atol=1e-6)
    lacking = [i for i, one in enumerate(y) if one != "b"]
    partly = turned.fitted(x[lacking], [y[i] for i in lacking])
    assert (partly.proba(x)[:, 2] == 0).all() and np.allclose(partly.proba(x).sum(axis=1), 1)
    assert partly.head()[1][2] == -np.inf and partly.head()[0].shape == (3, 4)


def test_units_are_told_item_by_item():
    x = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    y = [tuple("hi" if one else "lo" for one in row) for row in x]
    y[3] = ("lo", None, "hi")
    model = TorchModel(
        Tagger, structured=True, lengths=lambda rows: [2] * len(rows), training=Training(least_steps=200)
    )
    told = model.fitted(x, y)
    assert capabilities(told) == {"units", "predict", "embed"}
    said, item = told.units(x)
    assert said.shape == (8, 2) and item.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert np.allclose(said.sum(axis=1), 1)
    assert told.predict(x).tolist() == [one[:2] for one in [*y[:3], ("lo", "lo", "hi")]]
    assert model.fitted(x[:1], [("lo", "lo")]).units(x[:2])[0].tolist() == [[1.0]] * 4


# ---------------------------------------------------------------- training


def test_labels_are_held_back_only_when_there_are_enough():
    training, rng = Training(held_back=0.2, least_held_back=4), np.random.default_rng(0)
    few, many = np.array([0, 0, 1, 1, 2]), np.array([0] * 30 + [1] * 9 + [2])
    assert not training.held(few, rng).any()
    held = training.held(many, rng)
    assert held.sum() == 8 and not held[39]
    assert (
        training.held(many, np.random.default_rng(0)) == training.held(many, np.random.default_rng(0))
    ).all()
    assert not Training(held_back=0.0).held(many, rng).any()


def test_training_stops_when_held_back_labels_are_told_no_better():
    x, y = blobs(60)
    steps = []
    training = Training(
        epochs=400,
        held_back=0.4,
        patience=2,
        learning_rate=0.05,
        progress=lambda done, *_: steps.append(done),
    )
    TorchModel(layers, training=training).fitted(x, y)
    assert steps == list(range(1, len(steps) + 1)) and len(steps) < 400


@pytest.mark.parametrize(
    "more",
    [
        {"optimizer": "sgd", "schedule": "cosine", "clip": 1.0},
        {"optimizer": "adam", "learning_rate": "find"},
        {"optimizer": lambda learns, rate: torch.optim.RMSprop(learns, lr=rate)},
    ],
)
def test_optimisers_schedules_and_rates(more):
    model, x, y = fit(training=Training(least_steps=150, **{"learning_rate": 0.01, **more}))
    assert np.mean(model.predict(x) == np.array(y)) > 0.9


def test_classes_may_be_weighted():
    x = np.repeat([[0.0] * 4], 40, axis=0)
    y = ["often"] * 36 + ["rare"] * 4
    plain, even, heavy = (
        fit_to(x, y, class_weights=weights) for weights in (None, "balanced", {"often": 1, "rare": 81})
    )
    assert plain < 0.2 and abs(even - 0.5) < 0.05 and heavy > 0.8
    with pytest.raises(InvalidInput, match="weight of 'rare'"):
        fit_to(x, y, class_weights={"often": 1})
    with pytest.raises(InvalidInput, match="one number a batch"):
        fit_to(x, y, loss=nn.functional.cross_entropy, class_weights="balanced")


def fit_to(x, y, loss="cross_entropy", **more):
    training = Training(least_steps=300, learning_rate=0.05, **more)
    return (
        TorchModel(lambda classes: nn.Linear(4, classes), loss, training=training).fitted(x, y).proba(x)[0, 1]
    )


def test_a_loss_of_ones_own_and_augmented_batches():
    seen = []

    def augment(inputs, rng):
        seen.append(rng.random())
        return inputs + 0.01

    model, x, _ = fit(loss=nn.functional.cross_entropy, training=Training(least_steps=20, augment=augment))
    assert len(seen) >= 20 and np.allclose(model.proba(x).sum(axis=1), 1)


def test_a_warm_start_goes_on_from_what_is_known():
    x, y = apart()
    one_step = {"epochs": 1, "least_steps": 1, "learning_rate": 1e-9}
    first, _, _ = fit(training=Training(least_steps=200))
    for start, close in (("warm", True), ("cold", False), ("shrink", False)):
        again = copy.copy(first)
        again.training = Training(start=start, **one_step)
        said = again.fitted(x, y).proba(x)
        assert np.allclose(said, first.proba(x), atol=1e-3) is close
    again.training = Training(start="warm", **one_step)
    more = again.fitted(np.concatenate([x, x[:1]]), [*y, "z"])
    kept, old = more.state(), first.state()
    assert np.allclose(kept["3.weight"][:3], old["3.weight"], atol=1e-5) and kept["3.weight"].shape == (4, 12)
    assert np.allclose(kept["0.weight"], old["0.weight"], atol=1e-5)


def test_a_shrunk_start_is_half_of_what_was_and_a_tenth_of_a_new_one():
    new, old = layers(3), layers(3)
    before = new[0].weight.detach().clone()
    warmed(new, old, layer="3", columns=(0, 1, 2), old_columns=(0, 1, 2), keep=0.5, new=0.1)
    assert torch.allclose(new[0].weight, 0.5 * old[0].weight + 0.1 * before)


def test_a_refresh_is_quick_and_forgets_nothing():
    x, y = apart()
    model, _, _ = fit(n=30, training=Training(least_steps=150))
    told = model.refreshed(x, y, new=range(30, 60), steps=30, seed=1)
    assert told is not model and (told.proba(x) != model.proba(x)).any()
    assert np.mean(told.predict(x) == np.array(y)) > 0.9
    assert (told.proba(x) == model.refreshed(x, y, new=range(30, 60), steps=30, seed=1).proba(x)).all()
    grown = model.refreshed(x[:31], [*y[:30], "z"], new=[30], steps=3)
    assert "z" in grown.classes  # a class that it had no output for


def test_new_and_old_labels_share_the_batches_of_a_refresh(monkeypatch):
    met = []
    real = Lesson.mean_loss
    monkeypatch.setattr(
        Lesson, "mean_loss", lambda self, net, rows, inputs: met.extend(rows) or real(self, net, rows, inputs)
    )
    x, y = blobs(60)
    model, _, _ = fit(n=50)
    met.clear()
    model.refreshed(x, y, new=range(50, 60), steps=60)
    assert 0.4 < np.mean(np.array(met) >= 50) < 0.6


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    from querist.models.torch import checkpoints, training

    monkeypatch.setattr(checkpoints.Checkpoints, "due", lambda self, step: step == 7)
    x, y = blobs(40)
    whole = TorchModel(layers, training=Training(epochs=1, least_steps=20)).fitted(x, y, seed=5)
    model = TorchModel(layers, training=Training(epochs=1, least_steps=20, checkpoints=tmp_path / "models"))
    real = training._Course._update
    taken = []

    def breaks(self, optimizer, rows, step, rate):
        taken.append(step)
        if step == 10 and len(taken) < 12:
            raise KeyboardInterrupt
        return real(self, optimizer, rows, step, rate)

    monkeypatch.setattr(training._Course, "_update", breaks)
    with pytest.raises(KeyboardInterrupt):
        model.fitted(x, y, seed=5)
    assert len(list((tmp_path / "models").iterdir())) == 1
    done = model.fitted(x, y, seed=5)
    assert taken[11:] == list(range(7, 20)) and not list((tmp_path / "models").iterdir())
    assert (done.proba(x) == whole.proba(x)).all()


def test_a_torn_checkpoint_is_worth_nothing(tmp_path):
    from querist.models.torch.checkpoints import Checkpoints, digest

    kept = Checkpoints(tmp_path, "one")
    assert kept.read() is None and not kept.due(1)
    kept.write({"step": 3})
    assert kept.read() == {"step": 3} and Checkpoints(tmp_path, "two").read() is None
    words = np.array([f"text {i}" for i in range(5000)], dtype=object)
    other = words.copy()
    other[2500] = "another"
    assert digest(words) == digest(words.copy()) != digest(other) and digest(1) != digest(2)
    kept.path.write_bytes(b"torn")
    assert kept.read() is None
    kept.remove()


def test_a_line_tells_how_far_it_is(capsys):
    fit(training=Training(epochs=1, least_steps=20, progress=True))
    assert "step 20 of 20" in capsys.readouterr().err
    told = []
    x, y = blobs(20)
    TorchModel(layers, training=Training(epochs=1, least_steps=4)).fitted(
        x, y, progress=lambda *one: told.append(one)
    )
    assert told[-1] == (1.0, "step 4 of 4") and len(told) == 4


def test_the_chance_of_others_is_left_alone():
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    fit()
    assert torch.equal(torch.rand(2), wanted)


def test_a_fitted_network_is_written_and_read():
    model, x, _ = fit()
    again = pickle.loads(pickle.dumps(model))
    assert (again.proba(x) == model.proba(x)).all() and again.device == "auto"
    assert "0x" not in repr(fit(training=Training(least_steps=5, augment=lambda inputs, rng: inputs))[0])


# ---------------------------------------------------------------- what is wrong, and the mend


def test_outputs_are_as_many_as_the_classes():
    with pytest.raises(InvalidInput, match=r"gives 2 numbers a row, and there are 3 classes.*lambda classes"):
        fit(lambda: nn.Linear(4, 2))
    with pytest.raises(InvalidInput, match="gives 3 numbers a row, and there are 5 classes"):
        fit(fixed, classes=["a", "b", "c", "d", "e"])
    with pytest.raises(InvalidInput, match="gives 7 numbers"):
        fit(lambda classes: nn.Linear(4, 7))


def test_rows_that_the_network_cannot_read():
    with pytest.raises(InvalidInput, match=r"cannot read the rows \(2x4\).*prepare="):
        fit(lambda classes: nn.Linear(9, classes))
    with pytest.raises(InvalidInput, match=r"which is no number.*prepare="):
        TorchModel(layers).fitted(np.array(["x", "y"]), ["a", "b"])
    with pytest.raises(InvalidInput, match=r"\(2,\), \(3,\) make no one tensor.*pads"):
        TorchModel(layers, training=QUICK).fitted([[1.0, 2.0], [1.0, 2.0, 3.0]], ["a", "b"])
    with pytest.raises(InvalidInput, match="not a row of logits"):
        fit(lambda classes: nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)))


def test_a_loss_that_is_no_number():
    x, y = blobs(40)
    with pytest.raises(TrainingFailed, match=r"loss is (nan|inf) at step \d+ of.*Lower learning_rate"):
        TorchModel(layers, training=Training(learning_rate=1e30, optimizer="sgd")).fitted(x, y)
    x = x.copy()
    x[3, 2] = np.nan
    with pytest.raises(TrainingFailed, match="features hold NaN"):
        TorchModel(layers, training=QUICK).fitted(x, y)


def test_memory_that_runs_out_halves_the_batch(monkeypatch):
    asked = []

    class Narrow(nn.Linear):
        def forward(self, x):
            asked.append(len(x))
            if len(x) > 3:
                raise torch.OutOfMemoryError("out of memory")
            return super().forward(x)

    x, y = blobs(40)
    model = TorchModel(lambda classes: Narrow(4, classes), training=Training(epochs=1, least_steps=2))
    told = model.fitted(x, y)
    assert max(asked) > 3 and told.proba(x).shape == (40, 3)
    exact = TorchModel(lambda classes: nn.Linear(4, classes), training=Training(epochs=1, least_steps=2))
    assert np.allclose(told.proba(x), exact.fitted(x, y).proba(x), atol=1e-5)


def test_memory_that_does_not_even_suffice_for_one_row():
    def never(start, stop):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with pytest.raises(TrainingFailed, match=r"batch of one row.*smaller network"):
        backend.in_batches(5, 4, never)
    with pytest.raises(TrainingFailed, match="MemoryError"):
        backend.in_batches(1, 1, lambda start, stop: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(RuntimeError, match="other"):
        backend.in_batches(1, 1, lambda start, stop: (_ for _ in ()).throw(RuntimeError("other")))


def test_a_missing_extra_says_how_to_install_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[torch\]'"):
        TorchModel(layers)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: TorchModel(layers, "hinge"), "No loss is called 'hinge'"),
        (lambda: TorchModel(layers, posterior="swag"), "No posterior is called 'swag'"),
        (lambda: TorchModel(layers, posterior="evidential"), "loss='evidential'"),
        (lambda: TorchModel(layers, classes=["a", "a"]), "distinct"),
        (lambda: TorchModel(lambda: 3).fitted([[0.0], [1.0]], ["a", "b"]), "no torch.nn.Module"),
        (lambda: TorchModel(layers).fitted([], []), "No labels"),
        (lambda: TorchModel(layers).fitted([[0.0]], [("a", "b")]), "structured=True"),
        (lambda: TorchModel(layers, classes=["a"]).fitted([[0.0]], ["q"]), "none of the 1 classes"),
        (lambda: fit(layer="nine"), "No layer 'nine'"),
        (lambda: fit(device="cuda") if not torch.cuda.is_available() else fit(device="x"), "device"),
        (lambda: fit(device="abacus"), "No device is called"),
        (lambda: Training(epochs=0), "epochs is a whole number"),
        (lambda: Training(held_back=1.0), "held_back"),
        (lambda: Training(learning_rate=-1.0), "learning_rate"),
        (lambda: Training(start="hot"), "No start is called 'hot'"),
    ],
)
def test_what_is_wrong_is_said(make, told):
    with pytest.raises(InvalidInput, match=told):
        make()


def test_a_frozen_network_has_nothing_to_learn():
    module = nn.Linear(4, 3)
    for one in module.parameters():
        one.requires_grad_(False)
    with pytest.raises(InvalidInput, match="requires_grad=False"):
        fit(module)


def test_a_bare_module_is_told_how_to_come_in():
    with pytest.raises(MissingCapability, match=r"TorchModel\(module\)"):
        as_model(nn.Linear(4, 3))


def test_a_module_of_ones_own_is_where_each_fit_begins():
    module = layers(3)
    before = copy.deepcopy(module.state_dict())
    model, x, _ = fit(module, training=Training(epochs=1, least_steps=1, learning_rate=1e-9))
    with torch.no_grad():
        said = torch.softmax(module.eval()(torch.from_numpy(x.astype(np.float32))), dim=1).numpy()
    assert np.allclose(model.proba(x), said, atol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    "name", ["margin", "bald", "badge", "bait", "batch_bald", "epig", "uherding", "alfa_mix", "k_center"]
)
def test_strategies_ask_by_a_network(name):
    model, x, y = fit(n=20)
    snapshot = Snapshot(Pool(x), labels=dict(enumerate(y[:20])), model=model)
    ids = as_strategy(name).propose(snapshot, 5).ids
    assert len(set(ids)) == 5 and not set(ids) & set(range(20))


def test_a_network_is_chosen_by_as_any_model():
    x, y = blobs(30)
    assert len(choose(x, dict(enumerate(y[:10])), TorchModel(layers, training=QUICK), "bald", n=3)) == 3
