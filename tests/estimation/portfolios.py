"""Portfolios whose truth is known: use by contract and step, past and future, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

KINDS: dict[str, Callable] = {}


@dataclass(frozen=True)
class Truth:
    """What happened: the past that a model may see, and the future it may not."""

    past: np.ndarray
    future: np.ndarray


def kind(function):
    """Keep a kind of portfolio under its name."""
    KINDS[function.__name__] = function
    return function


def simulate(name, *, contracts, past, future, seed, young=0.3):
    """A portfolio of one kind; a share of the contracts began only lately."""
    rng = np.random.default_rng(seed)
    began = np.where(rng.random(contracts) < young, rng.integers(0, past - 1, contracts), 0)
    age = np.arange(past + future)[None, :] - began[:, None]
    used = KINDS[name](rng, contracts, past + future, age)
    seen = np.where(np.arange(past)[None, :] < began[:, None], np.nan, used[:, :past])
    return Truth(past=seen, future=used[:, past:])


@kind
def log_normal(rng, n, t, _age):
    """Levels that differ a hundredfold and noise that differs among customers."""
    level = rng.normal(7, 1.2, (n, 1))
    return np.exp(level + rng.gamma(4, 0.1, (n, 1)) * rng.standard_normal((n, t)))


@kind
def gamma(rng, n, t, _age):
    """Skewed amounts without a logarithm in sight."""
    shape = rng.uniform(0.6, 6, (n, 1))
    return rng.gamma(shape, rng.gamma(2, 500, (n, 1)) / shape, (n, t))


@kind
def bursty(rng, n, t, _age):
    """Low use, with bursts of ten to fifty times as much in one step of twelve."""
    calm = np.exp(rng.normal(6, 1, (n, 1)) + 0.35 * rng.standard_normal((n, t)))
    burst = rng.random((n, t)) < rng.beta(2, 22, (n, 1))
    return calm * np.where(burst, rng.uniform(10, 50, (n, t)), 1.0)


@kind
def seasonal(rng, n, t, _age):
    """A year of thirteen steps, growth, and levels that wander."""
    wave = 0.5 * np.sin(2 * np.pi * np.arange(t) / 13)
    wander = np.cumsum(0.06 * rng.standard_normal((n, t)), axis=1)
    trend = 0.01 * np.arange(t)
    level = rng.normal(7, 1, (n, 1))
    return np.exp(level + wave + trend + wander + 0.3 * rng.standard_normal((n, t)))


@kind
def churning(rng, n, t, age):
    """Customers who use the service now and then, and leave for good."""
    leaving = rng.beta(1.2, 18, (n, 1))
    alive = np.cumprod((rng.random((n, t)) >= leaving) | (age <= 0), axis=1)
    active = rng.random((n, t)) < rng.beta(2, 2, (n, 1))
    level = rng.normal(6, 1, (n, 1))
    return alive * active * np.exp(level + 0.6 * rng.standard_normal((n, t)))


@kind
def abandoned(rng, n, t, age):
    """Half of the customers try it once or twice and never come back."""
    quits = rng.random((n, 1)) < 0.5
    tried = np.where(quits, rng.integers(1, 4, (n, 1)), 2 * t)
    level = rng.normal(6, 1.3, (n, 1))
    use = np.exp(level + 0.4 * rng.standard_normal((n, t)))
    return np.where(age < tried, use, 0.0)
