# SPDX-License-Identifier: MIT
"""pop3 fetch is killed before each of its system calls that change the disk
or the server, and then run again: every message is there exactly once. And
the order of these calls, by which that is so.

crash_test.py PROGRAM --part=K/N runs every N-th test, so that parts can run
side by side.
"""

import collections
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import unittest

import program
from program import FINE, Case

STRACE = shutil.which("strace")
# All by which the program changes the disk or asks the server, and how many of
# them there are at the least with three messages.
CALLS = {"write": 3, "pwrite64": 7, "fsync": 5, "fdatasync": 4,
         "renameat2": 3, "link": 1, "unlink": 1, "mkdirat": 3, "ftruncate": 1,
         "sendto": 5}
SYNCS = ("syncfs", "fsync")
PART = (1, 1)


@unittest.skipIf(STRACE is None, "strace is not installed")
class Traced(Case):
    count = 4

    def url(self, server, kind="tls", user="demo"):
        # An address: no name is looked up, and there is no second thread.
        return super().url(server, kind, user).replace("localhost",
                                                       "127.0.0.1")

    def strace(self, server, *flags, status=FINE, more=(), **kwargs):
        log = self.path("strace")
        argv = [STRACE, "-f", "-y", "-o", log, "-s", "65536", *flags,
                *self.fetch_argv(server, "--delete", *more, kind="clear")]
        self.run_argv(argv, status, **kwargs)
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()


def joined(lines):
    """Calls without their threads, each where it returned."""
    begun = {}
    for line in lines:
        thread, call = line.split(maxsplit=1)
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif call.startswith("<... "):
            yield begun.pop(thread) + call.partition("resumed>")[2]
        else:
            yield call


class Watch:
    """What is safe at each moment of a trace. Messages are numbered by the
    order in which their files are made, which is that of RETR."""

    def __init__(self, test):
        self.test = test
        self.names = []         # of all messages
        self.dirty = set()      # not synced since they were written
        self.visible = set()    # and the name in new/ is not durable
        self.durable = set()    # and not remembered
        self.done = set()
        self.intended = 0       # commits so far
        self.deleted = 0
        self.counts = collections.Counter()

    def see(self, call):
        self.call = call
        name, _, rest = call.partition("(")
        self.counts[name] += 1
        good = re.search(r"\) += 0$", call) is not None
        message = re.search(r"^\d+<[^>]*Mail/tmp/([^>]+)>", rest)
        if name == "openat" and "Mail/tmp>" in rest and "O_CREAT" in rest:
            self.make(re.search(r'>, "([^"]+)"', rest).group(1))
        elif name == "write" and message:
            self.dirty.add(message.group(1))
        elif name == "fsync" and message and good:
            self.dirty.discard(message.group(1))
        elif name == "syncfs" and good:
            self.dirty.clear()
        elif name in ("linkat", "renameat", "renameat2") and good:
            self.show(re.search(r'Mail/new>, "([^"]+)"', rest).group(1))
        elif name == "fsync" and "Mail/new>" in rest and good:
            self.durable |= self.visible
            self.visible.clear()
        elif name in ("fsync", "fdatasync") and "seen.db-wal>" in rest:
            self.intended += 1
            self.done |= self.durable
            self.durable.clear()
        elif name == "sendto":
            self.send(rest)

    def make(self, name):
        self.test.assertGreater(self.intended, 0, self.call)
        for flag in ("O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"):
            self.test.assertIn(flag, self.call)
        self.names.append(name)
        self.dirty.add(name)

    def show(self, name):
        self.test.assertNotIn(name, self.dirty, self.call)
        self.visible.add(name)

    def send(self, text):
        for number in re.findall(r"DELE (\d+)\\r", text):
            self.test.assertIn(self.names[int(number) - 1], self.done,
                               f"DELE {number} before it is done")
            self.deleted += 1


class Order(Traced):
    """No name in new/ before its data is durable, no DELE before `done`."""
    traced = ("trace=openat,write,sendto,writev,sendmsg,fsync,fdatasync,"
              "syncfs,link,linkat,unlinkat,renameat,renameat2")

    def watch(self, *more, inject=(), count=4, **kwargs):
        self.count = count
        self.setUp()
        flags = [part for rule in inject for part in ("-e", "inject=" + rule)]
        lines = self.strace(self.serve(), "-e", self.traced, *flags,
                            more=more, **kwargs)
        watch = Watch(self)
        for call in joined(lines):
            watch.see(call)
        self.assert_delivered()
        self.assertEqual(len(watch.names), count)
        self.assertEqual(watch.deleted, count)
        self.assertEqual(len(watch.done), count)
        return watch.counts

    def test_both_ways(self):
        counts = self.watch("--sync=fsync")
        self.assertEqual(counts["syncfs"], 0)
        self.assertEqual(counts["renameat2"], 4)
        counts = self.watch("--sync=syncfs")
        self.assertEqual(counts["syncfs"], 1)
        self.assertEqual(counts["renameat2"], 4)

    def test_many_in_flight(self):
        """Enough messages for threads, in more than one group."""
        for way in SYNCS:
            with self.subTest(way=way):
                counts = self.watch("--sync=" + way, count=100,
                                    preexec_fn=limit_files(80))
                self.assertEqual(counts["syncfs"] > 0, way == "syncfs")
                self.assertEqual(counts["fsync"] >= 100, way == "fsync")

    def test_few_are_synced_alone(self):
        """By default a few messages do not flush the whole file system."""
        self.assertEqual(self.watch()["syncfs"], 0)

    def test_failing_syncfs(self):
        """Each file is asked: the failure may be that of another program."""
        for error in ("EIO", "ENOSYS", "ENOSPC"):
            counts = self.watch("--sync=syncfs",
                                inject=["syncfs:error=" + error])
            self.assertEqual(counts["syncfs"], 1)

    def test_old_ways_to_rename(self):
        """File systems without a safe rename, and without links too."""
        for way in SYNCS:
            counts = self.watch("--sync=" + way,
                                inject=["renameat2:error=EINVAL"])
            self.assertEqual(counts["linkat"], 4)
            counts = self.watch("--sync=" + way,
                                inject=["renameat2:error=EINVAL",
                                        "linkat:error=EPERM"])
            self.assertEqual(counts["renameat"], 4)


def limit_files(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                      (number, number))


class Counts(Traced):
    """What a message costs, counted: no clock. Calls of the network are left
    out, as they depend on how a server cuts its answers."""
    network = ("recvfrom", "sendto", "poll", "futex", "restart_syscall")

    def count_calls(self, count, way):
        self.count = count
        self.setUp()
        lines = self.strace(self.serve(), more=["--sync=" + way])
        names = (re.match(r"[a-z0-9_]+\(", call) for call in joined(lines))
        counts = collections.Counter(m.group()[:-1] for m in names if m)
        self.assert_delivered()
        return collections.Counter({name: n for name, n in counts.items()
                                    if name not in self.network})

    def more(self, way):
        """For 200 messages more."""
        some, many = (self.count_calls(n, way) for n in (50, 250))
        many.subtract(some)
        print(way, {name: n for name, n in many.items() if n})
        return many

    def test_syncfs(self):
        calls = self.more("syncfs")
        for name in ("openat", "close", "renameat2"):
            self.assertEqual(calls[name], 200, name)
        self.assertLessEqual(calls["write"], 200)   # some are empty
        for name in ("syncfs", "fsync", "fdatasync"):
            self.assertEqual(calls[name], 0, name)
        self.assertLessEqual(sum(calls.values()), 200 * 4.5)

    def test_fsync(self):
        calls = self.more("fsync")
        self.assertEqual(calls["fsync"], 200)
        self.assertEqual(calls["syncfs"] + calls["fdatasync"], 0)
        self.assertLessEqual(sum(calls.values()), 200 * 6)

    def test_syncs_of_a_group(self):
        counts = self.count_calls(50, "syncfs")
        self.assertEqual(counts["syncfs"], 1)


class Killed(Traced):
    count = 3

    def kill_at(self, call, number, way="fsync", inject=(), **kwargs):
        """False: there are not so many of these calls."""
        log = self.path("strace")
        flags = [part for rule in inject for part in ("-e", "inject=" + rule)]
        argv = [STRACE, "-f", "-o", log, "-e", f"trace={call},renameat2",
                *flags, "-e", f"inject={call}:signal=KILL:when={number}",
                *self.fetch_argv(self.serve(), "--delete", "--sync=" + way,
                                 kind="clear")]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, env=self.environment(),
                              timeout=60, **kwargs)
        self.assertIn(done.returncode, (FINE, -signal.SIGKILL), done.stderr)
        return done.returncode != FINE

    def mend(self):
        """Nothing is there twice or damaged, and the next run mends it."""
        self.assertEqual(self.delivered() - self.wanted(),
                         collections.Counter())
        self.fetch(self.serve(), "--delete", kind="clear")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def kill_before_each(self, call, **kwargs):
        for number in range(1, 300):
            with self.subTest(call=call, number=number):
                self.setUp()
                if not self.kill_at(call, number, **kwargs):
                    return number - 1
                self.mend()
        return 0

    def test_kill_with_syncfs(self):
        """Where it differs: the syncs and the renames."""
        points = {call: self.kill_before_each(call, way="syncfs")
                  for call in ("syncfs", "fsync", "renameat2")}
        print("killed before", points)
        self.assertEqual(points["syncfs"], 1)
        self.assertEqual(points["renameat2"], 3)
        self.assertGreaterEqual(points["fsync"], 2)

    def test_kill_between_groups(self):
        """Groups of two: one commit settles a group and announces the next.
        What is killed in the second one is known by that."""
        self.count = 5
        for call, least in (("renameat2", 5), ("fdatasync", 5)):
            points = self.kill_before_each(call, preexec_fn=limit_files(34))
            print("killed before", points, call)
            self.assertGreaterEqual(points, least)

    def test_kill_with_links(self):
        """Between link and unlink a message has two names."""
        refuse = ["renameat2:error=EINVAL"]
        self.assertEqual(self.kill_before_each("linkat", inject=refuse), 3)
        self.assertGreaterEqual(
            self.kill_before_each("unlinkat", inject=refuse), 3)

    def test_recovery_looks_where_mail_readers_put_it(self):
        """Killed between link and done; a reader moved the mail to cur/."""
        self.assertTrue(self.kill_at("fsync", self.last_folder_sync()))
        self.assertEqual(len(self.files("new")), 3)
        for path in self.files("new"):
            name = os.path.basename(path) + ":2,S"
            os.rename(path, os.path.join(self.maildir, "cur", name))
        server = self.serve()
        self.fetch(server, "--delete", kind="clear")
        self.assertEqual(self.retrieved(server), [])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def place(self, call, pattern, after="."):
        """Which call of the first thread is the first that matches, behind
        the first line that has `after`."""
        self.setUp()
        lines = self.strace(self.serve(), "-e",
                            f"trace={call},renameat2",
                            more=["--sync=fsync"])
        main = lines[-1].split()[0]     # the first thread ends last
        number = 0
        reached = False
        for line in lines:
            reached = reached or re.search(after, line) is not None
            if not line.startswith(main + " ") or call + "(" not in line:
                continue
            number += 1
            if reached and re.search(pattern, line):
                self.setUp()
                return number
        self.fail(f"no {call} of {pattern}")
        return 0

    def last_folder_sync(self):
        return self.place("fsync", "Mail/new>", "renameat2")

    def test_failing_calls(self):
        """Calls that fail with an error, not the process: nothing is lost,
        nothing comes twice, and the exit status is that of the disk."""
        message = "Mail/tmp/"
        for call, error, pattern, after in (
                ("write", "EDQUOT", message, "."),
                ("fsync", "EIO", message, "."),
                ("close", "EIO", message, "."),
                ("renameat2", "ENOSPC", "Mail/tmp>", "."),
                ("renameat2", "ENOSPC", "Mail/tmp>", "Mail/tmp>.*Q2P"),
                ("fsync", "EIO", "Mail/new>", "renameat2"),
                ("pwrite64", "ENOSPC", "seen.db-wal>", "."),
                ("fdatasync", "EIO", "seen.db-wal>", "renameat2"),
                ("pwrite64", "ENOSPC", "seen.db-wal>", "renameat2")):
            with self.subTest(call=call, pattern=pattern, after=after):
                number = self.place(call, pattern, after)
                # A message that does not fit is tried once more in the run.
                on = "+" if call == "write" else ""
                self.strace(self.serve(), "-e", f"trace={call}", "-e",
                            f"inject={call}:error={error}:when={number}{on}",
                            status=program.DISK, more=["--sync=fsync"])
                # The one before the second is delivered, and deleted.
                came = 1 if "Q2P" in after else 0
                self.assertEqual(self.left(), self.count - came)
                self.mend()

    def test_failing_disk_with_syncfs(self):
        """A syncfs() that fails, and files that fail after it."""
        number = self.place("fsync", "Mail/tmp/")
        self.strace(self.serve(), "-e", "trace=syncfs,fsync", "-e",
                    "inject=syncfs:error=EIO", "-e",
                    f"inject=fsync:error=EIO:when={number}",
                    status=program.DISK, more=["--sync=syncfs"])
        self.assertEqual(self.left(), self.count)
        self.mend()


def kill_test(call, least):
    def test(self):
        points = self.kill_before_each(call)
        print("killed before", points, call)
        self.assertGreaterEqual(points, least)
    return test


for name, count in CALLS.items():
    setattr(Killed, "test_kill_before_each_" + name, kill_test(name, count))


class Killing(Case):
    """The same from outside, in the middle of a message."""

    def test_kill_in_a_message(self):
        number = self.long_one()
        server = self.serve(f"stall-reply=RETR:{number}/400")
        process = self.start(self.fetch_argv(server, "--delete"))
        program.until(lambda: len(self.files("tmp")) >= number)
        process.kill()
        process.communicate(timeout=20)
        self.assertEqual(self.files("new"), [])
        server = self.serve()
        self.fetch(server, "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_many_runs(self):
        """Killed again and again, at whatever point; then healthy."""
        for i in range(12):
            server = self.serve("drip=%d" % (3000 + 700 * i))
            process = subprocess.Popen(
                self.fetch_argv(server, "--delete", kind="clear"),
                env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.05 + 0.04 * i)
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
        self.fetch(self.serve(), "--delete", kind="clear")
        self.fetch(self.serve(), "--delete", kind="clear")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


def flat(tests):
    """The tests of suites in suites, in their order."""
    if isinstance(tests, unittest.TestSuite):
        return [test for part in tests for test in flat(part)]
    return [tests]


def load_tests(_loader, tests, _pattern):
    """The part that was asked for."""
    return unittest.TestSuite(flat(tests)[PART[0] - 1::PART[1]])


if __name__ == "__main__":
    if sys.argv[-1].startswith("--part="):
        PART = tuple(map(int, sys.argv.pop()[len("--part="):].split("/")))
    program.main()
