"""Samples that anybody can draw again: sizes, ranks and strata, as pure functions.

The rank of a key is a hash over the auditor's seed and the frozen population, so it depends on no random generator and
nobody who knows one of the two can choose the other to fit.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

SIZES = Path(__file__).with_name("sampling.yml")
RISKS = ("low", "default", "high")


class SamplingError(ValueError):
    """A sample that must not be drawn, or cannot be; the message says why and what to do."""


@dataclass(frozen=True)
class Size:
    """How many to draw. rule: the line of the table, or whose wish it was, fit to print."""

    n: int
    rule: str


@dataclass(frozen=True)
class Ranked:
    """A key with its place in the order of its stratum, from 1."""

    key: str
    rank: str
    stratum: str
    position: int


@dataclass(frozen=True)
class Stratum:
    """Keys of one stratum, in the order of their ranks; the first ``n`` are the sample, the others replace them."""

    name: str
    ranked: tuple[Ranked, ...]
    n: int


def read_sizes(file: Path = SIZES) -> dict[str, Any]:
    """The tables of sizes; a file of the auditor's replaces the tables that it names. Raises SamplingError."""
    sizes = _yaml(SIZES)
    if file != SIZES:
        own = _yaml(file)
        if unknown := sorted(own.keys() - sizes.keys()):
            raise SamplingError(f"{file.name} names {', '.join(unknown)}; known are {', '.join(sizes)}")
        if not str(own.get("origin") or "").strip():
            raise SamplingError(f"{file.name} gives no origin: say whose sizes they are")
        sizes |= own
    return sizes


def _yaml(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise SamplingError(f"{file.name} is no table of sizes: take {SIZES.name} as a pattern")
    return content


def size_by_frequency(sizes: Mapping[str, Any], frequency: str, risk: str, population: int, days: int) -> Size:
    """For units that come with the calendar. days: length of the window."""
    table = sizes["by_frequency"]
    if frequency not in table:
        raise SamplingError(f"no sample size is given for the frequency {frequency!r}: use --size")
    names = list(table)
    line = table[frequency]
    expected = line["instances"] * Fraction(days, 365)
    if frequency == "daily":
        expected = Fraction(days)
    share = min(Fraction(1), expected / line["instances"])
    rarer = names[names.index(frequency) - 1] if names.index(frequency) else frequency
    n = max(math.ceil(line[risk] * share), table[rarer][risk])
    rule = f"{frequency}, risk {risk}: {line[risk]}"
    if share < 1:
        rule += f", for a window of {days} days {n} (not less than {rarer}: {table[rarer][risk]})"
    return _at_most(n, population, rule)


def size_by_population(sizes: Mapping[str, Any], risk: str, population: int) -> Size:
    """For units that come as they occur."""
    for line in sizes["by_population"]:
        if line["up_to"] is None or population <= line["up_to"]:
            limit = "any number" if line["up_to"] is None else f"up to {line['up_to']}"
            told = "all" if line[risk] is None else line[risk]
            n = population if line[risk] is None else int(line[risk])
            return _at_most(n, population, f"per occurrence, {limit}, risk {risk}: {told}")
    raise SamplingError("the table by_population ends below this population: add a line with up_to: null")


def size_statistical(population: int, confidence: Any, tolerable: Any) -> Size:
    """The smallest n that would hold a deviation with this confidence if the tolerable share K of all deviated:
    C(N-K, n) / C(N, n) <= 1 - confidence. Exact: no rounding decides.
    """
    sure, share = Fraction(str(confidence)), Fraction(str(tolerable))
    if not (0 < sure < 1 and 0 < share < 1):
        raise SamplingError("confidence and the tolerable share lie between 0 and 1, such as 0.90 and 0.10")
    deviating = math.ceil(share * population)
    above, below, n = 1, 1, 0
    beta = 1 - sure
    while n < population and above * beta.denominator > below * beta.numerator:
        above, below, n = above * (population - deviating - n), below * (population - n), n + 1
    rule = f"statistical: confidence {confidence}, tolerable {tolerable} ({deviating} of {population}), none expected"
    return Size(n, rule)


def _at_most(n: int, population: int, rule: str) -> Size:
    return Size(n, rule) if n <= population else Size(population, f"{rule}; there are {population}")


def upper_limit(n: int, deviations: int, confidence: float = 0.90) -> float:
    """The share of deviations that a sample of n with so many of them does not exclude, binomial, 0 to 1."""
    if n <= 0 or deviations >= n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        chance = sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(deviations + 1))
        low, high = (share, high) if chance > 1 - confidence else (low, share)
    return high


def rank(seed: str, control_id: str, start: date, end: date, population_hash: str, key: str) -> str:
    """sha256 of the six joined by ``|``, hex: the smaller, the earlier drawn."""
    text = "|".join((seed, control_id, start.isoformat(), end.isoformat(), population_hash, key))
    return hashlib.sha256(text.encode()).hexdigest()


def draw(
    seed: str,
    control_id: str,
    window: tuple[date, date],
    population_hash: str,
    strata: Mapping[str, Sequence[str]],
    n: int,
) -> list[Stratum]:
    """Every key ranked inside its stratum, and how many of each stratum are the sample.

    strata: name → keys; one stratum when nobody asked for more. population_hash is that of all of them together.
    """
    quota = allocate({name: len(keys) for name, keys in strata.items()}, n)
    drawn = []
    for name in sorted(strata):
        order = sorted((rank(seed, control_id, *window, population_hash, key), key) for key in strata[name])
        ranked = tuple(Ranked(key, value, name, place) for place, (value, key) in enumerate(order, 1))
        drawn.append(Stratum(name, ranked, quota[name]))
    return drawn


def allocate(counts: Mapping[str, int], n: int) -> dict[str, int]:
    """n shared out in proportion to the counts, remainders to the largest; equal ones in the order of their names."""
    total = sum(counts.values())
    if n > total:
        raise SamplingError(f"{n} cannot be drawn from {total}")
    if not total:
        return dict.fromkeys(counts, 0)
    quota = {name: n * count // total for name, count in counts.items()}
    order = sorted(counts, key=lambda name: (-(n * counts[name] % total), name))
    for name in order[: n - sum(quota.values())]:
        quota[name] += 1
    return quota
