# SPDX-License-Identifier: MIT
"""Two copies of the program at once, 20 accounts at once, a clock that is
wrong, a state that cannot be written, a file system without links.
"""

import collections
import errno
import os
import signal
import subprocess
import threading

import lab
from program import mailbox

LATER, DISK, CONFIG = 75, 74, 78
DAY = 86400


def together(functions):
    """What they return, run at once."""
    results = [None] * len(functions)

    def run(index):
        results[index] = functions[index]()

    threads = [threading.Thread(target=run, args=[i])
               for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Copies(lab.Lab):
    count = 20

    def lane(self, sink="maildir"):
        lane = super().lane(sink)
        lane.at_login()
        return lane

    def test_while_one_fetches(self):
        """The others say so, and leave all to it."""
        for policy in lab.POLICIES.values():
            lane = self.lane()
            others_ended = threading.Event()
            lane.at_login(lambda: others_ended.wait(60))
            first = threading.Thread(target=lane.fetch, args=policy)
            first.start()
            lane.server.log.wait("open")
            ends = together([lambda: lane.fetch(*policy)] * 2)
            self.assertEqual(len(lane.server.log.events("open")), 1)
            others_ended.set()
            first.join()
            for status, said in ends:
                self.assertEqual(status, LATER, said)
                self.assertIn("another pop3 is fetching this account", said)
            self.assertEqual(lane.sink.delivered(), lane.expected())
            lane.heal(*policy)
            self.assertEqual(lane.server.log.verbs()["RETR"], self.count)

    def test_two(self):
        """One fetches, and the others say that it does; or they come when it
        is done."""
        def one(lane, _point):
            ends = together([lambda: lane.fetch("--delete")[0]] * 3)
            self.assertIn(0, ends)
            self.assertLessEqual(set(ends), {0, LATER})
            lane.heal("--delete")

        self.each(range(40 if lab.WHOLE else 6), one, lanes=2)

    def test_one_is_killed(self):
        """Its lock dies with it."""
        def one(lane, at):
            together([lambda: lane.fetch("--delete", call="any", at=at,
                                         how="kill"),
                      lambda: lane.fetch("--delete"),
                      lambda: lane.fetch("--delete", call="any", at=at * 2,
                                         how="kill")])
            lane.check_broken()
            lane.heal("--delete")

        self.each(lab.thin(range(1, 80, 2), 6), one, lanes=2)


class Accounts(lab.Lab):
    count = 4
    accounts = 20

    def setUp(self):
        """Twenty servers; one state and one Maildir for all."""
        self.lanes = []
        for number in range(self.accounts):
            self.seed = number + 1
            self.lanes.append(self.lane())
        self.home = self.lanes[0].home
        self.sink = self.lanes[0].sink

    def messages(self):
        return {name: data for name, _, data in
                mailbox.messages(self.count, seed=self.seed)}

    def expected(self):
        return sum((lane.expected() for lane in self.lanes),
                   collections.Counter())

    def argv(self, lanes, *args):
        """Their real ports: else they were one account."""
        argv = lanes[0].argv("--delete", *args)[:-1]
        return argv + [f"pop://demo@127.0.0.1:{lane.server.ports['clear']}"
                       for lane in lanes]

    def run_argv(self, lanes, *args):
        return subprocess.run(
            self.argv(lanes, *args), cwd=self.home, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env={"PATH": os.environ["PATH"], "HOME": self.home}, timeout=120)

    def check(self, done):
        self.assertEqual([one.returncode for one in done], [0] * len(done),
                         [one.stdout for one in done])
        self.assertEqual(self.sink.delivered(), self.expected())
        self.assertEqual(self.sink.litter(), [])
        self.assertEqual([lane.on_server() for lane in self.lanes],
                         [[]] * self.accounts)

    def test_one_after_the_other(self):
        self.check([self.run_argv(self.lanes)])

    def meet_at_login(self):
        """None gets in before all are there; else the login fails."""
        all_are_there = threading.Barrier(self.accounts, timeout=60)
        for lane in self.lanes:
            lane.at_login(all_are_there.wait)

    def test_jobs(self):
        self.meet_at_login()
        self.check([self.run_argv(self.lanes, f"--jobs={self.accounts}",
                                  f"--max-per-host={self.accounts}")])

    def test_a_process_each(self):
        self.meet_at_login()
        self.check(together([lambda lane=lane: self.run_argv([lane])
                             for lane in self.lanes]))


class Clock(lab.Lab):
    count = 4

    def test_back(self):
        """A clock that goes back deletes nothing, and fetches nothing
        twice."""
        lane = self.lane()
        self.assertEqual(lane.fetch("--keep=30d")[0], 0)
        for seconds in (-1, -DAY, -400 * DAY):
            status, said = lane.fetch("--keep=30d", clock=seconds)
            self.assertEqual(status, 0, said)
            self.assertEqual(len(lane.on_server()), self.count)
        lane.heal("--keep=30d")

    def test_forward_and_back(self):
        """Delivered when it was 400 days fast: the time to keep it is not
        over when the clock is right again, and not before its end."""
        lane = self.lane()
        self.assertEqual(lane.fetch("--keep=30d", clock=400 * DAY)[0], 0)
        for seconds in (0, 31 * DAY, 429 * DAY):
            lane.fetch("--keep=30d", clock=seconds)
            self.assertEqual(len(lane.on_server()), self.count)
        lane.fetch("--keep=30d", clock=431 * DAY)
        self.assertEqual(lane.on_server(), [])
        self.assertEqual(lane.sink.delivered(), lane.expected())

    def test_forward(self):
        lane = self.lane()
        lane.heal("--keep=30d")
        lane.fetch("--keep=30d", clock=29 * DAY)
        self.assertEqual(len(lane.on_server()), self.count)
        lane.fetch("--keep=30d", clock=31 * DAY)
        self.assertEqual(lane.on_server(), [])
        self.assertEqual(lane.sink.delivered(), lane.expected())

    def test_before_1970(self):
        for policy in lab.POLICIES.values():
            lane = self.lane()
            status, said = lane.fetch(*policy, clock=-100 * 365 * DAY)
            self.assertEqual(status, 0, said)
            lane.heal(*policy)

    def test_killed_under_another_clock(self):
        """Recovery knows a message whatever its file's name says of the
        time."""
        for seconds in (400 * DAY, -400 * DAY):
            lane = self.lane()
            status, _ = lane.fetch("--delete", call="noreplace", at=3,
                                   how="kill", clock=seconds)
            self.assertEqual(status, -signal.SIGKILL)
            lane.heal("--delete")


class Places(lab.Lab):
    count = 4

    def fetch_without(self, calls, sink, under, how, **faults):
        """Where these calls fail each time, and one is made at least."""
        lane = self.lane(sink)
        hit = lane.path("hit")
        status, said = lane.fetch(
            "--delete", call=calls, at=1, on=1, how=how, hit=hit,
            under=os.path.join(lane.home, under), **faults)
        self.assertTrue(os.path.exists(hit), "there was no such call")
        self.assertEqual(status, 0, said)
        self.assertEqual(lane.sink.delivered(), lane.expected())
        self.assertEqual(lane.on_server(), [])
        self.assertEqual(lane.sink.litter(), [])
        lane.heal("--delete")

    def test_no_links(self):
        """As on FAT, and many file systems that are mounted by users: for the
        memory, and for the lock of an mbox."""
        for how in (errno.EPERM, errno.EOPNOTSUPP):
            for sink, under in (("maildir", ".local/state/pop3"),
                                ("mbox", "Mail.lock")):
                with self.subTest(how=how, sink=sink):
                    self.fetch_without("link", sink, under, how)

    def test_no_rename_that_replaces_nothing(self):
        """As on NFS; and there, or elsewhere, no links either."""
        for sink in ("maildir", "eml"):
            for how in (errno.EINVAL, errno.ENOSYS):
                with self.subTest(how=how, sink=sink):
                    self.fetch_without("noreplace", sink, "Mail", how)
            for link in (errno.EPERM, errno.EOPNOTSUPP):
                with self.subTest(sink=sink, link=link):
                    self.fetch_without("link,noreplace", sink, "Mail",
                                       errno.EINVAL, how_link=link)

    def test_no_links_for_the_state(self):
        lane = self.lane()
        status, said = lane.fetch("--delete", call="link,noreplace", at=1,
                                  on=1, how=errno.EOPNOTSUPP)
        self.assertIn(status, (DISK, CONFIG))
        self.assertIn("seen.db", said)
        self.assertEqual(len(lane.on_server()), self.count)
        lane.heal("--delete")

    def test_state_that_cannot_be_used(self):
        """Before the first session and after it: nothing is asked of the
        server that changes it, and what is there stays. It is read-only, or
        cannot be opened at all, or not be written."""
        for before in (False, True):
            for call in ("change", "open", "write"):
                with self.subTest(before=before, call=call):
                    self.fetch_with_bad_state(before, call)

    def fetch_with_bad_state(self, before, call):
        lane = self.lane()
        if before:
            lane.fill(sorted(lane.messages)[:2])
            self.assertEqual(lane.fetch()[0], 0)
            lane.fill(lane.messages)
        got = lane.sink.delivered()
        self.assertEqual(got.total(), 2 if before else 0)
        asked = lane.server.log.verbs()["RETR"]
        status, said = lane.fetch(
            "--delete", call=call, at=1, on=1, how=errno.EROFS,
            under=os.path.join(lane.home, ".local"))
        self.assertIn(status, (DISK, CONFIG), said)
        self.assertIn(".local", said)
        self.assertEqual(lane.sink.delivered(), got)
        self.assertEqual(len(lane.on_server()), self.count)
        self.assertEqual(lane.server.log.verbs()["RETR"], asked)
        lane.heal("--delete")


if __name__ == "__main__":
    lab.main()
