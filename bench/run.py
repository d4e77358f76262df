#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs ours, the floors and the peers that are installed, in alternation, and
prints medians.

    bench/run.py BUILD [--scale 0.05] [--work W1,W2] [--only ours,curl]
                 [--rounds 25] [--peer-rounds 3] [--json FILE] [--table FILE]

A client whose first run takes longer than --patience seconds is not run
again, and those that would take minutes get a part of the work (SHARE).
Columns: CPU (user and system) and wall seconds and their ratio to the floor,
peak memory, system calls (strace, a run of its own), network turns (as the
server counted them, with a delay of 20 ms for clients that pipeline).
"""

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile

import measuring
import plugins
import table
import workloads

STRACE = 30             # seconds: what makes more calls has no number of them
NAMES = {"server": "pop3-bench-server"}
TOOLS = ("server", "measure", "floor", "maildir_floor", "ours", "w7_ours",
         "libetpan", "vmime")


def tools_of(build):
    """{name: path} of the programs that were built."""
    paths = {name: os.path.join(build, "bench", NAMES.get(name, name))
             for name in TOOLS}
    paths["pop3"] = os.path.join(build, "cli", "pop3")
    return {name: os.path.abspath(path) for name, path in paths.items()
            if os.path.exists(path)}


@dataclasses.dataclass
class Row:
    """What became of one client in one workload."""
    client: str
    kind: str
    scale: float            # of the workload, for this client
    runs: list
    calls: int = 0
    turns: int = 0
    failure: str = ""

    def median(self, field):
        return statistics.median(getattr(run, field) for run in self.runs)

    def as_dict(self):
        row = {"client": self.client, "kind": self.kind, "scale": self.scale,
               "runs": len(self.runs), "failure": self.failure}
        if self.runs:
            row.update(cpu=self.median("cpu"), wall=self.median("wall"),
                       kib=self.median("kib"), turns=self.turns,
                       octets=self.median("octets"), calls=self.calls)
        return row


def attempt(bench, client, row, limit):
    """One run. False if it is not to be run again."""
    try:
        if not row.runs and client.prepare(bench.job(bench.where)):
            bench.run(client, limit)
        figures = bench.run(client, limit)
    except measuring.Failed as failure:
        row.failure = str(failure)
        return False
    if figures is None:
        return False
    row.runs.append(figures)
    return True


def count(bench, client, row, options):
    """What is counted in runs that are not timed."""
    wall, turns = row.median("wall"), int(row.median("turns"))
    row.turns = turns
    if client.kind == "floor" and bench.load.what == "maildir":
        return
    if bench.load.delay_ms == 0 and not client.lock_step:
        row.turns = bench.count_turns(client, options.limit)
    if wall < options.patience / 2:
        row.calls = bench.count_calls(client, min(options.limit, STRACE))


def rounds_of(client, options):
    peers = options.peer_rounds or options.rounds
    return peers if client.kind == "peer" else options.rounds


def measure_workload(load, clients, tools, scale, options):
    """[Row] of clients in alternation."""
    rows = [Row(c.name, c.kind, scale, []) for c in clients]
    going = list(zip(clients, rows))
    with tempfile.TemporaryDirectory(prefix="pop3-bench-",
                                     dir=options.folder) as where:
        os.chmod(where, 0o755)
        with measuring.Bench(tools, load, where) as bench:
            for turn in range(options.rounds):
                going = [(client, row) for client, row in going
                         if turn < rounds_of(client, options) and
                         attempt(bench, client, row, options.limit) and
                         row.runs[-1].wall < options.patience]
            for client, row in zip(clients, rows):
                if row.runs and not options.quick:
                    count(bench, client, row, options)
    return [row for row in rows if row.runs or row.failure]


def share_of(client, load, options):
    share = client.share.get(load.name, 1) if options.scale == 1 else 1
    return min(share, options.peers if client.kind == "peer" else 1)


def measure(load, clients, tools, options):
    """One workload; those that would take minutes get a part of it, beside a
    floor of that part."""
    shares = {c: share_of(c, load, options) for c in clients}
    floors = [c for c in clients if c.name == "floor"]
    rows = []
    for share in sorted(set(shares.values()), reverse=True):
        scale = options.scale * share
        group = [c for c in clients if shares[c] == share]
        beside = [c for c in floors if shares[c] != share]
        rows += measure_workload(load.scaled(scale), beside + group, tools,
                                 scale, options)
    return {"name": load.name, "title": load.title,
            "rows": [row.as_dict() for row in rows]}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--peers", type=float, default=1,
                        help="the part of the work that peers get at most")
    parser.add_argument("--work", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-rounds", type=int,
                        help="of peers, which are far from the floor "
                        "anyhow, at most")
    parser.add_argument("--patience", type=float, default=20)
    parser.add_argument("--limit", type=int, default=300,
                        help="seconds after which a run is killed")
    parser.add_argument("--folder", help="for Maildirs and all else")
    parser.add_argument("--quick", action="store_true",
                        help="no system calls, and turns as they came")
    parser.add_argument("--json", help="write the figures to a file")
    parser.add_argument("--table", help="rewrite the table in a file")
    return parser.parse_args()


def chosen(options, tools):
    """(workloads, clients), those that can be had."""
    names = [name for name in options.work.split(",") if name]
    known = {load.name for load in workloads.ALL}
    if not set(names) <= known:
        sys.exit(f"run.py: no such workload; there are {', '.join(known)}")
    loads = [w for w in workloads.ALL if not names or w.name in names]
    only = [name for name in options.only.split(",") if name]
    clients = []
    for client in plugins.load():
        if only and client.name not in only:
            continue
        missing = client.missing(tools)
        if missing:
            print(f"{client.name}: {missing} is missing, so it is left out")
        else:
            clients.append(client)
    return loads, clients


def main():
    options = parse()
    tools = tools_of(options.build)
    loads, clients = chosen(options, tools)
    results = []
    for load in loads:
        results.append(measure(load, clients, tools, options))
        print(table.text(results[-1]), flush=True)
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(results, file, indent=1)
    if options.table:
        table.rewrite(options.table, results)
    failed = [row for result in results for row in result["rows"]
              if row["failure"]]
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
