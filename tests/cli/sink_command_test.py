# SPDX-License-Identifier: MIT
"""pop3 fetch into a program: what it gets, what its end means, and what it
cannot do to us."""

import collections
import glob
import os
import signal
import sys
import time

import program
from program import CONFIG, PARTIAL
from sink_support import SinkCase, Mbox

KEEP = """#!%s
import glob, os, sys
folder = os.path.dirname(os.path.abspath(__file__)) + "/got"
os.makedirs(folder, exist_ok=True)
data = sys.stdin.buffer.read()
path = folder + "/%%d" %% len(os.listdir(folder))
with open(path, "wb") as file:
    file.write(data)
with open(path.replace("/got/", "/env."), "w") as file:
    for name in sorted(os.environ):
        file.write(name + "=" + os.environ[name] + "\\n")
with open(path.replace("/got/", "/fds."), "w") as file:
    file.write(repr(sorted(map(int, os.listdir("/proc/self/fd")))))
with open(path.replace("/got/", "/argv."), "w") as file:
    file.write(repr(sys.argv[1:]))
""" % sys.executable


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


class Command:
    """A script; what it is given is kept if it is KEEP."""

    def __init__(self, case, text, more=""):
        self.path = case.path("deliver it")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path, 0o755)
        self.deliver = f"cmd: '{self.path}'{more}"
        self.got = case.path("got")

    def messages(self):
        found = []
        for path in sorted(glob.glob(self.got + "/*"),
                           key=lambda name: int(os.path.basename(name))):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    @staticmethod
    def litter():
        return []


class CommandTest(SinkCase):
    count = 3

    def script(self, text, more=""):
        self.sink = Command(self, text, more)

    def shell(self, text):
        self.script("#!/bin/sh\n" + text)

    def saved(self, kind, number=0):
        with open(self.path(f"{kind}.{number}"), encoding="utf-8") as file:
            return file.read()

    def test_what_it_gets(self):
        self.add_odd_ones()
        self.script(KEEP, " -x 'two words' \"a'b\" '$HOME;`id`'")
        env = self.environment(TOKEN="of somebody", POP3_ACCOUNT="x",
                               LC_TIME="C", CREDENTIALS_DIRECTORY="/run/x")
        server = self.serve()
        self.fetch(server, "--delete", env=env)
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assertEqual(self.saved("argv"),
                         repr(["-x", "two words", "a'b", "$HOME;`id`"]))
        seen = dict(line.split("=", 1)
                    for line in self.saved("env").splitlines())
        self.assertEqual(seen["POP3_ACCOUNT"], "demo@localhost")
        self.assertRegex(seen["POP3_DELIVERY_ID"], "^[0-9a-f]{32}$")
        self.assertEqual(seen["LC_TIME"], "C")
        self.assertEqual(seen["HOME"], self.dir)
        for name in ("TOKEN", "CREDENTIALS_DIRECTORY"):
            self.assertNotIn(name, seen)
        # 3 and 4 are of the listing itself.
        self.assertEqual(self.saved("fds"), "[0, 1, 2, 3, 4]")
        ids = {self.saved("env", n).split("POP3_DELIVERY_ID=")[1][:32]
               for n in range(len(self.uids))}
        self.assertEqual(len(ids), len(self.uids))

    def test_line_ends(self):
        self.script(KEEP)
        self.fetch(self.serve(), "--line-ends", "as-sent")
        self.assertEqual(self.sink.messages(),
                         [self.expected[uid].replace(b"\n", b"\r\n")
                          for uid in self.uids])

    def test_inherited_ignored_sigchld(self):
        """How it ended is learned all the same."""
        self.script(KEEP)
        self.fetch(self.serve(), "--delete", preexec_fn=lambda: signal.signal(
            signal.SIGCHLD, signal.SIG_IGN))
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_exit_statuses(self):
        """0 alone delivers; what is refused for good is not asked for
        again."""
        for status, words in ((75, "asked to try again later: no space"),
                              (1, "failed with status 1: no space"),
                              (67, "failed with status 67"),
                              (127, "failed with status 127"),
                              (255, "failed with status 255")):
            with self.subTest(status=status):
                self.shell(f"echo first >&2; echo no space >&2; "
                           f"exit {status}\n")
                done = self.fetch(self.serve(), "--delete", status=PARTIAL)
                self.assertIn(words, done.stderr)
                self.assertIn("it stays on the server", done.stderr)
                self.assertNotIn("first", done.stderr)
                self.assertEqual(self.left(), self.count)
        self.shell("kill -9 $$\n")
        done = self.fetch(self.serve(), "--delete", status=PARTIAL)
        self.assertIn("killed by signal 9", done.stderr)
        self.script(KEEP)
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()

    def test_refused_for_good(self):
        for status in (65, 77):
            self.setUp()
            self.shell(f"grep -q 'Subject: 1:' && exit {status}; exit 0\n")
            done = self.fetch(self.serve(), "--delete", status=PARTIAL)
            self.assertIn(f"refused it for good, with status {status}",
                          done.stderr)
            self.assertEqual(self.left(), 1)
            self.script(KEEP)
            server = self.serve()
            done = self.fetch(server, "--delete", status=PARTIAL)
            self.assertEqual(self.retrieved(server), [])
            self.assertEqual(self.deleted(server), [])
            self.assertIn("1 message was refused for good", done.stderr)
            self.assertIn("pop3 seen forget", done.stderr)
            self.assertEqual(self.left(), 1)
            self.pop3("seen", "forget", "--state", self.state,
                      self.url(server, "clear"), "--all", "--yes",
                      password=False)
            self.fetch(self.serve(), "--delete")
            self.assertEqual(self.left(), 0)

    def test_one_that_does_not_read(self):
        self.add("zz-big", b"x" * 3000000 + b"\n")
        self.shell("exit 0\n")
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)

    def test_one_that_says_much(self):
        self.shell("head -c 3000000 /dev/zero | tr '\\0' x >&2\n"
                   "head -c 3000000 /dev/zero\n"
                   "printf '\\nlast\\033[31m words\\n' >&2; exit 1\n")
        done = self.fetch(self.serve(), "--max-messages", "1",
                          status=PARTIAL)
        self.assertIn("status 1: last\\x1B[31m words", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_deadline(self):
        """The whole group is ended, though one of it ignores SIGTERM."""
        self.shell("trap '' TERM\n"
                   f"(trap '' TERM; echo $$ >'{self.path('pid')}'; "
                   "exec sleep 60) &\n"
                   f"echo $! >'{self.path('child')}'\nwait\nsleep 60\n")
        start = time.monotonic()
        done = self.fetch(self.serve(), "--deadline", "0.5",
                          "--max-messages", "1", status=None)
        self.assertIn("did not end in time", done.stderr)
        self.assertLess(time.monotonic() - start, 40)
        with open(self.path("child"), encoding="utf-8") as file:
            child = int(file.read())
        program.until(lambda: not is_running(child))
        self.assertEqual(self.left(), self.count)

    def test_one_that_leaves_another_behind(self):
        """It ended well; what holds its standard error is not waited for."""
        self.shell(f"sleep 30 & echo $! >>'{self.path('pids')}'\nexit 0\n")
        start = time.monotonic()
        self.fetch(self.serve(), "--delete")
        self.assertLess(time.monotonic() - start, 25)
        with open(self.path("pids"), encoding="utf-8") as file:
            for line in file:
                os.kill(int(line), signal.SIGKILL)

    def test_what_cannot_be_run(self):
        """Before anything is fetched; no shell is asked for help."""
        server = self.serve()
        for deliver, words in (("cmd:", "needs a program"),
                               ("cmd:   ", "it is empty"),
                               ("cmd: no-such-program-here x", "no program"),
                               ("cmd: 'open", "quote is not closed")):
            self.sink = Mbox(self.path("x"))
            self.sink.deliver = deliver
            done = self.fetch(server, status=CONFIG)
            self.assertIn(words, done.stderr)
        self.assertEqual(server.log.commands(), [])
        self.script("exit 0\n")     # without "#!"
        done = self.fetch(server, "--delete", status=CONFIG)
        self.assertIn("cannot run", done.stderr)
        self.assertEqual(self.left(), self.count)

    def test_same_id_after_a_crash(self):
        """Killed while the program ran: it is run again with the same id,
        and the others have theirs."""
        ids = self.path("ids")
        once = self.path("once")
        self.shell(f"echo $POP3_DELIVERY_ID >>'{ids}'\n"
                   f"test $(wc -l <'{ids}') != 2 || kill -9 $PPID\n")
        self.run_argv(self.sink_argv(self.serve(), "--delete"), -9)
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)
        self.assertFalse(os.path.exists(once))
        with open(ids, encoding="utf-8") as file:
            lines = file.read().split()
        self.assertEqual(len(lines), self.count + 1)
        self.assertEqual(len(set(lines)), self.count)
        self.assertEqual(lines[1], lines[2])

    def test_a_cut_message_reaches_nobody(self):
        number = 1
        self.script(KEEP)
        server = self.serve(f"cut-reply=RETR:{number}/100")
        self.fetch(server, "--delete", status=None)
        self.assertEqual(self.delivered() - self.wanted(),
                         collections.Counter())

    def test_procmail(self):
        rules = self.path("rules")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(f"DEFAULT={self.path('P')}/\n")
        self.sink = Mbox(self.path("x"))
        self.sink.deliver = f"cmd: procmail {rules}"
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)
        self.assertEqual(len(os.listdir(self.path("P", "new"))), self.count)

    def test_second_interrupt_is_not_needed(self):
        """^C lets the program end its message, which counts."""
        self.shell(f"touch '{self.path('runs')}'; sleep 0.5\n")
        process = self.start(self.sink_argv(self.serve(), "--delete"))
        program.until(lambda: os.path.exists(self.path("runs")))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, -signal.SIGINT)
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertNotIn(1, self.retrieved(server))


if __name__ == "__main__":
    program.main()
