# SPDX-License-Identifier: MIT
"""The harness at a tiny scale: every client that is installed does every
workload that it knows, as the server counted it, and a client that does not
do its work is found out.

    python3 harness_test.py BUILD
"""

import contextlib
import dataclasses
import io
import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import measuring
import plots
import plugins
import run
import table
import workloads

BUILD = ""
LIMIT = 60
# A few messages of a few KiB, whatever the workload is about.
TINY = [dataclasses.replace(
            load, messages=3, size=20480 if load.shrinks == "size" else 4096,
            accounts=min(load.accounts, 4), delay_ms=0)
        for load in workloads.ALL]


class Cheat(plugins.Client):
    """A client whose command is not what it says."""

    def __init__(self, command, kind="peer"):
        # pylint: disable=super-init-not-called
        self.name, self.kind, self.command = "cheat", kind, command
        self.deletes, self.lock_step, self.share = True, False, {}
        self.prepare = lambda job: False


def floor_with(what, count):
    """A client that does this much, whatever it was asked for."""
    return Cheat(lambda job: [job.tools["floor"], str(job.port),
                              job.ca_file if job.tls else "-", what,
                              str(count)])


class EveryClient(unittest.TestCase):
    def test_does_its_work(self):
        tools = run.tools_of(BUILD)
        done = {}
        for load in TINY:
            with tempfile.TemporaryDirectory() as where:
                os.chmod(where, 0o755)
                with measuring.Bench(tools, load, where) as bench:
                    for client in plugins.load():
                        if client.missing(tools):
                            continue
                        with self.subTest(client.name, workload=load.name):
                            figures = self.once(bench, client)
                            if figures:
                                self.plausible(figures)
                                done.setdefault(client.name, set()).add(
                                    load.name)
        for client in plugins.load():
            if client.missing(tools):
                self.skipTest(client.missing(tools) + " is missing")
            self.assertTrue(done.get(client.name), client.name)
        self.assertGreaterEqual(done["ours"],
                                {"W1", "W1t", "W2", "W4", "W5", "W7"})
        self.assertGreaterEqual(done["floor"], {"W1", "W1t", "W2", "W5", "M"})

    def once(self, bench, client):
        if client.prepare(bench.job(bench.where)):
            bench.run(client, LIMIT)
        return bench.run(client, LIMIT)

    def plausible(self, figures):
        self.assertGreater(figures.wall, 0)
        self.assertGreater(figures.kib, 500)
        self.assertLess(figures.kib, 500000)


class ACheat(unittest.TestCase):
    def complaint(self, name, client):
        load = next(load for load in TINY if load.name == name)
        with tempfile.TemporaryDirectory() as where, \
                measuring.Bench(run.tools_of(BUILD), load, where) as bench:
            with self.assertRaises(measuring.Failed) as caught:
                bench.run(client, 2)
            return str(caught.exception)

    def test_fails(self):
        said = self.complaint("W2", Cheat(lambda job: ["false"]))
        self.assertIn("exit status 1", said)

    def test_does_nothing(self):
        self.assertIn("RETR is 0",
                      self.complaint("W2", Cheat(lambda job: ["true"])))

    def test_does_less(self):
        self.assertIn("RETR is 2",
                      self.complaint("W2", floor_with("retr", 2)))

    def test_deletes_nothing(self):
        self.assertIn("deleted is 0",
                      self.complaint("W5", floor_with("retr", 3)))

    def test_writes_nothing(self):
        self.assertIn("0 files",
                      self.complaint("M", floor_with("session", 3)))

    def test_hangs(self):
        self.assertIn("137",
                      self.complaint("W2", Cheat(lambda job: ["sleep", "9"])))

    def test_leaves_tls_out(self):
        def command(job):
            return [job.tools["floor"], str(job.port), "-", "retr", "1"]
        self.assertTrue(self.complaint("W1t", Cheat(command)))


class Counting(unittest.TestCase):
    def test_calls_and_turns(self):
        load = dataclasses.replace(workloads.ALL[2], messages=50)
        clients = {c.name: c for c in plugins.load()}
        with tempfile.TemporaryDirectory() as where, \
                measuring.Bench(run.tools_of(BUILD), load, where) as bench:
            self.assertEqual(bench.count_turns(clients["floor"], LIMIT), 1)
            self.assertEqual(bench.run(clients["poplib"], LIMIT).turns, 53)
            calls = bench.count_calls(clients["floor"], LIMIT)
            self.assertTrue(20 < calls < 1000, calls)


class Turns(unittest.TestCase):
    """A whole session has at most 7 turns of the network, as a server counts
    them that is faster than its client. The delay is long, so that a client
    that has to wait for a processor is not charged for it."""

    def turns(self, name):
        load = next(load for load in workloads.ALL if load.name == "W5")
        load = dataclasses.replace(load, delay_ms=200)
        client = next(c for c in plugins.load() if c.name == name)
        tools = run.tools_of(BUILD)
        if client.missing(tools) or name == "pop3_fetch" and \
                "pop3" not in tools:
            self.skipTest(name + " is missing")
        with tempfile.TemporaryDirectory() as where, \
                measuring.Bench(tools, load, where) as bench:
            return bench.run(client, LIMIT).turns

    def test_library(self):
        self.assertLessEqual(self.turns("ours"), 7)

    def test_program(self):
        self.assertLessEqual(self.turns("pop3_fetch"), 7)


class Tables(unittest.TestCase):
    def test_whole_run(self):
        with tempfile.TemporaryDirectory() as folder:
            figures = os.path.join(folder, "figures.json")
            results = os.path.join(folder, "RESULTS.md")
            with open(results, "w", encoding="utf-8") as file:
                file.write(f"before\n{table.BEGIN}\nold\n{table.END}\nafter")
            sys.argv = ["run.py", BUILD, "--scale", "0.001", "--work", "W2",
                        "--only", "ours,floor", "--rounds", "2", "--quick",
                        "--json", figures, "--table", results]
            with contextlib.redirect_stdout(io.StringIO()) as said:
                self.assertEqual(run.main(), 0)
            self.assertIn("W2: 20,000 messages", said.getvalue())
            with open(results, encoding="utf-8") as file:
                text = file.read()
            self.assertRegex(text, r"^before\n<!-- (?s:.)*-->\nafter$")
            self.assertIn("| **ours** | ", text)
            self.assertNotIn("old", text)
            with open(figures, encoding="utf-8") as file:
                rows = json.load(file)[0]["rows"]
            self.assertEqual([row["runs"] for row in rows], [2, 2])
            sys.argv = ["plots.py", figures, folder]
            with contextlib.redirect_stdout(said):
                plots.main()
            drawn = ElementTree.parse(os.path.join(folder, "W2.svg"))
            colors = [e.get("fill") for e in drawn.iter() if e.get("fill")]
            self.assertEqual(colors, ["white", plots.COLORS["ours"]])
            words = [e.text for e in drawn.iter() if e.text]
            self.assertIn("ours", words)
            self.assertIn("floor", words)

    def test_a_part_of_the_work_has_a_floor_of_its_own(self):
        def row(client, scale, cpu):
            return {"client": client, "scale": scale, "cpu": cpu}
        result = {"rows": [row("floor", 1, 2), row("floor", 0.1, 1)]}
        for scale, wanted in ((1, "2.00"), (0.1, "4.00"), (0.5, "–")):
            it = row("curl", scale, 4)
            self.assertEqual(
                table.ratio(it, table.floor_of(it, result), "cpu"), wanted)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    outcome = unittest.main(exit=False).result
    if outcome.wasSuccessful() and outcome.skipped:
        sys.exit(77)
    sys.exit(not outcome.wasSuccessful())
