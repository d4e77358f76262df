# SPDX-License-Identifier: MIT
"""The machine loses its power after each system call of a session of 3
messages. Whatever the disk may have kept of that (powerloss.py says what is
legal), and whatever the server may have done, the next run finds the place
again: no message is lost, none is there twice.
"""

import os
import shutil
import signal

import lab
import powerloss
import sinks

LIMIT = 64      # trees of one prefix; if there are no more, all of them
ABOUT = 14      # trees that are tried, unless all are asked for


class Power(lab.Lab):
    count = 3

    def record(self, *args, lane, before=None, killed=None):
        """(the tree before a session, its calls, how many of them are those
        of a session that was killed before it)."""
        if before:
            before(lane)
        tree = powerloss.read_tree(lane.home)
        log = lane.path("log")
        if os.path.exists(log):
            os.unlink(log)
        first = 0
        if killed:
            status, said = lane.fetch(*args, log=log, how="kill", **killed)
            self.assertEqual(status, -signal.SIGKILL, said)
            first = len(powerloss.read_log(log))
        status, said = lane.fetch(*args, log=log)
        self.assertEqual(status, 0, said)
        return lane.home, tree, powerloss.read_log(log), first

    @staticmethod
    def fates_of_server(calls, number):
        """Which messages it may have: all as long as QUIT was not sent; none
        once the program has done something with the answer."""
        at = next((i for i, call in enumerate(calls)
                   if call.name == "send" and b"QUIT\r\n" in call.data),
                  len(calls))
        deletes = any(b"DELE" in call.data for call in calls
                      if call.name == "send")
        if number <= at or not deletes:
            return ("all",)
        acted = any(call.name in ("write", "fsync", "fdatasync")
                    and call.path for call in calls[at + 1:number])
        return ("none",) if acted else ("all", "none")

    def states(self, home, tree, calls, first):
        """All that may be, each once."""
        seen = set()
        for number in range(first, len(calls) + 1):
            disk = powerloss.Disk(home, tree)
            for call in calls[:number]:
                disk.run(call)
            for left in self.fates_of_server(calls, number):
                for made in disk.trees(LIMIT, seed=number):
                    key = (left, tuple(sorted(made.items())))
                    if key not in seen:
                        seen.add(key)
                        yield Remainder(number, left, made, calls)

    def lose_power(self, *args, about=ABOUT, sink="maildir", **kwargs):
        recorded = self.record(*args, lane=self.lane(sink), **kwargs)
        remainders = list(self.states(*recorded))
        self.assertGreater(len(remainders), 40)

        def one(lane, remainder):
            remainder.put(lane)
            lane.check_broken()
            lane.heal(*args, litter=True)

        self.each(lab.thin(remainders, about), one, sink)

    def test_that_it_can_fail(self):
        """A program that forgot to sync one of these would lose mail."""
        lane = self.lane()
        home, tree, calls, _ = self.record("--delete", lane=lane)
        for name in ("Mail/new", "Mail/tmp/", "Mail"):
            with self.subTest(name):
                forgetful = [call for call in calls
                             if call.name != "fsync" or not (
                                 call.path.endswith("/" + name) or
                                 "/" + name in call.path and name[-1] == "/")]
                self.assertLess(len(forgetful), len(calls))
                worst = next(self.states(home, tree, forgetful,
                                         len(forgetful)))
                worst.put(lane)
                with self.assertRaises(AssertionError):
                    lane.check_broken()

    def test_second_session(self):
        """The state file and the Maildir are there, and one message is."""
        def fetch_one(lane):
            lane.fill(sorted(lane.messages)[:1])
            status, said = lane.fetch()
            self.assertEqual(status, 0, said)
            lane.fill(lane.messages)

        for args in lab.POLICIES.values():
            self.lose_power(*args, before=fetch_one, about=ABOUT // 2)

    def test_killed_before(self):
        """The run before was killed, and nothing that it left is certain:
        folders that were made, names, the state file. This run mends it, and
        deletes on the server; then the power goes."""
        points = []
        for call in ("mkdir", "fsync", "noreplace", "unlink"):
            total, _ = self.lane().counted("--delete", call=call)
            points += [(call, number) for number in range(1, total + 1)]

        def one(lane, point):
            call, number = point
            home, tree, calls, _ = self.record(
                "--delete", lane=lane, killed={"call": call, "at": number})
            for remainder in lab.thin(self.states(home, tree, calls,
                                                  len(calls)), 4):
                remainder.put(lane)
                lane.check_broken()
                lane.heal("--delete", litter=True)

        self.each(lab.thin(points, ABOUT // 2), one)


class Remainder:
    """What is left; and how it is called when it fails."""

    def __init__(self, number, left, tree, calls):
        self.number, self.left, self.tree = number, left, tree
        self.last = calls[number - 1] if number else None

    def put(self, lane):
        shutil.rmtree(lane.home)
        os.mkdir(lane.home)
        powerloss.write_tree(lane.home, self.tree)
        for path in self.tree:
            if path.endswith(".lock"):      # it took a while to start again
                os.utime(os.path.join(lane.home, path), (0, 0))
        lane.fill(lane.messages if self.left == "all" else [])

    def __str__(self):
        last = self.last and (self.last.name, os.path.basename(
            self.last.path))
        sizes = {path: data if data is None else len(data)
                 for path, data in self.tree.items()}
        return f"{self.number} {last} server: {self.left}, disk: {sizes}"


def power_test(sink, args):
    return lambda self: self.lose_power(*args, sink=sink)


for sink_name in sinks.FILES:
    for policy, flags in lab.POLICIES.items():
        setattr(Power, f"test_{sink_name}_{policy}",
                power_test(sink_name, flags))

if __name__ == "__main__":
    lab.main()
