# SPDX-License-Identifier: MIT
"""However many messages come, pop3 fetch stays small: 20,000 of them under a
limit on what it may allocate.

memory_test.py PROGRAM BENCH-SERVER
"""

import os
import resource
import sys

import program
from program import Case

sys.path.insert(0, os.path.join(program.HERE, "..", "..", "bench"))

import benchserver      # noqa: E402

SERVER = os.path.abspath(sys.argv.pop())
MESSAGES = 20000
SIZE = 4096
# For 80 MiB of mail, and what libraries and the listing take: under 6 MiB it
# fails.
LIMIT = 10 << 20


def limit_data(octets):
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (octets, octets))


class Memory(Case):
    count = 1

    def argv_for(self, server):
        url = f"pop://demo@127.0.0.1:{server.port}"
        return self.argv("fetch", "--tls", "none", "--auth", "user",
                         "--delete", "--sync=syncfs",
                         "--deliver", "maildir:" + self.maildir,
                         "--state", self.state, url)

    def test_many_messages(self):
        self.password("secret")
        with benchserver.Server(SERVER, self.dir, messages=MESSAGES,
                                size=SIZE) as server:
            self.run_argv(self.argv_for(server),
                          preexec_fn=limit_data(LIMIT))
            seen = server.report()
        self.assertEqual(seen["RETR"], MESSAGES)
        self.assertEqual(seen["deleted"], MESSAGES)
        self.assertEqual(len(self.files("new")), MESSAGES)


if __name__ == "__main__":
    program.main()
