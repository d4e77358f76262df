# SPDX-License-Identifier: MIT
"""What real servers do, one test for each number of docs/quirks.md: what the
tests here share. Each file is run as: python3 FILE PROGRAM.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "cli"))

import program              # noqa: E402  (that of tests/cli)

__all__ = ["Quirks", "program"]

SHORT = ("--timeout", "0.4")


class Quirks(program.Case):
    count = 6

    def again(self):
        """A new mailbox, and nothing was ever fetched."""
        self.setUp()

    def connections(self, server):
        return len(server.log.events("open"))

    def fetch_all(self, server, *args, **kwargs):
        """Every message once, and what the policy says."""
        done = self.fetch(server, *args, **kwargs)
        self.assert_delivered()
        self.assertEqual(self.left(),
                         0 if "--delete" in args else len(self.uids))
        return done

    def nothing_comes_again(self, *args):
        """A server that is well: it is asked for nothing more."""
        server = self.serve()
        self.fetch(server, *args)
        self.assertEqual(self.retrieved(server), [])
        self.assert_delivered()
