# SPDX-License-Identifier: MIT
"""The machine loses its power after each system call of a session of 3
messages. Whatever the disk may have kept of that (powerloss.py says what is
legal), and whatever the server may have done, the next run finds the place
again: no message is lost, none is there twice.

A program or an LMTP server that takes the mail is another machine: it has what
it took, and it sees again only what was under way, with the same delivery id.
"""

import itertools
import os
import re
import shutil
import signal

import lab
import powerloss
import sinks

LIMIT = 64      # trees of one prefix; if there are no more, all of them
BATCHES = {**lab.POLICIES, **lab.BATCHES}
ABOUT = 14      # trees that are tried, unless all are asked for


class Power(lab.Lab):
    count = 3

    def record(self, *args, lane, before=None, killed=None):
        """(the lane, the tree before a session, its calls, what was handed
        over, how many of the calls are those of a session that was killed
        before it)."""
        if before:
            before(lane)
        tree = powerloss.read_tree(lane.home)
        log = lane.path("log")
        with open(log, "wb"):
            pass        # it is empty, and it is there
        taker = lane.sink if isinstance(lane.sink, sinks.Taker) else None
        if taker:
            taker.watch(log)
        first = 0
        if killed:
            status, said = lane.fetch(*args, log=log, how="kill", **killed)
            self.assertEqual(status, -signal.SIGKILL, said)
            first = len(powerloss.read_log(log))
        status, said = lane.fetch(*args, log=log)
        self.assertEqual(status, 0, said)
        return (lane, tree, powerloss.read_log(log),
                list(taker.handed()) if taker else [], first)

    @staticmethod
    def fates_of_server(lane, calls, number):
        """Which messages it may have: all as long as QUIT was not sent; none
        of those that were to be deleted once the program has done something
        with the answer."""
        here = sorted(lane.messages)
        session, deleted, quits = here, set(), False
        for call in calls[:number]:
            acts = call.path and call.name in ("write", "fsync", "fdatasync")
            if quits and (acts or call.name == "send"):
                here = [uid for uid in here if uid not in deleted]
                session, deleted, quits = here, set(), False
            if call.name == "send":
                if b"USER " in call.data:   # the session before was killed
                    deleted = set()
                deleted |= {session[int(n) - 1] for n in
                            re.findall(rb"DELE (\d+)\r\n", call.data)}
                quits = quits or b"QUIT\r\n" in call.data
        fates = [here]
        if quits and deleted:
            fates.append([uid for uid in here if uid not in deleted])
        return fates

    @staticmethod
    def fates_of_taker(handed, calls, number):
        """Which messages it may have taken: of that which was under way when
        the power went nobody knows."""
        first = calls[number - 1].end if number else 0
        next_one = calls[number].end if number < len(calls) else first + 1
        sure = [(key, data) for size, key, data in handed if size < first]
        more = [(key, data) for size, key, data in handed
                if first <= size < next_one]
        return [sure, sure + more] if more else [sure]

    def states(self, lane, tree, calls, handed, first):
        """All that may be, each once."""
        seen = set()
        for number in lab.thin(range(first, len(calls) + 1), ABOUT):
            disk = powerloss.Disk(lane.home, tree)
            for call in calls[:number]:
                disk.run(call)
            for left, taken in itertools.product(
                    self.fates_of_server(lane, calls, number),
                    self.fates_of_taker(handed, calls, number)):
                for made in disk.trees(LIMIT, seed=number):
                    key = (tuple(left), len(taken), tuple(sorted(
                        made.items())))
                    if key not in seen:
                        seen.add(key)
                        yield Remainder(number, left, taken, made, calls)

    def lose_power(self, *args, about=ABOUT, sink="maildir", **kwargs):
        remainders = list(self.states(*self.record(
            *args, lane=self.lane(sink), **kwargs)))
        self.assertGreater(len(remainders), 40)

        def one(lane, remainder):
            remainder.put(lane)
            lane.check_broken()
            lane.heal(*args, litter=True)

        self.each(lab.thin(remainders, about), one, sink)

    def test_that_it_can_fail(self):
        """A program that forgot to sync one of these would lose mail."""
        lane = self.lane()
        _, tree, calls, _, _ = self.record("--delete", lane=lane)
        for name in ("Mail/new", "Mail/tmp/", "Mail"):
            with self.subTest(name):
                forgetful = [call for call in calls
                             if call.name != "fsync" or not (
                                 call.path.endswith("/" + name) or
                                 "/" + name in call.path and name[-1] == "/")]
                self.assertLess(len(forgetful), len(calls))
                worst = next(self.states(lane, tree, forgetful, [],
                                         len(forgetful)))
                worst.put(lane)
                with self.assertRaises(AssertionError):
                    lane.check_broken()

    def test_that_it_can_fail_with_takers(self):
        """A program that did not sync its memory would hand over all mail
        again."""
        lane = self.lane("cmd_plain")
        _, tree, calls, handed, _ = self.record("--delete", lane=lane)
        forgetful = [call for call in calls if "fsync" not in call.name and
                     "fdatasync" not in call.name]
        self.assertEqual(len(handed), self.count)
        for remainder in self.states(lane, tree, forgetful, handed,
                                     len(forgetful)):
            remainder.left = sorted(lane.messages)
            remainder.put(lane)
            break
        with self.assertRaisesRegex(AssertionError, "twice"):
            lane.check_broken()
            lane.heal("--delete", litter=True)

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
            _, tree, calls, _, _ = self.record(
                "--delete", lane=lane, killed={"call": call, "at": number})
            for remainder in lab.thin(self.states(lane, tree, calls, [],
                                                  len(calls)), 4):
                remainder.put(lane)
                lane.check_broken()
                lane.heal("--delete", litter=True)

        self.each(lab.thin(points, ABOUT // 2), one)


class Remainder:
    """What is left; and how it is called when it fails."""

    def __init__(self, number, left, taken, tree, calls):
        self.number, self.left, self.tree = number, left, tree
        self.taken = taken
        self.last = calls[number - 1] if number else None

    def put(self, lane):
        shutil.rmtree(lane.home)
        os.mkdir(lane.home)
        powerloss.write_tree(lane.home, self.tree)
        for path in self.tree:
            if path.endswith(".lock"):      # it took a while to start again
                os.utime(os.path.join(lane.home, path), (0, 0))
        lane.fill(self.left)
        if isinstance(lane.sink, sinks.Taker):
            lane.sink.reset()
            lane.sink.give(self.taken)

    def __str__(self):
        last = self.last and (self.last.name, os.path.basename(
            self.last.path))
        sizes = {path: data if data is None else len(data)
                 for path, data in self.tree.items()}
        return (f"{self.number} {last} server: {self.left}, "
                f"taken: {len(self.taken)}, disk: {sizes}")


def power_test(*args, **kwargs):
    return lambda self: self.lose_power(*args, **kwargs)


for sink_name in sinks.SINKS:
    for policy, flags in BATCHES.items():
        if lab.WHOLE or sink_name in sinks.FILES or policy == "batches":
            many = sink_name in sinks.FILES and policy != "batches"
            setattr(Power, f"test_{sink_name}_{policy}",
                    power_test(*flags, sink=sink_name,
                               about=ABOUT if many else ABOUT // 3))

if __name__ == "__main__":
    lab.main()
