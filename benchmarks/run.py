#!/usr/bin/env python3
"""Measures a release build of tenantry on its sandbox and prints the table of docs/benchmarks.md.

    python3 benchmarks/run.py [--runs N] [--binary PATH]

Standard library only. Each figure is the median of N whole processes, that of 10,000 tenants one process; memory is the largest of them.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measured(command, folder):
    """Seconds, peak memory in MiB and the output of one process."""
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        out.seek(0)
        text = out.read().decode()
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}:\n{text}")
    return seconds, usage.ru_maxrss / 1024, text


def folder_with(tenants):
    """A folder with the shipped manifest and as many tenants as asked for, three users in each that is not shipped."""
    folder = Path(tempfile.mkdtemp(prefix="tenantry-bench-"))
    for part in ("policies", "templates"):
        shutil.copytree(ROOT / part, folder / part)
    text = (ROOT / "tenants.yaml").read_text()
    for n in range(tenants - 8):
        text += f"  practice-{n}:\n    tier: {('basic', 'premium')[n % 2]}\n    name: Practice {n}\n    users:\n"
        text += "".join(f"      - {{ email: user{user}@practice-{n}.com, role: nurse }}\n" for user in range(3))
    (folder / "tenants.yaml").write_text(text)
    return folder


class Bench:
    def __init__(self, binary, runs):
        self.binary, self.runs = binary, runs
        self.rows = []

    def row(self, what, figure, bar):
        self.rows.append((what, figure, bar))
        print(f"{what}: {figure} (must reach: {bar})", file=sys.stderr)

    def timed(self, what, bar, arguments, folder, before=lambda folder: None, runs=None):
        seconds, memory = [], []
        for _ in range(runs or self.runs):
            before(folder)
            took, peak, text = measured([self.binary, *arguments], folder)
            seconds.append(took)
            memory.append(peak)
        self.row(what, f"{statistics.median(seconds):.3f} s, {max(memory):.0f} MiB", bar)
        return text

    def calls(self, folder):
        _, _, text = measured([self.binary, "plan", "--sandbox", "-q", "--output", "json"], folder)
        plan = json.loads(text)
        if plan["changes"]:
            sys.exit("the plan that should be empty is not")
        return plan["read"]["calls"]

    def run(self):
        fresh = lambda folder: shutil.rmtree(folder / ".tenantry", ignore_errors=True)
        apply = ["apply", "--sandbox", "--yes", "-q"]
        shipped = folder_with(8)
        self.timed("`--help`", "0.05 s", ["--help"], shipped)
        self.timed("first apply, shipped manifest", "4 s", apply, shipped, fresh)
        self.timed("plan without changes, shipped manifest", "1 s", ["plan", "--sandbox", "-q"], shipped)
        eight = self.calls(shipped)
        self.row("API calls of a plan without changes, 8 tenants", eight, "150")
        for tenants in (1_000, 10_000):
            many, runs = folder_with(tenants), 1 if tenants == 10_000 else self.runs
            self.timed(f"first apply, {tenants:,} tenants of 3 users", "-", apply, many, fresh, runs)
            plan = ["plan", "--sandbox", "-q"]
            self.timed(f"plan without changes, {tenants:,} tenants of 3 users", "-", plan, many, runs=runs)
            bar = f"{eight + 120}" if tenants == 1_000 else "-"
            self.row(f"API calls of a plan without changes, {tenants:,} tenants of 3 users", self.calls(many), bar)
            bar = "10 s" if tenants == 10_000 else "-"
            self.timed(f"`verify --offline`, {tenants:,} tenants of 3 users", bar, ["verify", "--offline", "-q"], many)
            shutil.rmtree(many)
        self.as_the_article(shipped, fresh, apply)
        self.chain(shipped, fresh, apply)
        shutil.rmtree(shipped)

    def as_the_article(self, folder, fresh, apply):
        """The conditions under which the article's scripts take 300 s."""
        faults = ["--sandbox-faults", "latency=20ms,slow=3s"]
        self.timed("first apply, 20 ms a call, statuses of 3 s", "30 s", [*apply, *faults], folder, fresh)
        plan = ["plan", "--sandbox", "-q", "--detailed-exitcode", *faults]
        self.timed("the plan after it, empty", "-", plan, folder)

    def chain(self, folder, fresh, apply):
        """Wall time against the longest chain of steps that wait for each other, from one and the same run."""
        faults = ["--sandbox-faults", "latency=100ms,slow=2s"]
        for jobs in (8, 32):
            ratios, walls = [], []
            for _ in range(min(self.runs, 3)):
                fresh(folder)
                _, _, text = measured([self.binary, *apply, *faults, "--jobs", str(jobs)], folder)
                wall, longest = map(float, re.search(r"([\d.]+) s \(longest chain ([\d.]+) s\)", text).groups())
                ratios.append(wall / longest)
                walls.append((wall, longest))
            wall, longest = walls[ratios.index(statistics.median_low(ratios))]
            figure = f"{wall:.1f} s, longest chain {longest:.1f} s: ratio {wall / longest:.2f}"
            self.row(f"first apply, 100 ms a call, statuses of 2 s, --jobs {jobs}", figure, "ratio 1.3" if jobs == 8 else "-")


def main():
    parser = argparse.ArgumentParser(description="Measures a release build of tenantry on its sandbox.")
    parser.add_argument("--runs", type=int, default=5, help="processes for each figure (default 5)")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/tenantry", help="what is measured")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        sys.exit(f"{arguments.binary} is not there: cargo build --release")
    bench = Bench(arguments.binary.resolve(), arguments.runs)
    bench.run()
    print("| what | measured | must reach |\n|---|---|---|")
    for what, figure, bar in bench.rows:
        print(f"| {what} | {figure} | {bar} |")


if __name__ == "__main__":
    main()
