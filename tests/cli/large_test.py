# SPDX-License-Identifier: MIT
"""100,000 messages in one mailbox, within 64 MiB: fetched, kept, deleted,
marked and looked at.

large_test.py PROGRAM BENCH-SERVER
"""

import os
import re
import resource
import subprocess
import sys
import tempfile

import program
from program import Case

sys.path.insert(0, os.path.join(program.HERE, "..", "..", "bench"))

import benchserver      # noqa: E402

SERVER = os.path.abspath(sys.argv.pop())
MESSAGES = 100000
SOME = 500
OCTETS = 512
LIMIT = 64 << 20
# Of the state file, for each message that was fetched.
STATE_OCTETS = 64
# 400 MB of small files: where nothing waits for a disk, if that is there.
QUICK = "/dev/shm"


def limit_data():
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))


class Large(Case):
    count = 1

    def setUp(self):
        super().setUp()
        self.password("secret")
        self.server = self.enterContext(benchserver.Server(
            SERVER, self.dir, messages=MESSAGES, size=OCTETS))
        place = QUICK if os.access(QUICK, os.W_OK) else self.dir
        self.maildir = os.path.join(self.enterContext(
            tempfile.TemporaryDirectory(dir=place)), "Mail")
        self.deliver = ["--deliver", "maildir:" + self.maildir,
                        "--sync=syncfs"]

    def run_large(self, command, *args):
        """Neither may it allocate more, nor is more of it in memory."""
        url = f"pop://demo@127.0.0.1:{self.server.port}"
        done = self.run_argv(
            self.argv(*command, "--tls", "none", "--auth", "user", "--state",
                      self.state, *args, url), preexec_fn=limit_data)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak, LIMIT >> 10)
        return done

    def count_delivered(self):
        """How many files, and which sizes they have."""
        new = os.path.join(self.maildir, "new")
        found = subprocess.run(
            ["find", new, "-type", "f", "-printf", "%s\n"], check=True,
            capture_output=True, text=True).stdout.split()
        self.assertEqual(len(os.listdir(os.path.join(self.maildir, "tmp"))),
                         0)
        return len(found), set(found)

    def test_every_message(self):
        done = self.run_large(["fetch"], *self.deliver)
        self.assertIn(f"fetched {MESSAGES} messages", done.stderr)
        count, sizes = self.count_delivered()
        self.assertEqual(count, MESSAGES)
        self.assertEqual(len(sizes), 1, sizes)
        done = self.run_large(["fetch"], *self.deliver)
        self.assertIn("fetched 0 messages", done.stderr)
        self.assertIn(f"{MESSAGES} fetched before", done.stderr)
        done = self.run_large(["fetch"], "--delete", *self.deliver)
        self.assertIn("fetched 0 messages", done.stderr)
        self.assertIn(f"{MESSAGES} deleted", done.stderr)
        self.assertEqual(self.count_delivered()[0], MESSAGES)
        seen = self.server.report()
        self.assertEqual(seen["RETR"], MESSAGES)
        self.assertEqual(seen["deleted"], MESSAGES)
        size = os.path.getsize(self.state)
        self.assertLess(size, MESSAGES * STATE_OCTETS)
        print(f"state: {size} octets", file=sys.stderr)

    def test_marked(self):
        done = self.run_large(["fetch"], *self.deliver,
                              f"--max-messages={SOME}")
        self.assertIn(f"fetched {SOME} messages", done.stderr)
        self.assertIn(f"{MESSAGES - SOME} left for later", done.stderr)
        done = self.run_large(["seen", "mark-all"])
        self.assertIn(f"of {MESSAGES} messages, {MESSAGES - SOME} were "
                      "new", done.stderr)
        done = self.run_large(["fetch"], *self.deliver)
        self.assertIn("fetched 0 messages", done.stderr)
        self.assertIn(f"{MESSAGES} fetched before", done.stderr)
        done = self.run_large(["seen", "list"])
        self.assertEqual(len(done.stdout.splitlines()), MESSAGES)
        self.assertEqual(len(re.findall(r"\t-\t", done.stdout)),
                         MESSAGES - SOME)
        self.assertEqual(self.server.report()["RETR"], SOME)


if __name__ == "__main__":
    program.main()
