"""Writes reference.json beside it: what scipy says of random data, for the tests of Sources/Host/Statistics."""
import json, pathlib
import numpy as np, scipy, scipy.special, scipy.stats as stats

draws = np.random.default_rng(3)


def sample(n):
    x = draws.normal(size=n).round(3 if n < 15 else 1)
    y = (0.4 * x + draws.normal(size=n)).round(3 if n < 5 else 1)
    pearson, spearman = stats.pearsonr(x, y), stats.spearmanr(x, y)
    low, high = stats.t.interval(0.95, n - 1, loc=x.mean(), scale=stats.sem(x))
    return dict(
        x=x.tolist(), y=y.tolist(), pearson=[pearson.statistic, pearson.pvalue], spearman=[spearman.statistic, spearman.pvalue],
        mean=x.mean(), std=x.std(ddof=1), half=(high - low) / 2)


def correction(n):
    p = draws.random(n) ** 3
    return dict(p=p.tolist(), bh=stats.false_discovery_control(p, method="bh").tolist())


def f1(counts):
    """Micro F1 of [3, samples, sentences]: correct, predicted, gold."""
    return 2 * counts[0].sum(-1) / np.maximum(1, (counts[1] + counts[2]).sum(-1))


def paired(n):
    gold = draws.integers(0, 4, n)

    def system(share):
        correct = draws.binomial(gold, share)
        return np.array([correct, correct + draws.binomial(2, 0.3, n), gold])

    a, b = system(0.5), system(0.65)
    both, places = np.concatenate([a, b], axis=1), np.arange(n)
    permutation = stats.permutation_test(
        (places, places + n), lambda i, j, axis: f1(both[:, j]) - f1(both[:, i]), permutation_type="samples", vectorized=True,
        n_resamples=np.inf if n <= 10 else 200_000, alternative="two-sided", rng=np.random.default_rng(1))
    bootstrap = stats.bootstrap(
        (places,), lambda i, axis=-1: f1(b[:, i]) - f1(a[:, i]), n_resamples=200_000, method="percentile", vectorized=True,
        rng=np.random.default_rng(2))
    difference = float(f1(b) - f1(a))
    beyond = np.abs(bootstrap.bootstrap_distribution - difference) >= abs(difference) - 1e-12
    return dict(
        a=a.T.tolist(), b=b.T.tolist(), difference=difference, randomisationP=float(permutation.pvalue),
        low=float(bootstrap.confidence_interval.low), high=float(bootstrap.confidence_interval.high),
        bootstrapP=float(beyond.mean()))


beta = [(0.01, 0.5, 0.5), (0.3, 2, 5), (0.9, 30, 0.5), (0.5, 150, 0.5), (0.999, 0.5, 20), (1e-6, 1, 0.5), (0.2, 1000, 0.5)]
tails = [(0.5, 1), (2.776, 4), (12.7, 1), (5, 30), (-3, 200), (40, 10)]
quantiles = [(0.95, 1), (0.95, 2), (0.99, 4), (0.9, 30), (0.95, 1000)]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(dict(
    scipy=scipy.__version__, samples=[sample(n) for n in (3, 4, 7, 15, 60, 500)],
    corrections=[correction(n) for n in (1, 2, 5, 20)],
    beta=[dict(x=x, a=a, b=b, value=float(scipy.special.betainc(a, b, x))) for x, a, b in beta],
    t=[dict(t=t, df=df, p=float(2 * stats.t.sf(abs(t), df))) for t, df in tails],
    quantiles=[dict(confidence=c, df=df, value=float(stats.t.ppf((1 + c) / 2, df))) for c, df in quantiles],
    paired=[paired(n) for n in (10, 60)])))
