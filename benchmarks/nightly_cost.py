"""Does a night's cost follow the day's change, or the history? Ratios of the last nights to the second one.

    .venv/bin/python benchmarks/nightly_cost.py --nights 10

Plays nights of the sandbox company in a temporary home. The first night parses the project and reads half a year of
events; the second is the base. A ratio near 1 follows the day; one that grows with the nights follows the history.
Seconds are of this machine: compare ratios.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--nights", type=int, default=10)
    nights = max(arguments.parse_args().nights, 5)
    with tempfile.TemporaryDirectory(prefix="soc2-benchmark-") as home:
        os.environ["SOC2_HOME"] = home
        from soc2_warehouse import simulate, steps
        from soc2_warehouse.settings import settings

        seconds: dict[str, list[float]] = defaultdict(list)
        extracted = [0.0]

        def observe(step: steps.Step) -> None:
            if step.state == "started":
                return
            if step.stage == "extract":
                extracted[-1] += step.seconds
            elif step.stage == "load":
                seconds["extract"].append(extracted[-1])
                extracted.append(0.0)
            if step.stage in ("load", "evaluate", "judge"):
                seconds[step.stage].append(step.seconds)

        steps.observers.append(observe)
        status = simulate.run(settings(), nights)
        if status:
            raise SystemExit(status)
        written = sorted(
            sum(file.stat().st_size for file in day.rglob("*") if file.is_file())
            for day in (Path(home) / "ledger").glob("day=*")
        )
        print(f"\n{'stage':10} {'night 2':>9} {'last 3':>9} {'ratio':>7}")
        for stage, nightly in seconds.items():
            base, last = nightly[1], median(nightly[-3:])
            print(f"{stage:10} {base:8.2f}s {last:8.2f}s {last / base:7.2f}")
        print(f"{'ledger':10} {written[1] / 1e6:8.2f}M {written[-1] / 1e6:8.2f}M {written[-1] / written[1]:7.2f}")


if __name__ == "__main__":
    main()
