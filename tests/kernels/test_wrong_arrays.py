"""Every kernel, asked in many wrong ways: an error that says what to mend, or the right answer."""

from __future__ import annotations

from functools import partial
from tempfile import NamedTemporaryFile

import numpy as np
import pytest

from querist import kernels
from querist.errors import InvalidInput

X = np.array([[0, 0], [1, 0], [0, 2], [5, 5], [6, 5], [5, 7], [9, 0], [8, 1]], dtype=np.float64)
PROBA = (
    np.array([[8, 1, 1], [1, 8, 1], [4, 4, 2], [3, 3, 4], [5, 4, 1], [2, 2, 6], [1, 2, 7], [6, 3, 1]]) / 10
)
DRAWS = np.stack([PROBA, PROBA[::-1], np.roll(PROBA, 1, axis=1)])
CHANCE = np.array([0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.6, 0.4])
DECISION = PROBA * 4 - 1.5
HEAPS = np.array([0, 0, 0, 1, 1, 1, 2, 2])
REST = [2, 4, 5, 6, 7]
COSTS = np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
LINES = [[1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]


def lots():
    return np.random.default_rng(0)


def windowed(kernel, x, known, labels, **given):
    return kernel(kernels.ParzenWindow(x, known, labels, classes=3, radius=2.0), **given)


def made(kind, x, known, **given):
    """What a closed form expects."""
    model = kind(x, known, **given)
    if kind is kernels.PosteriorVariance:
        return kernels.expected_variance_reduction(model, REST, REST)
    return kernels.expected_error_reduction(model, REST, REST)


def stepped(x, known, said):
    said = np.asarray(said)
    return made(kernels.LogisticStep, x, known, said=lambda rows: said[rows] if said.ndim == 2 else said)


def through_tree(of, weights):
    return kernels.pruning(kernels.cluster_tree(X, leaf=3), of, weights=weights)[0]


FUTURE = {"x": X, "known": [0, 3, 1], "labels": [0, 1, 2], "candidates": REST, "targets": REST}
CALLS = {  # a small call of each, that is right
    "GaussianBayes": (
        partial(made, kernels.GaussianBayes, classes=3),
        {"x": X, "known": [0, 3, 1], "labels": [0, 1, 2]},
    ),
    "LeastSquares": (
        partial(made, kernels.LeastSquares, classes=3),
        {"x": X, "known": [0, 3, 1], "labels": [0, 1, 2]},
    ),
    "LogisticStep": (stepped, {"x": X, "known": [0, 3, 1], "said": PROBA}),
    "NearestLabels": (
        partial(made, kernels.NearestLabels, classes=3, k=2),
        {"x": X, "known": [0, 3, 1], "labels": [0, 1, 2]},
    ),
    "ParzenWindow": (
        partial(made, kernels.ParzenWindow, classes=3, radius=2.0),
        {"x": X, "known": [0, 3, 1], "labels": [0, 1, 2]},
    ),
    "PosteriorVariance": (partial(made, kernels.PosteriorVariance), {"x": X, "known": [0, 3]}),
    "adaptive": (partial(kernels.adaptive, cardinality=1.5), {"decision": DECISION}),
    "around": (kernels.around, {"x": X, "k": 2, "of": [0, 3], "rows": REST}),
    "audi": (partial(kernels.audi, cardinality=1.5), {"decision": DECISION, "n": 2, "ties": CHANCE}),
    "average_confidence": (kernels.average_confidence, {"marginals": PROBA}),
    "average_linkage": (lambda **given: kernels.average_linkage(rng=lots(), **given), {"x": X, "k": 2}),
    "average_score": (kernels.average_score, {"marginals": PROBA}),
    "bait": (kernels.bait, {"x": X, "n": 2, "weights": CHANCE, "taken": [0], "rows": REST}),
    "bald": (kernels.bald, {"draws": DRAWS}),
    "ball_radii": (
        partial(kernels.ball_radii, purity=0.9, most=9.0),
        {"x": X, "said": HEAPS, "centres": X[:2], "labels": [0, 1]},
    ),
    "batch_bald": (kernels.batch_bald, {"draws": DRAWS, "n": 2, "ties": CHANCE}),
    "binary_minimum": (kernels.binary_minimum, {"decision": DECISION}),
    "bisected": (
        kernels.bisected,
        {"proba": PROBA, "labels": [0, 1, -1, -1, -1, -1, -1, -1], "n": 2, "ties": CHANCE},
    ),
    "boundary": (kernels.boundary, {"decision": DECISION}),
    "capped_quadratic": (
        partial(kernels.capped_quadratic, total=2.0),
        {"features": X, "offset": [1.0, 0.0], "linear": CHANCE, "weights": CHANCE + 1},
    ),
    "cardinality_inconsistency": (
        partial(kernels.cardinality_inconsistency, cardinality=1.5),
        {"decision": DECISION},
    ),
    "class_places": (kernels.class_places, {"costs": COSTS}),
    "cluster_tree": (lambda x: kernels.cluster_tree(x, leaf=3).order, {"x": X}),
    "confidence_ratio": (kernels.confidence_ratio, {"proba": PROBA}),
    "consensus_entropy": (kernels.consensus_entropy, {"draws": DRAWS}),
    "contrast": (
        partial(kernels.contrast, neighbours=1),
        {"x": X, "proba": PROBA[REST], "known_proba": PROBA[:2], "known": [0, 1], "rows": REST},
    ),
    "cosine_density": (kernels.cosine_density, {"x": X + 1, "rows": REST}),
    "cost_embedding": (
        kernels.cost_embedding,
        {"x": X, "costs": COSTS, "labelled": [0, 3], "of": [0, 1], "rows": REST},
    ),
    "cost_margin": (kernels.cost_margin, {"proba": PROBA, "costs": COSTS}),
    "cvirs": (kernels.cvirs, {"marginals": PROBA, "known": np.eye(3, dtype=bool)}),
    "density_weighted": (
        partial(kernels.density_weighted, classes=3),
        {"x": X, "centres": X[[0, 3, 6]], "labelled": [0, 3], "of": [0, 1], "rows": REST},
    ),
    "discriminative": (kernels.discriminative, {"x": X, "n": 2, "taken": [0], "rows": REST}),
    "entropy": (kernels.entropy, {"proba": PROBA}),
    "epig": (kernels.epig, {"draws": DRAWS, "targets": DRAWS[:, :3]}),
    "epistemic": (kernels.epistemic, {"frequencies": X[:, :2]}),
    "euclidean_density": (kernels.euclidean_density, {"x": X, "rows": REST, "witnesses": [0, 1]}),
    "expected_average_precision": (kernels.expected_average_precision, {"proba": PROBA}),
    "expected_cost": (kernels.expected_cost, {"proba": PROBA, "costs": COSTS}),
    "expected_decision_gain": (
        partial(windowed, kernels.expected_decision_gain),
        {**FUTURE, "proba": PROBA[REST]},
    ),
    "expected_error_reduction": (
        partial(windowed, kernels.expected_error_reduction),
        {**FUTURE, "proba": PROBA[REST]},
    ),
    "expected_gradient_length": (
        kernels.expected_gradient_length,
        {"proba": PROBA[REST], "x": X, "rows": REST},
    ),
    "expected_improvement": (
        partial(kernels.expected_improvement, best=0.5),
        {"mean": CHANCE, "std": CHANCE[::-1]},
    ),
    "expected_model_change": (kernels.expected_model_change, {"draws": DRAWS[:, REST], "x": X, "rows": REST}),
    "expected_output_change": (
        partial(windowed, kernels.expected_output_change),
        {**FUTURE, "proba": PROBA[REST]},
    ),
    "falcun": (
        lambda **given: kernels.falcun(rng=lots(), **given),
        {"proba": PROBA, "doubt": CHANCE, "n": 2, "out": PROBA[:1]},
    ),
    "flip_strength": (
        kernels.flip_strength,
        {"x": X, "weights": X[:3], "bias": [0.0, 1.0, 2.0], "anchors": X[:3]},
    ),
    "frank_wolfe": (kernels.frank_wolfe, {"x": X, "n": 2, "rows": REST, "weights": CHANCE[REST]}),
    "straddle": (partial(kernels.straddle, level=0.5), {"mean": CHANCE, "std": CHANCE}),
    "variance_removed": (kernels.variance_removed, {"covariance": PROBA, "variance": CHANCE}),
    "gaussian_information": (kernels.gaussian_information, {"std": CHANCE, "noise": CHANCE + 1}),
    "graph_cut": (kernels.graph_cut, {"x": X, "n": 2, "taken": [0], "rows": REST, "weights": CHANCE[REST]}),
    "neighbour_graph": (lambda **given: kernels.neighbour_graph(neighbours=2, **given).density, {"x": X}),
    "graph_density": (
        partial(kernels.graph_density, neighbours=2),
        {"x": X, "n": 2, "taken": [0], "rows": REST},
    ),
    "greedy_coverage": (
        kernels.greedy_coverage,
        {"x": X, "n": 2, "rows": REST, "taken": [0], "witnesses": [1, 2, 3], "weights": [1.0, 2.0, 1.0]},
    ),
    "greedy_sampling": (
        kernels.greedy_sampling,
        {"x": X, "outputs": CHANCE[:, None], "n": 2, "taken": [0], "rows": REST},
    ),
    "gumbel_top": (kernels.gumbel_top, {"logs": np.log(CHANCE), "n": 2, "chance": CHANCE}),
    "hinted": (kernels.hinted, {"x": X, "labelled": [0, 3, 6], "targets": LINES, "hints": [1], "rows": REST}),
    "improvement_chance": (
        partial(kernels.improvement_chance, best=0.5),
        {"mean": CHANCE, "std": CHANCE[::-1]},
    ),
    "k_center": (kernels.k_center, {"x": X, "n": 2, "taken": [0], "rows": REST}),
    "kmeans": (lambda **given: kernels.kmeans(rng=lots(), **given).of, {"x": X, "k": 2, "weights": CHANCE}),
    "kmeans_plus_plus": (
        lambda **given: kernels.kmeans_plus_plus(rng=lots(), **given),
        {"x": X, "n": 2, "taken": [0], "rows": REST, "weights": CHANCE},
    ),
    "kmedoids": (lambda **given: kernels.kmedoids(rng=lots(), **given), {"x": X, "k": 2, "weights": CHANCE}),
    "lcmd": (kernels.lcmd, {"x": X, "n": 2, "taken": [0], "rows": REST}),
    "leaf_turns": (kernels.leaf_turns, {"sizes": [4, 2, 2], "variances": [1.0, 2.0, 0.5], "n": 2}),
    "least_confidence": (kernels.least_confidence, {"proba": PROBA}),
    "lengths": (kernels.lengths, {"x": X, "rows": REST}),
    "lightweight_coreset": (
        kernels.lightweight_coreset,
        {"x": X, "n": 2, "chance": CHANCE[REST], "rows": REST},
    ),
    "margin": (kernels.margin, {"proba": PROBA}),
    "matching_batch": (
        kernels.matching_batch,
        {"x": X, "n": 2, "labelled": [0, 3, 1], "targets": LINES, "rows": REST},
    ),
    "max_det": (kernels.max_det, {"x": X, "n": 2, "taken": [0], "rows": REST, "weights": CHANCE}),
    "max_kl": (kernels.max_kl, {"draws": DRAWS}),
    "max_loss": (kernels.max_loss, {"decision": DECISION}),
    "max_loss_reduction": (
        kernels.max_loss_reduction,
        {"marginals": PROBA, "known": PROBA[:3], "counts": [1, 2, 1]},
    ),
    "max_score": (kernels.max_score, {"marginals": PROBA}),
    "mean_criterion": (partial(kernels.mean_criterion, n=5), {"x": X}),
    "mean_error": (kernels.mean_error, {"proba": PROBA}),
    "mean_max_loss": (kernels.mean_max_loss, {"decision": DECISION}),
    "mean_std": (kernels.mean_std, {"draws": DRAWS}),
    "min_confidence": (kernels.min_confidence, {"marginals": PROBA}),
    "mixed_coverage": (
        partial(kernels.mixed_coverage, radius=2.0, share=0.5),
        {"x": X, "n": 2, "worth": CHANCE},
    ),
    "mixture": (lambda **given: kernels.mixture(rng=lots(), **given).weights, {"x": X, "k": 2}),
    "nearest": (kernels.nearest, {"x": X, "k": 2, "among": REST}),
    "Covering": (
        lambda x, taken: kernels.greedy_coverage(kernels.Covering(x), 2, taken=taken),
        {"x": X, "taken": [0]},
    ),
    "nearness": (lambda x, taken: kernels.k_center(kernels.nearness(x, taken), 2), {"x": X, "taken": [0]}),
    "priority_sample": (kernels.priority_sample, {"chance": CHANCE, "size": 2, "weights": CHANCE}),
    "probabilistic_gain": (kernels.probabilistic_gain, {"weights": PROBA}),
    "pruning": (through_tree, {"of": HEAPS, "weights": CHANCE}),
    "pseudo_labels": (partial(kernels.pseudo_labels, threshold=0.5), {"proba": PROBA}),
    "pure_radius": (kernels.pure_radius, {"x": X, "clusters": HEAPS}),
    "query_information": (
        kernels.query_information,
        {"x": X, "n": 2, "queries": [0, 1], "rows": REST, "taken": [3]},
    ),
    "quire": (kernels.quire, {"x": X, "n": 2, "labelled": [0, 3, 1], "targets": LINES, "rows": REST}),
    "ranked_batch": (kernels.ranked_batch, {"x": X, "doubt": CHANCE, "n": 2, "taken": [0], "rows": REST}),
    "reach": (partial(kernels.reach, share=0.5), {"x": X}),
    "round_robin": (kernels.round_robin, {"groups": HEAPS, "n": 2, "chance": CHANCE}),
    "thresholds": (
        kernels.thresholds,
        {"proba": PROBA, "labels": [0, 1, -1, -1, -1, -1, -1, -1], "n": 2, "lots": CHANCE, "ties": CHANCE},
    ),
    "top": (kernels.top, {"scores": CHANCE, "n": 2, "ties": CHANCE}),
    "typical_of_clusters": (
        kernels.typical_of_clusters,
        {"x": X, "clusters": HEAPS, "n": 2, "taken": [0], "rows": REST},
    ),
    "typicality": (partial(kernels.typicality, neighbours=2), {"x": X, "clusters": HEAPS}),
    "variance_of_draws": (kernels.variance_of_draws, {"draws": DRAWS[..., 0]}),
    "variance_reduction": (
        kernels.variance_reduction,
        {"x": X, "proba": PROBA, "known": [0, 3, 1], "candidates": REST, "targets": REST},
    ),
    "variation_ratio": (kernels.variation_ratio, {"draws": DRAWS}),
    "vote_entropy": (kernels.vote_entropy, {"draws": DRAWS}),
}


def changed(table, place, value):
    out = np.array(table, dtype=np.float64)
    out[place] = value
    return out


TABLE = {  # of features and of signed distances
    "a row alone": lambda x: x[0],
    "a block": lambda x: x[None],
    "words": lambda x: np.full(np.shape(x), "a"),
    "NaN": lambda x: changed(x, (-1, 0), np.nan),
    "inf": lambda x: changed(x, (-1, 0), np.inf),
    "complex": lambda x: x * 1j,
}
CHANCES = {
    "NaN": lambda p: changed(p, (..., -1, 0), np.nan),
    "inf": lambda p: changed(p, (..., -1, 0), np.inf),
    "below 0": lambda p: changed(p, (..., -1, 0), -0.5),
    "a row alone": lambda p: p[..., 0, :] if p.ndim == 2 else p[0, 0],
    "words": lambda p: np.full(np.shape(p), "a"),
    "no class": lambda p: p[..., :0],
}
SUM = {"too much": lambda p: p * 1.5, "too little": lambda p: p * 0.5}
ROWS = {
    "out of range": lambda rows: [*rows[:-1], 8],
    "below 0": lambda rows: [*rows[:-1], -1],
    "of a half": lambda rows: [*rows[:-1], 2.5],
    "a table": lambda rows: [rows],
    "words": lambda rows: ["a"] * len(rows),
}
NUMBERS = {
    "NaN": lambda w: changed(w, -1, np.nan),
    "one short": lambda w: list(w)[:-1],
    "a column": lambda w: np.reshape(w, (-1, 1)),
    "words": lambda w: np.full(np.shape(w), "a"),
}
CLASSES = {
    "one short": lambda of: of[:-1],
    "of a half": lambda of: changed(of, -1, 1.5),
    "words": lambda of: np.full(np.shape(of), "a"),
}
ROLES = {
    "x": TABLE,
    "centres": TABLE,
    "decision": {name: TABLE[name] for name in ("a block", "words", "NaN", "complex")},
    "features": TABLE,
    "frequencies": TABLE,
    "anchors": TABLE,
    "proba": CHANCES | SUM,
    "known_proba": CHANCES | SUM,
    "draws": CHANCES | SUM,
    "out": CHANCES | SUM,
    "said": CHANCES | SUM,
    "marginals": {what: change for what, change in CHANCES.items() if what != "no class"},
    **dict.fromkeys(
        (
            "rows",
            "taken",
            "known",
            "labelled",
            "candidates",
            "targets",
            "of",
            "among",
            "queries",
            "hints",
            "witnesses",
        ),
        ROWS,
    ),
    **dict.fromkeys(
        (
            "weights",
            "doubt",
            "chance",
            "ties",
            "worth",
            "scores",
            "mean",
            "std",
            "logs",
            "outputs",
            "lots",
            "linear",
            "offset",
            "bias",
            "variances",
            "noise",
        ),
        NUMBERS,
    ),
    **dict.fromkeys(("labels", "clusters", "groups", "sizes", "counts"), CLASSES),
    "costs": {
        "a row alone": lambda c: c[0],
        "NaN": lambda c: changed(c, (0, 1), np.nan),
        "one short": lambda c: c[:-1],
        "words": lambda c: np.full(np.shape(c), "a"),
    },
}
NUMBERS_OF_DRAWS = {
    "NaN": CHANCES["NaN"],
    "inf": CHANCES["inf"],
    "words": CHANCES["words"],
    "a row alone": lambda d: d[0],
}
OWN = {  # where a name has another sense
    ("ball_radii", "said"): CLASSES,
    ("pruning", "of"): CLASSES,
    ("density_weighted", "of"): CLASSES,
    ("cost_embedding", "of"): CLASSES,
    ("hinted", "targets"): TABLE,
    ("quire", "targets"): TABLE,
    ("matching_batch", "targets"): TABLE,
    ("epig", "targets"): CHANCES | SUM,
    ("cvirs", "known"): {"one short": lambda k: k[:, :-1]},
    ("max_loss_reduction", "known"): CHANCES,
    ("variance_of_draws", "draws"): NUMBERS_OF_DRAWS,
    ("greedy_sampling", "outputs"): TABLE,
    ("flip_strength", "weights"): TABLE,
    ("probabilistic_gain", "weights"): CHANCES,
    ("expected_model_change", "draws"): CHANCES | SUM,
}
NUMBERED = {"weights", "offset", "bias", "variances"}


ELSEWHERE = {
    "ClusterTree",
    "Clusters",
    "Falling",
    "Forest",
    "Measured",
    "Mixture",
    "Nearness",
    "NeighbourGraph",
    "Points",
    "OuterProducts",
}
ELSEWHERE |= {  # of rewards and estimates, which other tests ask in wrong ways
    *("LastLayer", "cohen_kappa", "entropy_gain", "error_change"),
    *("asymptotic_interval", "bernstein_interval", "betting_interval"),
    *("exp4_weights", "exp4p_chances", "exp4p_weights", "expected_losses", "f_between"),
    *(
        "importance_weighted_accuracy",
        "last_layer",
        "loss_terms",
        "lure",
        "lure_weights",
        "neyman_allocation",
    ),
    *("possible_gains", "prior_precision", "stratified_mean", "surrogate_mean", "thompson_chances"),
    "weighted_disagreement",
}
ELSEWHERE |= {
    "is_on_device",
    "keys_of",
    "uniform",
    "interval_at_any_look",
    "representatives",
    "expected_variance_reduction",
    "leaf_turns",
}


def ways(of):
    """Each call with one argument changed."""
    for name, (call, given) in CALLS.items():
        for role, value in given.items():
            table = role in NUMBERED or (isinstance(value, list) and np.ndim(value) > 1)
            for what, change in of(name, role).items():
                yield pytest.param(
                    call, given, role, change(np.array(value) if table else value), id=f"{name}-{role}-{what}"
                )


def wrong(name, role):
    return OWN.get((name, role)) or ROLES.get(role, {})


@pytest.mark.parametrize(("call", "given", "role", "value"), [*ways(wrong)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_wrong_is_refused_in_words(call, given, role, value):
    with pytest.raises(InvalidInput) as error:
        call(**given | {role: value})
    assert error.value.mend


def read_only(table):
    table = np.array(table)
    table.setflags(write=False)
    return table


def on_disk(table):
    with NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, table)
        return np.load(file.name, mmap_mode="r")


def kept(name, role):
    """Other memory, the same numbers."""
    if np.ndim(CALLS[name][1][role]) < 2:
        return {"twice": lambda rows: [*rows, *rows]} if role == "taken" else {}
    ways = {"read-only": read_only, "columns first": np.asfortranarray, "on disk": on_disk}
    return ways | ({"integers": lambda x: np.asarray(x, dtype=np.int64)} if role == "x" else {})


def parts(answer):
    return answer if isinstance(answer, tuple) else (answer,)


@pytest.mark.parametrize(("call", "given", "role", "value"), [*ways(kept)])
def test_the_same_numbers_have_the_same_answer(call, given, role, value):
    for one, other in zip(parts(call(**given)), parts(call(**given | {role: value})), strict=True):
        assert np.allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.float16])
@pytest.mark.parametrize("name", [name for name, (_, given) in CALLS.items() if "x" in given])
def test_numbers_whose_squares_their_own_kind_cannot_hold(name, kind):
    call, given = CALLS[name]
    x = np.asarray(given["x"]) * {np.int16: 3000, np.float16: 40}.get(kind, 10)  # of pixels, say
    pairs = zip(parts(call(**given | {"x": x})), parts(call(**given | {"x": x.astype(kind)})), strict=True)
    for one, other in pairs:
        assert np.allclose(one, other, rtol=1e-5)


def few(name, role):
    if role in ("n", "size"):
        return {"none": lambda n: 0, "below 0": lambda n: -1}
    return {}


@pytest.mark.parametrize(("call", "given", "role", "value"), [*ways(few)])
def test_nothing_asked_nothing_answered(call, given, role, value):
    assert all(len(part) == 0 for part in parts(call(**given | {role: value})))


def plain(name, role):
    """What is odd, and allowed: an answer without NaN, or a refusal."""
    if role in ("n", "size", "k"):
        return {"more than there are": lambda n: 1000}
    if role == "x":
        return {
            "constant": np.zeros_like,
            "repeated": lambda x: np.repeat(x[:2], 4, axis=0),
            "no features": lambda x: x[:, :0],
        }
    if role in ("proba", "draws", "marginals") and (name, role) not in OWN:
        return {"one class": lambda p: np.ones((*p.shape[:-1], 1)), "nothing": lambda p: p[..., :0, :]}
    if role in ("rows", "candidates"):
        return {
            "none": lambda rows: [],
            "one": lambda rows: rows[:1],
            "twice": lambda rows: [*rows[:2], rows[0]],
        }
    return {}


def one_draw(name, role):
    return {"one": lambda draws: draws[:1]} if role == "draws" else {}


@pytest.mark.parametrize(("call", "given", "role", "value"), [*ways(plain), *ways(one_draw)])
@pytest.mark.filterwarnings("error")
def test_what_is_odd_is_answered_or_refused(call, given, role, value):
    try:
        answer = call(**given | {role: value})
    except InvalidInput:
        return
    assert not any(np.isnan(part).any() for part in parts(answer))
    if "n" in given and "rows" in given:
        assert len(set(answer[0].tolist())) == len(answer[0])


def test_every_kernel_is_asked():
    missing = set(kernels.__all__) - set(CALLS) - ELSEWHERE
    assert not missing, f"kernels without a call here: {sorted(missing)}"
