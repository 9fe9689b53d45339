"""Draws are what they are said to be: masks, snapshots, Gaussians, processes and Dirichlets, done by hand."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy.stats import beta  # noqa: E402
from torch import nn  # noqa: E402

from querist.errors import InvalidInput  # noqa: E402
from querist.models.torch import (  # noqa: E402
    BatchEnsemble,
    DistanceAware,
    Evidential,
    LastLayerLaplace,
    MonteCarloDropout,
    Snapshots,
    TorchModel,
    Training,
    masks,
)
from querist.models.torch.calibration import found_temperature  # noqa: E402
from querist.models.torch.distance import _PRIORS, Stretch, _regressed, log_evidence  # noqa: E402
from querist.models.torch.laplace import curvature, likeliest_prior  # noqa: E402
from querist.models.torch.losses import evidential, softmax  # noqa: E402
from querist.models.torch.masks import dropout_layers, masked, stem  # noqa: E402
from querist.models.torch.reading import Network  # noqa: E402
from querist.testing import MODEL_LAWS, blobs, check_model  # noqa: E402

torch.set_num_threads(1)  # tests run beside one another
QUICK = Training(epochs=5, least_steps=40)


def layers(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 8), nn.Dropout(0.5), nn.Linear(8, classes)
    )


class Block(nn.Module):
    """The same, and no sequence."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.inner = layers(classes)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.inner(self.norm(x))


POSTERIORS = [
    MonteCarloDropout(average=5),
    LastLayerLaplace(),
    LastLayerLaplace(prior=2.0, most=0),
    DistanceAware(features=32),
    Snapshots(cycles=2),
    BatchEnsemble(size=3),
]


def fit(posterior, factory=layers, loss="cross_entropy", n=40, **more):
    x, y = blobs(60)
    more.setdefault("training", QUICK)
    return TorchModel(factory, loss, posterior=posterior, **more).fitted(x[:n], y[:n]), x, y


def draws(model, x, k=4, seed=0):
    return model.draws(x, k, np.random.default_rng(seed))


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize("posterior", POSTERIORS, ids=repr)
def test_posteriors_keep_the_laws(posterior, law):
    check_model(TorchModel(layers, posterior=posterior, training=QUICK), laws={law: MODEL_LAWS[law]})


def test_evidence_keeps_the_laws():
    check_model(TorchModel(layers, "evidential", training=QUICK))


@pytest.mark.parametrize("posterior", [*POSTERIORS, Evidential()], ids=repr)
def test_members_are_the_same_for_every_row(posterior):
    model, x, _ = fit(posterior, loss="evidential" if isinstance(posterior, Evidential) else "cross_entropy")
    whole = draws(model, x)
    assert np.allclose(draws(model, x[7:20]), whole[:, 7:20], atol=1e-5)
    assert np.allclose(whole, draws(model, x))
    if not isinstance(posterior, Snapshots):  # of two, four are all of them
        assert not np.allclose(whole, draws(model, x, seed=1))
    small = model.with_classes(model.classes)
    small.learnt.network.__dict__["batch"] = 7
    assert np.allclose(draws(small, x), whole, atol=1e-5)
    assert np.allclose(whole.sum(axis=2), 1, atol=1e-5) and whole.dtype == np.float32


@pytest.mark.parametrize("factory", [layers, Block])
def test_draws_of_dropout_equal_a_loop_by_hand(factory):
    model, x, _ = fit(MonteCarloDropout(), factory)
    module = model.network.eval()
    inner = module if factory is layers else module.inner
    seeds = np.random.default_rng(0).integers(2**63, size=3).tolist()
    with torch.no_grad():
        rows = torch.from_numpy(x.astype(np.float32))
        for seed, said in zip(seeds, draws(model, x, k=3), strict=True):
            kept = [
                torch.from_numpy(np.random.default_rng([seed, place, 0]).random(width) >= p) / (1 - p)
                for place, (width, p) in enumerate([(12, 0.3), (8, 0.5)])
            ]
            hidden = rows if factory is layers else module.norm(rows)
            hidden = torch.relu(inner[0](hidden)) * kept[0]
            by_hand = torch.softmax(inner[5](inner[3](hidden) * kept[1]), dim=1)
            assert np.allclose(said, by_hand.numpy(), atol=1e-5)


def test_a_mask_is_drawn_once_for_a_pool(monkeypatch):
    model, x, _ = fit(MonteCarloDropout(), batch=7)
    before, drawn, kept = draws(model, x, k=3), [], masks.Masks.of

    def counted(self, key, made):
        return kept(self, key, lambda: drawn.append(key) or made())

    monkeypatch.setattr(masks.Masks, "of", counted)
    assert (draws(model, x, k=3) == before).all() and len(drawn) == 6
    drawn.clear()
    monkeypatch.setattr(masks, "_KEPT", 0)  # none is kept where there is no room, and all are the same
    assert (draws(model, x, k=3) == before).all() and len(drawn) == 6 * -(-len(x) // 7)


def test_dropout_is_on_only_where_it_is_asked():
    model, x, _ = fit(MonteCarloDropout(layers=["inner.4"]), Block)
    with torch.no_grad():
        module = model.network.eval()
        hidden = module.inner[:4](module.norm(torch.from_numpy(x.astype(np.float32)))).numpy()
    for said in draws(model, x, k=3):
        logits = np.log(said) - np.log(said).mean(axis=1, keepdims=True)
        solved = np.linalg.lstsq(np.column_stack([hidden, np.ones(len(x))]), logits, rcond=None)
        assert solved[1].max(initial=0) < 1e-6  # linear in what comes before the one layer that drops
    assert set(dropout_layers(model.network)) == {"inner.2", "inner.4"}
    assert set(dropout_layers(model.network, ["inner"])) == {"inner.2", "inner.4"}
    with pytest.raises(InvalidInput, match="'nine'"):
        fit(MonteCarloDropout(layers=["nine"]))


def test_batch_statistics_are_those_of_use():
    model, x, _ = fit(MonteCarloDropout(), Block)
    alone = np.concatenate([draws(model, x[i : i + 1]) for i in range(5)], axis=1)
    assert np.allclose(alone, draws(model, x[:5]), atol=1e-5)


def test_the_mean_of_many_masks_tends_to_what_is_told_together():
    model, x, _ = fit(MonteCarloDropout(average=400))
    other = draws(model, x, k=400, seed=3).mean(axis=0)
    assert np.abs(model.proba(x) - other).max() < 0.12
    assert np.allclose(fit(MonteCarloDropout(average=0))[0].proba(x), fit(None)[0].proba(x))


def test_masks_of_channels_and_of_other_rates():
    module = nn.Sequential(nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(8, 2)).eval()
    x = torch.ones(3, 2, 2, 2)
    with masked({"0": module[0]}, 5):
        said = module[0](x).numpy()
    assert set(np.unique(said)) <= {0.0, 2.0} and (said == said[:1, :, :1, :1]).all()
    with masked({"0": module[0]}, 5, rate=0.2):
        assert set(np.unique(module[0](x).numpy().round(4))) <= {0.0, 1.25}
    alpha = nn.AlphaDropout(0.4).eval()
    with masked({"": alpha}, 0):
        many = alpha(torch.randn(20_000, 50, generator=torch.Generator().manual_seed(0)))
    assert abs(float(many.mean())) < 0.35 and 0.8 < float(many.std()) < 1.2
    assert not module[0]._forward_hooks
    with masked({"0": nn.Dropout(0.0)}, 0):
        pass
    with pytest.raises(InvalidInput, match="share between 0 and 1"):
        MonteCarloDropout(rate=1.5)


def test_a_longer_row_keeps_the_masks_of_a_shorter_one():
    layer = nn.Dropout(0.5).eval()
    with masked({"": layer}, 3):
        short = layer(torch.ones(1, 4, 6)).numpy()
    with masked({"": layer}, 3):
        assert (layer(torch.ones(2, 9, 6)).numpy()[:, :4] == short).all()


def test_what_comes_before_the_first_dropout_is_computed_once():
    module = layers(3)
    before, after = stem(module, dropout_layers(module))
    assert len(before) == 2 and len(after) == 4
    assert stem(Block(3), {})[0] is None


def test_what_a_posterior_needs_is_said():
    for posterior, factory, told in (
        ("dropout", lambda classes: nn.Linear(4, classes), "no dropout layer"),
        (
            "dropout",
            lambda classes: nn.Sequential(nn.Dropout(0.0), nn.Linear(4, classes)),
            "drops nothing",
        ),
        ("laplace", lambda classes: nn.Sequential(nn.Linear(4, classes), nn.Tanh()), "linear layer"),
        ("distance", lambda classes: nn.Sequential(nn.Conv1d(4, classes, 1), nn.Flatten()), "last layer"),
    ):
        wide = posterior == "distance"
        x, y = blobs(20)
        rows = x[:, :, None] if wide else x
        with pytest.raises(InvalidInput, match=told):
            TorchModel(factory, posterior=posterior, training=QUICK).fitted(rows, y)
    for wrong in (lambda: Snapshots(cycles=1), lambda: LastLayerLaplace(prior=0.0), lambda: DistanceAware(1)):
        with pytest.raises(InvalidInput):
            wrong()


def test_snapshots_are_what_the_training_passed():
    model, x, _ = fit(Snapshots(cycles=3), training=Training(epochs=1, least_steps=30))
    states = model.posterior.kept
    assert len(states) == 3
    said = draws(model, x, k=3)
    for state, one in zip(states, said, strict=True):
        module = layers(3).eval()
        module.load_state_dict(state)
        with torch.no_grad():
            by_hand = torch.softmax(module(torch.from_numpy(x.astype(np.float32))), dim=1)
        assert np.allclose(one, by_hand.numpy(), atol=1e-5)
    assert np.allclose(model.proba(x), said.mean(axis=0), atol=1e-5)


def test_members_of_a_batch_ensemble_equal_a_loop_by_hand():
    model, x, _ = fit(BatchEnsemble(size=2))
    module = model.network
    inner, r, s = module.inner.eval(), module.into, module.out
    with torch.no_grad():
        for member, said in enumerate(draws(model, x, k=2)):
            inside = torch.from_numpy(x.astype(np.float32))
            for place, layer in enumerate((inner[0], inner[3], inner[5])):
                inside = (inside * r[place][member]) @ layer.weight.T * s[place][member] + layer.bias
                inside = torch.relu(inside) if place == 0 else inside
            assert np.allclose(said, torch.softmax(inside, dim=1).numpy(), atol=1e-5)
    assert np.allclose(model.proba(x), draws(model, x, k=2).mean(axis=0), atol=1e-5)
    assert hasattr(model, "embed") and not hasattr(model, "head") and not hasattr(model, "gradient")
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    with pytest.raises(InvalidInput, match="ensemble of 1"):
        BatchEnsemble(1)


def test_rows_of_a_batch_are_shared_out_among_the_members():
    from querist.models.torch.weighed import Weighed

    for inner, x in ((nn.Linear(4, 3), torch.randn(6, 4)), (nn.Conv2d(2, 3, 3), torch.randn(6, 2, 5, 5))):
        module = Weighed(inner, 2).train()
        said = module(x)
        for i in range(6):
            with module.weighing(i % 2):
                assert torch.allclose(inner(x[i : i + 1]), said[i : i + 1], atol=1e-5)
        said.sum().backward()
        assert all(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in module.parameters())


# ---------------------------------------------------------------- last-layer Laplace


def test_the_curvature_is_the_hessian_of_the_log_loss():
    rng = np.random.default_rng(0)
    phi, weights = rng.standard_normal((6, 3)), torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
    weights = torch.cat([weights, torch.zeros(1, 3)]).double()
    rows, target = torch.from_numpy(phi), torch.tensor([0, 1, 2, 0, 1, 2])

    def loss(flat):
        return nn.functional.cross_entropy(rows @ flat.reshape(3, 3).T, target, reduction="sum")

    hessian = torch.autograd.functional.hessian(loss, weights.flatten()).numpy()
    assert np.allclose(curvature(phi, softmax(phi @ weights.numpy().T)), hessian)


def test_draws_of_the_last_layer_have_the_covariance_of_the_curvature():
    model, x, _y = fit(LastLayerLaplace(prior=3.0))
    posterior = model.posterior
    told = posterior.layers(20_000, np.random.default_rng(0)).reshape(20_000, -1)
    seen = np.column_stack([model.embed(x[:40]), np.ones(40)]).astype(float)
    weights, bias = model.learnt.network.last_layer()
    precision = curvature(seen, softmax(seen @ np.column_stack([weights, bias]).T)) + 3 * np.eye(27)
    assert np.allclose(told.mean(axis=0), np.column_stack([weights, bias]).ravel(), atol=0.03)
    assert np.abs(np.cov(told.T) - np.linalg.inv(precision)).max() < 0.02


def test_draws_of_the_last_layer_equal_a_loop_by_hand():
    for most in (1600, 0):
        model, x, _ = fit(LastLayerLaplace(most=most))
        layers_drawn = model.posterior.layers(3, np.random.default_rng(0))
        seen = model.embed(x).astype(float)
        for layer, said in zip(layers_drawn, draws(model, x, k=3), strict=True):
            assert np.allclose(softmax(seen @ layer[:, :-1].T + layer[:, -1]), said, atol=1e-6)
        assert isinstance(model.posterior.parts, tuple) is (most == 0)


def test_the_kronecker_form_has_the_trace_of_the_factors():
    model, x, _ = fit(LastLayerLaplace(prior=1.0, most=0))
    seen = np.column_stack([model.embed(x[:40]), np.ones(40)]).astype(float)
    proba = model.learnt.says(model.learnt.network.logits(x[:40]))
    bends = np.diag(proba.mean(axis=0)) - proba.T @ proba / 40
    precision = np.kron(bends, seen.T @ seen) + np.eye(27)
    told = model.posterior.layers(20_000, np.random.default_rng(0)).reshape(20_000, -1)
    assert np.abs(np.cov(told.T) - np.linalg.inv(precision)).max() < 0.06


def test_the_prior_is_that_under_which_the_weights_are_likeliest():
    weights = np.random.default_rng(0).normal(0, 0.2, (5, 40))
    grid = np.geomspace(1e-1, 1e3, 400)
    told = [0.5 * (weights.size * np.log(one) - one * (weights**2).sum()) for one in grid]
    assert abs(np.log(likeliest_prior(weights) / grid[int(np.argmax(told))])) < 0.03
    assert likeliest_prior(np.zeros((2, 3))) == 1e6


def test_draws_stay_near_a_network_that_tells_its_labels_apart():
    model, x, _ = fit(LastLayerLaplace(), training=Training(least_steps=600))
    plain, _, _ = fit(None, training=Training(least_steps=600))
    said = model.proba(x)
    assert (said.argmax(axis=1) == plain.proba(x).argmax(axis=1)).mean() == 1
    assert np.abs(said - plain.proba(x)).mean() < 0.03  # with hardly any prior: 0.06


# ---------------------------------------------------------------- distance, evidence, temperature


def test_doubt_grows_with_the_distance_from_the_labels():
    model, x, _ = fit(DistanceAware(features=256, prior=1.0), training=Training(least_steps=200))
    far = x + np.array([60.0, -80.0, 70.0, 50.0])
    near, away = (model.posterior.variance(model.learnt.network, rows) for rows in (x[:40], far[:40]))
    assert away.mean() > 2 * near.mean() and away.max() <= 1.2
    assert draws(model, far, 20).std(axis=0).mean() > 1.5 * draws(model, x, 20).std(axis=0).mean()
    plain, _, _ = fit(None, training=Training(least_steps=200))
    assert model.proba(far).max(axis=1).mean() < plain.proba(far).max(axis=1).mean()


def test_the_prior_of_the_process_is_that_of_the_most_evidence():
    rng = np.random.default_rng(0)
    phi, target, prior = rng.standard_normal((40, 3)), rng.integers(0, 3, 40), 0.7
    hessian = curvature(phi, np.full((40, 3), 1 / 3))
    exact = 40 * np.log(1 / 3) - 0.5 * np.linalg.slogdet(np.eye(9) + hessian / prior)[1]
    assert np.isclose(log_evidence(phi, target, np.zeros((3, 3)), prior), exact)
    told = []
    for one in _PRIORS:
        same, weights = _regressed(phi, target, one)
        assert same == one
        told.append(log_evidence(phi, target, weights, one))
    assert _regressed(phi, target, None)[0] == _PRIORS[int(np.argmax(told))] >= 1  # the labels are noise
    model, _, _ = fit(DistanceAware(features=64), training=Training(least_steps=200))
    assert np.linalg.norm(model.posterior.root, axis=0).max() > 1.2  # these are not


def test_draws_of_the_process_equal_a_loop_by_hand():
    model, x, _ = fit(DistanceAware(features=16))
    told = model.posterior
    noise = np.random.default_rng(0).standard_normal((2, 16, 3))
    phi = np.sqrt(2 / 16) * np.cos(model.embed(x).astype(float) @ told.directions + told.shifts)
    for one, said in zip(noise, draws(model, x, k=2), strict=True):
        assert np.allclose(softmax(phi @ (told.centre.T + told.root @ one)), said, atol=1e-6)
    _two, x, y = fit(DistanceAware(features=16))
    pair = [i for i, one in enumerate(y) if one != "c"][:20]
    told = TorchModel(layers, posterior=DistanceAware(features=16), training=QUICK)
    model = told.fitted(x[pair], [y[i] for i in pair])
    assert np.allclose(model.proba(x).sum(axis=1), 1) and model.proba(x).shape == (60, 2)


def test_no_layer_but_the_last_stretches_beyond_the_bound():
    module = layers(3)
    with torch.no_grad():
        for one in (module[0], module[3], module[5]):
            one.weight.mul_(50)
    stretch = Stretch(Network(module, torch.device("cpu"), layer="5"), 2.0)
    for _ in range(50):
        stretch()
    largest = [float(torch.linalg.matrix_norm(module[i].weight.detach(), 2)) for i in (0, 3, 5)]
    assert largest[0] < 2.05 and largest[1] < 2.05 and largest[2] > 10


def test_evidence_is_a_dirichlet():
    model, x, y = fit(None, loss="evidential", training=Training(least_steps=300, learning_rate=0.01))
    assert np.mean(model.predict(x[:40]) == np.array(y[:40])) > 0.7 and not hasattr(model, "head")
    model, x, _ = fit("evidential", loss="evidential")
    said = draws(model, x[:1], k=4000)
    logits = model.learnt.network.logits(x[:1])[0].astype(float)
    alpha = 1 + np.logaddexp(0, logits)
    assert np.allclose(model.proba(x[:1])[0], alpha / alpha.sum())
    wanted = beta(alpha[0], alpha.sum() - alpha[0])
    assert abs(said[:, 0, 0].mean() - wanted.mean()) < 0.02 and abs(said[:, 0, 0].std() - wanted.std()) < 0.02


def test_evidence_for_the_right_class_costs_least():
    logits = torch.tensor([[5.0, -5.0], [-5.0, 5.0], [0.0, 0.0]])
    loss = evidential(logits, torch.tensor([0, 0, 0]))
    assert loss[0] < loss[2] < loss[1] and bool((loss >= 0).all())


def test_the_temperature_is_that_of_the_held_back_labels():
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((3000, 3))
    target = np.array([rng.choice(3, p=one) for one in softmax(truth)])
    found = found_temperature(lambda temperature: softmax(4 * truth / temperature), target)
    assert abs(found - 4) < 0.4
    assert found_temperature(
        lambda temperature: softmax(np.full((1, 2), 0.0)), np.array([0])
    ) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("posterior", [None, LastLayerLaplace()], ids=repr)
def test_calibration_divides_the_logits(posterior):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 4))
    y = np.where(rng.random(200) < 0.75, x[:, 0] > 0, x[:, 0] <= 0)
    training = Training(least_steps=400, held_back=0.3, patience=10_000, learning_rate=0.02)
    told = [
        TorchModel(layers, posterior=posterior, training=training, calibrate=calibrate).fitted(x, y)
        for calibrate in (False, True)
    ]
    assert told[0].learnt.temperature == 1 and abs(np.log(told[1].learnt.temperature)) > 0.02
    held = training.held(y.astype(int), np.random.default_rng(0))
    losses = [-np.log(one.proba(x)[held, y[held].astype(int)]).mean() for one in told]
    assert held.sum() == 60 and losses[1] < losses[0]
    assert (told[0].predict(x) == told[1].predict(x)).mean() > 0.95
    few = TorchModel(layers, posterior=posterior, training=QUICK, calibrate=True).fitted(x[:20], y[:20])
    assert few.learnt.temperature == 1
