# SPDX-License-Identifier: MIT
"""100,000 messages in one mailbox, within 64 MiB: marked, looked at, and
fetched from.

large_test.py PROGRAM BENCH-SERVER

LARGE_FETCH says how many messages of it are fetched; 500 by default.
"""

import os
import re
import resource
import sys

import program
from program import Case

sys.path.insert(0, os.path.join(program.HERE, "..", "..", "bench"))

import benchserver      # noqa: E402

SERVER = os.path.abspath(sys.argv.pop())
MESSAGES = 100000
FETCH = int(os.environ.get("LARGE_FETCH", "500"))
LIMIT = 64 << 20


def limit_data():
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))


class Large(Case):
    count = 1

    def run_large(self, server, command, *args):
        url = f"pop://demo@127.0.0.1:{server.port}"
        return self.run_argv(
            self.argv(*command, "--tls", "none", "--auth", "user", "--state",
                      self.state, *args, url), preexec_fn=limit_data)

    def test_all(self):
        self.password("secret")
        with benchserver.Server(SERVER, self.dir, messages=MESSAGES,
                                size=1024) as server:
            deliver = ["--deliver", "maildir:" + self.maildir]
            done = self.run_large(server, ["fetch"], *deliver,
                                  f"--max-messages={FETCH}", "--sync=syncfs")
            self.assertIn(f"fetched {FETCH} messages", done.stderr)
            self.assertIn(f"{MESSAGES - FETCH} left for later", done.stderr)
            done = self.run_large(server, ["seen", "mark-all"])
            self.assertIn(f"of {MESSAGES} messages, {MESSAGES - FETCH} were "
                          "new", done.stderr)
            done = self.run_large(server, ["fetch"], *deliver)
            self.assertIn("fetched 0 messages", done.stderr)
            self.assertIn(f"{MESSAGES} fetched before", done.stderr)
            done = self.run_large(server, ["seen", "list"])
            self.assertEqual(len(done.stdout.splitlines()), MESSAGES)
            self.assertEqual(len(re.findall(r"\t-\t", done.stdout)),
                             MESSAGES - FETCH)
            seen = server.report()
        self.assertEqual(seen["RETR"], FETCH)


if __name__ == "__main__":
    program.main()
