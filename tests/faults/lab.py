# SPDX-License-Identifier: MIT
"""Many small faults, one after the other and several at once: what the tests
here share.

    FILE PROGRAM PRELOAD [unittest arguments]

PRELOAD is the library of faults_preload.c. A lane is a mailbox with its server
and a place for mail, in which one session runs at a time; each() gives every
point of a list to the next lane that is free. By default a list is thinned
out; with POP3_TEST_WHOLE=1 in the environment all of it is run, which takes
an hour.

After a fault: nothing that was delivered is wrong or there twice, and what is
not delivered is on the server. After a healthy run: each message is there
once, and the server has what the policy says. Where a sink cannot tell, one
message may be there twice for each fault: the one that was under way.
"""

import collections
import concurrent.futures
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cli"))

import program              # noqa: E402  (that of tests/cli)
from program import certs, mailbox      # noqa: E402
import sinks                # noqa: E402

WHOLE = os.environ.get("POP3_TEST_WHOLE", "") not in ("", "0")
POLICIES = {"keep": [], "delete": ["--delete"]}
# Each batch is a session: it has a QUIT, commits and connections of its own.
BATCHES = {"batches": ["--delete", "--batch=2"]}
LANES = 4


class Setting:
    """The arguments of this run."""
    program = preload = ""


def thin(points, about):
    """About so many of them, the first and the last included; or all."""
    points = list(points)
    if WHOLE or len(points) <= about:
        return points
    step = (len(points) - 1) / (about - 1)
    return [points[round(i * step)] for i in range(about)]


class Lane:
    def __init__(self, directory, authority, pair, messages, sink="maildir"):
        """messages: {unique-id: octets of the file}."""
        self.dir = directory
        self.box = self.path("box")
        self.home = self.path("home")   # all that the program writes
        self.messages = messages
        self.authority = authority
        self.sink = sinks.SINKS[sink](self)
        os.makedirs(os.path.join(self.box, "new"))
        with open(self.path("password"), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write("demo\n")
        self.server = program.Server(maildir=self.box, tls=pair).start()
        self.reset()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def stop(self):
        self.sink.stop()
        self.server.stop()

    def at_login(self, function=lambda: None):
        """Each session that logs in waits for this, and for no other session:
        the server gives the mailbox to several at once, as many do."""
        def acquire(_timeout):
            function()
            return True

        drop = self.server._maildrop
        drop.acquire, drop.release = acquire, lambda: None

    def reset(self):
        """All mail is on the server, and nothing was ever fetched."""
        self.server.set_faults([])
        self.slack = 0
        shutil.rmtree(self.home, ignore_errors=True)
        os.mkdir(self.home)
        self.fill(self.messages)
        self.sink.reset()

    def fill(self, uids):
        """The server has these messages, and no others."""
        for name in self.on_server():
            if name not in uids:
                os.unlink(os.path.join(self.box, "new", name))
        for uid in uids:
            path = os.path.join(self.box, "new", uid)
            if not os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(self.messages[uid])

    def on_server(self):
        return os.listdir(os.path.join(self.box, "new"))

    # ---- runs -----------------------------------------------------------

    # The port is the usual one, and paths are below the working directory:
    # what a run writes down in one lane is good in another.

    def argv(self, *args, kind="clear"):
        how = (["--tls", "none", "--auth", "user"] if kind == "clear" else
               ["--ca-file", self.authority.ca_file, "--server-name",
                "localhost"])
        return [Setting.program, "fetch", "-q", "--timeout", "20",
                "--password-file", self.path("password"), "--deliver",
                self.sink.argument, *how, *args, self.url(kind)]

    @staticmethod
    def url(kind="clear"):
        return f"{'pop' if kind == 'clear' else 'pops'}://demo@127.0.0.1"

    def environment(self, kind, faults):
        faults = {"port": self.server.ports[kind], **faults}
        return {"PATH": os.environ["PATH"], "HOME": self.home,
                "TMPDIR": self.home, "LD_PRELOAD": Setting.preload,
                **{f"FAULTS_{name.upper()}": str(value)
                   for name, value in faults.items()}}

    def run(self, argv, kind="clear", preexec=None, **faults):
        """(exit status, what it said); faults: see faults_preload.c."""
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env=self.environment(kind, faults), timeout=120, cwd=self.home,
            preexec_fn=preexec)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def fetch(self, *args, kind="clear", **more):
        return self.run(self.argv(*args, kind=kind), kind=kind, **more)

    def look(self, *command, **more):
        """`pop3 status`, and what else only asks what is remembered."""
        return self.run([Setting.program, *command, self.url()], **more)

    def counted(self, *args, kind="clear", preexec=None, **faults):
        """How many calls there are in a run without a fault, and how many
        octets it receives."""
        path = self.path("count")
        self.reset()
        status, said = self.fetch(*args, kind=kind, preexec=preexec,
                                  how="0", count=path, **faults)
        assert status == 0, said
        self.reset()
        with open(path, encoding="ascii") as file:
            return tuple(map(int, file.read().split()))

    # ---- what has to be true ---------------------------------------------

    def form(self, uid):
        """How a message has to arrive."""
        return self.sink.form(mailbox.store.delivered(self.messages[uid]))

    def expected(self):
        return collections.Counter(map(self.form, self.messages))

    def names(self, counted):
        """For people: which messages, and how often."""
        known = {self.form(uid): uid for uid in self.messages}
        return {known.get(data, data[:200]): n
                for data, n in counted.items()}

    def check_more(self, got):
        """Nothing that is wrong, and nothing twice but what has to be."""
        more = got - self.expected()
        if set(more) - set(self.expected()) or more.total() > self.slack:
            raise AssertionError(f"wrong or twice: {self.names(more)}")

    def check_broken(self, slack=None):
        """After a fault; after others before, if it is not the first."""
        self.slack += self.sink.slack if slack is None else slack
        got = self.sink.unsettled(self.expected())
        here = collections.Counter(map(self.form, self.on_server()))
        self.check_more(got)
        lost = self.expected() - got - here
        if lost:
            raise AssertionError(f"lost: {self.names(lost)}")

    def heal(self, *args, kind="clear", litter=False):
        """A healthy run, and what must be true after it. litter: half
        messages that nobody sees may be left."""
        status, said = self.fetch(*args, kind=kind)
        if status != 0:
            raise AssertionError(f"a healthy run ended with {status}: {said}")
        got, want = self.sink.delivered(), self.expected()
        if want - got:
            raise AssertionError(f"missing: {self.names(want - got)}")
        self.check_more(got)
        left = len(self.on_server())
        if left != (0 if "--delete" in args else len(self.messages)):
            raise AssertionError(f"{left} messages are left on the server")
        if not litter and self.sink.litter():
            raise AssertionError(f"left behind: {self.sink.litter()}")


class Lab(unittest.TestCase):
    """Lanes for one list of points."""
    count = 5       # messages
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        # Where syncs cost nothing: thousands of runs have many of them.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        cls._root = cls.enterClassContext(
            tempfile.TemporaryDirectory(dir=memory))
        cls.authority = certs.Authority(os.path.join(cls._root, "ca"))
        cls.pair = cls.authority.issue("good")

    def messages(self):
        return {name: data for name, _, data in
                mailbox.messages(self.count)}

    def lane(self, sink="maildir"):
        lane = Lane(tempfile.mkdtemp(dir=self._root), self.authority,
                    self.pair, self.messages(), sink)
        self.addCleanup(lane.stop)
        return lane

    # One of two recipients takes nothing in the run that has a fault. The
    # other does not get twice what it took, but for what was under way.

    NOW, LATER = "now@x.test", "later@x.test"

    def fetch_for_two(self, lane, **faults):
        lane.sink.server.refuse(self.LATER)
        return lane.fetch("--delete", "--recipient",
                          f"{self.NOW}, {self.LATER}", **faults)

    def heal_for_two(self, lane):
        self.assertEqual(len(lane.on_server()), self.count)
        lane.sink.server.mend()
        lane.heal("--delete", "--recipient", f"{self.NOW}, {self.LATER}")
        now = lane.sink.taken_by(self.NOW)
        self.assertEqual(lane.sink.taken_by(self.LATER), lane.expected())
        self.assertEqual(set(now), set(lane.expected()))
        self.assertLessEqual(now.total(), self.count + 1)

    def each(self, points, test, sink="maildir", lanes=LANES):
        """test(lane, point) for all points; says which failed."""
        free = queue.Queue()
        for _ in range(min(lanes, len(points))):
            free.put(self.lane(sink))

        def run(point):
            lane = free.get()
            try:
                lane.reset()
                test(lane, point)
                return None
            except (AssertionError, OSError,
                    subprocess.TimeoutExpired) as error:
                return f"{point}: {error}"
            finally:
                free.put(lane)

        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            failed = [said for said in pool.map(run, points) if said]
        print(f"{self.id().split('.', 1)[-1]}: {len(points)} points",
              flush=True)
        self.assertEqual(failed[:5], [], f"{len(failed)} points failed")


def main():
    Setting.program, Setting.preload = map(os.path.abspath, sys.argv[1:3])
    del sys.argv[1:3]
    unittest.main(module=sys.modules["__main__"], verbosity=1)
