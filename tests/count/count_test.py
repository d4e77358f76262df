#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares what can be counted without a clock with the table of limits.

    count_test.py PROBE LIMITS [SCAN WORKLOAD]

PROBE is count_probe; LIMITS is explained in README.md. Each workload runs
twice, the second time with twice as many units, and the difference is what
the units took. More than 5 % above a limit fails, and so does more than 5 %
below it: then the table has to be tightened.
"""

import os
import re
import shutil
import subprocess
import sys

SKIPPED = 77
TOLERANCE = 0.05
COLUMNS = ("instructions", "reads", "writes", "waits", "allocations")


def count(probe, scan, work, units):
    """{what: count} of one run."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no",
         "--callgrind-out-file=/dev/null", probe, scan, work, str(units)],
        check=False, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not collected:
        raise SystemExit(f"{scan} {work}: exit status {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")
    counts = dict(line.split() for line in done.stdout.splitlines())
    counts["instructions"] = collected[1]
    return {name: int(value) for name, value in counts.items()}


def read_limits(path):
    """[(scan, workload, units, peak KiB, {column: limit})]"""
    rows = []
    with open(path, encoding="ascii") as file:
        for line in file:
            fields = line.split("#")[0].split()
            if fields:
                scan, work, units, peak, *limits = fields
                rows.append((scan, work, int(units), int(peak),
                             dict(zip(COLUMNS, map(float, limits),
                                      strict=True))))
    return rows


def judge(what, got, limit):
    """What is wrong, or None."""
    print(f"{what:<44}{got:>12.4f}  limit {limit:.4f}")
    if got > limit * (1 + TOLERANCE):
        return f"{what}: {got:.4f} is more than {limit:.4f}"
    if got < limit * (1 - TOLERANCE):
        return (f"{what}: {got:.4f} is better than {limit:.4f}: "
                "tighten the table")
    return None


def check(probe, row):
    scan, work, units, peak, limits = row
    one, two = (count(probe, scan, work, n) for n in (units, 2 * units))
    took = {name: two[name] - one[name] for name in limits}
    took["instructions"] /= units
    wrong = [judge(f"{scan} {work} {name}", took[name], limit)
             for name, limit in limits.items()]
    wrong.append(judge(f"{scan} {work} peak KiB", two["peak"] / 1024, peak))
    return [words for words in wrong if words]


def main():
    probe, limits, *chosen = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("SKIP: there is no valgrind (tools/setup test installs it)")
        return SKIPPED
    os.environ.pop("MALLOC_PERTURB_", None)     # Meson sets it
    # The C library, too, is to take the same way on every machine.
    os.environ["GLIBC_TUNABLES"] = (
        "glibc.cpu.hwcaps=-AVX2,-ERMS,-FSRM")
    rows = [row for row in read_limits(limits)
            if not chosen or list(row[:2]) == chosen]
    wrong = [words for row in rows for words in check(probe, row)]
    print("\n".join(wrong))
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
